"""Which things of an account have some ids: leads, activities, tasks, opportunities and lists."""

from collections.abc import Collection, Mapping
from typing import Final, Literal

from sqlalchemy import Column, select

from leadwire.crm.tables import activities, leads, lists, opportunities, tasks
from leadwire.crm.unit import Unit

ThingKind = Literal["lead", "activity", "task", "opportunity", "list"]

_IDS: Final[dict[ThingKind, Column[str]]] = {
    "lead": leads.c.lead_id,
    "activity": activities.c.activity_id,
    "task": tasks.c.task_id,
    "opportunity": opportunities.c.opportunity_id,
    "list": lists.c.list_id,
}


def kinds_of(unit: Unit, ids: Collection[str]) -> Mapping[str, ThingKind]:
    """The kind of each of *ids* that the account has, leads first."""
    found: dict[str, ThingKind] = {}
    for kind, column in _IDS.items():
        known = unit.connection.execute(
            select(column).where(
                column.table.c.account_id == unit.actor.account_id, column.in_(list(ids))
            )
        )
        found |= dict.fromkeys(known.scalars(), kind)
    return found
