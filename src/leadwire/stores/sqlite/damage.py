"""What reading a damaged file raises."""

import sqlite3
from typing import Final

import msgspec
import zstandard

from leadwire.errors import LeadwireError
from leadwire.stores.sqlite.schema import Row


class BlockDamaged(LeadwireError):
    """A part of a day's file holds other bytes than those that were written."""


DAMAGE: Final = (
    sqlite3.DatabaseError,
    BlockDamaged,
    zstandard.ZstdError,
    msgspec.MsgspecError,
    LookupError,
    TypeError,
    ValueError,
)
"""All that reading a file with wrong bytes can raise."""


def present(row: Row | None) -> Row:
    """*row*, which must be there. Raises BlockDamaged when it is missing."""
    if row is None:
        raise BlockDamaged("A part of a block is missing.")
    return row
