"""The proof of one day: every call read, every digest and count compared.

A damaged part is named and counted, and the rest of the day is still checked.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec

from leadwire.calls.record import FIELDS
from leadwire.dates import DAY_MS, parse_date
from leadwire.stores.sqlite import hot
from leadwire.stores.sqlite.anchor import DayDigests
from leadwire.stores.sqlite.block import read_block
from leadwire.stores.sqlite.chain import DayChain
from leadwire.stores.sqlite.damage import DAMAGE, BlockDamaged, present
from leadwire.stores.sqlite.end_mark import EndMark
from leadwire.stores.sqlite.groups import checked, slice_range, slices_per_group
from leadwire.stores.sqlite.ledger import DayNote, Runs
from leadwire.stores.sqlite.manifest import (
    Manifest,
    read_manifest,
    runs_of,
    sequences_of_lost,
)
from leadwire.stores.sqlite.schema import SCHEMA, SEQUENCE_MASK, Row, open_readable
from leadwire.stores.sqlite.summary import unpack_summary

_ACCOUNT_AT: Final = FIELDS.index("account_id")
_SEQUENCE_AT: Final = FIELDS.index("sequence")
_STARTED_AT: Final = FIELDS.index("started_at_ms")
_DURATION_AT: Final = FIELDS.index("duration_ms")
_BLOCK: Final = (
    "SELECT block_id, account_id, failed, first_ms, last_ms, calls, sequence_max, "
    "ids, head, body, summary, digest FROM blocks LEFT JOIN frames USING (block_id) "
    "WHERE block_id = ?"
)
_GROUP: Final = (
    "SELECT group_id, account_id, failed, first_ms, last_ms, calls, blocks, summary, digest "
    "FROM groups WHERE group_id = ?"
)


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """The facts about a day outside its file."""

    notes: tuple[DayNote, ...]
    """The file must match one of these, or have more."""
    head: tuple[int, bytes] | None = None
    """The least number of blocks, and the digest of the last one."""
    mark: EndMark = EndMark()
    """Tells which calls are long after the mark."""


class DayProof:
    """The findings about one day. ``problems`` has a sentence for each."""

    def __init__(self, chain: DayChain | None, expected: Expected, *, with_digests: bool) -> None:
        """Without a *chain*, because its key is lost, digests are not compared."""
        self.problems: list[str] = []
        self.digests = DayDigests() if with_digests else None
        self.calls = 0
        self.erased: Counter[int] = Counter()
        """Calls by the number of the erasure that took them."""
        self.long_after_mark = 0
        """Calls beyond the end mark that ended long after it was written."""
        self._chain = chain
        self._expected = expected
        self._sequences: list[int] = []
        self._lost: list[tuple[int, int, int]] = []
        self._damaged_calls = 0
        self._damaged_parts = 0
        self._told_calls = 0
        self._links: dict[int, tuple[bytes, int]] = {}
        """Of each block the digest, and the calls up to it."""

    def look(self, path: Path) -> None:
        """Read the whole day, in one read transaction."""
        connection = None
        try:
            connection = open_readable(path)
            connection.text_factory = _any_text
            connection.execute("BEGIN")
            looks: tuple[Callable[[sqlite3.Connection], Iterator[str]], ...] = (
                _structure, self._tombstones, self._blocks, self._hot, self._accounts,
                self._groups, self._bitmaps, self._outside, self._manifest,
            )  # fmt: skip
            # Each look catches its own errors, so damage in one table does not hide another.
            for look in looks:
                self._take(look, connection)
        except Exception as error:  # noqa: BLE001  # whatever a reader makes of bytes that are not ours
            self.problems.append(f"cannot be read: {error}")
        finally:
            if connection is not None:
                connection.close()
        if self._damaged_parts:
            self.problems.append(
                f"{self._damaged_parts} damaged part(s) with {self._damaged_calls:,} of "
                f"{self._told_calls:,} call(s) of the day."
            )

    def runs(self) -> Runs:
        """The sequences of the day: of calls, of erased calls, and of damaged calls."""
        found = self._sequences + sorted(sequences_of_lost(self._lost, set(self._sequences)))
        return runs_of(found)

    def _take(
        self, look: Callable[[sqlite3.Connection], Iterator[str]], connection: sqlite3.Connection
    ) -> None:
        try:
            self.problems.extend(look(connection))
        except Exception as error:  # noqa: BLE001  # the other looks go on
            self.problems.append(f"cannot be read to its end: {error}")

    def _blocks(self, connection: sqlite3.Connection) -> Iterator[str]:
        expected_id = 1
        previous: bytes | None = self._chain.start if self._chain else None
        ids = connection.execute("SELECT block_id FROM blocks ORDER BY block_id").fetchall()
        for (block_id,) in ids:
            if block_id != expected_id:
                last = f" to {block_id - 1}" if block_id - 1 > expected_id else ""
                yield f"block {expected_id}{last} is missing."
                # Without the previous digest, the next link cannot be checked.
                previous = None
            expected_id = block_id + 1
            try:
                row = present(connection.execute(_BLOCK, (block_id,)).fetchone())
            except DAMAGE as error:
                self._damage(0)
                yield f"block {block_id} cannot be read: {error}"
                previous = None
                continue
            *described, ids_frame, head, body, summary, digest = row
            self._told_calls += described[5]
            self._links[block_id] = digest, self._told_calls
            frames = (ids_frame, head, body, summary)
            problems = list(self._block(connection, previous, described, frames, digest))
            if problems:
                self._damage(described[5])
            yield from problems
            previous = digest if self._chain else None

    def _block(
        self,
        connection: sqlite3.Connection,
        previous: bytes | None,
        described: list[Any],
        frames: Sequence[Any],
        digest: object,
    ) -> Iterator[str]:
        block_id, account, failed, first_ms, last_ms, calls, sequence_max = described
        if not all(isinstance(frame, bytes) for frame in frames):
            yield f"block {block_id} has lost a part."
            return
        if (
            self._chain
            and previous is not None
            and self._chain.block(previous, described, frames) != digest
        ):
            yield f"block {block_id} was changed: the chain breaks there."
        try:
            rows = read_block(connection, block_id).all_rows()
        except (ValueError, *DAMAGE) as error:
            yield f"block {block_id} cannot be read: {error}"
            return
        keys = list(map(hot.key_of, rows))
        instants, sequences = zip(*keys, strict=True)
        self._add(rows, sequences)
        seen = [len(rows), instants[0], instants[-1], max(sequences), rows[0][_ACCOUNT_AT]]
        kinds = {hot.kind_of_row(row) != hot.SUCCEEDED for row in rows}
        # Searches skip blocks by these columns, so a wrong one would hide calls.
        if seen != [calls, first_ms, last_ms, sequence_max, account] or kinds != {bool(failed)}:
            yield f"block {block_id} does not describe its calls."
        yield from self._of_the_day(f"block {block_id}", first_ms, last_ms)

    def _hot(self, connection: sqlite3.Connection) -> Iterator[str]:
        accounts = dict(connection.execute("SELECT number, account_id FROM accounts"))
        places = connection.execute("SELECT place FROM hot ORDER BY place").fetchall()
        for (place,) in places:
            first = place & SEQUENCE_MASK
            try:
                row = present(
                    connection.execute(
                        "SELECT first_ms, last_ms, calls, last_sequence, checksum, packed, digest "
                        "FROM hot WHERE place = ?",
                        (place,),
                    ).fetchone()
                )
                calls = row[2]
                self._told_calls += calls
                rows = hot.rows_of(hot.unpack(place, row[4], row[5]))
            except (ValueError, *DAMAGE) as error:
                yield f"the hot row from sequence {first} cannot be read: {error}"
                # The manifest and the ledger may still show which calls these were.
                told = row[3] if row else first
                self._lost.append((first, told, row[2] if row else 0))
                self._damage(row[2] if row else 0)
                continue
            problems = list(self._hot_row(place, row, rows, accounts))
            if problems:
                self._damage(calls)
            yield from problems

    def _hot_row(
        self, place: int, told: Row, rows: list[Row], accounts: dict[int, str]
    ) -> Iterator[str]:
        first_ms, last_ms, calls, last_sequence, checksum, packed, digest = told
        first = place & SEQUENCE_MASK
        described = (place, first_ms, last_ms, calls, last_sequence, checksum)
        if self._chain and self._chain.hot(described, packed) != digest:
            yield f"the hot row from sequence {first} was changed."
        instants, sequences = zip(*map(hot.key_of, rows), strict=True)
        self._add(rows, sequences)
        seen = (len(rows), sequences[-1], min(instants), max(instants))
        if (calls, last_sequence, first_ms, last_ms) != seen or first != sequences[0]:
            yield f"the hot row from sequence {first} does not describe its calls."
        account, kind = hot.kind_of(place)
        if {row[_ACCOUNT_AT] for row in rows} != {accounts.get(account)}:
            yield f"the hot row from sequence {first} is stored under another account."
        if {hot.kind_of_row(row) for row in rows} != {kind}:
            yield f"the hot row from sequence {first} is stored in a wrong place."
        yield from self._of_the_day(f"the hot row from sequence {first}", first_ms, last_ms)

    def _tombstones(self, connection: sqlite3.Connection) -> Iterator[str]:
        for sequence, digest, erasure, seal in connection.execute(
            "SELECT sequence, digest, erasure, seal FROM tombstones ORDER BY sequence"
        ):
            self._sequences.append(sequence)
            self.erased[erasure] += 1
            if self.digests is not None:
                self.digests.add_erased(sequence, digest)
            if self._chain and self._chain.tombstone(sequence, digest, erasure) != seal:
                yield f"the tombstone of call {sequence} was changed."

    def _accounts(self, connection: sqlite3.Connection) -> Iterator[str]:
        for (account,) in connection.execute(
            "SELECT DISTINCT account_id FROM blocks "
            "WHERE account_id NOT IN (SELECT account_id FROM accounts)"
        ):
            yield f"the account {account!r} has lost its number."

    def _bitmaps(self, connection: sqlite3.Connection) -> Iterator[str]:
        """Check the bitmaps of the blocks, in groups or on their own."""
        lost = connection.execute(
            "SELECT block_id FROM blocks WHERE group_id IS NOT NULL "
            "AND group_id NOT IN (SELECT group_id FROM groups)"
        )
        for (block_id,) in lost.fetchall():
            yield f"the group of block {block_id} is missing."
        alone = connection.execute(
            "SELECT block_id, bits, bitmaps.digest FROM blocks LEFT JOIN bitmaps USING (block_id) "
            "WHERE group_id IS NULL"
        )
        for block_id, bits, digest in alone:
            try:
                checked(*present(bits and (bits,)))
            except BlockDamaged as error:
                yield f"block {block_id}: {error}"
                continue
            if self._chain and self._chain.bits(block_id, bits) != digest:
                yield f"the bits of block {block_id} were changed."

    def _groups(self, connection: sqlite3.Connection) -> Iterator[str]:
        for (group_id,) in connection.execute("SELECT group_id FROM groups").fetchall():
            try:
                yield from self._group(connection, group_id)
            except DAMAGE as error:
                yield f"group {group_id} cannot be read: {error}"

    def _group(self, connection: sqlite3.Connection, group_id: int) -> Iterator[str]:
        *described, digest = present(connection.execute(_GROUP, (group_id,)).fetchone())
        packed, summary = described[6:]
        members = connection.execute(
            "SELECT block_id, account_id, failed, first_ms, last_ms, calls FROM blocks "
            "WHERE group_id = ? ORDER BY block_id",
            (group_id,),
        ).fetchall()
        if not members:
            yield f"group {group_id} has lost its blocks."
            return
        block_ids, accounts, kinds, firsts, lasts, calls = zip(*members, strict=True)
        seen = [accounts[0], kinds[0], min(firsts), max(lasts), sum(calls)]
        if msgspec.msgpack.decode(packed) != list(block_ids) or described[1:6] != seen:
            yield f"group {group_id} does not describe its blocks."
        first, end = slice_range(group_id)
        slices = connection.execute(
            "SELECT slice_id, bits FROM slices WHERE slice_id >= ? AND slice_id < ? "
            "ORDER BY slice_id",
            (first, end),
        ).fetchall()
        wanted = slices_per_group(len(members))
        if [slice_id for slice_id, _ in slices] != list(range(first, first + wanted)):
            yield f"group {group_id} has lost some of its bits."
        for _, bits in slices:
            checked(bits)
        if self._chain and self._chain.group(described, slices) != digest:
            yield f"group {group_id} was changed."
        # Statistics read the summary instead of the calls, so it must agree with them.
        counted = int(unpack_summary(summary).counts[:, -1].sum())
        if counted != sum(calls):
            yield f"group {group_id} counts {counted} calls instead of {sum(calls)}."

    def _manifest(self, connection: sqlite3.Connection) -> Iterator[str]:
        manifest = read_manifest(connection)
        if manifest is None:
            # During a rewrite there are two notes, and the file may match either.
            if all(note.is_closed for note in self._expected.notes):
                yield "the day's manifest is missing."
            return
        if self._chain and not manifest.is_authentic(self._chain):
            yield "the day's manifest was changed."
        link = self._links.get(manifest.blocks)
        if link is None and manifest.blocks:
            yield f"block {manifest.blocks} of the day's manifest is missing."
        elif link and (link[0].hex(), link[1]) != (manifest.chain, manifest.calls):
            yield f"the blocks up to {manifest.blocks} differ from the day's manifest."
        elif not self._damaged_parts:
            yield from self._told_sequences(manifest)

    def _told_sequences(self, manifest: Manifest) -> Iterator[str]:
        there = set(self._sequences)
        told = {one for first, last in manifest.sequences for one in range(first, last + 1)}
        if not told <= there:
            yield f"{len(told - there):,} call(s) of the day's manifest are missing."

    def _outside(self, _: sqlite3.Connection) -> Iterator[str]:
        """What is known of the day outside its file."""
        notes = self._expected.notes
        blocks = max(self._links, default=0)
        if not any(self._is_as_noted(note) for note in notes):
            wanted = notes[-1]
            yield (
                "the file is an older copy, or of another log: when it was closed it had "
                f"{wanted.blocks} block(s) and {wanted.erased} erased call(s); it has "
                f"{blocks} and {sum(self.erased.values())}, or they are others."
            )
        head = self._expected.head
        if head is not None and self._digest_at(head[0]) != head[1]:
            yield (
                f"the file is an older copy, or of another log: it had {head[0]} block(s) at "
                f"least, and has {blocks}, or they are others."
            )

    def _is_as_noted(self, note: DayNote) -> bool:
        chain = bytes.fromhex(note.chain)
        return (not note.blocks or self._digest_at(note.blocks) == chain) and sum(
            self.erased.values()
        ) >= note.erased

    def _digest_at(self, block_id: int) -> object:
        link = self._links.get(block_id)
        return link and link[0]

    def _of_the_day(self, what: str, first_ms: int, last_ms: int) -> Iterator[str]:
        if self._chain is None:
            return
        start_ms = parse_date(self._chain.day)
        if first_ms < start_ms or last_ms >= start_ms + DAY_MS:
            yield f"{what} has calls of another day: the file was renamed, or mixed with another."

    def _add(self, rows: list[Row], sequences: Sequence[int]) -> None:
        self._sequences += sequences
        self.calls += len(rows)
        mark = self._expected.mark
        if max(sequences) > mark.sequence:
            self.long_after_mark += sum(
                row[_SEQUENCE_AT] > mark.sequence
                and mark.is_long_before(row[_STARTED_AT] + row[_DURATION_AT])
                for row in rows
            )
        if self.digests is not None:
            self.digests.add_rows(rows)

    def _damage(self, calls: int) -> None:
        self._damaged_parts += 1
        self._damaged_calls += calls


def _structure(connection: sqlite3.Connection) -> Iterator[str]:
    for (answer,) in connection.execute("PRAGMA integrity_check(5)"):
        if answer != "ok":
            yield f"the file is damaged: {answer}"
    with sqlite3.connect(":memory:") as model:
        for statement in SCHEMA:
            model.execute(statement)
        wanted = set(model.execute(_OBJECTS))
    model.close()
    found = set(connection.execute(_OBJECTS))
    for kind, name, _ in sorted(wanted - found):
        yield f"the {kind} {name} is missing, or not as it was made."
    for kind, name, _ in sorted(found - wanted):
        if kind != "table" or name in {name for _, name, _ in wanted}:
            yield f"the {kind} {name} was added."


_OBJECTS: Final = "SELECT type, name, sql FROM sqlite_schema WHERE sql IS NOT NULL"


def _any_text(text: bytes) -> str:
    """Decode any text. Text that is not UTF-8 is damaged, and must not stop the check."""
    return text.decode(errors="replace")
