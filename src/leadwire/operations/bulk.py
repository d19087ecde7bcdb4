"""Which operation does for many rows what another does for one."""

from collections.abc import Mapping
from typing import Final

BULK_OF: Final[Mapping[str, str]] = {
    "Lead.Create": "Lead.BulkCreate",
    "Lead.Capture": "Lead.BulkCreateOrUpdate",
    "Lead.CreateOrUpdate": "Lead.BulkCreateOrUpdate",
    "Lead.Update": "Lead.BulkUpdateV2",
    "Leads.GetById": "Leads.RetrieveByIds",
    "List.AddLead": "List.AddLeads",
    "ProspectActivity.Create": "Bulk.CustomActivity.Add.ByLeadId",
    "CustomActivity.Update": "Bulk.CustomActivity.Update",
    "Task.Create": "Task.Bulk.Create",
    "Opportunity.Capture": "Opportunity.Bulk.AddByLeadField",
    "Opportunity.Update": "Opportunity.Bulk.Update",
    "Company.Create": "Company.BulkCreateOrUpdate",
    "Company.Update": "Company.BulkCreateOrUpdate",
}
"""The name of the bulk operation by the name of the single one."""
