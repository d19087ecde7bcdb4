"""Select the blocks of a day's file that can match, by their bitmaps."""

import sqlite3
from collections.abc import Sequence

from leadwire.stores.sqlite.bits import Bits, blocks_with
from leadwire.stores.sqlite.damage import BlockDamaged, present
from leadwire.stores.sqlite.groups import candidates, checked


class Skipping:
    """*bits* None: no block is skipped. A block with damaged bits is never skipped either."""

    def __init__(self, connection: sqlite3.Connection, bits: Bits | None) -> None:
        self._connection = connection
        self._bits = bits
        self.damaged: list[str] = []

    def of_group(self, group_id: int, block_ids: Sequence[int]) -> list[int]:
        """The blocks of a group that can have a match."""
        if self._bits is None:
            return list(block_ids)
        try:
            numbers = candidates(self._connection, group_id, len(block_ids), self._bits)
        except (BlockDamaged, sqlite3.DatabaseError) as error:
            self.damaged.append(f"Group {group_id}, searched without its bits: {error}")
            return list(block_ids)
        return [block_ids[number] for number in numbers]

    def is_possible(self, block_id: int) -> bool:
        """Whether an ungrouped block can have a match."""
        if self._bits is None:
            return True
        try:
            found = self._connection.execute(
                "SELECT bits FROM bitmaps WHERE block_id = ?", (block_id,)
            )
            bitmap = checked(*present(found.fetchone()))
        except (BlockDamaged, sqlite3.DatabaseError) as error:
            self.damaged.append(f"Block {block_id}, searched without its bits: {error}")
            return True
        return bool(blocks_with(self._bits, 1, lambda bit: bitmap[bit >> 3] >> (bit & 7)))
