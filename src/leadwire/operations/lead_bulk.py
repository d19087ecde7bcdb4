"""Operations on many leads at once, of ``LeadManagement.svc``."""

from functools import partial
from typing import Final

import msgspec
from msgspec import UNSET, UnsetType

from leadwire.operations.operation import Operation, documented
from leadwire.operations.shapes import Flag, LeadProperty, WriteResult
from leadwire.operations.shared import EXAMPLE_LEAD_ID, LEAD_MANAGEMENT, POST_UPDATED_LEAD


class LeadBulkRow(msgspec.Struct, omit_defaults=True):
    """The result of one row. A failed row has an ExceptionType and an ErrorMessage."""

    RowNumber: int
    """From 1, in the order in which the rows were sent."""
    LeadId: str
    LeadCreated: bool
    LeadUpdated: bool | UnsetType = UNSET
    AffectedRows: int | UnsetType = UNSET
    ExceptionType: str | UnsetType = UNSET
    ErrorMessage: str | UnsetType = UNSET


class FieldChange(msgspec.Struct):
    """Body of Lead/Bulk/Update: one field, and the leads to change."""

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
    """Only if the option asks to report unknown leads separately."""
    Message: str = ""


class UnchangedLead(msgspec.Struct):
    Identifier: str
    IdentifierValue: str
    Reason: str


class BulkDetails(msgspec.Struct, omit_defaults=True):
    """An empty list is omitted."""

    FailedLeads: list[UnchangedLead] | UnsetType = UNSET
    UnProcessedLeads: list[UnchangedLead] | UnsetType = UNSET


class BulkReport(msgspec.Struct):
    Status: BulkStatus
    Details: BulkDetails


_KEPT: Final = "A refused row changes nothing and has the reason. The other rows are carried out."

_row = partial(Operation, service=LEAD_MANAGEMENT, api_type="Lead")

OPERATIONS: Final = (
    _row(
        name="Lead.BulkCreate",
        purpose="creating leads",
        path="Lead/Bulk/Create",
        summary="Create leads in bulk",
        body=list[list[LeadProperty]],
        body_example='[[{"Attribute":"FirstName","Value":"Asha"}],'
        '[{"Attribute":"EmailAddress","Value":"ravi@example.com"}]]',
        result=list[LeadBulkRow],
        result_example=f'[{{"RowNumber":1,"LeadId":"{EXAMPLE_LEAD_ID}","LeadCreated":true}}]',
        faults=("MXInvalidInputException",),
        rows_max=50,
        evidence=documented("create-leads-in-bulk"),
        notes=(_KEPT,),
        limit_class="bulk",
    ),
    _row(
        name="Lead.BulkCreateOrUpdate",
        purpose="creating or updating leads",
        path="Lead/Bulk/CreateOrUpdate",
        summary="Create or update leads in bulk",
        parameters=(POST_UPDATED_LEAD,),
        body=list[list[LeadProperty]],
        body_example='[[{"Attribute":"EmailAddress","Value":"asha@example.com"},'
        '{"Attribute":"SearchBy","Value":"EmailAddress"}]]',
        result=list[LeadBulkRow],
        result_example=f'[{{"RowNumber":1,"LeadId":"{EXAMPLE_LEAD_ID}","LeadCreated":false,'
        '"LeadUpdated":true,"AffectedRows":1}]',
        faults=("MXInvalidInputException",),
        rows_max=25,
        repeated="safe with a key",
        evidence=documented("bulk-create-or-update"),
        notes=(_KEPT, "Each row finds its lead as Lead.CreateOrUpdate does."),
        limit_class="bulk",
    ),
    _row(
        name="Lead.BulkUpdate",
        purpose="updating leads",
        path="Lead/Bulk/Update",
        summary="Change one field of many leads",
        parameters=(POST_UPDATED_LEAD,),
        body=FieldChange,
        body_example=f'{{"LeadIds":["{EXAMPLE_LEAD_ID}"],'
        '"LeadFields":{"Attribute":"mx_City","Value":"Pune"}}',
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"AffectedRows":1}}',
        faults=(
            "MXInvalidInputException",
            "MXUnknownAttributeException",
            "MXDuplicateEntryException",
        ),
        rows_max=50,
        repeated="safe",
        evidence=documented("bulk-update"),
        notes=(
            "AffectedRows does not count unknown ids or leads that cannot have the value.",
            "The header X-Leadwire-Notice has the number of both.",
            "If no lead can have the value, the call is refused with the first reason.",
        ),
        limit_class="bulk",
    ),
    _row(
        name="Lead.BulkUpdateV2",
        purpose="updating leads",
        path="Lead/Bulk/UpdateV2",
        summary="Change fields of many leads, found by a unique field",
        parameters=(POST_UPDATED_LEAD,),
        body=BulkChange,
        body_example='{"SearchByKey":"ProspectId",'
        '"Options":{"PushNonExistentLeadsToUnProcessedList":true},'
        f'"LeadPropertiesList":[{{"Fields":[{{"Attribute":"ProspectId","Value":"{EXAMPLE_LEAD_ID}"}},'
        '{"Attribute":"mx_City","Value":"Pune"}]}]}',
        result=BulkReport,
        result_example='{"Status":{"TotalCount":1,"SuccessCount":1,"FailureCount":0,'
        '"UnProcessedCount":0,"Message":"Success"},"Details":{}}',
        faults=("MXInvalidInputException",),
        rows_max=25,
        repeated="safe",
        evidence=documented("update-lead-in-bulk-v2"),
        notes=(
            _KEPT,
            "SearchByKey defaults to ProspectId.",
            "A row without a value for SearchByKey is skipped and only counted in TotalCount.",
        ),
        limit_class="bulk",
    ),
)
