"""Whether a call answers a query: the same filters for a row, a block and a file's tables."""

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from leadwire.calls.query import CallQuery, QueryError
from leadwire.calls.stores.sqlite.block import Block
from leadwire.calls.stores.sqlite.grams import bit_of_value, bits_of_needle
from leadwire.calls.stores.sqlite.hot import Key, key_of
from leadwire.calls.stores.sqlite.schema import FIELDS, Row

SUCCESS: Final = "success"
_AT: Final = {name: index for index, name in enumerate(FIELDS)}
_FILTERABLE: Final = (
    "status_code", "api_type", "operation", "exception_type", "method", "user_id", "key_id",
)  # fmt: skip
_SEARCHED_AT: Final = tuple(
    _AT[name]
    for name in (
        "request_body", "response_body", "exception_message", "exception_type", "operation",
        "client_address", "user_agent", "user_id", "key_id", "trace_id", "call_id",
    )
)  # fmt: skip


def fold(text: str) -> bytes:
    """*text* as it is compared: A-Z as a-z, whatever the locale or the script.

    Raises QueryError for text that no stored text can contain: half a surrogate pair.
    """
    try:
        return text.encode().lower()
    except UnicodeEncodeError:
        raise QueryError("q", "The text to search for is not valid Unicode.") from None


def filterable_values(rows: Sequence[Row]) -> set[tuple[str, str]]:
    """The (field, value) pairs by which a filter can skip the block of *rows*."""
    return {
        (name, value)
        for name in _FILTERABLE
        for value in map(str, {row[_AT[name]] for row in rows})
    }


def failed_of(query: CallQuery) -> int | None:
    """Which of the two kinds of block can hold a match; None for both."""
    if query.status == SUCCESS:
        return 0
    return 1 if query.status == "error" else None


class RowMatch:
    """The filters of one query, made ready. ``after`` is the last row of the page before."""

    def __init__(self, query: CallQuery, after: Key | None) -> None:
        self._query = query
        self._after = after
        self.account_id: Final = "" if query.refused_keys else query.account_id
        """None for every account. Calls whose keys were refused belong to the account ''."""
        self.needle: Final = fold(query.text)
        self.failed: Final = failed_of(query)
        self._code = int(query.status) if query.status.isdecimal() else None

    def bits(self) -> list[int]:
        """The bits that every block with a match has set, the most telling first."""
        bits = [] if self._code is None else [bit_of_value("status_code", str(self._code))]
        if self._query.api_type:
            bits.append(bit_of_value("api_type", self._query.api_type))
        return bits + (bits_of_needle(self.needle) if self.needle else [])

    def condition(
        self, *, newest: str, oldest: str, with_account: bool = True
    ) -> tuple[str, list[Any]]:
        """Of tables whose rows lie between the columns *oldest* and *newest*, as SQL."""
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
        """Whether a row for which ``condition`` holds is a match."""
        query = self._query
        outcome = row[_AT["outcome"]]
        return (
            (self._after is None or key_of(row) < self._after)
            and (self.failed is None or self.failed == (outcome != SUCCESS))
            and (self._code is None or row[_AT["status_code"]] == self._code)
            and (not query.api_type or row[_AT["api_type"]] == query.api_type)
            and (not self.needle or self._holds_text(row))
        )

    def rows_of(self, block: Block) -> list[int]:
        """The matching rows of a block of the right account and kind, oldest first."""
        rows: Sequence[int] = self._rows_in_time(block)
        if self._code is not None and rows:
            found = set(np.flatnonzero(block.status_codes == self._code).tolist())
            rows = [row for row in rows if row in found]
        if self._query.api_type and rows:
            types = block.strings("api_type")
            rows = [row for row in rows if types[row] == self._query.api_type]
        if self.needle and rows:
            found = block.rows_with(self.needle)
            rows = [row for row in rows if row in found] if found else []
        return list(rows)

    def _rows_in_time(self, block: Block) -> range:
        query, times = self._query, block.times
        first = 0 if query.from_ms is None else int(np.searchsorted(times, query.from_ms))
        end = block.rows if query.until_ms is None else int(np.searchsorted(times, query.until_ms))
        if self._after is not None and times[-1] >= self._after[0]:
            keys = list(zip(times.tolist(), block.sequences.tolist(), strict=True))
            end = min(end, bisect_left(keys, self._after))
        return range(first, end)

    def _holds_text(self, row: Row) -> bool:
        path, query_string = row[_AT["path"]], row[_AT["query_string"]]
        texts = [f"{path}?{query_string}" if query_string else path]
        texts += [row[index] for index in _SEARCHED_AT]
        return self.needle in "\0\x1f\0".join(texts).encode().lower()
