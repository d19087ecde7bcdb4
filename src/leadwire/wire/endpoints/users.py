"""The caller, the hosts to call, and the account's users."""

import asyncio
from collections.abc import Sequence
from typing import Final

import msgspec

from leadwire.access.roles import ADMINISTRATOR
from leadwire.access.sales_groups import GroupUser, groups_by_user
from leadwire.access.users import users_of
from leadwire.errors import RoleMissing
from leadwire.operations import BY_NAME
from leadwire.operations.shapes import AuthenticatedUser, MobileServiceUrls, ServiceUrls, User
from leadwire.wire.request import Endpoint, Request

_ACTIVE, _INACTIVE = 0, 1
_TIME_ZONE: Final = "UTC"


async def by_access_key(request: Request) -> AuthenticatedUser:
    access, account_id = request.services.access, request.actor.account_id
    account = await asyncio.to_thread(access.account, account_id)
    users = await asyncio.to_thread(access.user_details, account_id)
    user = next(user for user in users if user.user_id == request.actor.user_id)
    host = request.host
    return AuthenticatedUser(
        Id=user.user_id,
        Name=user.name,
        PassPhrase=user.email,
        Role=user.role,
        TimeZone=_TIME_ZONE,
        OrgDisplayName=account.name,
        OrgId=account.account_id,
        OrgShortCode=str(account.number),
        OrgUniqueName=str(account.number),
        DefaultCountryCode="",
        AssociatedPhoneNumbers=user.details.phone_numbers or None,
        MobileServiceURLs=MobileServiceUrls(
            ReportsURL=None,
            FileUploadURL=request.address(BY_NAME["File.Upload"].url_path),
            MobileNotificationURL=None,
        ),
        LSQCommonServiceURLs=ServiceUrls(api=host, app=host, tracking=host),
    )


async def of_account(request: Request) -> list[User]:
    users, groups = await request.read_access(
        lambda unit: (users_of(unit.connection, unit.account_id), groups_by_user(unit))
    )
    return [
        User(
            ID=user.user_id,
            FirstName=user.first_name,
            LastName=user.last_name,
            EmailAddress=user.email,
            Role=user.role,
            StatusCode=_ACTIVE if user.is_active else _INACTIVE,
            MemberOfGroups=_names(groups.get(user.user_id, [])),
            Tag=None,
            IsPhoneCallAgent=user.details.is_phone_call_agent,
        )
        for user in users
    ]


def _names(groups: Sequence[GroupUser]) -> list[str] | msgspec.UnsetType:
    return [group.group_name for group in groups] or msgspec.UNSET


async def require_administrator(request: Request) -> None:
    """Raise RoleMissing unless the caller is an administrator."""
    users = await asyncio.to_thread(request.services.access.users, request.actor.account_id)
    roles = {user.user_id: user.role for user in users}
    if roles.get(request.actor.user_id) != ADMINISTRATOR:
        raise RoleMissing("You are not authorized to perform this operation.")


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "UserByAccessKey.Get": by_access_key,
    "Users.Get": of_account,
}
