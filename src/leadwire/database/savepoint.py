"""Undoing a part of a unit of work, while the rest of it stands."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection

if TYPE_CHECKING:
    import sqlite3


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Keep what the block writes; when it raises, undo exactly that, and raise on.

    Only in the transaction of a writer's unit; not within itself.
    """
    driver: sqlite3.Connection = connection.connection.driver_connection  # type: ignore[assignment]
    driver.execute("SAVEPOINT part")
    try:
        yield
    except BaseException:
        driver.execute("ROLLBACK TO part")
        driver.execute("RELEASE part")
        raise
    driver.execute("RELEASE part")
