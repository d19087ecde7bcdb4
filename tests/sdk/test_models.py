"""The objects in answers: read-only, equal by content, ready for JSON, and silent about people."""

import copy
import json
import pickle
from collections.abc import Iterator
from typing import Any, Final

import pytest
from sdk.both import Driven

from leadwire.crm.leads.fields import FIELDS
from leadwire.operations.leads import SYSTEM_FIELDS
from leadwire.sdk import CallInfo, InvalidValue, Lead, LeadField, LeadSchema, Page
from leadwire.sdk.bulk import BulkProgress, RowOutcome
from leadwire.sdk.models.later import Accepted
from leadwire.sdk.rows import Row, members_of
from leadwire.sdk.transfer.columns import map_columns
from leadwire.webhooks import ActivityInEvent

PERSONAL: Final = "Asha Rao asha@example.com +91-9876543210"
ID: Final = "5b0c7d1e-8a35-4b0e-9d55-2f1c3a8b7e10"


def _models(kind: type[Row] = Row) -> Iterator[type[Row]]:
    yield kind
    for below in kind.__subclasses__():
        yield from _models(below)


MODELS: Final = sorted({*_models(), *(_models(Accepted))}, key=lambda kind: kind.__name__)


def planted(kind: type[Row], depth: int = 2) -> dict[str, Any]:
    """Members of *kind*, with personal values wherever one can stand."""
    members: dict[str, Any] = {"Unheard Of": PERSONAL, "Deep": [{"Name": PERSONAL}]}
    for member in members_of(kind).values():
        members[member.name] = PERSONAL
        if "datetime" in member.kind or "a date" in member.kind:
            members[member.name] = "2026-03-04 05:06:07.123"
        elif "list of" in member.kind:
            members[member.name] = [{"Value": PERSONAL, "SchemaName": PERSONAL}] if depth else []
        elif "empty if absent" in member.kind:
            members[member.name] = {"Value": PERSONAL}
        elif "number" in member.kind:
            members[member.name] = "7"
    return members


def test_no_model_shows_a_personal_value_in_its_repr() -> None:
    """Ids and names of types alone, whatever field holds the value."""
    assert len(MODELS) > 40
    assert ActivityInEvent in MODELS
    for kind in MODELS:
        row = kind(planted(kind))
        assert repr(row) == f"{kind.__name__}()"
        ids = {"ProspectID": ID, "Id": ID, "ID": ID, "RelatedProspectId": "Asha"}
        assert "Asha" not in repr(kind({**planted(kind), **ids}))
    assert repr(Lead({"ProspectID": ID, "FirstName": "Asha"})) == f"Lead(id='{ID}')"
    outcome = RowOutcome(number=3, row={"FirstName": "Asha"}, status="created", lead_id=ID)
    assert repr(outcome) == "RowOutcome(number=3, status='created')"
    assert "Asha" not in repr(BulkProgress(rows=1))


def test_every_model_is_ready_for_json() -> None:
    """By Python names, with dates as ISO text; what has no known name or type stays as it came."""
    for kind in MODELS:
        members = planted(kind)
        found = kind(members).to_dict()
        assert json.loads(json.dumps(found, allow_nan=False)) == found, kind
        assert set(members_of(kind)) <= set(found) | {"request_id"}, kind
        assert found["Unheard Of"] == PERSONAL
    typed = {"CreatedOn": "2026-03-04 05:06:07", "Score": "9.5", "DoNotCall": "1"}
    odd = {"mx_City": None, "FirstName": "", "ModifiedOn": "soon", "mx_Own": ["x"]}
    lead = Lead({**typed, **odd})
    assert lead.to_dict() == {
        "created_on": "2026-03-04T05:06:07+00:00",
        "score": 9.5,
        "do_not_call": True,
        "city": None,
        "first_name": "",
        "modified_on": "soon",
        "mx_Own": ["x"],
    }
    for number in ("NaN", "inf", "-Infinity"):
        assert Lead({"Score": number}).score is None


def test_models_can_be_copied_pickled_and_compared() -> None:
    """As values: a copy is equal, and another member makes another row."""
    for kind in MODELS:
        row = kind(planted(kind))
        for same in (
            pickle.loads(pickle.dumps(row)),  # noqa: S301  # our own
            copy.copy(row),
            copy.deepcopy(row),
            kind(dict(row)),
        ):
            assert type(same) is kind
            assert same == row
            assert same.to_dict() == row.to_dict()
        assert row != kind({**row, "Another": 1})


def test_a_page_is_a_value_too() -> None:
    """Its copies are equal and know the call; nothing of it can be assigned to."""
    page = Page([Lead({"ProspectID": ID, "FirstName": "Asha"})], 3)
    page.came_from(CallInfo(operation="Leads.Get", call_id=ID))
    for same in (pickle.loads(pickle.dumps(page)), copy.copy(page), copy.deepcopy(page)):  # noqa: S301
        assert same == page
        assert (same.call.call_id, same[0].call.call_id) == (ID, ID)
    assert page != Page(page.rows, 4)
    assert page.to_dict() == {"total": 3, "rows": [{"id": ID, "first_name": "Asha"}]}
    assert "Asha" not in repr(page)
    for name in ("total", "rows", "unheard_of"):
        with pytest.raises(AttributeError):
            setattr(page, name, 5)


def test_models_cannot_be_assigned_to() -> None:
    """Not by a known name, nor by another."""
    for kind in MODELS:
        row = kind(planted(kind))
        for name in members_of(kind):
            with pytest.raises(AttributeError, match="read-only"):
                setattr(row, name, "x")
            with pytest.raises(AttributeError, match="read-only"):
                delattr(row, name)
        with pytest.raises(AttributeError):
            row.unheard_of = "x"  # type: ignore[attr-defined]
        with pytest.raises(TypeError):
            row["FirstName"] = "x"  # type: ignore[index]
    accepted = Accepted({"RequestID": ID}, "activity")
    with pytest.raises(AttributeError):
        accepted.entity = "lead"  # type: ignore[misc]
    assert accepted.to_dict() == {"request_id": ID, "entity": "activity"}


def test_every_member_says_its_wire_name_and_type() -> None:
    """In its own docstring, which help() and editors show."""
    assert Lead.created_on.__doc__ == "``CreatedOn``: a datetime in UTC, or None."
    docs = [member.__doc__ for kind in MODELS for member in members_of(kind).values()]
    assert len(docs) > 300
    assert all(doc and doc.startswith("``") and ": " in doc for doc in docs)


def test_fields_that_the_system_writes_are_refused_before_anything_is_sent(
    client: Driven,
) -> None:
    """By create, update, upsert and in bulk, where the other rows are written."""
    assert {each.schema_name for each in FIELDS if each.derived} - SYSTEM_FIELDS == {
        "ProspectID",
        "ProspectAutoId",
    }
    person = {"email_address": "asha@example.com"}
    with pytest.raises(InvalidValue, match=r"The system writes Score, CreatedOn\."):
        client.leads.create(person, score=7, CreatedOn="2026-01-01")
    lead_id = client.leads.create(person).id
    for write in (client.leads.upsert, client.leads.capture):
        with pytest.raises(InvalidValue, match="Score"):
            write(person, score="many")
    with pytest.raises(InvalidValue, match="Score"):
        client.leads.update(lead_id, Score=7)
    result = client.leads.upsert_many([{**person, "score": 1}, {**person, "mx_City": "Goa"}])
    assert [outcome.status for outcome in result] == ["failed", "updated"]
    schema = client.fields.schema()
    with pytest.raises(InvalidValue, match="Score"):
        schema.check({"score": 7, "mx_City": "Goa"})
    with pytest.raises(InvalidValue, match=r"no lead field mx_Citi \(did you mean mx_City\?\), "):
        schema.check({"mx_Citi": "Goa", "mx_Nowhere_Near": 1})
    assert schema.check({"first_name": "Asha", "id": lead_id}, for_update=True)


def test_an_own_field_that_is_locked_is_refused_for_updates_alone() -> None:
    """A new lead may have a value of it."""
    fields = [("mx_Code", "1"), ("mx_City", 0), ("Score", 1)]
    schema = LeadSchema(
        LeadField({"SchemaName": name, "LockAfterCreate": lock}) for name, lock in fields
    )
    values = {"mx_Code": "x", "mx_City": "Goa"}
    assert schema.check(values) == values
    with pytest.raises(InvalidValue, match="locks mx_Code once a lead exists"):
        schema.check(values, for_update=True)
    with pytest.raises(InvalidValue, match="The system writes Score"):
        schema.check({"Score": 1})


def test_an_import_names_a_column_that_would_be_dropped() -> None:
    """Where a person mapped it. By itself an import leaves such a column out."""
    schema = LeadSchema(
        LeadField({"SchemaName": name, "DisplayName": name, "ShowInImport": name != "Score"})
        for name in ("EmailAddress", "Score")
    )
    header = ["EmailAddress", "Score"]
    assert map_columns(header, schema, {}, key="").problems == ()
    (problem,) = map_columns(header, schema, {"Score": "Score"}, key="").problems
    assert problem.startswith("The column 'Score' maps to Score, which the system writes.")
