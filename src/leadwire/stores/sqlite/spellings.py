"""Which texts read differently from how they were sent. Pure functions.

A text is searched as it was sent and as it reads (``leadwire.calls.text``). Only the sent one is
stored. Of a block, what differs is noted when it is sealed, so that a search reads again only
the texts in which a needle could hide; of hot calls it is worked out when they are searched.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from leadwire.calls.text import fold, is_unusual, normal
from leadwire.stores.sqlite.columns import SEPARATOR

PlusFrom = Callable[[int], int | None]
"""Takes the number of a text; gives from which character on ``+`` is a blank in it."""

_FIRST_ABOVE_SEPARATOR: Final = SEPARATOR[0]
_DELETE: Final = b"\x7f"


class Spelling(NamedTuple):
    """A text by its number in its column, as it reads."""

    number: int
    read: bytes
    is_unusual: bool
    """Whether *read* may hold a needle whose core the text as sent does not hold."""


def spellings(
    texts: Sequence[str], joined: bytes, plus_from: PlusFrom | None = None
) -> Iterator[Spelling]:
    """The texts that read differently from how they were sent.

    *joined* is the texts with a separator between them. *plus_from* None: ``+`` is no blank in
    any of them.
    """
    for number in _suspects(texts, joined, may_hold_plus=plus_from is not None):
        text = texts[number]
        read = normal(text, None if plus_from is None else plus_from(number))
        if read != fold(text):
            yield Spelling(number, read, is_unusual(text, read))


def _suspects(texts: Sequence[str], joined: bytes, *, may_hold_plus: bool) -> Sequence[int]:
    """The numbers of the texts that may read differently: mostly empty, and found quickly."""
    if not joined:
        return ()
    has_control = (
        int(np.frombuffer(joined, np.uint8).min()) < _FIRST_ABOVE_SEPARATOR
        or _DELETE in joined
        or joined.count(SEPARATOR) >= len(texts)
    )
    has_plus = may_hold_plus and b"+" in joined
    if not (has_control or has_plus or b"%" in joined or b"\\" in joined or not joined.isascii()):
        return ()
    return [
        number
        for number, text in enumerate(texts)
        if "%" in text
        or "\\" in text
        or not text.isascii()
        or (has_plus and "+" in text)
        or (has_control and not text.isprintable())
    ]
