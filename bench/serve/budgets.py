"""The budgets of durable Lead.Create, and the figures that they are about."""

from collections.abc import Mapping, Sequence
from statistics import median
from typing import Final, NamedTuple

from bench.serve.variants import CEILING, LEADWIRE, PLAIN, UNRECORDED

CEILING_SHARE_MIN: Final = 0.40
"""Calls per second, of those of the same app that stores nothing."""
PLAIN_TIMES_MIN: Final = 4.0
"""Calls per second, in times those of the plain app."""
RECORDING_CPU_TIMES_MAX: Final = 1.35
"""CPU per call, in times that of the same server with recording off."""


class Round(NamedTuple):
    """One variant under load for a while."""

    calls_per_second: float
    p50_ms: float
    p99_ms: float
    cpu_us_per_call: float
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

    def ratio(peer: str, figure: str) -> float:
        pairs = zip(rounds[LEADWIRE.name], rounds[peer], strict=True)
        return median(float(getattr(a, figure) / getattr(b, figure)) for a, b in pairs)

    return [
        _at_least("share_of_ceiling", ratio(CEILING.name, "calls_per_second"), CEILING_SHARE_MIN),
        _at_least("times_plain", ratio(PLAIN.name, "calls_per_second"), PLAIN_TIMES_MIN),
        _at_most(
            "recording_cpu_times",
            ratio(UNRECORDED.name, "cpu_us_per_call"),
            RECORDING_CPU_TIMES_MAX,
        ),
    ]


def medians(rounds: Sequence[Round]) -> Round:
    return Round(*(median(figures) for figures in zip(*rounds, strict=True)))


def _at_least(name: str, value: float, limit: float) -> Budget:
    return Budget(name, value, limit, value >= limit)


def _at_most(name: str, value: float, limit: float) -> Budget:
    return Budget(name, value, limit, value <= limit)
