"""Opportunities, and what capturing one reports."""

from leadwire.sdk.models.activity import Fielded
from leadwire.sdk.rows import Identity, Row, children, flag, moment, text, whole


class Opportunity(Row):
    """An opportunity as the row of a search; its fields by names such as mx_Custom_1."""

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
    """An opportunity, field by field."""

    __slots__ = ()

    id = text("OpportunityId")
    lead_id = text("RelatedProspectId")
    type_name = text("Name")
    display_name = text("DisplayName")
    created_on = moment("CreatedOn")
    modified_on = moment("ModifiedOn")


class CaptureAction(Row):
    """*action*: 1 created, 3 the activity of a duplicate posted."""

    __slots__ = ()

    activity_id = text("ActivityId")
    action = whole("PostDeDupActionPerformed")


class Captured(Row):
    """What became of a captured opportunity; a refused one is raised and not returned."""

    __slots__ = ()

    created_id = text("CreatedOpportunityId")
    conflicting_id = text("ConflictedOpportunityId")
    is_unique = flag("IsUnique")
    request_id = text("RequestId")
    actions = children("AdditionalDetails", CaptureAction)

    @property
    def id(self) -> str:
        """The opportunity that was created, or else the one that was there already."""
        return self.created_id or self.conflicting_id or ""
