"""Counts of deliveries for ``/metrics``."""

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from leadwire.background.webhooks import DeliveryQueue
from leadwire.clock import Clock
from leadwire.dates import SECOND_MS

_RESULTS: Final = ("delivered", "failed", "given_up")


class DeliveryMetrics:
    """A Prometheus collector over the queue of deliveries."""

    def __init__(self, queue: DeliveryQueue, *, clock: Clock) -> None:
        self._queue = queue
        self._clock = clock

    def collect(self) -> Iterator[Metric]:
        """The metrics, in Prometheus' base units."""
        attempts = CounterMetricFamily(
            "leadwire_webhook_attempts",
            "Attempts to deliver: delivered, failed with another to follow, or given up.",
            labels=("result",),
        )
        for result in _RESULTS:
            attempts.add_metric((result,), self._queue.results[result])
        yield attempts
        state = self._queue.state
        yield GaugeMetricFamily(
            "leadwire_webhook_waiting",
            "Deliveries that wait in the queue of enabled webhooks.",
            value=state.waiting,
        )
        age_ms = 0 if state.oldest_on is None else max(self._clock.now_ms() - state.oldest_on, 0)
        yield GaugeMetricFamily(
            "leadwire_webhook_oldest_seconds",
            "Age of the oldest delivery that waits; 0 when there is none.",
            value=age_ms / SECOND_MS,
        )
