"""Operations on notes of leads, of ``LeadManagement.svc``."""

from typing import Final

import msgspec

from leadwire.operations.operation import Operation, Parameter
from leadwire.operations.shapes import PageNumber, SortOrder, StatusResult, WriteResult

SERVICE: Final = "LeadManagement.svc"


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


_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
_NOTE_ID: Final = "5a0d8f3c-7b12-4e9f-a4c6-1e8b2d7f9c45"
_MISSING: Final = "MXMandatoryAttributeMissingException"
_INVALID: Final = "MXInvalidInputException"

OPERATIONS: Final = (
    Operation(
        name="Note.Create",
        service=SERVICE,
        path="CreateNote",
        method="POST",
        api_type="Note",
        summary="Create a note on a lead",
        body=NoteWrite,
        body_example=f'{{"RelatedProspectId":"{_LEAD_ID}","Note":"Asked for a call in May"}}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_NOTE_ID}"}}}}',
        faults=(_MISSING, "MXInvalidEntityReferenceException", _INVALID),
        notes=(
            "AttachmentName is the address of a file; the file itself is not fetched.",
            "LeadLastModifiedOn of the lead moves, as with an activity.",
        ),
    ),
    Operation(
        name="Note.Retrieve",
        service=SERVICE,
        path="RetrieveNote",
        method="POST",
        api_type="Note",
        summary="Get the notes of a lead",
        body=NoteSearch,
        body_example=f'{{"Parameter":{{"RelatedId":"{_LEAD_ID}"}},'
        '"Paging":{"PageIndex":1,"PageSize":100},'
        '"Sorting":{"ColumnName":"CreatedOn","Direction":"1"}}',
        result=NoteRows,
        result_example=f'{{"List":[{{"ProspectNoteId":"{_NOTE_ID}",'
        f'"RelatedProspectId":"{_LEAD_ID}","Note":"Asked for a call in May"}}]}}',
        faults=(_MISSING, _INVALID),
        notes=(
            "A page has at most 1,000 notes.",
            "AttachmentName is the last part of the address that AttachmentURL holds.",
        ),
    ),
    Operation(
        name="Note.Update",
        service=SERVICE,
        path="UpdateNote",
        method="POST",
        api_type="Note",
        summary="Update a note",
        body=NoteChange,
        body_example=f'{{"RelatedProspectId":"{_LEAD_ID}","ProspectNoteId":"{_NOTE_ID}",'
        '"Note":"Asked for a call in June"}',
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(_MISSING, "MXInvalidEntityException", _INVALID),
    ),
    Operation(
        name="Note.Delete",
        service=SERVICE,
        path="DeleteNote",
        method="GET",
        api_type="Note",
        summary="Delete a note",
        parameters=(
            Parameter("prospectId", "ProspectID of the lead.", kind="id", required=True),
            Parameter("NoteId", "Id of the note.", kind="id", required=True),
        ),
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(_MISSING, "MXInvalidEntityException"),
    ),
)
