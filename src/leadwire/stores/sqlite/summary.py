"""The summary of a block: counts and durations of its calls, to avoid opening the block.

Calls are counted per hour and combination of values. So a histogram, a facet and a filter on them
need no call. Durations are counted per operation and bucket. A bucket is 2 % wide, so the error of
a percentile is at most 1 %. Both tables use small numbers in place of strings. So hundreds of
summaries are added up without a loop over their rows.
"""

import math
import threading
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec
import numpy as np
import zstandard

from leadwire.calls.query import FACETS
from leadwire.calls.record import FIELDS
from leadwire.dates import HOUR_MS
from leadwire.stores.sqlite.block import Block
from leadwire.stores.sqlite.columns import Choices, Integers, Reals
from leadwire.stores.sqlite.damage import BlockDamaged
from leadwire.stores.sqlite.schema import Columns

_AT: Final = {name: FIELDS.index(name) for name in (*FACETS, "started_at_ms", "duration_ms")}
BUCKETS: Final = 1536
"""Of durations: a bucket is 2 % wide."""
_GROWTH: Final = math.log(1.02)
_FIRST_MS: Final = 0.001
_ONE_NUMBER_MAX: Final = 1 << 62
_NONE: Final[Mapping[str, Choices]] = {}

Table = np.ndarray[tuple[int, int], np.dtype[np.int32]]


class _Codecs(threading.local):
    """zstd contexts must not be used by two threads at once."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=3, write_checksum=True)
        self.decompressor = zstandard.ZstdDecompressor()


_CODECS: Final = _Codecs()


class Summary(msgspec.Struct, frozen=True):
    names: list[str]
    """The strings behind the numbers of both tables."""
    counts: Table
    """Columns: hour, then FACETS as names, then calls."""
    durations: Table
    """Columns: operation as a name, bucket, calls."""


def summary_of_columns(calls: Columns, few: Mapping[str, Choices] = _NONE) -> Summary:
    """The summary of *calls*; *few* has some of the columns as choices."""
    columns: dict[str, Choices | Sequence[Any]] = {
        name: few.get(name) or calls[place] for name, place in _AT.items()
    }
    return _summary(columns)


def summary_of_block(block: Block, rows: Sequence[int]) -> Summary:
    """The summary of some rows of a block. The body is not read."""
    columns: dict[str, Choices | Sequence[Any]] = {
        name: block.choices(name) or block.strings(name) for name in FACETS if name != "status_code"
    }
    columns["status_code"] = block.numbers("status_code").tolist()
    columns["started_at_ms"] = block.times.tolist()
    columns["duration_ms"] = block.durations.tolist()
    if len(rows) < block.rows:
        columns = {name: _some(column, rows) for name, column in columns.items()}
    return _summary(columns)


def merged(summaries: Iterable[Summary]) -> Summary:
    sums = Sums()
    for summary in summaries:
        sums.add(summary)
    return Summary(sums.names, summed(sums.counts()), summed(sums.durations()))


def pack_summary(summary: Summary) -> bytes:
    tables = (summary.counts.T.tobytes(), summary.durations.T.tobytes())
    return _CODECS.compressor.compress(msgspec.msgpack.encode((summary.names, *tables)))


def unpack_summary(packed: bytes) -> Summary:
    """Raises BlockDamaged if the bytes differ from the result of ``pack_summary``."""
    try:
        names, counts, durations = msgspec.msgpack.decode(
            _CODECS.decompressor.decompress(packed), type=tuple[list[str], bytes, bytes]
        )
    except (zstandard.ZstdError, msgspec.MsgspecError, TypeError) as error:
        raise BlockDamaged(f"A summary cannot be read: {error}") from error
    return Summary(names, _table(counts, len(FACETS) + 2), _table(durations, 3))


class Sums:
    """Adds up summaries. Translates the numbers of each to common numbers."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._counts: list[Table] = []
        self._durations: list[Table] = []

    @property
    def names(self) -> list[str]:
        """The strings behind the common numbers."""
        return list(self._numbers)

    def add(self, summary: Summary) -> None:
        numbers = self._numbers
        common = np.array(
            [numbers.setdefault(name, len(numbers)) for name in summary.names], np.int32
        )
        counts, durations = summary.counts.copy(), summary.durations.copy()
        counts[:, 1:-1] = common[counts[:, 1:-1]]
        durations[:, 0] = common[durations[:, 0]]
        self._counts.append(counts)
        self._durations.append(durations)

    def counts(self) -> Table:
        """The rows of all summaries in sequence, with common numbers."""
        return np.concatenate([np.zeros((0, len(FACETS) + 2), np.int32), *self._counts])

    def durations(self) -> Table:
        return np.concatenate([np.zeros((0, 3), np.int32), *self._durations])


def buckets_of(durations_ms: Sequence[float] | Reals) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    """The bucket of each duration."""
    longer = np.maximum(np.asarray(durations_ms, np.float64), _FIRST_MS) / _FIRST_MS
    return np.minimum(np.rint(np.log(longer) / _GROWTH), BUCKETS - 1).astype(np.int32)


def percentiles_ms(per_bucket: Integers | Reals, shares: Sequence[float]) -> list[float]:
    """The percentiles of *shares*, from the number of calls in each bucket."""
    reached = np.cumsum(per_bucket)
    places = np.searchsorted(reached, np.array(shares) * reached[-1])
    return [_FIRST_MS * math.exp(int(place) * _GROWTH) for place in places]


def summed(table: Table) -> Table:
    """The rows of *table* that differ in any column but the last, which is summed."""
    keys = table[:, :-1]
    if not len(keys):
        return table
    lowest = keys.min(axis=0)
    spans = keys.max(axis=0).astype(np.int64) - lowest + 1
    if math.prod(spans.tolist()) < _ONE_NUMBER_MAX:
        # Convert each row to one number in the same order, because comparing numbers is faster.
        numbers = (keys - lowest).astype(np.int64) @ _steps(spans)
        _, firsts, inverse = np.unique(numbers, return_index=True, return_inverse=True)
        keys = keys[firsts]
    else:
        keys, inverse = np.unique(keys, axis=0, return_inverse=True)
    calls = np.bincount(inverse.ravel(), weights=table[:, -1], minlength=len(keys))
    return np.column_stack([keys, calls.astype(np.int32)])


def _steps(spans: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Integers:
    """The value of one step in each column. The last column holds the units."""
    return np.cumprod(np.append(spans[1:], 1)[::-1])[::-1]


def _some(column: Choices | Sequence[Any], rows: Sequence[int]) -> Choices | Sequence[Any]:
    if isinstance(column, Choices):
        return Choices(column.values, bytes(map(column.codes.__getitem__, rows)))
    return [column[row] for row in rows]


def _summary(columns: Mapping[str, Any]) -> Summary:
    numbers: dict[str, int] = {}
    table = np.ones((len(columns["duration_ms"]), len(FACETS) + 2), np.int32)
    table[:, 0] = np.array(columns["started_at_ms"], np.int64) // HOUR_MS
    for place, facet in enumerate(FACETS, 1):
        column = columns[facet]
        if not isinstance(column, Choices):
            distinct = {value: code for code, value in enumerate(dict.fromkeys(column))}
            codes = np.fromiter(map(distinct.__getitem__, column), np.int32, len(column))
            values = tuple(map(str, distinct))
        else:
            codes, values = np.frombuffer(column.codes, np.uint8), column.values
        common = [numbers.setdefault(value, len(numbers)) for value in values]
        table[:, place] = np.array(common, np.int32)[codes]
    operations = table[:, 1 + FACETS.index("operation")]
    durations = np.column_stack([operations, buckets_of(columns["duration_ms"]), table[:, -1]])
    return Summary(list(numbers), summed(table), summed(durations))


def _table(packed: bytes, columns: int) -> Table:
    return np.frombuffer(packed, "<i4").reshape(columns, -1).T
