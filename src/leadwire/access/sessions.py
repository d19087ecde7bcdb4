"""Console sessions: opaque tokens that can be revoked. Only their hashes are stored."""

import logging
from typing import Final

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import OperationalError

from leadwire.access.passwords import password_matches, unmatched_hash
from leadwire.access.roles import console_role
from leadwire.access.store import AccessStore
from leadwire.access.tables import accounts, sessions, users
from leadwire.access.viewer import Viewer
from leadwire.clock import Clock, IdSource
from leadwire.database.database import transaction
from leadwire.dates import HOUR_MS

_TOKEN_DIGITS: Final = 64

_log = logging.getLogger("leadwire.access")


class Sessions:
    """Sign-in, sign-out and the current user. Synchronous, for worker threads."""

    def __init__(
        self, store: AccessStore, *, clock: Clock, ids: IdSource, session_hours: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._session_ms = session_hours * HOUR_MS
        # Checked for unknown addresses, so that both refusals take the same time.
        self._nobody_hash = unmatched_hash()
        self._unsaved: dict[str, tuple[str, int]] = {}
        """User and expiry of sessions that could not be written, by token hash."""

    def sign_in(self, email: str, password: str) -> str | None:
        """A new session's token, or None if the address or password is wrong."""
        with self._store.engine.connect() as connection:
            user = connection.execute(
                select(users).where(users.c.email == email.strip().lower(), users.c.is_active == 1)
            ).first()
        matches = password_matches(password, user.password_hash if user else self._nobody_hash)
        if user is None or not matches:
            return None
        token, now_ms = self._ids.hex_digits(_TOKEN_DIGITS), self._clock.now_ms()
        self._keep(self._store.hasher.digest(token), user.user_id, now_ms)
        return token

    def _keep(self, token_hash: str, user_id: str, now_ms: int) -> None:
        """Store a new session. If the disk is full, keep it in memory so that users can sign in."""
        expires_on = now_ms + self._session_ms
        session = {"token_hash": token_hash, "user_id": user_id, "expires_on": expires_on}
        try:
            with transaction(self._store.engine) as connection:
                connection.execute(delete(sessions).where(sessions.c.expires_on <= now_ms))
                connection.execute(insert(sessions).values(session))
        except OperationalError as error:
            _log.warning(
                "the session could not be stored and stays in memory until the server stops: %s",
                error.orig,
            )
            for other, (_, other_expires_on) in tuple(self._unsaved.items()):
                if other_expires_on <= now_ms:
                    del self._unsaved[other]
            self._unsaved[token_hash] = (user_id, expires_on)

    def viewer(self, token: str) -> Viewer | None:
        """The user of *token*; None if it is revoked, expired or unknown."""
        token_hash, now_ms = self._store.hasher.digest(token), self._clock.now_ms()
        wanted = (
            select(users, accounts.c.name.label("account_name"))
            .select_from(users)
            .join(accounts, accounts.c.account_id == users.c.account_id)
            .where(users.c.is_active == 1)
        )
        unsaved_id, expires_on = self._unsaved.get(token_hash, ("", 0))
        if expires_on > now_ms:
            wanted = wanted.where(users.c.user_id == unsaved_id)
        else:
            wanted = wanted.join(sessions, sessions.c.user_id == users.c.user_id).where(
                sessions.c.token_hash == token_hash, sessions.c.expires_on > now_ms
            )
        with self._store.engine.connect() as connection:
            row = connection.execute(wanted).first()
        if row is None:
            return None
        return Viewer(
            user_id=row.user_id,
            account_id=row.account_id,
            account_name=row.account_name,
            name=f"{row.first_name} {row.last_name}".strip(),
            email=row.email,
            role=console_role(row.role, is_developer=bool(row.is_developer)),
            may_see_bodies=bool(row.may_see_bodies),
        )

    def browser_mark(self, email: str) -> str:
        """The mark that a browser keeps after a sign-in with *email*. It cannot be forged."""
        return self._store.hasher.digest(f"browser {email.strip().lower()}")

    def sign_out(self, token: str) -> None:
        if self._unsaved.pop(self._store.hasher.digest(token), None):
            return
        with transaction(self._store.engine) as connection:
            connection.execute(
                delete(sessions).where(sessions.c.token_hash == self._store.hasher.digest(token))
            )
