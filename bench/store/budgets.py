"""The budgets of the call store: limits, and against which peers they are meant."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from bench.store.measure import NEEDLES, Figures

Measured = Mapping[str, Figures]
"""The figures of each engine."""

STORE: Final = "leadwire"
_SQLITE, _DUCKDB, _CHDB, _NGRAM = "sqlite", "duckdb", "chdb", "chdb_ngram"
_PEERS: Final = (_SQLITE, "sqlite_fts5_trigram", _DUCKDB, _CHDB, _NGRAM)

_TIMES_MAX: Final = (
    ("bytes a call", _SQLITE, 0.25), ("bytes a call", _DUCKDB, 0.8), ("bytes a call", _NGRAM, 1.0),
    ("newest 1,000", _SQLITE, 1.5), ("newest 1,000", _DUCKDB, 0.5),
    ("common", _DUCKDB, 0.5), ("common", _CHDB, 0.5),
    ("email once", _DUCKDB, 0.05), ("uuid nowhere", _DUCKDB, 0.05),
    ("phone, 10 digits", _DUCKDB, 0.05),
    ("email once", _NGRAM, 1.0), ("uuid nowhere", _NGRAM, 1.0), ("phone, 10 digits", _NGRAM, 1.0),
    *((needle, _NGRAM, 1.5) for needle in list(NEEDLES)[3:-1]),
)  # fmt: skip
"""Figure, peer, and how many times the peer's figure it may be."""
_TIMES_MIN: Final = (
    ("ingest in 100s, calls/s", _DUCKDB, 1.2), ("ingest in 100s, calls/s", _CHDB, 4.0),
    ("ingest in 100s, calls/s", _SQLITE, 0.35),
)  # fmt: skip
_BEST_TIMES_MAX: Final = (
    ("newest 1,000, status 500", 1.0), ("histogram", 1.0), ("percentiles", 1.0),
)  # fmt: skip
"""Times the figure of the best peer."""
_AT_MOST: Final = (
    ("ingest in 100s, CPU µs a call", 25.0),
    *((needle, 60.0) for needle in list(NEEDLES)[:3]),
    *((needle, 400.0) for needle in list(NEEDLES)[3:-1]),
    ("by id", 2.0),
    ("search while 2,000 calls/s arrive, times idle", 1.5),
    ("worst stall while 2,000 calls/s arrive, ms", 100.0),
    ("four searches at once, times one by one", 2.0),
    ("drop a day, ms", 200.0), ("open after kill -9, ms", 200.0),
    ("event-loop lag during searches, p99 ms", 10.0),
    ("memory after all questions, MB", 100.0),
)  # fmt: skip


class Budget(NamedTuple):
    name: str
    value: float
    limit: float
    met: bool

    @property
    def distance(self) -> float:
        """How far inside the limit the value lies, as a part of the limit; negative outside."""
        return abs(self.value / self.limit - 1) * (1 if self.met else -1)


def budgets(measured: Measured) -> list[Budget]:
    """The budgets with figures: a peer may be left out, and kept stores are not loaded again."""
    return [*_ratios(measured), *_absolute(measured[STORE])]


def _ratios(measured: Measured) -> Iterator[Budget]:
    at_most: Callable[[float, float], bool] = float.__le__
    at_least: Callable[[float, float], bool] = float.__ge__
    for table, holds in ((_TIMES_MAX, at_most), (_TIMES_MIN, at_least)):
        for figure, peer, limit in table:
            if figure in measured[STORE] and peer in measured:
                ratio = measured[STORE][figure] / measured[peer][figure]
                yield Budget(f"{figure}, times {peer}", ratio, limit, holds(ratio, limit))
    peers: Sequence[str] = [peer for peer in _PEERS if peer in measured]
    for figure, limit in _BEST_TIMES_MAX if peers else ():
        best = min(peers, key=lambda peer: measured[peer][figure])
        ratio = measured[STORE][figure] / measured[best][figure]
        yield Budget(f"{figure}, times the best ({best})", ratio, limit, ratio <= limit)


def _absolute(figures: Figures) -> Iterator[Budget]:
    for figure, limit in _AT_MOST:
        if figure in figures:
            yield Budget(figure, figures[figure], limit, figures[figure] <= limit)
