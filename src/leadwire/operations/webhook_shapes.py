"""The JSON of webhooks: managing them, and what is posted to their receivers."""

import msgspec
from msgspec import UNSET, UnsetType

from leadwire.operations.shapes import Flag, NumberLike, PageNumber, SortOrder


class CustomHeader(msgspec.Struct):
    """A header that every delivery carries. Its value is kept out of every log."""

    Key: str
    Value: str = ""

    def __repr__(self) -> str:
        return f"CustomHeader({self.Key!r})"


class WebhookWrite(msgspec.Struct):
    """Body of Webhook.svc/Create, and with WebhookId of Update, where what is left out stays."""

    WebhookId: str = ""
    Description: str | None = None
    URL: str | None = None
    Method: str | None = None
    ContentType: str | None = None
    WebhookEvent: NumberLike | None = None
    """A code, or the internal name."""
    ActivityEvent: NumberLike | None = None
    """The code that a webhook for activities is about."""
    IsSpecificLandingPage: Flag | None = None
    LandingPageUrls: str | None = None
    NotifyOnFailure: Flag | None = None
    WebhookProperties: str | None = None
    """JSON as text."""
    CustomHeaders: list[CustomHeader] | None = None
    StatusCode: NumberLike | None = None
    """0 enables, 1 disables; of Update alone."""


class WebhookParameters(msgspec.Struct):
    Type: str = ""
    WebhookEvent: NumberLike = ""
    StatusCode: NumberLike | None = None
    WebhookId: str = ""
    SearchText: str = ""


class WebhookSearch(msgspec.Struct):
    """Body of Webhook.svc/Retrieve."""

    Parameter: WebhookParameters | None = None
    Sorting: SortOrder | None = None
    Paging: PageNumber | None = None


class WebhookRow(msgspec.Struct):
    WebhookId: str
    EventCode: int | None
    WebhookEvent: str
    """The internal name."""
    Type: str
    URL: str
    Description: str
    Method: str
    ContentType: str
    WebhookProperties: str | None
    ActivityEvent: str | None
    CustomHeaders: list[CustomHeader]
    """With stars for their values."""
    NotifyOnFailure: bool
    IsSpecificLandingPage: bool
    LandingPageUrls: str | None
    StatusCode: int
    """0 enabled, 1 disabled by hand, 2 disabled after too many failures in a row."""
    CreatedBy: str
    CreatedOn: str
    ModifiedBy: str
    ModifiedOn: str


class WebhookRows(msgspec.Struct, omit_defaults=True):
    RecordCount: int
    Response: list[WebhookRow] | UnsetType = UNSET
