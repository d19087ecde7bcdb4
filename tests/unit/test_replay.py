"""A replayed log is refused what the Gate's limiter refuses, call for call."""

from array import array
from collections import Counter
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import StandingClock

from leadwire.access.limits import Limiter
from leadwire.access.replay import (
    CallTimes,
    fullest,
    fullest_windows,
    newest,
    offered_calls,
    refused_under,
    with_bulk_calls,
)
from leadwire.dates import DAY_MS
from leadwire.errors import LimitExceeded
from leadwire.operations.plans import Plan

T0 = 20_000 * DAY_MS
PAUSES = st.one_of(st.integers(0, 40), st.integers(0, 6_000), st.just(DAY_MS // 3))
CALLS = st.lists(
    st.tuples(PAUSES, st.sampled_from(["Lead.Create", "Lead.BulkCreate"])), min_size=1, max_size=80
)


def called(operation: str, *times_ms: int, key_id: str = "k", refused: bool = False) -> CallTimes:
    return CallTimes(operation, key_id, refused=refused, times_ms=array("q", times_ms))


@given(
    calls=CALLS,
    calls_max=st.integers(1, 6),
    bulk_max=st.integers(1, 3),
    day_max=st.sampled_from([0, 5, 30, 1_000]),
)
def test_a_replay_refuses_what_the_limiter_refuses(
    calls: list[tuple[int, str]], calls_max: int, bulk_max: int, day_max: int
) -> None:
    """For windows of both classes and for days, whatever the rhythm, over midnight too."""
    plan = Plan("p", calls_max, bulk_max, day_max, 0, day_max)
    times = list(accumulate((pause for pause, _ in calls), initial=T0 - 3_000))[1:]
    clock = StandingClock()
    limiter = Limiter(lambda _account: (plan, 1), clock=clock)
    # Calls of one millisecond have no order in the log: a replay takes bulk calls first.
    in_order = sorted(zip(times, (name for _, name in calls), strict=True))
    refused: Counter[str] = Counter()
    for at_ms, name in in_order:
        clock.advance(at_ms - clock.at_ms)
        try:
            limiter.admit("a", "standard" if name == "Lead.Create" else "bulk")
        except LimitExceeded:
            refused[name] += 1
    parts = [
        called(name, *(at for at, name_of in in_order if name_of == name))
        for name in ("Lead.Create", "Lead.BulkCreate")
    ]
    found = refused_under(offered_calls(parts), plan, users=1)
    assert found == {use.name: use.refused for use in limiter.use("a")}
    assert sum(found.values()) == refused.total()


def test_calls_of_web_pages_and_of_no_operation_are_counted_as_the_gate_does() -> None:
    """Pages have no limit; an unknown path counts as a call."""
    parts = [called("Web.Visit", T0), called("", T0 + 1), called("Lead.BulkUpdate", T0 + 2)]
    offered = offered_calls(parts)
    assert {name: len(calls.times) for name, calls in offered.items()} == {
        "standard": 1,
        "bulk": 1,
    }


def test_the_fullest_window_of_each_span_counts_calls_and_refused_ones() -> None:
    """A window has five seconds, its start excluded."""
    parts = [
        called("Lead.Create", *(T0 + 1_000 * n for n in range(12))),
        called("Lead.Create", T0 + 11_000, T0 + 11_000, refused=True),
        called("Lead.Create", T0 + 60_000),
    ]
    offered = offered_calls(parts)["standard"]
    assert fullest(offered) == 7
    windows = fullest_windows(offered, 10_000)
    assert [(w.from_ms - T0, w.calls, w.refused) for w in windows] == [
        (0, 5, 0),
        (10_000, 7, 2),
        (60_000, 1, 0),
    ]


@pytest.mark.parametrize(("calls", "sent"), [(1, 1), (50, 1), (51, 2), (120, 3)])
def test_single_calls_of_a_window_become_bulk_calls(calls: int, sent: int) -> None:
    """As many as the bulk operation takes rows; calls of another key are not joined."""
    parts = [
        called("Lead.Create", *(T0 + n for n in range(calls))),
        called("Lead.Create", T0, key_id="other"),
        called("Leads.Get", T0),
    ]
    offered = with_bulk_calls(parts)
    assert len(offered["bulk"].times) == sent + 1
    assert len(offered["standard"].times) == 1


@given(
    pauses=st.lists(st.integers(0, 3), max_size=30),
    calls_max=st.integers(1, 40),
)
def test_the_newest_calls_are_the_last_ones(pauses: list[int], calls_max: int) -> None:
    """At most so many; calls of one millisecond are taken or left together."""
    times = list(accumulate(pauses, initial=T0))
    found, from_ms = newest(
        [called("Lead.Create", *times[::2]), called("", *times[1::2])], calls_max
    )
    kept = sorted(at for part in found for at in part.times_ms)
    assert kept == [at for at in times if at >= from_ms]
    assert len(kept) <= calls_max
    assert (from_ms == 0) == (len(times) <= calls_max)
    assert from_ms == 0 or sum(at >= from_ms - 1 for at in times) > calls_max


def test_no_calls_are_refused_nothing() -> None:
    """An empty log has empty answers."""
    offered = offered_calls([])
    assert fullest(offered["standard"]) == 0
    assert fullest_windows(offered["standard"], 1_000) == []
    assert refused_under(offered, Plan("p", 1), users=1) == {"standard": 0, "bulk": 0}
