"""Events as frozen models, one class for each kind of event.

A class of several kinds, such as LeadEvent, is their base: ``match`` can take them together.
"""

from datetime import datetime
from typing import Any, Final

import msgspec

from leadwire.sdk.models.lead import Lead
from leadwire.sdk.models.opportunity import Opportunity
from leadwire.sdk.models.sale import Product
from leadwire.sdk.models.task import Task
from leadwire.sdk.models.user import UserDetails
from leadwire.sdk.rows import Identity, Row, child, flag, mapping, moment, number, text, whole


class ActivityInEvent(Row):
    """An activity in an event, with its lead. *data* has its fields, by schema name."""

    __slots__ = ()

    id = Identity("ProspectActivityId")
    lead_id = text("RelatedProspectId")
    event_code = whole("ActivityEvent")
    event_name = text("ActivityEventName")
    activity_type = whole("ActivityType")
    score = number("Score")
    created_by = text("CreatedBy")
    created_on = moment("CreatedOn")
    data = mapping("Data")
    lead = child("Current", Lead)


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """An event of an account. Its ``repr`` shows the id alone."""

    id: str
    """The delivery's ``webhook-id``, the same when it is sent again. Empty if unsigned."""
    name: str
    """The internal name, such as ``Lead_Post_Create``. Empty if it was not told."""
    sent_at: datetime | None
    """When this attempt was signed, in UTC. None if unsigned."""
    payload: Row | tuple[Row, ...]
    """Everything that was posted, by its wire names; a tuple for activities."""

    def to_dict(self) -> dict[str, Any]:
        """The event ready for JSON; dates are ISO 8601 text."""
        rows = self.payload
        return {
            "id": self.id,
            "name": self.name,
            "sent_at": self.sent_at.isoformat() if self.sent_at else None,
            "payload": rows.to_dict() if isinstance(rows, Row) else [r.to_dict() for r in rows],
        }

    def __repr__(self) -> str:
        return f"{type(self).__name__}(id={self.id!r})"

    def _row(self) -> Row:
        return self.payload if isinstance(self.payload, Row) else Row({})


class UnknownEvent(Event, frozen=True, kw_only=True):
    """An event without a known name. *payload* has what was posted."""


class Ping(Event, frozen=True, kw_only=True):
    """A test delivery, which a person sent from the console to try the receiver."""


class Alert(Row):
    """An alert of the console: more calls than its limit matched a search."""

    __slots__ = ()

    name = text("Name")
    calls = whole("Calls")
    calls_max = whole("MoreThan")
    start = moment("From")
    end = moment("To")
    url = text("Url")
    is_test = flag("IsTest")


class AlertRaised(Event, frozen=True, kw_only=True):
    """An alert of the console, sent through this webhook. *name* is the webhook's own event."""

    @property
    def alert(self) -> Alert:
        """The alert, with its counts and a link to the calls."""
        return Alert(self._row())


class LeadEvent(Event, frozen=True, kw_only=True):
    """Something that happened to one lead."""

    @property
    def lead(self) -> Lead:
        """The lead, without most fields that have no value."""
        return Lead(self._row())


class LeadCreated(LeadEvent, frozen=True, kw_only=True):
    """A lead was created."""


class LeadDeleted(LeadEvent, frozen=True, kw_only=True):
    """A lead was deleted."""


class LandingPageSubmitted(LeadEvent, frozen=True, kw_only=True):
    """A form of a landing page was submitted."""


class LeadChangeEvent(Event, frozen=True, kw_only=True):
    """A lead changed."""

    @property
    def before(self) -> Lead:
        """The lead before the change, with every field."""
        return Lead.of(self._row().get("Before"))

    @property
    def after(self) -> Lead:
        """The lead after the change, with every field."""
        return Lead.of(self._row().get("After"))


class LeadUpdated(LeadChangeEvent, frozen=True, kw_only=True):
    """Fields of a lead changed."""


class LeadFieldChanged(LeadChangeEvent, frozen=True, kw_only=True):
    """The field that the webhook is about changed."""


class LeadOwnerChanged(LeadChangeEvent, frozen=True, kw_only=True):
    """A lead got another owner."""


class LeadStageChanged(LeadChangeEvent, frozen=True, kw_only=True):
    """A lead reached another stage."""


class LeadScoreChanged(LeadChangeEvent, frozen=True, kw_only=True):
    """The score of a lead changed."""


class LeadsMerged(LeadChangeEvent, frozen=True, kw_only=True):
    """Two leads were merged: *before* is the one that went, *after* the one that stayed."""


class ActivityEvent(Event, frozen=True, kw_only=True):
    """Activities of one type were posted or changed. One delivery may have several."""

    @property
    def activities(self) -> tuple[ActivityInEvent, ...]:
        """The activities, oldest first."""
        rows = (self.payload,) if isinstance(self.payload, Row) else self.payload
        return tuple(map(ActivityInEvent, rows))


class ActivitiesCreated(ActivityEvent, frozen=True, kw_only=True):
    """Activities were posted."""


class ActivitiesUpdated(ActivityEvent, frozen=True, kw_only=True):
    """Activities changed."""


class TaskEvent(Event, frozen=True, kw_only=True):
    """Something that happened to a task."""

    @property
    def task(self) -> Task:
        """The task, as reading it returns it."""
        return Task(self._row())


class TaskCreated(TaskEvent, frozen=True, kw_only=True):
    """A task was created."""


class TaskUpdated(TaskEvent, frozen=True, kw_only=True):
    """A task changed."""


class TaskCompleted(TaskEvent, frozen=True, kw_only=True):
    """A task was completed."""


class TaskReminderDue(TaskEvent, frozen=True, kw_only=True):
    """The reminder of a task is due."""


class OpportunityEvent(Event, frozen=True, kw_only=True):
    """An opportunity was created or deleted."""

    @property
    def opportunity(self) -> Opportunity:
        """The opportunity."""
        return Opportunity(self._row())

    @property
    def lead(self) -> Lead:
        """The lead of the opportunity."""
        return Lead.of(self._row().get("Current"))


class OpportunityCreated(OpportunityEvent, frozen=True, kw_only=True):
    """An opportunity was created."""


class OpportunityDeleted(OpportunityEvent, frozen=True, kw_only=True):
    """An opportunity was deleted."""


class OpportunityChangeEvent(Event, frozen=True, kw_only=True):
    """An opportunity changed."""

    @property
    def before(self) -> Opportunity:
        """The opportunity before the change."""
        return Opportunity.of(self._row().get("Before"))

    @property
    def after(self) -> Opportunity:
        """The opportunity after the change."""
        return Opportunity.of(self._row().get("After"))

    @property
    def lead(self) -> Lead:
        """The lead of the opportunity."""
        return Lead.of(self._row().get("Current"))


class OpportunityUpdated(OpportunityChangeEvent, frozen=True, kw_only=True):
    """Fields of an opportunity changed."""


class OpportunityFieldChanged(OpportunityChangeEvent, frozen=True, kw_only=True):
    """The field that the webhook is about changed."""


class OpportunityStageChanged(OpportunityChangeEvent, frozen=True, kw_only=True):
    """An opportunity reached another stage."""


class UserCreated(Event, frozen=True, kw_only=True):
    """A user was created."""

    @property
    def user(self) -> UserDetails:
        """The user."""
        return UserDetails(self._row())


class UserChangeEvent(Event, frozen=True, kw_only=True):
    """A user changed."""

    @property
    def before(self) -> UserDetails:
        """The user before the change."""
        return UserDetails.of(self._row().get("Before"))

    @property
    def after(self) -> UserDetails:
        """The user after the change."""
        return UserDetails.of(self._row().get("After"))


class UserUpdated(UserChangeEvent, frozen=True, kw_only=True):
    """Details of a user changed."""


class UserActivationChanged(UserChangeEvent, frozen=True, kw_only=True):
    """A user was activated or deactivated."""


class ProductEvent(Event, frozen=True, kw_only=True):
    """A product was created or deleted."""

    @property
    def product(self) -> Product:
        """The product."""
        return Product(self._row())


class ProductCreated(ProductEvent, frozen=True, kw_only=True):
    """A product was created."""


class ProductDeleted(ProductEvent, frozen=True, kw_only=True):
    """A product was deleted."""


class ProductUpdated(Event, frozen=True, kw_only=True):
    """A product changed."""

    @property
    def before(self) -> Product:
        """The product before the change."""
        return Product.of(self._row().get("Before"))

    @property
    def after(self) -> Product:
        """The product after the change."""
        return Product.of(self._row().get("After"))


CLASSES: Final[dict[str, type[Event]]] = {
    "landing_page_submitted": LandingPageSubmitted,
    "activity_created": ActivitiesCreated,
    "activity_updated": ActivitiesUpdated,
    "lead_created": LeadCreated,
    "lead_updated": LeadUpdated,
    "lead_deleted": LeadDeleted,
    "leads_merged": LeadsMerged,
    "lead_field_changed": LeadFieldChanged,
    "lead_owner_changed": LeadOwnerChanged,
    "lead_stage_changed": LeadStageChanged,
    "lead_score_changed": LeadScoreChanged,
    "task_created": TaskCreated,
    "task_updated": TaskUpdated,
    "task_completed": TaskCompleted,
    "task_reminder_due": TaskReminderDue,
    "opportunity_created": OpportunityCreated,
    "opportunity_updated": OpportunityUpdated,
    "opportunity_deleted": OpportunityDeleted,
    "opportunity_field_changed": OpportunityFieldChanged,
    "opportunity_stage_changed": OpportunityStageChanged,
    "user_created": UserCreated,
    "user_updated": UserUpdated,
    "user_activation_changed": UserActivationChanged,
    "product_created": ProductCreated,
    "product_updated": ProductUpdated,
    "product_deleted": ProductDeleted,
}
"""The class of each kind of event that can be raised."""
