"""Calls are held back so that no window at the upstream has more than the plan admits."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from proxy.timers import StandingTimers

from leadwire.errors import SetupError
from leadwire.proxy.pace import Pace, Rate, Turn, pace_of, rate_of
from leadwire.settings import Settings


class Call:
    """Is sent *delay* seconds after its turn came."""

    def __init__(self, timers: StandingTimers, name: str, delay: float = 0.0) -> None:
        self._timers = timers
        self.name = name
        self.delay = delay
        self.sent_at: float | None = None
        self.lost = ""
        self.turn: Turn | None = None

    def turn_came(self, turn: Turn, held_ms: float) -> None:
        assert held_ms >= 0
        self._timers.call_at(self._timers.now + self.delay, lambda: self._send(turn))

    def _send(self, turn: Turn) -> None:
        if turn.state == "due":
            self.sent_at = self._timers.now
            turn.sent()

    def turn_lost(self, held_ms: float, reason: str, retry_after_seconds: int) -> None:
        assert held_ms >= 0
        assert retry_after_seconds > 0
        self.lost = reason


def paced(timers: StandingTimers, calls_max: int, **bounds: float) -> Pace:
    return Pace(
        Rate(calls_max, 5.0),
        timers,
        margin_seconds=bounds.get("margin", 0.25),
        waiting_max=int(bounds.get("waiting_max", 1_000)),
        waiting_seconds_max=bounds.get("waiting_seconds_max", 600.0),
    )


arrivals = st.lists(
    st.tuples(
        st.floats(0, 3),  # after the one before
        st.sampled_from("ab"),  # caller
        st.sampled_from([0.0, 0.1, 2.0]),  # from its turn until it is sent
        st.one_of(st.none(), st.floats(0, 4)),  # the caller leaves after so long
        st.floats(0, 0.25),  # on the way to the upstream
    ),
    max_size=40,
)


@given(arrivals, st.integers(1, 4))
def test_no_window_at_the_upstream_has_more_calls(
    asked: list[tuple[float, str, float, float | None, float]], calls_max: int
) -> None:
    """By the upstream's clock, with any way of up to the margin, whoever leaves meanwhile."""
    timers = StandingTimers()
    pace = paced(timers, calls_max)
    calls = []
    at = timers.now
    for after, caller, delay, leaves_after, way in asked:
        at += after
        timers.pass_until(at)
        call = Call(timers, caller, delay)
        turn = pace.ask(caller, call)
        if leaves_after is not None:
            timers.call_at(at + leaves_after, turn.cancel)
        calls.append((call, way))
    timers.pass_until(at + 1_000)
    assert pace.waiting == 0
    arrived = sorted(call.sent_at + way for call, way in calls if call.sent_at is not None)
    for first, last in zip(arrived, arrived[calls_max:], strict=False):
        assert last - first >= 5.0 - 1e-9
    stayed = [
        call for call, (_, _, _, leaves, _) in zip(calls, asked, strict=True) if leaves is None
    ]
    assert all(call.sent_at is not None for call, _ in stayed)
    for caller in "ab":  # first in, first out
        times = [
            call.sent_at
            for call, _ in calls
            if call.name == caller and call.delay == 0 and call.sent_at
        ]
        assert times == sorted(times)


def test_a_busy_caller_does_not_delay_another() -> None:
    """One caller has a hundred times the calls. The other's few calls go out in every window."""
    timers = StandingTimers()
    pace = paced(timers, 2, waiting_seconds_max=10_000)
    many = [Call(timers, "many") for _ in range(100)]
    for call in many:
        pace.ask("many", call)
    few = Call(timers, "few")
    pace.ask("few", few)
    timers.pass_until(timers.now + 5.3)
    assert few.sent_at is not None
    assert sum(call.sent_at is not None for call in many) == 1


def test_the_first_window_after_a_start_counts_as_full() -> None:
    """What was sent before the start is unknown."""
    timers = StandingTimers()
    pace = paced(timers, 3)
    call = Call(timers, "a")
    pace.ask("a", call)
    timers.pass_until(timers.now + 5.2)
    assert call.sent_at is None
    timers.pass_until(timers.now + 0.1)
    assert call.sent_at is not None


def test_waiting_is_bounded_in_number_and_time() -> None:
    """Beyond the bounds a call loses its turn, and it is told why."""
    timers = StandingTimers()
    pace = paced(timers, 1, waiting_max=2, waiting_seconds_max=3)
    waiting = [Call(timers, "a") for _ in range(3)]
    for call in waiting:
        pace.ask("a", call)
    assert [bool(call.lost) for call in waiting] == [False, False, True]
    assert "2 calls wait" in waiting[2].lost
    timers.pass_until(timers.now + 3.1)
    assert "waited 3 second(s)" in waiting[0].lost
    assert pace.waiting == 0


def test_a_pace_is_a_plan_or_calls_per_seconds() -> None:
    """Anything else is refused, with what to write."""
    assert rate_of("pro") == (5, 5)
    assert rate_of("25/5s") == (25, 5)
    for wrong in ("", "unlimited", "25", "0/5s", "5/0s", "-1/5s", "5/5"):
        with pytest.raises(SetupError, match="Write 25/5s"):
            rate_of(wrong)


def test_the_settings_make_the_pace() -> None:
    """Without one, calls are not held."""
    timers = StandingTimers()
    assert pace_of(Settings(), timers) is None
    pace = pace_of(Settings(pace="25/5s", pace_waiting_max=0), timers)
    assert pace is not None
    call = Call(timers, "a")
    pace.ask("a", call)
    assert "at most 25 call(s) in 5 second(s)" in call.lost
