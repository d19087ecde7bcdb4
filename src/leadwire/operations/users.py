"""Operations on users, of ``Authentication.svc`` and ``UserManagement.svc``."""

from typing import Final

import msgspec

from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import (
    AuthenticatedUser,
    ColumnList,
    Flag,
    NumberLike,
    PageNumber,
    Scalar,
    SortOrder,
    User,
    WriteResult,
)


class UserGroup(msgspec.Struct):
    Id: str
    Name: str


class UserObject(msgspec.Struct):
    """A user by id or address; members without a meaning here are empty."""

    UserId: str
    FirstName: str
    LastName: str
    EmailAddress: str
    AssociatedPhoneNumbers: str
    DateFormat: str
    TimeZone: str
    Role: str
    IsPhoneCallAgent: bool
    OrgId: int
    CompanyName: str
    UserType: int
    ManagerUserId: str
    Address: str
    City: str
    State: str
    Country: str
    ZipCode: str
    TelephonyAgentId: str
    ManagerName: str
    PhoneMain: str
    PhoneMobile: str
    PhoneOthers: str
    IsCheckedIn: bool
    LastCheckedOn: str | None
    LastCheckedIpAddress: str | None
    AvailabilityStatus: str
    Designation: str
    Department: str
    OfficeLocationName: str
    Skills: str
    SalesRegions: str
    mx_Custom_1: str
    mx_Custom_2: str
    mx_Custom_3: str
    mx_Custom_4: str
    mx_Custom_5: str
    mx_Custom_6: str
    mx_Custom_7: str
    mx_Custom_8: str
    mx_Custom_9: str
    mx_Custom_10: str
    Groups: list[UserGroup]
    TeamId: str
    TeamName: str


class UserCondition(msgspec.Struct):
    LookupName: str = ""
    Operator: str = ""
    LookupValue: Scalar = None
    ConditionOperator: str | None = None
    """AND or OR: how the next condition of the group is joined."""


class UserConditionGroup(msgspec.Struct):
    Condition: list[UserCondition] = []
    GroupConditions: list["UserConditionGroup"] = []
    GroupOperator: str | None = None


class UserSearch(msgspec.Struct):
    """Body of User/AdvancedSearch."""

    Columns: ColumnList | None = None
    GroupConditions: list[UserConditionGroup] = []
    GroupOperator: str | None = None
    Sorting: list[SortOrder] | SortOrder | None = None
    Paging: PageNumber | None = None


UserRow = dict[str, str | int | bool | None]
"""A user as a flat object; attributes that were not asked for are null."""


class FoundUsers(msgspec.Struct):
    Users: list[UserRow]


class UserWrite(msgspec.Struct):
    """Body of User/Create, and with UserId of User/Update, where what is left out stays."""

    UserId: str = ""
    FirstName: str | None = None
    LastName: str | None = None
    EmailAddress: str | None = None
    Role: str | None = None
    StatusCode: NumberLike | None = None
    """0 is active, 1 inactive."""
    Password: str | None = None
    AssociatedPhoneNumbers: str | None = None
    PhoneMain: str | None = None
    PhoneMobile: str | None = None
    PhoneOthers: str | None = None
    IsPhoneCallAgent: Flag | None = None
    UserType: NumberLike | None = None
    ManagerUserId: str | None = None
    TeamId: str | None = None
    TimeZone: str | None = None
    DateFormat: str | None = None
    Designation: str | None = None
    Department: str | None = None
    CustomFields: dict[str, Scalar] | None = None


class SalesGroup(msgspec.Struct):
    GroupId: str
    Name: str
    Description: str
    UserCount: int


_ID: Final = "4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10"
_WRITE_FAULTS: Final = (
    "MXUnAuthorizedAccessException",
    "MXMandatoryAttributeMissingException",
    "MXInvalidInputException",
    "MXDuplicateEntryException",
)

OPERATIONS: Final = (
    Operation(
        name="UserByAccessKey.Get",
        service="Authentication.svc",
        path="UserByAccessKey.Get",
        method="GET",
        api_type="Authentication",
        summary="Get the user whom the keys belong to, and the hosts to call",
        result=AuthenticatedUser,
        result_example='{"Id":"4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10",'
        '"LSQCommonServiceURLs":{"api":"api.example.com"}}',
        notes=("The hosts are bare names: the one that was called, unless a setting says else.",),
    ),
    Operation(
        name="Users.Get",
        service="UserManagement.svc",
        path="Users.Get",
        method="GET",
        api_type="User",
        summary="Get the users of the account",
        result=list[User],
        result_example='[{"ID":"4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10","Role":"Administrator"}]',
    ),
    Operation(
        name="User.Retrieve.ByUserId",
        service="UserManagement.svc",
        path="User/Retrieve/ByUserId",
        method="GET",
        api_type="User",
        summary="Get an active user by id",
        parameters=(Parameter("userId", "Id of the user; id is taken as well.", kind="id"),),
        result=list[UserObject],
        result_example="[]",
        notes=("A user who is unknown or inactive is an empty array.",),
    ),
    Operation(
        name="User.Retrieve.ByEmailAddress",
        service="UserManagement.svc",
        path="User/Retrieve/ByEmailAddress",
        method="GET",
        api_type="User",
        summary="Get an active user by e-mail address",
        parameters=(Parameter("emailAddress", "The address, without regard to case."),),
        result=list[UserObject],
        result_example="[]",
        notes=("A user who is unknown or inactive is an empty array.",),
    ),
    Operation(
        name="User.AdvancedSearch",
        service="UserManagement.svc",
        path="User/AdvancedSearch",
        method="POST",
        api_type="User",
        summary="Search the users of the account by conditions",
        body=UserSearch,
        body_optional=True,
        body_example='{"Columns":{"Include_CSV":"UserId,FirstName"},"GroupConditions":[{"Condition":'
        '[{"LookupName":"EmailAddress","Operator":"lik","LookupValue":"@",'
        '"ConditionOperator":null}],"GroupOperator":null}],"GroupOperator":null,'
        '"Sorting":[{"ColumnName":"FirstName","Direction":0}],'
        '"Paging":{"PageIndex":1,"PageSize":25}}',
        result=FoundUsers,
        result_example=f'{{"Users":[{{"UserId":"{_ID}","FirstName":"Asha","LastName":null}}]}}',
        faults=("MXInvalidInputException",),
        notes=(
            "Attributes that Columns leaves out are null; * asks for all, as does no Columns.",
            "Operators: eq, neq, lik, nlik, lik_s, gt, gte, lt, lte, in. At most 1,000 a page.",
        ),
    ),
    Operation(
        name="User.Create",
        service="UserManagement.svc",
        path="User/Create",
        method="POST",
        api_type="User",
        summary="Create a user",
        body=UserWrite,
        body_example='{"FirstName":"Asha","LastName":"Rao","EmailAddress":"asha@example.com",'
        '"Role":"Sales_User","AssociatedPhoneNumbers":"+91-9000000001"}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_ID}"}}}}',
        faults=_WRITE_FAULTS,
        notes=(
            "Administrators only. With a password the user may sign in to the console.",
            "Key pairs are made by the command line: leadwire keys create.",
            "Sales groups, work days and holidays are not kept.",
        ),
    ),
    Operation(
        name="User.Update",
        service="UserManagement.svc",
        path="User/Update",
        method="POST",
        api_type="User",
        summary="Update a user",
        body=UserWrite,
        body_example=f'{{"UserId":"{_ID}","Role":"Sales_Manager","StatusCode":0}}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_ID}"}}}}',
        faults=(*_WRITE_FAULTS, "MXInvalidEntityException"),
        evidence="L",
        notes=(
            "Administrators only; what is left out stays. The members are those of User.Create.",
            "StatusCode 1 makes the user inactive: the keys stop working.",
            "The last active administrator stays one.",
        ),
    ),
    Operation(
        name="UserGroup.Retrieve",
        service="UserGroup.svc",
        path="Retrieve",
        method="GET",
        api_type="User",
        summary="Get the sales groups of the account",
        result=list[SalesGroup],
        result_example="[]",
        evidence="L",
        notes=("Sales groups cannot be made here: an empty array.",),
    ),
)
