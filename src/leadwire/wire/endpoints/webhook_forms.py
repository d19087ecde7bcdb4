"""Convert a caller's webhook to the domain's types.

Two steps: ``completed`` fills in what an update leaves out, and ``draft_of`` reads the result.
"""

from typing import Any, Final

import msgspec

from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.webhooks.drafts import (
    checked_content_type,
    checked_headers,
    checked_secret,
    checked_text,
    checked_url,
    landing_pages,
    with_kept_values,
)
from leadwire.crm.webhooks.webhooks import (
    OF_ACTIVITIES,
    OF_FIELDS,
    Header,
    Webhook,
    WebhookDetails,
    WebhookDraft,
)
from leadwire.dialect import incorrect, mandatory
from leadwire.errors import AttributesUnknown, DataTypeInvalid, InputInvalid
from leadwire.operations.shapes import NumberLike
from leadwire.operations.webhooks import (
    EVENT_OF_KIND,
    EVENT_OF_TEXT,
    CustomHeader,
    EventKind,
    WebhookWrite,
)
from leadwire.wire.endpoints.activity_forms import event_code
from leadwire.wire.members import is_set, required_member

_FIELD_PROPERTIES: Final = ("changedleadfield", "schemaname")
"""Properties that name a field. For opportunities no name is known, so both are accepted."""

Properties = dict[str, Any]
"""What WebhookProperties say, by name in lower case."""


def completed(body: WebhookWrite, kept: Webhook) -> WebhookWrite:
    """*body*, with the values of *kept* for what it leaves out.

    The activity type or field of *kept* counts only while the event stays the same.
    """
    before = _as_written(kept)
    if body.WebhookEvent is not None and event_of(body.WebhookEvent) != kept.event:
        before.ActivityEvent = before.ChangedLeadField = None
    if _field_in(_properties_in(body.WebhookProperties)):
        before.ChangedLeadField = None
    sent = {name: getattr(body, name) for name in WebhookWrite.__struct_fields__}
    changes = {name: value for name, value in sent.items() if value is not None}
    if body.CustomHeaders is not None:
        headers = with_kept_values(_headers(body.CustomHeaders), kept.headers)
        changes["CustomHeaders"] = [CustomHeader(header.name, header.value) for header in headers]
    return msgspec.structs.replace(before, **changes)


def draft_of(body: WebhookWrite, schema: LeadSchema, *, purpose: str) -> WebhookDraft:
    """Read a webhook from *body*. *purpose*, such as "creating webhook", ends a sentence.

    Raises ParameterMissing for a missing member, InputInvalid for an invalid value, DataTypeInvalid
    without an activity type, and AttributesUnknown.
    """
    if body.WebhookEvent is None:
        raise mandatory("WebhookEvent", purpose=purpose, fix="Send the code of an event.")
    event = event_of(body.WebhookEvent)
    if body.Method is not None and body.Method.strip().upper() != "POST":
        raise incorrect("Method", fix="Send POST.")
    return WebhookDraft(
        event=event,
        only=_subject(event, body, schema),
        url=checked_url(required_member(body.URL or "", "URL", purpose=purpose)),
        content_type=checked_content_type(body.ContentType or ""),
        headers=checked_headers(_headers(body.CustomHeaders or [])),
        details=_details(body),
        secret="" if body.SigningSecret is None else checked_secret(body.SigningSecret),
    )


def event_of(value: NumberLike) -> EventKind:
    """The event of a code or an internal name. Raises InputInvalid for any other text."""
    event = EVENT_OF_TEXT.get(str(value).strip().lower())
    if event is None:
        raise InputInvalid(
            "Webhook Event not found",
            location="body.WebhookEvent",
            fix="Send a code or a name of the events that the page about webhooks lists.",
        )
    return event.kind


def _as_written(kept: Webhook) -> WebhookWrite:
    """The body that would create *kept*."""
    details = kept.details
    return WebhookWrite(
        WebhookId=kept.webhook_id,
        Description=details.description,
        URL=kept.url,
        ContentType=kept.content_type,
        WebhookEvent=EVENT_OF_KIND[kept.event].name,
        ActivityEvent=kept.only if kept.event in OF_ACTIVITIES else None,
        ChangedLeadField=kept.only if kept.event in OF_FIELDS else None,
        IsSpecificLandingPage=details.is_specific_landing_page,
        LandingPageUrls=details.landing_page_urls,
        NotifyOnFailure=details.notify_on_failure,
        WebhookProperties=details.properties,
        CustomHeaders=[CustomHeader(header.name, header.value) for header in kept.headers],
    )


def _subject(event: EventKind, body: WebhookWrite, schema: LeadSchema) -> str:
    """The activity type, field or landing pages of the webhook; empty matches all."""
    properties = _properties_in(body.WebhookProperties)
    if event == "lead_stage_changed" and properties is None:
        raise _no_properties("Send WebhookProperties as JSON text; {} is enough.")
    if event in OF_ACTIVITIES:
        return _activity_type(body.ActivityEvent)
    if event in OF_FIELDS:
        return _field(event, body.ChangedLeadField or _field_in(properties), schema)
    if event == "landing_page_submitted" and is_set(body.IsSpecificLandingPage):
        pages = landing_pages(body.LandingPageUrls or "")
        if not pages:
            raise incorrect("LandingPageUrls", fix="Send the addresses of the pages.")
        return pages
    return ""


def _activity_type(value: NumberLike | None) -> str:
    code = event_code(value)
    if code is None:
        raise DataTypeInvalid(
            "You have not passed ActivityEvent.",
            location="body.ActivityEvent",
            fix="Send the code of an activity type (ActivityTypes.Get).",
        )
    return str(code)


def _field(event: EventKind, named: str, schema: LeadSchema) -> str:
    field = named.strip()
    if not field:
        raise _no_properties('Send ChangedLeadField, such as "mx_City".')
    if event == "lead_field_changed" and field not in schema.by_name:
        raise AttributesUnknown([field])
    return field


def _field_in(properties: Properties | None) -> str:
    """The field that *properties* name, or an empty text."""
    named = [(properties or {}).get(name) for name in _FIELD_PROPERTIES]
    return next((name for name in named if isinstance(name, str) and name.strip()), "")


def _properties_in(text: str | None) -> Properties | None:
    """The properties in JSON *text*; None for an empty text. Raises InputInvalid if invalid."""
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


def _no_properties(fix: str) -> InputInvalid:
    return InputInvalid(
        "Webhook Properties is not found", location="body.WebhookProperties", fix=fix
    )


def _headers(sent: list[CustomHeader]) -> list[Header]:
    return [Header(header.Key, header.Value) for header in sent]


def _details(body: WebhookWrite) -> WebhookDetails:
    for name in ("Description", "WebhookProperties", "LandingPageUrls"):
        checked_text(name, getattr(body, name) or "")
    return WebhookDetails(
        description=body.Description or "",
        properties=body.WebhookProperties,
        is_specific_landing_page=is_set(body.IsSpecificLandingPage),
        landing_page_urls=body.LandingPageUrls,
        notify_on_failure=is_set(body.NotifyOnFailure),
    )
