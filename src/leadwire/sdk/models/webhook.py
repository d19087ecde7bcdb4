"""Webhooks as searches return them."""

from leadwire.sdk.rows import Identity, Row, flag, moment, text, whole


class Webhook(Row):
    """*status_code*: 0 enabled, 1 disabled, 2 disabled after too many failures in a row."""

    __slots__ = ()

    id = Identity("WebhookId")
    url = text("URL")
    event_code = text("EventCode")
    """The internal name of the event: ``Lead_Post_Create``."""
    event_name = text("EventName")
    """Its name on the screen: ``Lead Creation``."""
    activity_event = whole("ActivityEvent")
    changed_lead_field = text("ChangedLeadField")
    description = text("Description")
    content_type = text("ContentType")
    properties = text("WebhookProperties")
    """JSON text."""
    notifies_on_failure = flag("NotifyOnFailure")
    status_code = whole("StatusCode")
    created_by = text("CreatedBy")
    created_on = moment("CreatedOn")
    modified_by = text("ModifiedBy")
    modified_on = moment("ModifiedOn")

    @property
    def is_enabled(self) -> bool:
        """Whether events are delivered to it."""
        return self.status_code == 0

    @property
    def header_names(self) -> list[str]:
        """The names of its custom headers. The API never returns their values."""
        headers = self.get("CustomHeaders")
        return [
            str(header.get("Key"))
            for header in (headers if isinstance(headers, list) else [])
            if isinstance(header, dict)
        ]
