"""What a block says about its calls without being opened: counts, and how long they took.

Counts are kept per hour and combination of values, so that a histogram, a facet and a filter on
them need no call. Durations are kept as counts per bucket; a bucket is 2 % wide, so a percentile
read from them is at most 1 % off.
"""

import math
import zlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np

from leadwire.calls.stores.sqlite.block import Block
from leadwire.calls.stores.sqlite.schema import FIELDS, Row

HOUR_MS: Final = 3_600_000
BUCKETS: Final = 1536
_GROWTH: Final = math.log(1.02)
_FIRST_MS: Final = 0.001

Combination = tuple[int, str, str, int, str, str, str, str]
"""hour, api_type, operation, status_code, outcome, exception_type, user_id, key_id"""
FACETS: Final = (
    "api_type", "operation", "status_code", "outcome", "exception_type", "user_id", "key_id",
)  # fmt: skip
_AT: Final = {name: FIELDS.index(name) for name in (*FACETS, "started_at_ms", "duration_ms")}

Buckets = np.ndarray[tuple[int], np.dtype[np.int64]]


class Summary(msgspec.Struct, array_like=True):
    counts: list[tuple[Combination, int]]
    durations: dict[str, tuple[int, list[int]]]
    """By operation: the first bucket, and the counts from there on."""


_ENCODER: Final = msgspec.msgpack.Encoder()
_DECODER: Final = msgspec.msgpack.Decoder(Summary)


def duration_of(bucket: int) -> float:
    return _FIRST_MS * math.exp(bucket * _GROWTH)


def summary_of_rows(rows: Sequence[Row]) -> Summary:
    columns = list(zip(*rows, strict=True))
    return _summary({name: columns[place] for name, place in _AT.items()})


def summary_of_block(block: Block, rows: Sequence[int]) -> Summary:
    """Of the given rows of a block, whose body stays closed."""
    columns: dict[str, Sequence[Any]] = {
        name: block.strings(name) for name in FACETS if name != "status_code"
    }
    columns["status_code"] = block.status_codes.tolist()
    columns["started_at_ms"] = block.times.tolist()
    columns["duration_ms"] = block.durations.tolist()
    if len(rows) < block.rows:
        columns = {name: [column[row] for row in rows] for name, column in columns.items()}
    return _summary(columns)


def _summary(columns: Mapping[str, Sequence[Any]]) -> Summary:
    hours = [at_ms // HOUR_MS for at_ms in columns["started_at_ms"]]
    combined = zip(hours, *(columns[name] for name in FACETS), strict=True)
    by_operation: dict[str, list[float]] = {}
    for operation, duration_ms in zip(columns["operation"], columns["duration_ms"], strict=True):
        by_operation.setdefault(operation, []).append(duration_ms)
    sketches = {name: _sketch(values) for name, values in by_operation.items()}
    return Summary(list(Counter(combined).items()), sketches)


def merged(summaries: Iterable[Summary]) -> Summary:
    counts: Counter[Combination] = Counter()
    buckets: dict[str, Buckets] = {}
    for summary in summaries:
        add(summary, counts, buckets)
    return Summary(list(counts.items()), {name: _trimmed(row) for name, row in buckets.items()})


def add(summary: Summary, counts: Counter[Combination], buckets: dict[str, Buckets]) -> None:
    """Add *summary* to what was gathered so far."""
    for combination, calls in summary.counts:
        counts[combination] += calls
    for operation, (first, more) in summary.durations.items():
        row = buckets.get(operation)
        if row is None:
            row = buckets[operation] = np.zeros(BUCKETS, np.int64)
        row[first : first + len(more)] += more


def percentile_ms(buckets: Buckets, share: float) -> float:
    """The duration below which *share* of the calls stayed."""
    reached = np.cumsum(buckets)
    return duration_of(int(np.searchsorted(reached, share * reached[-1])))


def pack_summary(summary: Summary) -> bytes:
    return zlib.compress(_ENCODER.encode(summary), 6)


def unpack_summary(packed: bytes) -> Summary:
    return _DECODER.decode(zlib.decompress(packed))


def _sketch(durations_ms: Sequence[float]) -> tuple[int, list[int]]:
    longer = np.maximum(np.array(durations_ms), _FIRST_MS) / _FIRST_MS
    buckets = np.rint(np.log(longer) / _GROWTH).astype(np.int64)
    return _trimmed(np.bincount(np.minimum(buckets, BUCKETS - 1), minlength=BUCKETS))


def _trimmed(row: Buckets) -> tuple[int, list[int]]:
    used = np.flatnonzero(row)
    if not len(used):
        return 0, []
    first, last = int(used[0]), int(used[-1])
    return first, row[first : last + 1].tolist()
