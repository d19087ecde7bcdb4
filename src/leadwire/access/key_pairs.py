"""The key pairs of an account: make, rotate, retire and revoke them, and note their use.

A pair has one access key. It has one secret key, or two while callers change over. Secrets that
stopped working stay as hashes, so that the log can recognise them.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, bindparam, delete, func, insert, select, update

from leadwire.access.change import Change
from leadwire.access.keys import KeyInfo, KeyPair, SecretInfo, generate_pair
from leadwire.access.tables import async_keys, keys, secrets, users
from leadwire.database.expressions import greatest
from leadwire.database.prepared import Prepared
from leadwire.dates import format_seconds
from leadwire.errors import Missing, SetupError

NAME_CHARACTERS_MAX: Final = 80
_STOPPED: Final = 0
"""The end of a secret that stopped: past for every server, however its clock goes."""
_HINT_DIGITS: Final = 4
_ASYNC_KEY_DIGITS: Final = 40


class PairDraft(msgspec.Struct, frozen=True):
    user_id: str
    """The user on whose behalf calls with the pair run."""
    name: str
    ends_on_ms: int | None = None
    """When the pair stops working; None: never."""


class SecretUse(msgspec.Struct):
    """When a secret key was last used. The gate sets it; it is stored from time to time."""

    digest: str
    at_ms: int = 0
    stored_ms: int = 0


class FoundPair(NamedTuple):
    """A pair and its user, with one of its secrets. Columns of ``_FIND_PAIR``, in its order."""

    key_id: str
    account_id: str
    user_id: str
    revoked_on: int | None
    ends_on: int | None
    secret_key_hash: str
    first_name: str
    last_name: str
    email: str
    is_active: int


def create_pair(change: Change, account_id: str, draft: PairDraft) -> KeyPair:
    """Raises Missing unless the user is an active one of the account."""
    user = change.connection.execute(
        select(users.c.email).where(
            users.c.account_id == account_id,
            users.c.user_id == draft.user_id,
            users.c.is_active == 1,
        )
    ).first()
    if user is None:
        raise Missing("user", location="user_id", fix="Choose an active user of the account.")
    pair = generate_pair(change.ids)
    change.connection.execute(
        insert(keys).values(
            key_id=pair.key_id,
            account_id=account_id,
            user_id=draft.user_id,
            name=draft.name,
            access_key_hash=change.hasher.digest(pair.access_key),
            access_key_hint=f"u$r…{pair.access_key[-_HINT_DIGITS:]}",
            created_on=change.now_ms,
            ends_on=draft.ends_on_ms,
        )
    )
    _add_secret(change, pair.key_id, pair.secret_key)
    end = f", until {format_seconds(draft.ends_on_ms)}" if draft.ends_on_ms else ""
    note = f"{draft.name}: acts as {user.email}{end}"
    change.audit(account_id, "key.created", thing=pair.key_id, note=note)
    return pair


def rotate_pair(
    change: Change, account_id: str, key_id: str, *, old_works_ms: int | None = None
) -> str:
    """Give the pair a new secret key and return it.

    The old one works for *old_works_ms* more, or until it is retired. At most two secrets work: an
    even older one stops now. Raises SetupError if the pair is unknown or revoked.
    """
    name = _live_name(change, account_id, key_id)
    secret = generate_pair(change.ids).secret_key
    _end_old(change, key_id)
    ends_on = change.now_ms + old_works_ms if old_works_ms else old_works_ms
    change.connection.execute(
        update(secrets)
        .where(secrets.c.key_id == key_id, secrets.c.is_old == 0)
        .values(is_old=1, ends_on=ends_on)
    )
    _add_secret(change, key_id, secret)
    until = "it is retired" if ends_on is None else format_seconds(ends_on or change.now_ms)
    note = f"{name}: the old secret works until {until}"
    change.audit(account_id, "key.rotated", thing=key_id, note=note)
    return secret


def retire_secret(change: Change, account_id: str, key_id: str) -> None:
    """Stop the old secret of a rotated pair.

    Raises SetupError if the pair is unknown or revoked, or has only one secret.
    """
    name = _live_name(change, account_id, key_id)
    if not _end_old(change, key_id):
        raise SetupError(f"The key '{key_id}' has only one secret that works.")
    change.audit(account_id, "key.old_secret_retired", thing=key_id, note=name)


def revoke_pair(change: Change, account_id: str, key_id: str) -> None:
    """Stop the pair for good. Raises SetupError if the pair is unknown or revoked already."""
    name = _live_name(change, account_id, key_id)
    change.connection.execute(
        update(keys).where(keys.c.key_id == key_id).values(revoked_on=change.now_ms)
    )
    change.audit(account_id, "key.revoked", thing=key_id, note=name)


def replace_async_key(change: Change, account_id: str) -> str:
    """A new async key for the account, which replaces the previous one."""
    key = f"async_{change.ids.hex_digits(_ASYNC_KEY_DIGITS)}"
    change.connection.execute(delete(async_keys).where(async_keys.c.account_id == account_id))
    change.connection.execute(
        insert(async_keys).values(
            account_id=account_id,
            key_hash=change.hasher.digest(key),
            created_on=change.now_ms,
        )
    )
    change.audit(account_id, "async_key.created")
    return key


def pairs_of(connection: Connection, account_id: str, *, now_ms: int) -> list[KeyInfo]:
    """Every pair of the account ever made, oldest first."""
    rows = connection.execute(
        select(keys, users.c.email, users.c.first_name, users.c.last_name, users.c.role)
        .select_from(keys.join(users))
        .where(keys.c.account_id == account_id)
        .order_by(keys.c.created_on, keys.c.key_id)
    ).all()
    live: dict[str, list[SecretInfo]] = {row.key_id: [] for row in rows}
    found = connection.execute(
        select(secrets)
        .select_from(secrets.join(keys))
        .where(keys.c.account_id == account_id, _works(now_ms))
        .order_by(secrets.c.is_old, secrets.c.created_on)
    )
    for row in found:
        live[row.key_id].append(
            SecretInfo(row.created_on, row.used_on, row.ends_on, is_old=bool(row.is_old))
        )
    return [_info(row, tuple(live[row.key_id])) for row in rows]


def account_of_key(connection: Connection, key_id: str) -> str:
    """The account of a pair. Raises SetupError if the pair is unknown."""
    found = connection.execute(select(keys.c.account_id).where(keys.c.key_id == key_id)).scalar()
    if found is None:
        raise _not_live(key_id)
    return str(found)


def find_pair(connection: Connection, access_key_hash: str, *, now_ms: int) -> list[FoundPair]:
    """A row for each secret of the pair that works; empty for an unknown access key."""
    rows = _FIND_PAIR.execute(connection, {"digest": access_key_hash, "now": now_ms})
    return [FoundPair(*row) for row in rows]


def store_uses(connection: Connection, uses: Iterable[SecretUse]) -> None:
    """Store when secrets were last used. An older time never replaces a newer one."""
    for use in uses:
        connection.execute(_STORE_USE, {"digest": use.digest, "at": use.at_ms})


def _works(now_ms: Any) -> Any:  # noqa: ANN401  # a number or a parameter; an SQL expression
    return secrets.c.ends_on.is_(None) | (secrets.c.ends_on > now_ms)


_FIND_PAIR: Final = Prepared(
    select(
        keys.c.key_id,
        keys.c.account_id,
        keys.c.user_id,
        keys.c.revoked_on,
        keys.c.ends_on,
        secrets.c.secret_key_hash,
        users.c.first_name,
        users.c.last_name,
        users.c.email,
        users.c.is_active,
    )
    .select_from(keys.join(users).join(secrets))
    .where(keys.c.access_key_hash == bindparam("digest"), _works(bindparam("now")))
)

_STORE_USE: Final = (
    update(secrets)
    .where(secrets.c.secret_key_hash == bindparam("digest"))
    .values(used_on=greatest(func.coalesce(secrets.c.used_on, 0), bindparam("at")))
)


def _add_secret(change: Change, key_id: str, secret: str) -> None:
    change.connection.execute(
        insert(secrets).values(
            secret_key_hash=change.hasher.digest(secret),
            key_id=key_id,
            created_on=change.now_ms,
            is_old=0,
        )
    )


def _end_old(change: Change, key_id: str) -> bool:
    """Stop the old secret now. Returns whether one worked until now."""
    ended = change.connection.execute(
        update(secrets)
        .where(secrets.c.key_id == key_id, secrets.c.is_old == 1, _works(change.now_ms))
        .values(ends_on=_STOPPED)
    )
    return ended.rowcount > 0


def _live_name(change: Change, account_id: str, key_id: str) -> str:
    """The name of a pair that is not revoked. Raises SetupError."""
    name = change.connection.execute(
        select(keys.c.name).where(
            keys.c.key_id == key_id,
            keys.c.account_id == account_id,
            keys.c.revoked_on.is_(None),
        )
    ).scalar()
    if name is None:
        raise _not_live(key_id)
    return str(name)


def _not_live(key_id: str) -> SetupError:
    return SetupError(f"There is no active key '{key_id}'. List keys with 'leadwire keys list'.")


def _info(row: Any, live: tuple[SecretInfo, ...]) -> KeyInfo:  # noqa: ANN401  # a row
    return KeyInfo(
        key_id=row.key_id,
        name=row.name,
        access_key_hint=row.access_key_hint,
        user_id=row.user_id,
        user_name=f"{row.first_name} {row.last_name}".strip() or row.email,
        user_email=row.email,
        user_role=row.role,
        created_on_ms=row.created_on,
        ends_on_ms=row.ends_on,
        revoked_on_ms=row.revoked_on,
        secrets=live,
    )
