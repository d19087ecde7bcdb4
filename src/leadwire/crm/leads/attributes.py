"""Checking the attributes of a lead write."""

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec

from leadwire.crm.leads.field_sets import SET_TYPE, checked_set
from leadwire.crm.leads.fields import CONTACT_FIELDS, LeadField
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.phones import normal_phone
from leadwire.crm.values import GUID, LeadValue, Scalar, kept_text, scalar_text
from leadwire.dialect import incorrect, invalid, mandatory
from leadwire.errors import AttributesUnknown, InputInvalid, ParameterMissing

LEAD_ID_NAMES: Final = frozenset({"ProspectID", "ProspectId"})
_USE_LEAD_ID: Final = "__UseUserDefinedGuid__"
_SEARCHABLE_IDS: Final = frozenset({"ProspectID", "ProspectAutoId"})


class LeadWrite(msgspec.Struct, frozen=True):
    """A checked write. *values* holds None for a field to be cleared."""

    values: dict[str, str | None]
    lead_id: str | None = None
    """The ProspectID that was sent."""
    keep_lead_id: bool = False
    """Whether a new lead takes the id that the caller sent."""
    search_by: str | None = None
    ignored: tuple[str, ...] = ()
    """Ignored attributes, because the system writes them."""

    def sought(self, schema_name: str) -> str | None:
        """The value to search by in *schema_name*."""
        return self.lead_id if schema_name == "ProspectID" else self.values.get(schema_name)


def check_attributes(
    schema: LeadSchema, attributes: Iterable[tuple[str, LeadValue]], *, attributes_max: int
) -> LeadWrite:
    """Check *attributes*, pairs of a schema name and a value. The last value of a name counts.

    Raises AttributesUnknown with every unknown name, and ParameterMissing without attributes.
    Raises InputInvalid for a value of the wrong type or too many attributes.
    """
    given = list(attributes)
    if not given:
        raise ParameterMissing(
            "You have not passed any attribute.",
            location="body",
            fix='Send an array of {"Attribute": schema name, "Value": value}.',
        )
    if len(given) > attributes_max:
        raise invalid(
            "Attribute",
            f"You have passed {len(given)} attributes; at most {attributes_max} are accepted.",
        )
    special: dict[str, str] = {}
    values: dict[str, str | None] = {}
    ignored: list[str] = []
    unknown: list[str] = []
    for name, value in given:
        field = schema.by_name.get(name)
        if field is not None and field.data_type == SET_TYPE:
            values[name] = checked_set(field, value)
        elif isinstance(value, Mapping):
            raise _no_set(name)
        elif field is not None and not field.derived:
            values[name] = _kept(schema, field, value)
        elif name in LEAD_ID_NAMES or name in ("SearchBy", _USE_LEAD_ID):
            special["ProspectID" if name in LEAD_ID_NAMES else name] = scalar_text(value).strip()
        elif field is not None:
            ignored.append(name)
        else:
            unknown.append(name)
    if unknown:
        raise AttributesUnknown(list(dict.fromkeys(unknown)))
    return LeadWrite(
        values,
        lead_id=_lead_id(special.get("ProspectID", "")),
        keep_lead_id=special.get(_USE_LEAD_ID, "").lower() in ("true", "1"),
        search_by=searchable_name(schema, special.get("SearchBy", "")),
        ignored=tuple(ignored),
    )


def require_for_new(schema: LeadSchema, write: LeadWrite) -> None:
    """Raise ParameterMissing if a new lead lacks a contact field or a mandatory field."""
    if not any(write.values.get(name) for name in CONTACT_FIELDS):
        raise ParameterMissing(
            "At least one of FirstName, LastName, EmailAddress or Phone is mandatory "
            "for creating lead",
            location="body",
            fix="Send a value for at least one of the four.",
        )
    for name in schema.mandatory:
        if not write.values.get(name):
            raise mandatory(name, purpose="creating lead", fix=f"Send a value for {name}.")


def _kept(schema: LeadSchema, field: LeadField, value: Scalar) -> str | None:
    if field.data_type == "Phone":
        value = normal_phone(scalar_text(value).strip(), schema.rules.country_code)
    return kept_text(field, value)


def _lead_id(text: str) -> str | None:
    if not text:
        return None
    if GUID.fullmatch(text) is None:
        raise incorrect("ProspectID", fix="Send a lead's id, or leave it.")
    return text.lower()


def _no_set(name: str) -> InputInvalid:
    return invalid(
        name,
        f"{name} is not a custom field set.",
        fix="Send Fields for a field of DataType CustomObject only.",
    )


def searchable_name(schema: LeadSchema, name: str) -> str | None:
    """The schema name of a searchable field; None for the empty text.

    Raises InputInvalid if searches do not support the field *name*.
    """
    if not name:
        return None
    # Clients write ProspectId here, though the attribute is ProspectID.
    name = "ProspectID" if name in LEAD_ID_NAMES else name
    field = schema.by_name.get(name)
    is_kept = field is not None and field.derived and name not in _SEARCHABLE_IDS
    if field is None or is_kept or field.data_type == SET_TYPE:
        raise InputInvalid(
            "Invalid SearchBy value provided",
            location="body.SearchBy",
            fix="Name a field such as EmailAddress, Phone or ProspectId.",
        )
    return name
