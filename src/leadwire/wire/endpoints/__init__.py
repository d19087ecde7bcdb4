"""Our functions that implement the operations, by the operation's name."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from leadwire.wire.endpoints import (
    activities,
    lead_bulk,
    lead_fields,
    lead_reads,
    lead_writes,
    metadata,
    users,
)
from leadwire.wire.request import Request

Endpoint = Callable[[Request], Awaitable[Any]]

ENDPOINTS: Final[dict[str, Endpoint]] = {
    "Lead.Create": lead_writes.create,
    "Lead.Capture": lead_writes.capture,
    "Lead.CreateOrUpdate": lead_writes.create_or_update,
    "Lead.Update": lead_writes.update,
    "Leads.GetById": lead_reads.get_by_id,
    "Leads.GetByEmailaddress": lead_reads.get_by_email,
    "RetrieveLeadByPhoneNumber": lead_reads.get_by_phone,
    "Leads.GetByQuickSearch": lead_reads.get_by_quick_search,
    "Leads.Get": lead_reads.search,
    "Leads.RecentlyModified": lead_reads.recently_modified,
    "LeadsMetaData.Get": metadata.lead_fields,
    "ActivityTypes.Get": activities.types,
    "ProspectActivity.Create": activities.create,
    "ProspectActivity.Retrieve": activities.retrieve,
    "UserByAccessKey.Get": users.by_access_key,
    "Users.Get": users.of_account,
    "CreateLeadField": lead_fields.create,
    "LeadField.Options.Push": lead_fields.push_options,
    "LeadField.Options.Remove": lead_fields.pull_options,
    "LeadField.DependentOptions.Push": lead_fields.push_dependent_options,
    "Lead.BulkCreate": lead_bulk.create,
    "Lead.BulkCreateOrUpdate": lead_bulk.create_or_update,
    "Lead.BulkUpdate": lead_bulk.update,
    "Lead.BulkUpdateV2": lead_bulk.update_by_key,
}
