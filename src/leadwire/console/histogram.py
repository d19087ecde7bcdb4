"""Calls over time by outcome, as SVG: from rows, or from hourly counts.

Attributes place the shapes and classes colour them, because the pages allow no inline style.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from leadwire.calls.record import CallRecord
from leadwire.dates import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

SERIES: Final = (
    ("success", "Success"),
    ("client_fault", "Client fault"),
    ("refused", "Refused"),
    ("server_fault", "Server fault"),
    ("aborted", "Aborted"),
    ("gap", "Gap"),
)
"""Outcomes in stacking order, from the bottom of a bar."""

WIDTH: Final = 960
HEIGHT: Final = 64
_BARS_MAX: Final = 60
_GAP: Final = 2
_BAR_WIDTH_MAX: Final = 40
_SCALE_MIN: Final = 4
_SEGMENT_HEIGHT_MIN: Final = 1.5
"""Keeps one failed call among a thousand visible."""

_WIDTHS_MS: Final = (
    *(SECOND_MS * n for n in (1, 5, 15, 30)),
    *(MINUTE_MS * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR_MS * n for n in (1, 3, 6, 12)),
    *(DAY_MS * n for n in (1, 2, 7)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    outcome: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The calls of one span: ``from_ms`` inclusive, ``until_ms`` exclusive.

    The first and last bar end with the requested range, so a bar's link finds exactly its calls.
    """

    from_ms: int
    until_ms: int
    counts: dict[str, int]
    total: int
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """*bars* holds spans that have calls; *totals* the outcomes that occur."""

    from_ms: int
    until_ms: int
    bar_ms: int
    bars: tuple[Bar, ...]
    total_max: int
    totals: dict[str, int]


def histogram(
    calls: Sequence[CallRecord], *, from_ms: int | None, until_ms: int | None
) -> Histogram | None:
    """Over the requested range, or the range of the calls; None if it would be one bar."""
    counts = ((call.started_at_ms, call.outcome, 1) for call in calls)
    return _histogram(counts, from_ms=from_ms, until_ms=until_ms, bar_ms_min=SECOND_MS)


def histogram_of_hours(
    hours: Iterable[tuple[int, str, int]], *, from_ms: int | None, until_ms: int | None
) -> Histogram | None:
    """The same from (start of the hour in ms, outcome, calls). A bar is at least an hour."""
    return _histogram(hours, from_ms=from_ms, until_ms=until_ms, bar_ms_min=HOUR_MS)


def _histogram(
    counts: Iterable[tuple[int, str, int]],
    *,
    from_ms: int | None,
    until_ms: int | None,
    bar_ms_min: int,
) -> Histogram | None:
    counts = list(counts)
    if not counts:
        return None
    times = [at_ms for at_ms, _, _ in counts]
    start = min(times) if from_ms is None else min(from_ms, *times)
    end = (max(times) if until_ms is None else max(until_ms - 1, *times)) + 1
    bar_ms = width_for(end - start, bars_max=_BARS_MAX, width_min_ms=bar_ms_min)
    start -= start % bar_ms
    count = -((start - end) // bar_ms)
    if count <= 1:
        return None
    counted = Counter[tuple[int, str]]()
    for at_ms, outcome, calls in counts:
        counted[(at_ms - start) // bar_ms, outcome] += calls
    chart = _drawn(counted, start_ms=start, bar_ms=bar_ms, count=count)
    bars = tuple(
        replace(
            bar,
            from_ms=max(bar.from_ms, from_ms or 0),
            until_ms=min(bar.until_ms, until_ms or bar.until_ms),
        )
        for bar in chart.bars
    )
    return replace(chart, bars=bars)


def width_for(span_ms: int, *, bars_max: int, width_min_ms: int = SECOND_MS) -> int:
    """The length of a bar, so that *span_ms* has at most *bars_max* bars, if that is possible."""
    widths = [width for width in _WIDTHS_MS if width >= width_min_ms]
    return next((width for width in widths if span_ms / width <= bars_max - 1), widths[-1])


def span_words(span_ms: int) -> str:
    """``1 second``, ``5 minutes``, ``3 hours``, ``2 days``: the width of a bar in words."""
    for unit_ms, noun in ((DAY_MS, "day"), (HOUR_MS, "hour"), (MINUTE_MS, "minute")):
        if span_ms % unit_ms == 0:
            return f"{span_ms // unit_ms} {noun}{'' if span_ms == unit_ms else 's'}"
    return f"{span_ms // SECOND_MS} second{'' if span_ms == SECOND_MS else 's'}"


def _drawn(
    counted: Counter[tuple[int, str]], *, start_ms: int, bar_ms: int, count: int
) -> Histogram:
    by_bar: dict[int, dict[str, int]] = {}
    for place in sorted({place for place, _ in counted}):
        found = {outcome: counted[place, outcome] for outcome, _ in SERIES}
        by_bar[place] = {outcome: calls for outcome, calls in found.items() if calls}
    total_max = max(sum(counts.values()) for counts in by_bar.values())
    # Keeps a single call from filling the whole height.
    scale = max(total_max, _SCALE_MIN)
    pitch = WIDTH / count
    width = min(max(pitch - _GAP, 1.0), float(_BAR_WIDTH_MAX))
    bars = tuple(
        Bar(
            from_ms=start_ms + place * bar_ms,
            until_ms=start_ms + (place + 1) * bar_ms,
            counts=counts,
            total=sum(counts.values()),
            segments=_segments(
                counts, x=place * pitch + (pitch - width) / 2, width=width, scale=scale
            ),
        )
        for place, counts in by_bar.items()
    )
    totals = {o: sum(bar.counts.get(o, 0) for bar in bars) for o, _ in SERIES}
    return Histogram(
        from_ms=start_ms,
        until_ms=start_ms + count * bar_ms,
        bar_ms=bar_ms,
        bars=bars,
        total_max=total_max,
        totals={outcome: calls for outcome, calls in totals.items() if calls},
    )


def _segments(counts: dict[str, int], *, x: float, width: float, scale: int) -> tuple[Segment, ...]:
    top = float(HEIGHT)
    segments = []
    for outcome, calls in counts.items():
        height = max(calls / scale * HEIGHT, _SEGMENT_HEIGHT_MIN)
        # The minimum height may push the last segments beyond the edge.
        height = min(height, top)
        top -= height
        segments.append(
            Segment(
                outcome=outcome,
                x=round(x, 2),
                y=round(top, 2),
                width=round(width, 2),
                height=round(height, 2),
            )
        )
    return tuple(segments)
