"""Whether a call answers a query: the same filters for a row, a block and a file's tables."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from itertools import product
from typing import Any, Final

import numpy as np

from leadwire.calls.query import CallQuery
from leadwire.calls.search import HEADER_FIELDS, TEXT_FIELDS, Condition, Term, fold, target_of
from leadwire.calls.stores.sqlite.block import Block
from leadwire.calls.stores.sqlite.columns import Choices, matching_codes, rows_with_codes
from leadwire.calls.stores.sqlite.grams import bit_of_value, bits_of_needle
from leadwire.calls.stores.sqlite.hot import Key, key_of
from leadwire.calls.stores.sqlite.schema import FIELDS, Columns, Row

SUCCESS: Final = "success"
_AT: Final = {name: index for index, name in enumerate(FIELDS)}
_FILTERABLE: Final = (
    "status_code", "api_type", "operation", "exception_type", "method", "user_id", "key_id",
)  # fmt: skip
_TEXTS_AT: Final = tuple(_AT[name] for name in TEXT_FIELDS)
_HEADERS_AT: Final = tuple(_AT[name] for name in HEADER_FIELDS)
_PATH_AT, _QUERY_AT = _AT["path"], _AT["query_string"]
_WITH_BITS: Final = frozenset((*TEXT_FIELDS, "path"))
"""Fields whose text is in a block's bits."""


def filterable_values(calls: Columns, few: Mapping[str, Choices]) -> set[tuple[str, str]]:
    """The (field, value) pairs by which a filter can skip the block of *calls*.

    *few* has the distinct values of some of its columns.
    """
    return {
        (name, str(value))
        for name in _FILTERABLE
        for value in (few[name].values if name in few else set(calls[_AT[name]]))
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
        self._alternatives: Final = [Alternative(terms) for terms in query.search().alternatives]
        self.failed: Final = failed_of(query)
        self._code = int(query.status) if query.status.isdecimal() else None

    @property
    def searches(self) -> bool:
        """Whether there is a search, beside the filters."""
        return bool(self._alternatives)

    @property
    def searches_text(self) -> bool:
        """Whether bodies are looked through."""
        return any(part.searches_text for part in self._alternatives)

    def bits(self) -> list[list[int]]:
        """For each alternative the bits that every block with a match has set, the most telling
        first; nothing at all when some block cannot be told by its bits.
        """  # noqa: D205  # one sentence
        bits = [] if self._code is None else [bit_of_value("status_code", str(self._code))]
        if self._query.api_type:
            bits.append(bit_of_value("api_type", self._query.api_type))
        every = [
            bits + more for alternative in self._alternatives for more in alternative.bits()
        ] or [bits]
        return every if all(every) else []

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
        """Whether a row of the right account is a match."""
        query, at_ms = self._query, row[_AT["started_at_ms"]]
        outcome = row[_AT["outcome"]]
        return (
            (query.from_ms is None or at_ms >= query.from_ms)
            and (query.until_ms is None or at_ms < query.until_ms)
            and (self._after is None or key_of(row) < self._after)
            and (self.failed is None or self.failed == (outcome != SUCCESS))
            and (self._code is None or row[_AT["status_code"]] == self._code)
            and (not query.api_type or row[_AT["api_type"]] == query.api_type)
            and (not self._alternatives or any(part.holds(row) for part in self._alternatives))
        )

    def may_hold(self, packed: bytes) -> bool:
        """Whether a match may be among the calls of a chunk: looks at its bytes as they are."""
        if not self._alternatives:
            return True
        folded = packed.lower()
        return any(part.may_hold(folded) for part in self._alternatives)

    def rows_of(self, block: Block) -> list[int]:
        """The matching rows of a block of the right account and kind, oldest first."""
        in_time = self._rows_in_time(block)
        rows: Sequence[int] = in_time
        if self._code is not None and in_time:
            codes = block.status_codes[in_time.start : in_time.stop]
            rows = (np.flatnonzero(codes == self._code) + in_time.start).tolist()
        if self._query.api_type and rows:
            types = block.strings("api_type")
            rows = [row for row in rows if types[row] == self._query.api_type]
        if self._alternatives and rows:
            found = set().union(*(part.rows_of(block, rows) for part in self._alternatives))
            rows = sorted(found)
        return list(rows)

    def _rows_in_time(self, block: Block) -> range:
        query, times = self._query, block.times
        first = 0 if query.from_ms is None else int(np.searchsorted(times, query.from_ms))
        end = block.rows if query.until_ms is None else int(np.searchsorted(times, query.until_ms))
        if self._after is not None and times[-1] >= self._after[0]:
            keys = list(zip(times.tolist(), block.sequences.tolist(), strict=True))
            end = min(end, bisect_left(keys, self._after))
        return range(first, end)


class Alternative:
    """Terms that must all hold, made ready for rows and for blocks."""

    def __init__(self, terms: Sequence[Term]) -> None:
        self._terms = terms
        self._texts = [
            (tuple(map(fold, term.texts)), term.negated) for term in terms if not term.field
        ]
        self._conditions = [(term.condition(), term.negated) for term in terms if term.field]
        # Path and query string are two values of a chunk: a needle may reach from one to the other.
        self._pieces = [
            [needle.split(b"?") for needle in needles]
            for needles, negated in self._texts
            if not negated
        ]

    @property
    def searches_text(self) -> bool:
        return bool(self._texts)

    def may_hold(self, folded: bytes) -> bool:
        """Whether one of each term's texts may be among *folded* bytes of chunks."""
        return all(
            any(all(piece in folded for piece in pieces) for pieces in texts)
            for texts in self._pieces
        )

    def bits(self) -> list[list[int]]:
        """The bits that every block with a match has set: those of one of the lists, at least.

        An empty list when none can be named.
        """
        needles: list[bytes] = []
        choices = [texts for texts, negated in self._texts if not negated]
        for condition, negated in self._conditions:
            if not negated and condition.attribute in _WITH_BITS:
                needles += map(fold, condition.needles)
                if condition.one_of:
                    choices.append(tuple(map(fold, condition.one_of)))
        codes = [
            bit_of_value("status_code", term.value)
            for term in self._terms
            if term.field == "status" and term.value.isdecimal() and not term.negated
        ]
        ways = [
            [bit for needle in (*needles, *way) for bit in bits_of_needle(needle)]
            for way in product(*_few(choices))
        ]
        return [codes + bits for bits in ways]

    def holds(self, row: Row) -> bool:
        for condition, negated in self._conditions:
            if condition.holds(row[_AT[condition.attribute]]) is negated:
                return False
        if not self._texts:
            return True
        texts = [target_of(row[_PATH_AT], row[_QUERY_AT]), *(row[index] for index in _TEXTS_AT)]
        for place in _HEADERS_AT:
            texts += row[place].split("\n")
        joined = fold("\0\x1f\0".join(texts))
        return all(
            any(needle in joined for needle in needles) is not negated
            for needles, negated in self._texts
        )

    def rows_of(self, block: Block, rows: Sequence[int]) -> set[int]:
        left = set(rows)
        for condition, negated in self._conditions:
            left = (
                left - _rows_for(block, condition)
                if negated
                else left & _rows_for(block, condition)
            )
            if not left:
                return left
        for needles, negated in self._texts:
            found = set().union(*map(block.rows_with, needles))
            left = left - found if negated else left & found
            if not left:
                return left
        return left


def _few(choices: list[tuple[bytes, ...]]) -> list[tuple[bytes, ...]]:
    """Of *choices* so many that there are few ways to choose one of each; blocks are told by those.

    Those without a choice come first: they cost nothing.
    """
    ways = 1
    kept = []
    for needles in sorted(choices, key=len):
        ways *= len(needles)
        if ways > _WAYS_MAX:
            break
        kept.append(needles)
    return kept


def _rows_for(block: Block, condition: Condition) -> set[int]:
    """The rows of a block for which a condition holds."""
    if condition.attribute not in _NOT_STRINGS:
        choices = block.choices(condition.attribute)
        if choices is not None:  # few distinct values: each is asked once
            return set(rows_with_codes(choices, matching_codes(choices, condition.holds)))
    values = block.values(condition.attribute)
    return {row for row, value in enumerate(values) if condition.holds(value)}


_WAYS_MAX: Final = 16
_NOT_STRINGS: Final = ("status_code", "duration_ms", "call_id", "path")
