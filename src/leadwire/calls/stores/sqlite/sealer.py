"""Decides when hot rows of a day are sealed and blocks gathered. For the writer's thread."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Final

from leadwire.calls.stores.sqlite.groups import BLOCKS_MAX
from leadwire.calls.stores.sqlite.schema import Row
from leadwire.calls.stores.sqlite.seal import (
    CALLS_PER_BLOCK,
    gather,
    hot_counts,
    pack_wide_rows,
    seal,
    ungrouped_counts,
)

_ACCOUNT_AT: Final = 1
_FAILED_AT: Final = 2


class Sealer:
    """Knows how many rows and blocks of a day wait. The file has one writer, so it stays right."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._hot = Counter(hot_counts(connection))
        self._ungrouped = Counter(ungrouped_counts(connection))
        self._full = {key for key, calls in self._hot.items() if calls >= CALLS_PER_BLOCK}

    def count(self, rows: Sequence[Row]) -> None:
        """Take note of hot rows that were committed."""
        for row in rows:
            key = (row[_ACCOUNT_AT], int(row[_FAILED_AT]))
            self._hot[key] += 1
            if self._hot[key] >= CALLS_PER_BLOCK:
                self._full.add(key)

    def seal_full_blocks(self) -> None:
        """Seal what makes whole blocks. Raises sqlite3.Error; what was done until then stays."""
        while self._full:
            key = next(iter(self._full))
            self._seal(key)
            if self._hot[key] < CALLS_PER_BLOCK:
                self._full.discard(key)

    def seal_everything(self) -> None:
        """Leave no hot row and no ungrouped block: for a day that is over."""
        while pack_wide_rows(self._connection):
            pass
        self._hot = Counter(hot_counts(self._connection))
        for key in list(self._hot):
            while self._hot[key] > 0:
                self._seal(key)
        for key in list(self._ungrouped):
            while gather(self._connection, *key, blocks_min=1):
                pass
        self._ungrouped.clear()
        self._full.clear()

    def _seal(self, key: tuple[str, int]) -> None:
        self._hot[key] -= seal(self._connection, *key)
        self._ungrouped[key] += 1
        if self._ungrouped[key] >= BLOCKS_MAX:
            self._ungrouped[key] -= gather(self._connection, *key, blocks_min=BLOCKS_MAX)
