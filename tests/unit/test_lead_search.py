"""Finding leads among many: what is indexed is found by its index, and everything is found."""

import asyncio
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import pytest
from amounts import examples
from engines import ON_POSTGRESQL, make_crm, place, sqlite_only
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from sqlalchemy import event
from support import LoopThread, StandingClock

from leadwire.clock import SystemIds
from leadwire.crm.leads.attributes import LeadWrite
from leadwire.crm.leads.bulk import create_leads
from leadwire.crm.leads.field_use import IndexPolicy
from leadwire.crm.leads.fields import DataType
from leadwire.crm.leads.own_fields import NewField, create_field
from leadwire.crm.leads.quick_search import quick_search
from leadwire.crm.leads.removal import delete_lead
from leadwire.crm.leads.search import Criterion, lead_by_phone, leads_modified_between, search_leads
from leadwire.crm.leads.trigram_index import LEADS_PER_ENTRY
from leadwire.crm.leads.trigram_search import candidates
from leadwire.crm.leads.writes import create_lead, find_lead, get_lead, update_lead
from leadwire.crm.pages import Slice
from leadwire.crm.store import CrmStore, Work
from leadwire.crm.unit import Actor, Unit
from leadwire.database.writer import WriteFailed
from leadwire.errors import ValueDuplicate

ASHA = Actor("account-1", "user-1", {})
T = TypeVar("T")
RAVI = Actor("account-2", "user-2", {})
_PAGE = Slice(0, 1_000)


class Crm:
    """A store with fields and leads, and the plans of what it is asked."""

    def __init__(self, folder: Path, loop: LoopThread, *indexed: str) -> None:
        self._folder, self._loop = folder, loop
        make_crm(folder)
        self.clock = StandingClock()
        self.open(*indexed)

    def open(self, *indexed: str) -> None:
        async def opened() -> CrmStore:
            ids = SystemIds()
            policy = IndexPolicy(names=indexed, auto=not indexed)
            return CrmStore(place(self._folder).crm, clock=self.clock, ids=ids, index_policy=policy)

        self.store = self._loop.run(opened())

    def close(self) -> None:
        self._loop.run(asyncio.to_thread(self.store.close))

    def keep_up(self) -> None:
        self._loop.run(self.store.keep_up())

    def field(self, name: str, data_type: DataType = "Text", actor: Actor = ASHA) -> None:
        new = NewField(
            display_name=name,
            data_type=data_type,
            render="",
            mandatory=False,
            max_length=None,
            options=(),
            show_in_import=True,
            show_in_mail_merge=True,
            lock_after_create=0,
            use_in_lead_clone=False,
        )
        self.write(lambda unit: create_field(unit, new), actor)

    def lead(self, actor: Actor = ASHA, **values: str) -> str:
        values = {"FirstName": "Asha"} | values
        return self.write(lambda unit: create_lead(unit, LeadWrite(dict(values))), actor)

    def change(self, lead_id: str, values: Mapping[str, str | None], actor: Actor = ASHA) -> None:
        def work(unit: Unit) -> None:
            lead = get_lead(unit, lead_id)
            assert lead is not None
            update_lead(unit, lead, values)

        self.write(work, actor)

    def write(self, work: Work[T], actor: Actor = ASHA) -> T:
        return self._loop.run(self.store.write(actor, work))

    def read(self, work: Work[T], actor: Actor = ASHA) -> T:
        return self._loop.run(self.store.read(actor, work))

    def numbers(self, criterion: Criterion | None, part: Slice) -> list[int]:
        found = self.read(lambda unit: search_leads(unit, criterion, part))
        return [lead.auto_id for lead in found]

    def plan(self, work: Work[object]) -> str:
        """How the engine finds the rows of the statements of *work*, if it need not read all."""
        plans: list[str] = []

        def explain(unit: Unit) -> None:
            asked: list[tuple[str, Any]] = []

            def note(*told: Any) -> None:  # noqa: ANN401  # connection, cursor, statement, …
                asked.append((told[2], told[3]))

            event.listen(unit.connection, "before_cursor_execute", note)
            work(unit)
            event.remove(unit.connection, "before_cursor_execute", note)
            explain = "EXPLAIN QUERY PLAN"
            if ON_POSTGRESQL:
                # These tables are so small that PostgreSQL would not look into an index.
                unit.connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
                explain = "EXPLAIN"
            for statement, parameters in asked:
                rows = unit.connection.exec_driver_sql(f"{explain} {statement}", parameters)
                plans.extend(row[-1] for row in rows)

        self.read(explain)
        return "\n".join(plans)


@pytest.fixture
def crm(tmp_path: Path, loop_thread: LoopThread) -> Iterator[Crm]:
    """With an index on a text, a number, a default field and a column."""
    crm = Crm(tmp_path, loop_thread, "mx_Policy", "mx_Premium", "mx_City", "ModifiedOn")
    crm.field("Policy")
    crm.field("Premium", "Number")
    crm.field("Other")
    crm.keep_up()
    yield crm
    crm.close()


@sqlite_only
@pytest.mark.parametrize(
    ("name", "index", "value"),
    [
        ("mx_Policy", "leads_field_text_mx_Policy", "P-1"),
        ("mx_Premium", "leads_field_number_mx_Premium", "5"),
        ("mx_City", "leads_field_text_mx_City", "Pune"),
        ("ModifiedOn", "leads_field_text_ModifiedOn", "2026-01-01 00:00:00"),
        ("EmailAddress", "leads_by_email", "a@b.test"),
        ("Phone", "leads_by_phone", "+91-9000000001"),
    ],
)
@pytest.mark.parametrize("operator", ["=", "IN", ">", "<", ">=", "<="])
def test_a_criterion_on_an_indexed_field_uses_its_index(
    crm: Crm, name: str, index: str, value: str, operator: str
) -> None:
    """Whatever the order of the answer; and no lead is read that the index does not name."""
    criterion = Criterion(name, operator, value)
    for order in ("", name):
        part = Slice(0, 10, order)
        plan = crm.plan(lambda unit, part=part: search_leads(unit, criterion, part))
        assert f"INDEX {index} (account_id=? AND" in plan
        assert "SCAN leads" not in plan


@sqlite_only
@pytest.mark.parametrize(
    ("name", "index"),
    [
        ("mx_Policy", "leads_field_text_mx_Policy"),
        ("mx_Premium", "leads_field_number_mx_Premium"),
        ("ModifiedOn", "leads_field_text_ModifiedOn"),
        ("CreatedOn", "leads_by_created"),
        ("LeadLastModifiedOn", "leads_by_last_modified"),
        ("ProspectAutoId", "leads_by_auto_id"),
        ("EmailAddress", "leads_by_email"),
    ],
)
@pytest.mark.parametrize("descending", [True, False])
def test_a_page_sorted_by_an_indexed_field_is_met_in_its_order(
    crm: Crm, name: str, index: str, descending: bool
) -> None:
    """Leads beyond the page are neither read nor sorted: one sort is left, of the page's own."""
    part = Slice(0, 10, name, descending=descending)
    plan = crm.plan(lambda unit: search_leads(unit, None, part))
    assert index in plan
    assert plan.count("USE TEMP B-TREE") == 1
    assert plan.index("USE TEMP B-TREE") > plan.index(index)


@sqlite_only
def test_every_look_up_uses_an_index(crm: Crm) -> None:
    """By SearchBy, by phone, by quick search and by date: none reads every lead."""
    for _ in range(LEADS_PER_ENTRY):
        crm.lead(LastName="Verma")
    crm.keep_up()
    plan = crm.plan(lambda unit: find_lead(unit, "mx_Policy", "P-1"))
    assert "INDEX leads_field_text_mx_Policy (account_id=? AND" in plan
    plan = crm.plan(lambda unit: find_lead(unit, "mx_Premium", "5"))
    assert "INDEX leads_field_number_mx_Premium (account_id=? AND" in plan
    plan = crm.plan(lambda unit: lead_by_phone(unit, "9000000001"))
    assert "leads_by_phone_tail (account_id=? AND" in plan
    assert "leads_by_mobile_tail (account_id=? AND" in plan
    plan = crm.plan(lambda unit: quick_search(unit, "verma"))
    assert "leads_by_auto_id (account_id=? AND auto_id>? AND auto_id<?)" in plan
    by_row = "SEARCH leads USING INTEGER PRIMARY KEY (rowid=?)"
    assert plan.count("SEARCH leads USING") == plan.count(by_row)
    plan = crm.plan(lambda unit: leads_modified_between(unit, from_ms=0, to_ms=1, part=_PAGE))
    assert plan.count("leads_by_last_modified (account_id=? AND") == 2


@pytest.mark.skipif(not ON_POSTGRESQL, reason="about PostgreSQL's plans")
def test_postgresql_answers_from_indexes(crm: Crm) -> None:
    """Where SQLite does: look-ups, searches and pages in the order of a field."""
    for _ in range(LEADS_PER_ENTRY):
        crm.lead(LastName="Verma")
    crm.keep_up()
    plans = {name: crm.plan(work) for name, work in _LOOK_UPS.items()}
    assert [name for name, plan in plans.items() if "Seq Scan on leads" in plan] == []
    for name, index in _INDEXES.items():
        for descending in (True, False):
            part = Slice(0, 10, name, descending=descending)
            plan = crm.plan(lambda unit, part=part: search_leads(unit, None, part))
            assert index in plan, plan
            assert plan.count("Sort Key") == 1, plan  # of the page itself


def _search(name: str, operator: str, value: str) -> Work[object]:
    return lambda unit: search_leads(unit, Criterion(name, operator, value), _PAGE)


_LOOK_UPS: Final[dict[str, Work[object]]] = {
    "by a text": lambda unit: find_lead(unit, "mx_Policy", "P-1"),
    "by a number": lambda unit: find_lead(unit, "mx_Premium", "5"),
    "by phone": lambda unit: lead_by_phone(unit, "9000000001"),
    "by words": lambda unit: quick_search(unit, "verma"),
    "by the time of change": lambda unit: leads_modified_between(
        unit, from_ms=0, to_ms=1, part=_PAGE
    ),
    "id": _search("ProspectID", "=", "B2F9C6DE-8A35-4B0E-9D55-2F1C3A8B7E10"),
    "number": _search("ProspectAutoId", "=", "5"),
    "email": _search("EmailAddress", "IN", "a@b.test,c@d.test"),
    "phone": _search("Phone", "=", "+91-9000000001"),
    "text": _search("mx_Policy", "=", "P-1"),
    "range": _search("mx_Premium", ">", "5"),
    "time": _search("CreatedOn", ">=", "2026-03-04 05:06:07"),
}
_INDEXES: Final = {
    "mx_Policy": "leads_field_text",
    "mx_Premium": "leads_field_number",
    "CreatedOn": "leads_by_created",
    "LeadLastModifiedOn": "leads_by_last_modified",
    "ProspectAutoId": "leads_by_auto_id",
    "EmailAddress": "leads_by_email",
    "Phone": "leads_by_phone",
}


@sqlite_only
def test_leads_are_sorted_by_their_numbers_wherever_their_rows_are(crm: Crm) -> None:
    """A copy of the database may hold them in another order."""
    for _ in range(3):
        crm.lead(mx_Policy="same")
    crm.write(lambda unit: unit.connection.exec_driver_sql("UPDATE leads SET rowid = -rowid"))
    for name in ("mx_Policy", "CreatedOn"):
        assert crm.numbers(None, Slice(0, 10, name, descending=False)) == [1, 2, 3]
        assert crm.numbers(None, Slice(0, 10, name)) == [3, 2, 1]
    oldest = crm.read(lambda unit: find_lead(unit, "mx_Policy", "same"))
    assert oldest is not None
    assert oldest.auto_id == 1


def test_an_index_follows_the_setting(tmp_path: Path, loop_thread: LoopThread) -> None:
    """Made for a field that is named, also when it is made later; dropped when it no longer is."""
    crm = Crm(tmp_path, loop_thread, "mx_Policy", "mx_Nobody", "CreatedOn", "IsLead")
    try:
        crm.keep_up()
        assert indexes(crm) == []
        crm.field("Policy")
        crm.keep_up()
        assert indexes(crm) == ["leads_field_text_mx_Policy"]
        crm.close()
        crm.open("mx_City")
        crm.keep_up()
        assert indexes(crm) == ["leads_field_text_mx_City"]
        crm.keep_up()
        assert indexes(crm) == ["leads_field_text_mx_City"]
    finally:
        crm.close()


def indexes(crm: Crm) -> list[str]:
    of_field = "starts_with(relname, 'leads_field_')"
    sql = f"SELECT relname FROM pg_class WHERE relkind = 'i' AND {of_field} ORDER BY 1"  # noqa: S608
    if not ON_POSTGRESQL:
        sql = "SELECT name FROM sqlite_master WHERE type = 'index' AND name GLOB 'leads_field_*'"
    return crm.read(lambda unit: list(unit.connection.exec_driver_sql(sql).scalars()))


def test_a_name_may_be_a_number_here_and_a_text_there(
    tmp_path: Path, loop_thread: LoopThread
) -> None:
    """Accounts choose the types of their fields; each is compared, and indexed, as its own."""
    crm = Crm(tmp_path, loop_thread, "mx_Size")
    try:
        crm.field("Size", "Number")
        crm.field("Size", "Text", RAVI)
        for value in ("9", "10"):
            crm.lead(mx_Size=value)
            crm.lead(RAVI, mx_Size=value)
        crm.keep_up()
        assert indexes(crm) == ["leads_field_number_mx_Size", "leads_field_text_mx_Size"]
        above = Criterion("mx_Size", ">", "9")
        found = {
            actor.account_id: [
                lead.values["mx_Size"]
                for lead in crm.read(lambda unit: search_leads(unit, above, _PAGE), actor)
            ]
            for actor in (ASHA, RAVI)
        }
        assert found == {ASHA.account_id: ["10"], RAVI.account_id: []}
    finally:
        crm.close()


def test_an_index_changes_no_answer(crm: Crm) -> None:
    """The indexed field and its twin without one find and sort the same leads."""
    for value in ("b", "A", "a", "C", "B ", "ä", "a"):
        crm.lead(mx_Policy=value, mx_Other=value)
    for operator in ("=", "<>", ">", "<", ">=", "<=", "IN", "LIKE"):
        for value in ("a", "B", "a,C", "%b%"):
            found = [
                crm.numbers(Criterion(name, operator, value), Slice(0, 99, name))
                for name in ("mx_Policy", "mx_Other")
            ]
            assert found[0] == found[1]


def test_pages_visit_every_lead_once_while_leads_arrive(crm: Crm) -> None:
    """Ties are broken by the lead's number: all of these were made in the same millisecond."""
    made = {crm.lead(mx_Policy="same") for _ in range(12)}
    assert len(made) == 12
    for order in ("CreatedOn", "mx_Policy"):
        seen: list[int] = []
        for offset in range(0, 12, 4):
            seen += crm.numbers(None, Slice(offset, 4, order, descending=False))
            crm.lead(mx_Policy="same")
        assert seen == list(range(1, 13))


def test_a_lead_number_is_given_once(crm: Crm) -> None:
    """Without a gap for what was refused, each account for itself, and not again after deletion."""

    def two_rows(unit: Unit) -> None:
        rows = [(("EmailAddress", address),) for address in ("a@b.test", "a@b.test", "c@d.test")]
        results = create_leads(unit, rows, attributes_max=10)
        assert [isinstance(row.error, ValueDuplicate) for row in results] == [False, True, False]

    crm.write(two_rows)
    with pytest.raises(ValueDuplicate):
        crm.lead(EmailAddress="a@b.test")
    last = crm.lead(EmailAddress="e@f.test")
    crm.lead(RAVI, EmailAddress="a@b.test")
    assert crm.numbers(None, Slice(0, 9, descending=False)) == [1, 2, 3]
    assert crm.read(
        lambda unit: [one.auto_id for one in search_leads(unit, None, _PAGE)], RAVI
    ) == [1]
    crm.write(lambda unit: delete_lead(unit, last))
    crm.lead(EmailAddress="g@h.test")
    assert crm.numbers(None, Slice(0, 9, descending=False)) == [1, 2, 4]


_PIECES = st.sampled_from(("asha", "Verma", "ab", "b@c", "x", "É", "日本", '"', "\\", "%", " "))
_TEXTS = st.lists(_PIECES, min_size=1, max_size=4).map("".join)


@given(
    names=st.lists(_TEXTS, min_size=1, max_size=40),
    changed=st.dictionaries(st.integers(0, 39), _TEXTS, max_size=5),
    needle=_TEXTS,
    entered=st.booleans(),
)
@budget(max_examples=examples(40))
def test_quick_search_finds_what_reading_every_lead_finds(
    tmp_path_factory: pytest.TempPathFactory,
    loop_thread: LoopThread,
    names: list[str],
    changed: dict[int, str],
    needle: str,
    entered: bool,
) -> None:
    """Whether their texts are in the index, are not yet, or were changed since."""
    crm = Crm(tmp_path_factory.mktemp("crm"), loop_thread)
    try:
        made = [crm.lead(FirstName=name) for name in names]
        crm.lead(RAVI, FirstName=needle)
        if entered:
            crm.keep_up()
        for at, name in changed.items():
            if at < len(made):
                crm.change(made[at], {"FirstName": name})
                names[at] = name
        found = crm.read(lambda unit: quick_search(unit, needle))
        wanted = needle.translate(_FOLD)
        assert {lead.lead_id for lead in found} == {
            lead_id
            for lead_id, name in zip(made, names, strict=True)
            if wanted in f"{name} ".translate(_FOLD)
        }
    finally:
        crm.close()


_FOLD = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


def test_keeping_up_goes_on_after_a_failure(crm: Crm, monkeypatch: pytest.MonkeyPatch) -> None:
    """The failure is told as one of the database's; what was left undone is done the next time."""
    for _ in range(LEADS_PER_ENTRY):
        crm.lead(LastName="Verma")

    def full(_connection: object) -> bool:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patched:
        patched.setattr("leadwire.crm.store.index_next_leads", full)
        with pytest.raises(WriteFailed, match="disk is full"):
            crm.keep_up()
    crm.keep_up()
    where = crm.read(lambda unit: candidates(unit.connection, "account-1", "verma"))
    assert where.indexed_to == LEADS_PER_ENTRY


def test_quick_search_reads_few_of_many_leads(crm: Crm) -> None:
    """One lead in a hundred is looked for in its entry and among those that have none yet."""
    for number in range(100):
        crm.lead(EmailAddress=f"lead.{number}@example.test")
    crm.keep_up()
    where = crm.read(lambda unit: candidates(unit.connection, ASHA.account_id, "lead.50@ex"))
    assert where.indexed_to == 96
    assert where.ranges == [(49, 64)]
    found = crm.read(lambda unit: quick_search(unit, "LEAD.50@ex"))
    assert [lead.values["EmailAddress"] for lead in found] == ["lead.50@example.test"]
    found = crm.read(lambda unit: quick_search(unit, "lead.98@"))
    assert [lead.values["EmailAddress"] for lead in found] == ["lead.98@example.test"]
    assert crm.read(lambda unit: quick_search(unit, "nobody@example.test")) == []
