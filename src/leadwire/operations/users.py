"""Operations on users, of ``Authentication.svc`` and ``UserManagement.svc``."""

from functools import partial
from typing import Final, Literal

import msgspec

from leadwire.operations.operation import Operation, Parameter, documented, reported
from leadwire.operations.sales_groups import GroupPermissions
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

Role = Literal["Administrator", "Sales_Manager", "Sales_User", "Marketing_User"]


class UserGroup(msgspec.Struct):
    Id: str
    Name: str


class UserObject(msgspec.Struct):
    """A user by id or address. Unused members are empty."""

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
    """AND or OR: joins the next condition of the group."""


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
"""A user as a flat object. Attributes that were not requested are null."""


class FoundUsers(msgspec.Struct):
    Users: list[UserRow]


class UserWrite(msgspec.Struct):
    """Body of User/Update, and without UserId of User/Create. Omitted members stay."""

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


class AssociatedGroup(GroupPermissions, kw_only=True):
    GroupId: str


class NewUser(UserWrite):
    """Body of User/Create."""

    AssociatedGroups: list[AssociatedGroup] = []
    """Sales groups that the new user joins."""


_ID: Final = "4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10"
_WRITE_FAULTS: Final = (
    "MXUnAuthorizedAccessException",
    "MXMandatoryAttributeMissingException",
    "MXInvalidInputException",
    "MXDuplicateEntryException",
)

_authentication = partial(Operation, service="Authentication.svc", api_type="Authentication")
_user_management = partial(Operation, service="UserManagement.svc", api_type="User")

OPERATIONS: Final = (
    _authentication(
        name="UserByAccessKey.Get",
        path="UserByAccessKey.Get",
        summary="Get the owner of the keys, and the hosts to call",
        result=AuthenticatedUser,
        result_example='{"Id":"4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10",'
        '"LSQCommonServiceURLs":{"api":"api.example.com"}}',
        evidence=documented("user-authentication"),
        notes=(
            "Hosts are names without a scheme: the called host, unless a setting names another.",
            "FileUploadURL is the whole address of File/Upload. Other addresses are null.",
            "What leadwire does not keep of an account, such as its address, is null.",
        ),
    ),
    _user_management(
        name="Users.Get",
        path="Users.Get",
        summary="Get the users of the account",
        result=list[User],
        result_example='[{"ID":"4f0d3c0e-7f0b-49f5-8a68-6f0f0d6b3f10","Role":"Administrator"}]',
        evidence=documented("get-users"),
        notes=("MemberOfGroups is absent for a user who is in no sales group.",),
    ),
    _user_management(
        name="User.Retrieve.ByUserId",
        purpose="retrieving user",
        path="User/Retrieve/ByUserId",
        summary="Get an active user by id",
        parameters=(
            Parameter("userId", "Id of the user.", kind="id", required=True, also=("id",)),
        ),
        result=list[UserObject],
        result_example="[]",
        evidence=documented("get-user-by-id"),
        notes=("If the user is unknown or inactive, the answer is an empty array.",),
    ),
    _user_management(
        name="User.Retrieve.ByEmailAddress",
        purpose="retrieving user",
        path="User/Retrieve/ByEmailAddress",
        summary="Get an active user by e-mail address",
        parameters=(
            Parameter("emailAddress", "The address, without regard to case.", required=True),
        ),
        result=list[UserObject],
        result_example="[]",
        evidence=documented("get-user-by-email-id"),
        notes=("If the user is unknown or inactive, the answer is an empty array.",),
    ),
    _user_management(
        name="User.AdvancedSearch",
        path="User/AdvancedSearch",
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
        page_max=1_000,
        repeated="safe",
        evidence=documented("user-advanced-search"),
        notes=(
            "Attributes that Columns does not name are null. *, or no Columns, names all.",
            "Operators: eq, neq, lik, nlik, lik_s, gt, gte, lt, lte, in.",
        ),
    ),
    _user_management(
        name="ReportingHierarchy.RetrieveAllReportingUsers",
        path="ReportingHierarchy/RetrieveAllReportingUsers",
        summary="Get the ids of the users below a manager",
        parameters=(Parameter("UserId", "Id of the manager. Without it: the caller.", kind="id"),),
        result=list[str],
        result_example=f'["{_ID}"]',
        faults=("MXInvalidEntityException",),
        evidence=documented("get-user-hierarchy"),
        notes=(
            "Who reports to whom is ManagerUserId of User.Create and User.Update.",
            "Users at every level below the manager, active or not, in the order of their making.",
        ),
        in_sdk=False,
    ),
    _user_management(
        name="User.Create",
        purpose="creating user",
        mandatory=("FirstName", "EmailAddress", "Role"),
        path="User/Create",
        summary="Create a user",
        body=NewUser,
        body_example='{"FirstName":"Asha","LastName":"Rao","EmailAddress":"asha@example.com",'
        '"Role":"Sales_User","AssociatedPhoneNumbers":"+91-9000000001"}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_ID}"}}}}',
        faults=(*_WRITE_FAULTS, "MXInvalidEntityException"),
        repeated="refused",
        evidence=documented("create-a-user"),
        notes=(
            "Administrators only. A user with a password may sign in to the console.",
            "The command leadwire keys create makes key pairs.",
            "AssociatedGroups names sales groups. If one does not exist, no user is made.",
            "Work days and holidays are not stored.",
        ),
    ),
    _user_management(
        name="User.Update",
        purpose="updating user",
        mandatory=("UserId",),
        path="User/Update",
        summary="Update a user",
        body=UserWrite,
        body_example=f'{{"UserId":"{_ID}","Role":"Sales_Manager","StatusCode":0}}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_ID}"}}}}',
        faults=(*_WRITE_FAULTS, "MXInvalidEntityException"),
        repeated="safe",
        evidence=reported("integrations that manage users"),
        notes=(
            "Administrators only. Omitted members stay. User.Create has the same members.",
            "StatusCode 1 deactivates the user; the user's keys stop working.",
            "The role of the last active administrator cannot change.",
        ),
    ),
)
