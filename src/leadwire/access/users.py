"""The users of an account: their details, and how to change them.

The functions run in a transaction of the access store.
"""

from collections.abc import Collection
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, RowMapping, delete, func, insert, select, update

from leadwire.access.audit import Action
from leadwire.access.change import Change
from leadwire.access.passwords import hash_password
from leadwire.access.people import (
    add_person,
    drop_unused_people,
    has_password,
    invite,
    joined_others,
    set_password,
)
from leadwire.access.roles import ADMINISTRATOR, ConsoleRole, console_role
from leadwire.access.tables import people, sessions, users
from leadwire.access.unit import AccessUnit
from leadwire.dialect import incorrect, invalid
from leadwire.errors import Missing, ValueDuplicate

_COLUMNS: Final = ("first_name", "last_name", "role")
_FLAGS: Final = ("is_active", "is_developer", "may_see_bodies")


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
    joined_on_ms: int | None
    """None: the user has not yet followed a link, so cannot sign in."""
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


def insert_user(
    change: Change, account_id: str, draft: UserDraft, *, has_joined: bool = False
) -> str:
    """Make a user and return the id. Without a password the user cannot sign in to the console.

    *has_joined*: the person may sign in to the account with the password they have.
    Raises ValueDuplicate for an address of the account, or with a password for one that has a
    password elsewhere; InputInvalid for an unknown manager.
    """
    connection, email = change.connection, (draft.email or "").lower()
    _check_email(connection, account_id, email, "")
    if draft.password and has_password(connection, email):
        raise _email_taken()
    details = _changed(UserDetails(), draft)
    _check_manager(connection, account_id, details)
    add_person(connection, email)
    if draft.password:
        set_password(connection, email, hash_password(draft.password))
    user_id = change.ids.guid()
    sees_bodies = draft.may_see_bodies
    if sees_bodies is None:
        sees_bodies = draft.role == ADMINISTRATOR
    connection.execute(
        insert(users).values(
            user_id=user_id,
            account_id=account_id,
            email=email,
            first_name=draft.first_name or "",
            last_name=draft.last_name or "",
            role=draft.role,
            is_developer=int(bool(draft.is_developer)),
            may_see_bodies=int(sees_bodies),
            is_active=1,
            joined_on=change.now_ms if has_joined or draft.password else None,
            created_on=change.now_ms,
            modified_on=change.now_ms,
            details=msgspec.json.encode(details).decode(),
        )
    )
    made = find_user(connection, account_id, user_id)
    change.audit(account_id, "user.created", thing=user_id, note=f"{email}: {_rights(made)}")
    return user_id


def update_user(change: Change, account_id: str, user_id: str, draft: UserDraft) -> None:
    """Change a user. A new password or deactivation ends the user's console sessions.

    Raises Missing, ValueDuplicate, and InputInvalid for an unknown manager, if no active
    administrator would remain, or for a password that also opens another account.
    """
    connection = change.connection
    before = find_user(connection, account_id, user_id)
    values: dict[str, Any] = {
        name: value for name in _COLUMNS if (value := getattr(draft, name)) is not None
    }
    for name in _FLAGS:
        if (flag := getattr(draft, name)) is not None:
            values[name] = int(flag)
    details = _changed(before.details, draft)
    _check_manager(connection, account_id, details)
    connection.execute(
        update(users)
        .where(users.c.user_id == user_id)
        .values(modified_on=change.now_ms, details=msgspec.json.encode(details).decode(), **values)
    )
    email = (draft.email or before.email).lower()
    if email != before.email:
        _move(connection, account_id, before, email)
    if draft.password:
        _check_only_here(connection, account_id, email)
        _set_password(change, user_id, email, draft.password)
    if draft.is_active is False:
        connection.execute(delete(sessions).where(sessions.c.user_id == user_id))
    _check_administrator(connection, account_id)
    after = find_user(connection, account_id, user_id)
    for action, note in _changes(before, after, has_new_password=bool(draft.password)):
        change.audit(account_id, action, thing=user_id, note=note)


def invite_user(change: Change, account_id: str, user_id: str, *, hours: int) -> str:
    """The token of a link by which the user joins, or chooses a new password.

    Raises Missing, and InputInvalid for a user whose password also opens another account.
    """
    user = find_user(change.connection, account_id, user_id)
    if user.joined_on_ms is not None:
        _check_only_here(change.connection, account_id, user.email)
    token = invite(change, user_id, hours=hours)
    change.audit(account_id, "user.invited", thing=user_id, note=user.email)
    return token


def _move(connection: Connection, account_id: str, user: KeptUser, email: str) -> None:
    """Give the user another address.

    The password moves along if the person is in no other account and the address is new here.
    Else the user is another person now, who has to join.
    """
    _check_email(connection, account_id, email, user.user_id)
    of_old = connection.execute(
        select(func.count()).select_from(users).where(users.c.email == user.email)
    ).scalar_one()
    known = connection.execute(select(people.c.email).where(people.c.email == email)).first()
    values: dict[str, Any] = {"email": email}
    if known is None and of_old == 1:
        kept = select(people.c.password_hash).where(people.c.email == user.email)
        password_hash = connection.execute(kept).scalar_one()
        connection.execute(insert(people).values(email=email, password_hash=password_hash))
    else:
        add_person(connection, email)
        values["joined_on"] = None
        connection.execute(delete(sessions).where(sessions.c.user_id == user.user_id))
    connection.execute(update(users).where(users.c.user_id == user.user_id).values(values))
    drop_unused_people(connection)


def replace_password(change: Change, account_id: str, user_id: str, password: str) -> None:
    """Give the person a new password for all their accounts. Only the operator may.

    Raises Missing.
    """
    user = find_user(change.connection, account_id, user_id)
    _set_password(change, user_id, user.email, password)
    change.audit(account_id, "user.password_changed", thing=user_id, note=user.email)


def _set_password(change: Change, user_id: str, email: str, password: str) -> None:
    set_password(change.connection, email, hash_password(password))
    change.connection.execute(
        update(users)
        .where(users.c.user_id == user_id)
        .values(joined_on=func.coalesce(users.c.joined_on, change.now_ms))
    )


def _check_only_here(connection: Connection, account_id: str, email: str) -> None:
    """Raise InputInvalid if the person's password also opens another account."""
    if joined_others(connection, account_id, email):
        raise invalid(
            "Password",
            "Password of a user with several accounts can not be changed by one of them.",
            fix="The user can change it, or the operator with 'leadwire users password'.",
        )


def find_user(connection: Connection, account_id: str, user_id: str) -> KeptUser:
    """A user of the account. Raises Missing."""
    found = connection.execute(
        select(users).where(users.c.account_id == account_id, users.c.user_id == user_id)
    )
    row = found.mappings().first()
    if row is None:
        raise Missing("user", location="body.UserId", fix="Send the id of a user (Users.Get).")
    return _kept(row)


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


def _check_email(connection: Connection, account_id: str, email: str, user_id: str) -> None:
    taken = connection.execute(
        select(users.c.user_id).where(
            users.c.account_id == account_id, users.c.email == email, users.c.user_id != user_id
        )
    ).first()
    if taken is not None:
        raise _email_taken()


def _email_taken() -> ValueDuplicate:
    return ValueDuplicate(schema_name="EmailAddress", display_name="Email", entity="User")


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
        row["joined_on"],
        row["created_on"],
        row["modified_on"] or row["created_on"],
        msgspec.json.decode(row["details"], type=UserDetails),
    )
