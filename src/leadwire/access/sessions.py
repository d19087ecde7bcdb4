"""Console sessions: opaque tokens that can be revoked. Only their hashes are stored."""

import logging
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Select, delete, func, insert, select, update
from sqlalchemy.exc import OperationalError

from leadwire.access.audit import Action, Doer, add_entry
from leadwire.access.change import Change
from leadwire.access.passwords import hash_password, password_matches, unmatched_hash
from leadwire.access.people import (
    Invitation,
    accept,
    check_password,
    end_sessions,
    find_invitation,
    set_password,
)
from leadwire.access.roles import console_role
from leadwire.access.store import AccessStore
from leadwire.access.tables import accounts, people, sessions, users
from leadwire.access.viewer import OtherAccount, Viewer
from leadwire.clock import Clock, IdSource
from leadwire.database.database import transaction
from leadwire.dates import HOUR_MS

_TOKEN_DIGITS: Final = 64
_BROWSER_CHARS_MAX: Final = 200

_log = logging.getLogger("leadwire.access")


class Caller(NamedTuple):
    """The client of a request to the console."""

    address: str
    browser: str
    """What it calls itself."""


class SessionInfo(NamedTuple):
    """A session of a person, in any of their accounts."""

    session_id: str
    """The hash of its token, which opens nothing."""
    account_name: str
    created_on_ms: int
    expires_on_ms: int
    caller: Caller
    is_current: bool


class _Unsaved(NamedTuple):
    user_id: str
    expires_on: int


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
        self._unsaved: dict[str, _Unsaved] = {}
        """Sessions that could not be written, by token hash."""

    def sign_in(self, email: str, password: str, caller: Caller) -> str | None:
        """A new session's token, or None if the address or password is wrong.

        It begins in the first account that the person joined.
        """
        user_id = self._user_of(email, password)
        return None if user_id is None else self._begin(user_id, caller)

    def _user_of(self, email: str, password: str) -> str | None:
        with self._store.engine.connect() as connection:
            user = connection.execute(
                select(users.c.user_id, people.c.password_hash)
                .select_from(users.join(people).join(accounts))
                .where(
                    users.c.email == email.strip().lower(),
                    users.c.is_active == 1,
                    users.c.joined_on.is_not(None),
                )
                .order_by(accounts.c.number)
            ).first()
        matches = password_matches(password, user.password_hash if user else self._nobody_hash)
        return user.user_id if user is not None and matches else None

    def _begin(self, user_id: str, caller: Caller) -> str:
        token, now_ms = self._ids.hex_digits(_TOKEN_DIGITS), self._clock.now_ms()
        token_hash = self._store.hasher.digest(token)
        expires_on = now_ms + self._session_ms
        try:
            with transaction(self._store.engine) as connection:
                connection.execute(delete(sessions).where(sessions.c.expires_on <= now_ms))
                connection.execute(
                    insert(sessions).values(
                        token_hash=token_hash,
                        user_id=user_id,
                        expires_on=expires_on,
                        created_on=now_ms,
                        address=caller.address,
                        browser=_storable(caller.browser),
                    )
                )
                self._audit(connection, "session.begun", user_id, caller.address)
        except OperationalError as error:
            self._keep_unsaved(token_hash, _Unsaved(user_id, expires_on), error)
        return token

    def _keep_unsaved(self, token_hash: str, kept: _Unsaved, error: OperationalError) -> None:
        """If the disk is full, keep the session in memory so that users can sign in."""
        _log.warning(
            "the session could not be stored and stays in memory until the server stops: %s",
            error.orig,
        )
        now_ms = self._clock.now_ms()
        for other, unsaved in tuple(self._unsaved.items()):
            if unsaved.expires_on <= now_ms:
                del self._unsaved[other]
        self._unsaved[token_hash] = kept

    def viewer(self, token: str) -> Viewer | None:
        """The user of *token*; None if it is revoked, expired or unknown."""
        token_hash, now_ms = self._store.hasher.digest(token), self._clock.now_ms()
        wanted = _USERS
        unsaved = self._unsaved.get(token_hash, _Unsaved("", 0))
        if unsaved.expires_on > now_ms:
            wanted = wanted.where(users.c.user_id == unsaved.user_id)
        else:
            wanted = wanted.join(sessions, sessions.c.user_id == users.c.user_id).where(
                sessions.c.token_hash == token_hash, sessions.c.expires_on > now_ms
            )
        with self._store.engine.connect() as connection:
            row = connection.execute(wanted).first()
            if row is None:
                return None
            others = connection.execute(
                _USERS.where(
                    users.c.email == row.email,
                    users.c.user_id != row.user_id,
                    users.c.joined_on.is_not(None),
                ).order_by(accounts.c.number)
            ).all()
        return Viewer(
            user_id=row.user_id,
            account_id=row.account_id,
            account_name=row.account_name,
            name=f"{row.first_name} {row.last_name}".strip() or row.email,
            email=row.email,
            role=console_role(row.role, is_developer=bool(row.is_developer)),
            may_see_bodies=bool(row.may_see_bodies),
            is_of_first_account=bool(row.is_of_first_account),
            other_accounts=tuple(OtherAccount(o.account_id, o.account_name) for o in others),
        )

    def switch(self, token: str, viewer: Viewer, account_id: str) -> bool:
        """Continue the session in another account of the person. False: it is not theirs."""

        def move(change: Change) -> bool:
            target = change.connection.execute(
                _USERS.where(
                    users.c.email == viewer.email,
                    users.c.account_id == account_id,
                    users.c.joined_on.is_not(None),
                )
            ).first()
            if target is None:
                return False
            token_hash = self._store.hasher.digest(token)
            moved = change.connection.execute(
                update(sessions)
                .where(sessions.c.token_hash == token_hash)
                .values(user_id=target.user_id)
            )
            change.audit(account_id, "account.switched", note=f"from {viewer.account_name}")
            return moved.rowcount == 1

        return self._store.change(viewer.doer, move)

    def sessions_of(self, token: str, viewer: Viewer) -> list[SessionInfo]:
        """The person's sessions in all accounts, the newest first."""
        current, now_ms = self._store.hasher.digest(token), self._clock.now_ms()
        with self._store.engine.connect() as connection:
            rows = connection.execute(
                select(sessions, accounts.c.name)
                .select_from(sessions.join(users).join(accounts))
                .where(users.c.email == viewer.email, sessions.c.expires_on > now_ms)
                .order_by(sessions.c.created_on.desc())
            )
            return [
                SessionInfo(
                    row.token_hash,
                    row.name,
                    row.created_on,
                    row.expires_on,
                    Caller(row.address, row.browser),
                    is_current=row.token_hash == current,
                )
                for row in rows
            ]

    def revoke(self, viewer: Viewer, session_id: str) -> bool:
        """End one of the person's sessions. False: it is not theirs."""

        def end(change: Change) -> bool:
            own = select(users.c.user_id).where(users.c.email == viewer.email)
            ended = change.connection.execute(
                delete(sessions).where(
                    sessions.c.token_hash == session_id, sessions.c.user_id.in_(own)
                )
            )
            if ended.rowcount:
                change.audit(viewer.account_id, "session.revoked", thing=session_id)
            return ended.rowcount == 1

        return self._store.change(viewer.doer, end)

    def revoke_others(self, token: str, viewer: Viewer) -> int:
        """End all of the person's sessions but that of *token*. Returns how many."""
        current = self._store.hasher.digest(token)

        def end(change: Change) -> int:
            ended = end_sessions(change.connection, viewer.email, but=current)
            change.audit(viewer.account_id, "session.revoked", note=f"all others: {ended}")
            return ended

        return self._store.change(viewer.doer, end)

    def change_password(self, token: str, viewer: Viewer, current: str, new: str) -> bool:
        """Replace the person's password, and end their other sessions. False: *current* is wrong.

        Raises InputInvalid for a password that is too short or too long.
        """
        check_password(new)
        with self._store.engine.connect() as connection:
            kept = select(people.c.password_hash).where(people.c.email == viewer.email)
            password_hash = connection.execute(kept).scalar()
        if not password_matches(current, password_hash or self._nobody_hash):
            return False
        new_hash = hash_password(new)

        def replace(change: Change) -> None:
            own = self._store.hasher.digest(token)
            set_password(change.connection, viewer.email, new_hash, but=own)
            change.audit(
                viewer.account_id, "user.password_changed", thing=viewer.user_id, note="their own"
            )

        self._store.change(viewer.doer, replace)
        return True

    def invitation(self, token: str) -> Invitation | None:
        """What a link invites to; None if it is unknown, used or expired."""
        with self._store.engine.connect() as connection:
            token_hash = self._store.hasher.digest(token)
            return find_invitation(connection, token_hash, now_ms=self._clock.now_ms())

    def join(self, token: str, password: str, caller: Caller) -> str | None:
        """Accept the invitation and begin a session: its token.

        None if the link is unknown, used or expired, or if the person has a password and *password*
        is another one. Raises InputInvalid for a new password that is too short or too long.
        """
        known = self.invitation(token)
        if known is None:
            return None
        if known.has_password:
            with self._store.engine.connect() as connection:
                kept = select(people.c.password_hash).where(people.c.email == known.email)
                password_hash = connection.execute(kept).scalar_one()
            if not password_matches(password, password_hash):
                return None

        def use(change: Change) -> bool:
            token_hash = self._store.hasher.digest(token)
            now = find_invitation(change.connection, token_hash, now_ms=change.now_ms)
            if now != known:
                return False  # used or replaced meanwhile
            accept(change, known, None if known.has_password else password)
            return True

        doer = Doer(known.user_id, known.email, caller.address)
        if not self._store.change(doer, use):
            return None
        return self._begin(known.user_id, caller)

    def browser_mark(self, email: str) -> str:
        """The mark that a browser keeps after a sign-in with *email*. It cannot be forged."""
        return self._store.hasher.digest(f"browser {email.strip().lower()}")

    def sign_out(self, token: str) -> None:
        token_hash = self._store.hasher.digest(token)
        if self._unsaved.pop(token_hash, None):
            return
        with transaction(self._store.engine) as connection:
            wanted = sessions.c.token_hash == token_hash
            user_id = connection.execute(select(sessions.c.user_id).where(wanted)).scalar()
            if user_id is not None:
                connection.execute(delete(sessions).where(wanted))
                self._audit(connection, "session.ended", user_id, "")

    def _audit(self, connection: Connection, action: Action, user_id: str, address: str) -> None:
        user = connection.execute(select(users).where(users.c.user_id == user_id)).one()
        add_entry(
            connection,
            Doer(user_id, user.email, address),
            action,
            account_id=user.account_id,
            at_ms=self._clock.now_ms(),
        )


_USERS: Final[Select[Any]] = (
    select(
        users,
        accounts.c.name.label("account_name"),
        (accounts.c.number == select(func.min(accounts.c.number)).scalar_subquery()).label(
            "is_of_first_account"
        ),
    )
    .select_from(users)
    .join(accounts, accounts.c.account_id == users.c.account_id)
    .where(users.c.is_active == 1)
)


def _storable(browser: str) -> str:
    """The start of a browser's name for itself; printable ASCII, as browsers send it."""
    return "".join(c if " " <= c <= "~" else "?" for c in browser[:_BROWSER_CHARS_MAX])
