"""Check-ins and check-outs of users, with place and availability."""

from collections.abc import Collection
from typing import Any

import msgspec
from sqlalchemy import RowMapping, Select, func, insert, select

from leadwire.access.tables import check_ins, users
from leadwire.access.unit import AccessUnit
from leadwire.access.users import require_users
from leadwire.operations.check_ins import Availability


class CheckInDetails(msgspec.Struct, frozen=True, omit_defaults=True):
    """The details that a user gives at a check-in or check-out."""

    source: str
    availability: Availability
    location: str = ""
    latitude: float | None = None
    longitude: float | None = None
    ip_address: str = ""
    other: dict[str, str] = {}


class CheckIn(msgspec.Struct, frozen=True):
    user_id: str
    email: str
    at_ms: int
    is_in: bool
    """True for a check-in, False for a check-out."""
    details: CheckInDetails


def check(unit: AccessUnit, details: CheckInDetails, *, is_in: bool) -> int:
    """Check the caller in or out, and return the instant."""
    unit.connection.execute(
        insert(check_ins).values(
            account_id=unit.account_id,
            user_id=unit.user_id,
            checked_on=unit.now_ms,
            is_in=int(is_in),
            details=msgspec.json.encode(details).decode(),
        )
    )
    return unit.now_ms


def last_check_in(unit: AccessUnit, user_id: str) -> CheckIn | None:
    """The user's last check-in or check-out; None if there is none. Raises Missing."""
    require_users(unit, [user_id], "query.userId")
    return last_check_ins(unit).get(user_id)


def last_check_ins(unit: AccessUnit) -> dict[str, CheckIn]:
    """The last check-in or check-out of each user of the account."""
    last = select(func.max(check_ins.c.check_in_id)).group_by(check_ins.c.user_id)
    wanted = _of_account(unit).where(
        check_ins.c.check_in_id.in_(last.where(check_ins.c.account_id == unit.account_id))
    )
    rows = unit.connection.execute(wanted).mappings()
    return {row["user_id"]: _kept(row) for row in rows}


def history(  # noqa: PLR0913  # a search
    unit: AccessUnit,
    *,
    ids: Collection[str] = (),
    emails: Collection[str] = (),
    from_ms: int,
    to_ms: int,
    offset: int,
    rows_max: int,
) -> tuple[int, list[CheckIn]]:
    """The number of check-ins and check-outs of the users, and a slice, oldest first.

    *ids* and *emails* name the users. The range is inclusive.
    """
    is_wanted = (
        users.c.user_id.in_(ids) | users.c.email.in_(emails),
        check_ins.c.checked_on.between(from_ms, to_ms),
    )
    wanted = _of_account(unit).where(*is_wanted)
    total = unit.connection.execute(
        select(func.count()).select_from(wanted.subquery())
    ).scalar_one()
    rows = unit.connection.execute(
        wanted.order_by(check_ins.c.check_in_id).offset(offset).limit(rows_max)
    )
    return total, [_kept(row) for row in rows.mappings()]


def _of_account(unit: AccessUnit) -> Select[Any]:
    return (
        select(check_ins, users.c.email)
        .select_from(check_ins.join(users))
        .where(check_ins.c.account_id == unit.account_id)
    )


def _kept(row: RowMapping) -> CheckIn:
    return CheckIn(
        row["user_id"],
        row["email"],
        row["checked_on"],
        bool(row["is_in"]),
        msgspec.json.decode(row["details"], type=CheckInDetails),
    )
