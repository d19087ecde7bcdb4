"""Read users by id, and search them by conditions."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import msgspec

from leadwire.access.accounts import AccountInfo
from leadwire.access.check_ins import CheckIn, last_check_ins
from leadwire.access.sales_groups import GroupUser, groups_by_user
from leadwire.access.unit import AccessUnit
from leadwire.access.users import KeptUser, users_below, users_of
from leadwire.crm.values import scalar_text
from leadwire.dates import Moment
from leadwire.errors import InputInvalid
from leadwire.operations.shapes import SortOrder
from leadwire.operations.users import (
    FoundUsers,
    UserCondition,
    UserConditionGroup,
    UserGroup,
    UserObject,
    UserRow,
    UserSearch,
)
from leadwire.wire.endpoints.lead_printer import columns_of
from leadwire.wire.members import page
from leadwire.wire.request import Endpoint, Request

DEPTH_MAX: Final = 5
_ACTIVE, _INACTIVE = "0", "1"
_OPERATORS: Final[dict[str, Callable[[str, str], bool]]] = {
    "eq": lambda kept, value: kept == value,
    "neq": lambda kept, value: kept != value,
    "lik": lambda kept, value: value in kept,
    "nlik": lambda kept, value: value not in kept,
    "lik_s": lambda kept, value: kept.startswith(value),
    "gt": lambda kept, value: kept > value,
    "gte": lambda kept, value: kept >= value,
    "lt": lambda kept, value: kept < value,
    "lte": lambda kept, value: kept <= value,
    "in": lambda kept, value: kept in [part.strip() for part in value.split(",")],
}


async def by_id(request: Request) -> list[UserObject]:
    user_id = (request.parameter("userId") or request.parameter("id")).lower()
    return await _active(request, lambda user: user.user_id == user_id)


async def by_email(request: Request) -> list[UserObject]:
    # An address sent with a bare + arrives with a blank, which no address holds.
    email = request.parameter("emailAddress").replace(" ", "+").lower()
    return await _active(request, lambda user: user.email == email)


async def reporting(request: Request) -> list[str]:
    manager_id = request.parameter("UserId").lower() or request.actor.user_id
    below = await request.read_access(lambda unit: users_below(unit, manager_id))
    return [user.user_id for user in below]


async def search(request: Request) -> FoundUsers:
    body: UserSearch = request.body or UserSearch()
    index, size = page(body.Paging, first=0)
    size_max = request.operation.page_max
    if size > size_max:
        raise InputInvalid(
            f"PageSize can't be greater than {size_max}",
            location="body.Paging.PageSize",
            fix=f"Send a PageSize of at most {size_max}, and follow with PageIndex.",
        )
    staff = await _staff(request)
    rows = [_row(user, staff) for user in staff.users]
    names = {name.lower(): name for row in rows for name in row}
    root = UserConditionGroup(
        GroupConditions=body.GroupConditions, GroupOperator=body.GroupOperator
    )
    _check(root, names, depth=0)
    found = [row for row in rows if _holds(root, row, names)]
    for order in reversed(_orders(body.Sorting)):
        name = _known(order.ColumnName, names)
        found.sort(key=lambda row: _text(row.get(name)), reverse=_is_descending(order))
    columns = None if body.Columns is None else columns_of(body.Columns.Include_CSV)
    found = found[max(index - 1, 0) * size : max(index, 1) * size]
    return FoundUsers([_chosen(row, columns, names) for row in found])


async def ids_of_users(request: Request, root: UserConditionGroup) -> list[str]:
    """The ids of the users that match the conditions. Raises InputInvalid for invalid ones."""
    staff = await _staff(request)
    rows = {user.user_id: _row(user, staff) for user in staff.users}
    names = {name.lower(): name for row in rows.values() for name in row}
    _check(root, names, depth=0)
    return [user_id for user_id, row in rows.items() if _holds(root, row, names)]


class _Staff(msgspec.Struct, frozen=True):
    """The users of an account, with data from outside their rows."""

    account: AccountInfo
    users: list[KeptUser]
    groups: dict[str, list[GroupUser]]
    """Groups by user."""
    checked: dict[str, CheckIn]
    """The last check-in or check-out of each user."""
    moment: Moment


async def _active(request: Request, wanted: Callable[[KeptUser], bool]) -> list[UserObject]:
    staff = await _staff(request)
    return [_object(user, staff) for user in staff.users if user.is_active and wanted(user)]


async def _staff(request: Request) -> _Staff:
    account = await asyncio.to_thread(request.services.access.account, request.actor.account_id)

    def read(unit: AccessUnit) -> _Staff:
        users = users_of(unit.connection, unit.account_id)
        return _Staff(account, users, groups_by_user(unit), last_check_ins(unit), request.moment)

    return await request.read_access(read)


def _object(user: KeptUser, staff: _Staff) -> UserObject:
    details = user.details
    manager = next((p.name for p in staff.users if p.user_id == details.manager_id), "")
    custom = [details.custom.get(f"mx_Custom_{number}", "") for number in range(1, 11)]
    last = staff.checked.get(user.user_id)
    return UserObject(
        user.user_id,
        user.first_name,
        user.last_name,
        user.email,
        details.phone_numbers,
        details.date_format,
        details.time_zone,
        user.role,
        details.is_phone_call_agent,
        staff.account.number,
        staff.account.name,
        details.user_type,
        details.manager_id,
        Address="",
        City="",
        State="",
        Country="",
        ZipCode="",
        TelephonyAgentId="",
        ManagerName=manager,
        PhoneMain=details.phone_main,
        PhoneMobile=details.phone_mobile,
        PhoneOthers=details.phone_others,
        IsCheckedIn=last is not None and last.is_in,
        LastCheckedOn=staff.moment(last.at_ms) if last else None,
        LastCheckedIpAddress=last.details.ip_address if last else None,
        AvailabilityStatus=last.details.availability.lower() if last else "offline",
        Designation=details.designation,
        Department=details.department,
        OfficeLocationName="",
        Skills="",
        SalesRegions="",
        **{f"mx_Custom_{number}": value for number, value in enumerate(custom, 1)},
        Groups=[
            UserGroup(group.group_id, group.group_name)
            for group in staff.groups.get(user.user_id, [])
        ],
        TeamId=details.team_id,
        TeamName="",
    )


def _row(user: KeptUser, staff: _Staff) -> UserRow:
    """Every attribute; here the status and the groups are texts."""
    row: UserRow = msgspec.structs.asdict(_object(user, staff))
    groups = ", ".join(group.group_name for group in staff.groups.get(user.user_id, []))
    row |= {"StatusCode": _ACTIVE if user.is_active else _INACTIVE, "Groups": groups}
    return row | user.details.custom


def _chosen(row: UserRow, columns: list[str] | None, names: dict[str, str]) -> UserRow:
    if columns is None or "*" in columns:
        return row
    wanted = {names.get(column.lower(), column) for column in columns}
    return {name: value if name in wanted else None for name, value in row.items()}


def _check(group: UserConditionGroup, names: dict[str, str], *, depth: int) -> None:
    """Raise InputInvalid for an unknown name, operator or joiner."""
    if depth > DEPTH_MAX:
        raise _attributes_invalid("GroupConditions")
    for condition in group.Condition:
        _known(condition.LookupName, names)
        if condition.Operator.lower() not in _OPERATORS:
            raise _attributes_invalid(condition.LookupName)
    _is_any([condition.ConditionOperator for condition in group.Condition])
    _is_any([inner.GroupOperator for inner in group.GroupConditions])
    for inner in group.GroupConditions:
        _check(inner, names, depth=depth + 1)


def _holds(group: UserConditionGroup, row: UserRow, names: dict[str, str]) -> bool:
    """Whether *row* matches a group. An empty group matches."""
    own = [_meets(condition, row, names) for condition in group.Condition]
    inner = [_holds(part, row, names) for part in group.GroupConditions]
    any_own = _is_any([condition.ConditionOperator for condition in group.Condition])
    any_inner = _is_any([part.GroupOperator for part in group.GroupConditions])
    return _joined(own, is_any=any_own) and _joined(inner, is_any=any_inner)


def _meets(condition: UserCondition, row: UserRow, names: dict[str, str]) -> bool:
    kept = _text(row.get(names[condition.LookupName.strip().lower()]))
    value = scalar_text(condition.LookupValue).strip().lower()
    return _OPERATORS[condition.Operator.lower()](kept, value)


def _joined(results: list[bool], *, is_any: bool) -> bool:
    return (any(results) if is_any else all(results)) if results else True


def _is_any(joiners: Sequence[str | None]) -> bool:
    """Whether OR joins a group. Raises InputInvalid if its joiners differ."""
    found = {joiner.upper() for joiner in joiners if joiner}
    if len(found) > 1 or not found <= {"AND", "OR"}:
        raise _attributes_invalid("GroupConditions")
    return found == {"OR"}


def _known(name: str, names: dict[str, str]) -> str:
    known = names.get(name.strip().lower())
    if known is None:
        raise _attributes_invalid(name)
    return known


def _attributes_invalid(name: str) -> InputInvalid:
    return InputInvalid(
        "User search has some invalid Attributes",
        location=f"body.{name}",
        fix="Send attributes of users, operators such as eq and lik, and AND or OR throughout "
        "a group.",
    )


def _orders(sorting: list[SortOrder] | SortOrder | None) -> list[SortOrder]:
    given = [sorting] if isinstance(sorting, SortOrder) else sorting or []
    return [order for order in given if order.ColumnName.strip()]


def _is_descending(order: SortOrder) -> bool:
    return str(order.Direction).strip() != "0"


def _text(value: object) -> str:
    return scalar_text(value).lower() if isinstance(value, (str, int, bool)) else ""


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "User.Retrieve.ByUserId": by_id,
    "User.Retrieve.ByEmailAddress": by_email,
    "User.AdvancedSearch": search,
    "ReportingHierarchy.RetrieveAllReportingUsers": reporting,
}
