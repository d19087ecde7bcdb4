"""The rows of a list of calls, grouped by day: all texts cut and ready to print."""

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, tzinfo
from itertools import groupby
from typing import Final, NamedTuple

from markupsafe import Markup

from leadwire.calls.record import CallRecord
from leadwire.console.about import about, needles_of
from leadwire.console.filters import Filters
from leadwire.console.moments import clock_time, date_time, day_words, moment
from leadwire.console.overview import DayCount
from leadwire.console.words import duration, size
from leadwire.visible import readable_path, visible

SLOW_MS: Final = 200
_STEPS_MAX: Final = 8
_NONE: Final = "\u2013"
_OPERATION_CHARS_MAX: Final = 60
_CELL_CHARS_MAX: Final = 40


class Row(NamedTuple):
    """One call.

    *step* is the length of its duration's bar, from 1 to 8. *more* has the cells of the chosen
    columns, by name.
    """

    call_id: str
    url: str
    outcome: str
    status: str
    clock: str
    moment: str
    operation: str
    test_fault: str
    """The fault that a test let it meet, as ``f1 reset before write``; empty: none."""
    about: Markup
    duration: str
    step: int
    slow: bool
    more: Mapping[str, str]


class Day(NamedTuple):
    """The rows of one day. *counted* is that of the whole list; None if it is not known."""

    name: str
    key: str
    counted: DayCount | None
    rows: list[Row]


class RowMaker:
    """Makes the rows of one list."""

    def __init__(
        self,
        filters: Filters,
        *,
        refused: bool,
        names: Mapping[str, str],
        columns: Sequence[str],
        zone: tzinfo,
        now_ms: int,
    ) -> None:
        self._needles = needles_of(filters.value("q"))
        self._refused = refused
        self._names = names
        self._columns = columns
        self._zone = zone
        self._today = moment(now_ms, zone).date()
        self._before = f"{filters.path}/"
        self._behind = filters.here("-").removeprefix("-")

    def days(self, calls: Sequence[CallRecord], counts: Mapping[date, DayCount]) -> Iterator[Day]:
        """Newest first, as *calls* are."""

        def day_of(call: CallRecord) -> date:
            return moment(call.started_at_ms, self._zone).date()

        for day, members in groupby(calls, key=day_of):
            name = day_words(day, self._today)
            yield Day(name, day.isoformat(), counts.get(day), [self._row(c) for c in members])

    def _row(self, call: CallRecord) -> Row:
        operation = call.operation or readable_path(call.path)
        cells = self._cells(call)
        return Row(
            call_id=call.call_id,
            url=f"{self._before}{call.call_id}{self._behind}",
            outcome=call.outcome,
            status=str(call.status_code or _NONE),
            clock=clock_time(call.started_at_ms, self._zone),
            moment=date_time(call.started_at_ms, self._zone),
            operation=cut(operation, _OPERATION_CHARS_MAX) or _NONE,
            test_fault=call.test_fault.partition(":")[0],
            about=about(call, self._needles),
            duration=duration(call.duration_ms),
            step=_step(call.duration_ms),
            slow=call.duration_ms >= SLOW_MS,
            more={name: cut(cells[name], _CELL_CHARS_MAX) for name in self._columns},
        )

    def _cells(self, call: CallRecord) -> dict[str, str]:
        who = call.key_id if call.vantage == "proxy" else call.user_id
        user = self._names.get(who, who)
        return {
            "method": call.method,
            "type": call.api_type,
            "duration": "",
            "user": call.client_address if self._refused else user,
            "key": self._names.get(call.key_id, call.key_id),
            "client": call.client_address,
            "size": size(call.response_body_bytes),
        }


def _step(duration_ms: float) -> int:
    """Logarithmic, from 1 for up to 0.5 ms to 8 from 200 ms on."""
    if duration_ms <= 0.5:  # noqa: PLR2004  # see above
        return 1
    place = 2 + 6 * math.log(duration_ms / 0.5) / math.log(SLOW_MS / 0.5)
    return min(int(place), _STEPS_MAX)


def cut(text: str, chars_max: int) -> str:
    """*text* on one visible line, of at most *chars_max* characters."""
    line = visible(" ".join(text[: 2 * chars_max].split()))
    return line if len(line) <= chars_max else f"{line[:chars_max]}…"
