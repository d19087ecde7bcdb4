"""Build the indexes on lead fields beside the writer, where the engine can."""

import threading
from collections.abc import Iterable
from contextlib import suppress
from typing import Any, Final

from sqlalchemy import Engine

from leadwire.crm.leads.field_index import bring_next_index

_CANCEL_AGAIN_SECONDS: Final = 0.2


class IndexBuilder:
    """Its methods block. ``bring`` runs in one thread at a time, ``close`` in any."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._driver: Any = None
        self._in_use = threading.Lock()
        self._closed = threading.Event()

    def bring(self, schema_names: Iterable[str]) -> None:
        """Build what is missing, and drop what is unwanted.

        Raises what ``DATABASE_ERRORS`` names, also when it is closed meanwhile.
        """
        names = tuple(schema_names)
        with self._in_use:
            if self._closed.is_set():
                return
            with self._engine.connect() as connection:
                self._driver = connection.connection.driver_connection
                while not self._closed.is_set() and bring_next_index(connection, names):
                    pass

    def close(self) -> None:
        """End a build that is under way. What it leaves unfinished is dropped later."""
        self._closed.set()
        while not self._in_use.acquire(timeout=_CANCEL_AGAIN_SECONDS):
            with suppress(Exception):  # the server may be away, and the build then ends as well
                self._driver.cancel()
        self._engine.dispose()
        self._in_use.release()
