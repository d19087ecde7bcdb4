"""The budgets of durable Lead.Create, and the figures that they are about."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final, NamedTuple

from bench.serve.variants import (
    CEILING,
    LEADWIRE,
    PLAIN,
    PLAIN_POSTGRESQL,
    POSTGRESQL,
    UNRECORDED,
    Variant,
)

CEILING_SHARE_MIN: Final = 0.42
"""Calls per second, of those of the same app that stores nothing."""
CEILING_CPU_TIMES_MAX: Final = 2.3
"""CPU per call, in times that of the same app that stores nothing."""
PLAIN_TIMES_MIN: Final = 4.0
"""Calls per second, in times those of the plain app."""
RECORDING_CPU_TIMES_MAX: Final = 1.30
"""CPU per call, in times that of the same server with recording off."""
POSTGRESQL_PYTHON_TIMES_MAX: Final = 1.4
"""CPU per call of the leadwire process on PostgreSQL, in times that of the one on SQLite."""
POSTGRESQL_TIMES_MAX: Final = 2.1
"""The same, with the CPU of the PostgreSQL server."""
PLAIN_POSTGRESQL_TIMES_MAX: Final = 0.7
"""CPU per call on PostgreSQL with its server, in times that of the plain app on PostgreSQL."""


class Round(NamedTuple):
    """One variant under load for a while."""

    calls_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us_per_call: float
    """Of the process that serves."""
    total_cpu_us_per_call: float
    """With PostgreSQL's, if it is used."""
    rss_mib: float


class Budget(NamedTuple):
    name: str
    value: float
    limit: float
    met: bool

    @property
    def distance(self) -> float:
        """How far inside the limit the value lies, as a part of the limit; negative outside."""
        return abs(self.value / self.limit - 1) * (1 if self.met else -1)


def budgets(rounds: Mapping[str, Sequence[Round]]) -> list[Budget]:
    """Medians of the ratios within each round: what slows the machine slows both sides of one."""

    def ratio(of: Variant, peer: Variant, figure: str) -> float:
        pairs = zip(rounds[of.name], rounds[peer.name], strict=True)
        return median(float(getattr(a, figure) / getattr(b, figure)) for a, b in pairs)

    rate, cpu, total = "calls_per_second", "cpu_us_per_call", "total_cpu_us_per_call"
    plain = ratio(POSTGRESQL, PLAIN_POSTGRESQL, total)
    return [
        _at_least("share_of_ceiling", ratio(LEADWIRE, CEILING, rate), CEILING_SHARE_MIN),
        _at_most("ceiling_cpu_times", ratio(LEADWIRE, CEILING, cpu), CEILING_CPU_TIMES_MAX),
        _at_least("times_plain", ratio(LEADWIRE, PLAIN, rate), PLAIN_TIMES_MIN),
        _at_most("recording_cpu_times", ratio(LEADWIRE, UNRECORDED, cpu), RECORDING_CPU_TIMES_MAX),
        _at_most(
            "postgresql_python_times",
            ratio(POSTGRESQL, LEADWIRE, cpu),
            POSTGRESQL_PYTHON_TIMES_MAX,
        ),
        _at_most("postgresql_times", ratio(POSTGRESQL, LEADWIRE, total), POSTGRESQL_TIMES_MAX),
        _at_most("postgresql_times_plain", plain, PLAIN_POSTGRESQL_TIMES_MAX),
    ]


def medians(rounds: Sequence[Round]) -> Round:
    return Round(*(median(figures) for figures in zip(*rounds, strict=True)))


def _at_least(name: str, value: float, limit: float) -> Budget:
    return Budget(name, value, limit, value >= limit)


def _at_most(name: str, value: float, limit: float) -> Budget:
    return Budget(name, value, limit, value <= limit)
