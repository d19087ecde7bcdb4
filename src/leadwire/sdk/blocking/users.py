# Made by scripts/sdk from leadwire/sdk/aio/users.py: change that file instead.
"""Users of the account, and the owner of the keys."""

from collections.abc import Iterable, Sequence
from typing import Final, Literal, Unpack

from leadwire.operations import BY_NAME
from leadwire.sdk import reading, writing
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.bodies import UserFields, user_body
from leadwire.sdk.conditions import FieldCondition, condition_group
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.user import KeyUser, SalesGroup, User, UserDetails
from leadwire.sdk.reading import Page
from leadwire.sdk.rows import Rows

PAGE_MAX: Final = BY_NAME["User.AdvancedSearch"].page_max


class Users(Resource):
    """Users."""

    def me(self) -> KeyUser:
        """The owner of the keys, and the account's hosts."""
        return self._call("UserByAccessKey.Get", reading.one(KeyUser))

    def all(self) -> Rows[User]:
        """Every user of the account, inactive ones included."""
        return self._call("Users.Get", reading.many(User))

    def get(self, user_id: str) -> UserDetails | None:
        """An active user; None if the id is unknown."""
        return self._call(
            "User.Retrieve.ByUserId", reading.first(UserDetails), query={"userId": user_id}
        )

    def by_email(self, email_address: str) -> UserDetails | None:
        """The active user with that e-mail address, or None."""
        return self._call(
            "User.Retrieve.ByEmailAddress",
            reading.first(UserDetails),
            query={"emailAddress": email_address},
        )

    def search(  # noqa: PLR0913  # the API's own search arguments
        self,
        conditions: Sequence[FieldCondition] = (),
        *,
        joined_by: Literal["AND", "OR"] = "AND",
        columns: Iterable[str] | None = None,
        sort_by: str | None = None,
        descending: bool = False,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[UserDetails]:
        """Users that match the conditions: ``[("Role", "eq", "Sales_User")]``."""
        groups = [condition_group(conditions, joined_by=joined_by)] if conditions else []
        body = {
            "Columns": writing.plain_columns(columns),
            "GroupConditions": groups,
            "Sorting": writing.sorting(sort_by, descending=descending),
            "Paging": writing.paging(page, page_size, of="User.AdvancedSearch"),
        }
        return self._call(
            "User.AdvancedSearch",
            reading.page(UserDetails, "Users"),
            body=writing.without_none(body),
        )

    def create(self, **fields: Unpack[UserFields]) -> Written:
        """Create a user and return the ``id``. Administrators only. Raises Duplicate."""
        return self._call("User.Create", reading.message(Written), body=user_body(fields))

    def update(self, user_id: str, **fields: Unpack[UserFields]) -> Written:
        """Change a user. Omitted fields keep values. Status 1 deactivates the user's keys."""
        return self._call(
            "User.Update",
            reading.message(Written),
            body={"UserId": user_id} | user_body(fields),
        )

    def sales_groups(self) -> Rows[SalesGroup]:
        """Every sales group of the account."""
        return self._call("UserGroup.Retrieve", reading.many(SalesGroup, "UserGroups"))
