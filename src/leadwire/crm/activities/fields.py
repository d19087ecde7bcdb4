"""The fields of an activity type, and the check of an activity's values.

A type may declare up to fifty slots, ``mx_Custom_1`` to ``mx_Custom_50``; every activity also has
a status, an owner and a note. A slot that its type does not declare takes any text.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

import msgspec

from leadwire.crm.values import parse_number
from leadwire.dates import parse_date, parse_date_time
from leadwire.dialect import invalid
from leadwire.errors import ActivityFieldsInvalid

FIELDS_MAX: Final = 50
NOTE_FIELD: Final = "ActivityEvent_Note"
SLOTS: Final = tuple(f"mx_Custom_{number}" for number in range(1, FIELDS_MAX + 1))
DATA_TYPES: Final = (
    *("String", "Text", "Number", "DateTime", "Date", "Time", "Boolean"),
    *("Dropdown", "SearchableDropdown", "DropdownWithOthers"),
    *("ActiveUsers", "Product", "CustomObject", "Lead", "File", "Audio", "Geolocation"),
    *("Email", "Phone", "Website"),
)
DROPDOWNS: Final = frozenset({"Dropdown", "SearchableDropdown", "DropdownWithOthers"})
_CLOSED_DROPDOWNS: Final = DROPDOWNS - {"DropdownWithOthers"}
_BOOLEANS: Final = frozenset({"true", "false", "1", "0"})


class Choice(msgspec.Struct, frozen=True, omit_defaults=True):
    """One option of a dropdown."""

    value: str
    text: str = ""
    is_default: bool = False


class ActivityField(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One declared field."""

    schema_name: str
    display_name: str
    data_type: str = "String"
    is_mandatory: bool = False
    show_in_form: bool = True
    sequence: int = 0
    options: tuple[Choice, ...] = ()
    default: str | None = None


SYSTEM_FIELDS: Final = (
    ActivityField(schema_name=NOTE_FIELD, display_name="Notes"),
    ActivityField(schema_name="Status", display_name="Status", data_type="Dropdown"),
    ActivityField(schema_name="Owner", display_name="Owner", data_type="ActiveUsers"),
)
_WRITABLE: Final = frozenset({*SLOTS, *(field.schema_name for field in SYSTEM_FIELDS)})


def all_fields(declared: Iterable[ActivityField]) -> list[ActivityField]:
    """The fields that every activity has, then the slots that the type declares."""
    by_name = {field.schema_name: field for field in declared}
    system = [by_name.pop(field.schema_name, field) for field in SYSTEM_FIELDS]
    return [*system, *sorted(by_name.values(), key=lambda field: field.sequence)]


def check_names(names: Iterable[str]) -> None:
    """Raise InputInvalid for an unknown field name."""
    for name in names:
        if name not in _WRITABLE:
            raise invalid(
                f"Fields.{name}",
                f"{name} is not a field of this activity.",
                fix="Send mx_Custom_1 to mx_Custom_50, Status or Owner.",
            )


def check_values(
    declared: Iterable[ActivityField],
    values: Mapping[str, str | None],
    *,
    any_option: bool,
    is_update: bool,
) -> None:
    """Raise ActivityFieldsInvalid for a missing mandatory value or an invalid value.

    An update may omit a mandatory field, but must not clear it. *any_option* lets a dropdown take
    any text.
    """
    check_names(values)
    for field in declared:
        name = field.schema_name
        value = values.get(name)
        if not value:
            if field.is_mandatory and (name in values or not is_update):
                raise _invalid(field, "is mandatory.", "Send a value for it.")
            continue
        accepted = _accepted(field, value, any_option=any_option)
        if accepted:
            raise _invalid(field, "value is not correct.", f"Send {accepted}.")


def _accepted(field: ActivityField, value: str, *, any_option: bool) -> str:
    """The accepted form, if *value* is invalid. Empty if *value* is valid."""
    if field.data_type in _CLOSED_DROPDOWNS and field.options and not any_option:
        values = [choice.value for choice in field.options]
        return "" if value in values else f"one of {', '.join(values)}"
    check = _CHECKS.get(field.data_type)
    if check is None:
        return ""
    parse, accepted = check
    try:
        parse(value)
    except ValueError:
        return accepted
    return ""


def _parse_day(text: str) -> object:
    return parse_date(text) if len(text) == len("yyyy-MM-dd") else parse_date_time(text)


def _parse_boolean(text: str) -> object:
    if text.lower() not in _BOOLEANS:
        raise ValueError("not a boolean")
    return text


_CHECKS: Final[dict[str, tuple[Callable[[str], object], str]]] = {
    "Number": (parse_number, "a number"),
    "DateTime": (parse_date_time, "a date-time of the form yyyy-MM-dd HH:mm:ss, in UTC"),
    "Date": (_parse_day, "a date of the form yyyy-MM-dd"),
    "Boolean": (_parse_boolean, "true or false"),
}


def _invalid(field: ActivityField, what: str, fix: str) -> ActivityFieldsInvalid:
    return ActivityFieldsInvalid(
        f"Field name : '{field.schema_name}' of datatype : '{field.data_type}' {what}",
        location=f"body.Fields.{field.schema_name}",
        fix=fix,
    )
