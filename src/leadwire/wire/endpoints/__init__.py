"""Our functions that implement the operations, by the operation's name."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from leadwire.wire.endpoints import (
    activities,
    activity_reads,
    activity_types,
    activity_writes,
    lead_reads,
    lead_writes,
    metadata,
    user_search,
    user_writes,
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
    "ActivityTypes.Get": activity_types.types,
    "ProspectActivity.Create": activities.create,
    "ProspectActivity.Retrieve": activities.retrieve,
    "UserByAccessKey.Get": users.by_access_key,
    "Users.Get": users.of_account,
    "CustomActivity.GetActivitySetting": activity_types.setting,
    "ActivityType.Create": activity_types.create,
    "ActivityType.Update": activity_types.update,
    "ActivityField.Dropdown.Options.Get": activity_types.dropdown_options,
    "GetActivityDetails": activity_reads.details,
    "CustomActivity.RetrieveByActivityEvent": activity_reads.by_event,
    "ProspectActivity.RetrieveRecentlyModified": activity_reads.recently_modified,
    "RetrieveActivityChange": activity_reads.changes,
    "Activity.Retrieve.BySearchParameter": activity_reads.by_search_parameter,
    "GetLeadReferences": activity_reads.references,
    "CustomActivity.Update": activity_writes.update,
    "Bulk.CustomActivity.Add.ByLeadId": activity_writes.bulk_add_by_lead_id,
    "Bulk.CustomActivity.Add.ByLeadField": activity_writes.bulk_add_by_lead_field,
    "Bulk.CustomActivity.Update": activity_writes.bulk_update,
    "DeleteActivities": activity_writes.delete,
    "CustomActivity.Lock": activity_writes.lock,
    "Attachment.Add": activity_writes.add_attachment,
    "User.Retrieve.ByUserId": user_search.by_id,
    "User.Retrieve.ByEmailAddress": user_search.by_email,
    "User.AdvancedSearch": user_search.search,
    "User.Create": user_writes.create,
    "User.Update": user_writes.update,
    "UserGroup.Retrieve": user_search.groups,
}
