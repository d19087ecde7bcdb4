"""Counting how often a bound cut something, and telling the operator's log now and then."""

import logging
from collections import Counter
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, Metric

from leadwire.clock import Clock

_LOG_EVERY_NS: Final = 60_000_000_000

_log = logging.getLogger("leadwire.bounds")


class BoundsMet:
    """A Prometheus collector. For the event loop's thread."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._logged_ns: dict[str, int] = {}

    def met(self, setting: str, what: str = "") -> None:
        """Count that the bound named *setting* cut something.

        A line is logged at most once a minute for each bound. *what* says more in it, and never
        holds anything that a caller sent.
        """
        self._counts[setting] += 1
        now_ns = self._clock.elapsed_ns()
        logged_ns = self._logged_ns.get(setting)
        if logged_ns is None or now_ns - logged_ns >= _LOG_EVERY_NS:
            self._logged_ns[setting] = now_ns
            _log.warning(
                "the bound %s was reached %d time(s) since the start%s",
                setting,
                self._counts[setting],
                f": {what}" if what else "",
            )

    def count(self, setting: str) -> int:
        return self._counts[setting]

    def collect(self) -> Iterator[Metric]:
        bounds = CounterMetricFamily(
            "leadwire_bounds_reached",
            "How often a bound cut something, by the name of its setting.",
            labels=("setting",),
        )
        for setting, count in self._counts.items():
            bounds.add_metric((setting,), count)
        yield bounds
