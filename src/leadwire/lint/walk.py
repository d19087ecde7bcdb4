"""Walk the calls of a query once, oldest first, past every rule."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import msgspec

from leadwire.calls.query import CallQuery
from leadwire.calls.store import CallReader
from leadwire.dates import HOUR_MS, SECOND_MS
from leadwire.errors import CallLogDamaged
from leadwire.lint.report import (
    DETAILS_MAX,
    EXAMPLES_MAX,
    KEYS_MAX,
    Example,
    Finding,
    Found,
    LintReport,
    RuleInfo,
)
from leadwire.lint.rules import RULES
from leadwire.lint.seen import Seen, seen_of
from leadwire.operations.plans import WINDOW_SECONDS

SLICE_CALLS: Final = 2_000
"""About this many calls are in memory at once."""
_GROUPS_MAX: Final = 500
_WINDOW_MS: Final = WINDOW_SECONDS * SECOND_MS
_CALLS_OF_EXAMPLE: Final = 3
_COUNTED_MAX: Final = 1_000


def lint(
    reader: CallReader,
    query: CallQuery,
    *,
    calls_max: int | None = None,
    out_of_time: Callable[[], bool] = lambda: False,
) -> LintReport:
    """What every rule says about the matches of *query*.

    With *calls_max* only the newest hours with about that many calls are looked at, one hour at
    least. When *out_of_time* says so, the walk stops, and the report says until when it looked.
    """
    notices: list[str] = []
    tallies = _Tallies()
    hours = _hours(reader, query)
    chosen = _newest(hours, calls_max)
    if len(chosen) < len(hours):
        notices.append(f"Only the newest {sum(chosen.values()):,} calls were looked at.")
    for call in _oldest_first(reader, query, chosen, notices):
        if out_of_time():
            notices.append("The time was used up before the newest calls: choose a shorter range.")
            break
        tallies.add(call)
    return tallies.report(notices)


class _Group:
    """The cases of one rule with one operation."""

    def __init__(self) -> None:
        self.cases = 0
        self.calls = 0
        self.duration_ms = 0.0
        self.windows = 0
        self.keys: Counter[str] = Counter()
        self.details: Counter[str] = Counter()
        self.examples: list[Example] = []
        self._window = -1

    def add(self, found: Found) -> None:
        self.cases += 1
        for call in found.calls:
            self.calls += 1
            self.duration_ms += call.duration_ms
            if (window := call.at_ms // _WINDOW_MS) > self._window:
                self.windows, self._window = self.windows + 1, window
            _count(self.keys, call.key_id)
            for detail in found.details:
                _count(self.details, detail)
        if len(self.examples) < EXAMPLES_MAX:
            self.examples.append(
                Example(
                    call_ids=tuple(call.call_id for call in found.calls[:_CALLS_OF_EXAMPLE]),
                    with_call_id=found.with_.call_id if found.with_ else "",
                    at_ms=found.calls[0].at_ms,
                    details=found.details,
                )
            )


class _Tallies:
    """Asks the rules, and adds up what they say."""

    def __init__(self) -> None:
        self._rules = [(info, info.start()) for info in RULES]
        for _, rule in self._rules:
            next(rule)
        self._groups: dict[tuple[str, str], _Group] = {}
        self._calls = 0
        self._first_ms = self._last_ms = 0

    def add(self, call: Seen) -> None:
        self._calls += 1
        self._first_ms = self._first_ms or call.at_ms
        self._last_ms = call.at_ms
        for info, rule in self._rules:
            for found in rule.send(call):
                self._group(info, found).add(found)

    def report(self, notices: Sequence[str]) -> LintReport:
        by_name = {info.name: info for info, _ in self._rules}
        findings = [
            self._finding(by_name[name], operation, group)
            for (name, operation), group in self._groups.items()
        ]
        findings.sort(key=lambda finding: (-finding.calls, finding.rule, finding.operation))
        return LintReport(
            calls=self._calls,
            from_ms=self._first_ms,
            until_ms=self._last_ms,
            findings=tuple(findings),
            notices=tuple(notices),
        )

    def _group(self, info: RuleInfo, found: Found) -> _Group:
        key = (info.name, found.calls[0].operation)
        if key not in self._groups and len(self._groups) >= _GROUPS_MAX:
            key = (info.name, "")
        return self._groups.setdefault(key, _Group())

    def _finding(self, info: RuleInfo, operation: str, group: _Group) -> Finding:
        return Finding(
            rule=info.name,
            title=info.title,
            says=info.says,
            do=info.do,
            operation=operation,
            better=info.better(operation),
            cases=group.cases,
            calls=group.calls,
            share=group.calls / self._calls,
            duration_ms=group.duration_ms,
            windows=group.windows,
            keys=tuple(group.keys.most_common(KEYS_MAX)),
            details=tuple(group.details.most_common(DETAILS_MAX)),
            examples=tuple(group.examples),
        )


def _count(counted: Counter[str], name: str) -> None:
    if name in counted or len(counted) < _COUNTED_MAX:
        counted[name] += 1


def _hours(reader: CallReader, query: CallQuery) -> dict[int, int]:
    """The calls of each hour, by its start."""
    hours: Counter[int] = Counter()
    for hour_ms, _, calls in reader.statistics(query).histogram:
        hours[hour_ms] += calls
    return dict(hours)


def _newest(hours: dict[int, int], calls_max: int | None) -> dict[int, int]:
    """The newest of *hours* that have at most *calls_max* calls together, one at least."""
    if calls_max is None:
        return hours
    chosen: dict[int, int] = {}
    total = 0
    for hour_ms in sorted(hours, reverse=True):
        total += hours[hour_ms]
        if chosen and total > calls_max:
            break
        chosen[hour_ms] = hours[hour_ms]
    return chosen


def _oldest_first(
    reader: CallReader, query: CallQuery, hours: dict[int, int], notices: list[str]
) -> Iterator[Seen]:
    """The calls of *hours*, slice by slice: a store gives the newest first."""
    damaged: dict[str, None] = {}
    for from_ms, until_ms in _slices(hours):
        part = msgspec.structs.replace(
            query,
            from_ms=max(from_ms, query.from_ms or from_ms),
            until_ms=min(until_ms, query.until_ms or until_ms),
        )
        calls: list[Seen] = []
        try:
            calls.extend(map(seen_of, reader.stream(part)))
        except CallLogDamaged as error:
            damaged[str(error)] = None
        yield from reversed(calls)
    notices += [f"A part of the log cannot be read: {text}" for text in damaged]


def _slices(hours: dict[int, int]) -> Iterator[tuple[int, int]]:
    """Spans of time with about SLICE_CALLS calls each, oldest first."""
    for hour_ms in sorted(hours):
        slices = -(-hours[hour_ms] // SLICE_CALLS)
        for number in range(slices):
            yield (
                hour_ms + HOUR_MS * number // slices,
                hour_ms + HOUR_MS * (number + 1) // slices,
            )
