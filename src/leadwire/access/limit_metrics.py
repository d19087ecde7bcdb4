"""The limits of accounts for ``/metrics``: what is allowed, used and refused, by account id."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

if TYPE_CHECKING:
    from leadwire.access.limits import Limiter


class LimitMetrics:
    """A Prometheus collector over the accounts that called since the start."""

    def __init__(self, limiter: "Limiter") -> None:
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
