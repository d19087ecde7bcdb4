"""The JSON of requests and answers, as types. Member names are the wire's own spelling."""

import msgspec

Scalar = str | int | float | bool | None
NumberLike = int | str
"""A number; clients also send it as text."""


Flag = bool | int | str
"""A boolean; clients also send it as text, or as 0 or 1."""


class LeadProperty(msgspec.Struct):
    """One attribute of a lead write."""

    Attribute: str
    Value: Scalar
    Fields: list["LeadProperty"] | None = None
    """Members of a custom field set."""


class ColumnList(msgspec.Struct):
    Include_CSV: str = ""


class SortOrder(msgspec.Struct):
    ColumnName: str = ""
    Direction: NumberLike = "1"
    """1 is descending, 0 ascending."""


class PageNumber(msgspec.Struct):
    PageIndex: NumberLike = 1
    PageSize: NumberLike | None = None


class Criteria(msgspec.Struct):
    LookupName: str = ""
    LookupValue: Scalar = None
    SqlOperator: str = "="


class ByLeadType(msgspec.Struct):
    """The extra members of a search of leads by one Object Type."""

    Attribute: str | None = None
    """``LeadType``."""
    Value: Scalar = None


class LeadSearch(ByLeadType):
    """Body of Leads.Get. An unknown wrapper in place of ``Parameter`` leaves it unfiltered."""

    Parameter: Criteria | None = None
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: PageNumber | None = None


class DateRange(msgspec.Struct):
    FromDate: str = ""
    ToDate: str = ""


class RecentlyModified(ByLeadType):
    Parameter: DateRange | None = None
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: PageNumber | None = None


class ActivityField(msgspec.Struct):
    """A field of an activity or opportunity, or a member of its custom field set."""

    SchemaName: str = ""
    Attribute: str = ""
    """Another spelling of *SchemaName*, one of which is mandatory."""
    Value: Scalar = None
    Fields: list["ActivityField"] | None = None
    """Members of a custom field set."""

    def __post_init__(self) -> None:
        self.SchemaName = self.SchemaName or self.Attribute
        if not self.SchemaName:
            raise ValueError("Object missing required field `SchemaName`")


class ActivityWrite(msgspec.Struct):
    """Body of ProspectActivity.svc/Create, by lead id or by e-mail address."""

    ActivityEvent: NumberLike | None = None
    RelatedProspectId: str = ""
    EmailAddress: str = ""
    FirstName: str = ""
    LastName: str = ""
    Phone: str = ""
    Score: NumberLike | None = None
    ActivityNote: str = ""
    ActivityDateTime: str = ""
    ProcessFilesAsync: Flag = False
    IncludeLeadScore: Flag = False
    ValidateDropDownOptions: Flag = False
    Fields: list[ActivityField] | None = None


class ActivityFilter(msgspec.Struct):
    ActivityEvent: NumberLike | None = None


class OffsetPaging(msgspec.Struct):
    Offset: NumberLike = 0
    RowCount: NumberLike | None = None


class ActivitySearch(msgspec.Struct):
    Parameter: ActivityFilter | None = None
    Paging: OffsetPaging | None = None


class WriteMessage(msgspec.Struct, omit_defaults=True):
    """The result of a write. Members depend on the operation."""

    Id: str | msgspec.UnsetType = msgspec.UNSET
    RelatedId: str | msgspec.UnsetType = msgspec.UNSET
    IsCreated: bool | msgspec.UnsetType = msgspec.UNSET
    AffectedRows: int | msgspec.UnsetType = msgspec.UNSET
    LeadScore: str | msgspec.UnsetType = msgspec.UNSET
    Message: str | msgspec.UnsetType = msgspec.UNSET
    IsSuccessful: bool | msgspec.UnsetType = msgspec.UNSET


class WriteResult(msgspec.Struct):
    Status: str
    Message: WriteMessage


class StatusResult(msgspec.Struct):
    """The result of a write that reports only success."""

    Status: str = "Success"


FlatLead = dict[str, str | None]
"""A lead as a flat object: every value is text or null."""


class AttributeValue(msgspec.Struct):
    Attribute: str
    Value: str | None


class LeadRow(msgspec.Struct):
    """A lead as a property list."""

    LeadPropertyList: list[AttributeValue]


class LeadRows(msgspec.Struct, omit_defaults=True):
    """``Leads`` is omitted if there are none."""

    RecordCount: int
    Leads: list[LeadRow] = []


class ListedValue(AttributeValue):
    """As ``AttributeValue``, with the member that rows of lists have in addition."""

    Fields: None = None


class ListedLead(msgspec.Struct):
    LeadPropertyList: list[ListedValue]


class ListedLeads(msgspec.Struct, omit_defaults=True):
    """``Leads`` is left out when there are none."""

    RecordCount: int
    Leads: list[ListedLead] = []


class Option(msgspec.Struct):
    Value: str


class LeadFieldMetadata(msgspec.Struct, omit_defaults=True, kw_only=True):
    """An element of LeadsMetaData.Get. Members without a value are omitted."""

    Entity: str
    SchemaName: str
    DisplayName: str
    DataType: str
    IsMandatory: bool
    Options: list[Option] | msgspec.UnsetType = msgspec.UNSET
    MaxLength: str | msgspec.UnsetType = msgspec.UNSET
    EntityAttributeId: str
    Name: str
    EntityAttributeType: int
    RenderType: int
    RenderTypeTextValue: str
    IsVisible: bool
    IsSearchable: bool
    ShowInMailMerge: bool
    AllowMultiple: bool
    ShowInImport: bool
    ShowInQuickAdd: bool
    Txt_Row: int
    Txt_Col: int
    OwnerID: str
    CreatedBy: str
    CreatedOn: str
    ModifiedBy: str
    ModifiedOn: str
    OwnerIdName: str
    CreatedByName: str
    ModifiedByName: str
    IsLeadIdentifier: bool
    LockAfterCreate: int
    UseInLeadClone: bool
    IsSortable: bool
    ShowInQuickSearch: bool | msgspec.UnsetType = msgspec.UNSET
    DefaultValue: str | msgspec.UnsetType = msgspec.UNSET


class ActivityType(msgspec.Struct):
    Id: str
    ActivityEvent: int
    ActivityEventName: str
    DisplayName: str
    EventType: int
    EventDirection: int
    Score: int
    Tags: None
    ActivityProperties: str | None
    """JSON text with FormMetaData; null for a type of the system."""


class KeyValue(msgspec.Struct):
    Key: str
    Value: str | None


class Activity(msgspec.Struct, omit_defaults=True):
    Id: str
    EventCode: int
    EventName: str
    ActivityScore: int
    CreatedOn: str
    ModifiedOn: str
    RelatedProspectId: str
    ActivityType: int
    IsEmailType: bool
    Type: str
    SessionId: str | None
    TrackLocation: int
    Latitude: str | None
    Longitude: str | None
    Data: list[KeyValue]
    ActivityFields: dict[str, str | None] | msgspec.UnsetType = msgspec.UNSET
    Attachments: list["ActivityAttachment"] | msgspec.UnsetType = msgspec.UNSET


class ActivityAttachment(msgspec.Struct):
    Id: str
    AttachmentName: str
    Description: str
    AttachmentFile: str
    """The address of the file."""


class Activities(msgspec.Struct):
    RecordCount: int
    ProspectActivities: list[Activity]


class ServiceUrls(msgspec.Struct):
    """Bare host names: clients put ``https://`` before them."""

    api: str
    app: str
    tracking: str


class MobileServiceUrls(msgspec.Struct):
    """Whole addresses; null for services that are not served here."""

    ReportsURL: str | None
    FileUploadURL: str
    MobileNotificationURL: str | None


class AuthenticatedUser(msgspec.Struct, kw_only=True):
    """The answer of UserByAccessKey.Get; it has no ``Status`` member, and clients rely on that."""

    Class: str = "1"
    Group: str = "1"
    SubRegionId: str = "1"
    Id: str
    Name: str
    PassPhrase: str
    """The login e-mail address."""
    Role: str
    EmailAddress: str | None = None
    SessionId: str = ""
    TimeZone: str
    TokenId: None = None
    Type: str = "ApplicationUser"
    OrgDisplayName: str
    OrgId: str
    """The account's GUID; OrgShortCode is its number."""
    OrgShortCode: str
    OrgUniqueName: str
    DefaultCountryCode: str
    Website: str | None = None
    Street1: str | None = None
    Street2: str | None = None
    City: str | None = None
    State: str | None = None
    Country: str | None = None
    Phone: str | None = None
    Fax: str | None = None
    Zip: str | None = None
    AssociatedPhoneNumbers: str | None
    RestrictedFeatures: None = None
    CustomerType: str | None = None
    Plan: str | None = None
    UserType: str = "Regular"
    MobileServiceURLs: MobileServiceUrls
    LSQCommonServiceURLs: ServiceUrls


class User(msgspec.Struct, kw_only=True):
    ID: str
    FirstName: str
    LastName: str
    EmailAddress: str
    Role: str
    StatusCode: int
    """0 is active, 1 inactive."""
    MemberOfGroups: list[str] | msgspec.UnsetType = msgspec.UNSET
    """Names of sales groups. Absent for a user who is in none."""
    Tag: str | None
    IsPhoneCallAgent: bool
