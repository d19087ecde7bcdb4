"""Bulk calls keep exactly the good rows: a small model and the server agree on every batch."""

import itertools
from typing import Any, NamedTuple

import pytest
from amounts import examples
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import LEADS, InProcess, attributes

_examples = itertools.count(1)
_KEYS = {"ProspectId": "lead", "EmailAddress": "email", "Phone": "phone"}
_NOBODY = 99
_UNKNOWN_LEAD = "00000000-0000-4000-8000-000000000000"


class Row(NamedTuple):
    """What one row carries; numbers stand for values, None for nothing."""

    lead: int | None
    email: int | None
    phone: int | None
    good: bool
    """Whether every attribute of it exists."""


class Model:
    """Leads by number, each with its e-mail address and phone; nothing else decides."""

    def __init__(self) -> None:
        self.leads: dict[int, dict[str, int | None]] = {}

    def create(self, row: Row) -> bool:
        if not row.good or not (row.email or row.phone) or self.collides(row, None):
            return False
        self.leads[len(self.leads)] = {"email": row.email, "phone": row.phone}
        return True

    def create_or_update(self, row: Row) -> str:
        key = "email" if row.email else "phone" if row.phone else "lead"
        if not row.good:
            return "failed"
        match = self.find(key, getattr(row, key))
        if match is None:
            return "created" if self.create(row) else "failed"
        return "updated" if self.change(match, row) else "failed"

    def update(self, row: Row, key: str) -> str:
        value = getattr(row, key)
        if value is None:
            return "skipped"
        if not row.good:
            return "failed"
        match = self.find(key, value)
        if match is None:
            return "missing"
        return "updated" if self.change(match, row) else "failed"

    def change(self, match: int, row: Row) -> bool:
        if self.collides(row, match):
            return False
        lead = self.leads[match]
        lead.update(email=row.email or lead["email"], phone=row.phone or lead["phone"])
        return True

    def find(self, key: str, value: int | None) -> int | None:
        if key == "lead":
            return value if value in self.leads else None
        return next((n for n, lead in self.leads.items() if lead.get(key) == value), None)

    def collides(self, row: Row, but: int | None) -> bool:
        return any(
            (row.email and lead["email"] == row.email) or (row.phone and lead["phone"] == row.phone)
            for number, lead in self.leads.items()
            if number != but
        )


_values = st.none() | st.integers(1, 4)
_rows = st.builds(
    Row,
    lead=st.none() | st.integers(0, 3),
    email=_values,
    phone=_values,
    good=st.sampled_from([True, True, True, False]),
)
_batches = st.lists(_rows, min_size=1, max_size=6)
_operations = st.lists(
    st.tuples(st.sampled_from(["create", "create or update", *_KEYS]), _batches), max_size=5
)


class World:
    """The server's side of the model: which lead is which, in one example."""

    def __init__(self, api: InProcess) -> None:
        self.api = api
        self.example = next(_examples)
        self.ids: list[str] = []

    def body(self, row: Row) -> list[dict[str, object]]:
        values: dict[str, object] = {"mx_City": f"{row.email}-{row.phone}"}
        if row.lead is not None:
            known = row.lead != _NOBODY
            values["ProspectId"] = self.ids[row.lead] if known else _UNKNOWN_LEAD
        if row.email:
            values["EmailAddress"] = self.email(row.email)
        if row.phone:
            values["Phone"] = self.phone(row.phone)
        return attributes(values if row.good else values | {"mx_Nowhere": "1"})

    def email(self, number: int | None) -> str | None:
        return number and f"e{number}@bulk{self.example}.example"

    def phone(self, number: int | None) -> str | None:
        return number and f"+{number}-{2_000_000 + self.example}"

    def run(self, operation: str, rows: list[Row]) -> list[Any]:
        bodies = [self.body(row) for row in rows]
        if operation in _KEYS:
            body = {"SearchByKey": operation, "LeadPropertiesList": [{"Fields": b} for b in bodies]}
            return [self.api.post(LEADS + "Lead/Bulk/UpdateV2", body).json]
        path = "Create" if operation == "create" else "CreateOrUpdate"
        answer = self.api.post(f"{LEADS}Lead/Bulk/{path}", bodies)
        assert answer.status == 200, answer.body
        self.ids += [row["LeadId"] for row in answer.json if row["LeadCreated"]]
        return list(answer.json)


@given(_operations)
@budget(max_examples=examples(100))
def test_bulk_calls_keep_the_good_rows_and_report_the_others(
    shared_api: InProcess, operations: list[tuple[str, list[Row]]]
) -> None:
    """Each row is reported as the model says, and the leads are the model's at the end."""
    world, model = World(shared_api), Model()
    for operation, drawn in operations:
        # An id can be known only once an answer told it.
        known = (None, *model.leads)
        rows = [row if row.lead in known else row._replace(lead=_NOBODY) for row in drawn]
        reported = world.run(operation, rows)
        if operation == "create":
            expected = [model.create(row) for row in rows]
            assert [row["LeadCreated"] for row in reported] == expected
        elif operation == "create or update":
            outcomes = [model.create_or_update(row) for row in rows]
            assert [row["LeadCreated"] for row in reported] == [o == "created" for o in outcomes]
            assert [row["LeadUpdated"] for row in reported] == [o == "updated" for o in outcomes]
        else:
            outcomes = [model.update(row, _KEYS[operation]) for row in rows]
            status = reported[0]["Status"]
            bad = outcomes.count("failed") + outcomes.count("missing")
            assert status["SuccessCount"] == outcomes.count("updated"), (rows, outcomes)
            assert (status["TotalCount"], status["FailureCount"]) == (len(rows), bad)
            assert len(reported[0]["Details"].get("FailedLeads", [])) == bad
    for lead_id, lead in zip(world.ids, model.leads.values(), strict=True):
        kept = shared_api.lead(lead_id)
        assert kept["EmailAddress"] == world.email(lead["email"])
        assert kept["Phone"] == world.phone(lead["phone"])


def test_a_batch_is_all_or_nothing_where_it_is_malformed(api: InProcess) -> None:
    """One row that is not an array of attributes has the whole call refused, and nothing kept."""
    body = [attributes({"FirstName": "Asha"}), "Ravi"]
    assert api.post(LEADS + "Lead/Bulk/Create", body).status == 400
    assert api.leads() == []


@pytest.mark.parametrize("path", ["Create", "CreateOrUpdate", "Update", "UpdateV2"])
def test_bulk_calls_have_a_limit_of_their_own(make_api: Any, path: str) -> None:  # noqa: ANN401
    """The plan's limit for bulk calls, not the larger one for single calls."""
    api: InProcess = make_api(plan="super-2024")
    bodies = {
        "Update": {"LeadIds": [], "LeadFields": {"Attribute": "mx_City", "Value": "Goa"}},
        "UpdateV2": {"LeadPropertiesList": []},
    }
    calls = [("POST", f"{LEADS}Lead/Bulk/{path}", bodies.get(path, []))] * 12
    statuses = [answer.status for answer in api.send_many(calls)]
    assert sorted(statuses) == [429] * 2 + [500] * 10
