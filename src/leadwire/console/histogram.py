"""Calls over time by outcome, as SVG.

Attributes place the shapes and classes colour them, because the pages allow no inline style.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from leadwire.dates import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS

SERIES: Final = (
    ("client_fault", "Client fault"),
    ("server_fault", "Server fault"),
    ("refused", "Refused"),
    ("aborted", "Aborted"),
    ("gap", "Gap"),
    ("success", "Success"),
)
"""Outcomes in stacking order. Failures stand on the baseline, so that they can be compared."""

WIDTH: Final = 960
HEIGHT: Final = 64
BARS_MAX: Final = 60
_GAP: Final = 2
_BAR_WIDTH_MAX: Final = 40
_SCALE_MIN: Final = 4
_SEGMENT_HEIGHT_MIN: Final = 2.0
"""Keeps one failed call among a thousand visible."""
_PARTED: Final = 1.0
"""The gap between failures and successes."""

_WIDTHS_MS: Final = (
    *(SECOND_MS * n for n in (1, 5, 15, 30)),
    *(MINUTE_MS * n for n in (1, 2, 5, 10, 15, 30)),
    *(HOUR_MS * n for n in (1, 3, 6, 12)),
    *(DAY_MS * n for n in (1, 2, 7)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """The calls of one span: ``from_ms`` inclusive, ``until_ms`` exclusive.

    The first and last bar end with the requested range, so a bar's link finds exactly its calls.
    *x* and *width* include the gaps beside it.
    """

    from_ms: int
    until_ms: int
    counts: dict[str, int]
    x: float
    width: float

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def failed(self) -> int:
        return self.total - self.counts.get("success", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """*bars* holds spans that have calls. *paths* are the shapes of each outcome that occurs."""

    from_ms: int
    until_ms: int
    bar_ms: int
    bars: tuple[Bar, ...]
    total_max: int
    paths: dict[str, str]


def histogram_of(
    counts: Iterable[tuple[int, str, int]],
    *,
    from_ms: int | None,
    until_ms: int | None,
    bar_ms_min: int,
) -> Histogram | None:
    """From (start of a span in ms, outcome, calls); the spans are of *bar_ms_min*."""
    counts = list(counts)
    if not counts:
        return None
    times = [at_ms for at_ms, _, _ in counts]
    start = min(times) if from_ms is None else min(from_ms, *times)
    end = (max(times) if until_ms is None else max(until_ms - 1, *times)) + 1
    bar_ms = width_for(end - start, bars_max=BARS_MAX, width_min_ms=bar_ms_min)
    start -= start % bar_ms
    count = -((start - end) // bar_ms)
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
    paths: dict[str, list[str]] = {}
    for place, counts in by_bar.items():
        left = place * pitch + (pitch - width) / 2
        for outcome, bottom, height in _segments(counts, scale):
            shape = f"M{left:.1f} {bottom:.1f}h{width:.1f}v-{height:.1f}h-{width:.1f}z"
            paths.setdefault(outcome, []).append(shape)
    return Histogram(
        from_ms=start_ms,
        until_ms=start_ms + count * bar_ms,
        bar_ms=bar_ms,
        bars=tuple(
            Bar(
                from_ms=start_ms + place * bar_ms,
                until_ms=start_ms + (place + 1) * bar_ms,
                counts=counts,
                x=round(place * pitch, 2),
                width=round(pitch, 2),
            )
            for place, counts in by_bar.items()
        ),
        total_max=total_max,
        paths={outcome: "".join(shapes) for outcome, shapes in paths.items()},
    )


def _segments(counts: dict[str, int], scale: int) -> Iterator[tuple[str, float, float]]:
    """(outcome, bottom, height) of each part of a bar, from its foot."""
    bottom = float(HEIGHT)
    for outcome, calls in counts.items():
        if outcome == "success" and bottom < HEIGHT:
            bottom -= _PARTED
        # The minimum height may push the last parts beyond the edge.
        height = min(max(calls / scale * HEIGHT, _SEGMENT_HEIGHT_MIN), bottom)
        yield outcome, bottom, height
        bottom -= height
