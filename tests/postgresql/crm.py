"""A store of leads on a server, for the tests of outages."""

import asyncio
from pathlib import Path
from typing import Any, Final

from support import LoopThread, StandingClock

from leadwire.clock import SystemIds
from leadwire.crm.leads.attributes import LeadWrite
from leadwire.crm.leads.field_use import IndexPolicy
from leadwire.crm.leads.search import search_leads
from leadwire.crm.leads.writes import create_lead
from leadwire.crm.pages import ALL_ROWS, Slice
from leadwire.crm.store import NO_INDEXES, CrmStore
from leadwire.crm.unit import Actor, Unit
from leadwire.database.places import Place

ASHA: Final = Actor("account-1", "user-1", {})
_ALL: Final = Slice(0, ALL_ROWS)


class Crm:
    """A store on the server, and what was acknowledged."""

    def __init__(
        self, loop: LoopThread, url: str, *, index_policy: IndexPolicy = NO_INDEXES
    ) -> None:
        self._loop = loop

        async def opened() -> CrmStore:
            return CrmStore(
                Place(Path(), url).crm,
                clock=StandingClock(),
                ids=SystemIds(),
                index_policy=index_policy,
            )

        self.store = loop.run(opened())

    def write(self, work: Any) -> Any:  # noqa: ANN401  # what the unit returns
        return self._loop.run(self.store.write(ASHA, work))

    def create(self, name: str) -> str:
        return self.write(lambda unit: create_lead(unit, LeadWrite({"FirstName": name})))

    def names(self) -> list[str]:
        def found(unit: Unit) -> list[str]:
            return [lead.values["FirstName"] for lead in search_leads(unit, None, _ALL)]

        return sorted(self._loop.run(self.store.read(ASHA, found)))

    def keep_up(self) -> None:
        self._loop.run(self.store.keep_up())

    def close(self) -> None:
        self._loop.run(asyncio.to_thread(self.store.close))
