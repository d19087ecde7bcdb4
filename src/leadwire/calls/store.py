"""What every call store promises, whatever it is made of."""

from collections.abc import Awaitable, Iterator
from typing import Protocol

from leadwire.calls.query import CallPage, CallQuery, CallStatistics, NewCalls
from leadwire.calls.record import CallRecord


class CallReader(Protocol):
    """Answers queries. Every method may be called from any thread, also while calls arrive."""

    def search(self, query: CallQuery) -> CallPage:
        """The page that *query* asks for, newest first.

        Following ``next`` visits every row that was there at the start exactly once, while new
        rows arrive. Raises QueryError when the cursor is not one of this store's.
        """
        ...

    def stream(self, query: CallQuery) -> Iterator[CallRecord]:
        """Every match, newest first, without regard to ``limit``, in constant memory.

        Raises CallLogDamaged, after all that can be read, when some matches may be missing.
        """
        ...

    def statistics(self, query: CallQuery) -> CallStatistics:
        """Counts by hour, outcome and facet, and percentiles per operation, of all matches."""
        ...

    def get(self, call_id: str) -> CallRecord | None:
        """The record of one call, whatever its account; None when there is none."""
        ...


class LiveReader(CallReader, Protocol):
    """Can be followed, too. What is asked ``since`` one place after the other is every call that
    was recorded, or arrived from another node, after the first place: at least once, those of
    one node in order, however late they came.
    """  # noqa: D205  # one thought

    def place(self) -> str:
        """How far the log goes now. To be asked before a search that is then followed."""
        ...

    def since(self, query: CallQuery, place: str) -> NewCalls:
        """The first matches after *place*, at most ``limit``, without regard to the cursor.

        Raises QueryError when the place is not one of this store's.
        """
        ...


class CallStore(LiveReader, Protocol):
    """Keeps records. ``append`` belongs to the event loop's thread."""

    def append(self, record: CallRecord) -> Awaitable[None]:
        """Completes when the record is durable. Raises RecordingError when it cannot be."""
        ...

    def prune(self, *, before_ms: int) -> int:
        """Drop whole days that ended before *before_ms*; the number of days dropped."""
        ...

    def confirmed_ms(self) -> int:
        """A time that calls of two days show to be past: the end of the second newest day.

        0 while fewer than two days have calls.
        """
        ...

    def close_days(self) -> int:
        """Make the days that are over compact and sign them off; the number of days done.

        To be called now and then, never from the event loop's thread. Raises RecordingError when
        a file cannot be written; what was not done is done the next time.
        """
        ...

    def close(self) -> None:
        """Write what was appended, then release everything. May be called twice."""
        ...
