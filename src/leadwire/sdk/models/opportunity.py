"""Opportunities, and the result of capturing one."""

from leadwire.sdk.models.activity import Fielded
from leadwire.sdk.rows import Identity, Row, children, flag, moment, text, whole


class Opportunity(Row):
    """An opportunity as a search row. Its fields have names such as mx_Custom_1."""

    __slots__ = ()

    id = Identity("OpportunityId")
    lead_id = text("RelatedProspectId")
    name = text("mx_Custom_1")
    stage = text("mx_Custom_2")
    status = text("Status")
    note = text("OpportunityNote")
    owner_id = text("Owner")
    owner_name = text("OwnerName")
    created_on = moment("CreatedOn")
    modified_on = moment("ModifiedOn")


class OpportunityDetails(Fielded):
    """An opportunity with all its fields."""

    __slots__ = ()

    id = text("OpportunityId")
    lead_id = text("RelatedProspectId")
    type_name = text("Name")
    display_name = text("DisplayName")
    created_on = moment("CreatedOn")
    modified_on = moment("ModifiedOn")


class CaptureAction(Row):
    """*action*: 1 created, 3 activity of a duplicate posted."""

    __slots__ = ()

    activity_id = text("ActivityId")
    action = whole("PostDeDupActionPerformed")


class Captured(Row):
    """The result of capturing an opportunity. A refusal is raised instead."""

    __slots__ = ()

    created_id = text("CreatedOpportunityId")
    conflicting_id = text("ConflictedOpportunityId")
    is_unique = flag("IsUnique")
    request_id = text("RequestId")
    actions = children("AdditionalDetails", CaptureAction)

    @property
    def id(self) -> str:
        """The new opportunity, or the existing one."""
        return self.created_id or self.conflicting_id or ""
