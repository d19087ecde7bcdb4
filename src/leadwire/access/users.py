"""The users of an account: their details, and how to change them.

The functions run in a transaction of the access store.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from leadwire.access.passwords import hash_password, unmatched_hash
from leadwire.access.roles import ADMINISTRATOR
from leadwire.access.tables import sessions, users
from leadwire.access.unit import AccessUnit
from leadwire.dialect import incorrect, invalid
from leadwire.errors import Missing, ValueDuplicate

_COLUMNS: Final = ("first_name", "last_name", "email", "role")


class UserDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """Details of a user without columns of their own."""

    phone_numbers: str = ""
    phone_main: str = ""
    phone_mobile: str = ""
    phone_others: str = ""
    is_phone_call_agent: bool = False
    user_type: int = 0
    """0 for the web, 1 for mobile."""
    manager_id: str = ""
    team_id: str = ""
    time_zone: str = ""
    date_format: str = ""
    designation: str = ""
    department: str = ""
    custom: dict[str, str] = {}
    """The account's own fields, by schema name."""


class KeptUser(msgspec.Struct, frozen=True):
    user_id: str
    email: str
    first_name: str
    last_name: str
    role: str
    is_active: bool
    created_on_ms: int
    modified_on_ms: int
    details: UserDetails

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class UserDraft(msgspec.Struct, frozen=True):
    """Changes to a user. None keeps a value."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    role: str | None = None
    is_active: bool | None = None
    password: str | None = None
    details: dict[str, Any] = {}
    """Members of UserDetails. Custom fields are merged with the existing ones."""

    def __repr__(self) -> str:
        return f"UserDraft(email={self.email!r})"  # omits the password


def users_of(connection: Connection, account_id: str) -> list[KeptUser]:
    """The account's users, oldest first."""
    rows = connection.execute(
        select(users)
        .where(users.c.account_id == account_id)
        .order_by(users.c.created_on, users.c.user_id)
    )
    return [_kept(row) for row in rows.mappings()]


def insert_user(
    connection: Connection, account_id: str, draft: UserDraft, *, user_id: str, now_ms: int
) -> None:
    """Make a user. Without a password the user cannot sign in to the console.

    Raises ValueDuplicate for an address in use, InputInvalid for an unknown manager.
    """
    email = (draft.email or "").lower()
    _check_email(connection, email, user_id)
    details = _changed(UserDetails(), draft)
    _check_manager(connection, account_id, details)
    connection.execute(
        insert(users).values(
            user_id=user_id,
            account_id=account_id,
            email=email,
            first_name=draft.first_name or "",
            last_name=draft.last_name or "",
            role=draft.role,
            is_active=1,
            password_hash=hash_password(draft.password) if draft.password else unmatched_hash(),
            created_on=now_ms,
            modified_on=now_ms,
            details=msgspec.json.encode(details).decode(),
        )
    )


def update_user(
    connection: Connection, account_id: str, user_id: str, draft: UserDraft, *, now_ms: int
) -> None:
    """Change a user. A new password or deactivation ends the user's console sessions.

    Raises Missing, ValueDuplicate, and InputInvalid for an unknown manager, or if no active
    administrator would remain.
    """
    kept = next((u for u in users_of(connection, account_id) if u.user_id == user_id), None)
    if kept is None:
        raise Missing("user", location="body.UserId", fix="Send the id of a user (Users.Get).")
    values = {name: value for name in _COLUMNS if (value := getattr(draft, name)) is not None}
    if "email" in values:
        values["email"] = values["email"].lower()
        _check_email(connection, values["email"], user_id)
    details = _changed(kept.details, draft)
    _check_manager(connection, account_id, details)
    row: dict[str, Any] = {**values, "details": msgspec.json.encode(details).decode()}
    if draft.is_active is not None:
        row["is_active"] = int(draft.is_active)
    if draft.password:
        row["password_hash"] = hash_password(draft.password)
    connection.execute(
        update(users).where(users.c.user_id == user_id).values(modified_on=now_ms, **row)
    )
    if draft.password or draft.is_active is False:
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
    _check_administrator(connection, account_id)


def require_users(unit: AccessUnit, user_ids: Collection[str], location: str) -> None:
    """Raise Missing, naming *location*, unless all of them are users of the account."""
    known = unit.connection.execute(
        select(func.count())
        .select_from(users)
        .where(users.c.account_id == unit.account_id, users.c.user_id.in_(set(user_ids)))
    ).scalar_one()
    if known < len(set(user_ids)):
        raise Missing("user", location=location, fix="Send ids of users (Users.Get).")


def users_below(unit: AccessUnit, manager_id: str) -> list[KeptUser]:
    """Who reports to a manager, directly or through others, oldest first. Raises Missing."""
    require_users(unit, [manager_id], "query.UserId")
    people = users_of(unit.connection, unit.account_id)
    below: set[str] = set()
    above = {manager_id}
    while above:
        above = {user.user_id for user in people if user.details.manager_id in above} - below
        below |= above
    return [user for user in people if user.user_id in below - {manager_id}]


def _changed(details: UserDetails, draft: UserDraft) -> UserDetails:
    given = dict(draft.details)
    if "custom" in given:
        given["custom"] = details.custom | given["custom"]
    return msgspec.structs.replace(details, **given)


def _check_email(connection: Connection, email: str, user_id: str) -> None:
    taken = connection.execute(
        select(users.c.user_id).where(users.c.email == email, users.c.user_id != user_id)
    ).first()
    if taken is not None:
        raise ValueDuplicate(schema_name="EmailAddress", display_name="Email", entity="User")


def _check_manager(connection: Connection, account_id: str, details: UserDetails) -> None:
    if not details.manager_id:
        return
    manager = connection.execute(
        select(users.c.user_id).where(
            users.c.account_id == account_id, users.c.user_id == details.manager_id
        )
    ).first()
    if manager is None:
        raise incorrect("ManagerUserId", fix="Send the id of a user (Users.Get).")


def _check_administrator(connection: Connection, account_id: str) -> None:
    left = connection.execute(
        select(func.count())
        .select_from(users)
        .where(
            users.c.account_id == account_id,
            users.c.role == ADMINISTRATOR,
            users.c.is_active == 1,
        )
    ).scalar_one()
    if left == 0:
        raise invalid(
            "Role",
            "Role of the last active administrator can not change.",
            fix="Make another user an administrator first.",
        )


def _kept(row: RowMapping) -> KeptUser:
    return KeptUser(
        row["user_id"],
        row["email"],
        row["first_name"],
        row["last_name"],
        row["role"],
        bool(row["is_active"]),
        row["created_on"],
        row["modified_on"] or row["created_on"],
        msgspec.json.decode(row["details"], type=UserDetails),
    )
