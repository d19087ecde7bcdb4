"""A lead field that is used often gets its index by itself, and loses it when it is not."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from engines import place
from support import LoopThread
from unit.test_lead_search import ASHA, Crm, indexes

from leadwire.clock import SystemIds
from leadwire.crm.conditions.model import Compare, Conditions, Group, OfOne, Place
from leadwire.crm.conditions.sql import sql_of
from leadwire.crm.conditions.zones import zone_named
from leadwire.crm.leads.field_use import IndexPolicy
from leadwire.crm.leads.search import Criterion, leads_and_count, search_leads
from leadwire.crm.leads.writes import find_lead
from leadwire.crm.pages import Slice
from leadwire.crm.store import CrmStore
from leadwire.crm.unit import Unit
from leadwire.dates import DAY_MS, HOUR_MS

POLICY = IndexPolicy(auto=True, searches=3, indexes_max=2, bytes_max=100_000, unused_days=30)
INDEX = "leads_field_text_mx_Policy"


class AutoCrm(Crm):
    """With fields of an account's own, and no index named."""

    policy = POLICY

    def open(self, *_indexed: str) -> None:
        async def opened() -> CrmStore:
            policy = self.policy
            crm = place(self._folder).crm
            return CrmStore(crm, clock=self.clock, ids=SystemIds(), index_policy=policy)

        self.store = self._loop.run(opened())

    def search(self, name: str, times: int = 1) -> None:
        for _ in range(times):
            self.numbers(Criterion(name, "=", "x"), Slice(0, 10))


@pytest.fixture
def crm(tmp_path: Path, loop_thread: LoopThread) -> Iterator[AutoCrm]:
    crm = AutoCrm(tmp_path, loop_thread)
    for name in ("Policy", "Branch", "Plan", "Agent"):
        crm.field(name)
    crm.lead(mx_Policy="P-1")
    crm.keep_up()
    yield crm
    crm.close()


def _conditions(unit: Unit) -> object:
    place = Place("AdvancedSearch")
    row = Compare("mx_Policy", "eq", "P-1", place)
    group = Group("and", [OfOne("lead", "and", [row], place)])
    wanted = sql_of(unit, Conditions(group, zone_named("UTC")), "lead")
    return leads_and_count(unit, Slice(0, 10), wanted)


@pytest.mark.parametrize(
    "use",
    [
        lambda unit: search_leads(unit, Criterion("mx_Policy", "=", "x"), Slice(0, 10)),
        lambda unit: search_leads(unit, Criterion("mx_Policy", "IN", "x,y"), Slice(0, 10)),
        lambda unit: search_leads(unit, None, Slice(0, 10, "mx_Policy")),
        lambda unit: find_lead(unit, "mx_Policy", "x"),
        _conditions,
    ],
)
def test_a_field_that_is_used_often_gets_its_index(
    crm: AutoCrm, use: Callable[[Unit], object]
) -> None:
    """By searches, sorting, look-ups and conditions; not before it is used often enough."""
    for _ in range(POLICY.searches - 1):
        crm.read(use)
    crm.keep_up()
    assert indexes(crm) == []
    crm.write(use)
    crm.keep_up()
    assert indexes(crm) == [INDEX]
    assert f"INDEX {INDEX}" in crm.plan(use)


def test_what_no_index_answers_gets_none(crm: AutoCrm) -> None:
    """LIKE, fields that have one already, names that no lead has, and values that never change."""
    for name, operator in (
        *(("mx_Policy", "LIKE"), ("mx_Policy", "<>"), ("EmailAddress", "=")),
        *(("mx_Nobody", "="), ("IsLead", "=")),
    ):
        for _ in range(POLICY.searches):
            crm.numbers(Criterion(name, operator, "1"), Slice(0, 10, "CreatedOn"))
    crm.keep_up()
    assert indexes(crm) == []


def test_an_index_outlives_a_restart_and_goes_when_unused(crm: AutoCrm) -> None:
    """Unused for the policy's days; a use within them keeps it."""
    crm.search("mx_Policy", POLICY.searches)
    crm.keep_up()
    crm.close()
    crm.open()
    crm.keep_up()
    assert indexes(crm) == [INDEX]
    crm.clock.advance(20 * DAY_MS)
    crm.search("mx_Policy")
    crm.keep_up()
    crm.clock.advance(20 * DAY_MS)
    crm.keep_up()
    assert indexes(crm) == [INDEX]
    crm.clock.advance(11 * DAY_MS)
    crm.keep_up()
    assert indexes(crm) == []


def test_indexes_are_bounded_in_number(crm: AutoCrm) -> None:
    """A further field takes the place of one that was not used for a day, and else waits."""
    for name in ("mx_Policy", "mx_Branch", "mx_Plan"):
        crm.search(name, POLICY.searches)
        crm.keep_up()
        crm.clock.advance(HOUR_MS)
    assert {*indexes(crm)} == {"leads_field_text_mx_Branch", INDEX}
    crm.clock.advance(DAY_MS)
    crm.search("mx_Policy")
    crm.search("mx_Plan")
    crm.keep_up()
    assert {*indexes(crm)} == {"leads_field_text_mx_Plan", INDEX}


def test_indexes_are_bounded_in_bytes(tmp_path: Path, loop_thread: LoopThread) -> None:
    """What would be larger than the bound gets none; one that is small does."""
    AutoCrm.policy = POLICY._replace(bytes_max=1_000)
    crm = AutoCrm(tmp_path, loop_thread)
    try:
        crm.field("Policy")
        crm.field("Branch")
        for number in range(10):
            crm.lead(mx_Policy=f"{number}" * 180)
        for name in ("mx_Policy", "mx_Branch"):
            crm.search(name, POLICY.searches)
        crm.keep_up()
        assert indexes(crm) == ["leads_field_text_mx_Branch"]
    finally:
        AutoCrm.policy = POLICY
        crm.close()


def test_a_list_of_names_alone_drops_what_came_by_itself(crm: AutoCrm) -> None:
    """The operator's list is the whole list, unless it says auto as well."""
    crm.search("mx_Policy", POLICY.searches)
    crm.keep_up()
    crm.close()
    crm.policy = IndexPolicy(names=("mx_Branch",))
    crm.open()
    crm.keep_up()
    assert indexes(crm) == ["leads_field_text_mx_Branch"]
    assert crm.read(lambda unit: unit.actor, ASHA) == ASHA
