"""Create, change, find and delete webhooks, for administrators only."""

from typing import Final

from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.drafts import KEPT_VALUE
from leadwire.crm.webhooks.listeners import DISABLED, ENABLED, GIVEN_UP
from leadwire.crm.webhooks.webhooks import (
    OF_ACTIVITIES,
    OF_FIELDS,
    Webhook,
    WebhookDraft,
    WebhookFilter,
    check_draft,
    create_webhook,
    delete_webhook,
    find_webhooks,
    get_webhook,
    set_webhook_enabled,
    update_webhook,
)
from leadwire.dates import format_ms
from leadwire.dialect import incorrect
from leadwire.operations.shapes import NumberLike, StatusResult, WriteMessage, WriteResult
from leadwire.operations.webhooks import (
    DISPUTED_CODE,
    EVENT_OF_KIND,
    NEVER_RAISED,
    CustomHeader,
    WebhookParameters,
    WebhookRow,
    WebhookRows,
    WebhookSearch,
    WebhookWrite,
)
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.endpoints.users import require_administrator
from leadwire.wire.endpoints.webhook_forms import completed, draft_of, event_of
from leadwire.wire.members import counted, page_within, sliced, whole_number
from leadwire.wire.request import Endpoint, Request

_STATUSES: Final = (ENABLED, DISABLED, GIVEN_UP)
_WEBHOOK: Final = "webhook"
_LAPP: Final = "lapp"


async def create(request: Request) -> WriteResult:
    await require_administrator(request)
    body: WebhookWrite = request.body
    draft = draft_of(body, await request.schema(), purpose="creating webhook")
    await request.read(lambda unit: check_draft(unit, draft))
    await _probe(request, draft)
    _tell_of_event(request, body, draft)
    webhook_id: str = await request.write(lambda unit: create_webhook(unit, draft))
    return success(WriteMessage(Id=webhook_id))


async def update(request: Request) -> WriteResult:
    await require_administrator(request)
    body: WebhookWrite = request.body
    webhook_id = body.WebhookId.strip().lower()
    status = None if body.StatusCode is None else _status_to_set(body.StatusCode)
    kept: Webhook = await request.read(lambda unit: get_webhook(unit, webhook_id))
    draft = draft_of(completed(body, kept), await request.schema(), purpose="updating webhook")
    await request.read(lambda unit: check_draft(unit, draft, but=webhook_id))
    await _probe(request, draft)
    _tell_of_event(request, body, draft)

    def change(unit: Unit) -> None:
        update_webhook(unit, webhook_id, draft)
        if status is not None:
            set_webhook_enabled(unit, webhook_id, enabled=status == ENABLED)

    await request.write(change)
    return success(WriteMessage(Id=kept.webhook_id))


async def delete(request: Request) -> StatusResult:
    await require_administrator(request)
    webhook_id = request.parameter("webhookId")
    await request.write(lambda unit: delete_webhook(unit, webhook_id))
    return StatusResult()


async def retrieve(request: Request) -> WebhookRows:
    await require_administrator(request)
    body: WebhookSearch = request.body or WebhookSearch()
    parameter = body.Parameter or WebhookParameters()
    index, size = page_within(request.operation, body.Paging)
    wanted, part = _filter(parameter), sliced(index, size, body.Sorting)
    if parameter.Type.strip().lower() == _LAPP:
        return WebhookRows(0)
    total, found = await request.read(lambda unit: find_webhooks(unit, wanted, part))
    return counted(WebhookRows, total, [_row(webhook) for webhook in found])


async def _probe(request: Request, draft: WebhookDraft) -> None:
    """Check that the receiver responds, and tell the caller if it does not.

    Raises InputInvalid for a forbidden URL.
    """
    probed = await request.services.probe(draft.url, draft.headers)
    if probed.refused:
        raise incorrect("URL", fix=probed.refused)
    if probed.notice:
        request.notice(probed.notice)


def _tell_of_event(request: Request, body: WebhookWrite, draft: WebhookDraft) -> None:
    """Warn about an event that is never raised, or whose code is disputed."""
    name = EVENT_OF_KIND[draft.event].name
    if draft.event in NEVER_RAISED:
        request.notice(f"leadwire never raises {name}: nothing will be delivered.")
    if str(body.WebhookEvent).strip() == DISPUTED_CODE:
        request.notice(
            f"Code {DISPUTED_CODE} is taken for {name}. "
            "To be told of new opportunities, send Opportunity_Post_Create.",
        )


def _status_to_set(value: NumberLike) -> int:
    status = _status(value)
    if status == GIVEN_UP:
        raise incorrect("StatusCode", fix="Send 0 to enable the webhook or 1 to disable it.")
    return status


def _status(value: NumberLike) -> int:
    status = whole_number(value, "StatusCode", least=0)
    if status not in _STATUSES:
        raise incorrect("StatusCode", fix="Send 0, 1 or 2.")
    return status


def _filter(parameter: WebhookParameters) -> WebhookFilter:
    """Raises InputInvalid for an unknown type, event or status."""
    if parameter.Type.strip().lower() not in ("", _WEBHOOK, _LAPP):
        raise incorrect("Type", location="body.Parameter.Type", fix="Send Webhook or Lapp.")
    event = str(parameter.WebhookEvent).strip()
    status = parameter.StatusCode
    return WebhookFilter(
        event=event_of(event) if event else None,
        status=None if status is None or not str(status).strip() else _status(status),
        webhook_id=parameter.WebhookId.strip(),
        text=parameter.SearchText.strip(),
    )


def _row(webhook: Webhook) -> WebhookRow:
    event = EVENT_OF_KIND[webhook.event]
    return WebhookRow(
        WebhookId=webhook.webhook_id,
        EventName=event.shown_name,
        EventCode=event.name,
        Description=webhook.details.description,
        URL=webhook.url,
        Type="Webhook",
        Method="POST",
        ContentType=webhook.content_type,
        WebhookProperties=webhook.details.properties,
        ActivityEvent=webhook.only if webhook.event in OF_ACTIVITIES else None,
        ChangedLeadField=webhook.only if webhook.event in OF_FIELDS else None,
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
