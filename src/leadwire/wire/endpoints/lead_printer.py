"""Leads as the wire prints them: every value is text or null."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from leadwire.crm.leads.rows import Lead
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.unit import Person
from leadwire.dates import format_ms
from leadwire.operations.shapes import FlatLead

People = Mapping[str, Person]
Getter = Callable[[Lead, People], str | None]

ALL_COLUMNS: Final = "*"
_SCHEMAS_MAX: Final = 256


class LeadPrinter:
    """Prints leads of one account with every attribute, or with *columns*.

    Names in *columns* may be in any letter case. Unknown names are left out.
    """

    def __init__(
        self, schema: LeadSchema, people: People, columns: Sequence[str] | None = None
    ) -> None:
        getters = _getters(schema)
        if columns is not None:
            fields = [field for name in columns if (field := schema.sought(name)) is not None]
            getters = {field.schema_name: getters[field.schema_name] for field in fields}
        self._getters = getters
        self._people = people

    @property
    def names(self) -> list[str]:
        """The printed names, in order."""
        return list(self._getters)

    def flat(self, lead: Lead) -> FlatLead:
        people = self._people
        return {name: getter(lead, people) for name, getter in self._getters.items()}


def columns_of(include_csv: str) -> list[str] | None:
    """The names of an ``Include_CSV``. No name or ``*`` asks for all, which is None."""
    names = names_of(include_csv)
    return None if not names or ALL_COLUMNS in names else names


def names_of(csv: str) -> list[str]:
    """Split names at commas, without blanks and empty names."""
    return [name.strip() for name in csv.split(",") if name.strip()]


def _moment(at_ms: int | None) -> str | None:
    return None if at_ms is None else format_ms(at_ms)


def _name(people: People, user_id: str | None) -> str | None:
    person = people.get(user_id or "")
    return None if person is None else person.name


def _written(schema_name: str, default: str | None) -> Getter:
    return lambda lead, _people: lead.values.get(schema_name, default)


def _constant(value: str | None) -> Getter:
    return lambda _lead, _people: value


def _owner_email(lead: Lead, people: People) -> str | None:
    person = people.get(lead.values.get("OwnerId", ""))
    return None if person is None else person.email


_DERIVED: Final[dict[str, Getter]] = {
    "ProspectID": lambda lead, _: lead.lead_id,
    "ProspectAutoId": lambda lead, _: str(lead.auto_id),
    "Score": lambda lead, _: str(lead.score),
    "CreatedOn": lambda lead, _: format_ms(lead.created_on),
    "CreatedBy": lambda lead, _: lead.created_by,
    "ModifiedOn": lambda lead, _: format_ms(lead.modified_on),
    "ModifiedBy": lambda lead, _: lead.modified_by,
    "LeadLastModifiedOn": lambda lead, _: format_ms(lead.last_modified_on),
    "ProspectActivityId_Min": lambda lead, _: lead.first_activity_id,
    "ProspectActivityDate_Min": lambda lead, _: _moment(lead.first_activity_on),
    "ProspectActivityId_Max": lambda lead, _: lead.last_activity_id,
    "ProspectActivityName_Max": lambda lead, _: lead.last_activity_name,
    "ProspectActivityDate_Max": lambda lead, _: _moment(lead.last_activity_on),
    "OwnerIdName": lambda lead, people: _name(people, lead.values.get("OwnerId")),
    "OwnerIdEmailAddress": _owner_email,
    "CreatedByName": lambda lead, people: _name(people, lead.created_by),
    "ModifiedByName": lambda lead, people: _name(people, lead.modified_by),
}


@lru_cache(maxsize=_SCHEMAS_MAX)
def _getters(schema: LeadSchema) -> dict[str, Getter]:
    return {
        field.schema_name: _DERIVED.get(field.schema_name)
        or (
            _constant(field.default)
            if field.derived and not field.kept
            else _written(field.schema_name, field.default)
        )
        for field in schema.fields
    }
