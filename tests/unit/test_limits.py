"""The limiter admits as many calls as the plan says in any window, and says when to come back."""

from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import StandingClock

from leadwire.access.limits import Limiter
from leadwire.access.plans import PLANS, Plan
from leadwire.errors import LimitExceeded

_WINDOW_MS = 5_000


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> StandingClock:
    """Also the clock of the library that counts."""
    clock = StandingClock()
    told = SimpleNamespace(time=lambda: clock.at_ms / 1_000)
    monkeypatch.setattr("limits.storage.memory.time", told)
    monkeypatch.setattr("limits.strategies.time", told)
    return clock


def admitted(limiter: Limiter, account_id: str = "a") -> bool:
    try:
        limiter.admit(account_id, "standard")
    except LimitExceeded:
        return False
    return True


@given(
    calls_max=st.integers(1, 6), pauses_ms=st.lists(st.integers(0, 3_000), min_size=1, max_size=60)
)
@budget(max_examples=150)
def test_no_window_holds_more_calls_than_the_plan(
    clock: StandingClock, calls_max: int, pauses_ms: list[int]
) -> None:
    """Whatever the rhythm, in any five seconds; and a call is refused only when it must be."""
    limiter = Limiter(Plan("p", calls_max), users=1, clock=clock)
    let_through: list[int] = []
    for pause_ms in pauses_ms:
        clock.advance(pause_ms)
        recent = [at for at in let_through if at >= clock.at_ms - _WINDOW_MS]
        assert admitted(limiter) is (len(recent) < calls_max)
        if len(recent) < calls_max:
            let_through.append(clock.at_ms)


def test_accounts_do_not_use_up_each_others_calls(clock: StandingClock) -> None:
    """The counter is the account's."""
    limiter = Limiter(PLANS["lite"], users=1, clock=clock)
    assert [admitted(limiter, account) for account in "aaabbb"] == [True, True, False] * 2


@pytest.mark.parametrize("name", PLANS)
def test_whoever_waits_as_long_as_told_is_admitted(clock: StandingClock, name: str) -> None:
    """Retry-After is enough, and never more than a window."""
    plan = PLANS[name]
    limiter = Limiter(plan, users=1, clock=clock)
    assert all(admitted(limiter) for _ in range(plan.window_calls_max))
    clock.advance(1_234)
    with pytest.raises(LimitExceeded) as refused:
        limiter.admit("a", "standard")
    assert 1 <= refused.value.retry_after_seconds <= 5
    assert str(plan.window_calls_max) in str(refused.value)
    clock.advance(refused.value.retry_after_seconds * 1_000 + 1)
    assert admitted(limiter)


def test_the_daily_limit_ends_with_the_day(clock: StandingClock) -> None:
    """In UTC; the message names the day's number, and refused calls are not counted."""
    plan = Plan("p", 100, day_calls_base=3, day_calls_per_user=1, day_calls_ceiling=100)
    limiter = Limiter(plan, users=2, clock=clock)
    assert [admitted(limiter) for _ in range(7)] == [True] * 5 + [False] * 2
    with pytest.raises(LimitExceeded, match="limit of 5 in 86400 second") as refused:
        limiter.admit("a", "standard")
    clock.advance(refused.value.retry_after_seconds * 1_000)
    assert admitted(limiter)


def test_the_plans_are_those_of_the_published_tables() -> None:
    """Calls per five seconds; per day where the newer table says so."""
    windows = {name: plan.window_calls_max for name, plan in PLANS.items()}
    older = {"lite": 2, "pro": 5, "super": 10, "basic": 10, "standard": 15, "enterprise": 25}
    assert windows == older | {"pro-2024": 10, "super-2024": 20}
    assert PLANS["pro-2024"].day_calls_max(3) == 13_000
    assert PLANS["pro-2024"].day_calls_max(1_000) == 250_000
    assert PLANS["super-2024"].day_calls_max(10_000) == 1_000_000
    assert PLANS["lite"].day_calls_max(10) == 0
