"""A call that is run again and rolled back leaves nothing, and answers as it did."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pytest
from amounts import each
from contract import golden
from engines import settings as server_settings
from explain.world import Explained
from sqlalchemy import Connection
from support import LEADS, USERS, Answer, InProcess, attributes, exchange, new_async_key

from leadwire.access.store import FirstAccount
from leadwire.calls.query import CallQuery, condition_of
from leadwire.calls.record import CallRecord
from leadwire.crm.unit import Unit
from leadwire.recording.rerun import (
    RerunRefused,
    RerunRequest,
    edited_request,
    stored_request,
)
from leadwire.stores.sqlite import SqliteCallReader
from leadwire.wire.endpoints import ENDPOINTS
from leadwire.wire.request import Request

_SECOND_MS = 1_000


def everything(api: InProcess) -> tuple[Any, ...]:
    """All rows, files and calls, and what the process counts."""
    files = {
        path: path.read_bytes() for path in sorted((api.folder / "files").rglob("*"))
        if path.is_file()
    }  # fmt: skip
    reader = SqliteCallReader(api.folder / "calls")
    calls = len(reader.search(CallQuery(account_id=None, limit=10_000)).calls)
    reader.close()
    crm = api.app.reruns._crm
    kept = api.kept()
    del kept["secrets"]  # when keys were used last is stored now and then
    return (
        kept,
        files,
        calls,
        dict(crm._field_use._totals),
        api.app.reruns._services.access.changes,
    )


@pytest.mark.parametrize("path", each(golden.FILES, every=4), ids=lambda path: path.stem)
def test_no_operation_leaves_anything_when_rolled_back(
    path: Path, make_api: Callable[..., InProcess], keys: FirstAccount
) -> None:
    """Every golden exchange, before and after it is sent: all rows, files, calls and counts stay.

    Run before, it answers with the status that the call then has.
    """
    conversation = golden.load(path)
    api = make_api(rerun_seconds_max=30, **conversation.settings)  # on a busy machine, too
    names = golden.known(keys) | {"async_key": new_async_key(api.folder)}
    first = api.record(api.get(USERS))
    for step in conversation.exchanges:
        api.clock.advance(_SECOND_MS)
        api.run(api.app.workers.later.settled())
        before = everything(api)
        foretold = api.run(api.app.reruns.rolled_back(_as_edit(step, first, names)))
        assert everything(api) == before, step.name
        record = api.record(_sent(api, step, names))
        api.run(api.app.workers.later.settled())
        # Receivers are not asked, and calls of web pages depend on their headers.
        is_other = record.key_id == "web" or "Name: URL" in record.exception_message
        is_other = is_other or record.user_id != first.user_id
        if not is_other and record.outcome != "refused":
            assert foretold.status_code == record.status_code, (step.name, foretold)
        before = everything(api)
        with suppress(RerunRefused):  # its keys, a file or a marker are missing
            api.run(api.app.reruns.rolled_back(stored_request(record)))
        assert everything(api) == before, step.name


def _as_edit(step: golden.Exchange, first: CallRecord, names: dict[str, str]) -> RerunRequest:
    """The exchange as somebody writes it who runs *first* again."""
    request = golden.fill(step.request, names)
    headers = {name.lower(): value for name, value in request.get("headers", {}).items()}
    body = request.get("body", request.get("text", ""))
    is_text = isinstance(body, str)
    target, _, query = request["target"].partition("?")
    kept = "&".join(
        p for p in query.split("&") if not p.lower().startswith(("accesskey", "secretk"))
    )
    return edited_request(
        first,
        method=request["method"],
        target=f"{target}?{kept}",
        content_type=headers.get("content-type", "" if is_text else "application/json"),
        body=body if is_text else msgspec.json.encode(body).decode(),
    )


def _sent(api: InProcess, step: golden.Exchange, names: dict[str, str]) -> Answer:
    request = golden.fill(step.request, names)
    answer = api.call(
        request["method"], request["target"], request.get("body", request.get("text", "")),
        headers=request.get("headers"), keys=request.get("keys", "headers"),
    )  # fmt: skip
    is_text = answer.headers["content-type"].startswith("text/")
    golden.differences(step.body, answer.body.decode() if is_text else answer.json, names)
    return answer


CREATE = LEADS + "Lead.Create"


@pytest.fixture
def created(api: InProcess) -> CallRecord:
    """A lead that was created, and whose creation is then refused as a duplicate."""
    return api.record(api.post(CREATE, attributes({"FirstName": "A", "EmailAddress": "a@x.test"})))


def keys_of(api: InProcess) -> list[tuple[str, str]]:
    keys = api.keys
    return [("x-LSQ-AccessKey", keys.access_key), ("x-LSQ-SecretKey", keys.secret_key)]


def edit(record: CallRecord, values: dict[str, object], target: str = CREATE) -> RerunRequest:
    body = msgspec.json.encode(attributes(values)).decode()
    return edited_request(
        record, method="POST", target=target, content_type="application/json", body=body
    )


def test_writes_of_others_at_the_same_time_are_kept(api: InProcess, created: CallRecord) -> None:
    """They share the writer with what is undone, and none is lost or waits for long."""

    async def together() -> list[Any]:
        body = msgspec.json.encode
        calls = [
            exchange(
                api.app, "POST", CREATE, keys_of(api), body(attributes({"FirstName": f"N{n}"}))
            )
            for n in range(20)
        ]
        undone = [
            api.app.reruns.rolled_back(edit(created, {"FirstName": f"Undone {n}"}))
            for n in range(20)
        ]
        mixed = [call for pair in zip(calls, undone, strict=True) for call in pair]
        return await asyncio.gather(*mixed)

    answers = api.run(together())
    assert {answer.status for answer in answers[::2]} == {200}
    assert {record.status_code for record in answers[1::2]} == {200}
    names = [lead["FirstName"] for lead in api.leads()]
    assert sorted(names) == sorted(["A", *(f"N{n}" for n in range(20))])


def test_a_call_that_takes_too_long_is_stopped(
    api: InProcess, created: CallRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then others write on, and nothing was changed."""

    async def endless(request: Request) -> object:
        def work(unit: Unit) -> None:
            leads_too_many(unit.connection)

        return await request.write(work)

    monkeypatch.setitem(ENDPOINTS, "Lead.Create", endless)
    monkeypatch.setattr(api.app.reruns, "_seconds_max", 0.3)
    before, started = api.kept(), time.monotonic()
    again = api.run(api.app.reruns.rolled_back(stored_request(created)))
    assert time.monotonic() - started < 5
    assert again.status_code == 503
    assert "stopped after 0.3 s" in again.exception_message
    assert api.kept() == before
    monkeypatch.undo()
    assert api.create(FirstName="After")


def leads_too_many(connection: Connection) -> None:
    """A statement that would run for minutes, on either engine."""
    connection.exec_driver_sql(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000000000) "
        "SELECT count(*) FROM n"
    ).all()


def test_a_real_run_is_a_new_call_linked_to_the_old(api: InProcess, created: CallRecord) -> None:
    """It changes data, is recorded, counts for the plan, and is found by the old call's id."""
    wanted = edit(created, {"FirstName": "B", "EmailAddress": "b@x.test"})
    made = api.run(api.app.reruns.for_real(wanted, by_administrator=True))
    assert (made.status_code, made.rerun_of) == (200, created.call_id)
    assert api.record(made.call_id).rerun_of == created.call_id
    assert [lead["FirstName"] for lead in api.leads()] == ["A", "B"]
    found = SqliteCallReader(api.folder / "calls")
    query = CallQuery(
        account_id=created.account_id, condition=condition_of(f"rerun:{created.call_id}")
    )
    assert [call.call_id for call in found.search(query).calls] == [made.call_id]
    found.close()


def test_a_call_of_an_administrator_takes_an_administrator(
    api: InProcess, created: CallRecord
) -> None:
    """Else a developer could act with more rights than their own."""
    with pytest.raises(RerunRefused, match="Only an administrator"):
        api.run(api.app.reruns.for_real(stored_request(created), by_administrator=False))


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"truncated": True}, "whole request"),
        ({"request_body_bytes": 7}, "whole request"),
        ({"request_body": "‹redacted›", "request_body_bytes": 14}, "markers"),  # noqa: RUF001
        ({"query_string": "a=‹personal:00ff›"}, "markers"),  # noqa: RUF001
        ({"account_id": ""}, "keys were refused"),
        ({"outcome": "gap"}, "not a call"),
        ({"request_content_type": "message/http"}, "not an HTTP request"),
    ],
)
def test_what_cannot_run_again_says_why(
    created: CallRecord, changes: dict[str, Any], why: str
) -> None:
    """And what a person can do instead."""
    with pytest.raises(RerunRefused, match=why):
        stored_request(msgspec.structs.replace(created, **changes))


def test_a_user_who_left_cannot_be_acted_for(api: InProcess, created: CallRecord) -> None:
    """Whoever is not active any more could not send the call either."""
    gone = msgspec.structs.replace(created, user_id="nobody")
    with pytest.raises(RerunRefused, match="not active"):
        api.run(api.app.reruns.rolled_back(stored_request(gone)))


def test_a_repaired_request_that_is_run_rolled_back_succeeds(api: InProcess) -> None:
    """From the explanation of a duplicate to the answer that its repair would have."""
    api.create(FirstName="A", EmailAddress="a@x.test")
    values = {"FirstName": "A2", "EmailAddress": "a@x.test"}
    failed = api.post(CREATE, attributes(values))
    explained = Explained(api, server_settings(api.folder))
    repair = explained.fault(failed).repair
    explained.close()
    assert repair is not None
    request = edited_request(
        api.record(failed), method=repair.method, target=repair.target,
        content_type=dict(repair.headers)["content-type"], body=repair.body,
    )  # fmt: skip
    before = api.kept()
    assert api.run(api.app.reruns.rolled_back(request)).status_code == 200
    assert api.kept() == before
