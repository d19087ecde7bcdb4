"""The errors of reading a damaged file."""

import sqlite3
from typing import Final

import msgspec
import zstandard

from leadwire.errors import LeadwireError
from leadwire.stores.sqlite.schema import Row


class BlockDamaged(LeadwireError):
    """A part of a day's file differs from the bytes that were written."""


DAMAGE: Final = (
    sqlite3.DatabaseError,
    BlockDamaged,
    zstandard.ZstdError,
    msgspec.MsgspecError,
    LookupError,
    TypeError,
    ValueError,
)
"""Every error that reading a damaged file can raise."""


def present(row: Row | None) -> Row:
    """Return *row*. Raises BlockDamaged if it is missing."""
    if row is None:
        raise BlockDamaged("A part of a block is missing.")
    return row
