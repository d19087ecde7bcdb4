"""What a webhook is made of, and the body that writes one."""

from collections.abc import Mapping
from typing import Any, Final, Literal, TypedDict

import msgspec

from leadwire.sdk import writing

ContentType = Literal["application/json", "application/x-www-form-urlencoded"]


class WebhookFields(TypedDict, total=False):
    """What a webhook is made of.

    *event* is a code or an internal name, such as ``Lead_Post_Create``. *properties* is what some
    events need to know: ``{"SchemaName": "mx_City"}``. Values of *headers* are secrets: no log
    and no answer has them.
    """

    url: str
    event: int | str
    activity_event: int
    properties: Mapping[str, Any]
    headers: Mapping[str, str]
    description: str
    content_type: ContentType
    notify_on_failure: bool


_NAMES: Final = {
    "url": "URL",
    "event": "WebhookEvent",
    "activity_event": "ActivityEvent",
    "description": "Description",
    "content_type": "ContentType",
    "notify_on_failure": "NotifyOnFailure",
}


def webhook_body(fields: WebhookFields) -> dict[str, Any]:
    """The body; raises ValueUnfit for a member that a webhook does not have."""
    writing.only(fields, tuple(WebhookFields.__annotations__))
    members: dict[str, Any] = {
        _NAMES[name]: value for name, value in fields.items() if name in _NAMES
    }
    properties, headers = fields.get("properties"), fields.get("headers")
    if properties is not None:
        members["WebhookProperties"] = msgspec.json.encode(properties).decode()
    if headers is not None:
        members["CustomHeaders"] = [
            {"Key": name, "Value": value} for name, value in headers.items()
        ]
    return members
