"""The JSON of opportunities."""

import msgspec

from leadwire.operations.activity_shapes import AnyPaging, EventRange, FieldObject
from leadwire.operations.shapes import (
    ActivityField,
    ColumnList,
    Flag,
    LeadProperty,
    NumberLike,
    SortOrder,
)


class OpportunityWrite(msgspec.Struct):
    OpportunityEventCode: NumberLike | None = None
    OpportunityNote: str = ""
    OpportunityDateTime: str = ""
    UpdateEmptyFields: Flag = False
    OverwriteFields: Flag = False
    DoNotPostDuplicateActivity: Flag = False
    DoNotChangeOwner: Flag = False
    ValidateDropDownOptions: Flag = False
    Fields: list[ActivityField] | None = None


class OpportunityCapture(msgspec.Struct):
    """Body of Capture."""

    LeadDetails: list[LeadProperty] | None = None
    Opportunity: OpportunityWrite | None = None


class CaptureDetail(msgspec.Struct):
    """*PostDeDupActionPerformed*: 1 created, 3 the activity of a duplicate posted."""

    ActivityId: str
    PostDeDupActionPerformed: int


class CaptureResult(msgspec.Struct):
    """*Status*: 0 done, 1 refused, and then nothing was changed."""

    Status: int
    PrimaryAction: int
    SecondaryAction: int
    IsUnique: bool
    CreatedOpportunityId: str | None
    ConflictedOpportunityId: str | None
    RequestId: str
    ExceptionType: str | None
    ExceptionMessage: str | None
    AdditionalDetails: list[CaptureDetail]


class OpportunityUpdate(msgspec.Struct):
    """Body of Update; what is left out stays."""

    ProspectOpportunityId: str = ""
    RelatedProspectId: str = ""
    OpportunityEvent: NumberLike | None = None
    OpportunityNote: str | None = None
    ValidateDropDownOptions: Flag = False
    Fields: list[ActivityField] | None = None


class OpportunityPage(msgspec.Struct):
    """Body of GetOpportunitiesOfLead and GetActivitiesOfOpportunity."""

    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


class OpportunityRange(EventRange):
    OpportunityEventCode: NumberLike | None = None


class OpportunityTimeSearch(msgspec.Struct):
    """Body of RetrieveRecentlyModified."""

    Parameter: OpportunityRange | None = None
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


class OpportunitySearch(msgspec.Struct):
    """*AdvancedSearch* is JSON text: groups of conditions."""

    OpportunityEventCode: NumberLike | None = None
    AdvancedSearch: str = ""
    Columns: ColumnList | None = None
    Sorting: SortOrder | None = None
    Paging: AnyPaging | None = None


OpportunityRow = dict[str, str | None]
"""An opportunity as a flat object: every value is text or null."""


class OpportunityRows(msgspec.Struct, omit_defaults=True):
    """``List`` is left out when there are none."""

    RecordCount: int
    List: list[OpportunityRow] | msgspec.UnsetType = msgspec.UNSET


class OpportunityDetails(msgspec.Struct):
    OpportunityId: str
    RelatedProspectId: str
    Name: str
    """The type's."""
    DisplayName: str
    CreatedOn: str
    ModifiedOn: str
    Fields: list[FieldObject]


class OpportunityEnabled(msgspec.Struct):
    OpportunityManagement: str = "Enabled"
