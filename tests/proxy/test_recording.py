"""The records of proxied calls: what is in them, what never is, and when they cannot be kept."""

import asyncio
import gzip
import threading
from pathlib import Path

import msgspec
import pytest
import zstandard
from proxy.calls import (
    ACCESS_KEY,
    ACCOUNT,
    HELD_BYTES_MAX,
    PAIR,
    SECRET_KEY,
    UPSTREAM,
    Passed,
    Proxied,
    answer_head,
    closed,
)

from leadwire.calls.record import CallRecord
from leadwire.proxy.opened_notes import NOTES_NAME, OpenedNotes
from leadwire.proxy.watching import Ending, Refusal, Timings

ENVELOPE = b'{"Status":"Error","ExceptionType":"%b","ExceptionMessage":"%b"}'


def run_one(folder: Path, call: Passed) -> CallRecord:
    async def run() -> CallRecord:
        proxied = Proxied(folder)
        try:
            return await proxied.pass_on(call)
        finally:
            await proxied.close()

    return asyncio.run(run())


def test_a_record_says_what_passed_and_how_far_it_came(tmp_path: Path) -> None:
    """The fields of any call, and those that only a proxy knows."""
    call = Passed(
        target="/v2/LeadManagement.svc/Lead.Create?x=1",
        headers=[*PAIR, ("Content-Type", "application/json"), ("User-Agent", "crm-sync/1")],
        body=b'[{"Attribute":"FirstName","Value":"Asha"}]',
        answer_headers=[
            ("Content-Type", "application/json"),
            ("X-Leadwire-Call-Id", "01a20983-0000-7000-8000-000000000001"),
        ],
        ending=Ending(
            "answered",
            reused_connection=True,
            client_gone_after_ms=5_000.0,
            timings=Timings(sent=0.41, first_byte=20.0, end=21.55),
        ),
    )
    record = run_one(tmp_path, call)
    assert (record.vantage, record.account_id, record.upstream) == ("proxy", ACCOUNT, UPSTREAM)
    assert (record.stage, record.outcome, record.status_code) == ("answered", "success", 200)
    assert record.timings == "sent=0.4 first_byte=20.0 end=21.6 client_gone=5000.0 reused=1"
    assert (record.operation, record.api_type) == ("Lead.Create", "Lead")
    assert (record.path, record.query_string) == ("/v2/LeadManagement.svc/Lead.Create", "x=1")
    assert record.request_body == call.body.decode()
    assert record.response_body == call.answer.decode()
    assert record.answer_call_id == "01a20983-0000-7000-8000-000000000001"
    assert record.client_address == "10.0.0.7"
    assert record.key_id.startswith("caller:")
    assert (record.truncated, record.body_notes, record.redacted) == (False, "", 0)


def test_every_ending_has_its_outcome(tmp_path: Path) -> None:
    """Who caused the result, for each stage that a call can end in."""
    mx = ENVELOPE % (b"MXDuplicateEntryException", b"twice")
    own = ENVELOPE % (b"UpstreamUnreachableException", b"no")
    gone = 5.0
    cases = {
        "error": (Passed(status=500, answer=mx), "client_fault", "MXDuplicateEntryException"),
        "fault": (Passed(status=503, answer=b"<html>"), "server_fault", ""),
        "rate": (Passed(status=429, answer=b""), "refused", ""),
        "unreachable": (
            Passed(status=502, answer=own, ending=Ending("never_sent", 502, "no route")),
            "server_fault",
            "UpstreamUnreachableException",
        ),
        "left before": (
            Passed(status=0, ending=Ending("never_sent", client_gone_after_ms=gone)),
            "aborted",
            "NeverSentException",
        ),
        "reset": (
            Passed(status=0, ending=Ending("sent_unanswered", reason="closed")),
            "aborted",
            "NotAnsweredException",
        ),
        "timeout": (
            Passed(status=504, answer=b"", ending=Ending("sent_unanswered", 504, "late")),
            "server_fault",
            "NotAnsweredException",
        ),
        "cut": (
            Passed(answer=b'{"a', ending=Ending("answer_cut", reason="cut")),
            "server_fault",
            "AnswerCutException",
        ),
        "left within": (
            Passed(answer=b'{"a', ending=Ending("answer_cut", client_gone_after_ms=gone)),
            "aborted",
            "AnswerCutException",
        ),
        "paced": (
            Passed(status=429, answer=b"", ending=Ending("paced_out", 429, "waited")),
            "refused",
            "PacedOutException",
        ),
    }

    async def run() -> None:
        proxied = Proxied(tmp_path)
        for name, (call, outcome, exception_type) in cases.items():
            record = await proxied.pass_on(call)
            assert (record.outcome, record.exception_type) == (outcome, exception_type), name
            assert record.stage == call.ending.stage, name
            assert record.account_id == ACCOUNT, name
        await proxied.close()

    asyncio.run(run())


def test_an_answer_that_is_not_http_is_kept_as_far_as_it_came(tmp_path: Path) -> None:
    """So that a person sees what answered."""
    ending = Ending("not_understood", 502, "no HTTP", first_bytes=b"SSH-2.0-OpenSSH_9.2\r\n")
    record = run_one(tmp_path, Passed(status=502, answer=b"", ending=ending))
    assert record.response_body == "SSH-2.0-OpenSSH_9.2\r\n"
    assert "first bytes" in record.body_notes


def test_a_body_that_was_not_sent_whole_is_said_to_be(tmp_path: Path) -> None:
    """The upstream may answer before it has read everything."""
    for body in (b"", b"the first half"):
        record = run_one(tmp_path, Passed(body=body, ending=Ending("answered")))
        assert record.truncated
        assert record.body_notes == "request: not all of it was sent"


def test_bytes_that_are_no_request_are_recorded_without_their_keys(tmp_path: Path) -> None:
    """A refused call has what could be recognised of it."""

    async def run() -> CallRecord:
        proxied = Proxied(tmp_path)
        watch = proxied.recording.begin("10.0.0.7")
        assert not isinstance(watch, Refusal)
        first = f"POST /v2/x?secretKey={SECRET_KEY} HTTP/1.1\r\nContent-Length: 1\r\n"
        first += f"Content-Length: 2\r\nx-LSQ-AccessKey: {ACCESS_KEY}\r\n\r\n"
        ending = Ending("refused", 400, "two lengths", first_bytes=first.encode())
        await closed(watch, ending)
        record = proxied.disk.reader.get(watch.call_id)
        await proxied.close()
        assert record is not None
        return record

    record = asyncio.run(run())
    assert (record.status_code, record.outcome, record.account_id) == (400, "refused", "")
    assert record.refusal_reason == "two lengths"
    assert "Content-Length: 2" in record.request_body
    assert_no_key(tmp_path)


def test_bodies_are_decoded_for_the_record_and_the_rest_is_said(tmp_path: Path) -> None:
    """Searchable text, with the sizes that travelled."""
    sent, answered = b'{"a":"' + b"x" * 500 + b'"}', b'{"Status":"Success"}'
    call = Passed(
        headers=[*PAIR, ("Content-Encoding", "gzip"), ("Content-Type", "application/json")],
        body=gzip.compress(sent),
        answer_headers=[("Content-Encoding", "zstd")],
        answer=zstandard.ZstdCompressor().compress(answered),
    )
    record = run_one(tmp_path, call)
    assert record.request_body == sent.decode()
    assert record.request_body_bytes == len(call.body)
    assert record.response_body == answered.decode()
    assert record.response_body_bytes == len(call.answer)
    assert record.body_notes == "request: gzip | answer: zstd"


def test_no_key_reaches_the_disk_wherever_a_caller_puts_it(tmp_path: Path) -> None:
    """Query, headers in every spelling, path, bodies of any encoding, and what answers echo."""
    both = f"{ACCESS_KEY} and {SECRET_KEY}"
    html = f"<html><body>Invalid: accessKey={ACCESS_KEY}&secretKey={SECRET_KEY}</body></html>"
    json = msgspec.json.encode({"AccessKey": ACCESS_KEY, "SecretKey": SECRET_KEY, "note": both})
    pair_in_query = f"?accessKey={ACCESS_KEY}&SecretKey={SECRET_KEY}"
    calls = [
        Passed(target=f"/v2/x.svc/y{pair_in_query}", headers=[], answer=html.encode()),
        Passed(target=f"http://h/v2/x{pair_in_query.replace('accessKey', 'access%4Bey')}"),
        Passed(headers=[("X-LSQ-Access-Key", ACCESS_KEY), ("x-lsq-secret-key", SECRET_KEY)]),
        Passed(headers=[("x-api-key", SECRET_KEY), ("Authorization", f"Basic {SECRET_KEY}")]),
        Passed(headers=[*PAIR, ("Cookie", f"s={SECRET_KEY}"), ("X-Note", both)]),
        Passed(target=f"/v2/{ACCESS_KEY}/{SECRET_KEY}", body=json),
        Passed(headers=[("Content-Encoding", "gzip")], body=gzip.compress(json)),
        Passed(headers=[("Content-Type", "text/html; charset=utf-16")], body=both.encode("utf-16")),
        Passed(headers=[("Content-Type", "multipart/form-data; boundary=x")], body=json),
        Passed(body=json, headers=[*PAIR, ("Content-Encoding", "unheard-of")]),
        Passed(
            status=302,
            answer_headers=[
                ("Location", f"https://other.example/{pair_in_query}"),
                ("Set-Cookie", f"token={SECRET_KEY}"),
                ("WWW-Authenticate", f"Basic {SECRET_KEY}"),
            ],
            answer=zstandard.ZstdCompressor().compress(html.encode()),
        ),
        Passed(status=500, answer_headers=[("Content-Encoding", "gzip")],
               answer=gzip.compress(html.encode())),
        # The secret of another caller, who was seen before.
        Passed(headers=[("x-LSQ-AccessKey", "u$r1"), ("x-LSQ-SecretKey", "s")], body=both.encode()),
        # Cut in the middle of the secret.
        Passed(body=b"x," * 9_990 + SECRET_KEY.encode()),
        Passed(
            status=502,
            answer=b"",
            ending=Ending("not_understood", 502, "no HTTP", first_bytes=html.encode()),
        ),
    ]  # fmt: skip

    async def run() -> None:
        proxied = Proxied(tmp_path)
        for call in calls:
            watch = proxied.begin(call)
            assert_no_key(tmp_path)  # in the note that it left
            record = await proxied.end(watch, call)
            text = msgspec.json.encode(record).decode()
            assert ACCESS_KEY not in text, call
            assert SECRET_KEY[:20] not in text, call
        await proxied.close()

    asyncio.run(run())
    assert_no_key(tmp_path)


def assert_no_key(folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert ACCESS_KEY.encode() not in content, path
            assert SECRET_KEY[:20].encode() not in content, path


def test_refused_keys_are_a_call_of_no_account_and_cannot_fill_the_log(tmp_path: Path) -> None:
    """A 401 of the upstream: kept short, and beyond a bound per address counted, not recorded."""

    async def run() -> None:
        proxied = Proxied(tmp_path, refused_per_address=3)
        for number in range(8):
            headers = [("x-LSQ-AccessKey", f"u$rinvented{number}"), *PAIR[1:]]
            watch = proxied.begin(Passed(headers=headers, body=b"word " * 1_000))
            watch.answer_head(answer_head(401, []))
            await closed(watch, Ending("answered"))
        refused = ENVELOPE % (b"MXInvalidAccessDetailsException", b"no")
        other = await proxied.pass_on(Passed(status=500, answer=refused), peer="10.0.0.9")
        assert (other.account_id, other.key_id[:8]) == ("", "unknown:")
        assert other.outcome == "refused"
        await proxied.pass_on(Passed(), peer="10.0.0.8")
        await proxied.close()
        assert (proxied.metrics.only_counted, proxied.metrics.in_gaps) == (5, 5)

    asyncio.run(run())
    records = records_of(tmp_path)
    refused = [record for record in records if record.status_code == 401]
    assert len(refused) == 3
    for record in refused:
        assert (record.account_id, record.outcome) == ("", "refused")
        assert record.key_id.startswith("unknown:")
        assert len(record.request_body) <= 200
        assert record.truncated
    (gap,) = [record for record in records if record.outcome == "gap"]
    assert gap.exception_message.startswith("5 call(s)")
    assert [record.account_id for record in records if record.status_code == 200] == [ACCOUNT]


def records_of(folder: Path) -> list[CallRecord]:
    async def run() -> list[CallRecord]:
        proxied = Proxied(folder)
        found = proxied.records()
        await proxied.close()
        return found

    return asyncio.run(run())


def test_callers_are_told_apart_and_their_keys_cannot_be_guessed_from_it(tmp_path: Path) -> None:
    """One fingerprint for one access key."""

    async def run() -> None:
        proxied = Proxied(tmp_path)
        first, again = await proxied.pass_on(Passed()), await proxied.pass_on(Passed())
        other = await proxied.pass_on(Passed(headers=[("x-LSQ-AccessKey", "u$rother")]))
        none = await proxied.pass_on(Passed(headers=[]))
        assert first.key_id == again.key_id != other.key_id
        assert none.key_id == ""
        await proxied.close()

    asyncio.run(run())


def test_large_bodies_are_redacted_beside_the_loop_and_small_ones_on_it(tmp_path: Path) -> None:
    """A large body must not stop the other calls."""

    async def run() -> None:
        proxied = Proxied(tmp_path)
        threads: list[str] = []
        plain = proxied.recording._rule.redaction.clean

        def clean(*args: object, **kwargs: object) -> object:
            threads.append(threading.current_thread().name)
            return plain(*args, **kwargs)  # type: ignore[arg-type]

        proxied.recording._rule.redaction.clean = clean  # type: ignore[assignment, method-assign]
        await proxied.pass_on(Passed(body=b"word " * 10))
        small, threads[:] = set(threads), []
        assert small == {threading.current_thread().name}
        packed = gzip.compress(b"word " * 4_000)
        encoded = [*PAIR, ("Content-Encoding", "gzip")]
        for large in (Passed(body=b"word " * 4_000), Passed(headers=encoded, body=packed)):
            await proxied.pass_on(large)
            assert threads[-1].startswith("leadwire-redaction")
        await proxied.close()

    asyncio.run(run())


def test_memory_is_bounded_for_each_body_and_for_all_together(tmp_path: Path) -> None:
    """What is over a bound is counted, and the record says so."""

    async def run() -> None:
        proxied = Proxied(tmp_path)
        call = Passed(body=b"word " * 10_000)
        open_calls = [proxied.begin(call) for _ in range(14)]
        assert proxied.memory.held == HELD_BYTES_MAX
        assert proxied.bounds
        records = [await proxied.end(watch, call) for watch in open_calls]
        assert proxied.memory.held == 0
        assert {record.request_body_bytes for record in records} == {50_000}
        assert len(records[0].request_body) == 20_000
        assert records[0].truncated
        assert records[-1].request_body == ""
        assert "the first 0 of 50,000 bytes" in records[-1].body_notes
        await proxied.close()

    asyncio.run(run())


def test_a_call_that_had_left_is_in_the_log_after_the_proxy_ended(tmp_path: Path) -> None:
    """Without a record it becomes one; with a record, or refused before it left, it does not."""

    async def die() -> tuple[str, str]:
        proxied = Proxied(tmp_path)
        unanswered = proxied.begin(Passed(target="/v2/LeadManagement.svc/Lead.Create?a=b"))
        answered = proxied.begin(Passed())
        proxied.begin(Passed(ending=Ending("never_sent")))
        # Killed between the record and the removal of its note.
        proxied.notes.clear = lambda _slot: None  # type: ignore[assignment, misc, method-assign]
        await proxied.end(answered, Passed())
        await asyncio.to_thread(proxied.disk.close)
        return unanswered.call_id, answered.call_id

    async def start() -> tuple[int, list[CallRecord]]:
        proxied = Proxied(tmp_path)
        found = await proxied.recording.recover()
        records = proxied.records()
        assert proxied.notes.count == 0
        await proxied.close()
        return found, records

    unanswered, answered = asyncio.run(die())
    found, records = asyncio.run(start())
    assert found == 1
    assert {record.call_id for record in records} == {unanswered, answered}
    (record,) = [record for record in records if record.call_id == unanswered]
    assert (record.stage, record.outcome, record.status_code) == ("sent_unanswered", "aborted", 0)
    assert (record.operation, record.account_id) == ("Lead.Create", ACCOUNT)
    assert "may have been carried out" in record.exception_message
    assert asyncio.run(start()) == (0, records)


def test_notes_stay_until_their_calls_are_recorded(tmp_path: Path) -> None:
    """A start that cannot write keeps them for the next; damaged notes are passed over."""

    async def run() -> None:
        first = Proxied(tmp_path)
        for _ in range(3):
            first.begin(Passed())
        await asyncio.to_thread(first.disk.close)
        with (tmp_path / NOTES_NAME).open("r+b") as file:
            file.seek(1_024 + 20)
            file.write(b"\xff\xff")
        second = Proxied(tmp_path)
        assert len(second.notes.left) == 2
        second.disk.full = True
        assert await second.recording.recover() == 0
        await second.close()
        third = Proxied(tmp_path)
        assert await third.recording.recover() == 2
        await third.close()

    asyncio.run(run())


def test_a_note_takes_one_slot_however_long_its_path_is(tmp_path: Path) -> None:
    """A longer path is cut: a note is always found again."""

    async def run() -> None:
        proxied = Proxied(tmp_path)
        for target in ("/" + "a" * 5_000, "/" + "%F0%9F%98%80" * 900, "/" + "\U0001f600" * 900):
            watch = proxied.begin(Passed(target=target))
            (note,) = OpenedNotes(tmp_path).left
            assert note.call.call_id == watch.call_id
            assert note.call.path.startswith(target[:100])
            await proxied.end(watch, Passed())
        await proxied.close()

    asyncio.run(run())


@pytest.mark.parametrize("policy", ["degrade", "require"])
def test_a_full_disk_never_takes_an_answer_away(tmp_path: Path, policy: str) -> None:
    """``require`` refuses the next call before it is sent; what came back is handed over."""

    async def run() -> None:
        proxied = Proxied(tmp_path, policy=policy)  # type: ignore[arg-type]
        watch = proxied.begin(Passed())
        proxied.disk.full = True
        watch.answer_head(answer_head(200, []))
        await closed(watch, Ending("answered"))  # returns: the answer leaves
        assert proxied.metrics.gaps.calls == 1
        found = proxied.recording.begin("10.0.0.7")
        if policy == "degrade":
            assert not isinstance(found, Refusal)
            await closed(found, Ending("never_sent"))
        else:
            assert isinstance(found, Refusal)
            assert found.status == 503
            assert "was not sent" in found.message
            assert proxied.metrics.in_gaps == 2
        proxied.disk.full = False
        proxied.clock.advance(1_000)
        proxied.recording.begin("10.0.0.7")
        await asyncio.sleep(0)
        await proxied.metrics.gaps.close()
        assert not isinstance(proxied.recording.begin("10.0.0.7"), Refusal)
        await proxied.recording.record_counted()
        gaps = proxied.records()
        assert {gap.outcome for gap in gaps} == {"gap"}
        assert any("not sent" in gap.exception_message for gap in gaps) is (policy == "require")
        await proxied.close()

    asyncio.run(run())


def test_require_refuses_calls_while_there_is_little_free_space(tmp_path: Path) -> None:
    """Before anything is sent, and only until there is room again."""

    async def run() -> None:
        proxied = Proxied(tmp_path, policy="require")
        proxied.free_bytes = 499
        refused = proxied.recording.begin("10.0.0.7")
        assert isinstance(refused, Refusal)
        assert "free space" in refused.message
        proxied.free_bytes = 501
        assert isinstance(proxied.recording.begin("10.0.0.7"), Refusal)  # measured once a second
        proxied.clock.advance(1_000)
        assert not isinstance(proxied.recording.begin("10.0.0.7"), Refusal)
        await proxied.close()

    asyncio.run(run())


def test_a_record_that_cannot_be_made_is_counted(tmp_path: Path) -> None:
    """A fault of ours neither stops the answer nor hides the call."""

    async def run() -> None:
        proxied = Proxied(tmp_path)
        watch = proxied.begin(Passed())

        def fail(*_args: object, **_kwargs: object) -> object:
            raise ValueError(SECRET_KEY)

        proxied.recording._rule.redaction.clean = fail  # type: ignore[assignment, method-assign]
        await closed(watch, Ending("answered"))
        assert proxied.metrics.gaps.calls == 1
        assert proxied.notes.count == 0
        await proxied.close()

    asyncio.run(run())
