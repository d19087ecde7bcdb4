"""Leads that share a commit: each is made as if it were alone, whatever happens to the others."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from engines import make_crm, place
from support import StandingClock

from leadwire.clock import SystemIds
from leadwire.crm.leads.attributes import LeadWrite
from leadwire.crm.leads.capture import capture_lead
from leadwire.crm.leads.rows import get_lead
from leadwire.crm.leads.search import search_leads
from leadwire.crm.leads.writes import create_lead, find_lead
from leadwire.crm.pages import ALL_ROWS, Slice
from leadwire.crm.store import CrmStore
from leadwire.crm.unit import Actor, Unit
from leadwire.errors import ValueDuplicate

ASHA, RAVI = Actor("account-1", "user-1", {}), Actor("account-2", "user-2", {})


def run(folder: Path, test: Callable[[CrmStore], Awaitable[Any]]) -> Any:  # noqa: ANN401
    async def with_store() -> Any:  # noqa: ANN401
        crm = CrmStore(place(folder).crm, clock=StandingClock(), ids=SystemIds())
        try:
            return await test(crm)
        finally:
            await asyncio.to_thread(crm.close)

    make_crm(folder)
    return asyncio.run(with_store())


def creating(**values: str) -> Callable[[Unit], str]:
    return lambda unit: create_lead(unit, LeadWrite(dict(values)))


def kept(unit: Unit) -> list[tuple[int, str]]:
    """The number and the first name of each lead, in the order of the numbers."""
    found = search_leads(unit, None, Slice(0, ALL_ROWS))
    return sorted((lead.auto_id, lead.values["FirstName"]) for lead in found)


async def together(crm: CrmStore, *units: tuple[Actor, Callable[[Unit], Any]]) -> list[Any]:
    """Queue the units in one turn of the loop, so that they share a commit."""
    await crm.schema(ASHA.account_id), await crm.schema(RAVI.account_id)
    writes = (crm.write(actor, work) for actor, work in units)
    return await asyncio.gather(*writes, return_exceptions=True)


def test_leads_of_a_group_are_numbered_in_order_for_each_account(tmp_path: Path) -> None:
    """Two accounts take turns, and neither leaves a gap."""

    async def test(crm: CrmStore) -> None:
        units = [(actor, creating(FirstName=str(n))) for n in range(20) for actor in (ASHA, RAVI)]
        await together(crm, *units)
        await together(crm, *units[:2])
        for actor in (ASHA, RAVI):
            names = [*map(str, range(20)), "0"]
            assert await crm.read(actor, kept) == list(enumerate(names, 1))

    run(tmp_path, test)


@pytest.mark.parametrize("taken", ["EmailAddress", "Phone"])
def test_a_duplicate_within_a_group_is_refused_alone(tmp_path: Path, taken: str) -> None:
    """The first of two wins. Letter case of an address does not count."""
    values = {"EmailAddress": ("a@example.com", "A@example.com"), "Phone": ("123", "123")}[taken]

    async def test(crm: CrmStore) -> None:
        first, _, second, _ = await together(
            crm,
            (ASHA, creating(FirstName="first", **{taken: values[0]})),
            (ASHA, creating(FirstName="between")),
            (ASHA, creating(FirstName="second", **{taken: values[1]})),
            (RAVI, creating(FirstName="other account", **{taken: values[0]})),
        )
        assert isinstance(first, str)
        assert isinstance(second, ValueDuplicate)
        assert await crm.read(ASHA, kept) == [(1, "first"), (2, "between")]
        assert await crm.read(RAVI, kept) == [(1, "other account")]

    run(tmp_path, test)


def test_a_duplicate_of_an_older_lead_leaves_its_group_alone(tmp_path: Path) -> None:
    """One unit raises; the other leads that share its commit are stored."""

    async def test(crm: CrmStore) -> None:
        await crm.write(ASHA, creating(FirstName="old", EmailAddress="a@example.com"))
        results = await together(
            crm,
            (ASHA, creating(FirstName="one")),
            (ASHA, creating(FirstName="refused", EmailAddress="a@example.com")),
            (ASHA, creating(FirstName="two")),
        )
        assert [type(result) for result in results] == [str, ValueDuplicate, str]
        assert await crm.read(ASHA, kept) == [(1, "old"), (2, "one"), (3, "two")]

    run(tmp_path, test)


def test_a_unit_finds_the_leads_of_the_units_before_it(tmp_path: Path) -> None:
    """By any read, and by a capture, which then updates instead of creating."""

    async def test(crm: CrmStore) -> None:
        def look(unit: Unit) -> int:
            found = find_lead(unit, "EmailAddress", "a@example.com")
            assert found is not None
            assert get_lead(unit, found.lead_id) == found
            return len(search_leads(unit, None, Slice(0, ALL_ROWS)))

        changed = LeadWrite({"EmailAddress": "a@example.com", "FirstName": "captured"})
        _, seen, captured, again = await together(
            crm,
            (ASHA, creating(FirstName="new", EmailAddress="a@example.com")),
            (ASHA, look),
            (ASHA, lambda unit: capture_lead(unit, changed, None)),
            (ASHA, creating(FirstName="later")),
        )
        assert seen == 1
        assert not captured.is_created
        assert isinstance(again, str)
        assert await crm.read(ASHA, kept) == [(1, "captured"), (2, "later")]

    run(tmp_path, test)


def test_a_unit_that_raises_after_its_lead_leaves_no_lead(tmp_path: Path) -> None:
    """Its insert may wait for those of its group, and must not outlive the unit."""

    async def test(crm: CrmStore) -> None:
        def fails(unit: Unit) -> None:
            create_lead(unit, LeadWrite({"FirstName": "lost"}))
            raise LookupError

        results = await together(
            crm,
            (ASHA, creating(FirstName="one")),
            (ASHA, fails),
            (ASHA, creating(FirstName="two")),
        )
        assert [type(result) for result in results] == [str, LookupError, str]
        assert await crm.read(ASHA, kept) == [(1, "one"), (2, "two")]

    run(tmp_path, test)
