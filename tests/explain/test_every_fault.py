"""Each kind of fault of the catalogue: a bad request is sent, located and, if certain, mended."""

import json
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from engines import settings as server_settings
from explain.world import Explained
from sqlalchemy.exc import OperationalError
from support import ACTIVITIES, LEADS, USERS, Answer, InProcess, attributes, scope_of

from leadwire import errors
from leadwire.calls.record import CallRecord
from leadwire.database.database import OutcomeUnknown
from leadwire.database.writer import WriteFailed
from leadwire.explain import Explanation, Place, explain, without_values
from leadwire.wire.endpoints import ENDPOINTS
from leadwire.wire.faults import FAULT_KINDS

CREATE = LEADS + "Lead.Create"
UPDATE = LEADS + "Lead.Update"
LISTS = "/v2/LeadSegmentation.svc/"
RECENT = LEADS + "Leads.RecentlyModified"
SEARCH = LEADS + "Leads.Get"
COMPANIES = "/v2/CompanyManagement.svc/"
MAIL = "/v2/EmailMarketing.svc/SendEmailToLead"
WEBHOOK = "/v2/Webhook.svc/Create"
NO_ID = "00000000-0000-4000-8000-000000000000"
JSON_TYPE = {"Content-Type": "application/json"}
PLAN = {"plan": "lite"}


class Known(NamedTuple):
    """What the bad requests refer to."""

    api: InProcess
    lead_id: str
    locked_id: str


class Bad(NamedTuple):
    name: str
    exception_type: str
    send: Callable[[Known], Answer]
    path: str
    """Where the mistake is."""
    repair: str = "none"
    """``certain``: it must succeed. ``open``: the reader decides or fills in. ``none``."""
    nearest: str = ""


def lead(**values: object) -> list[dict[str, object]]:
    return attributes(values)


def mail(**changes: object) -> dict[str, object]:
    return {
        "SenderType": "UserEmailAddress", "Sender": "admin@acme.test", "RecipientType": "LeadId",
        "EmailType": "Html", "ContentHTML": "<p>Hi</p>", "ContentText": "Hi", "Subject": "Hi",
    } | changes  # fmt: skip


def search(**parameter: object) -> dict[str, object]:
    return {
        "Parameter": {"LookupName": "mx_City", "LookupValue": "x", "SqlOperator": "="} | parameter
    }


def between(first: object, last: object = "2026-01-31 00:00:00", size: int = 10) -> dict[str, Any]:
    paging = {"PageIndex": 1, "PageSize": size}
    return {"Parameter": {"FromDate": first, "ToDate": last}, "Paging": paging}


def activity(known: Known, **values: object) -> Answer:
    return known.api.post(ACTIVITIES + "Create", {"RelatedProspectId": known.lead_id} | values)


def raw(method: str, target: str, body: str = "", **headers: str) -> Callable[[Known], Answer]:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda known: known.api.call(method, target, body, headers=sent)


def post(target: str, body: object) -> Callable[[Known], Answer]:
    return lambda known: known.api.post(target, body)


TABLE = [
    Bad("a misspelt path", "ApiNotFoundException",
        post("/v2/LeadManagment.svc/Lead.Creat", lead(FirstName="A")), "path", "open",
        nearest=CREATE),
    Bad("an older version", "ApiNotFoundException",
        post("/v1/LeadManagement.svc/Lead.Create", lead(FirstName="A")), "path", "certain",
        nearest=CREATE),
    Bad("a path that is like none", "ApiNotFoundException", raw("GET", "/zzzzzzz"), "path"),
    Bad("GET for POST", "MethodNotAllowedException", raw("GET", CREATE), "method", "open"),
    Bad("POST for GET", "MethodNotAllowedException",
        raw("POST", LEADS + "Leads.GetByEmailaddress?emailaddress=a@example.com", "x"), "method",
        "certain"),
    Bad("a text as content type", "UnsupportedContentTypeException",
        raw("POST", CREATE, json.dumps(lead(FirstName="A")), Content_Type="text/plain"),
        "header.Content-Type", "certain"),
    Bad("a form", "UnsupportedContentTypeException",
        raw("POST", CREATE, "FirstName=A", Content_Type="application/x-www-form-urlencoded"),
        "header.Content-Type"),
    Bad("a trailing comma", "JsonReaderException",
        raw("POST", CREATE, '[\n {"Attribute":"FirstName","Value":"A"},\n]', **JSON_TYPE),
        "body", "certain"),
    Bad("a printed Python value", "JsonReaderException",
        raw("POST", CREATE, "[{'Attribute':'FirstName','Value':'A'}]", **JSON_TYPE),
        "body", "certain"),
    Bad("a body that breaks off", "JsonReaderException",
        raw("POST", CREATE, '[{"Attribute":"FirstName"', **JSON_TYPE), "body"),
    Bad("a NUL", "JsonReaderException",
        raw("POST", CREATE, r'[{"Attribute":"FirstName","Value":"a\u0000"}]', **JSON_TYPE),
        "body", "certain"),
    Bad("a NUL in the URL", "JsonReaderException",
        raw("GET", LEADS + "Leads.GetById?id=%00"), "query"),
    Bad("nothing", "JsonSerializationException", raw("POST", CREATE, "", **JSON_TYPE), "body",
        "open"),
    Bad("an object of fields", "JsonSerializationException", post(CREATE, {"FirstName": "A"}),
        "body", "certain"),
    Bad("one pair", "JsonSerializationException",
        post(CREATE, {"Attribute": "FirstName", "Value": "A"}), "body", "certain"),
    Bad("a number for a text", "JsonSerializationException",
        post(ACTIVITIES + "Create", {"RelatedProspectId": NO_ID, "ActivityEvent": 200,
                                     "ActivityNote": 7}), "body.ActivityNote", "certain"),
    Bad("an array for a value", "JsonSerializationException",
        post(CREATE, [{"Attribute": "FirstName", "Value": ["A"]}]), "body[0].Value"),
    Bad("no parameter", "MXMandatoryAttributeMissingException",
        post(UPDATE, lead(FirstName="A")), "query", "open"),
    Bad("the parameter by another name", "MXMandatoryAttributeMissingException",
        lambda k: k.api.post(f"{UPDATE}?lead_id={k.lead_id}", lead(FirstName="Asha")),
        "query.lead_id", "certain"),
    Bad("the parameter in the body", "MXMandatoryAttributeMissingException",
        lambda k: k.api.post("/v2/LeadManagement.svc/Lead.Convert", lead(leadId=k.lead_id)),
        "body[0].Value", "certain"),
    Bad("no contact field", "MXMandatoryAttributeMissingException",
        post(CREATE, lead(mx_City="Pune")), "body"),
    Bad("no member", "MXMandatoryAttributeMissingException",
        post("/v2/Task.svc/Create", {"DueDate": "2026-03-01 00:00:00"}), "body", "open"),
    Bad("an inactive sender", "MXMandatoryAttributeMissingException",
        lambda k: k.api.post(MAIL, mail(Recipient=k.lead_id, Sender="who@example.com")),
        "body.Sender"),
    Bad("milliseconds", "MXInvalidInputException", post(RECENT, between("2026-01-01 00:00:00.000")),
        "body.Parameter.FromDate", "certain"),
    Bad("a zone, and milliseconds beside it", "MXInvalidInputException",
        post(RECENT, between("2026-01-01T00:00:00+05:30", "2026-01-31 00:00:00.000")),
        "body.Parameter.FromDate", "certain"),
    Bad("a local time", "MXInvalidInputException",
        post(RECENT, between("2026-01-01T00:00:00")), "body.Parameter.FromDate", "open"),
    Bad("a day and a month in no order", "MXInvalidInputException",
        post(RECENT, between("01/02/2026")), "body.Parameter.FromDate"),
    Bad("a date of a lead", "MXInvalidInputException",
        post(CREATE, lead(FirstName="A", mx_DOB="2026-01-01T00:00:00Z")), "body[1].Value",
        "certain"),
    Bad("a date of a lead in local time", "MXInvalidInputException",
        post(CREATE, lead(FirstName="A", mx_DOB="2026-01-01T00:00:00+05:30")), "body[1].Value",
        "certain"),
    Bad("a page beyond the limit", "MXMandatoryFieldMissingException",
        post(RECENT, between("2026-01-01 00:00:00", size=99_999)), "body.Paging.PageSize",
        "certain"),
    Bad("an owner by e-mail address", "MXInvalidInputException",
        post(CREATE, lead(FirstName="A", OwnerId="admin@acme.test")), "body[1].Value", "certain",
        nearest="Administrator"),
    Bad("an owner who does not exist", "MXInvalidInputException",
        post(CREATE, lead(FirstName="A", OwnerId=NO_ID)), "body[1].Value"),
    Bad("a choice in another case", "MXInvalidInputException",
        lambda k: k.api.post(f"{LEADS}Lead.Capture?LeadUpdateBehavior=DontUpdate",
                             lead(FirstName="A")), "query.LeadUpdateBehavior", "open",
        nearest="DoNotUpdate"),
    Bad("an attribute in another case", "MXUnknownAttributeException",
        post(CREATE, lead(firstname="A")), "body[0].Attribute", "certain", nearest="FirstName"),
    Bad("attributes that are like others", "MXUnknownAttributeException",
        post(CREATE, lead(FirstName="A", mx_Citty="Pune", Emial="a@example.com")),
        "body[1].Attribute", "open", nearest="mx_City"),
    Bad("an attribute that is like none", "MXUnknownAttributeException",
        post(CREATE, lead(FirstName="A", qqqqqq="x")), "body[1].Attribute"),
    Bad("an address that is taken", "MXDuplicateEntryException",
        post(CREATE, lead(FirstName="B", EmailAddress="asha@example.com")), "body[1].Value",
        "certain"),
    Bad("a name that is taken", "MXDuplicateEntityNameException",
        post(LISTS + "CreateEmptyList", {"Name": "fair"}), "body.Name"),
    Bad("a lead that does not exist", "MXInvalidEntityException",
        lambda k: k.api.post(f"{UPDATE}?leadId={NO_ID}", lead(FirstName="A")), "query.leadId"),
    Bad("a list by its name", "MXInvalidEntityException",
        lambda k: k.api.post(LISTS + "AddLeadsToStaticList",
                             {"listId": "Fair", "leadIds": [k.lead_id]}),
        "body.listId", "certain", nearest="Fair"),
    Bad("an operator of another language", "MXInvalidEntityException",
        post(SEARCH, search(SqlOperator="==")), "body.Parameter.SqlOperator", "certain",
        nearest="="),
    Bad("a reference to no lead", "MXInvalidEntityReferenceException",
        post(ACTIVITIES + "Create", {"RelatedProspectId": NO_ID, "ActivityEvent": 200}),
        "body.RelatedProspectId"),
    Bad("no such option", "MXInvalidEntityReferenceException",
        lambda k: k.api.post(COMPANIES + "Company.Create", {
            "CompanyType": {"CompanyTypeName": "Partners"},
            "CompanyProperties": lead(CompanyName="Cove", Stage="Nowhere"),
        }), "body.CompanyProperties[1].Value"),
    Bad("a type by its name", "MXInvalidActivityException",
        lambda k: activity(k, ActivityEvent="Meeting"), "body.ActivityEvent", "certain",
        nearest="Meeting"),
    Bad("a code of no type", "MXInvalidActivityException",
        lambda k: activity(k, ActivityEvent=203), "body.ActivityEvent", nearest="Demo"),
    Bad("a field of no activity", "MXInvalidActivityFieldsException",
        lambda k: activity(k, ActivityEvent=30, Fields=[
            {"SchemaName": "Status", "Value": "Open"}]), "body.Fields"),
    Bad("an activity that does not exist", "MXUnknownProspectActivityException",
        raw("GET", f"{ACTIVITIES}CustomActivity/Lock?activityId={NO_ID}"), "query.activityId"),
    Bad("a locked activity", "MXOperationNotAllowedException",
        lambda k: k.api.get(f"{ACTIVITIES}CustomActivity/Lock", activityId=k.locked_id),
        "query.activityId"),
    Bad("no details of a company", "MXInvalidDataTypeException",
        post(COMPANIES + "Company.Create", {"CompanyType": {"CompanyTypeName": "Partners"}}),
        "body"),
    Bad("a webhook of no type", "MXInvalidDataTypeException",
        post(WEBHOOK, {"URL": "http://127.0.0.1:9/hook", "WebhookEvent": "2"}), "body"),
    Bad("a lead without an address", "MXMailDeliveryException",
        lambda k: k.api.post(MAIL, mail(Recipient=k.api.create(FirstName="No mail"))),
        "body.Recipient"),
    Bad("deleting is off", "MXUnAuthorizedAccessException",
        lambda k: k.api.get(LEADS + "Lead/Delete/ById", leadId=k.lead_id), "header"),
    Bad("no keys", "MXInvalidAccessDetailsException",
        lambda k: k.api.call("GET", USERS, keys="none"), "header", "open"),
    Bad("a wrong key", "MXInvalidAccessDetailsException",
        lambda k: k.api.call("GET", f"{USERS}?accessKey=u%24rx&secretKey=abc", keys="none"),
        "header"),
]  # fmt: skip


@pytest.fixture(scope="module")
def known(shared_api: InProcess) -> Known:
    api = shared_api
    lead_id = api.create(FirstName="Asha", EmailAddress="asha@example.com")
    api.post(LISTS + "CreateEmptyList", {"Name": "Fair"})
    posted = api.post(ACTIVITIES + "Create", {"RelatedProspectId": lead_id, "ActivityEvent": 200})
    locked = posted.json["Message"]["Id"]
    assert api.get(f"{ACTIVITIES}CustomActivity/Lock", activityId=locked).status == 200
    return Known(api, lead_id, locked)


@pytest.fixture(scope="module")
def explained(shared_api: InProcess) -> Iterator[Explained]:
    found = Explained(shared_api, server_settings(shared_api.folder))
    yield found
    found.close()


@pytest.mark.parametrize("bad", TABLE, ids=lambda bad: bad.name)
def test_a_bad_request_is_located_and_mended(known: Known, explained: Explained, bad: Bad) -> None:
    """A place, the nearest names, links; and a repair that is certain does not fail so again."""
    answer = bad.send(known)
    assert (answer.exception_type, answer.status >= 400) == (bad.exception_type, True)
    found = explained.fault(answer)
    paths = [mistake.place.path for mistake in found.mistakes if mistake.place]
    assert bad.path in paths, found
    assert bad.nearest in " ".join(text for m in found.mistakes for text in m.nearest)
    assert found.title
    assert found.meaning
    assert found.links[0].address == f"/errors/{bad.exception_type}"
    kind = "none" if found.repair is None else "certain" if found.repair.is_certain else "open"
    assert kind == bad.repair, found
    assert bool(found.repair) != bool(found.no_repair)
    if found.repair is not None and found.repair.is_certain:
        sent = explained.send(found.repair)
        assert sent.status == 200 or sent.exception_type != bad.exception_type, sent.body


_RAISED = [
    ("ServerBusyException", errors.ServerBusy("All places are taken.")),
    ("AsyncQueueFullException", errors.QueueFull("Too many calls wait.")),
    ("DatabaseUnavailableException", WriteFailed("The disk is full.")),
    ("DatabaseUnavailableException", OutcomeUnknown("lost during a commit")),
    ("DatabaseUnavailableException", OperationalError("", {}, OSError("away"))),
    ("InternalServerErrorException", RuntimeError("nobody foresaw this")),
]


@pytest.mark.parametrize(("exception_type", "raised"), _RAISED)
def test_a_fault_of_the_server_is_called_the_servers(
    known: Known,
    explained: Explained,
    monkeypatch: pytest.MonkeyPatch,
    exception_type: str,
    raised: Exception,
) -> None:
    """It says whether something may have changed, and whom to give the call id."""

    def fail(_request: object) -> None:
        raise raised

    monkeypatch.setitem(ENDPOINTS, "Users.Get", fail)
    answer = known.api.get(USERS)
    assert answer.exception_type == exception_type
    found = explained.fault(answer)
    assert found.is_our_fault
    is_known = isinstance(
        raised, errors.ServerBusy | errors.QueueFull | WriteFailed | OperationalError
    )
    assert (found.repair is not None) == is_known
    told = found.meaning + found.mistakes[0].fix
    assert "Nothing was changed" in told if is_known else "before you send it again" in told
    if exception_type == "InternalServerErrorException":
        assert answer.call_id in found.mistakes[0].fix


_UNREAD = [
    ("InvalidHttpRequestException", errors.HttpUnreadable("a blank in the URL")),
    ("RequestUrlTooLongException", errors.UrlTooLong(8_000)),
    ("RequestHeadersTooLargeException", errors.HeadersTooLarge(8_000)),
    ("RequestTimeoutException", errors.RequestTooSlow("body", 30)),
]


@pytest.mark.parametrize(("exception_type", "fault"), _UNREAD)
def test_what_could_not_be_read_says_so(
    known: Known, explained: Explained, exception_type: str, fault: errors.LeadwireError
) -> None:
    """The request has no certain form, so none is proposed."""

    async def unread() -> Answer:
        found: list[dict[str, Any]] = []
        scope = scope_of("GET", USERS, []) | {
            "fault": fault, "first_bytes": b"GET /x y HTTP/1.1", "seen_bytes": 17,
        }  # fmt: skip

        async def send(message: dict[str, Any]) -> None:
            found.append(message)

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        await known.api.app(scope, receive, send)
        headers = {name.decode(): value.decode() for name, value in found[0]["headers"]}
        return Answer(found[0]["status"], headers, found[1]["body"])

    answer = known.api.run(unread())
    assert answer.exception_type == exception_type
    found = explained.fault(answer)
    assert found.mistakes[0].place is not None
    assert "could not be read" in found.no_repair


def test_a_body_that_is_too_large_says_how_large(make_api: Callable[..., InProcess]) -> None:
    """The log has only its start, so nothing is proposed."""
    api = make_api(request_body_bytes_max=2_000)
    explained = Explained(api, server_settings(api.folder))
    found = explained.fault(api.post(CREATE, lead(FirstName="A" * 3_000)))
    explained.close()
    assert "3,0" in found.mistakes[0].problem
    assert found.mistakes[0].place == Place(part="body", path="body")


def test_a_limit_says_when_it_frees_and_how_many_calls_came_before(
    make_api: Callable[..., InProcess],
) -> None:
    """Waiting that long, the same request succeeds."""
    api = make_api(**PLAN)
    explained = Explained(api, server_settings(api.folder, **PLAN))
    answer = api.get(USERS)
    while answer.status == 200:
        answer = api.get(USERS)
    found = explained.fault(answer)
    limit = found.limit
    assert limit is not None
    assert limit.calls_before == limit.calls_max
    api.clock.at_ms = limit.frees_at_ms
    assert found.repair is not None
    assert explained.send(found.repair).status == 200
    explained.close()


def test_the_lead_behind_a_duplicate_is_named_with_the_call_that_made_it(
    known: Known, explained: Explained
) -> None:
    """And with the fields that the repair would change."""
    made = known.api.write(
        "Lead.Capture", {"FirstName": "Ravi", "EmailAddress": "ravi@example.com"}
    )
    answer = known.api.write(
        "Lead.Create", {"FirstName": "Ravi", "EmailAddress": "RAVI@example.com", "Source": "Fair"}
    )
    found = explained.fault(answer)
    holder = found.holder
    assert holder is not None
    assert (holder.lead_id, holder.name) == (made.json["Message"]["Id"], "Ravi")
    assert (holder.call_id, holder.operation) == (made.call_id, "Lead.Capture")
    assert holder.would_change == ("EmailAddress", "Source")
    assert found.repair is not None
    assert explained.send(found.repair).json["Message"]["Id"] == holder.lead_id


def test_two_leads_behind_one_request_get_no_repair(known: Known, explained: Explained) -> None:
    """An update of one would still be refused because of the other."""
    known.api.create(FirstName="One", EmailAddress="one@example.com")
    known.api.create(FirstName="Two", Phone="+91-9000000077")
    both = {"EmailAddress": "one@example.com", "Phone": "+91-9000000077"}
    found = explained.fault(known.api.write("Lead.Create", both))
    assert found.repair is None
    assert "more than one lead" in found.no_repair


def test_every_mistake_of_a_body_is_found(known: Known, explained: Explained) -> None:
    """Not only the first, which the answer names."""
    values = {"FirstName": "A", "EmailAddress": "none", "mx_DOB": "soon", "mx_Citty": "Pune"}
    found = explained.fault(known.api.write("Lead.Create", values))
    paths = {mistake.place.path for mistake in found.mistakes if mistake.place}
    assert paths == {"body[1].Value", "body[2].Value", "body[3].Attribute"}


def test_each_refused_row_of_a_bulk_call_is_explained(known: Known, explained: Explained) -> None:
    """The call succeeded, and three of its rows did not."""
    rows = [
        lead(FirstName="Good", EmailAddress="good@example.com"),
        lead(FirstName="A", EmailAddress="none", mx_DOB="soon"),
        lead(FirstName="B"),
        lead(mx_Citty="Pune", EmailAddress="b@example.com"),
    ]
    found = explained.of(known.api.post(LEADS + "Lead/Bulk/CreateOrUpdate", rows))
    assert found is not None
    where = [(mistake.row, mistake.place and mistake.place.path) for mistake in found.mistakes]
    assert where == [
        (2, "body[1][1].Value"), (2, "body[1][2].Value"), (3, "body[2]"),
        (4, "body[3][0].Attribute"),
    ]  # fmt: skip
    assert all(mistake.place and mistake.place.line == 1 for mistake in found.mistakes)


def test_the_line_of_a_mistake_is_that_of_the_body_as_sent(
    known: Known, explained: Explained
) -> None:
    """Line and column count as an editor does."""
    body = json.dumps(lead(FirstName="A", EmailAddress="none"), indent=2)
    found = explained.fault(known.api.call("POST", CREATE, body, headers=JSON_TYPE))
    place = found.mistakes[0].place
    assert place is not None
    assert body.splitlines()[place.line - 1][place.column - 1 :].startswith('"none"')
    assert body[place.start : place.end] == '"none"'


def test_a_failed_call_is_compared_with_the_last_that_succeeded(
    known: Known, explained: Explained
) -> None:
    """Names in one of them only, and other types."""
    good = known.api.write("Lead.Capture", {"FirstName": "A", "EmailAddress": "cmp@example.com"})
    values: dict[str, object] = {"FirstName": 7, "mx_Nope": "x"}
    difference = explained.fault(known.api.write("Lead.Capture", values)).difference
    assert difference is not None
    assert difference.call_id == good.call_id
    assert (difference.only_here, difference.only_there) == (("mx_Nope",), ("EmailAddress",))
    assert difference.other_types == (("FirstName", "number", "text"),)


def test_a_reader_who_may_not_see_bodies_gets_no_value(known: Known, explained: Explained) -> None:
    """Neither of the body nor of a lead, in any member."""
    secret = "secret-value@example.com"  # noqa: S105  # made up
    known.api.create(FirstName="Hidden Name", EmailAddress=secret)
    for values in ({"EmailAddress": secret}, {"FirstName": "A", "EmailAddress": "secret-value"}):
        found = explained.fault(known.api.write("Lead.Create", values))
        assert "secret-value" in str(found)
        shown = str(without_values(found))
        assert "secret-value" not in shown
        assert "Hidden" not in shown


def test_a_call_that_broke_off_and_an_unknown_fault_say_that_nothing_is_certain() -> None:
    """They get no repair."""
    for changes in (
        {"outcome": "aborted", "status_code": 0},
        {"outcome": "client_fault", "status_code": 500, "exception_type": "MXNobodyKnowsException"},
        {"outcome": "client_fault", "status_code": 418},
    ):
        values: dict[str, Any] = {
            "call_id": "c", "started_at_ms": 0, "duration_ms": 1.0, "method": "GET", "path": "/",
        }  # fmt: skip
        found = explain(CallRecord(**values, **changes), None)
        assert isinstance(found, Explanation)
        assert not found.is_certain
        assert found.repair is None


def test_the_day_that_was_written_is_kept(known: Known, explained: Explained) -> None:
    """A zone must not move a date of birth by a day."""
    values = {"FirstName": "A", "mx_DOB": "2026-01-01T00:00:00+05:30"}
    repair = explained.fault(known.api.write("Lead.Create", values)).repair
    assert repair is not None
    assert '"2026-01-01"' in repair.body


def test_the_table_has_every_fault_of_the_catalogue() -> None:
    """A new kind of fault fails this test until it is explained."""
    tried = {bad.exception_type for bad in TABLE} | {name for name, _ in (*_RAISED, *_UNREAD)}
    tried |= {"RequestTooLargeException", "MXAPIRateLimitExceededException"}
    # Such calls have no record.
    tried |= {"CallNotRecordedException", "RehearsalTooLongException"}
    assert tried == {kind.exception_type for kind in FAULT_KINDS}
