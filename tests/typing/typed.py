"""Code of a caller that strict mypy has nothing to say about."""

from datetime import UTC, datetime
from typing import assert_type

from leadwire import AsyncClient, CallLog, Client, JsonLinesSink, RowOutcome, SdkError
from leadwire.sdk.models.lead import Lead, Written
from leadwire.sdk.reading import Page


def blocking() -> None:
    log = CallLog(JsonLinesSink("calls.jsonl"), level="stable")
    with Client(host="mumbai", pace="enterprise", call_log=log, retries=2) as client:
        written = client.leads.create(first_name="Asha", mx_City="Pune", score=3, do_not_call=True)
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


async def waiting() -> None:
    async with AsyncClient(host="http://127.0.0.1:8080") as client:
        assert_type(await client.leads.create({"FirstName": "Asha"}), Written)
        async for found in client.leads.iter_search("mx_City", "Pune"):
            assert_type(found, Lead)
        async for outcome in client.leads.update_many([{"id": "x", "mx_City": None}]):
            assert_type(outcome.lead_id, str)
        assert_type(await client.lists.count("x"), int)
