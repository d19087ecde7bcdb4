"""Faults on demand: what the caller sees, what is stored, and what the record says."""

import socket
import time
from typing import Any

import httpx2
import pytest
from controls.conftest import Account, Running

LOST = (httpx2.ReadError, httpx2.RemoteProtocolError)


def record(account: Account) -> dict[str, Any]:
    """The one call that met a fault."""
    [call] = account.ask("GET", "calls", account=account.id, q="fault:*")["calls"]
    return dict(call)


@pytest.mark.parametrize(
    ("fault", "status", "body"),
    [
        ({"kind": "status"}, 503, ""),
        ({"kind": "status", "status": 504, "body": "later"}, 504, "later"),
        ({"kind": "html"}, 502, "<!DOCTYPE html><html><head><title>502 Bad Gateway</title>"),
        (
            {"kind": "exception", "exception_type": "MXDuplicateEntryException"},
            500,
            '"ExceptionType":"MXDuplicateEntryException"',
        ),
        (
            {"kind": "exception", "exception_type": "MXNewException", "message": "Odd."},
            500,
            '"ExceptionMessage":"Odd."',
        ),
        ({"kind": "rate_limit"}, 429, "MXAPIRateLimitExceededException"),
        ({"kind": "rate_limit", "face": 403}, 403, "MXAPIRateLimitExceededException"),
        ({"kind": "rate_limit", "face": 200}, 200, "MXAPIRateLimitExceededException"),
    ],
)
def test_an_answer_in_place_of_the_call(
    account: Account, fault: dict[str, object], status: int, body: str
) -> None:
    """The caller gets it once, nothing is stored, and the record has it."""
    fault_id = account.fault(operation="Lead.Create", **fault)
    answer = account.create("asha@example.com")
    assert answer.status_code == status
    assert body in answer.text
    assert account.find("asha@example.com") == []
    assert account.create("asha@example.com").status_code == 200
    kept = record(account)
    assert kept["status_code"] == status
    assert kept["fault"].startswith(f"{fault_id} {fault['kind']} before write")


def test_a_wrong_request_says_what_to_write(account: Account) -> None:
    """The place, and the choices where a member lists them."""
    rows: list[tuple[str, str, Any, str]] = [
        ("POST", "faults", {"kind": "statu"}, "Choose one of status, exception,"),
        ("POST", "faults", {"kind": "status", "when": "x"}, "Choose one of before_write,"),
        ("POST", "faults", {"kind": "rate_limit", "face": 430}, "Choose one of 429, 403, 200."),
        ("POST", "faults", {"kind": "status", "times": 10**9}, "from 1 to 10,000,000"),
        ("POST", "faults", {"kind": "status", "headers": {"X": "a\r\nb"}}, "the header 'X'"),
        ("POST", "reset", {"account": account.id, "keep": ["x"]}, "Choose one of fields, users,"),
        ("POST", "snapshots", {"account": account.id, "name": "a/b"}, "letters, digits"),
        ("POST", "snapshots", {"account": account.id, "name": ""}, "letters, digits"),
        ("PUT", "receivers/a%20b", {}, "letters, digits"),
        ("PATCH", f"accounts/{account.id}", {"settings": {"plann": 1}}, "Did you mean plan?"),
        ("POST", "calls/expect", {"account": account.id, "since": "zz"}, "a calls_from"),
    ]
    for method, path, body, said in rows:
        error = account.refused(method, path, body)
        assert said in f"{error['message']} {error['fix']}", (path, body, error)


def test_calls_since_no_place_are_refused(account: Account) -> None:
    """With what a place can be, and not as a fault of the server."""
    error = account.refused("GET", "calls", account=account.id, since="zz")
    assert (error["at"], error["fix"][:4]) == ("since", "Send")


def test_a_rate_limit_says_when_it_frees(account: Account) -> None:
    """As a real refusal does."""
    account.fault(operation="Lead.Create", kind="rate_limit", retry_after=7)
    assert account.create("asha@example.com").headers["Retry-After"] == "7"


@pytest.mark.parametrize("kind", ["reset", "close"])
@pytest.mark.parametrize("when", ["before_write", "after_write"])
def test_a_lost_answer(account: Account, kind: str, when: str) -> None:
    """The caller cannot tell whether the lead was stored. The test can."""
    account.fault(operation="Lead.Create", kind=kind, when=when)
    with pytest.raises(LOST):
        account.create("asha@example.com")
    assert len(account.find("asha@example.com")) == (when == "after_write")
    kept = record(account)
    assert kept["fault"].endswith("nothing was delivered")
    assert kept["status_code"] == (200 if when == "after_write" else 0)


def test_a_reset_is_a_reset(server: Running, account: Account) -> None:
    """Seen at the socket: not the plain close that other tools give."""
    account.fault(operation="*", kind="reset")
    url = httpx2.URL(server.ready["url"])
    request = (
        "GET /v2/LeadManagement.svc/LeadsMetaData.Get HTTP/1.1\r\nHost: x\r\n"
        f"x-LSQ-AccessKey: {account.made['access_key']}\r\n"
        f"x-LSQ-SecretKey: {account.made['secret_key']}\r\n\r\n"
    )
    with socket.create_connection((url.host, url.port or 80)) as caller:
        caller.sendall(request.encode())
        with pytest.raises(ConnectionResetError):
            caller.recv(1)


def test_half_an_answer(account: Account) -> None:
    """The head promises more than arrives."""
    account.fault(operation="Lead.Create", kind="truncate", bytes=9)
    with pytest.raises(httpx2.RemoteProtocolError, match="received 9 bytes"):
        account.create("asha@example.com")
    assert record(account)["fault"].endswith("9 bytes of the body were delivered")


def test_a_slow_answer_arrives_whole(account: Account) -> None:
    """In pieces."""
    account.fault(operation="Lead.Create", kind="slow_body", chunk_bytes=30, chunk_ms=60)
    began = time.perf_counter()
    assert account.create("asha@example.com").json()["Status"] == "Success"
    assert time.perf_counter() - began > 0.1


@pytest.mark.parametrize("when", ["before_write", "after_write"])
def test_a_caller_that_does_not_wait(account: Account, when: str) -> None:
    """A delay and a hang: the caller's timeout ends the call."""
    for kind in ("hang", "delay"):
        account.fault(operation="Lead.Create", kind=kind, when=when, delay_ms=900)
        with pytest.raises(httpx2.ReadTimeout):
            account.api.post(
                "/v2/LeadManagement.svc/Lead.Create",
                json=[{"Attribute": "EmailAddress", "Value": f"{kind}@example.com"}],
                timeout=0.3,
            )


def test_an_empty_answer(account: Account) -> None:
    """A success without a body."""
    account.fault(operation="Lead.Create", kind="empty")
    answer = account.create("asha@example.com")
    assert (answer.status_code, answer.content) == (200, b"")


def test_faults_are_met_in_order_and_as_often_as_asked(account: Account) -> None:
    """The first that matches and has something left: skip, times, for ever."""
    account.fault(operation="Lead.Create", kind="status", status=500, skip=1, times=2)
    account.fault(operation="Lead.*", kind="status", status=503, times="forever")
    codes = [account.create(f"{number}@example.com").status_code for number in range(5)]
    assert codes == [503, 500, 500, 503, 503]
    shown = account.ask("GET", "faults", account=account.id)["faults"]
    assert [(each["met"], each["left"]) for each in shown] == [(2, 0), (3, None)]


def test_a_fault_meets_only_what_its_search_matches(account: Account) -> None:
    """The search language, about the request."""
    account.fault(operation="Lead.Create", kind="status", match="request:asha@example.com")
    assert account.create("ravi@example.com").status_code == 200
    assert account.create("asha@example.com").status_code == 503


def test_a_probability_is_the_same_in_each_run(server: Running) -> None:
    """The same seed meets the same calls."""

    def codes() -> list[int]:
        account = server.account()
        account.fault(kind="status", probability=0.5, seed=7, times="forever")
        return [account.create(f"{number}@example.com").status_code for number in range(20)]

    first = codes()
    assert set(first) == {200, 503}
    assert codes() == first


def test_a_fault_of_one_account_meets_no_other(server: Running, account: Account) -> None:
    """Tests in parallel do not meet each other's faults, and a reset removes them."""
    account.fault(kind="status", times="forever")
    assert server.account().create("asha@example.com").status_code == 200
    account.ask("POST", "reset", {"account": account.id})
    assert account.create("asha@example.com").status_code == 200


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"kind": "status", "operation": "Lead.Creat"}, "There is no operation 'Lead.Creat'."),
        ({"kind": "exception"}, "Name the exception_type."),
        ({"kind": "rate_limit", "when": "after_write"}, "A refused call writes nothing."),
        ({"kind": "truncate", "when": "before_write"}, "'truncate' spoils an answer"),
        ({"kind": "status", "probability": 0.5}, "A probability needs a seed"),
        ({"kind": "status", "status": 700}, "'status' is from 200 to 599."),
        ({"kind": "delay"}, "'delay_ms' is from 1 to 600,000."),
        ({"kind": "status", "match": "statu:1"}, "statu"),
        ({"kind": "status", "account": "nobody"}, "There is no account 'nobody'."),
        ({"kind": "truncate", "operation": "webhook:*"}, "A delivery cannot meet 'truncate'."),
        ({"kind": "boom"}, "Invalid enum value 'boom'"),
    ],
)
def test_a_fault_that_cannot_be_meant_is_refused(
    account: Account, fault: dict[str, object], message: str
) -> None:
    """With the reason; and of a list, none is set."""
    error = account.refused("POST", "faults", [{"kind": "status"}, fault])
    assert message in error["message"]
    assert account.ask("GET", "faults", account=account.id)["faults"] == []


def accept(account: Account, email: str) -> httpx2.Response:
    """Send an asynchronous capture. It is accepted at once and carried out later."""
    key = account.ask("POST", f"accounts/{account.id}/async-key")["async_key"]
    body = [{"Attribute": "EmailAddress", "Value": email}]
    return account.api.post("/lead/capture", json=body, headers={"x-api-key": key})


def test_asynchronous_calls_meet_faults_where_they_are_carried_out(account: Account) -> None:
    """The queue repeats what may succeed later, on its schedule: 30 s, then two minutes."""
    account.ask("POST", "clock", {"freeze": "2030-01-01 09:00:00"})
    account.fault(operation="Lead.Capture", kind="status", status=503, times=2)
    assert accept(account, "asha@example.com").status_code == 200
    moved = account.advance("10s")
    assert moved["waiting"]["async_calls"] == "2030-01-01 09:00:30.000"
    assert account.find("asha@example.com") == []
    account.advance("1h")
    assert len(account.find("asha@example.com")) == 1
    calls = account.ask("GET", "calls", account=account.id, q="operation:Lead.Capture")["calls"]
    done = [(call["started_at"][11:19], call["status_code"], bool(call["fault"])) for call in calls]
    assert done[-3:] == [("09:00:00", 503, True), ("09:00:30", 503, True), ("09:02:30", 200, False)]


def test_what_an_asynchronous_call_is_refused_with_is_final(account: Account) -> None:
    """An exception of the API: the status of the request says so, and nothing is repeated."""
    account.ask("POST", "clock", {"freeze": "2030-01-01 09:00:00"})
    account.fault(
        operation="Lead.Capture", kind="exception", exception_type="MXDuplicateEntryException"
    )
    accept(account, "asha@example.com")
    account.advance("6h")
    assert account.find("asha@example.com") == []
    [met] = account.ask("GET", "faults", account=account.id)["faults"]
    assert met["met"] == 1


def test_a_fault_of_a_webhook_meets_its_delivery_alone(account: Account) -> None:
    """Not the call that caused it; the next attempt comes through."""
    url = account.ask("PUT", f"receivers/{account.id}", {})["url"]
    account.webhook(url)
    account.ask("POST", "clock", {"freeze": "2030-01-01 09:00:00"})
    account.fault(operation="webhook:Lead_Post_Create", kind="status", status=502)
    assert account.create("asha@example.com").status_code == 200
    account.advance("2h")
    path = f"receivers/{account.id}/deliveries"
    assert len(account.ask("GET", path, wait=1)["deliveries"]) == 1
    [met] = account.ask("GET", "faults", account=account.id)["faults"]
    assert met["met"] == 1


def test_a_body_that_fits_is_delivered_whole(account: Account) -> None:
    """More bytes than there are spoil nothing, and the record says what was delivered."""
    account.fault(operation="Lead.Create", kind="truncate", bytes=5_000)
    assert account.create("asha@example.com").json()["Status"] == "Success"
    assert record(account)["fault"].endswith("the whole body was delivered")
