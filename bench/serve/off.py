"""Recording off: calls pass through and nothing is kept. For benchmarks of what recording costs."""

import asyncio
from collections.abc import Iterator, Mapping

from leadwire.calls.query import CallPage, CallQuery, CallStatistics, NewCalls
from leadwire.calls.record import CallRecord
from leadwire.calls.store import LiveReader
from leadwire.calls.trends import NO_TRENDS, CallTrends


class NoCalls:
    """A reader that finds nothing."""

    def search(self, query: CallQuery) -> CallPage:  # noqa: ARG002  # the protocol
        return CallPage(calls=())

    def stream(self, query: CallQuery) -> Iterator[CallRecord]:  # noqa: ARG002
        return iter(())

    def statistics(self, query: CallQuery) -> CallStatistics:  # noqa: ARG002
        return CallStatistics(calls=0, histogram=(), facets=(), durations=())

    def get(self, call_id: str) -> CallRecord | None:  # noqa: ARG002
        return None

    def trends(self, query: CallQuery, *, span_ms: int) -> CallTrends:  # noqa: ARG002
        return NO_TRENDS

    def first_seen(self, query: CallQuery) -> Mapping[str, int]:  # noqa: ARG002
        return {}

    def place(self) -> str:
        return ""

    def since(self, query: CallQuery, place: str) -> NewCalls:  # noqa: ARG002
        return NewCalls(calls=(), place=place)


class NoCallStore:
    """A call store that keeps nothing."""

    reader: LiveReader = NoCalls()

    def append(self, record: CallRecord) -> asyncio.Future[None]:  # noqa: ARG002  # the protocol
        """Complete at once. Needs a running event loop, as every call store does."""
        done = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    def confirmed_ms(self) -> int:
        return 0

    def prune(self, *, before_ms: int) -> int:  # noqa: ARG002
        return 0

    def close_days(self) -> int:
        return 0

    def close(self) -> None:
        """Nothing is held, so nothing is released."""
