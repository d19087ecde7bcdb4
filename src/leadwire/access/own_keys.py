"""Recognise this server's secret keys, active and revoked, in any text.

The call log checks every text that looks like a key, so that it removes keys wherever callers put
them.
"""

import time
from collections.abc import Callable
from typing import Final

from sqlalchemy import select

from leadwire.access.keys import Hasher
from leadwire.access.tables import secrets
from leadwire.database.database import DATABASE_ERRORS, Database, data_version

_ASK_AGAIN_SECONDS: Final = 1.0


class OwnKeys:
    """The digests of the secret keys that this database's programs made.

    A text that is not among them is looked up again, once for each call: another program may have
    made a key. For one thread, which a look-up blocks for a few milliseconds.
    """

    def __init__(self, database: Database, hasher: Hasher) -> None:
        self._hasher = hasher
        self._engine = database.watching()
        self._version: int | None = None
        self._ask_again = 0.0
        self._digests: frozenset[str] = frozenset()

    def close(self) -> None:
        self._engine.dispose()

    def current(self) -> Callable[[str], bool]:
        """Returns a check whether a text is a secret key. Does not raise.

        While the database is unreadable every text counts as a key: no key may reach the log.
        """
        is_new = False

        def is_key(text: str) -> bool:
            nonlocal is_new
            digest = self._hasher.digest(text)
            if digest not in self._digests and not is_new:
                is_new = self._refresh()
            return digest in self._digests or not is_new

        return is_key

    def _refresh(self) -> bool:
        """Whether the database could be read. One that is away is asked once a second."""
        if time.monotonic() < self._ask_again:
            return False
        try:
            self._read()
        except DATABASE_ERRORS:
            self._ask_again = time.monotonic() + _ASK_AGAIN_SECONDS
            return False
        return True

    def _read(self) -> None:
        with self._engine.connect() as connection:
            version = data_version(connection)
            if version is None or version != self._version:
                # Read the version first: a change in between then causes another read.
                self._digests = frozenset(
                    connection.execute(select(secrets.c.secret_key_hash)).scalars()
                )
                self._version = version
