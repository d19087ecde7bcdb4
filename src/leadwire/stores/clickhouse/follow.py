"""Follow the calls of every node in order of arrival.

Sequences are comparable only within a node, so a place has one per node. Reading them from the
whole table would scan two columns of every row. But rows that arrived long enough before a place
were visible then, so only later arrivals are read.

The rows of a batch may become visible one by one, because its days and shards are written
separately. So a node is followed up to the first missing number. A number that is missing for too
long was lost on the node's disk, and is skipped.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple, Protocol

import msgspec

from leadwire.calls.query import CallQuery, NewCalls
from leadwire.calls.record import FIELDS, CallRecord
from leadwire.dates import MINUTE_MS
from leadwire.stores.clickhouse.match import conditions
from leadwire.stores.clickhouse.schema import ARRIVAL, record_of
from leadwire.stores.opaque import content_of, place_at

_VERSION: Final = 2
"""Version 1 belongs to the embedded store."""
_SEEN_AFTER_MS_MAX: Final = 600_000
"""A row is visible within this time after its arrival."""
_MISSING_MS_MAX: Final = MINUTE_MS
"""A call that is still missing this long after its successors is lost."""
_SELECTED: Final = ", ".join(FIELDS)
_NODE: Final = "sipHash64(node)"
_SETTLED: Final = f"maxIf(sequence, {ARRIVAL} <= {{settled:Int64}})"
_ARRIVED: Final = f"{ARRIVAL} >= {{from:Int64}}"
_AFTER: Final = f"sequence > transform({_NODE}, {{nodes:Array(UInt64)}}, {{done:Array(Int64)}}, 0)"
_UP_TO: Final = f"sequence <= transform({_NODE}, {{nodes:Array(UInt64)}}, {{ends:Array(Int64)}}, 0)"


class Select(Protocol):
    def __call__(self, what: str, clauses: str, values: dict[str, Any]) -> Sequence[Sequence[Any]]:
        """Rows of the table of calls."""
        ...


class LivePlace(msgspec.Struct, frozen=True, array_like=True):
    """The end of the processed calls: the sequence of each node, and the time *at_ms*.

    A node is identified by a hash of its name, which keeps a place short. An absent node has sent
    nothing for a while.
    """

    at_ms: int
    done: dict[int, int]


class _Span(NamedTuple):
    """The calls of a node to read: after *done*, up to *end*."""

    done: int
    end: int


class Follower:
    """A ``LiveReader`` for the calls of every node. Thread-safe."""

    def __init__(self, select: Select, now_ms: Callable[[], int]) -> None:
        self._select = select
        self._now_ms = now_ms

    def place(self) -> str:
        now_ms = self._now_ms()
        values = {"from": now_ms - _SEEN_AFTER_MS_MAX, "settled": now_ms - _MISSING_MS_MAX}
        rows = self._select(
            f"{_NODE}, min(sequence), max(sequence), uniqExact(sequence), {_SETTLED}",
            f"WHERE {_ARRIVED} GROUP BY node",
            values,
        )
        done = {
            node: _end(first - 1, last, count, settled)
            for node, first, last, count, settled in rows
        }
        return place_at(_VERSION, LivePlace(now_ms, done))

    def since(self, query: CallQuery, place: str) -> NewCalls:
        before = content_of(place, _VERSION, LivePlace)
        now_ms = self._now_ms()
        spans = self._spans(before, now_ms)
        ends = {node: span.end for node, span in spans.items()}
        rows = self._matches(query, before, spans)
        if len(rows) < query.limit:
            after = LivePlace(now_ms, before.done | ends)
        else:
            # Rows are sorted by node, so all nodes before the last row's are done. Later arrivals
            # must be read again, so the time stays.
            last_node, last = rows[-1]
            done = {node: end for node, end in ends.items() if node < last_node}
            after = LivePlace(before.at_ms, before.done | done | {last_node: last.sequence})
        # A call that was sent twice may be stored twice.
        calls = {record.call_id: record for _, record in rows}
        return NewCalls(
            calls=tuple(calls.values()),
            place=place_at(_VERSION, after),
            more=len(rows) >= query.limit,
        )

    def _spans(self, before: LivePlace, now_ms: int) -> dict[int, _Span]:
        """The span of each node with new calls."""
        values = _bound(before.done) | {
            "from": before.at_ms - _SEEN_AFTER_MS_MAX,
            "settled": now_ms - _MISSING_MS_MAX,
        }
        rows = self._select(
            f"{_NODE}, min(sequence), max(sequence), uniqExact(sequence), {_SETTLED}",
            f"WHERE {_ARRIVED} AND {_AFTER} GROUP BY node",
            values,
        )
        spans = {}
        for node, first, last, count, settled in rows:
            done = before.done.get(node)
            if done is None:
                done = 0 if first == 1 else self._sent_before(node, values["from"])
            if (end := _end(done, last, count, settled)) > done:
                spans[node] = _Span(done, end)
        return spans

    def _sent_before(self, node: int, at_ms: int) -> int:
        """The node's last call that arrived before; 0 if none did."""
        clauses = f"WHERE {_NODE} = {{node:UInt64}} AND {ARRIVAL} < {{from:Int64}}"
        rows = self._select("max(sequence)", clauses, {"node": node, "from": at_ms})
        return int(rows[0][0])

    def _matches(
        self, query: CallQuery, before: LivePlace, spans: Mapping[int, _Span]
    ) -> list[tuple[int, CallRecord]]:
        """Pairs (node, record), sorted by node and sequence."""
        if not spans:
            return []
        where, values = conditions(query, None)
        values |= _bound({node: span.done for node, span in spans.items()})
        values |= {
            "ends": [*(span.end for span in spans.values()), 0],
            "from": before.at_ms - _SEEN_AFTER_MS_MAX,
            "limit": query.limit,
        }
        rows = self._select(
            f"{_SELECTED}, {_NODE} AS place_node",
            f"WHERE {_ARRIVED} AND {_AFTER} AND {_UP_TO} AND {where} "
            "ORDER BY place_node, sequence, call_id LIMIT {limit:Int64}",
            values,
        )
        return [(row[-1], record_of(row[:-1])) for row in rows]


def _end(done: int, last: int, count: int, settled: int) -> int:
    """The last number that a node with *count* numbers after *done* can be followed to."""
    return last if count == last - done else max(settled, done)


def _bound(done: Mapping[int, int]) -> dict[str, Any]:
    # Arrays must not be empty. 0 matches no node.
    return {"nodes": [*done, 0], "done": [*done.values(), 0]}
