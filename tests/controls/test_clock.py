"""The clock of a server under test: stopped, moved, and everything that falls due on the way."""

from itertools import count

import pytest
from controls.conftest import Account, Running

from leadwire.clock import SystemClock
from leadwire.controls.clock import ControlledClock
from leadwire.controls.moving import Mover
from leadwire.operations.plans import PLANS


def deliveries(account: Account, count: int, name: str = "") -> list[dict[str, str]]:
    path = f"receivers/{name or account.id}/deliveries"
    return list(account.ask("GET", path, wait=count, within_ms=5000)["deliveries"])


def test_every_attempt_of_a_delivery_happens_when_it_is_due(account: Account) -> None:
    """One advance over all of them, and not one jump: three attempts at their own times."""
    url = account.ask("PUT", f"receivers/{account.id}", {"respond": [{"status": 500}]})["url"]
    account.webhook(url)
    account.ask("POST", "clock", {"freeze": "2030-01-01 09:00:00"})
    account.create("asha@example.com")
    moved = account.advance("2h")
    assert moved["now"] == "2030-01-01 11:00:00.000"
    assert moved["complete"]
    stamps = [int(each["headers"]["webhook-timestamp"]) for each in deliveries(account, 3)]  # type: ignore[index,call-overload]
    assert [stamp - stamps[0] for stamp in stamps] == [0, 30, 90]


def test_a_frozen_clock_dates_everything_alike(account: Account) -> None:
    """Rows, records and the Date of answers."""
    account.ask("POST", "clock", {"freeze": "2030-01-01 09:00:00"})
    answer = account.create("asha@example.com")
    [lead] = account.find("asha@example.com")
    calls = account.ask("GET", "calls", account=account.id)["calls"]
    assert answer.headers["Date"] == "Tue, 01 Jan 2030 09:00:00 GMT"
    assert lead["CreatedOn"].startswith("2030-01-01 09:00:00")
    assert {call["started_at"] for call in calls} == {"2030-01-01 09:00:00.000"}


def test_durations_stay_real_while_the_clock_moves(account: Account) -> None:
    """A call during an advance of two hours did not take two hours."""
    account.ask("POST", "clock", {"freeze": "now"})
    account.create("asha@example.com")
    account.advance("2h")
    [call] = account.ask("GET", "calls", account=account.id)["calls"]
    assert call["duration_ms"] < 60_000


def test_a_limit_frees_when_the_clock_is_advanced(server: Running) -> None:
    """Frozen, a window never ends; five seconds later it has ended."""
    account = server.account(plan="lite")
    account.ask("POST", "clock", {"freeze": "now"})
    path = "/v2/LeadManagement.svc/LeadsMetaData.Get"
    codes = [account.api.get(path).status_code for _ in range(30)]
    assert codes.count(200) == PLANS["lite"].window_calls_max
    account.advance("4s")
    assert account.api.get(path).status_code == 429
    account.advance("1s 1ms")
    assert account.api.get(path).status_code == 200
    server.controls.post("clock", json={"reset": True})


def test_evidence_outlives_its_retention_unless_asked(account: Account) -> None:
    """A month later the calls of the test are still there."""
    account.create("asha@example.com")
    account.advance("60d")
    assert len(account.ask("GET", "calls", account=account.id)["calls"]) == 1
    account.ask("POST", "clock", {"advance": "1d", "retention": True})
    assert account.ask("GET", "calls", account=account.id, since="start")["calls"] == []


@pytest.mark.parametrize(
    ("order", "message"),
    [
        ({"set": "2001-01-01"}, "it goes forwards only"),
        ({"advance": "2 hours"}, "is not a span"),
        ({"advance": "-1h"}, "is not a span"),
        ({"advance": -1}, "is not a span"),
        ({"advance": "9999999d"}, "is not a span"),
        ({"set": "soon"}, "'soon' is not a date-time"),
        ({}, "Give one of freeze, set, advance, run and reset."),
        ({"freeze": "now", "run": True}, "Give one of freeze, set, advance, run and reset."),
    ],
)
def test_an_order_that_cannot_be_meant_moves_nothing(
    account: Account, order: dict[str, object], message: str
) -> None:
    """With the reason."""
    account.ask("POST", "clock", {"freeze": "now"})
    before = account.ask("GET", "clock")["now"]
    assert message in account.refused("POST", "clock", order)["message"]
    assert account.ask("GET", "clock")["now"] == before


def test_now_is_not_in_the_past_of_a_clock_that_runs() -> None:
    """However long it takes to compare the two."""

    class Ticking(SystemClock):
        ticks = count(1)

        def now_ms(self) -> int:
            return next(self.ticks)

    clock = ControlledClock(Ticking())
    mover = Mover(clock, None, lambda: None, None)  # type: ignore[arg-type]  # not asked
    assert mover._date_of("now", "freeze") == 1


def test_a_clock_that_runs_goes_on_from_where_it_stood(account: Account) -> None:
    """Freeze, advance, run."""
    account.ask("POST", "clock", {"freeze": "2030-01-01"})
    account.advance("1d")
    running = account.ask("POST", "clock", {"run": True})
    assert running["now"].startswith("2030-01-02 00:00:0")
    assert not running["frozen"]


def test_ids_of_a_seed_are_the_same_again(account: Account) -> None:
    """For serial calls under a frozen clock."""

    def ids() -> list[str]:
        account.ask("POST", "reset", {"account": account.id})
        account.ask("POST", "ids", {"seed": 42})
        answers = [account.create(f"{number}@example.com").json() for number in range(3)]
        account.ask("POST", "ids", {"seed": None})
        return [answer["Message"]["Id"] for answer in answers]

    assert ids() == ids()
