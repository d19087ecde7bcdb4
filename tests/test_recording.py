"""Every call that was answered is in the log: what is recorded, and what happens when it cannot."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import (
    ACTIVITIES,
    LEADS,
    NOW_MS,
    USERS,
    Answer,
    FullDisk,
    InProcess,
    StandingClock,
    assert_fault,
    attributes,
    leadwire,
    new_async_key,
    read_record,
    scope_of,
)

from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.operations import CATALOGUE, Operation
from leadwire.stores.sqlite import SqliteCallReader, SqliteCallStore
from leadwire.wire.endpoints import ENDPOINTS
from leadwire.wire.request import Request

CREATE = LEADS + "Lead.Create"
GENERIC = "There was an error processing the request. Please contact administrator."
SECRET_OF_THE_SERVER = "what only the operator may read"  # noqa: S105  # a marker
_KILLS = 20
_CLIENTS = 3


def test_a_record_holds_what_was_asked_and_what_was_answered(api: InProcess) -> None:
    """Who, when, what, how it went: the fields by which a call is found and explained."""
    headers = {
        "User-Agent": "tests/1",
        "Content-Type": "application/json; charset=utf-8",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    }
    body = json.dumps(attributes({"FirstName": "Asha"}))
    answer = api.call(
        "POST", "/v2/leadmanagement.svc/lead.create?a=1&B=x%20y", body, headers=headers
    )
    record = api.record(answer)
    assert answer.status == 200
    assert record.call_id == answer.call_id
    assert record.started_at_ms == NOW_MS
    assert record.vantage == "server"
    assert record.account_id == api.keys.account_id
    assert record.user_id == api.keys.user_id
    assert record.key_id.startswith("key_")
    assert (record.api_type, record.operation) == ("Lead", "Lead.Create")
    assert (record.method, record.path) == ("POST", "/v2/leadmanagement.svc/lead.create")
    assert record.query_string == "a=1&B=x%20y"
    assert record.request_content_type == headers["Content-Type"]
    assert (record.request_body, record.request_body_bytes) == (body, len(body))
    assert (record.status_code, record.outcome) == (200, "success")
    assert (record.exception_type, record.exception_message) == ("", "")
    assert record.response_body.encode() == answer.body
    assert record.response_body_bytes == len(answer.body)
    assert (record.truncated, record.redacted) == (False, 0)
    assert record.client_address == "192.0.2.7"
    assert record.user_agent == "tests/1"
    assert record.trace_id == "4bf92f3577b34da6a3ce929d0e0e4736"
    assert (record.refusal_reason, record.traceback) == ("", "")


def test_calls_are_numbered_without_a_gap(api: InProcess) -> None:
    """In the order in which they were recorded."""
    answers = [api.get(USERS) for _ in range(5)]
    assert [api.record(answer).sequence for answer in answers] == [1, 2, 3, 4, 5]


def test_ids_of_calls_are_distinct_and_sorted(api: InProcess) -> None:
    """UUIDv7: as text they sort by the time of the call."""
    ids = [api.get(USERS).call_id for _ in range(50)]
    assert ids == sorted(set(ids))


_FAULTS: dict[str, Callable[[InProcess], Answer]] = {
    "400 JsonReaderException": lambda api: api.post(CREATE, "x"),
    "400 JsonSerializationException": lambda api: api.post(CREATE, {}),
    "400 UnsupportedContentTypeException": lambda api: api.call(
        "POST", CREATE, "x", headers={"Content-Type": "text/plain"}
    ),
    "404 ApiNotFoundException": lambda api: api.get("/v2/Nothing.svc/At.All"),
    "405 MethodNotAllowedException": lambda api: api.get(CREATE),
    "413 RequestTooLargeException": lambda api: api.post(CREATE, "x" * 3000),
    "500 MXMandatoryAttributeMissingException": lambda api: api.post(CREATE, []),
    "500 MXInvalidEntityReferenceException": lambda api: api.post(
        ACTIVITIES + "Create", {"RelatedProspectId": "x", "ActivityEvent": 200}
    ),
}


@pytest.mark.parametrize("fault", _FAULTS)
def test_a_fault_is_recorded_with_its_type_and_message(
    make_api: Callable[..., InProcess], fault: str
) -> None:
    """As the caller got it, with the caller's account, and as the caller's own doing."""
    api = make_api(request_body_bytes_max=1024)
    status, exception_type = fault.split()
    answer = _FAULTS[fault](api)
    record = api.record(answer)
    assert_fault(answer, int(status), exception_type)
    assert (record.status_code, record.outcome) == (int(status), "client_fault")
    assert (record.exception_type, record.exception_message) == (exception_type, answer.message)
    assert record.account_id == api.keys.account_id
    assert record.response_body.encode() == answer.body


def test_a_call_over_the_plan_is_recorded_as_refused(make_api: Callable[..., InProcess]) -> None:
    """On the account's own page, since its keys were right."""
    api = make_api(plan="lite")
    answer = [api.get(USERS) for _ in range(3)][-1]
    record = api.record(answer)
    assert (record.status_code, record.outcome) == (429, "refused")
    assert record.account_id == api.keys.account_id


_WRONG_KEYS = [
    ("", "", "no keys", False),
    ("right", "", "one key of the pair is missing", False),
    ("", "right", "one key of the pair is missing", False),
    ("u$rnobody", "right", "unknown access key", True),
    ("right", "wrong", "wrong secret key", True),
]


@pytest.mark.parametrize(("access", "secret", "reason", "has_key_id"), _WRONG_KEYS)
def test_wrong_keys_are_recorded_for_the_operator_alone(
    api: InProcess, access: str, secret: str, reason: str, has_key_id: bool
) -> None:
    """With the reason and a fingerprint, without an account; the caller is told neither."""
    headers = {
        "x-LSQ-AccessKey": api.keys.access_key if access == "right" else access,
        "x-LSQ-SecretKey": api.keys.secret_key if secret == "right" else secret,  # noqa: S105
    }
    answer = api.call("GET", USERS, headers=headers, keys="none")
    assert_fault(answer, 401, "MXInvalidAccessDetailsException")
    assert answer.message == "Invalid Access Details provided."
    record = api.record(answer)
    assert (record.outcome, record.account_id, record.user_id) == ("refused", "", "")
    assert record.refusal_reason == reason
    assert bool(record.key_id) is has_key_id
    assert access == "right" or record.key_id[:8] in ("", "unknown:")
    assert reason.encode() not in answer.body


def test_an_unknown_key_has_the_same_fingerprint_every_time(api: InProcess) -> None:
    """So that the operator sees one caller behind many refusals, and never the key."""
    seen = set()
    for _ in range(2):
        headers = {"x-LSQ-AccessKey": "u$rstranger", "x-LSQ-SecretKey": "x"}
        record = api.record(api.call("GET", USERS, headers=headers, keys="none"))
        assert "stranger" not in record.key_id
        seen.add(record.key_id)
    assert len(seen) == 1


@pytest.mark.parametrize("operation", CATALOGUE, ids=lambda operation: operation.name)
def test_every_operation_is_recorded_by_its_name_and_api_type(
    shared_api: InProcess, operation: Operation
) -> None:
    """The filter of the log knows each, also when the call was bad."""
    headers = {} if operation.keys == "pair" else {"x-api-key": "x"}
    for path in (operation.url_path, operation.url_path.upper()):
        answer = shared_api.call(operation.method, path, "{", headers=headers)
        record = shared_api.record(answer)
        assert (record.operation, record.api_type) == (operation.name, operation.api_type)


def test_a_path_that_is_no_operation_is_of_the_type_other(shared_api: InProcess) -> None:
    """And has no operation."""
    record = shared_api.record(shared_api.get("/v2/LeadManagement.svc/Nothing"))
    assert (record.operation, record.api_type) == ("", "Other")


def test_a_body_over_the_recorded_limit_is_cut_and_says_so(
    make_api: Callable[..., InProcess],
) -> None:
    """The limit is in bytes, no character is cut in two, and the true length stays known."""
    api = make_api(calls_body_bytes_max=100)
    body = json.dumps(attributes({"FirstName": "é" * 150}), ensure_ascii=False).encode()
    record = api.record(api.call("POST", CREATE, body))
    assert record.truncated
    assert body.decode().startswith(record.request_body)
    assert 97 < len(record.request_body.encode()) <= 100
    assert record.request_body_bytes == len(body)
    exact = json.dumps(attributes({"FirstName": "x"})).ljust(100).encode()
    record = api.record(api.call("POST", CREATE, exact))
    assert (record.truncated, record.request_body) == (False, exact.decode())


def test_a_long_header_is_cut_after_it_is_redacted(api: InProcess) -> None:
    """Half a key at the end of a long header would not be recognised any more."""
    for filler in range(455, 505, 7):
        agent = "x" * filler + api.keys.secret_key
        record = api.record(api.call("GET", USERS, headers={"User-Agent": agent}))
        assert len(record.user_agent) <= 500
        assert api.keys.secret_key[:6] not in record.user_agent


def test_a_client_that_leaves_before_its_body_is_complete_is_recorded_as_aborted(
    api: InProcess,
) -> None:
    """With what had arrived; nothing is done and nothing is sent."""
    pair = [("x-LSQ-AccessKey", api.keys.access_key), ("x-LSQ-SecretKey", api.keys.secret_key)]
    messages = [
        {"type": "http.disconnect"},
        {"type": "http.request", "body": b'[{"Attribute":"First', "more_body": True},
    ]
    sent: list[object] = []

    async def receive() -> dict[str, Any]:
        return messages.pop()

    async def send(message: object) -> None:
        sent.append(message)

    api.run(api.app(scope_of("POST", CREATE, pair), receive, send))
    assert sent == []
    assert api.leads() == []
    (record,) = (record for record in records(api) if record.operation == "Lead.Create")
    assert (record.outcome, record.status_code) == ("aborted", 0)
    assert (record.request_body, record.request_body_bytes) == ('[{"Attribute":"First', 20)


def records(api: InProcess) -> list[CallRecord]:
    """All calls, oldest first."""
    reader = SqliteCallReader(api.folder / "calls")
    try:
        return list(reader.stream(CallQuery(account_id=None)))[::-1]
    finally:
        reader.close()


def test_a_call_that_cannot_be_recorded_is_not_answered(
    make_api: Callable[..., InProcess], data_folder: Path
) -> None:
    """503 in the envelope, with the call's id; recording goes on once the disk has room."""
    disk = FullDisk(SqliteCallStore(data_folder / "calls", clock=StandingClock()))
    api = make_api(call_store=disk)
    assert api.get(USERS).status == 200
    disk.full = True
    answer = api.get(USERS)
    assert_fault(answer, 503, "CallNotRecordedException", "could not be recorded")
    assert read_record(data_folder, answer.call_id) is None
    problem = api.call("GET", USERS, headers={"Accept": "application/problem+json"}).json
    assert (problem["retryable"], problem["changed"]) == (True, None)
    disk.full = False
    assert api.record(api.get(USERS)).status_code == 200


def test_records_and_gaps_add_up_to_the_calls_that_were_served(
    make_api: Callable[..., InProcess], data_folder: Path
) -> None:
    """Also when many calls find the disk working again at once: one gap, counted once."""
    disk = FullDisk(SqliteCallStore(data_folder / "calls", clock=StandingClock()))
    api = make_api(call_store=disk)
    disk.full = True
    assert {answer.status for answer in api.send_many([("GET", USERS, None)] * 5)} == {503}
    disk.full = False
    assert {answer.status for answer in api.send_many([("GET", USERS, None)] * 20)} == {200}
    kept = records(api)
    gaps = [record for record in kept if record.outcome == "gap"]
    assert len(kept) - len(gaps) == 20
    assert len(gaps) == 1
    assert gaps[0].exception_message.startswith("5 call(s) from ")


def test_an_asynchronous_call_that_cannot_be_recorded_is_counted_in_a_gap(
    make_api: Callable[..., InProcess], data_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is carried out all the same: its caller has had the answer already."""
    disk = FullDisk(SqliteCallStore(data_folder / "calls", clock=StandingClock()))
    api = make_api(call_store=disk)
    endpoint = ENDPOINTS["Lead.Capture"]

    async def capture(request: Request) -> object:
        disk.full = True
        return await endpoint(request)

    monkeypatch.setitem(ENDPOINTS, "Lead.Capture", capture)
    headers = {"x-api-key": new_async_key(data_folder)}
    body = attributes({"FirstName": "Asha"})
    assert api.call("POST", "/lead/capture", body, headers=headers).status == 200
    assert api.app.workers is not None
    api.run(api.app.workers.later.settled())
    disk.full = False
    assert api.get(USERS).status == 200
    [gap] = [record for record in records(api) if record.outcome == "gap"]
    assert gap.exception_message.startswith("1 call(s) from ")
    assert [lead["FirstName"] for lead in api.leads()] == ["Asha"]


def fail(_request: object) -> None:
    raise RuntimeError(SECRET_OF_THE_SERVER)


@pytest.fixture
def failed(api: InProcess, monkeypatch: pytest.MonkeyPatch) -> Answer:
    """The answer to a call whose endpoint raised what nobody foresaw."""
    monkeypatch.setitem(ENDPOINTS, "Users.Get", fail)
    return api.get(USERS)


def test_an_unhandled_exception_answers_the_generic_fault(
    api: InProcess, failed: Answer, caplog: pytest.LogCaptureFixture
) -> None:
    """Nothing of it reaches the caller or the server's log; the record has the traceback."""
    assert_fault(failed, 500, "InternalServerErrorException")
    assert failed.message == GENERIC
    assert SECRET_OF_THE_SERVER not in f"{failed.body!r}{failed.headers}{caplog.text}"
    record = api.record(failed)
    assert record.outcome == "server_fault"
    assert f"RuntimeError: {SECRET_OF_THE_SERVER}" in record.traceback
    assert SECRET_OF_THE_SERVER not in record.exception_message + record.response_body


def test_a_traceback_is_shown_to_the_operator_alone(api: InProcess, failed: Answer) -> None:
    """'leadwire calls show' has it; neither search, export, page, JSON nor CSV does."""
    data = ("--data", str(api.folder))
    shown = leadwire("calls", "show", failed.call_id, *data)
    assert SECRET_OF_THE_SERVER in shown.stdout
    as_json = leadwire("calls", "show", failed.call_id, "--json", *data)
    assert SECRET_OF_THE_SERVER in json.loads(as_json.stdout)["traceback"]
    for words in (("search",), ("search", "--json"), ("export",), ("export", "--format", "jsonl")):
        printed = leadwire("calls", *words, *data).stdout
        assert failed.call_id in printed
        assert SECRET_OF_THE_SERVER not in printed
    form = f"email={api.keys.user_email}&password={api.keys.password}"
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    signed_in = api.call("POST", "/console/sign-in", form, headers=headers, keys="none")
    cookie = {"Cookie": signed_in.headers["set-cookie"].partition(";")[0]}
    for path in (".json", ".csv", "", f"/{failed.call_id}", f"/{failed.call_id}.json"):
        page = api.call("GET", f"/console/api-logs{path}", headers=cookie, keys="none")
        assert page.status == 200
        assert failed.call_id.encode() in page.body
        assert SECRET_OF_THE_SERVER.encode() not in page.body


def test_every_answer_of_the_api_carries_the_id_of_its_call(shared_api: InProcess) -> None:
    """By which its record is found."""
    for method, target in (("GET", USERS), ("POST", CREATE), ("PUT", USERS), ("GET", "/nowhere")):
        answer = shared_api.call(method, target)
        assert shared_api.record(answer).path == target
