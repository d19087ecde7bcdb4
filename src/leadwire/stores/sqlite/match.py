"""Whether a call matches a query: the same condition for a row, a block and SQL."""

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from leadwire.calls.fields import OUTCOMES
from leadwire.calls.query import CallQuery
from leadwire.calls.record import FIELDS
from leadwire.calls.terms import (
    EVERY_CALL,
    And,
    Condition,
    Member,
    Or,
    Part,
    Reading,
    Text,
    Whole,
    leaves,
    possible_values,
)
from leadwire.stores.sqlite.bits import ANY, Bits, bits_of
from leadwire.stores.sqlite.block import Block
from leadwire.stores.sqlite.block_search import BlockSearch
from leadwire.stores.sqlite.hot import Key
from leadwire.stores.sqlite.schema import Row, record_of

SUCCESS: Final = "success"
_TIME_AT, _SEQUENCE_AT = FIELDS.index("started_at_ms"), FIELDS.index("sequence")


class RowMatch:
    """A query prepared for one day. *after* is the last row of the page before.

    *look* is called repeatedly during a long search. Its exception ends the search.
    """

    def __init__(
        self, query: CallQuery, after: Key | None, look: Callable[[], None] = lambda: None
    ) -> None:
        self._query = query
        self._after = after
        self._look = look
        self.condition: Final[Condition] = query.condition
        self.account_id: Final = "" if query.refused_keys else query.account_id
        """None for every account. Calls whose keys were refused belong to the account ''."""
        self.failed: Final = _failed_of(self.condition)
        """Which of the two kinds of block can hold a match; None for both."""
        self.bits: Final[Bits | None] = _telling(bits_of(self.condition))
        """None when any block may hold a match."""

    @property
    def searches(self) -> bool:
        """Whether the query has any condition beside account and time."""
        return self.condition != EVERY_CALL

    @property
    def searches_text(self) -> bool:
        """Whether the query looks through texts."""
        return any(isinstance(leaf, _OF_TEXT) for leaf in leaves(self.condition))

    def sql(self, *, newest: str, oldest: str, with_account: bool = True) -> tuple[str, list[Any]]:
        """Account and time as SQL; *oldest* and *newest* are columns with the range of a row."""
        terms: list[tuple[str, Any]] = []
        query = self._query
        if self.account_id is not None and with_account:
            terms.append(("account_id = ?", self.account_id))
        if query.from_ms is not None:
            terms.append((f"{newest} >= ?", query.from_ms))
        if query.until_ms is not None:
            terms.append((f"{oldest} < ?", query.until_ms))
        if self._after is not None:
            terms.append((f"{oldest} <= ?", self._after[0]))
        where = " AND ".join(term for term, _ in terms) or "1"
        return where, [value for _, value in terms]

    def holds(self, row: Row) -> bool:
        """Whether a row of the right account is a match."""
        self._look()
        query, at_ms = self._query, row[_TIME_AT]
        return (
            (query.from_ms is None or at_ms >= query.from_ms)
            and (query.until_ms is None or at_ms < query.until_ms)
            and (self._after is None or (at_ms, row[_SEQUENCE_AT]) < self._after)
            and (not self.searches or self.condition.found_in(Reading(record_of(row))))
        )

    def may_hold(self, found: Callable[[bytes], bool]) -> bool:
        """Whether some calls may match. *found* says whether their texts contain a piece."""
        return _may_hold(self.condition, found)

    def is_in_time(self, first_ms: int, last_ms: int) -> bool:
        """Whether every call between the two instants is in the query's time range."""
        query, after = self._query, self._after
        return (
            (query.from_ms is None or query.from_ms <= first_ms)
            and (query.until_ms is None or last_ms < query.until_ms)
            and (after is None or last_ms < after[0])
        )

    def rows_of(self, block: Block, *, is_in_time: bool = False) -> list[int]:
        """The matching rows of a block of the right account and kind, oldest first.

        *is_in_time* says that all its rows are in the time range, which saves decoding their times.
        """
        in_time = range(block.rows) if is_in_time else self._rows_in_time(block)
        if not self.searches or not in_time:
            return list(in_time)
        among = np.zeros(block.rows, np.bool_)
        among[in_time.start : in_time.stop] = True
        rows = BlockSearch(block, self._look).rows(self.condition, among)
        found: list[int] = np.flatnonzero(rows).tolist()
        return found

    def _rows_in_time(self, block: Block) -> range:
        query, times = self._query, block.times
        first = 0 if query.from_ms is None else int(np.searchsorted(times, query.from_ms))
        end = block.rows if query.until_ms is None else int(np.searchsorted(times, query.until_ms))
        if self._after is not None and times[-1] >= self._after[0]:
            keys = list(zip(times.tolist(), block.sequences.tolist(), strict=True))
            end = min(end, bisect_left(keys, self._after))
        return range(first, max(first, end))


_OF_TEXT: Final = (Text, Part, Whole, Member)


def _failed_of(condition: Condition) -> int | None:
    outcomes = possible_values(condition, "outcome", frozenset(OUTCOMES))
    if outcomes <= {SUCCESS}:
        return 0
    return None if SUCCESS in outcomes else 1


def _telling(bits: Bits) -> Bits | None:
    return None if bits == ANY else bits


def _may_hold(condition: Condition, found: Callable[[bytes], bool]) -> bool:
    if isinstance(condition, And):
        return all(_may_hold(term, found) for term in condition.terms)
    if isinstance(condition, Or):
        return any(_may_hold(term, found) for term in condition.terms)
    if isinstance(condition, _OF_TEXT):
        return all(any(map(found, pieces)) for pieces in condition.needles)
    return True
