"""A store of leads on a server, for the tests of outages."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from support import LoopThread, StandingClock

from leadwire.clock import SystemIds
from leadwire.crm.leads.attributes import LeadWrite
from leadwire.crm.leads.field_use import IndexPolicy
from leadwire.crm.leads.rows import Lead, get_lead
from leadwire.crm.leads.search import search_leads
from leadwire.crm.leads.writes import create_lead
from leadwire.crm.pages import ALL_ROWS, Slice
from leadwire.crm.store import NO_INDEXES, CrmStore
from leadwire.crm.unit import Actor, Unit
from leadwire.database.database import UNAVAILABLE, OutcomeUnknown
from leadwire.database.places import Place
from leadwire.database.writer import WriteFailed

ASHA: Final = Actor("account-1", "user-1", {})
ACTORS: Final = tuple(Actor(f"account-{n}", "user-1", {}) for n in range(1, 5))
_ALL: Final = Slice(0, ALL_ROWS)
COUNTER: Final = """
import asyncio, sys
from pathlib import Path
from leadwire.clock import SystemClock, SystemIds
from leadwire.crm.leads.rows import get_lead
from leadwire.crm.leads.writes import update_lead
from leadwire.crm.store import CrmStore
from leadwire.crm.unit import Actor
from leadwire.database.database import OutcomeUnknown
from leadwire.database.places import Place
from leadwire.database.writer import WriteFailed

url, lead_id, times, *pooled = sys.argv[1:]
asha = Actor("account-1", "user-1", {})

def add_one(unit):
    lead = get_lead(unit, lead_id)
    count = int(lead.values.get("mx_Street1", "0")) + 1
    update_lead(unit, lead, {"mx_Street1": str(count)})

async def main():
    crm = CrmStore(Place(Path("."), url, bool(pooled)).crm, clock=SystemClock(), ids=SystemIds())
    async def many():
        for _ in range(int(times)):
            await crm.write(asha, add_one)
    await asyncio.gather(*(many() for _ in range(8)))
    await asyncio.to_thread(crm.close)

asyncio.run(main())
"""
"""A program that adds one to a number of a lead, 8 times at once: URL, LEAD, TIMES, pooled."""


class Crm:
    """A store on the server, and what was acknowledged."""

    def __init__(
        self,
        loop: LoopThread,
        url: str,
        *,
        pooled: bool = False,
        index_policy: IndexPolicy = NO_INDEXES,
    ) -> None:
        self._loop = loop

        async def opened() -> CrmStore:
            return CrmStore(
                Place(Path(), url, pooled).crm,
                clock=StandingClock(),
                ids=SystemIds(),
                index_policy=index_policy,
            )

        self.store = loop.run(opened())

    def write(self, work: Any, actor: Actor = ASHA) -> Any:  # noqa: ANN401  # what the unit returns
        return self._loop.run(self.store.write(actor, work))

    def create(self, name: str, actor: Actor = ASHA) -> str:
        return self.write(lambda unit: create_lead(unit, LeadWrite({"FirstName": name})), actor)

    def names(self, actor: Actor = ASHA) -> list[str]:
        return sorted(lead.values["FirstName"] for lead in self.leads(actor))

    def leads(self, actor: Actor = ASHA) -> list[Lead]:
        return self._loop.run(self.store.read(actor, lambda unit: search_leads(unit, None, _ALL)))

    @contextmanager
    def load(self, *, threads: int) -> Iterator["Load"]:
        """Writers that go on during the block."""
        load = Load(self)
        writers = [threading.Thread(target=load.write, args=(n,)) for n in range(threads)]
        for writer in writers:
            writer.start()
        try:
            yield load
        finally:
            load.stop.set()
            for writer in writers:
                writer.join()

    def keep_up(self) -> None:
        self._loop.run(self.store.keep_up())

    def close(self) -> None:
        self._loop.run(asyncio.to_thread(self.store.close))


class Load:
    """Writers that create leads in four accounts, and what was acknowledged."""

    def __init__(self, crm: Crm) -> None:
        self._crm = crm
        self.acknowledged: list[tuple[Actor, str]] = []
        self.stop = threading.Event()

    def run(self, seconds: float) -> None:
        """Wait, and until something was acknowledged meanwhile."""
        time.sleep(seconds)
        before, deadline = len(self.acknowledged), time.monotonic() + 60
        while len(self.acknowledged) == before:
            assert time.monotonic() < deadline, "nothing is written any more"
            time.sleep(0.02)

    def write(self, thread: int) -> None:
        for number in range(100_000):
            if self.stop.is_set():
                return
            name, actor = f"{thread}-{number}", ACTORS[thread % len(ACTORS)]
            try:
                self._crm.create(name, actor)
            except (WriteFailed, OutcomeUnknown, *UNAVAILABLE):
                time.sleep(0.02)
            else:
                self.acknowledged.append((actor, name))

    def check(self, crm: Crm) -> None:
        """Each name is there once if its write returned, and at most once if it did not.

        The numbers of an account have no gap.
        """
        assert len(self.acknowledged) > 20
        for actor in ACTORS:
            kept = crm.names(actor)
            assert {name for one, name in self.acknowledged if one is actor} <= set(kept)
            assert len(kept) == len(set(kept))
            numbers = sorted(lead.auto_id for lead in crm.leads(actor))
            assert numbers == [*range(1, len(kept) + 1)]


def lead_of(unit: Unit, lead_id: str) -> Lead:
    lead = get_lead(unit, lead_id)
    assert lead is not None
    return lead
