"""Undoing a part of a unit of work, while the rest of it stands."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from leadwire.database.prepared import run


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Keep what the block writes; when it raises, undo exactly that, and raise on.

    Only in the transaction of a writer's unit; not within itself.
    """
    run(connection, "SAVEPOINT part")
    try:
        yield
    except BaseException:
        run(connection, "ROLLBACK TO part")
        run(connection, "RELEASE part")
        raise
    run(connection, "RELEASE part")
