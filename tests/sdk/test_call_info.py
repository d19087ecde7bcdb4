"""Which call it was: on results, pages, rows, outcomes and errors; and hooks around attempts."""

import asyncio
import copy
import logging
import pickle
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from sdk.both import Driven, Made
from support import InProcess

from leadwire import AsyncClient, Attempt, CallInfo, CallLog, Hook
from leadwire.calls.sent import SentCall
from leadwire.sdk import errors
from leadwire.sdk.models.lead import Lead

REFUSED = {"Status": "Error", "ExceptionType": "MXDuplicateEntryException",
           "ExceptionMessage": "taken"}  # fmt: skip
SERVERS_ID = "0199aaaa-0000-7000-8000-000000000001"


class Kept:
    """A sink that keeps its records."""

    def __init__(self) -> None:
        self.records: list[SentCall] = []

    def write(self, record: SentCall) -> None:
        self.records.append(record)

    def close(self) -> None: ...


def test_every_kind_of_result_says_which_call_it_was(client: Driven, api: InProcess) -> None:
    """Written, a lead, a page and its rows, a list and its rows, nested objects, outcomes."""
    written = client.leads.create(first_name="Asha", email_address="asha@example.com")
    page = client.leads.search("FirstName", "Asha")
    fields = client.fields.all()
    (outcome,) = client.leads.create_many([{"first_name": "B"}])
    updated = client.leads.update_many([{"ProspectID": written.id, "mx_City": "Goa"}])
    note = client.notes.create(written.id, "hello")
    deleted = client.notes.delete(written.id, note.id)
    results: list[tuple[Any, str]] = [
        (written, "Lead.Create"),
        (client.leads.get(written.id), "Leads.GetById"),
        (page, "Leads.Get"),
        (page[0], "Leads.Get"),
        (next(iter(client.leads.iter_search("FirstName", "Asha"))), "Leads.Get"),
        (fields, "LeadsMetaData.Get"),
        (fields[-1], "LeadsMetaData.Get"),
        (outcome, "Lead.BulkCreate"),
        (updated[0], "Lead.BulkUpdateV2"),
        (deleted, "Note.Delete"),
        (client.users.me(), "UserByAccessKey.Get"),
    ]
    for result, operation in results:
        call = result.call
        assert (call.operation, call.status, call.attempts) == (operation, 200, 1), operation
        assert api.record(call.call_id).operation == operation
        assert call.headers["x-leadwire-call-id"] == call.call_id
        assert 0 < call.duration_seconds < 60
        assert call.path.startswith("/v2/")
        for copied in (pickle.loads(pickle.dumps(result)), copy.deepcopy(result)):  # noqa: S301
            assert copied.call == call


def test_a_failed_row_of_a_bulk_call_names_its_call(client: Driven, api: InProcess) -> None:
    """Also the rows of a report, and a row whose batch was refused as a whole."""
    client.leads.create(email_address="asha@example.com")
    rows = [{"email_address": "asha@example.com"}, {"first_name": "B"}]
    bad, good = client.leads.create_many(rows)
    assert isinstance(bad.error, errors.Duplicate)
    assert bad.call == bad.error.call == good.call
    assert bad.error.call_id == bad.call.call_id != ""
    assert api.record(bad.error.call_id).operation == "Lead.BulkCreate"
    (missing,) = client.leads.update_many([{"ProspectID": "x" * 36, "mx_City": "Goa"}])
    assert api.record(missing.error.call_id).operation == "Lead.BulkUpdateV2"
    report = client.leads.bulk_create(rows)
    assert report[0].error.call_id == report.call.call_id
    (unsent,) = client.leads.update_many([{"mx_City": "Goa"}])
    assert (unsent.call, unsent.error.call_id) == (None, "")


def test_an_error_names_the_last_attempt_and_counts_all(make: Made) -> None:
    """By the server's id if it gave one, else by the id of the attempt in the client's own log."""
    kept = Kept()

    def respond(_: httpx2.Request) -> httpx2.Response:
        make.clock.advance(250)
        raise httpx2.ReadTimeout("slow")

    client = make.answered_by(respond, retries=2, call_log=CallLog(kept, level="stable"))
    with pytest.raises(errors.TimedOut) as caught:
        client.leads.get("x")
    call = caught.value.call
    assert (call.status, dict(call.headers), call.attempts) == (None, {}, 3)
    assert call.call_id == call.attempt_id == kept.records[-1].call_id
    assert {record.trace_id for record in kept.records} == {call.trace_id}
    assert call.duration_seconds == pytest.approx(0.75 + sum(make.napper.naps), abs=0.1)

    def refuse(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(500, json=REFUSED, headers={"X-Leadwire-Call-Id": SERVERS_ID})

    with pytest.raises(errors.Duplicate) as refused:
        make.answered_by(refuse, call_log=CallLog(kept)).leads.create(first_name="Asha")
    call = refused.value.call
    assert (call.status, call.method, call.host) == (500, "POST", "http://leads.example.com")
    assert refused.value.call_id == call.call_id == SERVERS_ID == kept.records[-1].answer_call_id
    assert call.attempt_id == kept.records[-1].call_id
    with pytest.raises(AttributeError):
        call.status = 200  # type: ignore[misc]  # frozen


def test_what_no_call_returned_has_an_empty_call() -> None:
    """A lead that a test made, and an error before a call."""
    assert Lead({"ProspectID": "x"}).call == CallInfo(attempts=0)
    assert (errors.Misuse("no").call, errors.Misuse("no").call_id) == (None, "")


class Noting(Hook):
    """Notes what it sees; adds a header; or raises."""

    def __init__(self, *, fault: type[BaseException] | None = None) -> None:
        self.seen: list[tuple[str, int, object, object]] = []
        self.attempts: list[Attempt] = []
        self._fault = fault

    def before_attempt(self, attempt: Attempt) -> None:
        self.attempts.append(attempt)
        self.seen.append(("before", attempt.number, attempt.call, attempt.error))
        attempt.add_header("X-Attempt", str(attempt.number))
        attempt.add_header("traceparent", f"00-{'ab' * 16}-{'cd' * 8}-01")
        if self._fault is not None:
            raise self._fault

    def after_attempt(self, attempt: Attempt) -> None:
        status = attempt.call and attempt.call.status
        self.seen.append(("after", attempt.number, status, type(attempt.error)))
        if self._fault is not None:
            raise self._fault


class Waiting(Noting):
    """The same with methods that wait."""

    async def before_attempt(self, attempt: Attempt) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        Noting.before_attempt(self, attempt)

    async def after_attempt(self, attempt: Attempt) -> None:  # type: ignore[override]
        await asyncio.sleep(0)
        Noting.after_attempt(self, attempt)


def twice(sent: list[httpx2.Request]) -> Callable[[httpx2.Request], httpx2.Response]:
    """Answers 503 once, then a lead."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        status = 503 if len(sent) == 1 else 200
        return httpx2.Response(status, json=[{"ProspectID": "x"}])

    return respond


def test_hooks_run_before_and_after_each_attempt(make: Made) -> None:
    """In order, with the wait before the next; a header of a hook is sent, its trace is kept."""
    sent: list[httpx2.Request] = []
    kept = Kept()
    first = Noting()
    second = Waiting() if make.kind == "async" else Noting()
    client = make.answered_by(twice(sent), hooks=[first], call_log=CallLog(kept))
    lead = client.with_options(hooks=[second]).leads.get("x")
    expected = [
        ("before", 1, None, None),
        ("after", 1, 503, errors.ServerFault),
        ("before", 2, None, None),
        ("after", 2, 200, type(None)),
    ]
    assert first.seen == second.seen == expected
    one, two = first.attempts
    assert (one.retry_in_seconds or 0) > 0
    assert two.retry_in_seconds is None
    assert two.call == lead.call
    assert [request.headers["x-attempt"] for request in sent] == ["1", "2"]
    assert sent[1].headers["traceparent"] == f"00-{'ab' * 16}-{'cd' * 8}-01"
    assert [record.trace_id for record in kept.records] == ["ab" * 16] * 2
    assert lead.call.trace_id == "ab" * 16
    assert two.url == "http://leads.example.com/v2/LeadManagement.svc/Leads.GetById?id=REDACTED"


def test_a_hook_that_raises_changes_no_call(make: Made, caplog: pytest.LogCaptureFixture) -> None:
    """Its type is logged; those after it run; Ctrl-C in it goes on."""
    sent: list[httpx2.Request] = []
    last = Noting()
    hooks = [Noting(fault=ValueError), last]
    if make.kind == "async":
        hooks.insert(0, Waiting(fault=KeyError))
    assert make.answered_by(twice(sent), hooks=hooks).leads.get("x").id == "x"
    assert len(last.seen) == 4
    assert "a hook raised ValueError" in caplog.text
    if make.kind == "blocking":
        client = make.answered_by(twice([]), hooks=[Noting(fault=KeyboardInterrupt)])
        with pytest.raises(KeyboardInterrupt):
            client.leads.get("x")


def test_a_hook_cannot_send_a_reserved_header(make: Made) -> None:
    """Keys, framing, and what is not a header."""

    class Adding(Hook):
        def before_attempt(self, attempt: Attempt) -> None:
            for name, value in (("x-lsq-secretkey", "k"), ("Host", "x"), ("X-A", "a\r\nb")):
                with pytest.raises(errors.Misuse):
                    attempt.add_header(name, value)
            attempt.add_header("X-Good", "yes")

    sent: list[httpx2.Request] = []
    make.answered_by(twice(sent), hooks=[Adding()]).leads.get("x")
    assert sent[0].headers["x-good"] == "yes"


def test_plain_hooks_see_a_cancelled_call() -> None:
    """Once, as a connection that was lost; what would have to be awaited is left out."""
    plain, waiting = Noting(), Waiting()

    async def cancel() -> None:
        started = asyncio.Event()

        async def respond(_: httpx2.Request) -> httpx2.Response:
            started.set()
            await asyncio.sleep(60)
            raise AssertionError

        client = AsyncClient(
            host="http://x.example", access_key="a" * 8, secret_key="b" * 8,
            transport=httpx2.MockTransport(respond), hooks=[waiting, plain],
        )  # fmt: skip
        call = asyncio.create_task(client.leads.get("x"))
        await started.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

    asyncio.run(cancel())
    assert [moment[0] for moment in plain.seen] == ["before", "after"]
    assert plain.seen[1][2:] == (None, errors.ConnectionLost)
    assert [moment[0] for moment in waiting.seen] == ["before"]


def test_a_failing_hook_logs_no_text(caplog: pytest.LogCaptureFixture, make: Made) -> None:
    """What a hook raises may hold anything."""

    class Telling(Hook):
        def after_attempt(self, attempt: Attempt) -> None:
            raise ValueError(f"hush-41c9 {attempt.id}")

    with caplog.at_level(logging.DEBUG):
        make.answered_by(twice([]), hooks=[Telling()]).leads.get("x")
    assert "hush-41c9" not in caplog.text


def test_a_raw_response_has_the_answer_as_it_came(client: Driven, api: InProcess) -> None:
    """Status, headers, body and call, also for what cannot carry a call: None, a number, bytes."""
    raw = client.with_raw_response
    created = raw.leads.create(first_name="Asha")
    lead_id = created.parse().id
    assert (created.status, created.json()["Message"]["Id"]) == (200, lead_id)
    assert created.headers["content-type"].startswith("application/json")
    assert api.record(created.call.call_id).operation == "Lead.Create"
    assert raw.leads.get(lead_id).parse() == client.leads.get(lead_id)
    missing = raw.leads.get("0" * 36)
    assert (missing.parse(), missing.text, missing.call.operation) == (None, "[]", "Leads.GetById")
    list_id = client.lists.create("Pune").id
    assert raw.lists.count(list_id).parse() == 0
    assert raw.raw("GET", "/v2/UserManagement.svc/Users.Get").json()
    assert lead_id not in repr(created)
    assert raw.leads.create_many([{"first_name": "B"}]).parse()[0].ok


def test_a_raw_response_is_of_one_call(make: Made) -> None:
    """An iterator makes several; a refusal raises; an unknown name is named."""
    client = make.answered_by(lambda _: httpx2.Response(500, json=REFUSED), retries=0)
    with pytest.raises(errors.Duplicate):
        client.with_raw_response.leads.create(first_name="Asha")
    with pytest.raises(errors.Misuse, match=r"several calls.*\.call"):
        client.with_raw_response.leads.iter_search("mx_City", "Pune")
    with pytest.raises(AttributeError, match="has no method nothing"):
        _ = client.with_raw_response.leads.nothing
    with pytest.raises(AttributeError, match="has no resource host"):
        _ = client.with_raw_response.host
