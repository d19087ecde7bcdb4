"""The call log of the SDK: levels, sinks, and the same search as the server's log."""

import asyncio
import io
import json
import logging
from collections.abc import Callable
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from sdk.both import Driven, Made
from support import InProcess, leadwire, read_record

from leadwire import AsyncClient
from leadwire.calls.query import CallQuery
from leadwire.calls.sent import SentCall
from leadwire.sdk import CallFile, CallLog, JsonLinesSink, LoggingSink, SqliteSink, errors
from leadwire.sdk.call_log import Sink
from leadwire.stores.files.reader import FileCallReader

FAULT = {
    "Status": "Error",
    "ExceptionType": "MXDuplicateEntryException",
    "ExceptionMessage": "A Lead with same Email already exists.",
}


class Kept:
    """A sink that remembers."""

    def __init__(self) -> None:
        self.records: list[SentCall] = []
        self.closed = 0

    def write(self, record: SentCall) -> None:
        self.records.append(record)

    def close(self) -> None:
        self.closed += 1


class Broken(Kept):
    """A sink on a full disk."""

    def write(self, record: SentCall) -> None:
        raise OSError(28, f"no space left for {record.call_id}")

    def close(self) -> None:
        raise OSError(28, "no space left")


def ok(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(200, json=[])


def fault(_: httpx2.Request) -> httpx2.Response:
    return httpx2.Response(500, json=FAULT)


def test_level_integration_keeps_what_debugging_needs(make: Made) -> None:
    """Signature, URL parameters, request body, status, duration, and the body of an error."""
    kept = Kept()
    client = make.answered_by(fault, call_log=CallLog(kept))
    with pytest.raises(errors.Duplicate):
        client.leads.update("some-id", first_name="Asha")
    (record,) = kept.records
    assert (record.vantage, record.operation, record.api_type) == ("sdk", "Lead.Update", "Lead")
    assert (record.method, record.path) == ("POST", "/v2/LeadManagement.svc/Lead.Update")
    assert record.query_string == "leadId=some-id"
    assert json.loads(record.request_body) == [{"Attribute": "FirstName", "Value": "Asha"}]
    assert (record.status_code, record.outcome, record.attempt) == (500, "client_fault", 1)
    assert json.loads(record.response_body) == FAULT
    assert record.exception_message == FAULT["ExceptionMessage"]
    assert (record.host, record.started_at_ms) == ("http://leads.example.com", make.clock.now_ms())


def test_the_body_of_a_success_is_not_recorded(make: Made) -> None:
    """Its length is kept; as the API's own advice on logging has it."""
    kept = Kept()
    make.answered_by(ok, call_log=CallLog(kept)).leads.get("x")
    (record,) = kept.records
    assert (record.outcome, record.response_body, record.response_body_bytes) == ("success", "", 2)


def test_level_stable_keeps_name_status_and_error_message(make: Made) -> None:
    """Neither parameters nor bodies; switched while the program runs."""
    kept = Kept()
    log = CallLog(kept, level="stable")
    client = make.answered_by(fault, call_log=log)
    for level in ("stable", "off", "integration"):
        log.level = level
        with pytest.raises(errors.Duplicate):
            client.leads.update("some-id", first_name="Asha")
    stable, whole = kept.records
    assert (stable.operation, stable.status_code) == ("Lead.Update", 500)
    assert stable.exception_message == FAULT["ExceptionMessage"]
    assert (stable.query_string, stable.request_body, stable.response_body) == ("", "", "")
    assert (whole.query_string, log.level) == ("leadId=some-id", "integration")
    with pytest.raises(errors.Misuse):
        log.level = "loud"


def test_each_attempt_has_a_record_linked_to_the_servers(make: Made, api: InProcess) -> None:
    """By the trace of the call, and by the id under which the server recorded the attempt."""
    kept = Kept()
    client = make.in_process(api, call_log=CallLog(kept))
    lead_id = client.leads.create(first_name="Asha").id
    client.leads.get(lead_id)
    created, read = kept.records
    theirs = read_record(api.folder, created.answer_call_id)
    assert theirs is not None
    assert (theirs.operation, theirs.vantage) == ("Lead.Create", "server")
    assert (theirs.trace_id, theirs.request_body) == (created.trace_id, created.request_body)
    assert read.trace_id != created.trace_id


def test_every_attempt_of_a_retried_call_is_recorded(make: Made) -> None:
    """Three attempts, one trace, numbered; what broke has no status and says why."""
    steps: list[object] = [
        httpx2.ReadError("connection reset"),
        httpx2.Response(503, content=b"<html>down</html>"),
        httpx2.Response(200, json=[]),
    ]

    def respond(_: httpx2.Request) -> httpx2.Response:
        step = steps.pop(0)
        if isinstance(step, Exception):
            raise step
        return step

    kept = Kept()
    make.answered_by(respond, call_log=CallLog(kept)).leads.get("x")
    assert [record.attempt for record in kept.records] == [1, 2, 3]
    assert len({record.trace_id for record in kept.records}) == 1
    assert len({record.call_id for record in kept.records}) == 3
    first, second, _ = kept.records
    assert (first.status_code, first.outcome) == (0, "aborted")
    assert (first.exception_type, first.exception_message) == (
        "ConnectionLost",
        "ReadError: connection reset",
    )
    assert (second.outcome, second.response_body) == ("server_fault", "<html>down</html>")


def test_a_log_that_cannot_write_never_fails_a_call(
    make: Made, caplog: pytest.LogCaptureFixture
) -> None:
    """What is lost is counted, told once, and does not keep other sinks from theirs."""
    kept = Kept()
    log = CallLog(Broken(), kept)
    client = make.answered_by(ok, call_log=log)
    for _ in range(3):
        client.leads.get("x")
    log.close()
    assert (log.lost, len(kept.records), kept.closed) == (4, 3, 1)
    client.leads.get("x")
    assert (log.lost, len(kept.records)) == (5, 3)
    assert "could not be logged: OSError" in caplog.text


def test_the_logger_gets_one_line_per_call(make: Made, caplog: pytest.LogCaptureFixture) -> None:
    """With signature, status and error; the whole record for handlers that want it."""
    caplog.set_level(logging.INFO, logger="leadwire.calls")
    with pytest.raises(errors.Duplicate):
        make.answered_by(fault, call_log=CallLog(LoggingSink())).leads.update("x", first_name="A")
    (line,) = [record for record in caplog.records if record.name == "leadwire.calls"]
    text = line.getMessage()
    assert text.startswith("POST /v2/LeadManagement.svc/Lead.Update?leadId=x -> 500 in")
    assert "MXDuplicateEntryException: A Lead with same Email already exists." in text
    assert (line.levelname, line.call["operation"]) == ("WARNING", "Lead.Update")


def test_json_lines_are_rotated_and_the_oldest_dropped(make: Made, tmp_path: Path) -> None:
    """No line is split between two files, and all that is kept is found by the search."""
    path = tmp_path / "logs" / "calls.jsonl"
    sink = JsonLinesSink(path, file_bytes_max=2_000, files_kept=2)
    log = CallLog(sink)
    client = make.answered_by(ok, call_log=log)
    for number in range(12):
        client.leads.get(f"lead-{number}")
    log.close()
    files = sorted(file.name for file in path.parent.iterdir())
    assert files == ["calls.jsonl", "calls.jsonl.1", "calls.jsonl.2"]
    assert all(file.stat().st_size <= 2_000 for file in path.parent.iterdir())
    assert path.stat().st_mode & 0o077 == 0
    found = FileCallReader(path).search(CallQuery(account_id=None))
    ids = [record.query_string.removeprefix("id=lead-") for record in found.calls]
    assert ids == [str(number) for number in range(11, 11 - len(ids), -1)]
    assert len(ids) >= 6
    assert found.damaged == ()


def test_a_line_truncated_by_a_kill_damages_no_other(make: Made, tmp_path: Path) -> None:
    """The next writer begins a line of its own, and the reader says what it could not read."""
    path = tmp_path / "calls.jsonl"
    for number in range(2):
        make.clock.advance(1)
        log = CallLog(JsonLinesSink(path))
        make.answered_by(ok, call_log=log).leads.get(f"lead-{number}")
        log.close()
        with path.open("ab") as file:
            file.write(b'{"call_id":"0199')
    page = FileCallReader(path).search(CallQuery(account_id=None))
    assert [record.query_string for record in page.calls] == ["id=lead-1", "id=lead-0"]
    assert len(page.damaged) == 2


SINKS: dict[str, Callable[[Path], Sink]] = {
    "calls.jsonl": JsonLinesSink,
    "calls.sqlite": SqliteSink,
}


@pytest.mark.parametrize("name", SINKS)
def test_the_command_line_searches_a_programs_log(make: Made, tmp_path: Path, name: str) -> None:
    """The same language and the same fields as for the server's log; and by either call id."""
    path = tmp_path / name
    log = CallLog(SINKS[name](path))
    client = make.answered_by(
        lambda request: httpx2.Response(
            500 if b"Asha" in request.content else 200,
            json=FAULT if b"Asha" in request.content else {"Status": "Success", "Message": {}},
            headers={"X-Leadwire-Call-Id": "server-1"},
        ),
        call_log=log,
    )
    client.leads.create(first_name="Ravi")
    with pytest.raises(errors.Duplicate):
        client.leads.create(first_name="Asha")
    log.close()
    source = ("--file", str(path))
    found = leadwire("calls", "search", *source, "--q", "asha status:5xx", "--json")
    (call,) = json.loads(found.stdout)["calls"]
    assert (call["operation"], call["vantage"], call["attempt"]) == ("Lead.Create", "sdk", 1)
    assert call["answer_call_id"] == "server-1"
    heading, *rows = leadwire("calls", "search", *source).stdout.splitlines()
    assert heading.startswith("Time (UTC)")
    assert len(rows) == 2
    shown = leadwire("calls", "show", call["call_id"], *source).stdout
    assert "MXDuplicateEntryException" in shown
    assert "server-1" in shown
    assert leadwire("calls", "show", "server-1", *source).exit_code == 0
    assert "2 calls" in leadwire("calls", "stats", *source).stdout
    exported = leadwire("calls", "export", "--format", "jsonl", *source).stdout.splitlines()
    assert len(exported) == 2
    folder = leadwire("calls", "search", "--file", str(tmp_path), "--status", "error")
    assert len(folder.stdout.splitlines()) == 2  # with the heading
    nothing = leadwire("calls", "search", "--file", str(tmp_path / "none.jsonl"))
    assert nothing.exit_code == 1


def test_pages_of_a_log_visit_every_row_once(make: Made, tmp_path: Path) -> None:
    """Newest first, by cursor."""
    path = tmp_path / "calls.jsonl"
    log = CallLog(JsonLinesSink(path))
    client = make.answered_by(ok, call_log=log)
    for number in range(7):
        make.clock.advance(1)
        client.leads.get(str(number))
    log.close()
    reader = FileCallReader(path)
    query = CallQuery(account_id=None, limit=3)
    seen = []
    while True:
        page = reader.search(query)
        seen += [record.query_string for record in page.calls]
        if not page.next:
            break
        query = msgspec.structs.replace(query, cursor=page.next)
    assert seen == [f"id={number}" for number in range(6, -1, -1)]


def test_records_past_retention_leave_the_table(make: Made, tmp_path: Path) -> None:
    """When a program starts, and now and then."""
    path = tmp_path / "calls.sqlite"
    for _ in range(2):
        log = CallLog(SqliteSink(path, retention_days=1))
        make.answered_by(ok, call_log=log).leads.get("x")
        log.close()
        make.clock.advance(2 * 86_400_000)
    assert len(FileCallReader(path).search(CallQuery(account_id=None)).calls) == 1


def test_the_environment_switches_the_log(
    make: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """LEADWIRE_LOG: a level, and perhaps a file; of a program that says nothing itself."""
    path = tmp_path / "calls.jsonl"
    monkeypatch.setenv("LEADWIRE_LOG", f"stable:{path}")
    make.answered_by(ok).leads.get("x")
    (record,) = FileCallReader(path).search(CallQuery(account_id=None)).calls
    assert (record.operation, record.query_string) == ("Leads.GetById", "")
    assert CallLog(Kept()).level == "stable"
    assert CallLog(Kept(), level="integration").level == "integration"
    monkeypatch.setenv("LEADWIRE_LOG", "integration")
    caplog.set_level(logging.INFO, logger="leadwire.calls")
    make.answered_by(ok).leads.get("y")
    assert "id=y" in caplog.text
    for wrong in ("loud", f"stable:{tmp_path}/calls.txt"):
        monkeypatch.setenv("LEADWIRE_LOG", wrong)
        with pytest.raises(errors.Misuse, match="LEADWIRE_LOG"):
            make.answered_by(ok)


def test_a_cancelled_call_is_recorded(make: Made) -> None:
    """Interrupted or cancelled while it is under way: a record, and the exception passes."""
    kept = Kept()
    started = asyncio.Event()

    def interrupt(_: httpx2.Request) -> httpx2.Response:
        raise KeyboardInterrupt

    async def hang(_: httpx2.Request) -> httpx2.Response:
        started.set()
        await asyncio.Event().wait()
        raise AssertionError

    async def cancelled(client: AsyncClient) -> None:
        task = asyncio.create_task(client.leads.get("x"))
        await started.wait()
        task.cancel()
        await task

    if make.kind == "blocking":
        client = make.answered_by(interrupt, call_log=CallLog(kept))
        with pytest.raises(KeyboardInterrupt):
            client.leads.get("x")
    else:
        client = make.answered_by(hang, call_log=CallLog(kept))
        with pytest.raises(CancelledError):
            make.loop.run(cancelled(client.target))
    assert [record.outcome for record in kept.records] == ["aborted"]
    assert kept.records[0].exception_message == "cancelled by the caller"


def test_one_log_serves_many_clients(make: Made, client: Driven) -> None:
    """Closing a client leaves it open."""
    kept = Kept()
    log = CallLog(kept)
    for _ in range(2):
        one = make.answered_by(ok, call_log=log)
        one.leads.get("x")
        one.close()
    assert (len(kept.records), kept.closed) == (2, 0)
    assert client.leads.get("x") is None


def test_a_log_closes_with_its_block_and_describes_itself() -> None:
    """Sinks, level and losses; what its records hold is not shown."""
    kept = Kept()
    with CallLog(kept, level="stable") as log:
        assert repr(log) == "CallLog(Kept, level='stable', lost=0)"
    assert kept.closed == 1


def test_the_repr_of_clients_and_resources_names_the_host(make: Made) -> None:
    """By the host, without keys."""
    client = make.answered_by(ok)
    name = type(client.target).__name__
    assert repr(client.leads.target).endswith(f"Leads(of {name}(http://leads.example.com))")


def test_what_is_no_sink_is_refused(tmp_path: Path) -> None:
    """Each record would be lost, and only ``lost`` would say so."""
    for make_log, said in [
        (lambda: CallLog("calls.jsonl"), "A sink must be an object with write and close"),  # type: ignore[arg-type]
        (lambda: CallLog(JsonLinesSink), "not the class JsonLinesSink"),  # type: ignore[arg-type]
        (lambda: JsonLinesSink(3), "path must be text or a Path"),  # type: ignore[arg-type]
        (lambda: JsonLinesSink(tmp_path), "path is a folder"),
        (lambda: SqliteSink(""), "path is a folder"),
        (lambda: SqliteSink(tmp_path / "x", retention_days="1"), "retention_days must be a whole"),  # type: ignore[arg-type]
        (lambda: LoggingSink(3), "logger must be a logger of logging"),  # type: ignore[arg-type]
        (lambda: CallFile(3), "path must be text or a Path"),  # type: ignore[arg-type]
    ]:
        with pytest.raises(errors.Misuse, match=said):
            make_log()


def test_an_unknown_level_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also the environment's: who misspelt stable did not ask for bodies."""
    with pytest.raises(errors.Misuse, match="Invalid level"):
        CallLog(Kept(), level="loud")  # type: ignore[arg-type]
    monkeypatch.setenv("LEADWIRE_LOG", "stabel")
    with pytest.raises(errors.Misuse, match="LEADWIRE_LOG"):
        CallLog(Kept())
    assert CallLog(Kept(), level="off").level == "off"


@pytest.mark.parametrize("sink", [JsonLinesSink, SqliteSink])
def test_an_unwritable_log_file_fails_no_call(
    make: Made, tmp_path: Path, sink: Callable[[Path], Sink]
) -> None:
    """Its records are counted; and are kept again when the file can be written."""
    folder = tmp_path / "logs"
    folder.write_text("in the way")
    log = CallLog(sink(folder / "calls.jsonl"))
    client = make.answered_by(ok, call_log=log)
    client.leads.get("x")
    client.leads.get("y")
    assert log.lost == 2
    folder.unlink()
    client.leads.get("z")
    log.close()
    assert log.lost == 2
    assert (folder / "calls.jsonl").stat().st_size


class HalfFull(io.FileIO):
    """A disk that had room for the half of one line, and has room again."""

    was_full = False

    def write(self, data: Any) -> int:
        half, self.was_full = not self.was_full, True
        return super().write(data[: len(data) // 2] if half else data)


def test_a_partly_written_record_damages_no_other(
    make: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is counted as lost, and nothing of it is left in the file."""
    path = tmp_path / "calls.jsonl"
    monkeypatch.setattr(
        "leadwire.sdk.sinks.open", lambda path, mode, **_: HalfFull(path, mode), raising=False
    )
    log = CallLog(JsonLinesSink(path))
    client = make.answered_by(ok, call_log=log)
    client.leads.get("x")
    client.leads.get("y")
    log.close()
    page = FileCallReader(path).search(CallQuery(account_id=None))
    assert ([record.query_string for record in page.calls], log.lost) == (["id=y"], 1)
    assert page.damaged == ()


def test_a_long_body_is_cut_and_says_so(make: Made) -> None:
    """After redaction; and an answer that is left out is not called cut."""
    kept = Kept()
    long = "y" * 10_000_000

    def respond(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(200, json=[long])

    client = make.answered_by(respond, call_log=CallLog(kept))
    client.raw("POST", "/v2/Any.svc/Thing", body={"Password": "hunter2", "note": long})
    client.raw("GET", "/v2/Any.svc/Thing")
    sent, read = kept.records
    assert (len(sent.request_body.encode()) <= 1_048_576, sent.truncated) == (True, True)
    assert sent.request_body_bytes > 10_000_000
    assert "hunter2" not in sent.request_body
    assert (read.response_body, read.response_body_bytes > 10_000_000) == ("", True)
    assert not read.truncated


def test_no_third_party_secret_is_logged(make: Made) -> None:
    """Passwords, tokens in addresses, headers of a webhook: in bodies and in parameters."""
    kept = Kept()
    client = make.answered_by(
        lambda _: httpx2.Response(200, json={"Status": "Success", "Message": {"Id": "x"}}),
        call_log=CallLog(kept, LoggingSink()),
    )
    fields = {"email_address": "a@b.example", "password": "planted-1", "first_name": "A"}
    client.users.create(**fields)
    client.webhooks.create(
        url="https://user:planted-2@h.example/hook?token=planted-3&a=1",
        event=3,
        headers={"x-mine": "planted-4"},
    )
    client.raw("GET", "/v2/Any.svc/Thing", query={"password": "planted-5"})
    text = msgspec.json.encode(kept.records).decode()
    assert "planted" not in text
    assert "h.example/hook" in text
    assert all(record.redacted for record in kept.records)
