"""The form of a webhook: how it becomes a draft, and how a stored webhook fills it."""

from collections.abc import Mapping
from typing import Final

from leadwire.console.forms import Form
from leadwire.console.numbers import whole_number
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.webhooks.drafts import (
    CONTENT_TYPES,
    KEPT_VALUE,
    checked_content_type,
    checked_headers,
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
from leadwire.errors import CrmError
from leadwire.operations.webhooks import NEVER_RAISED, WEBHOOK_EVENTS, EventKind

EVENT_CHOICES: Final = tuple(
    (event.kind, event.title) for event in WEBHOOK_EVENTS if event.kind not in NEVER_RAISED
)
_KINDS: Final[dict[str, EventKind]] = {
    event.kind: event.kind for event in WEBHOOK_EVENTS if event.kind not in NEVER_RAISED
}
_CODE_DIGITS_MAX: Final = 9


class FormInvalid(Exception):  # says what the form is
    """*errors*: a sentence for each field."""

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = errors


def draft_of(form: Form, schema: LeadSchema, kept: Webhook | None) -> WebhookDraft:
    """The draft in *form*; *kept* is the webhook that it changes. Raises FormInvalid."""
    errors: dict[str, str] = {}
    event = _KINDS.get(form.text("event"))
    only = ""
    if event is None:
        errors["event"] = "Choose an event."
    else:
        only = _only(event, form.text("only"), schema, errors)
    url = form.text("url")
    if not url.startswith(("http://", "https://")):
        errors["url"] = "Write an address that begins with https:// or http://."
    headers = with_kept_values(_headers(form.text("headers"), errors), kept.headers if kept else ())
    details = kept.details if kept else WebhookDetails()
    draft: WebhookDraft | None = None
    try:
        draft = WebhookDraft(
            event=event or "lead_created",
            only=landing_pages(only) if event == "landing_page_submitted" else only,
            url=checked_url(url),
            content_type=checked_content_type(form.text("content_type")),
            headers=checked_headers(headers),
            details=WebhookDetails(
                description=checked_text("Description", form.text("description")),
                properties=details.properties,
                is_specific_landing_page=event == "landing_page_submitted" and bool(only),
                landing_page_urls=only or None if event == "landing_page_submitted" else None,
                notify_on_failure=details.notify_on_failure,
            ),
        )
    except CrmError as error:
        field = error.location.rpartition(".")[2] or "URL"
        errors.setdefault(_FIELDS.get(field, "url"), f"{error} {error.fix}".strip())
    if errors or draft is None:
        raise FormInvalid(errors)
    return draft


def filled(webhook: Webhook) -> dict[str, str]:
    """The form's texts for a stored webhook. A header's value stays hidden."""
    return {
        "event": webhook.event,
        "only": webhook.only,
        "url": webhook.url,
        "content_type": webhook.content_type,
        "headers": "\n".join(f"{header.name}: {KEPT_VALUE}" for header in webhook.headers),
        "description": webhook.details.description,
    }


EMPTY: Final[Mapping[str, str]] = {
    "event": "lead_created",
    "only": "",
    "url": "",
    "content_type": CONTENT_TYPES[0],
    "headers": "",
    "description": "",
}
_FIELDS: Final[Mapping[str, str]] = {
    "URL": "url",
    "ContentType": "content_type",
    "CustomHeaders": "headers",
    "Description": "description",
}


def _only(event: EventKind, text: str, schema: LeadSchema, errors: dict[str, str]) -> str:
    """The activity type, field or pages that the webhook is about; empty for all."""
    if event in OF_ACTIVITIES:
        if whole_number(text, digits_max=_CODE_DIGITS_MAX) is None:
            errors["only"] = "Write the code of an activity type."
        return text
    if event in OF_FIELDS:
        if not text or (event == "lead_field_changed" and text not in schema.by_name):
            errors["only"] = "Write the schema name of a field, such as mx_City."
        return text
    return text if event == "landing_page_submitted" else ""


def _headers(text: str, errors: dict[str, str]) -> list[Header]:
    headers = []
    for line in text.splitlines():
        name, colon, value = line.partition(":")
        if line.strip() and not colon:
            errors["headers"] = "Write each header as Name: value, one a line."
        elif line.strip():
            headers.append(Header(name, value))
    return headers
