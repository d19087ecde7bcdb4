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

from leadwire.calls.stores.sqlite import hot
from leadwire.calls.stores.sqlite.block import BlockDamaged, present
from leadwire.calls.stores.sqlite.days import DayFolder, Pruned
from leadwire.calls.stores.sqlite.groups import checked, slice_range, slices_per_group
from leadwire.calls.stores.sqlite.manifest import (
    Manifest,
    Runs,
    read_manifest,
    runs_of,
    sequences_in,
)
from leadwire.calls.stores.sqlite.schema import FIELDS, SEQUENCE_MASK, open_readable
from leadwire.calls.stores.sqlite.seal import NO_DIGEST, digest_of
from leadwire.calls.stores.sqlite.summary import unpack_summary
from leadwire.calls.stores.sqlite.walk import read_block
from leadwire.errors import SetupError

_ATTEMPTS_MAX: Final = 3
_ACCOUNT_AT: Final = FIELDS.index("account_id")


class Verification(msgspec.Struct, frozen=True, kw_only=True):
    days: int
    calls: int
    problems: tuple[str, ...]
    """A sentence each; empty when the log is whole."""


def verify(folder: Path) -> Verification:
    """Check every day, and that the sequences of all of them have no gap and no double.

    May be called beside a process that writes. Days are read one after another, so what looks
    wrong when one of them was dropped meanwhile is looked at again.
    """
    days = DayFolder(folder)
    for _ in range(_ATTEMPTS_MAX):
        names, noted = days.days(), _pruned(days)
        found = _verify(days, names, noted)
        if not found.problems or (names, noted) == (days.days(), _pruned(days)):
            break
    return found


def _pruned(days: DayFolder) -> Pruned | str:
    """The note of the pruned days, or what is wrong with it."""
    try:
        return days.pruned()
    except SetupError as error:
        return str(error)


def _verify(days: DayFolder, names: list[str], noted: Pruned | str) -> Verification:
    problems = [noted] if isinstance(noted, str) else []
    pruned = noted if isinstance(noted, Pruned) else Pruned(last_sequence=0, sequences=[])
    ranges = [(first, last, "the pruned days") for first, last in pruned.sequences]
    calls = 0
    # A prune that was killed is finished by the next server; what it drops is counted already.
    names = [day for day in names if day not in pruned.days]
    for day in reversed(names):
        found, runs = _verify_day(days.path(day))
        problems += [f"{day}: {problem}" for problem in found]
        ranges += [(*run, day) for run in runs]
        calls += sum(last - first + 1 for first, last in runs)
    problems += _breaks(sorted(ranges), pruned.last_sequence)
    return Verification(days=len(names), calls=calls, problems=tuple(problems))


def _verify_day(path: Path) -> tuple[list[str], Runs]:
    problems: list[str] = []
    runs: Runs = []
    connection = None
    try:
        connection = open_readable(path)
        connection.text_factory = _any_text
        connection.execute("BEGIN")
        problems += _structure(connection)
        for look in (_chain, _hot, _groups, _bitmaps):
            problems += look(connection)
        sequences = list(sequences_in(connection))
        runs = runs_of(sequences)
        if sum(last - first + 1 for first, last in runs) != len(sequences):
            problems.append("a sequence is there more than once.")
    except Exception as error:  # noqa: BLE001  # whatever a reader makes of bytes that are not ours
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
    if manifest:
        yield from _manifest(connection, manifest)
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


def _manifest(connection: sqlite3.Connection, manifest: Manifest) -> Iterator[str]:
    found = connection.execute(
        "SELECT block_id FROM blocks WHERE block_id <= ?", (manifest.blocks,)
    )
    sequences: list[int] = []
    for (block_id,) in found.fetchall():
        sequences += read_block(connection, block_id).sequences.tolist()
    if runs_of(sequences) != manifest.sequences or len(sequences) != manifest.calls:
        yield "the day's manifest does not tell the sequences of its blocks."


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
    for place, checksum, packed, *told in connection.execute(
        "SELECT place, checksum, packed, calls, last_sequence, first_ms, last_ms FROM hot"
    ):
        try:
            rows = hot.rows_of(hot.unpack(place, checksum, packed))
        except (BlockDamaged, ValueError) as error:
            yield str(error)
            continue
        first = place & SEQUENCE_MASK
        instants, sequences = zip(*map(hot.key_of, rows), strict=True)
        seen = [len(rows), sequences[-1], min(instants), max(instants)]
        if told != seen or first != sequences[0] or list(sequences) != sorted(sequences):
            yield f"the hot row from sequence {first} does not describe its calls."
        account, kind = hot.kind_of(place)
        for row in rows:
            sequence = hot.key_of(row)[1]
            if accounts.get(account) != row[_ACCOUNT_AT]:
                yield f"the call with sequence {sequence} stands under another account."
            if kind != hot.kind_of_row(row):
                yield f"the call with sequence {sequence} stands in another place than its own."


def _bitmaps(connection: sqlite3.Connection) -> Iterator[str]:
    """What leads a search to the blocks: in a group, or with bits of their own."""
    lost = connection.execute(
        "SELECT block_id FROM blocks WHERE group_id IS NOT NULL "
        "AND group_id NOT IN (SELECT group_id FROM groups)"
    )
    for (block_id,) in lost.fetchall():
        yield f"the group of block {block_id} is missing."
    alone = connection.execute(
        "SELECT block_id, bits FROM blocks LEFT JOIN bitmaps USING (block_id) "
        "WHERE group_id IS NULL"
    )
    for block_id, bits in alone:
        try:
            checked(*present(bits and (bits,)))
        except BlockDamaged as error:
            yield f"block {block_id}: {error}"


def _groups(connection: sqlite3.Connection) -> Iterator[str]:
    for group_id, packed, summary, *told in connection.execute(
        "SELECT group_id, blocks, summary, account_id, failed, first_ms, last_ms, calls FROM groups"
    ).fetchall():
        members = connection.execute(
            "SELECT block_id, account_id, failed, first_ms, last_ms, calls FROM blocks "
            "WHERE group_id = ? ORDER BY block_id",
            (group_id,),
        ).fetchall()
        if not members:
            yield f"group {group_id} has lost its blocks."
            continue
        block_ids, accounts, kinds, firsts, lasts, calls = zip(*members, strict=True)
        seen = [accounts[0], kinds[0], min(firsts), max(lasts), sum(calls)]
        if msgspec.msgpack.decode(packed) != list(block_ids) or told != seen:
            yield f"group {group_id} does not describe its blocks."
        try:
            counted = int(unpack_summary(summary).counts[:, -1].sum())
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
        except (BlockDamaged, ValueError) as error:
            yield f"group {group_id} cannot be read: {error}"
        else:
            if counted != sum(calls):
                yield f"group {group_id} counts {counted} calls instead of {sum(calls)}."


def _any_text(text: bytes) -> str:
    """Text that is not UTF-8 is not ours, and must not keep the rest from being looked at."""
    return text.decode(errors="replace")


def _breaks(ranges: list[tuple[int, int, str]], last_sequence: int) -> Iterator[str]:
    """What is wrong between the ranges of sequences of all days, in order.

    *last_sequence* is one that was given.
    """
    if ranges and ranges[0][0] != 1:
        yield f"Calls 1 to {ranges[0][0] - 1} are missing."
    for (_, last, day), (first, _, next_day) in pairwise(ranges):
        if first > last + 1:
            yield f"Calls {last + 1} to {first - 1} are missing between {day} and {next_day}."
        elif first <= last:
            yield f"Call {first} is there twice, in {day} and in {next_day}."
    last = max((last for _, last, _ in ranges), default=0)
    if last < last_sequence:
        yield f"Calls {last + 1} to {last_sequence} are missing."
