"""What the pages of a website call: forms, visitors, and the script for both.

Pages have no keys. A form names its account by the account's code, which is not a secret.
"""

from functools import partial
from typing import Final

import msgspec

from leadwire.operations.operation import Operation, Parameter, documented, inferred, seen

ORG_CODE: Final = "MXHOrgCode"
VISITOR_ID: Final = "ProspectID"


class WebForm(msgspec.Struct, kw_only=True):
    """Fields that every form has or may have. All others are lead fields, by schema name."""

    MXHOrgCode: str
    """The account's code: OrgShortCode of UserByAccessKey.Get."""
    MXHLandingPageId: str = ""
    MXHRedirectUrl: str = ""
    MXHPageTitle: str = ""
    MXHFormBehaviour: str = ""
    MXHFormDataTransfer: str = ""
    MXHAsc: str = ""
    MXHOutputMessagePosition: str = ""
    MXHIsExternallyUsed: str = ""
    ProspectID: str = ""
    """The visitor's id."""
    FirstName: str = ""
    EmailAddress: str = ""
    Phone: str = ""


_row = partial(Operation, service="", api_type="Web", in_sdk=False)

OPERATIONS: Final = (
    _row(
        name="Web.SubmitForm",
        purpose="submitting form",
        path="t/FormTracker.aspx",
        summary="Submit the form of a web page",
        body=WebForm,
        form="fields",
        body_example='{"MXHOrgCode":"1001","FirstName":"Asha","EmailAddress":"asha@example.com",'
        '"MXHRedirectUrl":"https://www.example.com/thanks"}',
        result=bytes,
        result_media="text/html",
        result_example='"<!doctype html>…"',
        redirects=True,
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXInvalidInputException",
            "MXDuplicateEntryException",
        ),
        evidence=seen("the forms of public web pages"),
        notes=(
            "The body is application/x-www-form-urlencoded or multipart/form-data.",
            "The lead is found by ProspectID, e-mail address or phone, as Lead.Capture finds it.",
            'The lead gets the activity "Form Submitted on Website" (3).',
            "302 leads to MXHRedirectUrl if that is on the host of the page with the form.",
            "web_form_redirect_hosts names other hosts. Any other form gets a short page.",
            "Fields that no lead has are left out; X-Leadwire-Ignored names them.",
            "MXHAsc and the other MXH members have no effect: their meaning is not public.",
        ),
        keys="account code",
    ),
    _row(
        name="Web.Visit",
        purpose="registering visitor",
        path="t/Visit",
        summary="Make the id of a visitor known",
        parameters=(
            Parameter(ORG_CODE, "The account's code.", required=True),
            Parameter(VISITOR_ID, "The visitor's id.", kind="id", required=True),
        ),
        result=bytes,
        result_media="text/plain",
        result_example='""',
        faults=("MXInvalidInputException", "MXMandatoryAttributeMissingException"),
        repeated="safe",
        evidence=inferred("Web.Script"),
        notes=(
            "The script calls it. Lead.Convert and Lead.Capture then take the id for a new lead.",
            "The setting visitors_max says how many are kept; then the oldest is forgotten.",
        ),
        keys="account code",
    ),
    _row(
        name="Web.Script",
        path="t/Tracker.js",
        aliases=("t/FormTracker.js",),
        summary="Get the script for web pages",
        result=bytes,
        result_media="text/javascript",
        result_example='"…"',
        evidence=documented("visitor-to-lead"),
        notes=(
            "The script is leadwire's own. pidTracker(code) gives the visitor an id.",
            "The id is in the cookie MXCProspectId, a variable of that name, and submitted forms.",
        ),
        keys="none",
    ),
)
