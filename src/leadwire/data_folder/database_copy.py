"""Copy leads and access data between a data folder's files and a server; compare two places.

``database_side`` has the rows of one place. ``folder.json`` notes the place of the data: a copy
changes it at its end.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import zip_longest
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Table

from leadwire.data_folder.checks import open_data_folder
from leadwire.data_folder.database_side import Digests, Side, Tell
from leadwire.data_folder.making import usable
from leadwire.data_folder.presence import refuse_running_servers
from leadwire.data_folder.server_database import prepare_server_database
from leadwire.database.mark import make_empty_file
from leadwire.database.places import Place
from leadwire.database.table_rows import Batch, Key, key_of, text_without_place
from leadwire.errors import LeadwireError, SetupError
from leadwire.folder_identity import (
    ACCESS_NAME,
    CALLS_FOLDER,
    CRM_NAME,
    PEPPER_NAME,
    Databases,
    Identity,
    read_identity,
    write_identity,
)
from leadwire.stores.sqlite.days import WriterLock

_NAMED_MAX: Final = 10
"""Rows that PostgreSQL cannot keep, and that a message names."""


class Copied(NamedTuple):
    digests: Digests
    """Of the target, and of its source."""
    rows_copied: int
    """By this run: an earlier one may have copied the others."""


def copy_databases(source: Place, target: Place, tell: Tell) -> Copied:
    """Copy every table of *source* to *target*, one on a server and one in files of one folder.

    The target is empty or holds an unfinished copy; one that holds the same rows already stays as
    it is. Afterwards the folder's ``folder.json`` names the target as the place of its databases.
    Raises SetupError while a server runs, for a target with other rows, for a source that an
    earlier copy replaced, for keys of another folder, and for texts that PostgreSQL cannot keep.
    Raises LeadwireError when the target's digests differ from the source's afterwards.
    """
    identity = open_data_folder(source, (PEPPER_NAME,))
    with usable(target), _stopped(source, target):
        if not source.on_server and identity.databases == "folder":
            open_data_folder(source, (ACCESS_NAME, CRM_NAME))  # reads every page
        elif not source.on_server:
            _refuse_old_files(source, target)
        _prepare_target(target, identity)
        with Side(source) as one, Side(target) as other:
            with usable(source):
                one.refuse_other_tables(identity)
                wanted = one.digests(tell, look=_refuse_texts if target.on_server else None)
            rows = 0
            if other.is_full():
                other.refuse_other_rows(wanted, tell)
            else:
                rows = other.take(one, wanted, identity, tell)
    _note_place(target)
    return Copied(wanted, rows)


def digests_of(place: Place, tell: Tell) -> Digests:
    """Counts and digests of every table. Raises SetupError for tables of another version."""
    identity = open_data_folder(place, (PEPPER_NAME,))
    with usable(place), Side(place) as side:
        side.refuse_other_tables(identity)
        return side.digests(tell)


def first_difference(one: Place, other: Place, name: str) -> Key:
    """The first key whose row differs between two places, or is in one of them only."""
    with (
        usable(one),
        Side(one) as side,
        Side(other) as other_side,
        closing(side.keyed_rows(name)) as rows,
        closing(other_side.keyed_rows(name)) as other_rows,
    ):
        for row, other_row in zip_longest(rows, other_rows):
            if row != other_row:
                return min(key for key, _ in filter(None, (row, other_row)))
    raise LeadwireError(f"The rows of {name} changed meanwhile: run the command again.")


def _refuse_old_files(source: Place, target: Place) -> None:
    """Raise SetupError unless the target has accounts, so that nothing will be copied."""
    with Side(target) as side:
        is_copied = side.has_accounts()
    if not is_copied:
        raise SetupError(
            f"The leads, users and keys of {source.folder} are in a database since an earlier "
            "copy, and its files are older. To move to another database, first copy the present "
            "one to the folder, with 'leadwire db copy --from-database'."
        )


def _note_place(target: Place) -> None:
    """From now on the folder's leads, users and keys are in *target*."""
    databases: Databases = "server" if target.on_server else "folder"
    identity = read_identity(target.folder)
    write_identity(target.folder, msgspec.structs.replace(identity, databases=databases))


@contextmanager
def _stopped(source: Place, target: Place) -> Iterator[None]:
    """No server writes to the folder or to the database during the block."""
    server = source if source.on_server else target
    with usable(server):
        refuse_running_servers(server)
    try:
        lock = WriterLock(source.folder / CALLS_FOLDER)
    except SetupError:
        raise SetupError(
            f"A server runs on {source.folder}: stop it, copy, and start it again."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _prepare_target(target: Place, identity: Identity) -> None:
    if target.on_server:
        prepare_server_database(target, identity)
        return
    for name in (ACCESS_NAME, CRM_NAME):
        make_empty_file(target.folder / name)
    with Side(target) as side:
        side.make_tables()


def _refuse_texts(table: Table, batch: Batch) -> None:
    """Raise SetupError with the rows of *batch* that PostgreSQL cannot keep."""
    found = [
        f"{table.name} {', '.join(map(str, key_of(table, row)))}: {unkept}"
        for row in batch.rows
        if (unkept := text_without_place(row)) is not None
    ]
    if found:
        more = f", and {len(found) - _NAMED_MAX} more" if len(found) > _NAMED_MAX else ""
        raise SetupError(
            "PostgreSQL cannot keep the text of these rows, so nothing was copied. Change them "
            f"first (table, key, what it holds): {'; '.join(found[:_NAMED_MAX])}{more}."
        )
