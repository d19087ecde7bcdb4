"""Roll back a part of a unit of work, and keep the rest."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from leadwire.database.batch import without_batch
from leadwire.database.prepared import run


@contextmanager
def savepoint(connection: Connection) -> Iterator[None]:
    """Keep the block's writes. If it raises, undo only these, and raise again.

    For use in a writer's unit. Cannot be nested.
    """
    run(connection, "SAVEPOINT part")
    try:
        # A row of a batch could fail after the block.
        with without_batch(connection):
            yield
    except BaseException:
        run(connection, "ROLLBACK TO part")
        run(connection, "RELEASE part")
        raise
    run(connection, "RELEASE part")
