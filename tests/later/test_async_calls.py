"""Calls that are accepted at once: carried out once, by the same rules, whatever happens."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support import (
    ACTIVITIES,
    LEADS,
    Answer,
    Api,
    InProcess,
    ServerProcess,
    assert_fault,
    attributes,
    leadwire,
    new_async_key,
    read_record,
)

from leadwire.access.accounts import FirstAccount
from leadwire.background.later import RETRY_SECONDS
from leadwire.calls.query import CallQuery
from leadwire.crm import later as async_queue
from leadwire.database.writer import WriteFailed
from leadwire.stores.sqlite import SqliteCallReader
from leadwire.wire.endpoints import ENDPOINTS
from leadwire.wire.request import Request

SECOND_MS = 1_000


def submit(api: Api, target: str, body: object, key: str) -> str:
    """The id of an accepted request."""
    answer = api.call("POST", target, body, headers={"x-api-key": key})
    assert answer.status == 200, answer.body
    assert list(answer.json) == ["Status", "RequestID"]
    return answer.json["RequestID"]


def status(api: Api, entity: str, request_id: str, key: str) -> dict[str, Any]:
    """What the status says of the task."""
    target = f"/{entity}/status?RequestID={request_id}"
    answer = api.call("GET", target, headers={"x-api-key": key}, keys="none")
    assert answer.status == 200, answer.body
    return answer.json["TaskStatus"]


def work_off(api: InProcess, ms: int = 0) -> None:
    api.clock.advance(ms)
    assert api.app.workers is not None
    api.run(api.app.workers.later.settled())


def failing(monkeypatch: pytest.MonkeyPatch, name: str, times: int) -> list[Request]:
    """Let the database be unwritable for the first *times* runs of an operation."""
    runs: list[Request] = []
    endpoint = ENDPOINTS[name]

    async def run(request: Request) -> object:
        runs.append(request)
        if len(runs) <= times:
            raise WriteFailed("The database could not commit: disk full.")
        return await endpoint(request)

    monkeypatch.setitem(ENDPOINTS, name, run)
    return runs


def test_what_infrastructure_prevents_is_tried_on_the_published_schedule(
    api: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten more times, after 30 s to 3 h; the status says why, and the last try may succeed."""
    key = new_async_key(api.folder)
    runs = failing(monkeypatch, "Lead.Capture", len(RETRY_SECONDS))
    request_id = submit(api, "/lead/capture", attributes({"FirstName": "Asha"}), key)
    work_off(api)
    for number, seconds in enumerate(RETRY_SECONDS, 1):
        assert len(runs) == number
        now = status(api, "lead", request_id, key)
        assert (now["Status"], now["Message"]) == ("In-Queue", None)
        assert "was not stored" in now["StatusReason"]
        work_off(api, seconds * SECOND_MS - 1)
        assert len(runs) == number
        work_off(api, 1)
    assert len(runs) == 11
    assert status(api, "lead", request_id, key)["Status"] == "Success"
    assert len(api.leads()) == 1


def test_after_the_schedule_it_is_given_up(api: InProcess, monkeypatch: pytest.MonkeyPatch) -> None:
    """ERROR, with the reason of the last try."""
    key = new_async_key(api.folder)
    runs = failing(monkeypatch, "Lead.Capture", 99)
    request_id = submit(api, "/lead/capture", attributes({"FirstName": "Asha"}), key)
    work_off(api)
    for seconds in RETRY_SECONDS:
        work_off(api, seconds * SECOND_MS)
    work_off(api, 86_400 * SECOND_MS)
    assert len(runs) == 11
    ended = status(api, "lead", request_id, key)
    assert (ended["Status"], ended["Message"]) == ("ERROR", None)
    assert "was not stored" in ended["StatusReason"]


def test_what_the_domain_refuses_is_refused_once(
    api: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An MX fault is not a reason to try again; what came after it is carried out meanwhile."""
    key = new_async_key(api.folder)
    runs = failing(monkeypatch, "Lead.Capture", 0)
    wrong = submit(api, "/lead/capture", attributes({"mx_Nowhere": "x"}), key)
    right = submit(api, "/lead/capture", attributes({"FirstName": "Asha"}), key)
    work_off(api)
    work_off(api, 86_400 * SECOND_MS)
    assert len(runs) == 2
    refused = status(api, "lead", wrong, key)
    assert (refused["Status"], refused["Message"]) == ("FAILURE", None)
    assert refused["StatusReason"].startswith("MXUnknownAttributeException: Attribute(s) does")
    assert status(api, "lead", right, key)["Status"] == "Success"


def test_the_call_log_has_the_acceptance_and_what_was_carried_out(api: InProcess) -> None:
    """Two records: the answer with the RequestID, and the operation's own, by the same key."""
    key = new_async_key(api.folder)
    body = attributes({"FirstName": "Asha"})
    answer = api.call("POST", "/lead/capture", body, headers={"x-api-key": key})
    accepted = api.record(answer)
    assert (accepted.operation, accepted.api_type) == ("Async.Lead.Capture", "Async")
    work_off(api)
    reader = SqliteCallReader(api.folder / "calls")
    try:
        [done] = [
            call
            for call in reader.search(CallQuery(account_id=api.keys.account_id)).calls
            if call.operation == "Lead.Capture"
        ]
    finally:
        reader.close()
    assert (done.status_code, done.path) == (200, LEADS + "Lead.Capture")
    assert done.request_body == accepted.request_body
    assert (done.key_id, done.user_id) == (accepted.key_id, accepted.user_id)
    assert '"IsCreated":true' in done.response_body
    assert read_record(api.folder, done.call_id) == done


def test_the_async_key_is_in_no_file(api: InProcess) -> None:
    """Neither where it came as a header, nor where a caller repeats it in a body."""
    key = new_async_key(api.folder)
    body = attributes({"FirstName": key, "mx_Street1": f"my key is {key}"})
    answer = api.call("POST", LEADS + "Nowhere", body, headers={"x-api-key": key})
    assert answer.status == 404
    answer = api.call("POST", "/lead/update", b"[" + key.encode(), headers={"x-api-key": key})
    assert answer.status == 400
    assert api.record(answer).redacted
    for path in api.folder.rglob("*"):
        if path.is_file():
            assert key.encode() not in path.read_bytes(), path


def test_a_new_async_key_replaces_the_old_one(api: InProcess) -> None:
    """At once, made by the command line beside the running server, and shown there alone."""
    printed = leadwire("keys", "async", "--data", str(api.folder), "--json").stdout
    old = json.loads(printed)["async_key"]
    submit(api, "/lead/capture", attributes({"FirstName": "Asha"}), old)
    text = leadwire("keys", "async", "--data", str(api.folder)).stdout
    new = text.split()[1]
    headers = {"x-api-key": old}
    answer = api.call("GET", "/lead/capture/metrics", headers=headers, keys="none")
    assert_fault(answer, 401, "MXInvalidAccessDetailsException")
    assert api.record(answer).refusal_reason == "unknown async key"
    assert (
        api.call("GET", "/lead/capture/metrics", headers={"x-api-key": new}, keys="none").status
        == 200
    )
    assert new not in leadwire("keys", "list", "--data", str(api.folder)).stdout


@pytest.mark.parametrize(
    ("host", "is_later"),
    [
        ("asyncapi.example.com", True),
        ("ASYNCAPI.example.com:8443", True),
        ("api.example.com", False),
        ("asyncapi.example.com.evil.example", False),
    ],
)
def test_calls_to_the_async_host_are_taken_by_their_usual_path(
    make_api: Callable[..., InProcess], host: str, *, is_later: bool
) -> None:
    """With the setting async_host; to any other host they are carried out as they come."""
    api = make_api(async_host="asyncapi.example.com")
    key = new_async_key(api.folder)
    body = attributes({"FirstName": "Asha"})
    headers = {"x-api-key": key, "Host": host}
    answer = api.call("POST", LEADS + "Lead.Capture", body, headers=headers)
    assert answer.status == 200, answer.body
    assert ("RequestID" in answer.json) is is_later
    assert api.record(answer).path == LEADS + "Lead.Capture"
    other = api.call("GET", "/v2/UserManagement.svc/Users.Get", headers=headers)
    assert isinstance(other.json, list)


def test_more_than_the_queue_takes_is_refused(
    api: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503, nothing accepted, and safe to send again."""
    monkeypatch.setattr(async_queue, "WAITING_MAX", 0)
    key = new_async_key(api.folder)
    answer = api.call("POST", "/lead/capture", attributes({"a": 1}), headers={"x-api-key": key})
    assert_fault(answer, 503, "AsyncQueueFullException")


def test_answers_are_kept_for_some_days(api: InProcess) -> None:
    """Then a request id is as unknown as any."""
    key = new_async_key(api.folder)
    request_id = submit(api, "/lead/capture", attributes({"FirstName": "Asha"}), key)
    work_off(api)
    work_off(api, 7 * 86_400 * SECOND_MS)
    assert status(api, "lead", request_id, key)["Status"] == "Success"
    work_off(api, 3_600 * SECOND_MS)
    target = f"/lead/status?RequestID={request_id}"
    answer: Answer = api.call("GET", target, headers={"x-api-key": key}, keys="none")
    assert_fault(answer, 500, "MXInvalidInputException", "RequestID value is not correct.")


def test_what_was_carried_out_is_not_done_again(
    api: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server may die after the change and before its answer is kept: once is enough."""
    key = new_async_key(api.folder)
    lead_id = api.create(FirstName="Asha")
    endpoint = ENDPOINTS["ProspectActivity.Create"]

    async def run(request: Request) -> object:
        await endpoint(request)
        raise WriteFailed("gone before the answer")

    monkeypatch.setitem(ENDPOINTS, "ProspectActivity.Create", run)
    body = {"RelatedProspectId": lead_id, "ActivityEvent": 201}
    request_id = submit(api, "/activity/create", body, key)
    for seconds in (0, *RETRY_SECONDS):
        work_off(api, seconds * SECOND_MS)
    ended = status(api, "activity", request_id, key)
    assert (ended["Status"], ended["Message"]) == ("Success", None)
    assert len(api.activities(lead_id)) == 1


def test_accepted_calls_survive_kill_9(data_folder: Path, keys: FirstAccount) -> None:
    """Each is carried out exactly once, however often the server dies in between."""
    key = new_async_key(data_folder)
    server = ServerProcess(data_folder, keys).start()
    accepted: list[str] = []
    try:
        lead_id = server.api().create(FirstName="Asha")
        for number in range(15):
            note = {"ActivityEvent": 201, "ActivityNote": str(number)}
            body = {"RelatedProspectId": lead_id, **note}
            accepted.append(submit(server.api(), "/activity/create", body, key))
            if number % 5 == 4:
                server.kill()
                server.start()
        api = server.api()
        waiting = set(accepted)
        while waiting:
            waiting = {
                request_id
                for request_id in waiting
                if status(api, "activity", request_id, key)["Status"] == "In-Queue"
            }
        body = {"Paging": {"Offset": 0, "RowCount": 100}}
        found = api.post(ACTIVITIES + "Retrieve", body, leadId=lead_id).json
    finally:
        server.stop()
    notes = [row["Data"][0]["Value"] for row in found["ProspectActivities"]]
    assert sorted(notes, key=int) == [str(number) for number in range(15)]


def test_a_status_has_the_body_as_sent_and_the_answer_as_text(api: InProcess) -> None:
    """By each path of the entity; in the call log a secret in the body is redacted."""
    key = new_async_key(api.folder)
    first = b'[{"Attribute": "FirstName", "Value": "Asha"},\r\n'
    body = first + b' {"Attribute":"Password","Value":"hush-7f3a"}]'
    request_id = submit(api, "/lead/capture", body, key)
    work_off(api)
    answers = [
        api.call("GET", f"{path}?RequestID={request_id}", headers={"x-api-key": key}, keys="none")
        for path in ("/lead/status", "/lead/capture/status", "/Lead/Update/Status")
    ]
    task = answers[0].json["TaskStatus"]
    assert task["RequestBody"] == body.decode()
    assert task["StatusReason"].startswith("MXUnknownAttributeException")
    assert [answer.json for answer in answers] == [answers[0].json] * 3
    assert "hush-7f3a" not in api.record(answers[0]).response_body


def test_metrics_say_how_fast_calls_are_carried_out(
    api: InProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of one operation: what waits, for how long, and the rate of the last ten minutes."""
    key = new_async_key(api.folder)

    def metrics(path: str) -> dict[str, Any]:
        headers = {"x-api-key": key}
        return api.call("GET", f"/{path}/metrics", headers=headers, keys="none").json

    for name in ("Asha", "Ravi"):
        submit(api, "/lead/capture", attributes({"FirstName": name}), key)
    work_off(api)
    failing(monkeypatch, "Lead.Capture", 99)
    submit(api, "/lead/capture", attributes({"FirstName": "Ben"}), key)
    work_off(api)
    api.clock.advance(7 * SECOND_MS)
    assert metrics("lead/capture") == {
        "PendingMessages": 1,
        "MaxDelayInSeconds": 7,
        "ProcessingRatePerMinute": 0.2,
    }
    assert metrics("lead/update")["PendingMessages"] == 0
    api.clock.advance(600 * SECOND_MS)
    assert metrics("lead/capture")["ProcessingRatePerMinute"] == 0
