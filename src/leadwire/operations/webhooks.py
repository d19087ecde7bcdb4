"""Operations on webhooks, of ``Webhook.svc``."""

from functools import partial
from typing import Final, Literal

import msgspec

from leadwire.operations.operation import Operation, Parameter, documented, reported
from leadwire.operations.shapes import (
    Flag,
    NumberLike,
    PageNumber,
    SortOrder,
    StatusResult,
    WriteResult,
)

EventKind = Literal[
    "activity_created",
    "activity_updated",
    "lead_created",
    "lead_updated",
    "lead_deleted",
    "leads_merged",
    "lead_field_changed",
    "lead_owner_changed",
    "lead_stage_changed",
    "lead_score_changed",
    "task_created",
    "task_updated",
    "task_completed",
    "opportunity_created",
    "opportunity_updated",
    "opportunity_deleted",
    "opportunity_field_changed",
    "opportunity_stage_changed",
    "user_created",
    "user_updated",
    "user_activation_changed",
]
"""Something that happened, in the domain's words."""


class WebhookEvent(msgspec.Struct, frozen=True):
    """*codes*: all that are accepted, the one that is shown first. *name*: sent as eventType."""

    kind: EventKind
    name: str
    title: str
    codes: tuple[int, ...] = ()


WEBHOOK_EVENTS: Final = (
    WebhookEvent("activity_created", "LeadActivity_Post_Create", "Lead activity created", (2,)),
    WebhookEvent("lead_created", "Lead_Post_Create", "Lead created", (3,)),
    WebhookEvent("lead_owner_changed", "Lead_Post_Owner_Change", "Lead owner changed", (4,)),
    WebhookEvent("lead_stage_changed", "Lead_Post_Stage_Change", "Lead stage changed", (5,)),
    WebhookEvent("lead_updated", "Lead_Post_Update", "Lead updated", (6,)),
    WebhookEvent("task_created", "Task_Post_Create", "Task created", (7,)),
    WebhookEvent("lead_score_changed", "Lead_Post_Score_Change", "Lead score changed", (9,)),
    WebhookEvent("activity_updated", "LeadActivity_Post_Update", "Lead activity updated", (15,)),
    WebhookEvent("task_completed", "Task_Post_Complete", "Task completed", (16,)),
    WebhookEvent("task_updated", "Task_Post_Update", "Task updated", (17,)),
    WebhookEvent("lead_field_changed", "Lead_Field_Change", "Lead field changed", (26,)),
    WebhookEvent("opportunity_created", "Opportunity_Post_Create", "Opportunity created", (29,)),
    WebhookEvent("opportunity_updated", "Opportunity_Post_Update", "Opportunity updated", (30, 32)),
    WebhookEvent("opportunity_deleted", "Opportunity_Post_Delete", "Opportunity deleted", (31, 35)),
    WebhookEvent(
        "opportunity_field_changed", "Opportunity_Field_Change", "Opportunity field changed", (33,)
    ),
    WebhookEvent(
        "opportunity_stage_changed",
        "Opportunity_Post_Stage_Change",
        "Opportunity status or stage changed",
        (34,),
    ),
    WebhookEvent("lead_deleted", "Lead_Post_Delete", "Lead deleted"),
    WebhookEvent("leads_merged", "Lead_Post_Merge", "Leads merged"),
    WebhookEvent("user_created", "User_Post_Create", "User created"),
    WebhookEvent("user_updated", "User_Post_Update", "User updated"),
    WebhookEvent(
        "user_activation_changed", "User_Post_Activation_Change", "User activated or deactivated"
    ),
)

EVENT_OF_KIND: Final = {event.kind: event for event in WEBHOOK_EVENTS}
EVENT_OF_TEXT: Final = {
    text: event for event in WEBHOOK_EVENTS for text in (event.name.lower(), *map(str, event.codes))
}
"""By code and by internal name in lower case, as callers may write either."""


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
    Response: list[WebhookRow] = []


_WEBHOOK_ID: Final = "0d7a4c1e-52b8-4f3a-9c60-8e2b7d1f5a93"
_MISSING: Final = "MXMandatoryAttributeMissingException"
_INVALID: Final = "MXInvalidInputException"
_DUPLICATE: Final = "MXDuplicateEntryException"
_ROLE: Final = "MXUnAuthorizedAccessException"
_ENTITY: Final = "MXInvalidEntityException"
_UNKNOWN: Final = "MXUnknownAttributeException"
_WEBHOOK: Final = (
    '"URL":"https://example.com/hook","Method":"POST","ContentType":"application/json",'
    '"WebhookEvent":"6","NotifyOnFailure":true,"WebhookProperties":null,'
    '"CustomHeaders":[{"Key":"x-hook-key","Value":"a secret"}]'
)

_row = partial(Operation, service="Webhook.svc", api_type="Webhook")

OPERATIONS: Final = (
    _row(
        name="Webhook.Create",
        path="Create",
        summary="Create a webhook",
        body=WebhookWrite,
        body_example=f'{{"Description":"Lead sync",{_WEBHOOK}}}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_WEBHOOK_ID}"}}}}',
        faults=(_MISSING, _INVALID, _DUPLICATE, _ROLE, _UNKNOWN, "MXInvalidDataTypeException"),
        evidence=documented("create-a-webhook"),
        notes=(
            "Administrators only. The page about webhooks lists the events.",
            "A webhook for activities also needs ActivityEvent.",
            'A webhook for a field needs WebhookProperties: "{\\"SchemaName\\":\\"mx_City\\"}".',
            "leadwire sends HEAD to the receiver, or POST without a body if HEAD fails.",
            "The webhook is created in any case. X-Leadwire-Notice says if the receiver failed.",
            "At most 10 custom headers.",
        ),
    ),
    _row(
        name="Webhook.Update",
        path="Update",
        summary="Update a webhook",
        body=WebhookWrite,
        body_example=f'{{"WebhookId":"{_WEBHOOK_ID}","Description":"Lead sync",{_WEBHOOK}}}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_WEBHOOK_ID}"}}}}',
        faults=(
            *(_MISSING, _INVALID, _DUPLICATE, _ROLE, _ENTITY, _UNKNOWN),
            "MXInvalidDataTypeException",
        ),
        repeated="safe",
        evidence=documented("update-a-webhook"),
        notes=(
            "Administrators only. Omitted members stay.",
            "StatusCode 0 enables the webhook, 1 disables it.",
            "A custom header with the value ******** keeps its stored value.",
        ),
    ),
    _row(
        name="Webhook.Retrieve",
        path="Retrieve",
        summary="Search webhooks",
        body=WebhookSearch,
        body_optional=True,
        body_example='{"Parameter":{"Type":"Webhook","WebhookEvent":"LeadActivity_Post_Create",'
        '"StatusCode":0,"WebhookId":"","SearchText":""},'
        '"Sorting":{"ColumnName":"ModifiedOn","Direction":"1"},'
        '"Paging":{"PageIndex":1,"PageSize":100}}',
        result=WebhookRows,
        result_example=f'{{"RecordCount":1,"Response":[{{"WebhookId":"{_WEBHOOK_ID}",'
        '"EventCode":6,"URL":"https://example.com/hook","StatusCode":0}]}',
        faults=(_INVALID, _ROLE),
        page_max=1_000,
        repeated="safe",
        evidence=documented("retrieve-a-webhook"),
        notes=("Administrators only. The values of custom headers are replaced by stars.",),
    ),
    _row(
        name="Webhook.Delete",
        path="Delete",
        summary="Delete a webhook",
        parameters=(Parameter("webhookId", "Id of the webhook.", kind="id", required=True),),
        result=StatusResult,
        result_example='{"Status":"Success"}',
        faults=(_MISSING, _ROLE, _ENTITY),
        repeated="unsafe",
        evidence=reported("integrations that met 405 for POST"),
        notes=("Administrators only. Its waiting deliveries and its history are deleted as well.",),
    ),
)
