# Made by scripts/sdk from leadwire/sdk/aio/users.py: change that file instead.
"""Users of the account, and whom the keys belong to."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal, TypedDict, Unpack

from leadwire.sdk import reading, writing
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.user import KeyUser, SalesGroup, User, UserDetails
from leadwire.sdk.reading import Page
from leadwire.sdk.values import Value, field_value, filter_value

Role = Literal["Administrator", "Sales_Manager", "Sales_User", "Marketing_User"]
UserCondition = tuple[str, str, Value]
"""Attribute, operator (eq, neq, lik, gt, …) and value."""

PAGE_MAX: Final = 1_000


class UserFields(TypedDict, total=False):
    """What a user is made of."""

    first_name: str
    last_name: str
    email_address: str
    role: str
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


class Users(Resource):
    """Users."""

    def me(self) -> KeyUser:
        """The user whom the keys belong to, and the account's hosts."""
        return self._call("UserByAccessKey.Get", reading.one(KeyUser))

    def all(self) -> list[User]:
        return self._call("Users.Get", reading.many(User))

    def get(self, user_id: str) -> UserDetails | None:
        """An active user; None when there is none of that id."""
        return self._call(
            "User.Retrieve.ByUserId", reading.first(UserDetails), query={"userId": user_id}
        )

    def by_email(self, email_address: str) -> UserDetails | None:
        return self._call(
            "User.Retrieve.ByEmailAddress",
            reading.first(UserDetails),
            query={"emailAddress": email_address},
        )

    def search(  # noqa: PLR0913  # the parts of the API's own search
        self,
        conditions: Sequence[UserCondition] = (),
        *,
        joined_by: Literal["AND", "OR"] = "AND",
        columns: Iterable[str] | None = None,
        sort_by: str | None = None,
        descending: bool = False,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[UserDetails]:
        """Users for whom the conditions hold: ``[("Role", "eq", "Sales_User")]``."""
        rows: list[dict[str, Any]] = [
            {
                "LookupName": name,
                "Operator": operator,
                "LookupValue": filter_value(value),
                "ConditionOperator": joined_by if number < len(conditions) else None,
            }
            for number, (name, operator, value) in enumerate(conditions, 1)
        ]
        groups = [{"Condition": rows, "GroupOperator": None}] if rows else []
        body = {
            "Columns": writing.plain_columns(columns),
            "GroupConditions": groups,
            "Sorting": writing.sorting(sort_by, descending=descending),
            "Paging": writing.paging(page, page_size, size_max=PAGE_MAX),
        }
        return self._call(
            "User.AdvancedSearch",
            reading.page(UserDetails, "Users"),
            body=writing.without_none(body),
            repeatable=True,
        )

    def create(self, **fields: Unpack[UserFields]) -> Written:
        """Make a user; the ``id``. Administrators only. Raises Duplicate for a taken address."""
        return self._call("User.Create", reading.message(Written), body=_user(fields))

    def update(self, user_id: str, **fields: Unpack[UserFields]) -> Written:
        """Change a user; what is left out stays. Status 1 makes inactive: the keys stop working."""
        return self._call(
            "User.Update",
            reading.message(Written),
            body={"UserId": user_id} | _user(fields),
            repeatable=True,
        )

    def sales_groups(self) -> list[SalesGroup]:
        return self._call("UserGroup.Retrieve", reading.many(SalesGroup))


def _user(fields: UserFields) -> dict[str, Any]:
    """The body; raises ValueUnfit for a member that a user does not have."""
    writing.only(fields, (*_NAMES, "custom_fields"))
    members: dict[str, Any] = {
        _NAMES[name]: value for name, value in fields.items() if name in _NAMES
    }
    custom = fields.get("custom_fields")
    if custom is not None:
        members["CustomFields"] = {name: field_value(value) for name, value in custom.items()}
    return members
