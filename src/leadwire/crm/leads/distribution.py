"""The report Lead Distribution: leads by owner, date and groups of conditions."""

from collections.abc import Sequence

import msgspec
from sqlalchemy import and_, or_

from leadwire.crm.leads.columns import field_text
from leadwire.crm.leads.rows import Lead
from leadwire.crm.leads.search import lead_condition, leads_and_count
from leadwire.crm.pages import Slice
from leadwire.crm.unit import Unit
from leadwire.database.expressions import Sql


class Comparison(msgspec.Struct, frozen=True):
    """``schema_name operator value``, in the operators of advanced searches."""

    schema_name: str
    operator: str
    value: str


class Group(msgspec.Struct, frozen=True):
    """Matches if all *parts* match or, with *any_of*, if one does.

    An empty group matches every lead.
    """

    parts: "tuple[Comparison | Group, ...]"
    any_of: bool = False


def distributed_leads(
    unit: Unit, part: Slice, *, group: Group, owner_ids: Sequence[str] | None
) -> tuple[int, list[Lead]]:
    """The number of leads that match *group*, and a slice of them.

    *owner_ids* are the accepted owners; None accepts every owner. Raises InputInvalid for an
    invalid name, operator or value.
    """
    wanted = [_sql(unit, group)]
    if owner_ids is not None:
        wanted.append(field_text(unit.schema.by_name["OwnerId"]).in_(owner_ids))
    return leads_and_count(unit, part, *wanted)


def _sql(unit: Unit, rule: Comparison | Group) -> Sql:
    if isinstance(rule, Comparison):
        return lead_condition(unit, rule.schema_name, rule.operator, rule.value)
    parts = [_sql(unit, part) for part in rule.parts]
    if not parts:
        return and_(True)  # noqa: FBT003  # SQL's own word
    return or_(*parts) if rule.any_of else and_(*parts)
