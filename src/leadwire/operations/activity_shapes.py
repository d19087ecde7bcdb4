"""The JSON of activity types, of reading activities and of changing them."""

import msgspec

from leadwire.operations.shapes import (
    Activity,
    ActivityField,
    ActivityWrite,
    ColumnList,
    Flag,
    NumberLike,
    SortOrder,
)


class TypeField(msgspec.Struct):
    """A field that an activity type declares. *OptionSet* is JSON text, or an array."""

    SchemaName: str
    DisplayName: str = ""
    Value: str | None = None
    DataType: str = "String"
    IsMandatory: Flag = False
    ShowInForm: Flag = True
    Sequence: NumberLike | None = None
    OptionSet: str | list[dict[str, str | int | bool | None]] | None = None


class TypeWrite(msgspec.Struct):
    """Body of CreateType."""

    ActivityEventName: str = ""
    Score: NumberLike | None = None
    Description: str = ""
    Direction: NumberLike | None = None
    """0 inbound, 1 outbound."""
    TrackLocation: Flag = False
    AllowAttachments: Flag = False
    ShowInActivityGrid: Flag = False
    CanDeleteActivity: Flag = True
    Fields: list[TypeField] | None = None


class TypeUpdate(msgspec.Struct):
    """Body of CustomActivityType/Update. Omitted members stay."""

    ID: str = ""
    ActivityEventName: str | None = None
    Score: NumberLike | None = None
    Description: str | None = None
    EventDirection: NumberLike | None = None
    CanDeleteActivity: Flag | None = None
    Fields: list[TypeField] | None = None


class FieldObject(msgspec.Struct):
    """A field of an activity or its type. Unused members are empty."""

    SchemaName: str
    InternalName: str
    DisplayName: str | None
    Value: str | None
    DataType: str | None
    """None, like DisplayName, for a derived field."""
    IsMandatory: bool
    ShowInForm: bool
    Sequence: int
    ParentField: str
    OptionSet: str
    """JSON text."""
    DependentOptionSet: str
    IsDefault: bool
    IsReadOnly: bool
    RenderType: str
    ExportAsPlainText: bool
    IsMultiSelectDropdown: bool
    IncludeOthersOption: bool
    BehaviorOnMissingDropdownOption: int
    IsOthersValue: bool
    InternalSchemaName: str
    CustomObjectType: int
    MaxFieldLength: int
    StringRenderType: int
    IsViewRestrictedField: bool
    IsSortable: bool
    IsEncrypted: bool
    DisplayValue: str | None
    IsMasked: bool
    IsDerived: bool | msgspec.UnsetType = msgspec.UNSET


class ActivitySetting(msgspec.Struct):
    ID: str
    Name: str
    DisplayName: str
    Score: int
    Fields: list[FieldObject]


class ActivityDetails(msgspec.Struct):
    """*ID* is the activity's."""

    ID: str
    Name: str
    DisplayName: str
    Fields: list[FieldObject]


class OneActivity(ActivityDetails):
    CreatedOnString: str


class Notice(msgspec.Struct):
    Message: str


class NoticeResult(msgspec.Struct):
    """A write that reports a sentence."""

    Status: str
    Message: Notice


class OptionsParameter(msgspec.Struct):
    SchemaName: str = ""
    ActivityEventCode: NumberLike | None = None


class AnyPaging(msgspec.Struct):
    """Both ways of paging: by page, from 1, or by the number of rows to skip."""

    PageIndex: NumberLike = 1
    PageSize: NumberLike | None = None
    Offset: NumberLike | None = None
    RowCount: NumberLike | None = None


class OptionsQuery(msgspec.Struct):
    Parameter: OptionsParameter | None = None
    Paging: AnyPaging | None = None


class DropdownOption(msgspec.Struct):
    Text: str
    Value: str
    Order: int
    IsDefault: bool


class DropdownOptions(msgspec.Struct):
    Options: list[DropdownOption]


class EventRange(msgspec.Struct):
    FromDate: str = ""
    ToDate: str = ""
    ActivityEvent: NumberLike | None = None
    RemoveEmptyValue: Flag = False


class EventSearch(msgspec.Struct):
    """Body of RetrieveByActivityEvent and RetrieveRecentlyModified."""

    Parameter: EventRange | None = None
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


ActivityRow = dict[str, str | None]
"""An activity as a flat object: every value is text or null."""


class ActivityRows(msgspec.Struct, omit_defaults=True):
    """``List`` is omitted if there are none."""

    RecordCount: int
    List: list[ActivityRow] = []


class FoundActivities(msgspec.Struct):
    """As ``ActivityRows``; but ``List`` is there when it is empty."""

    RecordCount: int
    List: list[ActivityRow]


class RecentActivities(msgspec.Struct):
    RecordCount: int
    ProspectActivities: list[Activity]


class ChangeParameter(msgspec.Struct):
    FromDate: str = ""
    ToDate: str = ""
    ActivityEvents: list[NumberLike] | str | None = None
    ActivityID: str = ""


class ChangeSearch(msgspec.Struct):
    Parameter: ChangeParameter | None = None
    Paging: AnyPaging | None = None


class ValueChange(msgspec.Struct):
    SchemaName: str
    DisplayName: str
    OldValue: str | None
    NewValue: str | None


class ChangedActivity(msgspec.Struct):
    ProspectActivityId: str
    RelatedProspectId: str
    ActivityType: str
    ActivityEvent: str
    Score: str
    CreatedOn: str
    CreatedBy: str
    ModifiedOn: str
    ModifiedBy: str
    ModifiedByName: str | None


class ActivityChange(msgspec.Struct):
    Activity: ChangedActivity
    ChangeType: str
    Changes: list[ValueChange]


class ActivityChanges(msgspec.Struct):
    RecordCount: int
    Activities: list[ActivityChange]


class AdvancedSearch(msgspec.Struct):
    """*AdvancedSearch* is JSON text: groups of conditions."""

    ActivityEvent: NumberLike | None = None
    AdvancedSearch: str = ""
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


class ReferenceFilter(msgspec.Struct):
    ActivityEvent: NumberLike | None = None


class ReferenceSearch(msgspec.Struct):
    Parameter: ReferenceFilter | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


class ReferencingActivities(msgspec.Struct):
    RecordCount: int
    ProspectActivities: list[ActivityDetails]


class ActivityUpdate(msgspec.Struct):
    """Body of CustomActivity/Update. Omitted members stay."""

    ProspectActivityId: str = ""
    ActivityEvent: NumberLike | None = None
    ActivityNote: str | None = None
    ProcessFilesAsync: Flag = False
    ValidateDropDownOptions: Flag = False
    Fields: list[ActivityField] | None = None


class BulkActivity(ActivityWrite):
    """One row of the bulk posts: its lead by id, or by the field that searchBy names."""

    ActivityOwnerEmail: str = ""
    SearchByValue: str = ""


class ActivityBulkRow(msgspec.Struct, omit_defaults=True):
    """The result of one row, in the order of the rows."""

    RowNumber: int
    ProspectActivityId: str
    ActivityCreated: bool | msgspec.UnsetType = msgspec.UNSET
    ActivityUpdated: bool | msgspec.UnsetType = msgspec.UNSET
    ExceptionType: str | msgspec.UnsetType = msgspec.UNSET
    ExceptionMessage: str | msgspec.UnsetType = msgspec.UNSET


class BulkResult(msgspec.Struct):
    Response: list[ActivityBulkRow]


class ActivityDeletion(msgspec.Struct):
    ProspectId: str = ""
    ActivityEventList: list[NumberLike] | None = None
    FromDate: str = ""
    ToDate: str = ""
    StatusWebhookURL: str = ""


class AttachmentWrite(msgspec.Struct):
    ProspectActivityId: str = ""
    AttachmentName: str = ""
    Description: str = ""
    AttachmentFile: str = ""
    """The address of the file."""
