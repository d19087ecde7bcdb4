"""Making, changing, finding and deleting webhooks."""

import re
from typing import Any, Final

import msgspec

from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.listeners import DISABLED, ENABLED, GIVEN_UP
from leadwire.crm.webhooks.webhooks import (
    HEADERS_MAX,
    Header,
    Webhook,
    WebhookDetails,
    WebhookDraft,
    WebhookFilter,
    create_webhook,
    delete_webhook,
    find_webhooks,
    get_webhook,
    set_webhook_enabled,
    update_webhook,
)
from leadwire.dates import format_ms
from leadwire.dialect import incorrect, mandatory, too_long, too_many
from leadwire.errors import AttributesUnknown, DataTypeInvalid, InputInvalid
from leadwire.headers import NOTICE_HEADER
from leadwire.operations.shapes import NumberLike, StatusResult, WriteMessage, WriteResult
from leadwire.operations.webhooks import (
    EVENT_OF_KIND,
    EVENT_OF_TEXT,
    CustomHeader,
    EventKind,
    WebhookParameters,
    WebhookRow,
    WebhookRows,
    WebhookSearch,
    WebhookWrite,
)
from leadwire.wire.endpoints.activity_forms import event_code
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.endpoints.users import require_administrator
from leadwire.wire.members import (
    counted,
    is_set,
    page_within,
    required_member,
    sliced,
    whole_number,
)
from leadwire.wire.request import Endpoint, Request

URL_MAX: Final = 2_048
TEXT_MAX: Final = 2_000
HEADER_MAX: Final = 4_096
KEPT_VALUE: Final = "********"
"""Stands for the value of a header where it is read back, and keeps it where it is sent."""

CONTENT_TYPES: Final = ("application/json", "application/x-www-form-urlencoded", "text/plain")
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,200}", re.ASCII)
_HEADER_VALUE: Final = re.compile(r"[\x21-\x7e]([\x20-\x7e\t]*[\x21-\x7e])?", re.ASCII)
_OWN_HEADERS: Final = frozenset(
    {
        *("accept-encoding", "connection", "content-encoding", "content-length", "content-type"),
        *("expect", "host", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"),
        *("webhook-id", "webhook-timestamp", "webhook-signature"),
    }
)
"""Headers that a delivery sets by itself."""
_FIELD_MEMBERS: Final = ("schemaname", "field", "fieldname", "fieldschemaname", "attribute")
_OF_ACTIVITIES: Final[tuple[EventKind, ...]] = ("activity_created", "activity_updated")
_OF_FIELDS: Final[tuple[EventKind, ...]] = ("lead_field_changed", "opportunity_field_changed")
_STATUSES: Final = (ENABLED, DISABLED, GIVEN_UP)


async def create(request: Request) -> WriteResult:
    await require_administrator(request)
    body: WebhookWrite = request.body
    draft = await _draft(request, body, None)
    await _probe(request, draft)
    webhook_id: str = await request.write(lambda unit: create_webhook(unit, draft))
    return success(WriteMessage(Id=webhook_id))


async def update(request: Request) -> WriteResult:
    await require_administrator(request)
    body: WebhookWrite = request.body
    webhook_id = required_member(body.WebhookId, "WebhookId", purpose="updating webhook").lower()
    status = None if body.StatusCode is None else _status(body.StatusCode)
    if status == GIVEN_UP:
        raise incorrect("StatusCode", fix="Send 0 or 1.")
    kept: Webhook = await request.read(lambda unit: get_webhook(unit, webhook_id))
    draft = await _draft(request, body, kept)
    await _probe(request, draft)

    def change(unit: Unit) -> None:
        update_webhook(unit, webhook_id, draft)
        if status is not None:
            set_webhook_enabled(unit, webhook_id, enabled=status == ENABLED)

    await request.write(change)
    return success(WriteMessage(Id=kept.webhook_id))


async def delete(request: Request) -> StatusResult:
    await require_administrator(request)
    webhook_id = request.required("webhookId", purpose="deleting webhook")
    await request.write(lambda unit: delete_webhook(unit, webhook_id))
    return StatusResult()


async def retrieve(request: Request) -> WebhookRows:
    await require_administrator(request)
    body: WebhookSearch = request.body or WebhookSearch()
    index, size = page_within(request.operation, body.Paging)
    wanted = _filter(body.Parameter or WebhookParameters())
    part = sliced(index, size, body.Sorting)
    total, found = await request.read(lambda unit: find_webhooks(unit, wanted, part))
    return counted(WebhookRows, total, [_row(webhook) for webhook in found])


async def _draft(request: Request, body: WebhookWrite, kept: Webhook | None) -> WebhookDraft:
    """What the webhook is to be: what *body* says, and otherwise what *kept* is."""
    purpose = "updating webhook" if kept else "creating webhook"
    event = _event(body.WebhookEvent) if body.WebhookEvent is not None else kept and kept.event
    if not event:
        raise mandatory("WebhookEvent", purpose=purpose, fix="Send the code of an event.")
    url = kept.url if body.URL is None and kept else _url(body.URL or "", purpose)
    if body.Method is not None and body.Method.strip().upper() != "POST":
        raise incorrect("Method", fix="Send POST.")
    details = _details(body, kept.details if kept else WebhookDetails())
    properties = _properties(details.properties)
    if event == "lead_stage_changed" and properties is None:
        raise InputInvalid(
            "Webhook Properties is not found",
            location="body.WebhookProperties",
            fix="Send WebhookProperties as JSON text; {} is enough.",
        )
    only = _only(event, body, kept, properties or {}, await request.schema())
    return WebhookDraft(
        event=event,
        only=only,
        url=url,
        content_type=_content_type(body.ContentType, kept),
        headers=_headers(body.CustomHeaders, kept.headers if kept else ()),
        details=details,
    )


def _event(value: NumberLike) -> EventKind:
    event = EVENT_OF_TEXT.get(str(value).strip().lower())
    if event is None:
        raise InputInvalid(
            "Webhook Event not found",
            location="body.WebhookEvent",
            fix="Send a code or a name of the events that the page about webhooks lists.",
        )
    return event.kind


def _url(text: str, purpose: str) -> str:
    url = required_member(text, "URL", purpose=purpose)
    if len(url) > URL_MAX:
        raise too_long("URL", URL_MAX)
    return url


def _content_type(value: str | None, kept: Webhook | None) -> str:
    if value is None or not value.strip():
        return kept.content_type if kept and value is None else CONTENT_TYPES[0]
    content_type = value.partition(";")[0].strip().lower()
    if content_type not in CONTENT_TYPES:
        raise incorrect("ContentType", fix=f"Send one of {', '.join(CONTENT_TYPES)}.")
    return content_type


def _details(body: WebhookWrite, kept: WebhookDetails) -> WebhookDetails:
    changes: dict[str, Any] = {}
    for name, member in (
        ("description", "Description"),
        ("properties", "WebhookProperties"),
        ("landing_page_urls", "LandingPageUrls"),
    ):
        value = getattr(body, member)
        if value is not None:
            if len(value) > TEXT_MAX:
                raise too_long(member, TEXT_MAX)
            changes[name] = value
    for name, member in (
        ("is_specific_landing_page", "IsSpecificLandingPage"),
        ("notify_on_failure", "NotifyOnFailure"),
    ):
        flag = getattr(body, member)
        if flag is not None:
            changes[name] = is_set(flag)
    return msgspec.structs.replace(kept, **changes)


def _properties(text: str | None) -> dict[str, Any] | None:
    """The properties by their names in lower case; None when there are none."""
    if text is None or not text.strip():
        return None
    try:
        properties = msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InputInvalid(
            "Webhook Properties is not a valid JSON",
            location="body.WebhookProperties",
            fix="Send the text of a JSON object.",
        ) from None
    return {name.lower(): value for name, value in properties.items()}


def _only(
    event: EventKind,
    body: WebhookWrite,
    kept: Webhook | None,
    properties: dict[str, Any],
    schema: LeadSchema,
) -> str:
    """The activity event or the field that the webhook is about; empty for any other kind."""
    same = kept.only if kept and kept.event == event else ""
    if event in _OF_ACTIVITIES:
        code = event_code(body.ActivityEvent)
        if code is None:
            code = event_code(_number_like(properties.get("activityevent")))
        if code is None and not same:
            raise DataTypeInvalid(
                "You have not passed ActivityEvent.",
                location="body.ActivityEvent",
                fix="Send the code of an activity type (ActivityTypes.Get).",
            )
        return same if code is None else str(code)
    if event in _OF_FIELDS:
        named = next((properties[name] for name in _FIELD_MEMBERS if name in properties), same)
        if not isinstance(named, str) or not named.strip():
            raise InputInvalid(
                "Webhook Properties is not found",
                location="body.WebhookProperties",
                fix='Name the field: "{\\"SchemaName\\":\\"mx_City\\"}".',
            )
        field = named.strip()
        if event == "lead_field_changed" and field not in schema.by_name:
            raise AttributesUnknown([field])
        return field
    return ""


def _number_like(value: object) -> NumberLike | None:
    return value if isinstance(value, int | str) else None


def _headers(sent: list[CustomHeader] | None, kept: tuple[Header, ...]) -> tuple[Header, ...]:
    if sent is None:
        return kept
    if len(sent) > HEADERS_MAX:
        raise too_many("CustomHeaders", HEADERS_MAX, fix=f"Send at most {HEADERS_MAX} headers.")
    values = {header.name.lower(): header.value for header in kept}
    headers: dict[str, Header] = {}
    for header in sent:
        name = header.Key.strip()
        value = header.Value.strip()
        if value == KEPT_VALUE:
            value = values.get(name.lower(), value)
        good = _HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value)
        if not good or name.lower() in _OWN_HEADERS or len(value) > HEADER_MAX:
            raise incorrect(
                "CustomHeaders",
                fix="Send names and values of HTTP headers, none that a delivery sets itself.",
            )
        headers[name.lower()] = Header(name, value)
    return tuple(headers.values())


async def _probe(request: Request, draft: WebhookDraft) -> None:
    """Raise InputInvalid for a URL to which nothing may be sent; tell of a receiver's silence."""
    probed = await request.services.probe(draft.url, draft.headers)
    if probed.refused:
        raise incorrect("URL", fix=probed.refused)
    if probed.notice:
        request.tell(NOTICE_HEADER, probed.notice.encode("ascii", "replace").decode())


def _status(value: NumberLike) -> int:
    status = whole_number(value, "StatusCode", least=0)
    if status not in _STATUSES:
        raise incorrect("StatusCode", fix="Send 0, 1 or 2.")
    return status


def _filter(parameter: WebhookParameters) -> WebhookFilter:
    event = str(parameter.WebhookEvent).strip()
    status = parameter.StatusCode
    return WebhookFilter(
        event=_event(event) if event else None,
        status=None if status is None or not str(status).strip() else _status(status),
        webhook_id=parameter.WebhookId.strip(),
        text=parameter.SearchText.strip(),
    )


def _row(webhook: Webhook) -> WebhookRow:
    event = EVENT_OF_KIND[webhook.event]
    return WebhookRow(
        WebhookId=webhook.webhook_id,
        EventCode=event.codes[0] if event.codes else None,
        WebhookEvent=event.name,
        Type="Webhook",
        URL=webhook.url,
        Description=webhook.details.description,
        Method="POST",
        ContentType=webhook.content_type,
        WebhookProperties=webhook.details.properties,
        ActivityEvent=webhook.only if webhook.event in _OF_ACTIVITIES else None,
        CustomHeaders=[CustomHeader(header.name, KEPT_VALUE) for header in webhook.headers],
        NotifyOnFailure=webhook.details.notify_on_failure,
        IsSpecificLandingPage=webhook.details.is_specific_landing_page,
        LandingPageUrls=webhook.details.landing_page_urls,
        StatusCode=webhook.status,
        CreatedBy=webhook.created_by,
        CreatedOn=format_ms(webhook.created_on),
        ModifiedBy=webhook.modified_by,
        ModifiedOn=format_ms(webhook.modified_on),
    )


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Webhook.Create": create,
    "Webhook.Update": update,
    "Webhook.Retrieve": retrieve,
    "Webhook.Delete": delete,
}
