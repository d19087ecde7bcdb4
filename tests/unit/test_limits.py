"""The limiter admits as many calls as the plan says in any window, and says when to come back."""

from collections.abc import Callable

import pytest
from amounts import examples
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import USERS, InProcess, StandingClock

from leadwire.access.limits import Limiter, LimitUse
from leadwire.errors import LimitExceeded
from leadwire.operations.plans import PLANS, Plan

_WINDOW_MS = 5_000


@pytest.fixture
def clock() -> StandingClock:
    return StandingClock()


def admitted(limiter: Limiter, account_id: str = "a") -> bool:
    try:
        limiter.admit(account_id, "standard")
    except LimitExceeded:
        return False
    return True


@given(
    calls_max=st.integers(1, 6), pauses_ms=st.lists(st.integers(0, 3_000), min_size=1, max_size=60)
)
@budget(max_examples=examples(150))
def test_no_window_holds_more_calls_than_the_plan(
    clock: StandingClock, calls_max: int, pauses_ms: list[int]
) -> None:
    """Whatever the rhythm, in any five seconds; and a call is refused only when it must be."""
    limiter = Limiter(lambda _account: (Plan("p", calls_max), 1), clock=clock)
    let_through: list[int] = []
    for pause_ms in pauses_ms:
        clock.advance(pause_ms)
        recent = [at for at in let_through if at > clock.at_ms - _WINDOW_MS]
        assert admitted(limiter) is (len(recent) < calls_max)
        if len(recent) < calls_max:
            let_through.append(clock.at_ms)


def test_accounts_do_not_use_up_each_others_calls(clock: StandingClock) -> None:
    """The counter is the account's."""
    limiter = Limiter(lambda _account: (PLANS["lite"], 1), clock=clock)
    assert [admitted(limiter, account) for account in "aaabbb"] == [True, True, False] * 2


@pytest.mark.parametrize("name", PLANS)
def test_whoever_waits_as_long_as_told_is_admitted(clock: StandingClock, name: str) -> None:
    """Retry-After is enough, and never more than a window."""
    plan = PLANS[name]
    limiter = Limiter(lambda _account: (plan, 1), clock=clock)
    assert all(admitted(limiter) for _ in range(plan.window_calls_max))
    clock.advance(1_234)
    with pytest.raises(LimitExceeded) as refused:
        limiter.admit("a", "standard")
    assert 1 <= refused.value.retry_after_seconds <= 5
    assert str(plan.window_calls_max) in str(refused.value)
    clock.advance(refused.value.retry_after_seconds * 1_000)
    assert admitted(limiter)


def test_the_daily_limit_ends_with_the_day(clock: StandingClock) -> None:
    """In UTC; the message names the day's number, and refused calls are not counted."""
    plan = Plan("p", 100, day_calls_base=3, day_calls_per_user=1, day_calls_ceiling=100)
    limiter = Limiter(lambda _account: (plan, 2), clock=clock)
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


def test_what_is_used_and_refused_is_told(clock: StandingClock) -> None:
    """For each limit by itself; what is older than the window no longer counts."""
    limiter = Limiter(lambda _account: (PLANS["pro-2024"], 3), clock=clock)
    for _ in range(11):
        admitted(limiter)
    limiter.admit("a", "bulk")
    limiter.admit("b", "standard")
    assert limiter.use("a") == [
        LimitUse("standard", 10, 10, 5, 1),
        LimitUse("bulk", 1, 5, 5, 0),
        LimitUse("day", 11, 13_000, 86_400, 0),
    ]
    clock.advance(_WINDOW_MS)
    assert [use.used for use in limiter.use("a")] == [0, 0, 11]
    assert [use.used for use in limiter.use("b")] == [0, 0, 1]
    assert [use.used for use in limiter.use("nobody")] == [0, 0, 0]
    clock.advance(86_400_000)
    assert [use.used for use in limiter.use("a")] == [0, 0, 0]
    assert [
        use.name for use in Limiter(lambda _account: (PLANS["lite"], 1), clock=clock).use("a")
    ] == [
        "standard",
        "bulk",
    ]


def test_bulk_calls_have_a_window_of_their_own(clock: StandingClock) -> None:
    """As published: one in five seconds in the older table, beside the other calls."""
    limiter = Limiter(lambda _account: (PLANS["lite"], 1), clock=clock)
    limiter.admit("a", "bulk")
    assert [admitted(limiter) for _ in range(3)] == [True, True, False]
    with pytest.raises(LimitExceeded, match="limit of 1 in 5 second"):
        limiter.admit("a", "bulk")


def test_a_clock_that_is_set_back_frees_and_blocks_nobody() -> None:
    """The window is measured by the monotonic count, not by the time of day."""

    class SetBack(StandingClock):
        def now_ms(self) -> int:
            return self.at_ms - 3_600_000

    clock = StandingClock()
    limiter = Limiter(lambda _account: (PLANS["lite"], 1), clock=clock)
    assert [admitted(limiter) for _ in range(3)] == [True, True, False]
    clock.__class__ = SetBack
    assert not admitted(limiter)
    clock.advance(_WINDOW_MS)
    assert admitted(limiter)


@pytest.mark.parametrize(
    ("plan", "window", "bulk", "day"), [("lite", 2, 1, None), ("super-2024", 20, 10, 102_000)]
)
def test_the_console_and_the_metrics_tell_what_is_used(
    make_api: Callable[..., InProcess], plan: str, window: int, bulk: int, day: int | None
) -> None:
    """Per account and limit: what is allowed, used and refused; the same figures in both."""
    api = make_api(plan=plan, plan_users=2)
    for _ in range(window + 1):
        api.get(USERS)
    metrics = api.call("GET", "/metrics", keys="none").body.decode()
    wanted = {
        "calls_max": {"standard": window, "bulk": bulk} | ({"day": day} if day else {}),
        "calls_used": {"standard": window, "bulk": 0} | ({"day": window} if day else {}),
        "calls_refused_total": {"standard": 1, "bulk": 0} | ({"day": 0} if day else {}),
    }
    for name, values in wanted.items():
        lines = [x for x in metrics.splitlines() if x.startswith(f"leadwire_limit_{name}{{")]
        found = {x.split('limit="')[1].split('"')[0]: float(x.split()[-1]) for x in lines}
        assert found == values
