"""The events that webhooks can be made for: data only.

Codes and internal names are the wire's (contract 6.2). Where no code is known the internal name
stands for it, which is accepted everywhere in place of a code.
"""

from typing import Final, Literal

import msgspec

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
