"""The payloads posted to receivers: events in the wire's dialect.

Leads are flat objects whose values are text or null, with date-times in whole seconds. LeadSquared
does not publish the payloads of tasks, opportunities, users, products and landing pages. Here they
are the rows that read operations return.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

import msgspec

from leadwire.access.accounts import AccountInfo
from leadwire.access.store import AccessStore
from leadwire.access.users import KeptUser
from leadwire.crm.activities.activities import KeptActivity
from leadwire.crm.leads.rows import Lead
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.opportunities.reads import Opportunity
from leadwire.crm.products import Product
from leadwire.crm.store import Crm
from leadwire.crm.tasks import Task
from leadwire.crm.unit import Person
from leadwire.crm.webhooks.announcing import Event
from leadwire.dates import format_seconds
from leadwire.operations.shapes import FlatLead
from leadwire.operations.webhooks import EventKind
from leadwire.wire.endpoints.lead_printer import LeadPrinter
from leadwire.wire.endpoints.opportunity_printer import opportunity_row
from leadwire.wire.endpoints.sales import product_row
from leadwire.wire.endpoints.task_printer import task_row

T = TypeVar("T")
Payload = Any
"""Plain JSON."""

_MOMENTS: Final = (
    "NotableEventdate",
    "CreatedOn",
    "ModifiedOn",
    "LeadLastModifiedOn",
    "ProspectActivityDate_Min",
    "ProspectActivityDate_Max",
)
_NOTES: Final = ("NotableEventDescription",)
"""Data of an activity that repeats its note."""
_SECONDS: Final = len("yyyy-MM-dd HH:mm:ss")
_ALWAYS: Final = frozenset(
    {
        *("ProspectID", "ProspectAutoId", "FirstName", "LastName", "EmailAddress", "Phone"),
        *("Mobile", "NotableEvent", "NotableEventdate"),
        *("Origin", "Source", "SourceMedium", "SourceCampaign", "ProspectStage", "OwnerId"),
        *("DoNotEmail", "DoNotCall", "Score", "EngagementScore", "CreatedOn", "ModifiedOn"),
    }
)
"""Members of a lead's payload that are present even without a value."""


class EventPrinter:
    """Prints the events of one delivery as its payload, which is JSON text."""

    def __init__(self, crm: Crm, access: AccessStore) -> None:
        self._crm = crm
        self._access = access

    async def __call__(self, account_id: str, events: Sequence[Event]) -> str:
        users = await asyncio.to_thread(self._access.users, account_id)
        people = {user.user_id: Person(user.name, user.email) for user in users}
        account = await asyncio.to_thread(self._access.account, account_id)
        sheet = _Sheet(account, await self._crm.schema(account_id), people)
        payloads = [sheet.payload(event) for event in events]
        many = events[0].kind in _IN_ARRAYS
        return msgspec.json.encode(payloads if many else payloads[0]).decode()


class _Sheet:
    """Prints events of one account."""

    def __init__(
        self, account: AccountInfo, schema: LeadSchema, people: Mapping[str, Person]
    ) -> None:
        self._account = account
        self._people = people
        self._leads = LeadPrinter(schema, people)

    def payload(self, event: Event) -> Payload:
        return _PRINTERS[event.kind](self, event)

    def new_lead(self, event: Event) -> Payload:
        lead = _short(self._lead(event.after))
        lead.pop("CanUpdate", None)
        return {
            **lead,
            "Account_CompanyName": self._account.name,
            "Account_Address": "",  # leadwire stores no address of an account
            "Org_ShortCode": str(self._account.number),
            "CanUpdate": "true",
        }

    def deleted_lead(self, event: Event) -> Payload:
        return _short(self._lead(event.before))

    def lead_change(self, event: Event) -> Payload:
        return {"Before": self._lead(event.before), "After": self._lead(event.after, "Modified")}

    def activity(self, event: Event) -> Payload:
        kept = msgspec.convert(event.after, KeptActivity)
        unset = dict.fromkeys((field.schema_name for field in kept.type.fields), "")
        fields = {**unset, **kept.fields}
        return {
            "ProspectActivityId": kept.activity_id,
            "RelatedProspectId": kept.lead_id,
            "ActivityEvent": str(kept.type.event_code),
            "ActivityEventName": kept.type.name,
            "ActivityType": str(kept.type.kind),
            "CreatedBy": kept.created_by,
            "CreatedOn": format_seconds(kept.happened_on),
            "Score": float(kept.score),
            "Data": {
                "Status": fields.pop("Status", None) or "",
                "Owner": fields.pop("Owner", None) or kept.created_by,
                "Note": kept.note,
                **{name: value for name, value in kept.data if name not in _NOTES},
                **{name: value or "" for name, value in fields.items()},
            },
            "Current": self._lead(event.lead),
        }

    def task(self, event: Event) -> Payload:
        task = msgspec.convert(event.after, Task)
        lead = _read(event.lead, Lead)
        contacts = {lead.lead_id: lead.values} if lead else {}
        return task_row(task, self._people, contacts, format_seconds)

    def opportunity(self, event: Event) -> Payload:
        row = self._opportunity(event.after) or self._opportunity(event.before) or {}
        return {**row, "Current": self._lead(event.lead)}

    def opportunity_change(self, event: Event) -> Payload:
        return {
            "Before": self._opportunity(event.before),
            "After": self._opportunity(event.after),
            "Current": self._lead(event.lead),
        }

    def user(self, event: Event) -> Payload:
        return self._user(event.after)

    def user_change(self, event: Event) -> Payload:
        return {"Before": self._user(event.before), "After": self._user(event.after)}

    def product(self, event: Event) -> Payload:
        return self._product(event.after) or self._product(event.before)

    def product_change(self, event: Event) -> Payload:
        return {"Before": self._product(event.before), "After": self._product(event.after)}

    def _lead(self, plain: Payload, notable: str = "") -> FlatLead | None:
        """*notable* is its last notable event. If that is empty, its dates determine the event."""
        lead = _read(plain, Lead)
        if lead is None:
            return None
        flat = self._leads.flat(lead)
        if not notable:
            notable = "Created" if lead.modified_on == lead.created_on else "Modified"
        flat["NotableEvent"] = flat.get("NotableEvent") or notable
        flat["NotableEventdate"] = flat.get("NotableEventdate") or flat["ModifiedOn"]
        for name in _MOMENTS:
            moment = flat.get(name)
            if moment is not None:
                flat[name] = moment[:_SECONDS]
        return flat

    def _opportunity(self, plain: Payload) -> Payload:
        kept = _read(plain, Opportunity)
        return None if kept is None else opportunity_row(kept, self._people, format_seconds)

    def _product(self, plain: Payload) -> Payload:
        kept = _read(plain, Product)
        return None if kept is None else product_row(kept, self._people, format_seconds)

    def _user(self, plain: Payload) -> Payload:
        user = _read(plain, KeptUser)
        if user is None:
            return None
        return {
            "UserId": user.user_id,
            "FirstName": user.first_name,
            "LastName": user.last_name,
            "EmailAddress": user.email,
            "Role": user.role,
            "StatusCode": "0" if user.is_active else "1",
            "CreatedOn": format_seconds(user.created_on_ms),
            "ModifiedOn": format_seconds(user.modified_on_ms),
        }


def _short(lead: FlatLead | None) -> FlatLead:
    """*lead* without most empty members."""
    return {
        name: value for name, value in (lead or {}).items() if value is not None or name in _ALWAYS
    }


def _read(plain: Payload, shape: type[T]) -> T | None:
    return None if plain is None else msgspec.convert(plain, shape)


_IN_ARRAYS: Final[frozenset[EventKind]] = frozenset({"activity_created", "activity_updated"})
_PRINTERS: Final[dict[EventKind, Callable[[_Sheet, Event], Payload]]] = {
    "landing_page_submitted": _Sheet.new_lead,
    "activity_created": _Sheet.activity,
    "activity_updated": _Sheet.activity,
    "lead_created": _Sheet.new_lead,
    "lead_updated": _Sheet.lead_change,
    "lead_deleted": _Sheet.deleted_lead,
    "leads_merged": _Sheet.lead_change,
    "lead_field_changed": _Sheet.lead_change,
    "lead_owner_changed": _Sheet.lead_change,
    "lead_stage_changed": _Sheet.lead_change,
    "lead_score_changed": _Sheet.lead_change,
    "task_created": _Sheet.task,
    "task_updated": _Sheet.task,
    "task_completed": _Sheet.task,
    "task_reminder_due": _Sheet.task,
    "opportunity_created": _Sheet.opportunity,
    "opportunity_updated": _Sheet.opportunity_change,
    "opportunity_deleted": _Sheet.opportunity,
    "opportunity_field_changed": _Sheet.opportunity_change,
    "opportunity_stage_changed": _Sheet.opportunity_change,
    "user_created": _Sheet.user,
    "user_updated": _Sheet.user_change,
    "user_activation_changed": _Sheet.user_change,
    "product_created": _Sheet.product,
    "product_updated": _Sheet.product_change,
    "product_deleted": _Sheet.product,
}
