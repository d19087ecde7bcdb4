"""The definition of a lead field, and the default fields.

Names and order follow LeadSquared's published lead samples. The system writes a ``derived`` field;
callers cannot.
"""

from typing import Final, Literal

import msgspec

from leadwire.operations.lead_fields import FieldDataType

DataType = FieldDataType | Literal["User", "Id"]

RENDER_TYPES: Final[dict[str, tuple[int, str]]] = {
    "Text": (0, "Textbox"),
    "TextArea": (1, "TextArea"),
    "Number": (3, "Textbox"),
    "Email": (5, "Email"),
    "Phone": (6, "Phone"),
    "Website": (7, "URL"),
    "Date": (8, "Date"),
    "DateTime": (9, "DateTime"),
    "RadioButton": (10, "RadioButton"),
    "Boolean": (11, "CheckBox"),
    "Select": (13, "Dropdown"),
    "SearchableDropdown": (14, "SearchableDropdown"),
    "DropdownWithOthers": (15, "DropdownWithOthers"),
    "Time": (21, "Time"),
    "CustomObject": (22, "CustomObject"),
    "User": (0, "Textbox"),
    "Id": (0, "Textbox"),
}
"""RenderType and RenderTypeTextValue. 6, 13 and 21 were observed; the others are inferred."""


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """The origin of an account's field: its id, creator, time, and where it is shown."""

    field_id: str
    created_on: int
    created_by: str
    created_by_name: str
    show_in_import: bool
    show_in_mail_merge: bool
    lock_after_create: int
    use_in_lead_clone: bool
    default_option: str = ""


class LeadField(msgspec.Struct, frozen=True, kw_only=True):
    """One attribute of a lead."""

    schema_name: str
    display_name: str
    data_type: DataType = "Text"
    render: str = ""
    """A key of RENDER_TYPES where it differs from the data type."""
    max_length: int = 200
    """Characters; 0 where length means nothing."""
    options: tuple[str, ...] = ()
    default: str | None = None
    """The default value, before any write."""
    derived: bool = False
    """Written by the system. A caller's value is ignored."""
    kept: bool = False
    """Whether a derived field is stored among the lead's values."""
    unique: bool = False
    quick_search: bool = False
    hidden: bool = False
    """Printed with a lead, but absent from the metadata: a joined name."""
    mandatory: bool = False
    """Whether a new lead must have a value."""
    made: Provenance | None = None
    """None for a default field."""

    @property
    def render_type(self) -> tuple[int, str]:
        return RENDER_TYPES[self.render or self.data_type]


def _text(schema_name: str, display_name: str, **more: object) -> LeadField:
    return LeadField(schema_name=schema_name, display_name=display_name, **more)  # type: ignore[arg-type]


def _derived(
    schema_name: str, display_name: str, data_type: DataType = "Text", **more: object
) -> LeadField:
    return LeadField(  # type: ignore[call-overload,no-any-return,unused-ignore]
        schema_name=schema_name,
        display_name=display_name,
        data_type=data_type,
        max_length=0,
        derived=True,
        **more,  # type: ignore[arg-type]
    )


def _moment(schema_name: str, display_name: str) -> LeadField:
    return _derived(schema_name, display_name, "Date", render="DateTime")


def _flag(schema_name: str, display_name: str) -> LeadField:
    return LeadField(
        schema_name=schema_name, display_name=display_name, data_type="Boolean", default="0"
    )


def _number(schema_name: str, display_name: str, default: str | None = None) -> LeadField:
    return LeadField(
        schema_name=schema_name,
        display_name=display_name,
        data_type="Number",
        max_length=50,
        default=default,
    )


def _website(schema_name: str, display_name: str) -> LeadField:
    return LeadField(
        schema_name=schema_name, display_name=display_name, data_type="Website", max_length=500
    )


STAGES: Final = ("Prospect", "Opportunity", "Customer", "Disqualified")
SOURCES: Final = (
    "Direct Traffic",
    "Inbound Phone Call",
    "Organic Search",
    "Outbound Phone Call",
    "Pay per Click Ads",
    "Referral Sites",
    "Social Media",
    "Unknown",
)
SOURCE_FIELDS: Final = ("Source", "SourceMedium", "SourceCampaign", "SourceContent")
COMPANY_TYPE: Final = "CompanyType"
COMPANY_TYPE_NAME: Final = "CompanyTypeName"
CONTACT_FIELDS: Final = ("FirstName", "LastName", "EmailAddress", "Phone")

FIELDS: Final[tuple[LeadField, ...]] = (
    _derived("ProspectID", "Lead Id", "Id", unique=True),
    _derived("ProspectAutoId", "Lead Number", "Number"),
    _text("FirstName", "First Name", quick_search=True),
    _text("LastName", "Last Name", quick_search=True),
    _text("EmailAddress", "Email", data_type="Email", unique=True, quick_search=True),
    _text("Company", "Company", quick_search=True),
    _text("Origin", "Origin", default="API"),
    _text(
        "Phone", "Phone Number", data_type="Phone", max_length=50, unique=True, quick_search=True
    ),
    _text("Mobile", "Mobile Number", data_type="Phone", max_length=50, quick_search=True),
    _text("Fax", "Fax Number", max_length=50),
    _website("Website", "Website"),
    _text("TimeZone", "Time Zone"),
    _text("Region", "Region"),
    _text("JobTitle", "Job Title"),
    _text("Source", "Lead Source", data_type="Select", options=SOURCES),
    _text("SourceMedium", "Source Medium"),
    _text("Notes", "Notes", render="TextArea", max_length=4000),
    _text("SourceCampaign", "Source Campaign"),
    _text("SourceContent", "Source Content"),
    _flag("DoNotEmail", "Do Not Email"),
    _flag("DoNotCall", "Do Not Call"),
    _text("ProspectStage", "Lead Stage", data_type="Select", options=STAGES, default=STAGES[0]),
    _text("Grade", "Lead Grade"),
    _derived("Score", "Lead Score", "Number"),
    _number("Revenue", "Revenue"),
    _number("EngagementScore", "Engagement Score", "0"),
    _number("TotalVisits", "Total Visits", "0"),
    _number("PageViewsPerVisit", "Page Views Per Visit", "0"),
    _number("AvgTimePerVisit", "Average Time Per Visit", "0"),
    _text("RelatedProspectId", "Related Lead Id", data_type="Id", max_length=36),
    _derived("ProspectActivityId_Min", "First Activity Id", "Id"),
    _moment("ProspectActivityDate_Min", "First Activity Date"),
    _text("Web_Referrer", "Web Referrer", max_length=1000),
    _text("Web_RefKeyword", "Web Referring Keyword"),
    _derived("ProspectActivityId_Max", "Last Activity Id", "Id"),
    _derived("ProspectActivityName_Max", "Last Activity"),
    _moment("ProspectActivityDate_Max", "Last Activity Date"),
    _text("RelatedLandingPageId", "Related Landing Page Id", data_type="Id", max_length=36),
    _derived("FirstLandingPageSubmissionId", "First Landing Page Submission Id", "Id"),
    _moment("FirstLandingPageSubmissionDate", "First Landing Page Submission Date"),
    _text("OwnerId", "Owner", data_type="User", max_length=36),
    _derived("CreatedBy", "Created By", "User"),
    _moment("CreatedOn", "Created On"),
    _derived("ModifiedBy", "Modified By", "User"),
    _moment("ModifiedOn", "Modified On"),
    _moment("LeadConversionDate", "Lead Conversion Date"),
    _derived("StatusCode", "Status Code", "Number", default="0"),
    _text("StatusReason", "Status Reason", default="0"),
    _derived("IsLead", "Is Lead", "Boolean", default="1"),
    _text("mx_Street1", "Address 1"),
    _text("mx_Street2", "Address 2"),
    _text("mx_City", "City", quick_search=True),
    _text("mx_State", "State"),
    _text("mx_Country", "Country", quick_search=True),
    _text("mx_Zip", "Zip", max_length=50),
    _text("mx_Geography", "Geography"),
    _text("mx_DOB", "Date Of Birth", data_type="Date", max_length=0),
    _text("mx_Anniversary", "Anniversary", data_type="Date", max_length=0),
    _website("mx_FaceBookURL", "Facebook URL"),
    _website("mx_TwitterURL", "Twitter URL"),
    _moment("LeadLastModifiedOn", "Lead Last Modified On"),
    _moment("LastVisitDate", "Last Visit Date"),
    _text("NotableEvent", "Notable Event"),
    _moment("NotableEventdate", "Notable Event Date"),
    _text("SourceReferrer", "Source Referrer", max_length=1000),
    _website("SourceReferrerURL", "Source Referrer URL"),
    _website("ConversionReferrerURL", "Conversion Referrer URL"),
    _text("SourceIPAddress", "Source IP Address", max_length=50),
    _text("Longitude", "Longitude", max_length=50),
    _text("Latitude", "Latitude", max_length=50),
    _derived("DeletionStatusCode", "Deletion Status", "Number", default="0"),
    _flag("DoNotSMS", "Do Not SMS"),
    _flag("DoNotTrack", "Do Not Track"),
    _text("QualityScore01", "Quality Score", data_type="Number", max_length=50),
    _text("LinkedInId", "LinkedIn Id"),
    _text("SkypeId", "Skype Id"),
    _text("GTalkId", "GTalk Id"),
    _website("PhotoUrl", "Photo URL"),
    _text("TwitterId", "Twitter Id"),
    _text("FacebookId", "Facebook Id"),
    _text("AccountName", "Account Name"),
    _text("RelatedCompanyId", "Company Id", data_type="Id", max_length=36),
    _derived(COMPANY_TYPE, "Company Type", kept=True),
    _derived(COMPANY_TYPE_NAME, "Company Type Name", kept=True),
    _flag("IsPrimaryContact", "Is Primary Contact"),
    _derived("OwnerIdName", "Owner Name", hidden=True),
    _derived("OwnerIdEmailAddress", "Owner Email", hidden=True),
    _derived("CreatedByName", "Created By Name", hidden=True),
    _derived("ModifiedByName", "Modified By Name", hidden=True),
    _derived("CanUpdate", "Can Update", hidden=True, default="true"),
)
