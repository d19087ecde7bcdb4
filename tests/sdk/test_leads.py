"""Leads through both clients, against the real server in the process and over a socket."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import httpx2
import msgspec
import pytest
from sdk.both import Driven, Made
from support import NOW, InProcess

from leadwire.sdk import errors

NOW_MOMENT = datetime.strptime(NOW, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)


def test_a_created_lead_is_read_back_with_types(client: Driven) -> None:
    """By id, e-mail and phone: text as text, flags as booleans, times as aware datetimes."""
    created = client.leads.create(
        first_name="Asha", email_address="asha@example.com", phone="+91-9000000001", mx_City="Pune",
        do_not_call=True,
    )  # fmt: skip
    for lead in (
        client.leads.get(created.id),
        client.leads.by_email("ASHA@example.com"),
        client.leads.by_phone("9000000001"),
    ):
        assert lead.id == created.id
        assert (lead.first_name, lead.city, lead["mx_City"]) == ("Asha", "Pune", "Pune")
        assert (lead.do_not_call, lead.do_not_email) == (True, False)
        assert lead.created_on == NOW_MOMENT + timedelta(milliseconds=89)
        assert lead.created_on.tzinfo is UTC


def test_a_lead_that_is_not_found_is_none(client: Driven) -> None:
    """The API answers an empty array, never a 404."""
    assert client.leads.get("b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10") is None
    assert client.leads.by_email("nobody@example.com") is None
    assert list(client.leads.quick_search("nobody")) == []


def test_none_clears_a_field(client: Driven) -> None:
    """And what is left out stays."""
    lead_id = client.leads.create(first_name="Asha", company="Acme", mx_City="Pune").id
    assert client.leads.update(lead_id, company=None).affected_rows == 1
    lead = client.leads.get(lead_id)
    assert (lead.company or None, lead.first_name, lead.city) == (None, "Asha", "Pune")


def test_datetimes_are_sent_in_utc(client: Driven) -> None:
    """And a naive one is refused before anything is sent."""
    lead_id = client.leads.create(first_name="Asha").id
    india = timezone(timedelta(hours=5, minutes=30))
    client.leads.update(lead_id, mx_DOB=datetime(1990, 5, 6, 3, 0, tzinfo=india))
    assert client.leads.get(lead_id)["mx_DOB"].startswith("1990-05-05")
    with pytest.raises(errors.InvalidValue, match="has no time zone"):
        client.leads.update(lead_id, mx_DOB=datetime(1990, 5, 6, 3, 0))  # noqa: DTZ001


def test_upsert_creates_once_then_updates(client: Driven) -> None:
    """By e-mail by default, or by the field that is asked for."""
    first = client.leads.upsert(email_address="asha@example.com", first_name="Asha")
    again = client.leads.upsert(email_address="asha@example.com", last_name="Rao")
    phone = client.leads.upsert({"FirstName": "Ravi", "Phone": "+91-9000000002"}, search_by="phone")
    assert first.id == again.id != phone.id
    assert client.leads.get(first.id).last_name == "Rao"


def test_capture_says_whether_it_created(client: Driven) -> None:
    """And its behaviours are passed on."""
    first = client.leads.capture(email_address="asha@example.com", first_name="Asha")
    again = client.leads.capture(
        email_address="asha@example.com", first_name="Ravi", update_behavior="DoNotUpdate"
    )
    assert (first.is_created, again.is_created, again.id) == (True, False, first.id)
    assert client.leads.get(first.id).first_name == "Asha"


def test_a_search_sends_columns_order_and_page(client: Driven) -> None:
    """Columns by either name; a column that was not asked for has no value, and says so."""
    for number in range(3):
        client.leads.create(first_name=f"A{number}", mx_City="Pune")
    page = client.leads.search(
        "city", "Pune", columns=["first_name"], sort_by="first_name", descending=False,
        page=2, page_size=2,
    )  # fmt: skip
    assert [lead.first_name for lead in page] == ["A2"]
    with pytest.raises(errors.SdkError, match="Request that column"):
        _ = page[0].id


def test_pagination_returns_every_match_once(client: Driven) -> None:
    """By searching, and by the range of time in which leads changed."""
    made = [client.leads.create(first_name=f"A{n}", mx_City="Pune").id for n in range(5)]
    found = client.leads.iter_search("mx_City", "Pune", page_size=2)
    assert [lead.id for lead in found] == made
    hour = timedelta(hours=1)
    changed = client.leads.iter_modified_between(
        NOW_MOMENT - hour, NOW_MOMENT + hour, columns=["ProspectID"], page_size=2
    )
    assert [lead.id for lead in changed] == made
    page = client.leads.modified_between(NOW_MOMENT - hour, NOW_MOMENT + hour, page_size=2)
    assert (len(page), page.total) == (2, 5)
    assert client.leads.iter_search("mx_City", "Goa") == []


def test_bulk_calls_report_every_row(client: Driven) -> None:
    """Good rows are kept, and a refused one says why."""
    rows = client.leads.bulk_create(
        [{"first_name": "Asha", "email_address": "a@example.com"},
         {"first_name": "Ravi", "email_address": "a@example.com"}]
    )  # fmt: skip
    assert [row.ok for row in rows] == [True, False]
    assert rows[1].exception_type == "MXDuplicateEntryException"
    assert type(rows[1].error) is errors.Duplicate
    assert str(rows[1].error) == (
        "Lead.BulkCreate, row 2: A Lead with same Email already exists. (MXDuplicateEntryException)"
    )
    upserted = client.leads.bulk_upsert(
        [{"EmailAddress": "a@example.com", "mx_City": "Pune"}], search_by="email_address"
    )
    assert (upserted[0].lead_id, upserted[0].is_updated) == (rows[0].lead_id, True)
    assert client.leads.bulk_set([rows[0].lead_id], "mx_State", "MH").affected_rows == 1
    report = client.leads.bulk_update(
        [{"EmailAddress": "a@example.com", "mx_Zip": "411001"},
         {"EmailAddress": "b@example.com", "mx_Zip": "411001"}],
        search_by="EmailAddress",
    )  # fmt: skip
    assert (report.counts.succeeded, report.counts.failed) == (1, 1)
    assert report.details.failed[0].value == "b@example.com"
    lead = client.leads.get(rows[0].lead_id)
    assert (lead.city, lead.state, lead.zip_code) == ("Pune", "MH", "411001")


def test_leads_are_read_by_ids_marked_and_merged(client: Driven) -> None:
    """The rest of what becomes of a lead."""
    first = client.leads.create(first_name="Asha", email_address="asha@example.com").id
    second = client.leads.create(first_name="Ravi").id
    page = client.leads.by_ids([first, second], columns=["ProspectID", "FirstName"])
    assert sorted(lead.first_name for lead in page) == ["Asha", "Ravi"]
    assert client.leads.owner(first, by="ProspectId").email_address == "admin@acme.test"
    assert client.leads.mark_email_invalid("asha@example.com", "bounced").affected_rows == 1
    assert client.leads.get(first).do_not_email is True
    client.leads.merge(first, second)
    (audit,) = [one for one in client.activities.of_lead(first) if one.event_code == 3003]
    assert [lead.id for lead in client.leads.merged_children(audit.id)] == [second]
    assert client.leads.get(second) is None


def test_a_search_by_an_unknown_field_says_so(
    client: Driven, caplog: pytest.LogCaptureFixture
) -> None:
    """Its page is empty, as LeadSquared's. A leadwire server names it, and the SDK logs that."""
    client.leads.create(first_name="Asha", mx_City="Pune")
    for field, columns, said in [
        (
            "mx_Citi",
            None,
            "no lead field mx_Citi (did you mean mx_City?): nothing matches",
        ),
        (
            "mx_city",
            None,
            "no lead field mx_city (did you mean mx_City?): nothing matches",
        ),
        ("mx_\r\nX: é", None, r"mx_\r\nX: ?"),
        ("mx_City", ["mx_Citi"], "mx_Citi (did you mean mx_City?): the column is left out"),
        ("mx_City", ["FirstName", "mx_City"], ""),
    ]:
        caplog.clear()
        page = client.leads.search(field, "Pune", columns=columns)
        assert len(page) == (field == "mx_City"), field
        assert said in caplog.text, field
        assert bool(said) == bool(page.call.headers.get("x-leadwire-notice")), field
        assert (page.call.call_id in caplog.text) == bool(said), field


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (lambda leads: leads.create(), "at least one field"),
        (lambda leads: leads.create(first_nam="Asha"), "did you mean first_name"),
        (lambda leads: leads.create(mx_City=float("nan")), "finite number"),
        (lambda leads: leads.create(mx_City=object()), "type object"),
        (lambda leads: leads.search("mx_City", "Pune", page_size=1001), "page_size"),
        (lambda leads: leads.bulk_upsert([{"mx_City": "x"}] * 26), "1 to 25 rows"),
        (lambda leads: leads.by_ids("b2f9c6de"), "ids must be a list"),
    ],
)
def test_an_invalid_argument_is_refused_before_it_is_sent(
    make: Made, wrong: Callable[[Driven], object], said: str
) -> None:
    """With a text that says what to do."""
    client = make.answered_by(lambda _: pytest.fail("it was sent"))
    with pytest.raises(errors.InvalidValue, match=said):
        wrong(client.leads)


def test_numbers_keep_their_digits(client: Driven) -> None:
    """A float goes as the text that Python shows for it, and a Decimal digit by digit."""
    lead_id = client.leads.create(first_name="Asha", revenue=Decimal("10.50"), mx_City=0.1).id
    lead = client.leads.get(lead_id)
    assert (lead.revenue, lead.city) == (10.5, "0.1")


def test_it_works_over_a_socket(socket_client: Driven) -> None:
    """Against a server process: created, found, refused."""
    lead_id = socket_client.leads.create(email_address="asha@example.com").id
    assert socket_client.leads.get(lead_id).email_address == "asha@example.com"
    with pytest.raises(errors.Duplicate) as caught:
        socket_client.leads.create(email_address="asha@example.com")
    assert caught.value.call_id


def test_raw_calls_any_path(client: Driven, api: InProcess) -> None:
    """With keys, errors and types of its own; a whole URL is refused."""
    made = client.raw(
        "POST",
        "/v2/LeadManagement.svc/Lead.Create",
        body=[{"Attribute": "FirstName", "Value": "Asha"}],
    )
    (lead,) = client.raw("GET", "LeadManagement.svc/Leads.GetById", query=made["Message"] and
                         {"id": made["Message"]["Id"]})  # fmt: skip
    assert lead["FirstName"] == "Asha"
    with pytest.raises(errors.OperationUnknown):
        client.raw("GET", "/v2/Nothing.svc/Here")
    with pytest.raises(errors.Misuse):
        client.raw("GET", "https://elsewhere.example.com/v2/x")
    assert api.leads()


def test_no_lead_is_skipped_while_others_change(make: Made) -> None:
    """Leads that change during the iteration leave its range; pages move up, and nobody is lost."""
    numbers = list(range(1, 31))
    asked: list[int] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        paging = msgspec.json.decode(request.content)["Paging"]
        asked.append(paging["PageIndex"])
        if len(asked) in (2, 3):  # others change meanwhile: six leads of the first page are gone
            del numbers[: 6 if len(asked) == 2 else 1]
        start = (paging["PageIndex"] - 1) * paging["PageSize"]
        page = [
            {"LeadPropertyList": [{"Attribute": "ProspectAutoId", "Value": str(number)}]}
            for number in numbers[start : start + paging["PageSize"]]
        ]
        answer = {"RecordCount": len(numbers)} | ({"Leads": page} if page else {})
        return httpx2.Response(200, json=answer)

    client = make.answered_by(respond)
    found = client.leads.iter_modified_between(NOW_MOMENT, NOW_MOMENT, page_size=10)
    assert [lead.auto_id for lead in found] == [str(number) for number in range(1, 31)]
