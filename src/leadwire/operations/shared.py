"""Data shared by the rows of several services."""

from typing import Final

from leadwire.operations.operation import Parameter

LEAD_MANAGEMENT: Final = "LeadManagement.svc"
PROSPECT_ACTIVITY: Final = "ProspectActivity.svc"

EXAMPLE_LEAD_ID: Final = "b2f9c6de-8a35-4b0e-9d55-2f1c3a8b7e10"
EXAMPLE_ACTIVITY_ID: Final = "0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11"

SEARCH_VALUES_MAX: Final = 1_000
"""Values in one search. A database limits the values of a statement."""
PATTERN_CHARACTERS_MAX: Final = 10_000
"""Characters of a LIKE pattern. A database limits its bytes."""

LEAD_ID: Final = Parameter("leadId", "ProspectID of the lead.", kind="id", required=True)
POST_UPDATED_LEAD: Final = Parameter(
    "postUpdatedLead",
    "true: webhooks are called for the update and the changed fields. Default: false.",
    kind="boolean",
)
