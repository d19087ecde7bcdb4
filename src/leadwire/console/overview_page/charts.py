"""The geometry of the overview's charts, as attributes of SVG: no inline style is allowed.

A chart is stretched to the width of its card. Its labels are beside it, so they are not stretched.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from leadwire.console.overview_page.report import LimitUse, SpanOfCalls
from leadwire.dates import DAY_MS, HOUR_MS, MONTHS, format_seconds

WIDTH: Final = 960
HEIGHT: Final = 120
_STACK: Final = ("client_fault", "refused", "server_fault", "aborted", "gap", "success")
"""Outcomes from the baseline upwards: failures compare best when they stand on it."""
_GAP: Final = 2
_SEGMENT_MIN: Final = 2.0
"""Keeps one failed call among a thousand visible."""
_LABELS_OF_TIME: Final = 5
_HEADROOM: Final = 1.1
_WEEKDAYS: Final = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
"""The first day of 1970 was a Thursday."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A line across the chart, and its label."""

    y: float
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    kind: str
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    from_ms: int
    until_ms: int
    x: float
    width: float
    segments: tuple[Segment, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bars:
    """*pitch* is the width of a bar with the gap to the next."""

    pitch: float
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    limit: Tick | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    name: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    lines: tuple[Line, ...]
    ticks: tuple[Tick, ...]


def calls_chart(spans: Sequence[SpanOfCalls]) -> Bars | None:
    """Calls over time, stacked by outcome; None without calls."""
    most = max((span.calls for span in spans), default=0)
    if not most:
        return None
    top = nice(most)
    pitch = WIDTH / len(spans)
    bars = tuple(
        _bar(
            span.from_ms,
            span.until_ms,
            place * pitch,
            pitch,
            [(name, span.outcomes.get(name, 0) * HEIGHT / top) for name in _STACK],
        )
        for place, span in enumerate(spans)
    )
    return Bars(pitch=pitch, bars=bars, ticks=_ticks(top))


def outcomes_of(spans: Sequence[SpanOfCalls]) -> list[str]:
    """The outcomes that occur, from the baseline upwards."""
    return [name for name in _STACK if any(name in span.outcomes for span in spans)]


def limit_chart(use: LimitUse) -> Bars | None:
    """The fullest window of each span, its refused calls on top; None without calls."""
    if not use.fullest:
        return None
    top = nice(max(use.fullest, use.calls_max) * _HEADROOM)
    pitch = WIDTH / len(use.spans)
    bars = tuple(
        _bar(
            span.from_ms,
            span.until_ms,
            place * pitch,
            pitch,
            [
                ("success", (span.calls - span.refused) * HEIGHT / top),
                ("refused", span.refused * HEIGHT / top),
            ],
        )
        for place, span in enumerate(use.spans)
    )
    limit = None
    if use.calls_max:
        limit = Tick(y=_y(use.calls_max, top), label=f"limit {use.calls_max:,}")
        return Bars(pitch=pitch, bars=bars, ticks=(), limit=limit)
    return Bars(pitch=pitch, bars=bars, ticks=_ticks(top))


def durations_chart(spans: Sequence[SpanOfCalls]) -> Lines | None:
    """p50, p95 and p99 over time on a logarithmic axis; None without calls.

    A line is broken where a span has no calls.
    """
    counted = [span for span in spans if span.calls]
    if not counted:
        return None
    low = math.floor(math.log10(max(min(s.durations.p50_ms for s in counted), 0.001)))
    high = math.ceil(math.log10(max(s.durations.p99_ms for s in counted)))
    high = max(high, low + 1)

    def y_of(duration_ms: float) -> float:
        share = (math.log10(max(duration_ms, 10.0**low)) - low) / (high - low)
        return round(HEIGHT * (1 - share), 1)

    ticks = tuple(
        Tick(y=y_of(10.0**power), label=_short_duration(10.0**power))
        for power in range(low, high + 1)
    )
    lines = tuple(
        Line(name=name, path=_path(spans, value, y_of))
        for name, value in (
            ("p50", lambda span: span.durations.p50_ms),
            ("p95", lambda span: span.durations.p95_ms),
            ("p99", lambda span: span.durations.p99_ms),
        )
    )
    return Lines(lines=lines, ticks=ticks)


def labels_of_time(from_ms: int, until_ms: int) -> list[str]:
    """Five instants from the start to the end of an axis, in UTC."""
    length_ms = until_ms - from_ms
    return [
        _label(
            from_ms + length_ms * place // (_LABELS_OF_TIME - 1), length_ms, at_end=place % 4 == 0
        )
        for place in range(_LABELS_OF_TIME)
    ]


def nice(most: float) -> int:
    """The least of 2, 4, 6, 8, 10, 20, 40, … that is not below *most*. Its half is whole."""
    power = 1
    while True:
        for factor in (2, 4, 6, 8, 10):
            if factor * power >= most:
                return factor * power
        power *= 10


def _bar(
    from_ms: int, until_ms: int, x: float, pitch: float, heights: Sequence[tuple[str, float]]
) -> Bar:
    segments, top = [], float(HEIGHT)
    for kind, wanted in heights:
        if not wanted:
            continue
        height = min(max(wanted, _SEGMENT_MIN), top)
        top -= height
        segments.append(Segment(kind=kind, y=round(top, 1), height=round(height, 1)))
    width = max(pitch - _GAP, pitch / 2)
    return Bar(
        from_ms=from_ms,
        until_ms=until_ms,
        x=round(x + (pitch - width) / 2, 1),
        width=round(width, 1),
        segments=tuple(segments),
    )


def _ticks(top: int) -> tuple[Tick, ...]:
    return tuple(Tick(y=_y(value, top), label=f"{value:,}") for value in (top, top // 2))


def _y(value: float, top: float) -> float:
    return round(HEIGHT * (1 - value / top), 1)


def _path(
    spans: Sequence[SpanOfCalls],
    value: Callable[[SpanOfCalls], float],
    y_of: Callable[[float], float],
) -> str:
    pitch, steps, pen_is_down = WIDTH / len(spans), [], False
    for place, span in enumerate(spans):
        if not span.calls:
            pen_is_down = False
            continue
        x, y = round((place + 0.5) * pitch, 1), y_of(value(span))
        # A point without neighbours would not be seen: a short dash stands for it.
        steps.append(f"L{x} {y}" if pen_is_down else f"M{round(x - pitch / 4, 1)} {y}H{x}")
        pen_is_down = True
    return "".join(steps)


def _label(at_ms: int, length_ms: int, *, at_end: bool) -> str:
    date, clock = format_seconds(at_ms).split(" ")
    if length_ms > 2 * DAY_MS:
        return f"{int(date[8:])} {MONTHS[int(date[5:7]) - 1]}"
    shown = clock[:5] if length_ms > HOUR_MS // 6 else clock
    weekday = _WEEKDAYS[at_ms // DAY_MS % len(_WEEKDAYS)]
    return f"{weekday} {shown}" if at_end else shown


def _short_duration(duration_ms: float) -> str:
    return f"{duration_ms / 1_000:g} s" if duration_ms >= 1_000 else f"{duration_ms:g} ms"  # noqa: PLR2004
