"""The routes of leads, and of what belongs to them."""

from starlette.routing import Route

from leadwire.console.leads.lead_list import LeadListPage
from leadwire.console.leads.lead_page import LEADS_PATH, LeadPage
from leadwire.console.leads.reader import Reader
from leadwire.console.leads.things import (
    ACTIVITIES,
    LISTS,
    OPPORTUNITIES,
    TASKS,
    ThingPages,
)
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.console.sessions import Sessions


def routes(services: ConsoleServices, sessions: Sessions, pages: Pages) -> list[Route]:
    reader = Reader(services, sessions)
    found = [
        Route(LEADS_PATH, LeadListPage(services, reader, pages).page),
        Route(LEADS_PATH + "/{lead_id}", LeadPage(services, reader, pages).page),
    ]
    for kind in (ACTIVITIES, TASKS, OPPORTUNITIES, LISTS):
        things = ThingPages(kind, services, reader, pages)
        found += [Route(kind.path, things.list), Route(kind.path + "/{thing_id}", things.one)]
    return found
