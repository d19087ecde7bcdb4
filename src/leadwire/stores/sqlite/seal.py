"""Move calls from hot rows into blocks, and the bitmaps of blocks into groups.

Both take three steps:

1. read the rows to move, on the thread that writes the file;
2. compress them: pure, on any thread, while the writer keeps recording;
3. store the result in one transaction, on the writer's thread again. If the rows were moved
   meanwhile, this raises and changes nothing.
"""

import sqlite3
from itertools import chain
from operator import itemgetter, le
from typing import Final, NamedTuple

import msgspec

from leadwire.calls.record import FIELDS
from leadwire.stores.sqlite import hot
from leadwire.stores.sqlite.chain import DayChain
from leadwire.stores.sqlite.commits import repeatable
from leadwire.stores.sqlite.grams import bitmap_of
from leadwire.stores.sqlite.groups import BLOCKS_MAX, checked, slices_of, with_checksum
from leadwire.stores.sqlite.packing import filterable_values, pack_block
from leadwire.stores.sqlite.schema import SEQUENCE_BITS, Columns
from leadwire.stores.sqlite.summary import (
    merged,
    pack_summary,
    summary_of_columns,
    unpack_summary,
)

CALLS_PER_BLOCK: Final = 512
"""The minimum; a block has some dozens more at most."""
_LIMITS: Final = hot.Limits(CALLS_PER_BLOCK, bytes_max=2_000_000)
_ACCOUNT_AT: Final = FIELDS.index("account_id")
_TIME_AT: Final = FIELDS.index("started_at_ms")
_SEQUENCE_AT: Final = FIELDS.index("sequence")


class Batch(NamedTuple):
    """Hot rows that will become a block."""

    number: int
    kind: int
    chunks: list[hot.Packed]

    def work(self) -> "BlockToStore":
        """Make the block: pure, so on any thread. Raises BlockDamaged."""
        chunks = [hot.unpack(*chunk) for chunk in self.chunks]
        calls: Columns = [list(chain.from_iterable(parts)) for parts in zip(*chunks, strict=True)]
        made = block_of(_in_order(calls), failed=self.kind != hot.SUCCEEDED)
        return made._replace(places=[place for place, _, _ in self.chunks])


def block_of(calls: Columns, *, failed: bool) -> "BlockToStore":
    """The block of *calls*, which are sorted and belong to one account. It has no hot rows."""
    frames = pack_block(calls)
    bitmap = bitmap_of(frames.texts, filterable_values(calls, frames.few))
    times = calls[_TIME_AT]
    description = (
        calls[_ACCOUNT_AT][0], int(failed), times[0], times[-1], len(times),
        max(calls[_SEQUENCE_AT]),
    )  # fmt: skip
    return BlockToStore(
        [],
        description,
        (frames.ids, frames.head, frames.body),
        bitmap,
        pack_summary(summary_of_columns(calls, frames.few)),
    )


class BlockToStore(NamedTuple):
    places: list[int]
    """Of its hot rows, in order."""
    description: tuple[str, int, int, int, int, int]
    """account_id, failed, first_ms, last_ms, calls, sequence_max"""
    frames: tuple[bytes, bytes, bytes]
    bitmap: bytes
    summary: bytes

    def store(self, connection: sqlite3.Connection, chain: DayChain) -> int:
        """Replace the hot rows by the block. Returns the number of calls.

        Raises sqlite3.IntegrityError and changes nothing if the rows are gone.
        """
        with repeatable(connection):
            self.insert(connection, chain)
            removed = connection.execute(
                "DELETE FROM hot WHERE place BETWEEN ? AND ?", (self.places[0], self.places[-1])
            ).rowcount
            if removed != len(self.places):
                raise sqlite3.IntegrityError("Hot rows changed while they were sealed.")
        return self.description[4]

    def insert(self, connection: sqlite3.Connection, chain: DayChain) -> None:
        """Append the block, in the caller's transaction."""
        last_id, previous = head_of(connection, chain)
        block_id, bits = last_id + 1, with_checksum(self.bitmap)
        description = (block_id, *self.description)
        digest = chain.block(previous, description, (*self.frames, self.summary))
        connection.execute("INSERT INTO frames VALUES (?, ?, ?, ?)", (block_id, *self.frames))
        connection.execute(
            "INSERT INTO blocks VALUES (?, ?, ?, ?, ?, ?, NULL, ?, ?, ?)",
            (*description, self.summary, digest),
        )
        connection.execute(
            "INSERT INTO bitmaps VALUES (?, ?, ?)", (block_id, bits, chain.bits(block_id, bits))
        )


def head_of(connection: sqlite3.Connection, chain: DayChain) -> tuple[int, bytes]:
    """The number of the day's blocks, and the digest of the last one."""
    last = connection.execute(
        "SELECT block_id, digest FROM blocks ORDER BY block_id DESC LIMIT 1"
    ).fetchone()
    return last or (0, chain.start)


def batch_to_seal(connection: sqlite3.Connection, number: int, kind: int) -> Batch | None:
    """The oldest hot rows of the account with that number; None if it has none."""
    chunks = hot.oldest(connection, number, kind, _LIMITS)
    return Batch(number, kind, chunks) if chunks else None


class Gathering(NamedTuple):
    """Blocks whose bitmaps will become a group."""

    group_id: int
    account_id: str
    failed: int
    blocks: list[tuple[int, int, int, int, bytes, bytes]]
    """(block_id, first_ms, last_ms, calls, summary, bits)"""

    def work(self) -> "GroupToStore":
        """Transpose the bitmaps: pure, so on any thread. Raises BlockDamaged."""
        block_ids, firsts, lasts, calls, summaries, bitmaps = zip(*self.blocks, strict=True)
        slices = slices_of(list(map(checked, bitmaps)), self.group_id)
        summary = pack_summary(merged(map(unpack_summary, summaries)))
        description = (
            self.group_id, self.account_id, self.failed, min(firsts), max(lasts), sum(calls),
            msgspec.msgpack.encode(block_ids), summary,
        )  # fmt: skip
        return GroupToStore(description, block_ids, slices)


class GroupToStore(NamedTuple):
    description: tuple[int, str, int, int, int, int, bytes, bytes]
    block_ids: tuple[int, ...]
    slices: list[tuple[int, bytes]]

    def store(self, connection: sqlite3.Connection, chain: DayChain) -> int:
        """Replace the blocks' bitmaps by the group. Returns the number of blocks."""
        ids = [(block_id,) for block_id in self.block_ids]
        with repeatable(connection):
            connection.execute(
                "INSERT INTO groups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (*self.description, chain.group(self.description, self.slices)),
            )
            connection.executemany("INSERT INTO slices VALUES (?, ?)", self.slices)
            connection.executemany(
                f"UPDATE blocks SET group_id = {self.description[0]} WHERE block_id = ?",  # noqa: S608  # a number
                ids,
            )
            connection.executemany("DELETE FROM bitmaps WHERE block_id = ?", ids)
        return len(ids)


def blocks_to_gather(
    connection: sqlite3.Connection, number: int, failed: int, *, blocks_min: int
) -> Gathering | None:
    """The oldest ungrouped blocks of an account; None if there are too few."""
    [account_id] = connection.execute(
        "SELECT account_id FROM accounts WHERE number = ?", (number,)
    ).fetchone()
    found = connection.execute(
        "SELECT block_id, first_ms, last_ms, calls, summary, bits "
        "FROM blocks JOIN bitmaps USING (block_id) "
        "WHERE account_id = ? AND failed = ? AND group_id IS NULL ORDER BY block_id LIMIT ?",
        (account_id, failed, BLOCKS_MAX),
    ).fetchall()
    if len(found) < blocks_min:
        return None
    last_id = connection.execute("SELECT max(group_id) FROM groups").fetchone()[0] or 0
    return Gathering(last_id + 1, account_id, failed, found)


def hot_counts(connection: sqlite3.Connection) -> dict[tuple[int, int], int]:
    """The number of hot calls, by account number and kind."""
    found = connection.execute(
        f"SELECT place >> {SEQUENCE_BITS}, sum(calls) FROM hot GROUP BY 1"  # noqa: S608  # a number
    )
    return {hot.kind_of(kind << SEQUENCE_BITS): calls for kind, calls in found}


def ungrouped_counts(connection: sqlite3.Connection) -> dict[tuple[int, int], int]:
    """The number of ungrouped blocks, by account number and whether their calls failed."""
    found = connection.execute(
        "SELECT number, failed, count(*) FROM blocks JOIN accounts USING (account_id) "
        "WHERE group_id IS NULL GROUP BY 1, 2"
    )
    return {(number, failed): blocks for number, failed, blocks in found}


def _in_order(calls: Columns) -> Columns:
    """*calls* by time, then by sequence, as in a block."""
    keys = list(zip(calls[_TIME_AT], calls[_SEQUENCE_AT], strict=True))
    order = sorted(range(len(keys)), key=keys.__getitem__)
    if all(map(le, order, order[1:])):
        return calls
    in_order = itemgetter(*order)
    return [in_order(column) for column in calls]
