"""Posting and reading activities."""

from typing import Final
from uuid import NAMESPACE_URL, uuid5

from leadwire.crm.activities import (
    Happening,
    KeptActivity,
    Posted,
    activities_of_lead,
    activity_type,
    post_activity,
)
from leadwire.crm.activity_types import ACTIVITY_TYPES, KIND_CUSTOM
from leadwire.crm.attributes import LeadWrite, check_attributes
from leadwire.crm.leads import create_lead, find_lead
from leadwire.crm.unit import Unit
from leadwire.crm.values import scalar_text
from leadwire.dates import format_ms, format_seconds
from leadwire.errors import ParameterMissing
from leadwire.operations.shapes import (
    Activities,
    Activity,
    ActivityField,
    ActivitySearch,
    ActivityType,
    ActivityWrite,
    KeyValue,
    NumberLike,
    OffsetPaging,
    WriteMessage,
    WriteResult,
)
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.endpoints.paging import PAGE_SIZE_DEFAULT, date_time, invalid, whole_number
from leadwire.wire.request import Request

ROWS_MAX: Final = 1_000
_CUSTOM_FIELDS: Final = frozenset(
    {"Status", "Owner", "ActivityEvent_Note"} | {f"mx_Custom_{n}" for n in range(1, 51)}
)
_DIRECTIONS: Final = {"Inbound": 0, "Outbound": 1, "Information": 2}


async def types(_request: Request) -> list[ActivityType]:
    return [
        ActivityType(
            Id=str(uuid5(NAMESPACE_URL, f"leadwire:activity-type:{kind.event_code}")),
            ActivityEvent=kind.event_code,
            ActivityEventName=kind.name,
            DisplayName=kind.name,
            EventType=kind.kind,
            EventDirection=_DIRECTIONS[kind.direction],
            Score=kind.score,
        )
        for kind in ACTIVITY_TYPES.values()
        if kind.is_listed
    ]


async def create(request: Request) -> WriteResult:
    body: ActivityWrite = request.body
    happening = _happening(body)
    lead_id = body.RelatedProspectId.strip().lower()
    if not lead_id and not body.EmailAddress.strip():
        raise ParameterMissing(
            "'RelatedProspectId' is mandatory for posting activity",
            location="body.RelatedProspectId",
            fix="Send the lead's id as RelatedProspectId, or its EmailAddress.",
        )
    contact = None if lead_id else _contact(request, body)

    def post(unit: Unit) -> Posted:
        target = lead_id if contact is None else _lead_of_contact(unit, contact)
        return post_activity(unit, target, happening)

    posted: Posted = await request.write(post)
    message = WriteMessage(Id=posted.activity_id)
    if str(body.IncludeLeadScore).lower() in ("true", "1"):
        message.LeadScore = str(posted.lead_score)
    return success(message)


async def retrieve(request: Request) -> Activities:
    lead_id = request.required("leadId", purpose="retrieving activities").lower()
    body: ActivitySearch = request.body or ActivitySearch()
    event_code = _event_code(body.Parameter.ActivityEvent) if body.Parameter else None
    offset, rows_max = _slice(body.Paging)
    total, rows = await request.read(
        lambda unit: activities_of_lead(
            unit, lead_id, event_code=event_code, offset=offset, rows_max=rows_max
        )
    )
    in_seconds = request.services.settings.activity_dates == "seconds"
    return Activities(total, [_activity(row, in_seconds=in_seconds) for row in rows])


def _happening(body: ActivityWrite) -> Happening:
    kind = activity_type(_event_code(body.ActivityEvent))
    happened_on = None
    if body.ActivityDateTime:
        happened_on = date_time(body.ActivityDateTime, "ActivityDateTime")
    score = None if body.Score is None else whole_number(body.Score, "Score", least=0)
    return Happening(
        event_code=kind.event_code,
        note=body.ActivityNote,
        happened_on=happened_on,
        fields=_fields(body.Fields or []),
        data=(("NotableEventDescription", body.ActivityNote),) if body.ActivityNote else (),
        score=score,
    )


def _event_code(value: NumberLike | None) -> int | None:
    """The code, or None for what is no number: the domain says that there is no such event."""
    text = "" if value is None else str(value).strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < len("1000000") else None


def _fields(fields: list[ActivityField]) -> dict[str, str | None]:
    kept: dict[str, str | None] = {}
    for field in fields:
        if field.SchemaName not in _CUSTOM_FIELDS:
            raise invalid(
                f"Fields.{field.SchemaName}",
                f"{field.SchemaName} is not a field of this activity.",
                fix="Send mx_Custom_1 to mx_Custom_50, Status or Owner.",
            )
        kept[field.SchemaName] = scalar_text(field.Value) or None
    return kept


def _contact(request: Request, body: ActivityWrite) -> LeadWrite:
    members = ("EmailAddress", "FirstName", "LastName", "Phone")
    given = [(name, getattr(body, name)) for name in members if getattr(body, name).strip()]
    return check_attributes(given, attributes_max=request.services.settings.attributes_max)


def _lead_of_contact(unit: Unit, contact: LeadWrite) -> str:
    lead = find_lead(unit, "EmailAddress", contact.values["EmailAddress"])
    return create_lead(unit, contact) if lead is None else lead.lead_id


def _slice(paging: OffsetPaging | None) -> tuple[int, int]:
    paging = paging or OffsetPaging()
    offset = whole_number(paging.Offset, "Offset", least=0)
    if paging.RowCount is None:
        return offset, PAGE_SIZE_DEFAULT
    rows_max = whole_number(paging.RowCount, "RowCount", least=1)
    if rows_max > ROWS_MAX:
        raise invalid(
            "Paging.RowCount",
            f"RowCount can not be more than {ROWS_MAX}.",
            fix=f"Send a RowCount of at most {ROWS_MAX}, and follow with Offset.",
        )
    return offset, rows_max


def _activity(kept: KeptActivity, *, in_seconds: bool) -> Activity:
    moment = format_seconds if in_seconds else format_ms
    data = [KeyValue(key, value) for key, value in kept.data]
    activity = Activity(
        Id=kept.activity_id,
        EventCode=kept.type.event_code,
        EventName=kept.type.name,
        ActivityScore=kept.score,
        CreatedOn=moment(kept.happened_on),
        ModifiedOn=moment(kept.modified_on),
        RelatedProspectId=kept.lead_id,
        ActivityType=kept.type.kind,
        IsEmailType=False,
        Type=kept.type.direction,
        SessionId=None,
        TrackLocation=0,
        Latitude=None,
        Longitude=None,
        Data=[*data, KeyValue("CreatedBy", kept.created_by_name)],
    )
    if kept.fields or kept.type.kind == KIND_CUSTOM:
        activity.ActivityFields = kept.fields
    return activity
