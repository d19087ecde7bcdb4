"""Which calls were made, and expectations about them."""

import threading
import time

import pytest
from controls.conftest import Account, Running


def test_calls_are_those_since_the_reset(account: Account) -> None:
    """Oldest first; the log itself keeps what was before."""
    account.create("asha@example.com")
    account.ask("POST", "reset", {"account": account.id})
    account.create("ravi@example.com")
    account.find("ravi@example.com")
    calls = account.ask("GET", "calls", account=account.id)["calls"]
    assert [call["operation"] for call in calls] == ["Lead.Create", "Leads.GetByEmailaddress"]
    assert "ravi@example.com" in calls[0]["request_body"]
    since_start = account.ask("GET", "calls", account=account.id, since="start")["calls"]
    assert len(since_start) == 3
    assert account.ask("GET", "calls", account=account.id, limit=1)["more"] is True


def test_an_expectation_waits_for_what_comes_later(account: Account) -> None:
    """No sleep in the test: it returns when the call has come, and no second one."""
    threading.Timer(0.3, account.create, ["asha@example.com"]).start()
    met = account.ask(
        "POST", "calls/expect", {"account": account.id, "q": "operation:Lead.Create", "count": 1}
    )
    assert met["met"]
    assert len(met["calls"]) == 1


def test_a_double_that_comes_later_is_caught(account: Account) -> None:
    """Exactly one: the quiet time sees the second."""
    account.create("asha@example.com")
    threading.Timer(0.2, account.create, ["ravi@example.com"]).start()
    expected = {"account": account.id, "q": "operation:Lead.Create", "count": 1, "quiet_ms": 1000}
    error = account.refused("POST", "calls/expect", expected)
    assert error["message"].startswith(
        "Expected exactly 1 call matching operation:Lead.Create within 2000 ms; there were 2: "
    )


def test_none_is_expected_to_the_end_of_the_wait(account: Account) -> None:
    """Count 0 waits, because a call may still come."""
    began = time.perf_counter()
    expected = {"account": account.id, "q": "", "count": 0, "within_ms": 300}
    assert account.ask("POST", "calls/expect", expected)["met"]
    assert time.perf_counter() - began >= 0.3


def test_the_message_names_the_calls_that_came_instead(account: Account) -> None:
    """A near miss: the test that failed says why."""
    account.create("asha@example.com")
    answer = account.controls.post(
        "calls/expect",
        json={"account": account.id, "q": "operation:Lead.Update", "within_ms": 50},
    )
    assert answer.status_code == 409
    body = answer.json()
    assert body["met"] is False
    assert [call["operation"] for call in body["nearest"]] == ["Lead.Create"]
    assert "Other calls: POST Lead.Create 200." in body["error"]["message"]


@pytest.mark.parametrize(
    ("expected", "message"),
    [
        ({"count": {"min": 3, "max": 1}}, "'count' is a number, or min and max in order."),
        ({"count": -1}, "'count' is a number, or min and max in order."),
        ({"q": "status:9"}, "status"),
        ({"within_ms": 99999999}, "'within_ms' is from 0 to 600,000."),
    ],
)
def test_an_expectation_that_cannot_be_meant_is_refused(
    account: Account, expected: dict[str, object], message: str
) -> None:
    """At once, with the reason."""
    error = account.refused("POST", "calls/expect", {"account": account.id, **expected})
    assert message in error["message"]


def test_another_accounts_calls_are_not_seen(server: Running, account: Account) -> None:
    """Each test asks about its own account."""
    server.account().create("asha@example.com")
    assert account.ask("GET", "calls", account=account.id)["calls"] == []


def test_calls_of_one_moment_keep_their_order(account: Account) -> None:
    """A thousand in one frozen millisecond: by sequence, without a gap or a double."""
    account.ask("POST", "clock", {"freeze": "2030-01-01 09:00:00"})
    path = "/v2/LeadManagement.svc/Leads.GetByEmailaddress"
    for number in range(1_000):
        account.api.get(path, params={"emailaddress": f"{number}@example.com"})
    expected = {"account": account.id, "count": 1_000, "quiet_ms": 0}
    calls = account.ask("POST", "calls/expect", expected)["calls"]
    queries = [call["query"] for call in calls]
    assert queries == [f"emailaddress={number}%40example.com" for number in range(1_000)]
    sequences = [call["sequence"] for call in calls]
    assert sequences == sorted(set(sequences))
    assert {call["started_at"] for call in calls} == {"2030-01-01 09:00:00.000"}
