"""Console sessions: opaque tokens whose rows can be revoked; only their hashes are kept."""

from typing import Final

from sqlalchemy import delete, insert, select

from leadwire.access.passwords import password_matches, unmatched_hash
from leadwire.access.roles import ADMINISTRATOR
from leadwire.access.store import AccessStore
from leadwire.access.tables import accounts, sessions, users
from leadwire.access.viewer import Viewer
from leadwire.clock import Clock, IdSource
from leadwire.database.engine import transaction

_TOKEN_DIGITS: Final = 64
_HOUR_MS: Final = 3_600_000


class Sessions:
    """Sign-in, sign-out and who is signed in. Synchronous, for worker threads."""

    def __init__(
        self, store: AccessStore, *, clock: Clock, ids: IdSource, session_hours: int
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._session_ms = session_hours * _HOUR_MS
        # Checked for an unknown address, so that both refusals take the same time.
        self._nobody_hash = unmatched_hash()

    def sign_in(self, email: str, password: str) -> str | None:
        """A new session's token, or None when address or password is wrong."""
        with self._store.engine.connect() as connection:
            user = connection.execute(
                select(users).where(users.c.email == email.strip().lower(), users.c.is_active == 1)
            ).first()
        matches = password_matches(password, user.password_hash if user else self._nobody_hash)
        if user is None or not matches:
            return None
        token, now_ms = self._ids.hex_digits(_TOKEN_DIGITS), self._clock.now_ms()
        with transaction(self._store.engine) as connection:
            connection.execute(delete(sessions).where(sessions.c.expires_on <= now_ms))
            connection.execute(
                insert(sessions).values(
                    token_hash=self._store.hasher.digest(token),
                    user_id=user.user_id,
                    expires_on=now_ms + self._session_ms,
                )
            )
        return token

    def viewer(self, token: str) -> Viewer | None:
        """Who is signed in with *token*; None when it is revoked, expired or unknown."""
        wanted = (
            select(users, accounts.c.name.label("account_name"))
            .select_from(sessions)
            .join(users, users.c.user_id == sessions.c.user_id)
            .join(accounts, accounts.c.account_id == users.c.account_id)
            .where(
                sessions.c.token_hash == self._store.hasher.digest(token),
                sessions.c.expires_on > self._clock.now_ms(),
                users.c.is_active == 1,
            )
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
            role=row.role,
            is_administrator=row.role == ADMINISTRATOR,
        )

    def sign_out(self, token: str) -> None:
        with transaction(self._store.engine) as connection:
            connection.execute(
                delete(sessions).where(sessions.c.token_hash == self._store.hasher.digest(token))
            )
