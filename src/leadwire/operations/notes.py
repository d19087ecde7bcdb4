"""Operations on notes of leads, of ``LeadManagement.svc``."""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.operation import Operation, Parameter, documented
from leadwire.operations.shapes import PageNumber, SortOrder, StatusResult, WriteResult
from leadwire.operations.shared import EXAMPLE_LEAD_ID, LEAD_MANAGEMENT


class NoteWrite(msgspec.Struct):
    """Body of CreateNote."""

    RelatedProspectId: str = ""
    Note: str = ""
    AttachmentName: str = ""
    """The address of a file."""


class NoteChange(msgspec.Struct):
    """Body of UpdateNote: one of Note and AttachmentName, or both."""

    RelatedProspectId: str = ""
    ProspectNoteId: str = ""
    Note: str | None = None
    AttachmentName: str | None = None


class NoteParameters(msgspec.Struct):
    RelatedId: str = ""
    Id: str = ""


class NoteSearch(msgspec.Struct):
    """Body of RetrieveNote."""

    Parameter: NoteParameters | None = None
    Paging: PageNumber | None = None
    Sorting: SortOrder | None = None


class NoteRow(msgspec.Struct):
    ProspectNoteId: str
    RelatedProspectId: str
    Note: str
    AttachmentName: str | None
    AttachmentURL: str | None
    CreatedBy: str
    CreatedByName: str
    CreatedOn: str
    ModifiedOn: str


class NoteRows(msgspec.Struct):
    List: list[NoteRow]


_NOTE_ID: Final = "5a0d8f3c-7b12-4e9f-a4c6-1e8b2d7f9c45"
_MISSING: Final = "MXMandatoryAttributeMissingException"
_INVALID: Final = "MXInvalidInputException"

_row = partial(Operation, service=LEAD_MANAGEMENT, api_type="Note")

OPERATIONS: Final = (
    _row(
        name="Note.Create",
        purpose="creating note",
        mandatory=("RelatedProspectId", "Note"),
        path="CreateNote",
        summary="Create a note on a lead",
        body=NoteWrite,
        body_example=f'{{"RelatedProspectId":"{EXAMPLE_LEAD_ID}",'
        '"Note":"Asked for a call in May"}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_NOTE_ID}"}}}}',
        faults=(_MISSING, "MXInvalidEntityReferenceException", _INVALID),
        evidence=documented("create-notes-with-attachment"),
        notes=(
            "AttachmentName is the address of a file. leadwire does not download the file.",
            "The call changes LeadLastModifiedOn of the lead, as an activity does.",
        ),
    ),
    _row(
        name="Note.Retrieve",
        purpose="retrieving notes",
        mandatory=("Parameter.RelatedId",),
        path="RetrieveNote",
        summary="Get the notes of a lead",
        body=NoteSearch,
        body_example=f'{{"Parameter":{{"RelatedId":"{EXAMPLE_LEAD_ID}"}},'
        '"Paging":{"PageIndex":1,"PageSize":100},'
        '"Sorting":{"ColumnName":"CreatedOn","Direction":"1"}}',
        result=NoteRows,
        result_example=f'{{"List":[{{"ProspectNoteId":"{_NOTE_ID}",'
        f'"RelatedProspectId":"{EXAMPLE_LEAD_ID}","Note":"Asked for a call in May"}}]}}',
        faults=(_MISSING, _INVALID),
        page_max=1_000,
        repeated="safe",
        evidence=documented("get-all-notes-of-lead"),
        notes=("AttachmentName is the last part of the address that AttachmentURL holds.",),
    ),
    _row(
        name="Note.Update",
        purpose="updating note",
        mandatory=("RelatedProspectId", "ProspectNoteId"),
        path="UpdateNote",
        summary="Update a note",
        body=NoteChange,
        body_example=f'{{"RelatedProspectId":"{EXAMPLE_LEAD_ID}","ProspectNoteId":"{_NOTE_ID}",'
        '"Note":"Asked for a call in June"}',
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(_MISSING, "MXInvalidEntityException", _INVALID),
        repeated="safe",
        evidence=documented("update-note"),
    ),
    _row(
        name="Note.Delete",
        purpose="deleting note",
        path="DeleteNote",
        summary="Delete a note",
        parameters=(
            Parameter("prospectId", "ProspectID of the lead.", kind="id", required=True),
            Parameter("NoteId", "Id of the note.", kind="id", required=True),
        ),
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(_MISSING, "MXInvalidEntityException"),
        repeated="unsafe",
        evidence=documented("delete-notes-for-lead"),
    ),
)
