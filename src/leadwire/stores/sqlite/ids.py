"""The ids of a block's calls as 16 bytes each, in the order of the calls."""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

_BYTES: Final = 16
_DIGITS: Final = 32
_CHARACTERS: Final = 36
_UUIDS: Final = re.compile(
    "(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})*", re.ASCII
)
_HYPHEN: Final = 32
_LAYOUT: Final = np.array(
    [*range(8), _HYPHEN, *range(8, 12), _HYPHEN, *range(12, 16), _HYPHEN, *range(16, 20), _HYPHEN,
     *range(20, 32), _HYPHEN]
)  # fmt: skip
"""For each character of an id's text, which of its 32 digits it is. A hyphen stands behind the
digits, and one more ends each id."""


def pack_ids(call_ids: Sequence[str]) -> bytes | None:
    """None when one of *call_ids* is not a lower-case UUID with hyphens."""
    joined = "".join(call_ids)
    if len(joined) != _CHARACTERS * len(call_ids) or _UUIDS.fullmatch(joined) is None:
        return None
    return bytes.fromhex(joined.replace("-", ""))


def id_bytes(call_id: str) -> bytes | None:
    """The 16 bytes of one id; None when it is not a lower-case UUID with hyphens."""
    return pack_ids([call_id])


def position_of_id(ids: bytes, wanted: bytes) -> int:
    """The position of the call with the id *wanted*; -1 if no call has it."""
    place = ids.find(wanted)
    # The bytes may also match across two ids, so only the start of an id counts.
    while place % _BYTES and place >= 0:
        place = ids.find(wanted, place + 1)
    return place // _BYTES if place >= 0 else -1


def texts_of_ids(ids: bytes, rows: Sequence[int]) -> list[str]:
    """The ids of ascending *rows* as text."""
    first, end = rows[0], rows[-1] + 1
    # One numpy index formats all texts, since formatting each id takes ten times as long.
    digits = ids[first * _BYTES : end * _BYTES].hex("-", -_BYTES) + "-"
    lines = np.frombuffer(digits.encode(), np.uint8).reshape(-1, _DIGITS + 1)
    joined = lines[:, _LAYOUT].tobytes().decode()
    starts = [(row - first) * (_CHARACTERS + 1) for row in rows]
    return [joined[start : start + _CHARACTERS] for start in starts]
