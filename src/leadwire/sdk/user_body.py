"""What a user is made of, and the body that writes one."""

from collections.abc import Mapping
from typing import Any, Final, TypedDict

from leadwire.operations.users import Role
from leadwire.sdk import writing
from leadwire.sdk.values import Value, field_value


class UserFields(TypedDict, total=False):
    """What a user is made of."""

    first_name: str
    last_name: str
    email_address: str
    role: Role
    status_code: int
    password: str
    phone_numbers: str
    manager_id: str
    team_id: str
    time_zone: str
    designation: str
    department: str
    is_phone_call_agent: bool
    custom_fields: Mapping[str, Value]


_NAMES: Final = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email_address": "EmailAddress",
    "role": "Role",
    "status_code": "StatusCode",
    "password": "Password",
    "phone_numbers": "AssociatedPhoneNumbers",
    "manager_id": "ManagerUserId",
    "team_id": "TeamId",
    "time_zone": "TimeZone",
    "designation": "Designation",
    "department": "Department",
    "is_phone_call_agent": "IsPhoneCallAgent",
}


def user_body(fields: UserFields) -> dict[str, Any]:
    """The body; raises ValueUnfit for a member that a user does not have."""
    writing.only(fields, (*_NAMES, "custom_fields"))
    members: dict[str, Any] = {
        _NAMES[name]: value for name, value in fields.items() if name in _NAMES
    }
    custom = fields.get("custom_fields")
    if custom is not None:
        members["CustomFields"] = {name: field_value(value) for name, value in custom.items()}
    return members
