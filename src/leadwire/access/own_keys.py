"""Telling this server's secret keys, live and revoked, from other texts.

The call log asks for whatever looks like one, so that a key is removed wherever a caller put it.
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from leadwire.access.keys import Hasher
from leadwire.access.tables import keys
from leadwire.database.engine import DATABASE_ERRORS, watching_engine


class OwnKeys:
    """The digests of a folder's secret keys, read again when the database has changed.

    For one thread, which it holds up for a few milliseconds at most.
    """

    def __init__(self, database: Path, hasher: Hasher) -> None:
        self._hasher = hasher
        self._engine = watching_engine(database)
        self._version = -1
        self._digests: frozenset[str] = frozenset()

    def close(self) -> None:
        self._engine.dispose()

    def current(self) -> Callable[[str], bool]:
        """Whether a text is a secret key, as of now. It does not raise.

        While the database cannot be read, every text counts as one: no key may stay in the log.
        """
        try:
            self._refresh()
        except DATABASE_ERRORS:
            return lambda _text: True
        digests, digest_of = self._digests, self._hasher.digest
        return lambda text: digest_of(text) in digests

    def _refresh(self) -> None:
        with self._engine.connect() as connection:
            version = connection.exec_driver_sql("PRAGMA data_version").scalar_one()
            if version != self._version:
                # The version first: what changes in between is read again the next time.
                rows = connection.execute(select(keys.c.secret_key_hash)).scalars()
                self._digests = frozenset(rows)
                self._version = version
