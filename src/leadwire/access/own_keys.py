"""Telling this server's secret keys, live and revoked, from other texts.

The call log asks for whatever looks like one, so that a key is removed wherever a caller put it.
"""

from collections.abc import Callable
from pathlib import Path

from sqlalchemy import select

from leadwire.access.keys import Hasher
from leadwire.access.tables import keys, old_secrets
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
                tables = (keys, old_secrets)  # a secret that was rotated is no text to keep, too
                self._digests = frozenset(
                    digest
                    for table in tables
                    for digest in connection.execute(select(table.c.secret_key_hash)).scalars()
                )
                self._version = version
