"""Recognise this server's secret keys, active and revoked, in any text.

The call log checks every text that looks like a key, so that it removes keys wherever callers put
them.
"""

from collections.abc import Callable

from sqlalchemy import select

from leadwire.access.keys import Hasher
from leadwire.access.tables import keys, old_secrets
from leadwire.database.database import DATABASE_ERRORS, Database, data_version


class OwnKeys:
    """The digests of a folder's secret keys, reloaded when the database changes.

    For one thread. A reload blocks it for a few milliseconds at most.
    """

    def __init__(self, database: Database, hasher: Hasher) -> None:
        self._hasher = hasher
        self._engine = database.watching()
        self._version = -1
        self._digests: frozenset[str] = frozenset()

    def close(self) -> None:
        self._engine.dispose()

    def current(self) -> Callable[[str], bool]:
        """Returns a check whether a text is a secret key. Does not raise.

        While the database is unreadable every text counts as a key: no key may reach the log.
        """
        try:
            self._refresh()
        except DATABASE_ERRORS:
            return lambda _text: True
        digests, digest_of = self._digests, self._hasher.digest
        return lambda text: digest_of(text) in digests

    def _refresh(self) -> None:
        with self._engine.connect() as connection:
            version = data_version(connection)
            if version != self._version:
                # Read the version first: a change in between then causes another reload.
                tables = (keys, old_secrets)  # rotated secrets must stay out of the log too
                self._digests = frozenset(
                    digest
                    for table in tables
                    for digest in connection.execute(select(table.c.secret_key_hash)).scalars()
                )
                self._version = version
