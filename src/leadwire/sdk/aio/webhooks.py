"""Webhooks. Administrators only."""

import os
from collections.abc import AsyncIterator
from typing import Final, Unpack

from leadwire.operations import BY_NAME
from leadwire.sdk import reading, writing
from leadwire.sdk.aio.resource import AsyncResource
from leadwire.sdk.bodies import WebhookFields, webhook_body
from leadwire.sdk.masking import Hidden
from leadwire.sdk.models.lead import Written
from leadwire.sdk.models.webhook import Webhook
from leadwire.sdk.reading import Page
from leadwire.webhook_signature import SECRET_BYTES, secret_of

PAGE_MAX: Final = BY_NAME["Webhook.Retrieve"].page_max

_BY_CHANGE: Final = "ModifiedOn"


class AsyncWebhooks(AsyncResource):
    """Webhooks. ``WebhookFields`` lists their fields."""

    async def create(self, **fields: Unpack[WebhookFields]) -> Written:
        """Create a webhook for a *url* and *event*. Returns its ``id``. Administrators only."""
        return await self._call(
            "Webhook.Create", reading.message(Written), body=webhook_body(fields)
        )

    async def update(
        self,
        webhook_id: str,
        *,
        is_enabled: bool | None = None,
        **fields: Unpack[WebhookFields],
    ) -> Written:
        """Change, enable or disable a webhook. Omitted fields keep values. Raises NotFound."""
        status = None if is_enabled is None else int(not is_enabled)
        return await self._call(
            "Webhook.Update",
            reading.message(Written),
            body=writing.without_none(
                {"WebhookId": webhook_id, "StatusCode": status, **webhook_body(fields)}
            ),
        )

    async def rotate_secret(self, webhook_id: str) -> str:
        """Replace the signing secret at once, and return the new one. Raises NotFound.

        A leadwire server alone signs deliveries. Let the receiver take both secrets meanwhile:
        ``verify([old, new], …)``.
        """
        made = Hidden(secret=secret_of(os.urandom(SECRET_BYTES)))
        await self.update(webhook_id, secret=made["secret"])
        return str(made["secret"])

    async def search(  # noqa: PLR0913  # the API's own search arguments
        self,
        text: str | None = None,
        *,
        webhook_id: str | None = None,
        event: int | str | None = None,
        is_enabled: bool | None = None,
        sort_by: str | None = None,
        descending: bool = True,
        page: int = 1,
        page_size: int = 100,
    ) -> Page[Webhook]:
        """One page of the webhooks that match all conditions; at most 1,000 rows."""
        parameter = {
            "SearchText": text,
            "WebhookId": webhook_id,
            "WebhookEvent": event,
            "StatusCode": None if is_enabled is None else int(not is_enabled),
        }
        body = {
            "Parameter": writing.without_none(parameter),
            "Sorting": writing.sorting(sort_by, descending=descending),
            "Paging": writing.paging(page, page_size, of="Webhook.Retrieve"),
        }
        return await self._call(
            "Webhook.Retrieve",
            reading.page(Webhook, "Response"),
            body=writing.without_none(body),
        )

    async def get(self, webhook_id: str) -> Webhook | None:
        """The webhook, or None if the id is unknown."""
        found = await self.search(webhook_id=webhook_id, page_size=1)
        return found[0] if found else None

    async def iter_search(
        self, text: str | None = None, *, page_size: int = 100
    ) -> AsyncIterator[Webhook]:
        """Every webhook that matches, least recently changed first."""

        async def fetch(index: int, size: int) -> Page[Webhook]:
            return await self.search(
                text, sort_by=_BY_CHANGE, descending=False, page=index, page_size=size
            )

        async for webhook in self._every(fetch, page_size, lambda row: row.id):
            yield webhook

    async def delete(self, webhook_id: str) -> Written:
        """Delete a webhook with its queued deliveries. Raises NotFound."""
        return await self._call(
            "Webhook.Delete", reading.message(Written), query={"webhookId": webhook_id}
        )
