"""How much a test tries: a part in the everyday run, everything with ``scripts/test --all``.

The everyday run must end in minutes on a slow machine. It tries a fixed part of each long table
and a quarter of each budget, so a failure can be repeated.
"""

import os
from collections.abc import Sequence
from typing import Final, TypeVar

T = TypeVar("T")

EVERYTHING: Final = os.environ.get("LEADWIRE_TEST_ALL") == "1"
_EXAMPLES_MIN: Final = 10


def examples(number: int) -> int:
    """How many examples of a property are tried, out of *number*."""
    return number if EVERYTHING else min(number, max(_EXAMPLES_MIN, number // 4))


def each(items: Sequence[T], *, every: int) -> Sequence[T]:
    """*items*, or each *every*-th of them: the first is among them."""
    return items if EVERYTHING else items[::every]
