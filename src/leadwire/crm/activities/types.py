"""The standard activity types, and the custom ones that a new account starts with."""

from typing import Final, Literal, get_args
from uuid import NAMESPACE_URL, uuid5

import msgspec

from leadwire.crm.activities.fields import ActivityField, Choice
from leadwire.operations.sales import SaleStatus

Direction = Literal["Inbound", "Outbound", "Information"]

INBOUND_CALL: Final = 21
OUTBOUND_CALL: Final = 22
FORM_SUBMITTED: Final = 3
LEAD_CAPTURE: Final = 23
SALES_ACTIVITY: Final = 30
DUPLICATE_OPPORTUNITY: Final = 32
OPPORTUNITY_CAPTURED: Final = 33
FIRST_CUSTOM: Final = 200
LAST_CUSTOM: Final = 2_999
STAGE_CHANGE: Final = 3002
LEADS_MERGED: Final = 3003
HISTORY: Final = (STAGE_CHANGE, LEADS_MERGED)
"""Entries that the system makes in a lead's history. Callers cannot post them."""

KIND_SYSTEM: Final = 1
KIND_CUSTOM: Final = 2
KIND_PHONE_CALL: Final = 3
KIND_STAGE_CHANGE: Final = 26


class ActivityType(msgspec.Struct, frozen=True, omit_defaults=True):
    """A type of activity. Each activity adds *score* to the lead's score."""

    event_code: int
    name: str
    direction: Direction = "Information"
    kind: int = KIND_SYSTEM
    score: int = 0
    type_id: str = ""
    description: str = ""
    fields: tuple[ActivityField, ...] = ()
    """The declared fields."""
    can_delete: bool = True

    @property
    def is_custom(self) -> bool:
        """Whether an account may change it."""
        return self.kind == KIND_CUSTOM

    @property
    def is_listed(self) -> bool:
        """Whether ActivityTypes.Get shows it. It leaves out the system's history entries."""
        return self.event_code not in HISTORY


SALE_PRODUCT: Final = "mx_Custom_1"
SALE_VALUE: Final = "mx_Custom_2"
SALE_DATE: Final = "mx_Custom_3"
SALE_OWNER: Final = "mx_Custom_4"

_SALE_FIELDS: Final = tuple(
    ActivityField(
        schema_name=schema_name,
        display_name=display_name,
        data_type=data_type,
        is_mandatory=True,
        sequence=sequence,
        options=options,
    )
    for sequence, (schema_name, display_name, data_type, options) in enumerate(
        (
            ("Status", "Status", "Dropdown", tuple(map(Choice, get_args(SaleStatus)))),
            (SALE_PRODUCT, "Product", "Product", ()),
            (SALE_VALUE, "Order Value", "Number", ()),
            (SALE_DATE, "Sales Date", "DateTime", ()),
            (SALE_OWNER, "Sales Owner", "ActiveUsers", ()),
        ),
        1,
    )
)
"""The fields of a sales activity. Its other slots take any text."""

_TYPES: Final = (
    ActivityType(0, "Email Opened", "Inbound"),
    ActivityType(1, "Email Link Clicked", "Inbound"),
    ActivityType(2, "Page Visited on Website", "Inbound"),
    ActivityType(FORM_SUBMITTED, "Form Submitted on Website", "Inbound"),
    ActivityType(4, "Tracking URL Clicked", "Inbound"),
    ActivityType(5, "Unsubscribed", "Inbound"),
    ActivityType(6, "Unsubscribe Link Clicked", "Inbound"),
    ActivityType(8, "Mailing Preference Link Clicked", "Inbound"),
    ActivityType(9, "Marked Spam", "Inbound"),
    ActivityType(10, "Bounced", "Inbound"),
    ActivityType(11, "View In Browser Clicked", "Inbound"),
    ActivityType(12, "Positive Response", "Inbound"),
    ActivityType(13, "Negative Response", "Inbound"),
    ActivityType(14, "Neutral Response", "Inbound"),
    ActivityType(15, "Resubscribed", "Inbound"),
    ActivityType(18, "Positive Inbound Email", "Inbound"),
    ActivityType(19, "Converted to Lead", "Inbound"),
    ActivityType(20, "Conversion Button Clicked", "Inbound"),
    ActivityType(INBOUND_CALL, "Inbound Phone Call Activity", "Inbound", KIND_PHONE_CALL),
    ActivityType(OUTBOUND_CALL, "Outbound Phone Call Activity", "Outbound", KIND_PHONE_CALL),
    ActivityType(LEAD_CAPTURE, "Lead Capture", "Inbound"),
    ActivityType(SALES_ACTIVITY, "Sales Activity", "Outbound", fields=_SALE_FIELDS),
    ActivityType(DUPLICATE_OPPORTUNITY, "Duplicate Opportunity Detected"),
    ActivityType(OPPORTUNITY_CAPTURED, "Opportunity Captured"),
    ActivityType(34, "Opportunity Shared"),
    ActivityType(35, "Opportunity Share Revoked"),
    ActivityType(97, "Dynamic Form Submission", "Inbound"),
    ActivityType(98, "Payment", "Inbound"),
    ActivityType(STAGE_CHANGE, "StageChange", "Information", KIND_STAGE_CHANGE),
    ActivityType(LEADS_MERGED, "LeadsMerged"),
    ActivityType(200, "Meeting", "Outbound", KIND_CUSTOM, 5),
    ActivityType(201, "Site Visit", "Inbound", KIND_CUSTOM, 10),
    ActivityType(202, "Demo", "Outbound", KIND_CUSTOM, 10),
)

ACTIVITY_TYPES: Final[dict[int, ActivityType]] = {
    kind.event_code: msgspec.structs.replace(
        kind, type_id=str(uuid5(NAMESPACE_URL, f"leadwire:activity-type:{kind.event_code}"))
    )
    for kind in _TYPES
}
"""The default types. Rows hold an account's new types and its changes to these."""
