"""Find texts that decoding changes. Pure functions.

A text is searched as sent and as read (``leadwire.calls.text``). Only the sent text is stored.
Sealing a block notes which texts differ, so a search decodes only texts that may hide a needle. For
hot calls the search computes it.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np

from leadwire.calls.text import fold, is_unusual, normal
from leadwire.stores.sqlite.columns import SEPARATOR

PlusFrom = Callable[[int], int | None]
"""Takes the number of a text, and returns the first character where ``+`` is a blank."""

_FIRST_ABOVE_SEPARATOR: Final = SEPARATOR[0]
_DELETE: Final = b"\x7f"


class Spelling(NamedTuple):
    """A decoded text, by its number in its column."""

    number: int
    read: bytes
    is_unusual: bool
    """Whether *read* may hold a needle whose core the text as sent does not hold."""


def spellings(
    texts: Sequence[str], joined: bytes, plus_from: PlusFrom | None = None
) -> Iterator[Spelling]:
    """The texts that decoding changes.

    *joined* is the texts with a separator between them. *plus_from* None means ``+`` is never a
    blank.
    """
    for number in _suspects(texts, joined, may_hold_plus=plus_from is not None):
        text = texts[number]
        read = normal(text, None if plus_from is None else plus_from(number))
        if read != fold(text):
            yield Spelling(number, read, is_unusual(text, read))


def _suspects(texts: Sequence[str], joined: bytes, *, may_hold_plus: bool) -> Sequence[int]:
    """The numbers of texts that decoding may change: mostly empty, and quick to compute."""
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
