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
    "landing_page_submitted",
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
    "task_reminder_due",
    "opportunity_created",
    "opportunity_updated",
    "opportunity_deleted",
    "opportunity_field_changed",
    "opportunity_stage_changed",
    "user_created",
    "user_updated",
    "user_activation_changed",
    "product_created",
    "product_updated",
    "product_deleted",
    "leave_created",
    "leave_updated",
    "leave_deleted",
]
"""An event, in the domain's words."""

NEVER_RAISED: Final[frozenset[EventKind]] = frozenset(
    {"leave_created", "leave_updated", "leave_deleted"}
)
"""Events that a webhook may be about although nothing in leadwire raises them."""


class WebhookEvent(msgspec.Struct, frozen=True):
    """An event as callers name it."""

    kind: EventKind
    name: str
    """The internal name: sent as eventType, and shown as EventCode."""
    title: str
    """The name in the documentation's list of events."""
    codes: tuple[int, ...] = ()
    screen_name: str = ""
    """The name on LeadSquared's screen, where it is known to differ from *title*."""

    @property
    def shown_name(self) -> str:
        """What Retrieve shows as EventName."""
        return self.screen_name or self.title


_event = WebhookEvent

WEBHOOK_EVENTS: Final = (
    _event("landing_page_submitted", "Landing_Page_submission", "Landing Page Submission", (1,)),
    _event("activity_created", "LeadActivity_Post_Create", "Lead Activity Create", (2,)),
    _event("lead_created", "Lead_Post_Create", "Lead Create", (3,), "Lead Creation"),
    _event("lead_owner_changed", "Lead_Owner_Change", "Lead Owner Change", (4,)),
    _event("lead_stage_changed", "Lead_Post_Stage_Change", "Lead Stage Change", (5,)),
    _event("lead_updated", "Lead_Post_Update", "Lead Update", (6,)),
    _event("task_created", "Task_Create", "Task Create", (7,)),
    _event("task_reminder_due", "Task_Reminder", "Task Reminder", (8,)),
    _event("lead_score_changed", "Lead_Score_Change", "Lead Score Change", (9,)),
    _event("activity_updated", "LeadActivity_Post_Update", "Lead Activity Update", (15,)),
    _event("task_completed", "Task_Complete", "Task Complete", (16,)),
    _event("task_updated", "Task_Update", "Task Update", (17,)),
    _event("lead_field_changed", "Lead_Field_Change", "Lead Field Update", (26,)),
    # 29 to 31 were read in a live account; the documentation counts from 31 to 35.
    _event("opportunity_created", "Opportunity_Post_Create", "Opportunity Create", (29,)),
    _event("opportunity_updated", "Opportunity_Post_Update", "Opportunity Update", (30, 32)),
    _event("opportunity_deleted", "Opportunity_Post_Delete", "Opportunity Delete", (31, 35)),
    _event(
        "opportunity_field_changed",
        "OpportunityField_Post_Update",
        "Opportunity Field Update",
        (33,),
    ),
    _event(
        "opportunity_stage_changed",
        "OpportunityStage_Post_Update",
        "Opportunity Stage Update",
        (34,),
    ),
    _event("lead_deleted", "Lead_Delete", "Lead Delete"),
    _event("leads_merged", "Lead_Merge", "Lead Merge"),
    _event("user_created", "User_Create", "User Create"),
    _event("user_updated", "User_Update", "User Update"),
    _event("user_activation_changed", "User_Active_Status_Change", "User Active Status Change"),
    _event("product_created", "Product_Post_Create", "Product Create"),
    _event("product_updated", "Product_Post_Update", "Product Update"),
    _event("product_deleted", "Product_Delete", "Product Delete"),
    _event("leave_created", "Leave_Create", "Leave Create"),
    _event("leave_updated", "Leave_Update", "Leave Update"),
    _event("leave_deleted", "Leave_Delete", "Leave Delete"),
)

DISPUTED_CODE: Final = "31"
"""Opportunity Delete in a live account, Opportunity Create in the documentation."""

EVENT_OF_KIND: Final = {event.kind: event for event in WEBHOOK_EVENTS}
EVENT_OF_TEXT: Final = {
    text: event for event in WEBHOOK_EVENTS for text in (event.name.lower(), *map(str, event.codes))
}
"""The event of a code, or of an internal name in lower case."""


class CustomHeader(msgspec.Struct):
    """A header that every delivery carries. No log shows its value."""

    Key: str
    Value: str = ""

    def __repr__(self) -> str:
        return f"CustomHeader({self.Key!r})"


class WebhookWrite(msgspec.Struct):
    """Body of Webhook.svc/Create, and with WebhookId of Update. Omitted members stay."""

    WebhookId: str = ""
    Description: str | None = None
    URL: str | None = None
    Method: str | None = None
    ContentType: str | None = None
    WebhookEvent: NumberLike | None = None
    """A code, or the internal name."""
    ActivityEvent: NumberLike | None = None
    """The activity type that a webhook for activities is about."""
    ChangedLeadField: str | None = None
    """The field that a webhook for a field is about. WebhookProperties may name it instead."""
    IsSpecificLandingPage: Flag | None = None
    LandingPageUrls: str | None = None
    NotifyOnFailure: Flag | None = None
    WebhookProperties: str | None = None
    """JSON as text."""
    CustomHeaders: list[CustomHeader] | None = None
    StatusCode: NumberLike | None = None
    """0 enables, 1 disables; only in Update."""
    SigningSecret: str | None = None
    """The secret that signs each delivery: leadwire's own member. No answer and no log shows it."""

    def __repr__(self) -> str:
        return f"WebhookWrite({self.WebhookId!r})"


class WebhookParameters(msgspec.Struct):
    Type: str = ""
    """Webhook or Lapp. leadwire has no webhooks of type Lapp."""
    WebhookEvent: NumberLike = ""
    StatusCode: NumberLike | None = None
    WebhookId: str = ""
    SearchText: str = ""
    """A part of the event's name or of the description."""


class WebhookSearch(msgspec.Struct):
    """Body of Webhook.svc/Retrieve."""

    Parameter: WebhookParameters | None = None
    Sorting: SortOrder | None = None
    Paging: PageNumber | None = None


class WebhookRow(msgspec.Struct):
    """The documentation shows the first five members. The others are leadwire's choice."""

    WebhookId: str
    EventName: str
    """As on the screen: Lead Creation."""
    EventCode: str
    """The internal name: Lead_Post_Create."""
    Description: str
    URL: str
    Type: str
    Method: str
    ContentType: str
    WebhookProperties: str | None
    ActivityEvent: str | None
    ChangedLeadField: str | None
    CustomHeaders: list[CustomHeader]
    """Their values are replaced by stars."""
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
_TYPE: Final = "MXInvalidDataTypeException"
_ACTIVITY: Final = "MXInvalidActivityException"
_WEBHOOK: Final = (
    '"URL":"https://example.com/hook","Method":"POST","ContentType":"application/json",'
    '"WebhookEvent":"6","NotifyOnFailure":true,"WebhookProperties":null,'
    '"CustomHeaders":[{"Key":"x-hook-key","Value":"a secret"}]'
)

_row = partial(Operation, service="Webhook.svc", api_type="Webhook")

OPERATIONS: Final = (
    _row(
        name="Webhook.Create",
        purpose="creating webhook",
        mandatory=("WebhookEvent", "URL"),
        path="Create",
        summary="Create a webhook",
        body=WebhookWrite,
        body_example=f'{{"Description":"Lead sync",{_WEBHOOK}}}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_WEBHOOK_ID}"}}}}',
        faults=(_MISSING, _INVALID, _DUPLICATE, _ROLE, _UNKNOWN, _TYPE, _ACTIVITY),
        evidence=documented("create-a-webhook"),
        notes=(
            "Administrators only. The page about webhooks lists the events.",
            "A webhook for activities needs ActivityEvent, also when WebhookProperties name it.",
            "A webhook for a field needs ChangedLeadField, here or in WebhookProperties.",
            "Nothing raises the events of leave: X-Leadwire-Notice says so.",
            "Code 31 is Opportunity Delete, as in a live account. The documentation has Create.",
            "leadwire sends HEAD to the receiver, or POST without a body if HEAD fails.",
            "The webhook is created in any case. X-Leadwire-Notice says if the receiver failed.",
            "At most 10 custom headers.",
            "SigningSecret is leadwire's own: whsec_ and Base64. Without it leadwire makes one.",
        ),
    ),
    _row(
        name="Webhook.Update",
        mandatory=("WebhookId",),
        purpose="updating webhook",
        path="Update",
        summary="Update a webhook",
        body=WebhookWrite,
        body_example=f'{{"WebhookId":"{_WEBHOOK_ID}","Description":"Lead sync",{_WEBHOOK}}}',
        result=WriteResult,
        result_example=f'{{"Status":"Success","Message":{{"Id":"{_WEBHOOK_ID}"}}}}',
        faults=(
            *(_MISSING, _INVALID, _DUPLICATE, _ROLE, _ENTITY, _UNKNOWN),
            *(_TYPE, _ACTIVITY),
        ),
        repeated="safe",
        evidence=documented("update-a-webhook"),
        notes=(
            "Administrators only. Omitted members stay.",
            "StatusCode 0 enables the webhook, 1 disables it.",
            "A custom header with the value ******** keeps its stored value.",
            "SigningSecret is leadwire's own: it replaces the secret at once.",
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
        '"EventName":"Lead Creation","EventCode":"Lead_Post_Create","Description":"Lead sync",'
        '"URL":"https://example.com/hook","StatusCode":0}]}',
        faults=(_INVALID, _ROLE),
        page_max=1_000,
        repeated="safe",
        evidence=documented("retrieve-a-webhook"),
        notes=(
            "Administrators only. The values of custom headers are replaced by stars.",
            "The documentation shows members to URL; those after it are inferred from Create.",
            "SearchText is looked for in the event's names and in the description.",
        ),
    ),
    _row(
        name="Webhook.Delete",
        purpose="deleting webhook",
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
