"""The bits that every block with a match of a condition must have, as a tree.

The tree follows the condition: all bits of one spelling of a text must be set, or all bits of
another spelling. So the work grows with the number of texts, however they are combined.
"""

from collections.abc import Callable
from typing import Final, NamedTuple

from leadwire.calls.terms import (
    TEXT_ATTRIBUTES,
    And,
    Compare,
    Condition,
    Member,
    OneOf,
    Or,
    Part,
    Text,
    Whole,
)
from leadwire.stores.sqlite.grams import bit_of_value, bits_of_needle

FILTERABLE: Final = (
    "status_code", "api_type", "operation", "exception_type", "method", "user_id", "key_id",
)  # fmt: skip
"""Fields whose values have a bit each."""
_WITH_GRAMS: Final = frozenset((*TEXT_ATTRIBUTES, "path", "query_string"))
"""Fields whose text is in the bitmap."""


class Every(NamedTuple):
    """All of *parts*."""

    parts: "tuple[Bits, ...]"


class Some(NamedTuple):
    """One of *parts*."""

    parts: "tuple[Bits, ...]"


class Set(NamedTuple):
    """Bits that must all be set. The bit that excludes most blocks comes first."""

    bits: tuple[int, ...]


Bits = Every | Some | Set

ANY: Final = Every(())
"""Bits exclude no block: any of them may have a match."""


def bits_of(condition: Condition) -> Bits:
    """What the bitmap of every block with a match has set."""
    if isinstance(condition, And):
        return _every([bits_of(term) for term in condition.terms])
    if isinstance(condition, Or):
        return _some([bits_of(term) for term in condition.terms])
    if isinstance(condition, OneOf) and condition.attribute in FILTERABLE:
        values = condition.values
        return _some([Set((bit_of_value(condition.attribute, value),)) for value in values])
    if isinstance(condition, Compare):
        is_one = condition.attribute in FILTERABLE and condition.low == condition.high
        return Set((bit_of_value("status_code", f"{condition.low:.0f}"),)) if is_one else ANY
    if isinstance(condition, Text) or (
        isinstance(condition, Part | Whole | Member) and condition.attribute in _WITH_GRAMS
    ):
        return _every(
            [
                _some([Set(bits_of_needle(piece)) for piece in pieces])
                for pieces in condition.needles
            ]
        )
    return ANY


def blocks_with(bits: Bits, left: int, has: Callable[[int], int]) -> int:
    """Those of *left* that can have a match; blocks are bits of a number.

    *has* returns the blocks in which a bit is set.
    """
    if isinstance(bits, Set):
        for bit in bits.bits:
            left &= has(bit)
            if not left:
                break
        return left
    if isinstance(bits, Every):
        for part in bits.parts:
            if not left:
                break
            left = blocks_with(part, left, has)
        return left
    found = 0
    for part in bits.parts:
        found |= blocks_with(part, left & ~found, has)
    return found


def _every(parts: list[Bits]) -> Bits:
    telling = [part for part in parts if part != ANY]
    return telling[0] if len(telling) == 1 else Every(tuple(telling))


def _some(parts: list[Bits]) -> Bits:
    if any(part == ANY or part == Set(()) for part in parts):
        return ANY
    return parts[0] if len(parts) == 1 else Some(tuple(parts))
