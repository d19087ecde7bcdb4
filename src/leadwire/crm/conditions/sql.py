"""The SQL of a search for one kind of record.

A part can be about another kind: activities of leads in a city, for example. It holds if the
record's lead has such a record that meets all comparisons.
"""

from collections.abc import Mapping
from typing import Final

import msgspec
from sqlalchemy import and_, or_, true

from leadwire.crm.conditions.comparing import compared, values_of
from leadwire.crm.conditions.entities import TABLES, column_of, leads_with
from leadwire.crm.conditions.model import (
    Compare,
    Conditions,
    EntityName,
    Group,
    Joiner,
    OfOne,
)
from leadwire.crm.lists import all_leads_id
from leadwire.crm.opportunities.types import OPPORTUNITY_TYPES
from leadwire.crm.unit import Unit
from leadwire.database.expressions import Sql
from leadwire.operations.shared import SEARCH_VALUES_MAX

_PREFIXES: Final[Mapping[str, EntityName]] = {"P_": "lead", "C_": "company"}
"""Columns of the lead and its company in a grid."""
_OF_A_LEAD: Final = frozenset({"activity", "opportunity"})


def sql_of(unit: Unit, conditions: Conditions, about: EntityName, *, event: str = "") -> Sql:
    """The SQL that matches records of the kind *about*: leads, activities or opportunities.

    *event* is the code of their type, if all have the same.
    Raises InputInvalid, with the place, for an invalid name, operator or value.
    """
    return _Builder(unit, conditions, about, event).of_group(conditions.group)


class _Builder:
    def __init__(self, unit: Unit, conditions: Conditions, about: EntityName, event: str) -> None:
        self._unit = unit
        self._zone = conditions.zone
        self._about = about
        self._event = event
        self._values = 0

    def of_group(self, group: Group) -> Sql:
        parts = [
            self.of_group(part) if isinstance(part, Group) else self._of_one(part)
            for part in group.parts
        ]
        return _joined(group.joined_by, parts)

    def _of_one(self, part: OfOne) -> Sql:
        if part.entity == "list":
            return _joined(part.joined_by, [self._membership(row) for row in part.parts])
        entity = self._meant(part)
        events = self._events(part, entity)
        rows = [msgspec.structs.replace(row, events=events) for row in part.parts]
        condition = _joined(part.joined_by, [self._compare(entity, row) for row in rows])
        return condition if entity == self._about else self._of_lead(self._about, entity, condition)

    def _membership(self, part: Compare) -> Sql:
        """Match list membership. A lead can be in several lists, so each row names its own list."""
        positive = {"neq": "eq", "nlik": "lik"}.get(part.operator)
        if positive is not None:
            return ~self._membership(msgspec.structs.replace(part, operator=positive))
        if part.operator in ("eq", "in") and all_leads_id(self._unit) in part.value.lower():
            return true()
        return self._of_lead(self._about, "list", self._compare("list", part))

    def _meant(self, part: OfOne) -> EntityName:
        """The real entity. The web client gives conditions on opportunities the Type Activity."""
        if part.entity != "activity" or self._about == "activity":
            return part.entity
        if self._about == "opportunity":
            return "opportunity"
        codes = {row.value.strip() for row in part.parts if row.is_about_event}
        are_opportunities = codes and codes <= {str(code) for code in OPPORTUNITY_TYPES}
        return "opportunity" if are_opportunities else "activity"

    def _events(self, part: OfOne, entity: EntityName) -> list[str]:
        if entity == self._about and self._event:
            return [self._event]
        if part.joined_by == "or":
            return []
        return [row.value for row in part.parts if row.is_about_event and row.operator == "eq"]

    def _compare(self, entity: EntityName, part: Compare) -> Sql:
        for prefix, other in _PREFIXES.items():
            bare = msgspec.structs.replace(part, name=part.name[len(prefix) :])
            if not part.name.upper().startswith(prefix):
                continue
            if entity in _OF_A_LEAD:
                return self._of_lead(entity, other, self._compare(other, bare))
            if entity == other:
                part = bare
        column = column_of(self._unit, entity, part)
        values = values_of(self._unit, part)
        self._values += len(values)
        if self._values > SEARCH_VALUES_MAX:
            raise part.place.below("RSO").wrong(
                f"the search has more than {SEARCH_VALUES_MAX} values",
                f"at most {SEARCH_VALUES_MAX} values",
            )
        return compared(self._unit, column, part, values, self._zone)

    def _of_lead(self, own: EntityName, other: EntityName, condition: Sql) -> Sql:
        """Match an *own* record if its lead has an *other* record that meets *condition*."""
        return TABLES[own].c.lead_id.in_(leads_with(self._unit, other, condition))


def _joined(joined_by: Joiner, parts: list[Sql]) -> Sql:
    if not parts:
        return true()
    return and_(*parts) if joined_by == "and" else or_(*parts)
