"""Slips in arguments are named, and nothing is sent."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

import httpx2
import pytest
from sdk.both import Driven, Made

from leadwire import Condition
from leadwire.sdk import errors

NOW = datetime(2026, 11, 26, tzinfo=UTC)
A, B = "a@example.com", "b@example.com"

EMPTY: list[Callable[[Driven], object]] = [
    lambda c: c.leads.get(None),
    lambda c: c.leads.get(""),
    lambda c: c.leads.get("  "),
    lambda c: c.leads.get(7),
    lambda c: c.leads.get(["x"]),
    lambda c: c.leads.by_email(""),
    lambda c: c.leads.by_email(None),
    lambda c: c.leads.by_phone(""),
    lambda c: c.leads.quick_search(""),
    lambda c: c.leads.owner(""),
    lambda c: c.leads.update("", first_name="Asha"),
    lambda c: c.leads.delete(""),
    lambda c: c.leads.merge("x", ""),
    lambda c: c.leads.by_ids(["x", ""]),
    lambda c: c.leads.by_ids([]),
    lambda c: c.leads.mark_email_invalid(""),
    lambda c: c.leads.delete_stage_history("", NOW, NOW),
    lambda c: c.leads.merged_children(""),
    lambda c: c.activities.create("", 201),
    lambda c: c.activities.create(None, 201),
    lambda c: c.activities.create_by_email("", 201),
    lambda c: c.activities.of_lead(""),
    lambda c: c.activities.get(""),
    lambda c: c.notes.create("", "text"),
    lambda c: c.notes.of_lead(""),
    lambda c: c.notes.update("x", "", "text"),
    lambda c: c.tasks.complete(""),
    lambda c: c.tasks.of_lead(None),
    lambda c: c.lists.add("", ["x"]),
    lambda c: c.lists.add_one("x", ""),
    lambda c: c.lists.count(""),
    lambda c: c.lists.create(""),
    lambda c: c.opportunities.get(""),
    lambda c: c.opportunities.update("", {}),
    lambda c: c.products.delete(""),
    lambda c: c.sales.get(""),
    lambda c: c.sales.create("", "sku", "Won"),
    lambda c: c.companies.update("", {"stage": "x"}),
    lambda c: c.companies.search(""),
    lambda c: c.users.get(""),
    lambda c: c.users.by_email(""),
    lambda c: c.webhooks.delete(""),
    lambda c: c.later.lead_status(""),
    lambda c: c.later.update_lead("", first_name="A"),
    lambda c: c.files.download(""),
    lambda c: c.leads.search("", "x"),
]

WRONG: list[tuple[Callable[[Driven], object], str]] = [
    (lambda c: c.leads.search("mx_City", "x", "!="), "Did you mean <>?"),
    (lambda c: c.leads.search("mx_City", "x", "like"), "Did you mean LIKE?"),
    (lambda c: c.leads.search("mx_City", "x", None), "Unknown operator None"),
    (lambda c: c.leads.iter_search("mx_City", "x", "=="), "Did you mean =?"),
    (lambda c: c.leads.search("mx_City", ["x", "y"]), "not a list"),
    (lambda c: c.leads.create(mx_City=["x"]), "not a list"),
    (lambda c: c.leads.distribution(["FirstName"], conditions=[("stage", "=", "x")]),
     "Did you mean eq?"),
    (lambda c: c.users.search([("Role", "==", "x")]), "Did you mean eq?"),
    (lambda c: c.users.search([("Role", "eq", "x")], joined_by="and"), "Did you mean AND?"),
    (lambda c: c.activities.search(
        [Condition("mx_Custom_1", "!=", "x")], 201), "Did you mean neq?"),  # type: ignore[arg-type]
    (lambda c: c.companies.search("Partners", where=("stage", "!=", "x")), "Did you mean <>?"),
    (lambda c: c.leads.create(EmailAddress=A, email_address=B), "the same field. Pass it once"),
    (lambda c: c.leads.create({"EmailAddress": A}, email_address=B), "the same field"),
    (lambda c: c.leads.create({"EmailAddress": A, "EMAILADDRESS": B}), "the same field"),
    (lambda c: c.leads.create(mx_City="x", mx_city="y"), "mx_City and mx_city are the same"),
    (lambda c: c.leads.update("x", {"first_name": A}, FirstName=B), "the same field"),
    (lambda c: c.leads.bulk_create([{"first_name": A, "FirstName": B}]), "the same field"),
    (lambda c: c.activities.create("x", 201, fields={"mx_Custom_1": A, "MX_Custom_1": B}),
     "the same field"),
    (lambda c: c.activities.create_by_email(A, 201, lead={"FirstName": A, "first_name": B}),
     "the same field"),
    (lambda c: c.companies.update("x", {"stage": A, "Stage": B}), "the same field"),
    (lambda c: c.later.capture_lead(first_name=A, FirstName=B), "the same field"),
]  # fmt: skip

WRONG_TYPES: list[tuple[Callable[[Driven], object], str]] = [
    *((partial(lambda value, c: c.leads.search("mx_City", "x", page_size=value), value),
       "page_size must be a whole number, from 1 to 1,000") for value in ("5", None, 1.5, True, 0)),
    (lambda c: c.leads.search("mx_City", "x", page="1"), "page must be a whole number, 1 or more"),
    (lambda c: c.leads.iter_search("mx_City", "x", page_size="5"), "page_size must be a whole"),
    (lambda c: c.tasks.search(owner_id="x", due_from=NOW, due_to=NOW, offset=None), "offset must"),
    (lambda c: c.leads.search(3, "x"), "field must be text, not int"),
    (lambda c: c.leads.search(["mx_City"], "x"), "field must be text, not list"),
    (lambda c: c.leads.search("mx_City", "x", columns="FirstName"), "columns must be a list"),
    (lambda c: c.leads.search("mx_City", "x", columns=[1]), "must be text, not int"),
    (lambda c: c.leads.search("mx_City", "x", sort_by=1), "must be text, not int"),
    (lambda c: c.leads.create([("first_name", A)]), "must be a mapping of names to values"),
    (lambda c: c.leads.create("Asha"), "must be a mapping of names to values"),
    (lambda c: c.leads.create({1: "x"}), "must be text, not int"),
    (lambda c: c.leads.create(first_name="\ud800"), "UTF-8 cannot hold"),
    (lambda c: c.leads.by_email(f"\udcff{A}"), "UTF-8 cannot hold"),
    (lambda c: c.leads.search("mx_\ud800", "x"), "UTF-8 cannot hold"),
    (lambda c: c.leads.by_email(3), "email_address must be text, not int"),
    (lambda c: c.leads.by_phone(b"9000000001"), "phone must be text or a number, not bytes"),
    (lambda c: c.leads.modified_between("2026-01-01", NOW), "A time must be an aware datetime"),
    (lambda c: c.leads.modified_between(NOW, None), "A time must be an aware datetime"),
    (lambda c: c.leads.by_ids(None), "ids must be a list"),
    (lambda c: c.leads.bulk_create("Asha"), "rows must be a list"),
    (lambda c: c.leads.bulk_create([None]), "A row must be a mapping"),
    (lambda c: c.activities.bulk_create([A]), "A row must be a mapping"),
    (lambda c: c.activities.create("x", 201, fields=[A]), "fields must be a mapping"),
    (lambda c: c.activities.search(201, ["x"]), "Pass each condition as a Condition"),
    (lambda c: c.activities.search(201, [Condition(3, "eq", 1)]), "field must be text"),  # type: ignore[arg-type]
    (lambda c: c.users.search([("Role", "eq")]), "A condition must be (field, operator, value)"),
    (lambda c: c.users.search("Role"), "conditions must be a list"),
    (lambda c: c.leads.distribution(["FirstName"], conditions=["x"]), "A condition must be"),
    (lambda c: c.companies.search("Partners", where=(3, "=", "x")), "field must be text"),
    *((partial(lambda rows, c: c.leads.create_many(rows), rows), "rows must be a list")
      for rows in (None, 3, "Asha", {"first_name": A})),
    (lambda c: c.raw("GET /", "/x"), "method must be letters"),
    (lambda c: c.raw("GET", ""), "path is empty"),
    (lambda c: c.raw("GET", "/x", query={"a": [1]}), "a must be text or a number, not list"),
    (lambda c: c.raw("POST", "/x", body=object()), "The body cannot be sent as JSON"),
    (lambda c: c.raw("POST", "/x", body={"a": "\ud800"}), "The body cannot be sent as JSON"),
]  # fmt: skip
"""Values of a type that an argument cannot have, and what the error says of it."""


@pytest.fixture
def idle(make: Made) -> Driven:
    """A client whose calls must not be sent."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        pytest.fail(f"sent {request.url}")

    return make.answered_by(respond, async_key="a" * 20)


def refusal(client: Driven, ask: Callable[[Driven], object]) -> str:
    """What the error says; empty if the argument was taken."""
    try:
        ask(client)
    except errors.InvalidValue as error:
        return str(error)
    except pytest.fail.Exception as sent:
        return f"SENT: {sent}"
    return "TAKEN"


def test_empty_ids_and_values_are_refused(idle: Driven) -> None:
    """The API would answer them as if there were no such lead."""
    for number, ask in enumerate(EMPTY):
        said = refusal(idle, ask)
        assert re.search("Pass|must be text|no .file. parameter", said), (number, said)


def test_wrong_operators_and_doubled_fields_are_refused(idle: Driven) -> None:
    """With what was probably meant."""
    for number, (ask, said) in enumerate(WRONG):
        assert re.search(re.escape(said), refusal(idle, ask)), number


def test_values_of_a_wrong_type_are_refused(idle: Driven) -> None:
    """With what to pass, and never with Python's own TypeError."""
    for number, (ask, said) in enumerate(WRONG_TYPES):
        assert said in refusal(idle, ask), number


def test_a_row_that_is_no_mapping_fails_alone(make: Made) -> None:
    """The outcomes of the rows before it are not lost."""
    client = make.answered_by(
        lambda _: httpx2.Response(200, json=[{"RowNumber": 1, "LeadId": "x", "LeadCreated": True}])
    )
    for rows in ([{"FirstName": "A"}, None], [{"FirstName": "A"}, "Asha"], [{"FirstName": "A"}, 3]):
        good, bad = client.leads.create_many(rows)
        assert (good.status, bad.status) == ("created", "failed"), rows
        assert isinstance(bad.error, errors.InvalidValue), rows
        assert [row.status for row in client.leads.update_many(rows)] == ["failed", "failed"], rows


def test_a_row_with_a_doubled_field_fails_alone(make: Made) -> None:
    """Its neighbours are written."""
    rows = [{"FirstName": "A", "first_name": "B"}, {"FirstName": "C"}]
    answer = [{"RowNumber": 1, "LeadId": "x", "LeadCreated": True}]
    client = make.answered_by(lambda _: httpx2.Response(200, json=answer))
    bad, good = client.leads.create_many(rows)
    assert isinstance(bad.error, errors.InvalidValue)
    assert good.status == "created"
    key_twice = [{"ProspectID": "x", "id": "y", "FirstName": "A"}]
    (outcome,) = client.leads.update_many(key_twice, search_by="ProspectID")
    assert "the same field" in str(outcome.error)
