"""People: what one e-mail address signs in with, whatever the number of its accounts.

A person has one password, and a user in each account that they joined. Whoever adds an address to
an account proves nothing. So the user joins only by a link: its one-time token is shown to the
administrator who adds the user. Without a password yet, the person chooses one there. With one,
they sign in with it.
"""

from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from leadwire.access.change import Change
from leadwire.access.passwords import hash_password, unmatched_hash
from leadwire.access.tables import accounts, invitations, people, sessions, users
from leadwire.dates import HOUR_MS
from leadwire.dialect import invalid

PASSWORD_LENGTHS: Final = range(8, 129)
"""How many characters a password may have."""
_TOKEN_DIGITS: Final = 64


class Invitation(NamedTuple):
    """A link that has not been used."""

    user_id: str
    account_id: str
    account_name: str
    email: str
    has_password: bool
    """Whether the person has a password, and keeps it."""
    expires_on_ms: int


def has_password(connection: Connection, email: str) -> bool:
    found = connection.execute(select(people.c.password_hash).where(people.c.email == email))
    kept = found.scalar()
    return kept is not None and kept != unmatched_hash()


def joined_others(connection: Connection, account_id: str, email: str) -> bool:
    """Whether the person has joined another account, too."""
    found = connection.execute(
        select(users.c.user_id).where(
            users.c.email == email,
            users.c.account_id != account_id,
            users.c.joined_on.is_not(None),
        )
    )
    return found.first() is not None


def add_person(connection: Connection, email: str) -> None:
    """Make sure that the person exists. A new one has no password yet."""
    known = connection.execute(select(people.c.email).where(people.c.email == email)).first()
    if known is None:
        connection.execute(insert(people).values(email=email, password_hash=unmatched_hash()))


def set_password(connection: Connection, email: str, password_hash: str, *, but: str = "") -> None:
    """Replace the person's password, and end all their sessions but the one with hash *but*."""
    connection.execute(
        update(people).where(people.c.email == email).values(password_hash=password_hash)
    )
    end_sessions(connection, email, but=but)


def end_sessions(connection: Connection, email: str, *, but: str = "") -> int:
    """End the person's sessions but the one with hash *but*. Returns how many."""
    own = select(users.c.user_id).where(users.c.email == email)
    ended = connection.execute(
        delete(sessions).where(sessions.c.user_id.in_(own), sessions.c.token_hash != but)
    )
    return ended.rowcount


def drop_unused_people(connection: Connection) -> None:
    """Forget the people who are in no account."""
    connection.execute(
        delete(people).where(
            ~exists(select(users.c.user_id).where(users.c.email == people.c.email))
        )
    )


def check_password(password: str) -> None:
    """Raises InputInvalid for a password that is too short or too long."""
    if len(password) not in PASSWORD_LENGTHS:
        raise invalid(
            "Password",
            f"Password must have {PASSWORD_LENGTHS[0]} to {PASSWORD_LENGTHS[-1]} characters.",
            fix="Send such a password, or leave it out.",
        )


def invite(change: Change, user_id: str, *, hours: int) -> str:
    """The token of a new link for that user. An earlier link of the user stops working."""
    token = change.ids.hex_digits(_TOKEN_DIGITS)
    connection = change.connection
    connection.execute(
        delete(invitations).where(
            (invitations.c.user_id == user_id) | (invitations.c.expires_on <= change.now_ms)
        )
    )
    connection.execute(
        insert(invitations).values(
            token_hash=change.hasher.digest(token),
            user_id=user_id,
            expires_on=change.now_ms + hours * HOUR_MS,
        )
    )
    return token


def find_invitation(connection: Connection, token_hash: str, *, now_ms: int) -> Invitation | None:
    """The invitation of a token; None if it is unknown, used or expired."""
    row = connection.execute(
        select(users, accounts.c.name, invitations.c.expires_on)
        .select_from(invitations.join(users).join(accounts))
        .where(
            invitations.c.token_hash == token_hash,
            invitations.c.expires_on > now_ms,
            users.c.is_active == 1,
        )
    ).first()
    if row is None:
        return None
    return Invitation(
        row.user_id,
        row.account_id,
        row.name,
        row.email,
        # A user who joined gets a link only to choose a new password.
        row.joined_on is None and has_password(connection, row.email),
        row.expires_on,
    )


def accept(change: Change, invitation: Invitation, password: str | None) -> None:
    """Let the invited user join, once. *password*: the one that the person chose.

    Raises InputInvalid for a password that is too short or too long.
    """
    if password is not None:
        check_password(password)
        set_password(change.connection, invitation.email, hash_password(password))
    change.connection.execute(
        delete(invitations).where(invitations.c.user_id == invitation.user_id)
    )
    change.connection.execute(
        update(users)
        .where(users.c.user_id == invitation.user_id)
        .values(joined_on=func.coalesce(users.c.joined_on, change.now_ms))
    )
    change.audit(
        invitation.account_id, "user.joined", thing=invitation.user_id, note=invitation.email
    )
