"""The JSON of reading users one by one, of searching them and of changing them."""

import msgspec

from leadwire.operations.shapes import ColumnList, Flag, NumberLike, PageNumber, Scalar, SortOrder


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
