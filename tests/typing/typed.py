"""Code of a caller that strict mypy has nothing to say about."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, assert_type

from leadwire import (
    Accepted,
    Answered,
    AsyncClient,
    Attempt,
    BulkResult,
    CallFile,
    CallInfo,
    CallLog,
    Client,
    Company,
    Hook,
    JsonLinesSink,
    LaterStatus,
    LeadField,
    MailSent,
    Product,
    RowOutcome,
    Rows,
    SdkError,
    SentCall,
    Tracing,
)
from leadwire.sdk.models.lead import Lead, Written
from leadwire.sdk.reading import Page
from leadwire.testing import Server
from leadwire.webhooks import Event, Headers, LeadChangeEvent, LeadCreated, Seen, verify


def blocking() -> None:
    log = CallLog(JsonLinesSink("calls.jsonl"), level="stable")
    with Client(host="mumbai", pace="enterprise", call_log=log, retries=2) as client:
        written = client.leads.create(
            first_name="Asha", mx_City="Pune", revenue=3, do_not_call=True
        )
        assert_type(written, Written)
        assert_type(written.id, str)
        lead = client.with_options(timeout=None).leads.get(written.id)
        assert_type(lead, Lead | None)
        if lead is not None:
            assert_type(lead.created_on, datetime | None)
            assert_type(lead.do_not_call, bool | None)
            assert_type(lead.score, int | float | None)
            print(lead["mx_City"])
        now = datetime.now(UTC)
        assert_type(client.leads.modified_between(now, now), Page[Lead])
        for found in client.leads.iter_search("mx_City", "Pune", columns=["ProspectID"]):
            assert_type(found, Lead)
        for outcome in client.leads.upsert_many({"phone": str(n)} for n in range(9)):
            assert_type(outcome, RowOutcome)
            assert_type(outcome.error, SdkError | None)
        client.tasks.create(name="Call", lead_id=written.id, due_on=now, reminder_minutes=5)
        client.leads.update(written.id, mx_Education={"mx_CustomObject_1": "B.Tech"})
        more(client, written.id, now)


class Counting(Hook):
    """A hook of a caller."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def after_attempt(self, attempt: Attempt) -> None:
        self.seconds += attempt.duration_seconds


class Waiting(Hook):
    """A hook that waits, for the asynchronous client."""

    async def before_attempt(self, attempt: Attempt) -> None:
        attempt.add_header("X-Job", attempt.operation)


def which_call(client: Client) -> None:
    lead = client.leads.create(first_name="Asha")
    assert_type(lead.call, CallInfo)
    assert_type(lead.call.status, int | None)
    assert_type(client.fields.all(), Rows[LeadField])
    assert_type(client.fields.all().call.call_id, str)
    assert_type(client.leads.search("mx_City", "Pune").call.headers["date"], str)
    raw = client.with_raw_response.leads.get(lead.id)
    assert_type(raw.status, int)
    assert_type(raw.text, str)
    hooked = client.with_options(hooks=[Counting(), Tracing()], answer_bytes_max=1_000_000)
    try:
        hooked.leads.delete(lead.id)
    except Answered as error:
        assert_type(error.call, CallInfo)
        assert_type(error.status, int)
    except SdkError as error:
        assert_type(error.call, CallInfo | None)
        assert_type(error.call_id, str)


def more(client: Client, lead_id: str, now: datetime) -> None:
    assert_type(client.products.by_sku("FLAT-2"), Product | None)
    assert_type(client.sales.create(lead_id, "FLAT-2", "Won", revenue=Decimal("9.5")), Written)
    for company in client.companies.iter_search("Partners", where=("stage", "=", "Partner")):
        assert_type(company, Company)
        assert_type(company.revenue, int | float | None)
    assert_type(client.companies.search("Partners", created_between=(now, now)), Page[Company])
    assert_type(client.mails.send_to_lead(lead_id=lead_id, subject="x", cc=["a@b.c"]), MailSent)
    client.webhooks.create(url="https://example.com/hook", event=3, headers={"x-hook": "y"})
    accepted = client.later.capture_lead(first_name="Asha")
    assert_type(accepted, Accepted)
    assert_type(client.later.wait(accepted, timeout=5).written.id, str)
    with Server(plan="pro") as server, server.client(retries=0) as mine:
        assert_type(mine, Client)
    with CallLog() as log:
        assert_type(log, CallLog)


def found(client: Client, headers: Headers) -> None:
    result = client.leads.create_many([{"first_name": "Asha"}])
    assert_type(result, BulkResult)
    for row in result.failures:
        assert_type(row, RowOutcome)
    for call in CallFile("calls.jsonl").search("status:500"):
        assert_type(call, SentCall)
    event = verify("whsec_", headers, b"", seen=Seen())
    assert_type(event, Event)
    match event:
        case LeadCreated():
            assert_type(event.lead.to_dict(), dict[str, Any])
        case LeadChangeEvent():
            assert_type(event.before.first_name, str | None)
        case _:
            print(event)


async def waiting() -> None:
    async with AsyncClient(host="http://127.0.0.1:8080", hooks=[Waiting()]) as client:
        assert_type((await client.with_raw_response.leads.get("x")).call, CallInfo)
        assert_type(await client.leads.create({"FirstName": "Asha"}), Written)
        async for found in client.leads.iter_search("mx_City", "Pune"):
            assert_type(found, Lead)
        async for outcome in client.leads.iter_update_many([{"id": "x", "mx_City": None}]):
            assert_type(outcome.lead_id, str)
        assert_type(await client.lists.count("x"), int)
        accepted = await client.later.capture_lead(first_name="Asha")
        assert_type(await client.later.wait(accepted), LaterStatus)
