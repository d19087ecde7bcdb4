"""Erase calls, also from sealed blocks, and keep the log provable.

A new file of the day without the calls replaces the old one. Each erased call leaves a tombstone
with its number, its digest and its erasure. So sequences have no gap, and older anchors still
match.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Final

import msgspec

from leadwire.calls.record import FIELDS
from leadwire.clock import Clock, SystemIds
from leadwire.database.mark import read_mark
from leadwire.dates import day_of
from leadwire.disk import flush
from leadwire.errors import SetupError
from leadwire.stores.sqlite import hot
from leadwire.stores.sqlite.anchor import call_digest
from leadwire.stores.sqlite.block import read_block
from leadwire.stores.sqlite.chain import HOW_TO_GO_ON, DayChain
from leadwire.stores.sqlite.closing import manifest_of
from leadwire.stores.sqlite.commits import transaction
from leadwire.stores.sqlite.days import DayFolder, WriterLock
from leadwire.stores.sqlite.ledger import DayNote, Erasure, Rewrite
from leadwire.stores.sqlite.manifest import read_manifest, write_manifest
from leadwire.stores.sqlite.proof import Proof
from leadwire.stores.sqlite.schema import (
    NEW_SUFFIX,
    SEQUENCE_MASK,
    Columns,
    Row,
    make_tables,
    open_writable,
)
from leadwire.stores.sqlite.seal import block_of, head_of
from leadwire.stores.sqlite.sealer import Sealer
from leadwire.stores.sqlite.verify_day import DayProof, Expected

_SEQUENCE_AT: Final = FIELDS.index("sequence")

ERASING_ERRORS: Final = (sqlite3.Error, OSError)
"""Errors of the disk or a database during an erasure."""

Doomed = Mapping[str, set[int]]
"""The sequences of the calls to erase, by day."""


class Eraser:
    """Locks a folder for an erasure. Raises SetupError while a server has it. Must be closed.

    After a kill, each day is in its old or its new state, and ``verify`` accepts both.
    """

    def __init__(self, folder: Path, *, clock: Clock) -> None:
        self._days = DayFolder(folder)
        self._clock = clock
        try:
            self._lock = WriterLock(folder)
        except SetupError:
            raise SetupError(
                f"A server writes to {folder}: stop it, erase, and start it again."
            ) from None
        try:
            self._proof = Proof(self._days, clock=clock, ids=SystemIds())
            finish_rewrite(self._days, self._proof)
        except BaseException:
            self._lock.release()
            raise

    def erase(self, doomed: Doomed, *, by: str) -> Erasure:
        """Erase the calls day by day, and record the time and *by* whom.

        Raises SetupError for a damaged day, which stays unchanged, because new digests would hide
        the damage. Raises OSError and sqlite3.Error. Days finished before an error stay erased.
        """
        for day in doomed:
            self._check(day)
        number = max((one.number for one in self._proof.ledger.erasures), default=0) + 1
        erasure = Erasure(number=number, at_ms=self._clock.now_ms(), by=by)
        for day, sequences in sorted(doomed.items()):
            erasure = self._erase_day(day, sequences, erasure)
        return erasure

    def close(self) -> None:
        self._proof.close()
        self._lock.release()

    def _check(self, day: str) -> None:
        note = self._proof.ledger.days.get(day, DayNote())
        expected = Expected(notes=(note,), head=self._proof.heads.get(day))
        found = DayProof(self._proof.chain.of_day(day), expected, with_digests=False)
        found.look(self._days.path(day))
        if found.problems:
            raise SetupError(
                f"Nothing was erased. {day} is damaged ({found.problems[0]}): {HOW_TO_GO_ON}. "
                "'leadwire calls verify' says all that is wrong."
            )

    def _erase_day(self, day: str, sequences: set[int], erasure: Erasure) -> Erasure:
        path = self._days.path(day)
        new = path.with_name(path.name + NEW_SUFFIX)
        chain = self._proof.chain.of_day(day)
        known = self._proof.ledger.days.get(day, DayNote())
        with closing(open_writable(path)) as old:
            note = _write_without(old, new, sequences, chain, erasure.number, known)
            [busy, *_] = old.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            if busy:
                raise SetupError(f"Another process reads {path}: end it, and erase again.")
        done = msgspec.structs.replace(
            erasure, calls=erasure.calls + len(sequences), days=(*erasure.days, day)
        )
        self._proof.begin_rewrite(Rewrite(day=day, note=note, erasure=done))
        self._days.remove_sidecars(day)  # their content is in the file
        new.replace(path)
        self._days.sync()
        self._proof.end_rewrite(is_done=True)
        return done


def finish_rewrite(days: DayFolder, proof: Proof) -> None:
    """Check whether an interrupted rewrite finished, and note it. Raises sqlite3.Error."""
    rewrite = proof.ledger.rewrite
    if rewrite is None:
        return
    chain = proof.chain.of_day(rewrite.day)
    with closing(open_writable(days.path(rewrite.day))) as connection:
        there = _note_of(connection, chain, rewrite.note)
    days.sync()
    proof.end_rewrite(is_done=there == rewrite.note)


def by_day(keys: Iterable[hot.Key]) -> dict[str, set[int]]:
    """Convert pairs of instant and sequence to the input of ``Eraser.erase``."""
    doomed: dict[str, set[int]] = {}
    for at_ms, sequence in keys:
        doomed.setdefault(day_of(at_ms), set()).add(sequence)
    return doomed


def _write_without(
    old: sqlite3.Connection,
    new: Path,
    doomed: set[int],
    chain: DayChain,
    erasure: int,
    known: DayNote,
) -> DayNote:
    """Copy *old* into the file *new*, with tombstones for the doomed calls; the day's new note."""
    mark = read_mark(old)
    connection = make_tables(new, mark)
    try:
        with transaction(connection):
            for table in ("accounts", "tombstones"):
                rows = old.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608  # our own names
                for row in rows:
                    marks = ",".join("?" * len(row))
                    connection.execute(f"INSERT INTO {table} VALUES ({marks})", row)  # noqa: S608
            for row in _move_blocks(old, connection, doomed, chain):
                _bury(connection, row, chain, erasure)
            for row in _move_hot(old, connection, doomed, chain):
                _bury(connection, row, chain, erasure)
        sealer = Sealer(connection, chain)
        has_groups = old.execute("SELECT 1 FROM groups LIMIT 1").fetchone() is not None
        if has_groups:
            sealer.gather_everything()
        if read_manifest(old):
            with transaction(connection):
                write_manifest(connection, manifest_of(connection), chain)
        note = _note_of(connection, chain, known)
        connection.execute("PRAGMA journal_mode = WAL")
    finally:
        connection.close()
    with new.open("rb") as file:
        flush(file.fileno())
    return note


def _move_blocks(
    old: sqlite3.Connection, new: sqlite3.Connection, doomed: set[int], chain: DayChain
) -> Iterator[Row]:
    """Write the blocks without the doomed calls; these are yielded."""
    blocks = old.execute("SELECT block_id, failed FROM blocks ORDER BY block_id").fetchall()
    for block_id, failed in blocks:
        rows = read_block(old, block_id).all_rows()
        left = [row for row in rows if row[_SEQUENCE_AT] not in doomed]
        if left:
            block_of([*zip(*left, strict=True)], failed=bool(failed)).insert(new, chain)
        yield from (row for row in rows if row[_SEQUENCE_AT] in doomed)


def _move_hot(
    old: sqlite3.Connection, new: sqlite3.Connection, doomed: set[int], chain: DayChain
) -> Iterator[Row]:
    """Write the hot rows without the doomed calls; these are yielded."""
    found = old.execute("SELECT place, checksum, packed FROM hot ORDER BY place").fetchall()
    for place, checksum, packed in found:
        rows = hot.rows_of(hot.unpack(place, checksum, packed))
        left = [row for row in rows if row[_SEQUENCE_AT] not in doomed]
        if left:
            start = place & ~SEQUENCE_MASK
            columns: Columns = [*zip(*left, strict=True)]
            new.executemany(hot.INSERT, hot.packed_rows(start, columns, chain))
        yield from (row for row in rows if row[_SEQUENCE_AT] in doomed)


def _bury(connection: sqlite3.Connection, row: Row, chain: DayChain, erasure: int) -> None:
    sequence, digest = row[_SEQUENCE_AT], call_digest(row)
    connection.execute(
        "INSERT INTO tombstones VALUES (?, ?, ?, ?)",
        (sequence, digest, erasure, chain.tombstone(sequence, digest, erasure)),
    )


def _note_of(connection: sqlite3.Connection, chain: DayChain, known: DayNote) -> DayNote:
    """The ledger's note of the day as it is now."""
    blocks, digest = head_of(connection, chain)
    [erased] = connection.execute("SELECT count(*) FROM tombstones").fetchone()
    return msgspec.structs.replace(
        known,
        blocks=blocks,
        chain=digest.hex() if blocks else "",
        erased=erased,
    )
