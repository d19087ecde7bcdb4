"""Count how often a limit cut something, and log it at intervals."""

import logging
from collections import Counter
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, Metric

from leadwire.clock import Clock

_LOG_EVERY_NS: Final = 60_000_000_000

_log = logging.getLogger("leadwire.bounds")


class BoundsMet:
    """A Prometheus collector. For the event loop's thread only."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._counts: Counter[str] = Counter()
        self._logged_ns: dict[str, int] = {}

    def met(self, setting: str, what: str = "") -> None:
        """Count that the limit *setting* cut something.

        Logs each limit at most once a minute. *what* adds detail; it must not hold a caller's data.
        """
        self._counts[setting] += 1
        now_ns = self._clock.elapsed_ns()
        logged_ns = self._logged_ns.get(setting)
        if logged_ns is None or now_ns - logged_ns >= _LOG_EVERY_NS:
            self._logged_ns[setting] = now_ns
            _log.warning(
                "the limit %s was reached %d time(s) since the start%s",
                setting,
                self._counts[setting],
                f": {what}" if what else "",
            )

    def count(self, setting: str) -> int:
        return self._counts[setting]

    def collect(self) -> Iterator[Metric]:
        bounds = CounterMetricFamily(
            "leadwire_bounds_reached",
            "How often a limit cut something, by setting.",
            labels=("setting",),
        )
        for setting, count in self._counts.items():
            bounds.add_metric((setting,), count)
        yield bounds
