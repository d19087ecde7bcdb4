"""The metrics of deliveries, limits and shipping."""

from collections.abc import Callable, Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from leadwire.access.limits import Limiter
from leadwire.background.webhooks import DeliveryQueue
from leadwire.clock import Clock
from leadwire.dates import SECOND_MS
from leadwire.stores.clickhouse.shipper import ShippingState

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
            "Delivery attempts: delivered, failed and to be retried, or given up.",
            labels=("result",),
        )
        for result in _RESULTS:
            attempts.add_metric((result,), self._queue.results[result])
        yield attempts
        state = self._queue.state
        yield GaugeMetricFamily(
            "leadwire_webhook_waiting",
            "Deliveries waiting in the queues of enabled webhooks.",
            value=state.waiting,
        )
        age_ms = 0 if state.oldest_on is None else max(self._clock.now_ms() - state.oldest_on, 0)
        yield GaugeMetricFamily(
            "leadwire_webhook_oldest_seconds",
            "Age of the oldest waiting delivery; 0 if there is none.",
            value=age_ms / SECOND_MS,
        )


class LimitMetrics:
    """A Prometheus collector over the accounts that have called since the start."""

    def __init__(self, limiter: Limiter) -> None:
        self._limiter = limiter

    def collect(self) -> Iterator[Metric]:
        labels = ("account_id", "limit")
        allowed = GaugeMetricFamily(
            "leadwire_limit_calls_max", "Calls that a limit allows.", labels=labels
        )
        used = GaugeMetricFamily(
            "leadwire_limit_calls_used", "Calls that count against a limit now.", labels=labels
        )
        refused = CounterMetricFamily(
            "leadwire_limit_calls_refused", "Calls refused by a limit.", labels=labels
        )
        for account_id in self._limiter.account_ids:
            for use in self._limiter.use(account_id):
                allowed.add_metric((account_id, use.name), use.calls_max)
                used.add_metric((account_id, use.name), use.used)
                refused.add_metric((account_id, use.name), use.refused)
        yield from (allowed, used, refused)


class ShippingMetrics:
    """A Prometheus collector over a shipper's *state*. Thread-safe."""

    def __init__(self, state: Callable[[], ShippingState]) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """The metrics, in Prometheus' base units."""
        state = self._state()
        yield GaugeMetricFamily(
            "leadwire_calls_unshipped",
            "Calls durable on this node that are not shipped yet.",
            value=state.calls_behind,
        )
        yield GaugeMetricFamily(
            "leadwire_shipping_lag_seconds",
            "Age of the oldest unshipped call; 0 if there is none.",
            value=state.seconds_behind,
        )
        yield GaugeMetricFamily(
            "leadwire_shipping_failures",
            "Consecutive failed shipping attempts.",
            value=state.failures,
        )
        yield CounterMetricFamily(
            "leadwire_calls_missing",
            "Calls that were deleted from this node before they were shipped.",
            value=state.calls_missing,
        )
