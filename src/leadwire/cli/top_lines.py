"""The screen of ``leadwire top``: a report as lines that fit a terminal."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from leadwire.cli.printing import Coloured, Column, cut, head_of, table_lines, width_of
from leadwire.cli.top_report import Names, Report, Use
from leadwire.dates import MINUTE_MS, SECOND_MS, format_ms
from leadwire.visible import visible

_BARS: Final = " ▁▂▃▄▅▆▇█"
_FAULT_COLUMNS: Final = (
    Column("Failures"),
    Column("Calls", is_number=True),
    Column("Last (UTC)", rank=1, is_whole=True),
)
_SLOW_COLUMNS: Final = (
    Column("Slowest"),
    *(Column(name, is_number=True, rank=rank)
      for name, rank in (("Calls", 3), ("p50 ms", 2), ("p95 ms", 0), ("Most ms", 1))),
)  # fmt: skip
_LIMIT_COLUMNS: Final = (
    Column("Account and key", least=10),
    *(Column(name, is_number=True, rank=rank)
      for name, rank in (("Calls", 4), ("In 5 s", 1), ("Most", 2), ("Limit", 0), ("429", 3))),
)  # fmt: skip
_FAILURE_COLUMNS: Final = (
    Column("Newest failures", is_whole=True),
    Column("Status", is_number=True),
    Column("Operation", rank=1, least=7),
    Column("Call id", rank=3, is_whole=True),
    Column("Exception", rank=2),
)
_LEAST: Final = 3
"""Lines of a section with one row."""
_PLAIN_ROWS_MAX: Final = 20
_KEYS_HELP: Final = "q quit  p pause  ↑↓ older and newer failures"
_PAUSED_HELP: Final = "PAUSED  p continue  q quit  ↑↓ older and newer failures"


class View(NamedTuple):
    """What the person chose."""

    paused: bool = False
    first_failure: int = 0
    """The first of the newest failures that is shown."""


def screen_lines(
    report: Report, names: Names, view: View, *, columns: int, lines: int
) -> list[str]:
    """At most *lines* lines, each at most *columns* wide."""
    help_line = cut(_PAUSED_HELP if view.paused else _KEYS_HELP, columns)
    top = _top(report, columns)
    room = lines - len(top) - 1
    tables = _tables(report, names, view)
    heights = _heights([len(rows) for _, rows in tables], room)
    shown = list(top)
    for (head, rows), height in zip(tables, heights, strict=True):
        if height:
            shown += ["", *_table(head, rows[: height - 2], columns)]
    return [*shown[: lines - 1], help_line][:lines]


def plain_lines(report: Report, names: Names, columns: int) -> list[str]:
    """The report with at most 20 rows in each table, for a pipe or ``--once``."""
    shown = _top(report, columns)
    for head, rows in _tables(report, names, View()):
        shown += ["", *_table(head, rows[:_PLAIN_ROWS_MAX], columns)]
    return shown


def _top(report: Report, columns: int) -> list[str]:
    share = 100 * report.failures / report.calls if report.calls else 0.0
    span = f"{report.span_ms // MINUTE_MS} min"
    if report.span_ms < MINUTE_MS:
        span = f"{report.span_ms // SECOND_MS} s"
    cut_note = ", the newest of them" if report.is_cut else ""
    most = max(report.history)
    damage = [cut(visible(f"Not counted: {report.damage}"), columns)] if report.damage else []
    bars = "".join(_BARS[-(-calls * (len(_BARS) - 1) // most) if most else 0] for calls in
                   report.history)  # fmt: skip
    return [
        cut(f"leadwire top  {format_ms(report.at_ms)[:-4]} UTC  last {span}", columns),
        cut(
            f"{report.per_second:.1f} calls/s now  {report.per_second_in_span:.1f} calls/s  "
            f"{report.calls:,} calls{cut_note}  {report.failures:,} failed ({share:.1f} %)",
            columns,
        ),
        cut(f"▕{bars}▏", columns) if columns >= width_of(bars) + 2 else bars[-columns:],
        *damage,
    ]


def _tables(
    report: Report, names: Names, view: View
) -> list[tuple[Sequence[Column], list[Sequence[object]]]]:
    faults: list[Sequence[object]] = [
        (Coloured(one.fault, "red"), f"{one.calls:,}", format_ms(one.last_ms))
        for one in report.faults
    ]
    slowest: list[Sequence[object]] = [
        (one.operation, f"{one.calls:,}",
         *(f"{ms:,.1f}" for ms in (one.p50_ms, one.p95_ms, one.max_ms)))
        for one in report.slowest
    ]  # fmt: skip
    limits = [_limit_row(use, names) for use in report.limits]
    failures: list[Sequence[object]] = [
        (format_ms(one.at_ms), Coloured(str(one.status), "red"), one.operation, one.call_id,
         f"{one.fault}: {one.message}" if one.message else one.fault)
        for one in report.newest_failures[view.first_failure :]
    ]  # fmt: skip
    return [
        (_FAULT_COLUMNS, faults),
        (_SLOW_COLUMNS, slowest),
        (_LIMIT_COLUMNS, limits),
        (_FAILURE_COLUMNS, failures),
    ]


def _limit_row(use: Use, names: Names) -> Sequence[object]:
    account = names.accounts.get(use.account, use.account or "(no account)")
    limit = names.window_calls_max.get(use.account) or use.limit
    is_full = limit and use.window_calls >= limit
    return (
        f"  {names.keys.get(use.key, use.key)}" if use.key else account,
        f"{use.calls:,}",
        Coloured(f"{use.window_calls:,}", "red" if is_full else ""),
        f"{use.window_calls_most:,}",
        f"{limit:,}" if limit and not use.key else "",
        Coloured(f"{use.refused:,}", "red" if use.refused else ""),
    )


def _table(head: Sequence[Column], rows: list[Sequence[object]], columns: int) -> list[str]:
    all_rows = [head_of(head), *(rows or [("(none)", *[""] * (len(head) - 1))])]
    widths = [
        max(width_of(cell.text if isinstance(cell, Coloured) else str(cell)) for cell in cells)
        for cells in zip(*all_rows, strict=True)
    ]
    return [line for row in all_rows for line in table_lines(head, widths, row, columns)]


def _heights(rows: Sequence[int], room: int) -> list[int]:
    """Lines of each section with its blank line and its head; 0: it is left out.

    The last section, the newest failures, takes what the others leave.
    """
    shown = min(room // _LEAST, len(rows))
    heights = [0] * len(rows)
    for place in range(shown - 1):
        heights[place] = min(2 + max(rows[place], 1), max(room // shown, _LEAST))
    heights[-1] = room - sum(heights) if room >= _LEAST else 0
    return heights
