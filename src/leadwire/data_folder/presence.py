"""Which servers run on a database, by a row that each of them renews.

The list of PostgreSQL's connections would not say it: behind a pooler they outlive their servers.
"""

import logging
import threading
import time
from contextlib import suppress
from datetime import datetime
from typing import Final

from leadwire.clock import IdSource
from leadwire.database.database import DATABASE_ERRORS, transaction
from leadwire.database.places import Place
from leadwire.errors import SetupError

_log = logging.getLogger("leadwire")

BEAT_SECONDS: Final = 5
_DEAD_AFTER_SECONDS: Final = 15
"""Without a beat a server was killed, or cannot reach the database."""
_LOOK_AGAIN_SECONDS: Final = 0.5

MAKE_PRESENCE: Final = (
    "CREATE TABLE IF NOT EXISTS running_servers "
    "(server_id text PRIMARY KEY, seen_at timestamptz NOT NULL)"
)
_BEAT: Final = (
    "INSERT INTO running_servers VALUES (%s, clock_timestamp()) "
    "ON CONFLICT (server_id) DO UPDATE SET seen_at = excluded.seen_at"
)
_FORGET_DEAD: Final = "DELETE FROM running_servers WHERE seen_at < now() - interval '1 day'"
_RUNNING: Final = (
    "SELECT server_id, seen_at FROM running_servers "  # noqa: S608  # our own number
    f"WHERE seen_at > clock_timestamp() - interval '{_DEAD_AFTER_SECONDS} s'"
)
_HAS_TABLE: Final = "SELECT to_regclass('running_servers')"


class Presence:
    """The row of one server. Its methods block."""

    def __init__(self, place: Place, ids: IdSource) -> None:
        """Write the row. Raises what ``DATABASE_ERRORS`` names."""
        self._engine = place.crm.watching()
        self._server_id = ids.guid()
        self._alone = threading.Lock()
        self._is_closed = False
        with self._engine.connect() as connection:
            connection.exec_driver_sql(_FORGET_DEAD)
            if connection.exec_driver_sql(_RUNNING).first() is not None:
                _log.warning(
                    "another server uses the database %s, or was killed in the last %d s. Two at "
                    "once send webhooks and mails twice, and count limits apart: stop one.",
                    place.crm.place,
                    _DEAD_AFTER_SECONDS,
                )
        self._run(_BEAT)

    def beat(self) -> None:
        """Renew the row, unless the database is away."""
        with self._alone, suppress(*DATABASE_ERRORS):
            if not self._is_closed:
                self._run(_BEAT)

    def close(self) -> None:
        """Remove the row, unless the database is away."""
        with self._alone, suppress(*DATABASE_ERRORS):
            self._is_closed = True
            self._run("DELETE FROM running_servers WHERE server_id = %s")
        self._engine.dispose()

    def _run(self, statement: str) -> None:
        with self._engine.connect() as connection:
            connection.exec_driver_sql(statement, (self._server_id,))


def refuse_running_servers(place: Place) -> None:
    """Raises SetupError while a server runs on the database.

    Waits until a server that was killed counts as dead: at most 15 s.
    """
    first = _running(place)
    while found := _running(place):
        if any(seen_at != first.get(server_id) for server_id, seen_at in found.items()):
            raise SetupError(
                f"A leadwire runs on the database {place.crm.place}: stop every server that uses "
                "it first."
            )
        time.sleep(_LOOK_AGAIN_SECONDS)


def _running(place: Place) -> dict[str, datetime]:
    """When each server was last seen, without the dead."""
    engine = place.crm.alone()
    try:
        with transaction(engine) as connection:
            if connection.exec_driver_sql(_HAS_TABLE).scalar() is None:
                return {}
            rows = connection.exec_driver_sql(_RUNNING).all()
            return {row.server_id: row.seen_at for row in rows}
    finally:
        engine.dispose()
