"""Users of the account, and the owner of the keys."""

from leadwire.sdk.rows import Identity, Row, children, flag, mapping, text, texts, whole


class KeyUser(Row):
    """The owner of the keys."""

    __slots__ = ()

    id = Identity("Id")
    name = text("Name")
    login = text("PassPhrase")
    role = text("Role")
    time_zone = text("TimeZone")
    account_id = text("OrgId")
    account_name = text("OrgDisplayName")
    account_code = text("OrgShortCode")
    hosts = mapping("LSQCommonServiceURLs")
    """Host names: ``api``, ``app`` and others."""


class User(Row):
    """A row of the list of all users. *status_code*: 0 active, 1 inactive."""

    __slots__ = ()

    id = Identity("ID")
    first_name = text("FirstName")
    last_name = text("LastName")
    email_address = text("EmailAddress")
    role = text("Role")
    status_code = whole("StatusCode")
    groups = texts("MemberOfGroups")
    tag = text("Tag")
    is_phone_call_agent = flag("IsPhoneCallAgent")


class UserGroup(Row):
    """A group that a user belongs to."""

    __slots__ = ()

    id = text("Id")
    name = text("Name")


class UserDetails(Row):
    """A user with every attribute. The account's own attributes are mx_Custom_1 and so on."""

    __slots__ = ()

    id = Identity("UserId")
    first_name = text("FirstName")
    last_name = text("LastName")
    email_address = text("EmailAddress")
    phone_numbers = text("AssociatedPhoneNumbers")
    role = text("Role")
    time_zone = text("TimeZone")
    manager_id = text("ManagerUserId")
    manager_name = text("ManagerName")
    designation = text("Designation")
    department = text("Department")
    team_id = text("TeamId")
    team_name = text("TeamName")
    status_code = whole("StatusCode")
    is_phone_call_agent = flag("IsPhoneCallAgent")
    is_checked_in = flag("IsCheckedIn")
    availability = text("AvailabilityStatus")
    groups = children("Groups", UserGroup)


class SalesGroup(Row):
    """A sales group of the account."""

    __slots__ = ()

    id = text("GroupId")
    name = text("Name")
    description = text("Description")
    user_count = whole("UserCount")
