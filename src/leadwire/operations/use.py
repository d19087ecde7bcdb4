"""How widely each operation is used: a survey of public integrations' source code, 2026-11.

What was counted are files and not accounts, so these are lower bounds.
"""

from typing import Final, Literal

Use = Literal["nearly all", "common", "rare", "not counted"]
"""By how many of the integrations that were read."""

_NEARLY_ALL: Final = frozenset(
    {
        "ActivityTypes.Get",
        "Lead.Capture",
        "Lead.Create",
        "Lead.CreateOrUpdate",
        "Lead.Update",
        "Leads.Get",
        "Leads.GetByEmailaddress",
        "Leads.GetById",
        "Leads.GetByQuickSearch",
        "Leads.RecentlyModified",
        "LeadsMetaData.Get",
        "ProspectActivity.Create",
        "ProspectActivity.Retrieve",
        "RetrieveLeadByPhoneNumber",
        "UserByAccessKey.Get",
        "Users.Get",
    }
)
_COMMON: Final = frozenset(
    {
        "ActivityType.Create",
        "Bulk.CustomActivity.Add.ByLeadField",
        "Bulk.CustomActivity.Add.ByLeadId",
        "Bulk.CustomActivity.Update",
        "CreateLeadField",
        "CustomActivity.GetActivitySetting",
        "CustomActivity.RetrieveByActivityEvent",
        "CustomActivity.Update",
        "GetActivityDetails",
        "GetOpportunitiesOfLead",
        "GetOpportunityDetails",
        "GetOpportunityTypes",
        "Lead.BulkCreate",
        "Lead.BulkCreateOrUpdate",
        "Lead.BulkUpdate",
        "Lead.BulkUpdateV2",
        "Lead.Convert",
        "Lead.Delete",
        "Leads.RetrieveByIds",
        "Leads.RetrieveBySearchParameter",
        "List.AddLeads",
        "List.Create",
        "Lists.Get",
        "Note.Create",
        "Note.Retrieve",
        "Opportunity.Capture",
        "Opportunity.Retrieve.BySearchParameter",
        "Opportunity.RetrieveRecentlyModified",
        "Opportunity.Update",
        "ProspectActivity.CreateCustom",
        "ProspectActivity.RetrieveRecentlyModified",
        "RetrieveTaskByLeadId",
        "RetrieveTaskType",
        "Task.Create",
        "Task.MarkComplete",
        "Task.Retrieve",
        "Task.Update",
        "User.AdvancedSearch",
        "User.Retrieve.ByEmailAddress",
        "User.Retrieve.ByUserId",
        "Web.SubmitForm",
    }
)
_RARE: Final = frozenset(
    {
        "Activity.Retrieve.BySearchParameter",
        "ActivityType.Update",
        "DeleteActivities",
        "GetLeadReferences",
        "Lead.MarkEmailInvalid",
        "Lead.Merge",
        "LeadField.Options.Push",
        "LeadOwner.Get",
        "Leads.LeadDistribution",
        "List.AddLead",
        "List.CheckLead",
        "List.Empty",
        "List.MemberCount",
        "List.RemoveLead",
        "Note.Delete",
        "Note.Update",
        "RetrieveActivityChange",
        "Task.Bulk.Create",
        "User.Create",
    }
)
COUNTED: Final[dict[str, Use]] = {
    **dict.fromkeys(_NEARLY_ALL, "nearly all"),
    **dict.fromkeys(_COMMON, "common"),
    **dict.fromkeys(_RARE, "rare"),
}
"""By the names of operations."""


def use_of(operation: str) -> Use:
    return COUNTED.get(operation, "not counted")
