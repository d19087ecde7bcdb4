"""How far shipping is behind, for ``/metrics``."""

from collections.abc import Callable, Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from leadwire.calls.shipper import ShippingState


class ShippingMetrics:
    """A Prometheus collector over a shipper's *state*. For any thread."""

    def __init__(self, state: Callable[[], ShippingState]) -> None:
        self._state = state

    def collect(self) -> Iterator[Metric]:
        """The metrics, in Prometheus' base units."""
        state = self._state()
        yield GaugeMetricFamily(
            "leadwire_calls_unshipped",
            "Calls that are durable on this node and not yet in the store of all nodes.",
            value=state.calls_behind,
        )
        yield GaugeMetricFamily(
            "leadwire_shipping_lag_seconds",
            "Age of the oldest call that was not shipped; 0 when there is none.",
            value=state.seconds_behind,
        )
        yield GaugeMetricFamily(
            "leadwire_shipping_failures",
            "Attempts to ship that failed in a row.",
            value=state.failures,
        )
        yield CounterMetricFamily(
            "leadwire_calls_missing",
            "Calls that were gone from this node before they were shipped.",
            value=state.calls_missing,
        )
