"""The caller, the hosts to call, and the account's users."""

import asyncio
from typing import Final

from leadwire.access.roles import ADMINISTRATOR
from leadwire.errors import RoleMissing
from leadwire.operations.shapes import AuthenticatedUser, ServiceUrls, User
from leadwire.wire.request import Endpoint, Request

_ACTIVE, _INACTIVE = 0, 1
_TIME_ZONE: Final = "UTC"


async def by_access_key(request: Request) -> AuthenticatedUser:
    account = await asyncio.to_thread(request.services.access.account, request.actor.account_id)
    user = next(
        user
        for user in await asyncio.to_thread(request.services.access.users, account.account_id)
        if user.user_id == request.actor.user_id
    )
    host = request.host
    return AuthenticatedUser(
        Id=user.user_id,
        Name=user.name,
        PassPhrase=user.email,
        Role=user.role,
        EmailAddress=None,
        TimeZone=_TIME_ZONE,
        Type="ApplicationUser",
        OrgDisplayName=account.name,
        OrgId=str(account.number),
        OrgShortCode=str(account.number),
        OrgUniqueName=str(account.number),
        DefaultCountryCode="",
        UserType="Regular",
        MobileServiceURLs={"api": host},
        LSQCommonServiceURLs=ServiceUrls(api=host, app=host, tracking=host),
    )


async def of_account(request: Request) -> list[User]:
    users = await asyncio.to_thread(request.services.access.users, request.actor.account_id)
    return [
        User(
            ID=user.user_id,
            FirstName=user.first_name,
            LastName=user.last_name,
            EmailAddress=user.email,
            Role=user.role,
            StatusCode=_ACTIVE if user.is_active else _INACTIVE,
            Tag=None,
            IsPhoneCallAgent=False,
            MemberOfGroups=[],
        )
        for user in users
    ]


async def require_administrator(request: Request) -> None:
    """Raise RoleMissing when the caller is none."""
    users = await asyncio.to_thread(request.services.access.users, request.actor.account_id)
    roles = {user.user_id: user.role for user in users}
    if roles.get(request.actor.user_id) != ADMINISTRATOR:
        raise RoleMissing("You are not authorized to perform this operation.")


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "UserByAccessKey.Get": by_access_key,
    "Users.Get": of_account,
}
