"""Counting calls for ``/metrics``. Numbers only: no path, key or value of a caller."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, HistogramMetricFamily, Metric

from leadwire.calls.record import CallRecord
from leadwire.recording.gaps import Gaps

_BUCKETS_MS: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000)
_MS_PER_SECOND: Final = 1_000


class CallMetrics:
    """A Prometheus collector over the calls of this process. For the event loop's thread."""

    def __init__(self, gaps: Gaps) -> None:
        self.gaps = gaps
        self.served = 0
        """Calls begun."""
        self.recorded = 0
        """Calls whose record is durable. Together with the calls in gaps: all that ended."""
        self.only_counted = 0
        """Calls that a bound keeps out of the log. A gap of their own counts them."""
        self._outcomes: Counter[tuple[str, str, int]] = Counter()
        self._buckets = [0] * (len(_BUCKETS_MS) + 1)
        self._sum_ms = 0.0

    @property
    def in_gaps(self) -> int:
        """Calls without a record of their own."""
        return self.gaps.calls + self.only_counted

    def observe(self, record: CallRecord) -> None:
        self.recorded += 1
        self._outcomes[record.api_type, record.outcome, record.status_code] += 1
        self._buckets[bisect_left(_BUCKETS_MS, record.duration_ms)] += 1
        self._sum_ms += record.duration_ms

    def collect(self) -> Iterator[Metric]:
        """The metrics, in Prometheus' base units."""
        calls = CounterMetricFamily(
            "leadwire_calls",
            "Calls answered and recorded.",
            labels=("api_type", "outcome", "status_code"),
        )
        for (api_type, outcome, status_code), count in self._outcomes.items():
            calls.add_metric((api_type, outcome, str(status_code)), count)
        yield calls
        yield CounterMetricFamily("leadwire_calls_served", "Calls begun.", value=self.served)
        yield CounterMetricFamily(
            "leadwire_calls_recorded", "Calls whose record is durable.", value=self.recorded
        )
        yield CounterMetricFamily(
            "leadwire_calls_in_gaps",
            "Calls whose record could not be kept.",
            value=self.in_gaps,
        )
        duration = HistogramMetricFamily(
            "leadwire_call_duration_seconds", "From the first byte to the answer's making."
        )
        duration.add_metric((), self._cumulative(), self._sum_ms / _MS_PER_SECOND)
        yield duration

    def _cumulative(self) -> list[tuple[str, float]]:
        bounds = [str(bound / _MS_PER_SECOND) for bound in _BUCKETS_MS] + ["+Inf"]
        total = 0
        cumulative: list[tuple[str, float]] = []
        for bound, count in zip(bounds, self._buckets, strict=True):
            total += count
            cumulative.append((bound, total))
        return cumulative
