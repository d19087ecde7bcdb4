"""Companies, their activities, and the rows of bulk reports."""

from leadwire.sdk.models.bulk_row import BulkRow
from leadwire.sdk.rows import Identity, Row, flag, mapping, moment, number, text, whole


class Company(Row):
    """A company. The account's own fields have schema names, such as mx_Region."""

    __slots__ = ()

    id = Identity("CompanyId")
    company_number = text("CompanyNumber")
    identifier = text("CompanyIdentifier")
    name = text("CompanyName")
    type_code = text("CompanyType")
    type_name = text("CompanyTypeName")
    stage = text("Stage")
    phone = text("Phone")
    fax = text("Fax")
    website = text("Website")
    email_address = text("EmailAddress")
    street_1 = text("Street1")
    street_2 = text("Street2")
    city = text("City")
    state = text("State")
    country = text("Country")
    zip_code = text("Zip")
    industry = text("Industry")
    source = text("Source")
    description = text("Description")
    revenue = number("Revenue")
    employee_count = number("NumberOfEmployees")
    owner_id = text("OwnerId")
    owner_name = text("OwnerName")
    created_by = text("CreatedBy")
    created_on = moment("CreatedOn")
    modified_by = text("ModifiedBy")
    modified_on = moment("ModifiedOn")


class CompanyRow(BulkRow):
    """The result of one row of a bulk call. A failed row has a type and a message."""

    __slots__ = ()

    company_id = text("CompanyId")
    is_created = flag("CompanyCreated")
    is_updated = flag("CompanyUpdated")
    affected_rows = whole("AffectedRows")
    message = text("ErrorMessage")


class CompanyActivity(Row):
    """An activity of a company. ``fields`` has its own fields, by schema name (mx_Custom_1)."""

    __slots__ = ()

    id = Identity("CompanyActivityId")
    company_id = text("RelatedCompanyId")
    event_code = whole("ActivityEvent")
    event_name = text("ActivityDisplayName")
    note = text("ActivityNote")
    happened_on = moment("ActivityDateTime")
    created_by = text("CreatedBy")
    created_by_name = text("CreatedByName")
    created_on = moment("CreatedOn")
    modified_on = moment("ModifiedOn")
    fields = mapping("ActivityFields")
