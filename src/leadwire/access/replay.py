"""Replay the calls of a log under a plan: which calls its limits would have refused.

The Gate's own ``Limiter`` decides. It sees only the calls that can matter: a call is admitted if
the five seconds before it have fewer calls than the limit.
"""

from array import array
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

import numpy as np

from leadwire.access.limits import LIMIT_CLASSES, Limiter, LimitName
from leadwire.dates import DAY_MS, SECOND_MS
from leadwire.errors import LimitExceeded
from leadwire.operations import BY_NAME
from leadwire.operations.bulk import BULK_OF
from leadwire.operations.operation import LimitClass
from leadwire.operations.plans import WINDOW_SECONDS, Plan

WINDOW_MS: Final = WINDOW_SECONDS * SECOND_MS

_ACCOUNT: Final = "replayed"
_NS_PER_MS: Final = 1_000_000

Times = np.ndarray[tuple[int], np.dtype[np.int64]]
"""When calls began, sorted, in milliseconds."""
Flags = np.ndarray[tuple[int], np.dtype[np.bool_]]


class CallTimes(NamedTuple):
    """When calls of one operation and key began."""

    operation: str
    key_id: str
    refused: bool
    """Whether a limit refused them."""
    times_ms: "array[int]"
    """Sorted; of type code ``q``."""


class Offered(NamedTuple):
    """The calls of one limit class, refused calls included."""

    times: Times
    refused: Flags
    """Which of them a limit refused."""


class Window(NamedTuple):
    """The fullest window of a span of time."""

    from_ms: int
    """Start of the span."""
    calls: int
    refused: int
    """How many of these calls a limit refused."""


def offered_calls(calls: Iterable[CallTimes]) -> dict[LimitClass, Offered]:
    """The calls that a plan's limits count, by limit class. Calls of web pages have no limit."""
    found: dict[LimitClass, list[CallTimes]] = {name: [] for name in LIMIT_CLASSES}
    for part in calls:
        limit_class = _limit_class(part.operation)
        if limit_class is not None:
            found[limit_class].append(part)
    return {name: _merged(parts) for name, parts in found.items()}


def newest(calls: Iterable[CallTimes], calls_max: int) -> tuple[list[CallTimes], int]:
    """The newest *calls_max* calls, and when the first of them began; 0 if nothing was cut.

    Calls of the same millisecond stay together, so there may be fewer.
    """
    parts = list(calls)
    times = [np.frombuffer(part.times_ms, np.int64) for part in parts]
    every = np.sort(np.concatenate([np.empty(0, np.int64), *times]))
    if len(every) <= calls_max:
        return parts, 0
    from_ms = int(every[-calls_max - 1]) + 1
    starts = [int(np.searchsorted(of_part, from_ms)) for of_part in times]
    cut = [
        part._replace(times_ms=part.times_ms[start:])
        for part, start in zip(parts, starts, strict=True)
    ]
    return [part for part in cut if part.times_ms], from_ms


def with_bulk_calls(calls: Iterable[CallTimes]) -> dict[LimitClass, Offered]:
    """The same if clients had used bulk calls.

    Calls of one key and operation within a window become one bulk call at the end of the window,
    or when the bulk call is full.
    """
    singles: dict[tuple[str, str], list[CallTimes]] = {}
    rest: list[CallTimes] = []
    for part in calls:
        if part.operation in BULK_OF:
            singles.setdefault((part.operation, part.key_id), []).append(part)
        else:
            rest.append(part)
    for (operation, key_id), parts in singles.items():
        bulk = BULK_OF[operation]
        times = _batched(_merged(parts).times, BY_NAME[bulk].rows_max)
        rest.append(CallTimes(bulk, key_id, refused=False, times_ms=array("q", sorted(times))))
    return offered_calls(rest)


def fullest(offered: Offered) -> int:
    """The most calls in any window."""
    return int(_in_window(offered.times).max(initial=0))


def fullest_windows(offered: Offered, span_ms: int) -> list[Window]:
    """The fullest window that ends in each span of time; spans without calls are left out."""
    times = offered.times
    if not len(times):
        return []
    calls = _in_window(times)
    refused_until = np.concatenate([[0], np.cumsum(offered.refused)])
    starts = np.flatnonzero(np.diff(times // span_ms, prepend=times[0] // span_ms - 1))
    windows = []
    for start, end in zip(starts.tolist(), [*starts[1:].tolist(), len(times)], strict=True):
        last = start + int(calls[start:end].argmax())
        count = int(calls[last])
        refused = int(refused_until[last + 1] - refused_until[last + 1 - count])
        windows.append(Window(int(times[start]) // span_ms * span_ms, count, refused))
    return windows


def refused_under(
    offered: Mapping[LimitClass, Offered], plan: Plan, *, users: int
) -> dict[LimitName, int]:
    """How many calls each limit of *plan* would have refused.

    Every call counts as it came: a client that was refused less would also have retried less. A
    day counts from the first call in *offered* on.
    """
    every_call = _is_day_exceeded(offered, plan.day_calls_max(users))
    clock = _ReplayClock()
    limiter = Limiter(lambda _account: (plan, users), clock=clock)
    skip_until_ms = 0
    refused_by_day = 0
    for at_ms, limit_class in _in_order(offered, plan, every_call=every_call):
        if at_ms < skip_until_ms:
            refused_by_day += 1
            continue
        clock.at_ms = at_ms
        try:
            limiter.admit(_ACCOUNT, limit_class)
        except LimitExceeded as refusal:
            if refusal.window_seconds != WINDOW_SECONDS:
                skip_until_ms = (at_ms // DAY_MS + 1) * DAY_MS
    refused = {use.name: use.refused for use in limiter.use(_ACCOUNT)}
    if refused_by_day:
        refused["day"] += refused_by_day
    return refused


class _ReplayClock:
    """Shows the time of the call that is replayed."""

    def __init__(self) -> None:
        self.at_ms = 0

    def now_ms(self) -> int:
        return self.at_ms

    def elapsed_ns(self) -> int:
        return self.at_ms * _NS_PER_MS


def _limit_class(operation: str) -> LimitClass | None:
    known = BY_NAME.get(operation)
    if known is None:
        return "standard"
    return None if known.is_for_pages else known.limit_class


def _merged(parts: Iterable[CallTimes]) -> Offered:
    parts = list(parts)
    if not parts:
        return Offered(np.empty(0, np.int64), np.empty(0, np.bool_))
    times = np.concatenate([np.frombuffer(part.times_ms, np.int64) for part in parts])
    refused = np.repeat([part.refused for part in parts], [len(part.times_ms) for part in parts])
    order = np.argsort(times, kind="stable")
    return Offered(times[order], refused[order])


def _in_window(times: Times) -> Times:
    """For each call: how many calls the window has that ends with it."""
    return np.arange(1, len(times) + 1) - np.searchsorted(times, times - WINDOW_MS, side="right")


def _batched(times: Times, rows_max: int) -> list[int]:
    """When bulk calls of at most *rows_max* rows would have been sent in place of *times*."""
    sent: list[int] = []
    rows, until_ms = 0, 0
    for at_ms in times.tolist():
        if rows and at_ms >= until_ms:
            sent.append(until_ms)
            rows = 0
        if not rows:
            until_ms = at_ms + WINDOW_MS
        rows += 1
        if rows == rows_max:
            sent.append(at_ms)
            rows = 0
    return [*sent, until_ms] if rows else sent


def _is_day_exceeded(offered: Mapping[LimitClass, Offered], day_calls_max: int) -> bool:
    if not day_calls_max:
        return False
    days = np.concatenate([calls.times for calls in offered.values()]) // DAY_MS
    return bool((np.unique(days, return_counts=True)[1] > day_calls_max).any())


def _in_order(
    offered: Mapping[LimitClass, Offered], plan: Plan, *, every_call: bool
) -> list[tuple[int, LimitClass]]:
    """The calls that can matter, oldest first."""
    calls: list[tuple[int, LimitClass]] = []
    bounds: dict[LimitClass, int] = {
        "standard": plan.window_calls_max,
        "bulk": plan.bulk_window_calls_max,
    }
    for limit_class, (times, _) in offered.items():
        counted = times if every_call else _that_matter(times, bounds[limit_class])
        calls += [(at_ms, limit_class) for at_ms in counted.tolist()]
    return sorted(calls)


def _that_matter(times: Times, calls_max: int) -> Times:
    """The calls in any window with more than *calls_max* calls."""
    ends = np.flatnonzero(_in_window(times) > calls_max)
    starts = np.searchsorted(times, times[ends] - WINDOW_MS, side="right")
    changes = np.zeros(len(times) + 1, np.int64)
    np.add.at(changes, starts, 1)
    np.add.at(changes, ends + 1, -1)
    return times[np.cumsum(changes)[:-1] > 0]
