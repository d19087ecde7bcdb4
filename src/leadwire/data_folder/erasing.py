"""Erase an account: its leads and their data, its files, its users.

``leadwire.stores.sqlite.erasing`` erases its calls. Run it only while no server runs.
"""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy import Connection, Engine, delete, func, select, text

from leadwire.access.accounts import erase_account
from leadwire.access.pins import count_pins, erase_pins
from leadwire.access.tables import METADATA as ACCESS
from leadwire.crm.leads.trigram_index import forget_words
from leadwire.crm.tables import METADATA as CRM
from leadwire.crm.tables import leads
from leadwire.database.database import transaction
from leadwire.database.places import Place
from leadwire.errors import SetupError
from leadwire.folder_identity import ACCESS_NAME, CRM_NAME, FILES_FOLDER

_OF_DELIVERIES: Final = ("webhook_attempts", "webhook_events")


def refuse_old_files(place: Place) -> None:
    """Raises SetupError for files that a copy to a server left: they hold what is to be erased."""
    left = [place.folder / name for name in (ACCESS_NAME, CRM_NAME)]
    if place.on_server and any(path.exists() for path in left):
        raise SetupError(
            f"{left[0]} and {CRM_NAME} are from before the copy to the database, and may hold what "
            "is to be erased: remove them first."
        )


def count_leads(place: Place, account_id: str) -> int:
    """Raises what ``DATABASE_ERRORS`` names."""
    engine = place.crm.reader(connections=1)
    try:
        with engine.connect() as connection:
            counted = select(func.count()).where(leads.c.account_id == account_id)
            return int(connection.execute(counted).scalar_one())
    finally:
        engine.dispose()


def erase_data(place: Place, account_id: str) -> None:
    """Erase everything of the account but its calls. Raises ``DATABASE_ERRORS`` and OSError.

    The account itself goes last, or with all else in one transaction. So a run that was interrupted
    can be repeated.
    """
    if place.on_server:
        _erase_files(place, account_id)
        with _on_server(place.crm.alone()) as connection:
            _erase_crm(connection, account_id)
            erase_account(connection, account_id)
        return
    with _rewritten(place.crm.alone()) as connection:
        _erase_crm(connection, account_id)
    _erase_files(place, account_id)
    with _rewritten(place.access.shared()) as connection:
        erase_account(connection, account_id)


def count_pinned(place: Place, doomed: Callable[[bytes], bool]) -> int:
    """How many copies of pinned calls are *doomed*. Raises ``DATABASE_ERRORS``."""
    engine = place.access.shared()
    try:
        with engine.connect() as connection:
            return count_pins(connection, doomed)
    finally:
        engine.dispose()


def erase_pinned(place: Place, doomed: Callable[[bytes], bool]) -> None:
    """Erase the copies of pinned calls that are *doomed*. Raises ``DATABASE_ERRORS``."""
    if place.on_server:
        with _on_server(place.access.alone()) as connection:
            erase_pins(connection, doomed)
        return
    with _rewritten(place.access.shared()) as connection:
        erase_pins(connection, doomed)


def _erase_files(place: Place, account_id: str) -> None:
    files = place.part(FILES_FOLDER) / account_id
    if files.exists():
        shutil.rmtree(files)


def _erase_crm(connection: Connection, account_id: str) -> None:
    own = {"id": account_id}
    for name in _OF_DELIVERIES:
        of_account = "SELECT delivery_id FROM webhook_deliveries WHERE account_id = :id"
        connection.execute(text(f"DELETE FROM {name} WHERE delivery_id IN ({of_account})"), own)  # noqa: S608  # our own names
    forget_words(connection, account_id)
    for table in CRM.sorted_tables:
        if "account_id" in table.c:
            connection.execute(delete(table).where(table.c.account_id == account_id))


@contextmanager
def _rewritten(engine: Engine) -> Iterator[Connection]:
    """One transaction. Then the file is rebuilt, so that no free page keeps deleted data."""
    try:
        with engine.connect() as connection:  # its pool has no other
            connection.exec_driver_sql("PRAGMA secure_delete = ON")
        with transaction(engine) as connection:
            yield connection
        with engine.connect() as connection:
            connection.exec_driver_sql("VACUUM")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    finally:
        engine.dispose()


@contextmanager
def _on_server(engine: Engine) -> Iterator[Connection]:
    """One transaction, however long. Then the deleted rows are made room for others."""
    try:
        with transaction(engine) as connection:
            connection.exec_driver_sql("SET LOCAL statement_timeout = 0")
            yield connection
        with engine.connect() as connection:
            connection.exec_driver_sql("SET statement_timeout = 0")
            for table in (*CRM.sorted_tables, *ACCESS.sorted_tables):
                connection.exec_driver_sql(f"VACUUM {table.name}")
    finally:
        engine.dispose()
