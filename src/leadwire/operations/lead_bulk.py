"""Operations on many leads at once, of ``LeadManagement.svc``."""

from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from leadwire.operations.leads import POST_UPDATED_LEAD
from leadwire.operations.operation import Operation
from leadwire.operations.shapes import Flag, LeadProperty, WriteResult

SERVICE: Final = "LeadManagement.svc"


class BulkRow(msgspec.Struct, omit_defaults=True):
    """What became of one row. A row that failed has an ExceptionType and an ErrorMessage."""

    RowNumber: int
    """From 1, in the order in which the rows were sent."""
    LeadId: str
    LeadCreated: bool
    LeadUpdated: bool | UnsetType = UNSET
    AffectedRows: int | UnsetType = UNSET
    ExceptionType: str | UnsetType = UNSET
    ErrorMessage: str | UnsetType = UNSET


class FieldChange(msgspec.Struct):
    """Body of Lead/Bulk/Update: one field, and the leads that it is changed in."""

    LeadFields: LeadProperty
    LeadIds: list[str] = []


class LeadProperties(msgspec.Struct):
    Fields: list[LeadProperty] = []


class BulkOptions(msgspec.Struct):
    PushNonExistentLeadsToUnProcessedList: Flag = False


class BulkChange(msgspec.Struct):
    """Body of Lead/Bulk/UpdateV2."""

    SearchByKey: str = ""
    Options: BulkOptions | None = None
    LeadPropertiesList: list[LeadProperties] = []


class BulkStatus(msgspec.Struct, omit_defaults=True):
    TotalCount: int
    SuccessCount: int
    FailureCount: int
    UnProcessedCount: int | UnsetType = UNSET
    """Only when the option asks for unknown leads apart."""
    Message: str = ""


class UnchangedLead(msgspec.Struct):
    Identifier: str
    IdentifierValue: str
    Reason: str


class BulkDetails(msgspec.Struct, omit_defaults=True):
    """A list without rows is left out."""

    FailedLeads: list[UnchangedLead] | UnsetType = UNSET
    UnProcessedLeads: list[UnchangedLead] | UnsetType = UNSET


class BulkReport(msgspec.Struct):
    Status: BulkStatus
    Details: BulkDetails


_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
_KEPT: Final = "Good rows are kept; a row that is refused leaves no trace, and says why."

OPERATIONS: Final = (
    Operation(
        name="Lead.BulkCreate",
        service=SERVICE,
        path="Lead/Bulk/Create",
        method="POST",
        api_type="Lead",
        summary="Create up to 50 leads",
        body=list[list[LeadProperty]],
        body_example='[[{"Attribute":"FirstName","Value":"Asha"}],'
        '[{"Attribute":"EmailAddress","Value":"ravi@example.com"}]]',
        result=list[BulkRow],
        result_example=f'[{{"RowNumber":1,"LeadId":"{_LEAD_ID}","LeadCreated":true}}]',
        faults=("MXInvalidInputException",),
        notes=(_KEPT,),
        limit_class="bulk",
    ),
    Operation(
        name="Lead.BulkCreateOrUpdate",
        service=SERVICE,
        path="Lead/Bulk/CreateOrUpdate",
        method="POST",
        api_type="Lead",
        summary="Create or update up to 25 leads",
        parameters=(POST_UPDATED_LEAD,),
        body=list[list[LeadProperty]],
        body_example='[[{"Attribute":"EmailAddress","Value":"asha@example.com"},'
        '{"Attribute":"SearchBy","Value":"EmailAddress"}]]',
        result=list[BulkRow],
        result_example=f'[{{"RowNumber":1,"LeadId":"{_LEAD_ID}","LeadCreated":false,'
        '"LeadUpdated":true,"AffectedRows":1}]',
        faults=("MXInvalidInputException",),
        notes=(_KEPT, "Each row is searched for as by Lead.CreateOrUpdate."),
        limit_class="bulk",
    ),
    Operation(
        name="Lead.BulkUpdate",
        service=SERVICE,
        path="Lead/Bulk/Update",
        method="POST",
        api_type="Lead",
        summary="Change one field of up to 50 leads",
        parameters=(POST_UPDATED_LEAD,),
        body=FieldChange,
        body_example=f'{{"LeadIds":["{_LEAD_ID}"],'
        '"LeadFields":{"Attribute":"mx_City","Value":"Pune"}}',
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"AffectedRows":1}}',
        faults=(
            "MXInvalidInputException",
            "MXUnknownAttributeException",
            "MXDuplicateEntryException",
        ),
        notes=(
            "AffectedRows leaves out unknown ids, and leads that cannot have the value.",
            "X-Leadwire-Notice counts both.",
            "When no lead can have the value, the call is refused with the first reason.",
        ),
        limit_class="bulk",
    ),
    Operation(
        name="Lead.BulkUpdateV2",
        service=SERVICE,
        path="Lead/Bulk/UpdateV2",
        method="POST",
        api_type="Lead",
        summary="Change fields of up to 25 leads, found by a unique field",
        parameters=(POST_UPDATED_LEAD,),
        body=BulkChange,
        body_example='{"SearchByKey":"ProspectId",'
        '"Options":{"PushNonExistentLeadsToUnProcessedList":true},'
        f'"LeadPropertiesList":[{{"Fields":[{{"Attribute":"ProspectId","Value":"{_LEAD_ID}"}},'
        '{"Attribute":"mx_City","Value":"Pune"}]}]}',
        result=BulkReport,
        result_example='{"Status":{"TotalCount":1,"SuccessCount":1,"FailureCount":0,'
        '"UnProcessedCount":0,"Message":"Success"},"Details":{}}',
        faults=("MXInvalidInputException",),
        notes=(
            _KEPT,
            "SearchByKey is ProspectId when it is left out.",
            "A row without a value of SearchByKey is skipped, and counted in TotalCount alone.",
        ),
        limit_class="bulk",
    ),
)
