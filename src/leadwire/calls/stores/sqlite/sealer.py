"""Decides when hot rows of a day are sealed and blocks gathered. For the writer's thread."""

import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Final

from leadwire.calls.stores.sqlite.groups import BLOCKS_MAX
from leadwire.calls.stores.sqlite.hot import Accounts, kind_of
from leadwire.calls.stores.sqlite.schema import Row
from leadwire.calls.stores.sqlite.seal import (
    CALLS_PER_BLOCK,
    gather,
    hot_counts,
    pack_wide_rows,
    seal,
    ungrouped_counts,
)

Kind = tuple[int, int]
"""(account number, failed): what is sealed together."""


class Sealer:
    """Knows how many rows and blocks of a day wait. The file has one writer, so it stays right."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.accounts: Final = Accounts(connection)
        self._hot = Counter(hot_counts(connection))
        self._ungrouped = Counter(ungrouped_counts(connection))
        self._full = {kind for kind, calls in self._hot.items() if calls >= CALLS_PER_BLOCK}

    def count(self, rows: Sequence[Row]) -> None:
        """Take note of hot rows that were committed."""
        for kind, calls in Counter(kind_of(place) for place, *_ in rows).items():
            self._hot[kind] += calls
            if self._hot[kind] >= CALLS_PER_BLOCK:
                self._full.add(kind)

    def seal_full_blocks(self) -> None:
        """Seal what makes whole blocks. Raises sqlite3.Error; what was done until then stays."""
        while self._full:
            kind = next(iter(self._full))
            self._seal(kind)
            if self._hot[kind] < CALLS_PER_BLOCK:
                self._full.discard(kind)

    def seal_everything(self) -> None:
        """Leave no hot row and no ungrouped block: for a day that is over."""
        while pack_wide_rows(self._connection):
            pass
        self._hot = Counter(hot_counts(self._connection))
        for kind in list(self._hot):
            while self._hot[kind] > 0:
                self._seal(kind)
        for kind in list(self._ungrouped):
            while gather(self._connection, *kind, blocks_min=1):
                pass
        self._ungrouped.clear()
        self._full.clear()

    def _seal(self, kind: Kind) -> None:
        self._hot[kind] -= seal(self._connection, *kind)
        self._ungrouped[kind] += 1
        if self._ungrouped[kind] >= BLOCKS_MAX:
            self._ungrouped[kind] -= gather(self._connection, *kind, blocks_min=BLOCKS_MAX)
