"""The leads, tasks and the like that a call names: the way from a call to their pages."""

from typing import Final, NamedTuple

from leadwire.access.viewer import Viewer
from leadwire.calls.ids import ids_in
from leadwire.calls.record import CallRecord
from leadwire.console.leads.sight import Sight, personal_names
from leadwire.console.services import ConsoleServices
from leadwire.crm.leads.search import leads_by_ids
from leadwire.crm.pages import Slice
from leadwire.crm.things import ThingKind, kinds_of
from leadwire.crm.unit import Actor, Unit

IDS_READ_MAX: Final = 200
"""A read of a thousand leads is not a list of links."""

_PATHS: Final[dict[ThingKind, str]] = {
    "lead": "/console/leads",
    "activity": "/console/activities",
    "task": "/console/tasks",
    "opportunity": "/console/opportunities",
    "list": "/console/lists",
}


class Touched(NamedTuple):
    """One thing that a call names, and that the account has."""

    kind: ThingKind
    thing_id: str
    name: str
    """Of a lead; empty for all else."""
    url: str


async def touched_by(
    services: ConsoleServices, viewer: Viewer, record: CallRecord
) -> list[Touched]:
    """What the call names, leads first; what was deleted since is left out."""
    ids = ids_in(record, ids_max=IDS_READ_MAX)
    sight = Sight(viewer, personal_names(services.settings))

    def look(unit: Unit) -> list[Touched]:
        kinds = kinds_of(unit, ids)
        _, leads = leads_by_ids(unit, ids, Slice(0, len(ids)))
        names = {lead.lead_id: sight.name_of(lead) for lead in leads}
        return [
            Touched(kind, thing_id, names.get(thing_id, ""), f"{_PATHS[kind]}/{thing_id}")
            for thing_id, kind in kinds.items()
        ]

    if not ids:
        return []
    return await services.crm.read(Actor(viewer.account_id, viewer.user_id, {}), look)
