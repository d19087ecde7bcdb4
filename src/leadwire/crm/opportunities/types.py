"""The opportunity types: like activity types, with separate codes."""

from typing import Final, get_args
from uuid import NAMESPACE_URL, uuid5

from leadwire.crm.activities.custom_types import event_invalid
from leadwire.crm.activities.fields import ActivityField, Choice
from leadwire.crm.activities.types import KIND_CUSTOM, ActivityType
from leadwire.operations.sales import SaleStatus

FIRST_OPPORTUNITY: Final = 12_000
NAME_FIELD: Final = "mx_Custom_1"
STAGE_FIELD: Final = "mx_Custom_2"
OPEN: Final = "Open"

_STATUSES: Final = tuple(Choice(name, is_default=name == OPEN) for name in get_args(SaleStatus))
_STAGES: Final = (
    Choice("New", is_default=True),
    *map(Choice, ("Qualification", "Proposal", "Negotiation", "Closed")),
)

OPPORTUNITY_TYPES: Final[dict[int, ActivityType]] = {
    FIRST_OPPORTUNITY: ActivityType(
        FIRST_OPPORTUNITY,
        "Opportunity",
        kind=KIND_CUSTOM,
        type_id=str(uuid5(NAMESPACE_URL, f"leadwire:opportunity-type:{FIRST_OPPORTUNITY}")),
        fields=(
            ActivityField(
                schema_name="Status",
                display_name="Status",
                data_type="Dropdown",
                options=_STATUSES,
                default=OPEN,
            ),
            ActivityField(schema_name=NAME_FIELD, display_name="Opportunity Name", sequence=1),
            ActivityField(
                schema_name=STAGE_FIELD,
                display_name="Stage",
                # Accounts have different stages, and no call declares them, so any text is valid.
                data_type="DropdownWithOthers",
                sequence=2,
                options=_STAGES,
                default="New",
            ),
        ),
    )
}
"""The fixed types of every account. No call creates more."""


def opportunity_type(event_code: int | None) -> ActivityType:
    """The type with a code. Raises ActivityEventInvalid for an unknown code."""
    kind = None if event_code is None else OPPORTUNITY_TYPES.get(event_code)
    if kind is None:
        raise event_invalid("GetOpportunityTypes")
    return kind
