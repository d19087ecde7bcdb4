"""Erase an account from a data folder: its leads and their data, its files, its users.

``leadwire.stores.sqlite.erasing`` erases its calls. Run it only while no server runs.
"""

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from leadwire.crm.tables import METADATA
from leadwire.folder_identity import ACCESS_NAME, CRM_NAME, FILES_FOLDER

_OF_DELIVERIES: Final = ("webhook_attempts", "webhook_events")
_ACCESS: Final = (
    "DELETE FROM sessions WHERE user_id IN (SELECT user_id FROM users WHERE account_id = ?)",
    "DELETE FROM old_secrets WHERE key_id IN (SELECT key_id FROM keys WHERE account_id = ?)",
    "DELETE FROM keys WHERE account_id = ?",
    "DELETE FROM async_keys WHERE account_id = ?",
    "DELETE FROM check_ins WHERE account_id = ?",
    "DELETE FROM group_users WHERE user_id IN (SELECT user_id FROM users WHERE account_id = ?)",
    "DELETE FROM sales_groups WHERE account_id = ?",
    "DELETE FROM users WHERE account_id = ?",
    "DELETE FROM accounts WHERE account_id = ?",
)


def count_leads(folder: Path, account_id: str) -> int:
    """Raises sqlite3.Error."""
    with closing(sqlite3.connect(folder / CRM_NAME)) as connection:
        [leads] = connection.execute(
            "SELECT count(*) FROM leads WHERE account_id = ?", (account_id,)
        ).fetchone()
    return int(leads)


def erase_crm(folder: Path, account_id: str) -> None:
    """Erase the account's CRM data and files. Raises sqlite3.Error and OSError."""
    with _rewritten(folder / CRM_NAME) as connection:
        for name in _OF_DELIVERIES:
            connection.execute(
                f"DELETE FROM {name} WHERE delivery_id IN "  # noqa: S608  # our own names
                "(SELECT delivery_id FROM webhook_deliveries WHERE account_id = ?)",
                (account_id,),
            )
        for table in METADATA.sorted_tables:
            if "account_id" in table.c:
                connection.execute(
                    f"DELETE FROM {table.name} WHERE account_id = ?",  # noqa: S608  # our own names
                    (account_id,),
                )
        # The word index cannot drop one account. The server rebuilds it gradually.
        connection.execute("DELETE FROM lead_words")
        made = connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'lead_grams'")
        if made.fetchone():
            connection.execute("INSERT INTO lead_grams (lead_grams) VALUES ('delete-all')")
    files = folder / FILES_FOLDER / account_id
    if files.exists():
        shutil.rmtree(files)


def erase_access(folder: Path, account_id: str) -> None:
    """Erase the account itself, its users and keys. Raises sqlite3.Error."""
    with _rewritten(folder / ACCESS_NAME) as connection:
        for statement in _ACCESS:
            connection.execute(statement, (account_id,))


@contextmanager
def _rewritten(path: Path) -> Iterator[sqlite3.Connection]:
    """One transaction. Then the file is rebuilt, so that no free page keeps deleted data."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
