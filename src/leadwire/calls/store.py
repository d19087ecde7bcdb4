"""What every call store guarantees."""

import asyncio
from collections.abc import Iterator, Mapping
from typing import Literal, Protocol

import msgspec

from leadwire.calls.query import CallPage, CallQuery, CallStatistics, NewCalls
from leadwire.calls.record import CallRecord
from leadwire.calls.trends import CallTrends


class LogDay(msgspec.Struct, frozen=True, kw_only=True):
    """One UTC day of a node's log."""

    day: str
    """``yyyy-MM-dd``."""
    calls: int
    """Calls of all accounts; 0 if the day is lost or cannot be read."""
    size_bytes: int
    state: Literal["open", "closed", "damaged", "lost"]
    """*closed*: its last call is sealed, and a signed manifest says what it holds. *open*: calls
    are still written or will be sealed later. *lost*: its file is missing."""


class CallReader(Protocol):
    """Answers queries. Every method may be called from any thread, also during appends."""

    def search(self, query: CallQuery) -> CallPage:
        """The page that *query* asks for, newest first.

        Following ``next`` visits every row that was there at the start exactly once, while new
        rows arrive. Raises QueryError when the cursor is not one of this store's.
        """
        ...

    def stream(self, query: CallQuery) -> Iterator[CallRecord]:
        """Every match, newest first, whatever ``limit`` says, in constant memory.

        Raises CallLogDamaged, after every match that can be read, when some may be missing.
        """
        ...

    def statistics(self, query: CallQuery) -> CallStatistics:
        """Counts by hour, outcome and facet, and percentiles per operation, of all matches."""
        ...

    def get(self, call_id: str) -> CallRecord | None:
        """The record of one call, of any account; None when there is no such call."""
        ...


class LiveReader(CallReader, Protocol):
    """A reader of a server's log. It can also be followed, and shows how calls change over time.

    Call ``place`` once, then ``since`` again and again, each time with the place of the last
    answer. Every call that is recorded, or arrives from another node, after the first place is
    given at least once. Calls of one node come in order, however late they come.
    """

    def trends(self, query: CallQuery, *, span_ms: int) -> CallTrends:
        """All matches over time, in spans of that length, and by group."""
        ...

    def first_seen(self, query: CallQuery) -> Mapping[str, int]:
        """When each exception type of the matches first occurred: the start of the hour, in ms.

        With a time budget that is used up, types may be missing.
        """
        ...

    def place(self) -> str:
        """How far the log goes now. Call it before the search that is then followed."""
        ...

    def since(self, query: CallQuery, place: str) -> NewCalls:
        """The first matches after *place*, at most ``limit``; the cursor is not used.

        Raises QueryError when the place is not one of this store's.
        """
        ...


class CallStore(Protocol):
    """Keeps records. ``append`` belongs to the event loop's thread."""

    @property
    def reader(self) -> LiveReader:
        """Finds what is kept. The store owns it, and closes it."""
        ...

    def append(self, record: CallRecord) -> asyncio.Future[None]:
        """Completes when the record is durable. Raises RecordingError when it cannot be."""
        ...

    def prune(self, *, before_ms: int) -> int:
        """Drop whole days that ended before *before_ms*; the number of days dropped."""
        ...

    def confirmed_ms(self) -> int:
        """The end of the second newest day with calls; 0 while fewer than two days have calls.

        Calls of a later day prove that this time has passed, whatever the clock says.
        """
        ...

    def close_days(self) -> int:
        """Compact and sign the days that are over; the number of days done.

        Call it from time to time, never from the event loop's thread. Raises RecordingError when
        a file cannot be written. The next call repeats what failed.
        """
        ...

    def close(self) -> None:
        """Write what was appended, then release everything. May be called twice."""
        ...
