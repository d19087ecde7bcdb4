"""Proof that nothing is missing: every call read, every digest and count compared.

Reads the whole folder and changes nothing. What is wrong is named in the order of the days, the
first thing first.
"""

import sqlite3
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec
import zstandard

from leadwire.calls.stores.sqlite import hot
from leadwire.calls.stores.sqlite.block import BlockDamaged
from leadwire.calls.stores.sqlite.days import DayFolder
from leadwire.calls.stores.sqlite.groups import checked, slice_range
from leadwire.calls.stores.sqlite.manifest import Runs, read_manifest, runs_of, sequences_in
from leadwire.calls.stores.sqlite.schema import FIELDS, SEQUENCE_MASK, WIDE_FORMAT, open_readable
from leadwire.calls.stores.sqlite.seal import NO_DIGEST, digest_of
from leadwire.calls.stores.sqlite.summary import unpack_summary
from leadwire.calls.stores.sqlite.walk import read_block
from leadwire.errors import SetupError

_ACCOUNT_AT: Final = FIELDS.index("account_id")


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    days: int
    calls: int
    problems: tuple[str, ...]
    """A sentence each; empty when the log is whole."""


def verify(folder: Path) -> Verification:
    """Check every day, and that the sequences of all of them have no gap and no double."""
    days = DayFolder(folder)
    problems: list[str] = []
    ranges: list[tuple[int, int, str]] = []
    try:
        ranges += [(*run, "the pruned days") for run in days.pruned().sequences]
    except SetupError as error:
        problems.append(f"{error}")
    calls = 0
    names = days.days()
    for day in reversed(names):
        found, runs = _verify_day(days.path(day))
        problems += [f"{day}: {problem}" for problem in found]
        ranges += [(*run, day) for run in runs]
        calls += sum(last - first + 1 for first, last in runs)
    problems += _breaks(sorted(ranges))
    return Verification(days=len(names), calls=calls, problems=tuple(problems))


def _verify_day(path: Path) -> tuple[list[str], Runs]:
    problems: list[str] = []
    runs: Runs = []
    connection = None
    try:
        connection = open_readable(path)
        if connection is None:
            return ["the file has no tables yet."], []
        connection.execute("BEGIN")
        problems += _structure(connection)
        if connection.execute("PRAGMA user_version").fetchone()[0] != WIDE_FORMAT:
            problems += [*_chain(connection), *_hot(connection), *_groups(connection)]
        sequences = list(sequences_in(connection))
        runs = runs_of(sequences)
        if sum(last - first + 1 for first, last in runs) != len(sequences):
            problems.append("a sequence is there more than once.")
    except (sqlite3.Error, BlockDamaged, SetupError) as error:
        problems.append(f"cannot be read to its end: {error}")
    finally:
        if connection is not None:
            connection.close()
    return problems, runs


def _structure(connection: sqlite3.Connection) -> Iterator[str]:
    for (answer,) in connection.execute("PRAGMA integrity_check(5)"):
        if answer != "ok":
            yield f"the file is damaged: {answer}"


def _chain(connection: sqlite3.Connection) -> Iterator[str]:
    manifest = read_manifest(connection)
    previous, expected_id, calls = NO_DIGEST, 1, 0
    blocks = connection.execute(
        "SELECT block_id, account_id, failed, first_ms, last_ms, calls, sequence_max, "
        "ids, head, body, summary, digest FROM blocks LEFT JOIN frames USING (block_id) "
        "ORDER BY block_id"
    )
    for *description, ids, head, body, summary, digest in blocks:
        block_id = description[0]
        if block_id != expected_id:
            yield f"block {expected_id} is missing."
            return
        if ids is None or digest_of(previous, description, (ids, head, body, summary)) != digest:
            yield f"block {block_id} is not what was written: the chain breaks there."
            return
        yield from _block(connection, block_id, calls=description[5])
        previous, expected_id, calls = digest, expected_id + 1, calls + description[5]
        told = manifest and (manifest.blocks, manifest.chain, manifest.calls)
        if told and told[0] == block_id and told[1:] != (digest.hex(), calls):
            yield f"the blocks up to {block_id} are not those of the day's manifest."
    if manifest and expected_id <= manifest.blocks:
        yield f"block {expected_id} of {manifest.blocks} in the day's manifest is missing."


def _block(connection: sqlite3.Connection, block_id: int, *, calls: int) -> Iterator[str]:
    try:
        rows = read_block(connection, block_id).all_rows()
    except (BlockDamaged, ValueError) as error:
        yield f"block {block_id} cannot be read: {error}"
    else:
        if len(rows) != calls:
            yield f"block {block_id} has {len(rows)} calls instead of {calls}."


def _hot(connection: sqlite3.Connection) -> Iterator[str]:
    accounts = dict(connection.execute("SELECT number, account_id FROM accounts"))
    for place, checksum, packed, calls, last in connection.execute(
        f"SELECT place, checksum, packed, calls, last_sequence FROM {hot.table(connection)}"  # noqa: S608  # our own name
    ):
        try:
            rows = hot.rows_of(hot.unpack(place, checksum, packed))
        except (BlockDamaged, ValueError) as error:
            yield str(error)
            continue
        sequences = [hot.key_of(row)[1] for row in rows]
        if [len(rows), sequences[0], sequences[-1]] != [calls, place & SEQUENCE_MASK, last]:
            yield f"the hot row from sequence {place & SEQUENCE_MASK} does not describe its calls."
        for row in rows:
            if accounts.get(hot.kind_of(place)[0]) != row[_ACCOUNT_AT]:
                yield f"the call with sequence {hot.key_of(row)[1]} stands under another account."


def _groups(connection: sqlite3.Connection) -> Iterator[str]:
    for group_id, packed, summary, *told in connection.execute(
        "SELECT group_id, blocks, summary, account_id, failed, first_ms, last_ms, calls FROM groups"
    ).fetchall():
        members = connection.execute(
            "SELECT block_id, account_id, failed, first_ms, last_ms, calls FROM blocks "
            "WHERE group_id = ? ORDER BY block_id",
            (group_id,),
        ).fetchall()
        block_ids, accounts, kinds, firsts, lasts, calls = zip(*members, strict=True)
        seen = [accounts[0], kinds[0], min(firsts), max(lasts), sum(calls)]
        if msgspec.msgpack.decode(packed) != list(block_ids) or told != seen:
            yield f"group {group_id} does not describe its blocks."
        try:
            counted = int(unpack_summary(summary).counts[:, -1].sum())
            for (bits,) in connection.execute(
                "SELECT bits FROM slices WHERE slice_id >= ? AND slice_id < ?",
                slice_range(group_id),
            ):
                checked(bits)
        except (BlockDamaged, ValueError, zstandard.ZstdError) as error:
            yield f"group {group_id} cannot be read: {error}"
        else:
            if counted != sum(calls):
                yield f"group {group_id} counts {counted} calls instead of {sum(calls)}."


def _breaks(ranges: list[tuple[int, int, str]]) -> Iterator[str]:
    """What is wrong between the ranges of sequences of all days, in order."""
    if ranges and ranges[0][0] != 1:
        yield f"Calls 1 to {ranges[0][0] - 1} are missing."
    for (_, last, day), (first, _, next_day) in pairwise(ranges):
        if first > last + 1:
            yield f"Calls {last + 1} to {first - 1} are missing between {day} and {next_day}."
        elif first <= last:
            yield f"Call {first} is there twice, in {day} and in {next_day}."
