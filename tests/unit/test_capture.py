"""Lead.Capture decides as its table says: a small model and the server agree on every sequence."""

import itertools
from typing import NamedTuple
from uuid import UUID

from amounts import examples
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import InProcess

_examples = itertools.count(1)


class Given(NamedTuple):
    """What one capture carries; numbers stand for values, None for nothing."""

    lead: int | None
    email: int | None
    phone: int | None
    search_by: str | None


class Known:
    def __init__(self, email: int | None, phone: int | None) -> None:
        self.email = email
        self.phone = phone


class Model:
    """The decision table of the contract, and nothing else. A lead's key is its id."""

    def __init__(self) -> None:
        self.leads: dict[object, Known] = {}

    def match(self, given: Given) -> object | None:
        everything = given.lead and given.email and given.phone
        if given.search_by and not everything:
            return self.find(given.search_by, getattr(given, given.search_by))
        lead = self.leads.get(given.lead)
        if lead is not None:
            if given.email is None or lead.email in (None, given.email):
                return given.lead
            return self.find("email", given.email)
        return self.find("email", given.email) or self.find("phone", given.phone)

    def find(self, name: str, value: int | None) -> object | None:
        if name == "lead":
            return value if value in self.leads else None
        found = [k for k, lead in self.leads.items() if value and getattr(lead, name) == value]
        return found[0] if found else None

    def collides(self, given: Given, but: object | None) -> bool:
        others = [lead for key, lead in self.leads.items() if key != but]
        return any(
            (given.email and lead.email == given.email)
            or (given.phone and lead.phone == given.phone)
            for lead in others
        )


_numbers = st.none() | st.integers(1, 3)


@st.composite
def captures(draw: st.DrawFn) -> Given:
    values = {name: draw(_numbers) for name in ("lead", "email", "phone")}
    present = [name for name, value in values.items() if value]
    search_by = draw(st.none() | st.sampled_from(present)) if present else None
    return Given(**values, search_by=search_by)


@given(st.lists(captures(), max_size=8))
@budget(max_examples=examples(120))
def test_captures_end_on_the_lead_that_the_table_names(
    shared_api: InProcess, sequence: list[Given]
) -> None:
    """Created or updated, on that lead, or refused as a duplicate; and it leaves one activity."""
    example, model = next(_examples), Model()
    ids: dict[object, str] = {}
    counts: dict[object, int] = {}
    for step in sequence:
        answer = shared_api.write("Lead.Capture", body_of(step, example))
        match = model.match(step)
        if model.collides(step, match):
            assert answer.status == 500
            assert answer.exception_type == "MXDuplicateEntryException"
            continue
        message = answer.json["Message"]
        assert message["IsCreated"] is (match is None), step
        key = match
        if match is None:
            free = step.lead and step.lead not in model.leads
            key = step.lead if free else object()
            model.leads[key] = Known(None, None)
            ids[key] = message["Id"]
            assert not free or message["Id"] == lead_id(step.lead, example)
        assert message["Id"] == ids[key], step
        model.leads[key].email = step.email or model.leads[key].email
        model.leads[key].phone = step.phone or model.leads[key].phone
        counts[key] = counts.get(key, 0) + 1
    for key, count in counts.items():
        assert len(shared_api.activities(ids[key])) == count


def lead_id(number: int, example: int) -> str:
    return str(UUID(int=example << 64 | 4 << 76 | number))


def body_of(step: Given, example: int) -> dict[str, str]:
    names = {"lead": "ProspectId", "email": "EmailAddress", "phone": "Phone", None: ""}
    body = {"FirstName": "Asha", "SearchBy": names[step.search_by]}
    if step.lead:
        body["ProspectID"] = lead_id(step.lead, example)
    if step.email:
        body["EmailAddress"] = f"e{step.email}@x{example}.example"
    if step.phone:
        body["Phone"] = f"+{step.phone}-{1_000_000 + example}"
    return body
