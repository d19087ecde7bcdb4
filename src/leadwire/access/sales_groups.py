"""Sales groups and their members."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, RowMapping, Select, delete, func, insert, select

from leadwire.access.roles import ADMINISTRATOR
from leadwire.access.tables import group_users, sales_groups, users
from leadwire.access.unit import AccessUnit
from leadwire.access.users import require_users
from leadwire.database.expressions import upsert
from leadwire.dialect import too_long
from leadwire.errors import Missing, NameTaken, RoleMissing

NAME_CHARACTERS_MAX: Final = 200
DESCRIPTION_CHARACTERS_MAX: Final = 4_000


class Permissions(msgspec.Struct, frozen=True, omit_defaults=True):
    """The permissions of a user in a group. A user with any permission is a manager."""

    view_accounts: bool = False
    modify_accounts: bool = False
    view_leads: bool = False
    modify_leads: bool = False
    add_users: bool = False
    create_automation: bool = False


class SalesGroup(msgspec.Struct, frozen=True):
    group_id: str
    name: str
    description: str
    created_on_ms: int
    users: int


class GroupUser(msgspec.Struct, frozen=True):
    group_id: str
    group_name: str
    user_id: str
    user_name: str
    permissions: Permissions


def create_group(unit: AccessUnit, name: str, description: str) -> str:
    """Create an empty group and return its id.

    Raises RoleMissing, NameTaken in any letter case, and InputInvalid if a text is too long.
    """
    _require_administrator(unit)
    for member, text, characters_max in (
        ("Name", name, NAME_CHARACTERS_MAX),
        ("Description", description, DESCRIPTION_CHARACTERS_MAX),
    ):
        if len(text) > characters_max:
            raise too_long(member, characters_max)
    name_key = name.casefold()
    taken = _of_account(unit).where(sales_groups.c.name_key == name_key)
    if unit.connection.execute(taken).first() is not None:
        raise NameTaken(
            "A Group with same name already exists.",
            location="body.Name",
            fix="Choose another name, or use the group that UserGroup.Retrieve shows.",
        )
    group_id = unit.ids.guid()
    unit.connection.execute(
        insert(sales_groups).values(
            account_id=unit.account_id,
            group_id=group_id,
            name=name,
            name_key=name_key,
            description=description,
            created_on=unit.now_ms,
        )
    )
    return group_id


def delete_group(unit: AccessUnit, group_id: str) -> None:
    """Raises RoleMissing and Missing."""
    _require_administrator(unit)
    require_group(unit, group_id)
    unit.connection.execute(delete(group_users).where(group_users.c.group_id == group_id))
    unit.connection.execute(delete(sales_groups).where(sales_groups.c.group_id == group_id))


def find_groups(unit: AccessUnit, *, user_id: str = "") -> list[SalesGroup]:
    """The groups of the account, or of *user_id* if set, in order of creation.

    Raises Missing for an unknown user.
    """
    count = (
        select(func.count())
        .where(group_users.c.group_id == sales_groups.c.group_id)
        .scalar_subquery()
    )
    wanted = _of_account(unit).add_columns(count.label("users"))
    if user_id:
        require_users(unit, [user_id], "query.UserId")
        wanted = wanted.where(_has_user(user_id))
    wanted = wanted.order_by(sales_groups.c.created_on, sales_groups.c.group_id)
    return [
        SalesGroup(row.group_id, row.name, row.description, row.created_on, row.users)
        for row in unit.connection.execute(wanted)
    ]


def require_group(unit: AccessUnit, group_id: str, location: str = "body.GroupId") -> None:
    """Raises Missing."""
    found = unit.connection.execute(_of_account(unit).where(sales_groups.c.group_id == group_id))
    if found.first() is None:
        raise Missing(
            "group",
            location=location,
            fix="Send the GroupId of a group that UserGroup.Retrieve shows.",
        )


def users_of_group(unit: AccessUnit, group_id: str) -> list[GroupUser]:
    """The members of a group, first added first. Raises Missing."""
    require_group(unit, group_id, "query.GroupId")
    rows = unit.connection.execute(_members(unit).where(group_users.c.group_id == group_id))
    return [_group_user(row) for row in rows.mappings()]


def groups_by_user(unit: AccessUnit) -> dict[str, list[GroupUser]]:
    """The memberships of all users of the account, by user."""
    found: defaultdict[str, list[GroupUser]] = defaultdict(list)
    for row in unit.connection.execute(_members(unit)).mappings():
        found[row["user_id"]].append(_group_user(row))
    return dict(found)


def add_users(unit: AccessUnit, group_id: str, added: Mapping[str, Permissions]) -> None:
    """Add one or more users by id. An existing member gets the new permissions.

    Raises RoleMissing, and Missing for an unknown group or user. Then nothing is added.
    """
    require_group(unit, group_id)
    _require_manager(unit, group_id)
    require_users(unit, list(added), "body.GroupUsers.UserId")
    _add(unit, [(group_id, user_id, permissions) for user_id, permissions in added.items()])


def join_groups(unit: AccessUnit, joined: Mapping[str, Permissions]) -> None:
    """Add the unit's own user to groups, at least one, by their ids. Raises Missing."""
    for group_id in joined:
        require_group(unit, group_id, "body.AssociatedGroups.GroupId")
    _add(unit, [(group_id, unit.user_id, permissions) for group_id, permissions in joined.items()])


def _add(unit: AccessUnit, added: Sequence[tuple[str, str, Permissions]]) -> None:
    """*added*: groups, users and permissions. A user who is in the group keeps the place."""
    statement = upsert(group_users).values(
        [
            {
                "group_id": group_id,
                "user_id": user_id,
                "added_on": unit.now_ms,
                "permissions": msgspec.json.encode(permissions).decode(),
            }
            for group_id, user_id, permissions in added
        ]
    )
    unit.connection.execute(
        statement.on_conflict_do_update(
            index_elements=[group_users.c.group_id, group_users.c.user_id],
            set_={"permissions": statement.excluded.permissions},
        )
    )


def remove_users(unit: AccessUnit, group_id: str, user_ids: Sequence[str]) -> None:
    """Remove users from a group. Raises Missing for an unknown group, and RoleMissing."""
    require_group(unit, group_id)
    _require_manager(unit, group_id)
    unit.connection.execute(
        delete(group_users).where(
            group_users.c.group_id == group_id, group_users.c.user_id.in_(user_ids)
        )
    )


def _of_account(unit: AccessUnit) -> Select[Any]:
    return select(sales_groups).where(sales_groups.c.account_id == unit.account_id)


def _has_user(user_id: str) -> ColumnElement[bool]:
    return sales_groups.c.group_id.in_(
        select(group_users.c.group_id).where(group_users.c.user_id == user_id)
    )


def _members(unit: AccessUnit) -> Select[Any]:
    return (
        select(group_users, sales_groups.c.name, users.c.first_name, users.c.last_name)
        .select_from(group_users.join(sales_groups).join(users))
        .where(sales_groups.c.account_id == unit.account_id)
        .order_by(sales_groups.c.created_on, group_users.c.added_on, group_users.c.user_id)
    )


def _group_user(row: RowMapping) -> GroupUser:
    return GroupUser(
        row["group_id"],
        row["name"],
        row["user_id"],
        f"{row['first_name']} {row['last_name']}".strip(),
        msgspec.json.decode(row["permissions"], type=Permissions),
    )


def _require_administrator(unit: AccessUnit) -> None:
    role = unit.connection.execute(
        select(users.c.role).where(users.c.user_id == unit.user_id)
    ).scalar_one()
    if role != ADMINISTRATOR:
        raise RoleMissing("You are not authorized to perform this operation.")


def _require_manager(unit: AccessUnit, group_id: str) -> None:
    """Raise RoleMissing unless the caller is an administrator or can add users to the group."""
    own = unit.connection.execute(
        select(group_users.c.permissions).where(
            group_users.c.group_id == group_id, group_users.c.user_id == unit.user_id
        )
    ).scalar()
    if own is None or not msgspec.json.decode(own, type=Permissions).add_users:
        _require_administrator(unit)
