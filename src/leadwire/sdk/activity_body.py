"""The bodies that write activities and opportunities, now and later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypedDict

from leadwire.sdk import writing
from leadwire.sdk.writing import FieldValue


class CaptureOptions(TypedDict, total=False):
    """What capturing an opportunity may be told beside its fields."""

    note: str
    at: datetime
    update_empty_fields: bool
    overwrite_fields: bool
    skip_duplicate_activity: bool
    keep_owner: bool


_CAPTURE_NAMES = {
    "update_empty_fields": "UpdateEmptyFields",
    "overwrite_fields": "OverwriteFields",
    "skip_duplicate_activity": "DoNotPostDuplicateActivity",
    "keep_owner": "DoNotChangeOwner",
}


def activity_body(
    event_code: int | None,
    note: str | None,
    at: datetime | None,
    fields: Mapping[str, FieldValue] | None,
) -> dict[str, Any]:
    """The members of an activity, without those that are not given. Raises ValueUnfit."""
    return writing.without_none(
        {
            "ActivityEvent": event_code,
            "ActivityNote": note,
            "ActivityDateTime": writing.moment_text(at),
            "Fields": writing.slots(fields),
        }
    )


def capture_body(
    lead: Mapping[str, FieldValue],
    fields: Mapping[str, FieldValue],
    event_code: int,
    search_by: str | None,
    options: CaptureOptions,
) -> dict[str, Any]:
    """An opportunity with its lead. Raises ValueUnfit, also for an option that there is not."""
    writing.only(options, tuple(CaptureOptions.__annotations__))
    opportunity = {
        "OpportunityEventCode": event_code,
        "OpportunityNote": options.get("note"),
        "OpportunityDateTime": writing.moment_text(options.get("at")),
        **{_CAPTURE_NAMES[name]: options.get(name) for name in _CAPTURE_NAMES},
        "Fields": writing.slots(fields),
    }
    return {
        "LeadDetails": writing.lead_attributes(lead, {}, search_by=search_by),
        "Opportunity": writing.without_none(opportunity),
    }


def opportunity_change(
    opportunity_id: str,
    fields: Mapping[str, FieldValue] | None,
    note: str | None,
    lead_id: str | None,
    event_code: int | None,
) -> dict[str, Any]:
    """The members of a changed opportunity: what is left out stays."""
    return writing.without_none(
        {
            "ProspectOpportunityId": opportunity_id,
            "RelatedProspectId": lead_id,
            "OpportunityEvent": event_code,
            "OpportunityNote": note,
            "Fields": writing.slots(fields),
        }
    )
