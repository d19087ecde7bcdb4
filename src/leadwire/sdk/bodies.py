"""The fields that callers write, and the request bodies made from them."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, TypedDict, get_args
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec

from leadwire.operations.leads import Operator
from leadwire.operations.users import Role
from leadwire.sdk import checks, writing
from leadwire.sdk.conditions import CompanyFilter
from leadwire.sdk.errors import InvalidValue
from leadwire.sdk.masking import Hidden
from leadwire.sdk.models.company import Company
from leadwire.sdk.rows import Member
from leadwire.sdk.values import Value, field_value, filter_value
from leadwire.sdk.writing import FieldValue
from leadwire.webhook_signature import Key

_LEAD, _OPPORTUNITY = 1, 5


class TaskFields(TypedDict, total=False):
    """A task. It may be about a lead or about an opportunity."""

    name: str
    description: str
    lead_id: str
    opportunity_id: str
    due_on: datetime
    end_on: datetime
    reminder_minutes: int
    reminder_before_days: int
    reminder_time: str
    notify_by_mail: bool
    owner_id: str
    owner_email_address: str
    type_name: str
    location: str
    custom_fields: Mapping[str, Value]


def task_body(fields: TaskFields) -> dict[str, Any]:
    """The body that writes a task. Raises InvalidValue for an unknown field."""
    writing.only(fields, tuple(TaskFields.__annotations__))
    lead_id, opportunity_id = fields.get("lead_id"), fields.get("opportunity_id")
    entity = _LEAD if lead_id else _OPPORTUNITY if opportunity_id else None
    kind, custom = fields.get("type_name"), fields.get("custom_fields")
    mail = fields.get("notify_by_mail")
    return writing.without_none(
        {
            "Name": fields.get("name"),
            "Description": fields.get("description"),
            "RelatedEntity": entity,
            "RelatedEntityId": lead_id or opportunity_id,
            "DueDate": writing.moment_text(fields.get("due_on")),
            "EndDate": writing.moment_text(fields.get("end_on")),
            "Reminder": fields.get("reminder_minutes"),
            "ReminderBeforeDays": fields.get("reminder_before_days"),
            "ReminderTime": fields.get("reminder_time"),
            "NotifyBy": None if mail is None else "1100" if mail else "1000",
            "OwnerId": fields.get("owner_id"),
            "OwnerEmailAddress": fields.get("owner_email_address"),
            "TaskType": None if kind is None else {"Name": kind},
            "Location": fields.get("location"),
            "CustomFields": None
            if custom is None
            else {name: field_value(value) for name, value in custom.items()},
        }
    )


class CaptureOptions(TypedDict, total=False):
    """Options for capturing an opportunity."""

    note: str
    at: datetime
    update_empty_fields: bool
    overwrite_fields: bool
    skip_duplicate_activity: bool
    keep_owner: bool


_CAPTURE_NAMES = {
    "update_empty_fields": "UpdateEmptyFields",
    "overwrite_fields": "OverwriteFields",
    "skip_duplicate_activity": "DoNotPostDuplicateActivity",
    "keep_owner": "DoNotChangeOwner",
}


def activity_body(
    event_code: int | None,
    note: str | None,
    at: datetime | None,
    fields: Mapping[str, FieldValue] | None,
) -> dict[str, Any]:
    """The given members of an activity. Raises InvalidValue."""
    return writing.without_none(
        {
            "ActivityEvent": event_code,
            "ActivityNote": note,
            "ActivityDateTime": writing.moment_text(at),
            "Fields": writing.slots(fields),
        }
    )


def capture_body(
    lead: Mapping[str, FieldValue],
    fields: Mapping[str, FieldValue],
    event_code: int,
    search_by: str | None,
    options: CaptureOptions,
) -> dict[str, Any]:
    """An opportunity with its lead. Raises InvalidValue, also for an unknown option."""
    writing.only(options, tuple(CaptureOptions.__annotations__))
    opportunity = {
        "OpportunityEventCode": event_code,
        "OpportunityNote": options.get("note"),
        "OpportunityDateTime": writing.moment_text(options.get("at")),
        **{_CAPTURE_NAMES[name]: options.get(name) for name in _CAPTURE_NAMES},
        "Fields": writing.slots(fields),
    }
    return {
        "LeadDetails": writing.lead_attributes(lead, {}, search_by=search_by),
        "Opportunity": writing.without_none(opportunity),
    }


def opportunity_change(
    opportunity_id: str,
    fields: Mapping[str, FieldValue] | None,
    note: str | None,
    lead_id: str | None,
    event_code: int | None,
) -> dict[str, Any]:
    """The members of a changed opportunity. An omitted member keeps its value."""
    return writing.without_none(
        {
            "ProspectOpportunityId": opportunity_id,
            "RelatedProspectId": lead_id,
            "OpportunityEvent": event_code,
            "OpportunityNote": note,
            "Fields": writing.slots(fields),
        }
    )


_COMPANY_NAMES: Final[dict[str, str]] = {
    name: member.name for name, member in vars(Company).items() if isinstance(member, Member)
}

_Range = tuple[datetime, datetime]


def company_attributes(
    attributes: Mapping[str, FieldValue] | None, fields: Mapping[str, FieldValue]
) -> list[dict[str, Any]]:
    """The attributes to write. Raises InvalidValue, also if there is nothing to write."""
    return writing.attributes_of(attributes, fields, _name)


def company_columns(names: Iterable[str] | None) -> dict[str, str] | None:
    """The fields that a search returns; None for all."""
    if isinstance(names, str) or names is None:
        return writing.plain_columns(names)
    return writing.plain_columns(map(_name, names))


def company_query(
    type_name: str,
    text: str | None,
    where: CompanyFilter | None,
    *,
    modified: _Range | None,
    created: _Range | None,
) -> dict[str, Any]:
    """The body of a search. Raises InvalidValue for two ranges: the API compares one date."""
    if modified is not None and created is not None:
        raise InvalidValue("Pass either modified_between or created_between.")
    checks.filled("type_name", type_name)
    if where is not None:
        checks.identifier("field", where[0])
        checks.one_of("operator", where[1], get_args(Operator))
    within = modified or created
    field = "ModifiedOn" if modified else "CreatedOn"
    return writing.without_none(
        {
            "CompanyType": {"CompanyTypeName": type_name},
            "SearchText": text,
            "DateRange": within and {"DateField": field, **writing.time_range(*within)},
            "FilterBy": where
            and {
                "LookupName": _name(where[0]),
                "SqlOperator": where[1],
                "LookupValue": filter_value(where[2]),
            },
        }
    )


def _name(name: str) -> str:
    return writing.wire_name(name, _COMPANY_NAMES, of="company")


class MailFields(TypedDict, total=False):
    """A mail. The caller is the sender unless one of the three sender fields is set."""

    subject: str
    html: str
    text: str
    template: str
    sender_email_address: str
    sender_id: str
    from_owner: bool
    cc: Iterable[str]
    email_fields: Iterable[str]
    with_footer: bool
    category: str
    due_on: datetime


_MAIL_NAMES: Final = {
    "subject": "Subject",
    "html": "ContentHTML",
    "text": "ContentText",
    "template": "EmailLibraryName",
    "with_footer": "IncludeEmailFooter",
    "category": "EmailCategory",
}


def mail_body(mail: MailFields) -> dict[str, Any]:
    """The members shared by mails to a lead and to a list. Raises InvalidValue."""
    writing.only(mail, tuple(MailFields.__annotations__))
    members: dict[str, Any] = {
        _MAIL_NAMES[name]: value for name, value in mail.items() if name in _MAIL_NAMES
    }
    kind, sender = _sender(mail)
    return writing.without_none(
        {
            "SenderType": kind,
            "Sender": sender,
            **members,
            "RecipientEmailFields": _joined(mail.get("email_fields"), schema=True),
            "Schedule": writing.moment_text(mail.get("due_on")),
        }
    )


def lead_mail_body(lead_id: str, email_address: str, mail: MailFields) -> dict[str, Any]:
    """A mail to one lead, named by id or address. Raises InvalidValue."""
    if bool(lead_id) == bool(email_address):
        raise InvalidValue("A mail goes to one lead: pass either lead_id or email_address.")
    return {
        "RecipientType": "LeadId" if lead_id else "LeadEmailAddress",
        "Recipient": lead_id or email_address,
        "EmailType": "Template" if mail.get("template") else "Html",
        "CCEmailAddress": _joined(mail.get("cc"), schema=False) or "",
        **mail_body(mail),
    }


def _sender(mail: MailFields) -> tuple[str, str]:
    address, user_id = mail.get("sender_email_address"), mail.get("sender_id")
    if sum(map(bool, (address, user_id, mail.get("from_owner")))) > 1:
        raise InvalidValue("Pass only one sender: sender_email_address, sender_id or from_owner.")
    if address:
        return "UserEmailAddress", address
    if user_id:
        return "UserId", user_id
    return ("LeadOwner" if mail.get("from_owner") else "APICaller"), ""


def _joined(names: Iterable[str] | None, *, schema: bool) -> str | None:
    if names is None:
        return None
    if isinstance(names, str):
        raise InvalidValue("Pass a list, not a string.")
    return ",".join(map(writing.schema_name, names) if schema else names)


class UserFields(TypedDict, total=False):
    """A user."""

    first_name: str
    last_name: str
    email_address: str
    role: Role
    status_code: int
    password: str
    phone_numbers: str
    manager_id: str
    team_id: str
    time_zone: str
    designation: str
    department: str
    is_phone_call_agent: bool
    custom_fields: Mapping[str, Value]


_USER_NAMES: Final = {
    "first_name": "FirstName",
    "last_name": "LastName",
    "email_address": "EmailAddress",
    "role": "Role",
    "status_code": "StatusCode",
    "password": "Password",
    "phone_numbers": "AssociatedPhoneNumbers",
    "manager_id": "ManagerUserId",
    "team_id": "TeamId",
    "time_zone": "TimeZone",
    "designation": "Designation",
    "department": "Department",
    "is_phone_call_agent": "IsPhoneCallAgent",
}


def user_body(fields: UserFields) -> Hidden:
    """The body that writes a user. Empties *fields*. Raises InvalidValue for an unknown field."""
    given = Hidden.of(fields)
    writing.only(given, (*_USER_NAMES, "custom_fields"))
    members = Hidden(
        {_USER_NAMES[name]: value for name, value in given.items() if name in _USER_NAMES}
    )
    custom = given.get("custom_fields")
    if custom is not None:
        members["CustomFields"] = {name: field_value(value) for name, value in custom.items()}
    return members


ContentType = Literal["application/json", "application/x-www-form-urlencoded"]


class WebhookFields(TypedDict, total=False):
    """A webhook.

    *event* is a code or an internal name, such as ``Lead_Post_Create``. Some events need
    *properties*; that of a changed field needs *changed_lead_field*. The values of *headers* are
    secrets: no log and no answer shows them. *secret* signs the deliveries; it is leadwire's own,
    and LeadSquared does not know it. ``leadwire.webhooks.new_secret`` makes one.
    """

    url: str
    event: int | str
    activity_event: int
    changed_lead_field: str
    properties: Mapping[str, Any]
    headers: Mapping[str, str]
    description: str
    content_type: ContentType
    notify_on_failure: bool
    secret: str


_WEBHOOK_NAMES: Final = {
    "url": "URL",
    "event": "WebhookEvent",
    "activity_event": "ActivityEvent",
    "changed_lead_field": "ChangedLeadField",
    "description": "Description",
    "content_type": "ContentType",
    "notify_on_failure": "NotifyOnFailure",
}


def webhook_body(fields: WebhookFields) -> Hidden:
    """The body that writes a webhook. Empties *fields*.

    Raises InvalidValue for an unknown field, or an invalid secret.
    """
    given = Hidden.of(fields)
    writing.only(given, tuple(WebhookFields.__annotations__))
    members = Hidden(
        {_WEBHOOK_NAMES[name]: value for name, value in given.items() if name in _WEBHOOK_NAMES}
    )
    if given.get("properties") is not None:
        members["WebhookProperties"] = msgspec.json.encode(given["properties"]).decode()
    if given.get("headers") is not None:
        members["CustomHeaders"] = [
            {"Key": name, "Value": value} for name, value in given["headers"].items()
        ]
    if given.get("secret") is not None:
        key = Key.of(str(given["secret"]))
        if key is None or not key.is_strong:
            raise InvalidValue(
                "The secret is not a signing secret, or too short: leadwire.webhooks.new_secret "
                "makes one."
            )
        members["SigningSecret"] = given["secret"]
    return members


def upload_form(file: str | Path | bytes, name: str | None) -> tuple[str, bytes]:
    """The media type and the bytes of a form with one file. Raises InvalidValue and OSError."""
    if isinstance(file, bytes):
        content = file
        if not name:
            raise InvalidValue("Bytes need a file name: pass name=, such as plan.pdf.")
    else:
        content = Path(file).read_bytes()
        name = name or Path(file).name
    form = httpx2.Request(
        "POST",
        "https://form.invalid",  # only the body is used
        data={"FileType": "1"},
        files={"uploadFiles": (name, content, "application/octet-stream")},
    )
    return form.headers["Content-Type"], form.read()


def file_place(path: str) -> str:
    """The ``file`` parameter for an uploaded file's path or address. Raises InvalidValue."""
    places = parse_qs(urlsplit(path).query).get("file")
    if not places:
        raise InvalidValue(
            "This is not the path of an uploaded file: its query has no 'file' parameter."
        )
    return places[0]
