"""What ``leadwire top`` shows, counted from the calls of the last minutes."""

import re
from collections import Counter, deque
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from leadwire.calls.record import STATUS_TOO_MANY, CallRecord
from leadwire.dates import SECOND_MS
from leadwire.operations.plans import WINDOW_SECONDS

CALLS_MAX: Final = 50_000
"""Older ones are left out, and the report says so."""
_WINDOW_MS: Final = WINDOW_SECONDS * SECOND_MS
_NOW_MS: Final = 10 * SECOND_MS
_FAILURES_MAX: Final = 500
_LIMIT: Final = re.compile(rf"limit of (\d+) in {WINDOW_SECONDS} second", re.ASCII)
_BARS: Final = 60


class Seen(NamedTuple):
    """What is kept of a call."""

    at_ms: int
    duration_ms: float
    operation: str
    status: int
    is_failure: bool
    fault: str
    message: str
    account: str
    key: str
    call_id: str


class FaultCount(msgspec.Struct, frozen=True):
    fault: str
    calls: int
    last_ms: int


class Slow(msgspec.Struct, frozen=True):
    operation: str
    calls: int
    p50_ms: float
    p95_ms: float
    max_ms: float


class Use(msgspec.Struct, frozen=True):
    """The use of an account's limit, by all its keys or by one."""

    account: str
    key: str
    """Empty: all keys of the account."""
    calls: int
    window_calls: int
    """In the last 5 seconds."""
    window_calls_most: int
    """The most in any 5 seconds."""
    refused: int
    """Answered with 429."""
    limit: int
    """Calls in 5 seconds, as the newest of these answers says; 0 if none does."""


class Failure(msgspec.Struct, frozen=True):
    at_ms: int
    status: int
    operation: str
    fault: str
    message: str
    call_id: str


class Report(msgspec.Struct, frozen=True):
    """The calls of the time span until *at_ms*."""

    at_ms: int
    span_ms: int
    damage: str
    """What of the log could not be read at the start; its calls are not counted."""
    is_cut: bool
    """More than ``CALLS_MAX`` calls: the oldest are not counted."""
    calls: int
    failures: int
    per_second: float
    """In the last 10 seconds."""
    per_second_in_span: float
    history: Sequence[int]
    """Calls in each of 60 equal parts of the span, oldest first."""
    faults: Sequence[FaultCount]
    """Most frequent first."""
    slowest: Sequence[Slow]
    """Highest 95th percentile first."""
    limits: Sequence[Use]
    """For each account its keys together, then each key."""
    newest_failures: Sequence[Failure]


class RecentCalls:
    """The calls of the last *span_ms*."""

    def __init__(self, span_ms: int) -> None:
        self._span_ms = span_ms
        self._calls: deque[Seen] = deque(maxlen=CALLS_MAX)
        self._ids: set[str] = set()
        self._is_cut = False
        self.damage = ""

    def add(self, call: Seen) -> None:
        """Add a call, newer than those before. One that is there already is not counted twice."""
        if call.call_id in self._ids:
            return
        if len(self._calls) == CALLS_MAX:
            self._is_cut = True
            self._ids.discard(self._calls[0].call_id)
        self._ids.add(call.call_id)
        self._calls.append(call)

    def clear(self) -> None:
        self._calls.clear()
        self._ids.clear()
        self._is_cut = False

    def report(self, now_ms: int) -> Report:
        """Forget what is older than the span, and count the rest."""
        while self._calls and self._calls[0].at_ms <= now_ms - self._span_ms:
            self._ids.discard(self._calls.popleft().call_id)
            self._is_cut = False
        calls = list(self._calls)
        failed = [call for call in calls if call.is_failure]
        recent = sum(call.at_ms > now_ms - _NOW_MS for call in calls)
        return Report(
            at_ms=now_ms,
            span_ms=self._span_ms,
            damage=self.damage,
            is_cut=self._is_cut,
            calls=len(calls),
            failures=len(failed),
            per_second=recent / (_NOW_MS / SECOND_MS),
            per_second_in_span=len(calls) / (self._span_ms / SECOND_MS),
            history=_history(calls, now_ms, self._span_ms),
            faults=_faults(failed),
            slowest=_slowest(calls),
            limits=_limits(calls, now_ms),
            newest_failures=[
                Failure(c.at_ms, c.status, c.operation, c.fault, c.message, c.call_id)
                for c in failed[: -_FAILURES_MAX - 1 : -1]
            ],
        )


def seen(record: CallRecord) -> Seen:
    """What is kept of *record*: no body, no header."""
    is_failure = record.outcome not in ("success", "gap")
    return Seen(
        record.started_at_ms,
        record.duration_ms,
        record.operation or record.path,
        record.status_code,
        is_failure,
        (record.exception_type or f"{record.outcome} {record.status_code}") if is_failure else "",
        record.exception_message,
        record.account_id,
        record.key_id,
        record.call_id,
    )


def _history(calls: Iterable[Seen], now_ms: int, span_ms: int) -> list[int]:
    parts = [0] * _BARS
    for call in calls:
        part = (call.at_ms - (now_ms - span_ms)) * _BARS // span_ms
        parts[min(max(part, 0), _BARS - 1)] += 1
    return parts


def _faults(failed: Sequence[Seen]) -> list[FaultCount]:
    last = {call.fault: call.at_ms for call in failed}
    counts = Counter(call.fault for call in failed).most_common()
    return [FaultCount(fault, calls, last[fault]) for fault, calls in counts]


def _slowest(calls: Iterable[Seen]) -> list[Slow]:
    durations: dict[str, list[float]] = {}
    for call in calls:
        durations.setdefault(call.operation, []).append(call.duration_ms)
    rows = []
    for operation, values in durations.items():
        values.sort()
        rows.append(
            Slow(operation, len(values), _rank(values, 0.5), _rank(values, 0.95), values[-1])
        )
    return sorted(rows, key=lambda row: -row.p95_ms)


def _rank(ordered: Sequence[float], share: float) -> float:
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def _limits(calls: Iterable[Seen], now_ms: int) -> list[Use]:
    groups: dict[tuple[str, str], list[Seen]] = {}
    for call in calls:
        groups.setdefault((call.account, ""), []).append(call)
        if call.key:
            groups.setdefault((call.account, call.key), []).append(call)
    return [_use(account, key, groups[account, key], now_ms) for account, key in sorted(groups)]


def _use(account: str, key: str, calls: Sequence[Seen], now_ms: int) -> Use:
    admitted = sorted(call.at_ms for call in calls if call.status != STATUS_TOO_MANY)
    most = first = 0
    for last, at_ms in enumerate(admitted):
        while at_ms - admitted[first] >= _WINDOW_MS:
            first += 1
        most = max(most, last - first + 1)
    return Use(
        account=account,
        key=key,
        calls=len(calls),
        window_calls=sum(at_ms > now_ms - _WINDOW_MS for at_ms in admitted),
        window_calls_most=most,
        refused=len(calls) - len(admitted),
        limit=_learnt(calls),
    )


def _learnt(calls: Sequence[Seen]) -> int:
    for call in reversed(calls):
        if call.status == STATUS_TOO_MANY and (found := _LIMIT.search(call.message)):
            return int(found[1])
    return 0


class Names(NamedTuple):
    """What a log does not say: names of accounts and keys, and the limit of each account."""

    accounts: Mapping[str, str] = {}
    keys: Mapping[str, str] = {}
    window_calls_max: Mapping[str, int] = {}
    """By account; an account without a plan is not in it."""
