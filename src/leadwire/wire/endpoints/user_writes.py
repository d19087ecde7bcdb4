"""Create and change users."""

import asyncio
from typing import TYPE_CHECKING, Any, Final

from leadwire.access.audit import Doer
from leadwire.access.change import Change
from leadwire.access.people import check_password
from leadwire.access.roles import ROLES
from leadwire.access.sales_groups import join_groups
from leadwire.access.unit import AccessUnit
from leadwire.access.users import KeptUser, UserDraft, insert_user, update_user
from leadwire.crm.leads.schema import DEFAULT_SCHEMA
from leadwire.crm.unit import Unit
from leadwire.crm.values import kept_text, scalar_text
from leadwire.crm.webhooks.announcing import announce
from leadwire.dialect import incorrect, too_long
from leadwire.operations.shapes import WriteMessage, WriteResult
from leadwire.operations.users import NewUser, UserWrite
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.endpoints.sales_groups import permissions
from leadwire.wire.endpoints.users import require_administrator
from leadwire.wire.members import is_set, whole_number
from leadwire.wire.request import Endpoint, Request

if TYPE_CHECKING:
    from leadwire.operations.webhooks import EventKind

TEXT_MAX: Final = 200
_ROLES: Final = {role.lower(): role for role in ROLES}
_ACTIVE: Final = {"0": True, "1": False}
_DETAILS: Final = {
    "AssociatedPhoneNumbers": "phone_numbers",
    "PhoneMain": "phone_main",
    "PhoneMobile": "phone_mobile",
    "PhoneOthers": "phone_others",
    "TeamId": "team_id",
    "TimeZone": "time_zone",
    "DateFormat": "date_format",
    "Designation": "designation",
    "Department": "department",
}


async def create(request: Request) -> WriteResult:
    await require_administrator(request)
    body: NewUser = request.body
    draft, account_id = _draft(body), request.actor.account_id
    groups = {group.GroupId.strip().lower(): permissions(group) for group in body.AssociatedGroups}

    def make(change: Change) -> str:
        user_id = insert_user(change, account_id, draft)
        if groups:
            unit = AccessUnit(change.connection, account_id, user_id, change.now_ms, change.ids)
            join_groups(unit, groups)
        return user_id

    user_id = await asyncio.to_thread(request.services.access.change, _doer(request), make)
    await _announce(request, user_id, None)
    return success(WriteMessage(Id=user_id))


async def update(request: Request) -> WriteResult:
    await require_administrator(request)
    body: UserWrite = request.body
    user_id = body.UserId.strip().lower()
    draft = _draft(body)
    before = await _kept(request, user_id)
    await asyncio.to_thread(
        request.services.access.change,
        _doer(request),
        lambda change: update_user(change, request.actor.account_id, user_id, draft),
    )
    await _announce(request, user_id, before)
    return success(WriteMessage(Id=user_id))


def _doer(request: Request) -> Doer:
    actor = request.actor
    return Doer(actor.user_id, actor.people[actor.user_id].email, request.draft.client_address)


async def _kept(request: Request, user_id: str) -> KeptUser | None:
    access = request.services.access
    people = await asyncio.to_thread(access.user_details, request.actor.account_id)
    return next((user for user in people if user.user_id == user_id), None)


async def _announce(request: Request, user_id: str, before: KeptUser | None) -> None:
    """Announce the change. It is lost if the server dies first: users have another database."""
    after = await _kept(request, user_id)
    kinds: list[EventKind] = ["user_created"]
    if before is not None:
        kinds = ["user_updated"]
        if after is not None and after.is_active != before.is_active:
            kinds.append("user_activation_changed")

    def tell(unit: Unit) -> None:
        for kind in kinds:
            announce(unit, kind, user_id, before=before, after=after)

    await request.write(tell)


def _draft(body: UserWrite) -> UserDraft:
    """Read a user's values. Raises InputInvalid for an invalid value."""
    return UserDraft(
        first_name=_filled(body.FirstName, "FirstName"),
        last_name=_short(body.LastName, "LastName"),
        email=_email(body.EmailAddress),
        role=_role(body.Role),
        is_active=_is_active(body),
        password=_password(body.Password),
        details=_details(body),
    )


def _details(body: UserWrite) -> dict[str, Any]:
    details: dict[str, Any] = {
        known: _short(value, name)
        for name, known in _DETAILS.items()
        if (value := getattr(body, name)) is not None
    }
    if body.IsPhoneCallAgent is not None:
        details["is_phone_call_agent"] = is_set(body.IsPhoneCallAgent)
    if body.UserType is not None:
        details["user_type"] = whole_number(body.UserType, "UserType", least=0)
    if body.ManagerUserId is not None:
        details["manager_id"] = body.ManagerUserId.strip().lower()
    if body.CustomFields is not None:
        details["custom"] = {name: scalar_text(value) for name, value in body.CustomFields.items()}
    return details


def _short(value: str | None, name: str) -> str | None:
    if value is not None and len(value.strip()) > TEXT_MAX:
        raise too_long(name, TEXT_MAX)
    return None if value is None else value.strip()


def _filled(value: str | None, name: str) -> str | None:
    text = _short(value, name)
    if text == "":
        raise incorrect(name, fix="Send a text, or leave it out.")
    return text


def _email(value: str | None) -> str | None:
    if value is None:
        return None
    return kept_text(DEFAULT_SCHEMA.by_name["EmailAddress"], _filled(value, "EmailAddress"))


def _role(value: str | None) -> str | None:
    if value is None:
        return None
    role = _ROLES.get(value.strip().lower())
    if role is None:
        raise incorrect("Role", fix=f"Send one of {', '.join(ROLES)}.")
    return role


def _is_active(body: UserWrite) -> bool | None:
    if body.StatusCode is None:
        return None
    is_active = _ACTIVE.get(str(body.StatusCode).strip())
    if is_active is None:
        raise incorrect("StatusCode", fix="Send 0 (active) or 1 (inactive).")
    return is_active


def _password(value: str | None) -> str | None:
    if not value:
        return None
    check_password(value)
    return value


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "User.Create": create,
    "User.Update": update,
}
