"""The users of an account: their details, and how to change them.

The functions run in a transaction of the access store.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from leadwire.access.audit import Action, Doer, add_entry
from leadwire.access.passwords import hash_password, unmatched_hash
from leadwire.access.roles import ADMINISTRATOR, ConsoleRole, console_role
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
    is_developer: bool
    may_see_bodies: bool
    is_active: bool
    created_on_ms: int
    modified_on_ms: int
    details: UserDetails

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def console_role(self) -> ConsoleRole:
        return console_role(self.role, is_developer=self.is_developer)


class UserDraft(msgspec.Struct, frozen=True):
    """Changes to a user. None keeps a value."""

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    role: str | None = None
    """The role on the wire."""
    is_developer: bool | None = None
    may_see_bodies: bool | None = None
    """None for a new user: only an administrator may."""
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


def insert_user(  # the transaction, the user, and who makes it
    connection: Connection,
    account_id: str,
    draft: UserDraft,
    *,
    by: Doer,
    user_id: str,
    now_ms: int,
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
            is_developer=int(bool(draft.is_developer)),
            may_see_bodies=int(
                draft.role == ADMINISTRATOR
                if draft.may_see_bodies is None
                else draft.may_see_bodies
            ),
            is_active=1,
            password_hash=hash_password(draft.password) if draft.password else unmatched_hash(),
            created_on=now_ms,
            modified_on=now_ms,
            details=msgspec.json.encode(details).decode(),
        )
    )
    made = _user(connection, account_id, user_id)
    add_entry(
        connection,
        by,
        "user.created",
        account_id=account_id,
        at_ms=now_ms,
        thing=user_id,
        note=f"{email}: {_rights(made)}",
    )


def update_user(  # the transaction, the user, and who changes it
    connection: Connection,
    account_id: str,
    user_id: str,
    draft: UserDraft,
    *,
    by: Doer,
    now_ms: int,
) -> None:
    """Change a user. A new password or deactivation ends the user's console sessions.

    Raises Missing, ValueDuplicate, and InputInvalid for an unknown manager, or if no active
    administrator would remain.
    """
    kept = _user(connection, account_id, user_id)
    values = {name: value for name in _COLUMNS if (value := getattr(draft, name)) is not None}
    if "email" in values:
        values["email"] = values["email"].lower()
        _check_email(connection, values["email"], user_id)
    details = _changed(kept.details, draft)
    _check_manager(connection, account_id, details)
    row: dict[str, Any] = {**values, "details": msgspec.json.encode(details).decode()}
    for name in ("is_active", "is_developer", "may_see_bodies"):
        if (flag := getattr(draft, name)) is not None:
            row[name] = int(flag)
    if draft.password:
        row["password_hash"] = hash_password(draft.password)
    connection.execute(
        update(users).where(users.c.user_id == user_id).values(modified_on=now_ms, **row)
    )
    if draft.password or draft.is_active is False:
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
    _check_administrator(connection, account_id)
    after = _user(connection, account_id, user_id)
    for action, note in _changes(kept, after, has_new_password=bool(draft.password)):
        add_entry(
            connection,
            by,
            action,
            account_id=account_id,
            at_ms=now_ms,
            thing=user_id,
            note=note,
        )


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


def _user(connection: Connection, account_id: str, user_id: str) -> KeptUser:
    found = connection.execute(
        select(users).where(users.c.account_id == account_id, users.c.user_id == user_id)
    )
    row = found.mappings().first()
    if row is None:
        raise Missing("user", location="body.UserId", fix="Send the id of a user (Users.Get).")
    return _kept(row)


def _rights(user: KeptUser) -> str:
    return f"{user.console_role}, {'sees' if user.may_see_bodies else 'does not see'} bodies"


def _changes(
    before: KeptUser, after: KeptUser, *, has_new_password: bool
) -> list[tuple[Action, str]]:
    """What the audit trail says about a change: an action and a note for each kind."""
    said: list[tuple[Action, str]] = []
    if before.is_active != after.is_active:
        said.append(("user.activated" if after.is_active else "user.deactivated", after.email))
    if has_new_password:
        said.append(("user.password_changed", after.email))
    notes = [
        f"{old or 'nothing'} → {new or 'nothing'}"
        for old, new in (
            (before.email, after.email),
            (before.name, after.name),
            (before.role, after.role),
            (_rights(before), _rights(after)),
        )
        if old != new
    ]
    if before.details != after.details:
        notes.append("other details")
    if notes:
        said.append(("user.changed", f"{after.email}: {'; '.join(notes)}"))
    return said


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
        bool(row["is_developer"]),
        bool(row["may_see_bodies"]),
        bool(row["is_active"]),
        row["created_on"],
        row["modified_on"] or row["created_on"],
        msgspec.json.decode(row["details"], type=UserDetails),
    )
