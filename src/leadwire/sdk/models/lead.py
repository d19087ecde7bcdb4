"""Leads, and the results of calls that change them."""

from typing import Any

from leadwire.sdk.models.bulk_row import BulkRow
from leadwire.sdk.rows import (
    Identity,
    IdMissing,
    Row,
    children,
    flag,
    json_object,
    mapping,
    moment,
    number,
    text,
    whole,
)


class Lead(Row):
    """A lead. Other fields, the account's own included, have schema names."""

    __slots__ = ()

    id = Identity("ProspectID")
    auto_id = text("ProspectAutoId")
    first_name = text("FirstName")
    last_name = text("LastName")
    email_address = text("EmailAddress")
    phone = text("Phone")
    mobile = text("Mobile")
    company = text("Company")
    job_title = text("JobTitle")
    website = text("Website")
    fax = text("Fax")
    notes = text("Notes")
    time_zone = text("TimeZone")
    lead_type = text("LeadType")
    stage = text("ProspectStage")
    grade = text("Grade")
    score = number("Score")
    engagement_score = number("EngagementScore")
    revenue = number("Revenue")
    origin = text("Origin")
    source = text("Source")
    source_medium = text("SourceMedium")
    source_campaign = text("SourceCampaign")
    source_content = text("SourceContent")
    do_not_email = flag("DoNotEmail")
    do_not_call = flag("DoNotCall")
    do_not_sms = flag("DoNotSMS")
    do_not_track = flag("DoNotTrack")
    is_lead = flag("IsLead")
    status_code = whole("StatusCode")
    status_reason = text("StatusReason")
    owner_id = text("OwnerId")
    owner_name = text("OwnerIdName")
    owner_email_address = text("OwnerIdEmailAddress")
    created_by = text("CreatedBy")
    created_on = moment("CreatedOn")
    modified_by = text("ModifiedBy")
    modified_on = moment("ModifiedOn")
    last_modified_on = moment("LeadLastModifiedOn")
    converted_on = moment("LeadConversionDate")
    last_activity_on = moment("ProspectActivityDate_Max")
    last_activity_name = text("ProspectActivityName_Max")
    street_1 = text("mx_Street1")
    street_2 = text("mx_Street2")
    city = text("mx_City")
    state = text("mx_State")
    country = text("mx_Country")
    zip_code = text("mx_Zip")

    def field_set(self, schema_name: str) -> dict[str, Any]:
        """The members of a custom field set, by schema name; empty if it has none.

        On the wire a set is JSON text.
        """
        return json_object(self.get(schema_name))


def number_of(lead: Lead) -> int:
    """The lead's number. Raises IdMissing if the API omitted it."""
    told = lead.auto_id or ""
    if not told.isdecimal():
        raise IdMissing(
            "The answer has no ProspectAutoId, which identifies leads while paginating."
        )
    return int(told)


class Written(Row):
    """The result of a write. Each operation sets some of the members."""

    __slots__ = ()

    id = Identity("Id")
    related_id = text("RelatedId")
    is_created = flag("IsCreated")
    affected_rows = whole("AffectedRows")
    lead_score = number("LeadScore")
    is_successful = flag("IsSuccessful")
    message = text("Message")


class LeadRow(BulkRow):
    """The result of one row of a bulk call. A failed row has a type and a message."""

    __slots__ = ()

    lead_id = text("LeadId")
    is_created = flag("LeadCreated")
    is_updated = flag("LeadUpdated")
    affected_rows = whole("AffectedRows")
    message = text("ErrorMessage")


class UnchangedLead(Row):
    """A lead that Lead/Bulk/UpdateV2 did not change, with the reason."""

    __slots__ = ()

    identifier = text("Identifier")
    value = text("IdentifierValue")
    reason = text("Reason")


class BulkCounts(Row):
    """How many leads a bulk update changed, and how many it did not."""

    __slots__ = ()

    total = whole("TotalCount")
    succeeded = whole("SuccessCount")
    failed = whole("FailureCount")
    unprocessed = whole("UnProcessedCount")
    message = text("Message")


class BulkDetails(Row):
    """The leads that a bulk update did not change."""

    __slots__ = ()

    failed = children("FailedLeads", UnchangedLead)
    unprocessed = children("UnProcessedLeads", UnchangedLead)


class LeadOwner(Row):
    """The user who owns a lead."""

    __slots__ = ()

    id = Identity("UserId")
    first_name = text("FirstName")
    last_name = text("LastName")
    email_address = text("EmailAddress")
    role = text("Role")
    time_zone = text("TimeZone")
    is_administrator = flag("IsAdministrator")
    is_phone_call_agent = flag("IsPhoneCallAgent")
    status_code = whole("StatusCode")


class BulkReport(Row):
    """The answer of Lead/Bulk/UpdateV2."""

    __slots__ = ()

    _status = mapping("Status")
    _details = mapping("Details")

    @property
    def counts(self) -> BulkCounts:
        """How many leads were changed."""
        return BulkCounts(self._status)

    @property
    def details(self) -> BulkDetails:
        """The leads that were not changed."""
        return BulkDetails(self._details)
