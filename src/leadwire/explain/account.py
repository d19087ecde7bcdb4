"""What an explanation asks about the account of a call."""

from typing import NamedTuple, Protocol

from leadwire.crm.activities.custom_types import types_of_account
from leadwire.crm.leads.rows import Lead, get_lead
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.leads.writes import find_lead
from leadwire.crm.lists import find_lists
from leadwire.crm.unit import Unit
from leadwire.errors import LeadwireError


class Named(NamedTuple):
    """Something that a call names by its id. *also* is a second name, such as an e-mail address."""

    id: str
    name: str
    also: str = ""


class Account(Protocol):
    """The account, read at one moment. Methods may block."""

    @property
    def schema(self) -> LeadSchema: ...

    def lead_with(self, schema_name: str, value: str) -> Lead | None:
        """The lead with that value in a unique field."""
        ...

    def lead(self, lead_id: str) -> Lead | None: ...

    def users(self) -> list[Named]: ...

    def lists(self) -> list[Named]: ...

    def activity_types(self) -> list[Named]:
        """The types that callers may post; the id is the ActivityEvent."""
        ...


class UnitAccount:
    """The account of a unit of work that reads."""

    def __init__(self, unit: Unit) -> None:
        self._unit = unit
        self.schema = unit.schema

    def lead_with(self, schema_name: str, value: str) -> Lead | None:
        if schema_name not in self.schema.by_name:
            return None
        try:
            return find_lead(self._unit, schema_name, value)
        except LeadwireError:
            return None  # a value of another type has no lead

    def lead(self, lead_id: str) -> Lead | None:
        return get_lead(self._unit, lead_id.lower())

    def users(self) -> list[Named]:
        people = self._unit.actor.people.items()
        return [Named(user_id, person.name, person.email) for user_id, person in people]

    def lists(self) -> list[Named]:
        return [Named(found.list_id, found.name) for found in find_lists(self._unit)]

    def activity_types(self) -> list[Named]:
        types = types_of_account(self._unit).values()
        return [Named(str(kind.event_code), kind.name) for kind in types if kind.is_listed]
