"""The fields of a company and their checks. LeadSquared's web client says "account".

No call declares company fields, so every name that starts with ``mx_`` is a text field. A dropdown
takes only its options, unlike a lead's dropdown.
"""

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from leadwire.crm.leads.fields import LeadField
from leadwire.crm.unit import Unit
from leadwire.crm.values import Scalar, kept_text, scalar_text
from leadwire.dialect import incorrect, too_many
from leadwire.errors import AttributesUnknown, CompanyDataWrong, InputInvalid, OptionUnknown

STAGES: Final = ("Prospect", "Opportunity", "Customer", "Partner", "Disqualified")
FIRST_TYPE: Final = 5_000
ATTRIBUTES_MAX: Final = 500
_CUSTOM: Final = re.compile(r"mx_[A-Za-z0-9_]{1,100}", re.ASCII)
_CUSTOM_CHARACTERS_MAX: Final = 4_000


class CompanyType(msgspec.Struct, frozen=True):
    code: int
    name: str


def _field(schema_name: str, data_type: str = "Text", max_length: int = 200) -> LeadField:
    return LeadField(
        schema_name=schema_name,
        display_name=schema_name,
        data_type=data_type,  # type: ignore[arg-type]  # one of the data types of leads
        max_length=max_length,
        options=STAGES if schema_name == "Stage" else (),
    )


_WRITTEN: Final = (
    _field("CompanyName"),
    _field("CompanyIdentifier"),
    _field("Stage", "Select"),
    _field("Phone", "Phone", 50),
    _field("Fax", "Text", 50),
    _field("Website", "Website", 500),
    _field("EmailAddress", "Email"),
    _field("Street1"),
    _field("Street2"),
    _field("City"),
    _field("State"),
    _field("Country"),
    _field("Zip", "Text", 50),
    _field("Industry"),
    _field("Source"),
    _field("Description", "Text", 4_000),
    _field("Revenue", "Number", 50),
    _field("NumberOfEmployees", "Number", 50),
    _field("OwnerId", "User", 36),
)
FIELDS: Final = {field.schema_name: field for field in _WRITTEN}
"""Fields that callers write, besides names that start with ``mx_``."""
DERIVED: Final = (
    *("CompanyId", "CompanyNumber", "CompanyType", "CompanyTypeName", "OwnerName"),
    *("CreatedBy", "CreatedByName", "CreatedOn", "ModifiedBy", "ModifiedByName", "ModifiedOn"),
)
"""Fields that the system writes."""


class CompanyWrite(msgspec.Struct, frozen=True):
    """A checked write. *values* holds None for a field to be cleared."""

    values: dict[str, str | None]
    number: str = ""
    """The CompanyNumber that was sent."""
    ignored: tuple[str, ...] = ()
    """Ignored attributes, because the system writes them."""


def is_field(name: str) -> bool:
    """Whether the field exists. Only then may its name become part of a statement."""
    return name in FIELDS or _CUSTOM.fullmatch(name) is not None


def check_company(unit: Unit, attributes: Iterable[tuple[str, Scalar]]) -> CompanyWrite:
    """Check *attributes*. The last value of a name counts.

    Raises AttributesUnknown, CompanyDataWrong for no fields or an invalid number, OptionUnknown,
    and InputInvalid for any other invalid value.
    """
    given = list(attributes)
    if not given:
        raise CompanyDataWrong(
            "You're missing Company details.",
            location="body.CompanyProperties",
            fix='Send {"CompanyProperties": [{"Attribute": "City", "Value": "Pune"}]}.',
        )
    if len(given) > ATTRIBUTES_MAX:
        raise too_many("CompanyProperties", ATTRIBUTES_MAX)
    unknown = [name for name, _ in given if name not in DERIVED and not is_field(name)]
    if unknown:
        raise AttributesUnknown(list(dict.fromkeys(unknown)))
    numbers = [scalar_text(value).strip() for name, value in given if name == "CompanyNumber"]
    return CompanyWrite(
        {name: _kept(unit, name, value) for name, value in given if name not in DERIVED},
        number=numbers[-1] if numbers else "",
        ignored=tuple(name for name, _ in given if name in DERIVED and name != "CompanyId"),
    )


def _kept(unit: Unit, name: str, value: Scalar) -> str | None:
    field = FIELDS.get(name) or _field(name, max_length=_CUSTOM_CHARACTERS_MAX)
    try:
        text = kept_text(field, value)
    except InputInvalid as wrong:
        if field.data_type != "Number":
            raise
        raise CompanyDataWrong(str(wrong), location=wrong.location, fix=wrong.fix) from None
    if text is not None and field.options and text not in field.options:
        raise OptionUnknown(
            f"{name} value is not correct.",
            location=f"body.{name}",
            fix=f"Send one of {', '.join(field.options)}.",
        )
    if name == "OwnerId" and text is not None and text not in unit.actor.people:
        raise incorrect("OwnerId", fix="Send the id of a user (Users.Get).")
    return text
