"""The fields that an account adds to its leads, and the options of dropdowns."""

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final

import msgspec
from sqlalchemy import func, select

from leadwire.crm.leads.fields import DataType, LeadField, Provenance
from leadwire.crm.leads.schema import load_schema
from leadwire.crm.tables import lead_fields
from leadwire.crm.unit import Unit
from leadwire.database.expressions import upsert
from leadwire.dialect import incorrect, invalid, too_long
from leadwire.errors import AttributesUnknown, InputInvalid, NameTaken, ParameterMissing

OWN_FIELDS_MAX: Final = 1_000
OPTIONS_MAX: Final = 1_000
DISPLAY_NAME_CHARACTERS_MAX: Final = 100
OPTION_CHARACTERS_MAX: Final = 200
LENGTH_MAX: Final = 4_000
OWN_PREFIX: Final = "mx_"

# The name becomes part of SQL statements, so no other character may pass.
_DISPLAY_NAME: Final = re.compile(r"[A-Za-z0-9_ ]*[A-Za-z0-9][A-Za-z0-9_ ]*", re.ASCII)
_LENGTHS: Final[dict[str, int]] = {
    "Text": 200,
    "TextArea": LENGTH_MAX,
    "Number": 50,
    "Email": 200,
    "Phone": 50,
    "Website": 500,
    "Select": OPTION_CHARACTERS_MAX,
}
"""Default lengths by render or data type. Other types have no length."""


class FieldOption(msgspec.Struct, frozen=True):
    value: str
    order: int
    is_default: bool = False


class NewField(msgspec.Struct, frozen=True, kw_only=True):
    """A field to create. *render* is a key of RENDER_TYPES; empty takes the data type's default."""

    display_name: str
    data_type: DataType
    render: str
    mandatory: bool
    max_length: int | None
    options: Sequence[FieldOption]
    show_in_import: bool
    show_in_mail_merge: bool
    lock_after_create: int
    use_in_lead_clone: bool


def create_field(unit: Unit, new: NewField) -> str:
    """Create a field and return its id.

    Raises InputInvalid for an invalid name, length or option, NameTaken for a name in use, and
    ParameterMissing for a dropdown without options.
    """
    made = Provenance(
        field_id=unit.ids.guid(),
        created_on=unit.now_ms,
        created_by=unit.actor.user_id,
        created_by_name=unit.actor.name,
        show_in_import=new.show_in_import,
        show_in_mail_merge=new.show_in_mail_merge,
        lock_after_create=new.lock_after_create,
        use_in_lead_clone=new.use_in_lead_clone,
        default_option=next((o.value.strip() for o in new.options if o.is_default), ""),
    )
    field = LeadField(
        schema_name=_schema_name(new.display_name),
        display_name=new.display_name,
        data_type=new.data_type,
        render=new.render,
        max_length=_length(new),
        options=_ordered_options(new),
        mandatory=new.mandatory,
        made=made,
    )
    _check_name(unit, field.schema_name)
    _keep(unit, field)
    return made.field_id


def add_options(unit: Unit, schema_name: str, options: Iterable[str]) -> int:
    """Append new options to a dropdown, and return how many were new.

    Raises AttributesUnknown, and InputInvalid for another field or an invalid option.
    """
    wanted = [_checked_option(option) for option in options]

    def change(kept: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*kept, *wanted)))

    return _change_options(unit, schema_name, change)


def add_dependent_options(
    unit: Unit, schema_name: str, options: Iterable[str], *, parent: str, parent_value: str
) -> int:
    """As ``add_options``, for a field whose options depend on the value of *parent*.

    Also raises InputInvalid if *parent_value* is not an option of *parent*.
    """
    if parent_value not in _current_dropdown(unit, parent).options:
        raise incorrect("ParentFieldValue", fix="Send one of the options of the parent field.")
    return add_options(unit, schema_name, options)


def remove_options(unit: Unit, schema_name: str, options: Iterable[str]) -> int:
    """Remove *options* from a dropdown, and return how many existed. Leads keep their values.

    Raises AttributesUnknown, and InputInvalid for a field that is not a dropdown.
    """
    unwanted = {option.strip() for option in options}

    def change(kept: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(option for option in kept if option not in unwanted)

    return _change_options(unit, schema_name, change)


def _change_options(
    unit: Unit, schema_name: str, change: Callable[[tuple[str, ...]], tuple[str, ...]]
) -> int:
    field = _current_dropdown(unit, schema_name)
    options = change(field.options)
    if len(options) > OPTIONS_MAX:
        raise invalid("Options", f"A field can not have more than {OPTIONS_MAX} options.")
    changed = abs(len(options) - len(field.options))
    if changed:
        made = field.made
        if made is not None and made.default_option not in options:
            made = msgspec.structs.replace(made, default_option="")
        _keep(unit, msgspec.structs.replace(field, options=options, made=made))
    return changed


def _current_dropdown(unit: Unit, schema_name: str) -> LeadField:
    # Read the database: an earlier unit of this commit may have changed the schema.
    schema = load_schema(unit.connection, unit.actor.account_id)
    field = schema.by_name.get(schema_name)
    if field is None or field.hidden:
        raise AttributesUnknown([schema_name])
    if field.data_type != "Select":
        raise InputInvalid(
            "Lead field should be of type independent dropdown",
            location="body.SchemaName",
            fix="Name a field whose DataType is Select.",
        )
    return field


def _schema_name(display_name: str) -> str:
    if _DISPLAY_NAME.fullmatch(display_name) is None:
        raise _characters_wrong("DisplayName")
    if len(display_name) > DISPLAY_NAME_CHARACTERS_MAX:
        raise too_long("DisplayName", DISPLAY_NAME_CHARACTERS_MAX)
    return OWN_PREFIX + display_name.replace(" ", "_")


def _check_name(unit: Unit, name: str) -> None:
    fields = load_schema(unit.connection, unit.actor.account_id).fields
    if any(field.schema_name.lower() == name.lower() for field in fields):
        raise NameTaken(
            "A Lead Field with same Display Name already exists.",
            location="body.DisplayName",
            fix="Choose another display name, or use the field that LeadsMetaData.Get shows.",
        )
    if sum(field.made is not None for field in fields) >= OWN_FIELDS_MAX:
        raise invalid(
            "DisplayName", f"An account can not have more than {OWN_FIELDS_MAX} custom fields."
        )


def _length(new: NewField) -> int:
    default = _LENGTHS.get(new.render) or _LENGTHS.get(new.data_type, 0)
    if not default or new.max_length is None:
        return default
    if not 1 <= new.max_length <= LENGTH_MAX:
        raise incorrect("MaxLength", fix=f"Send a number from 1 to {LENGTH_MAX}.")
    return new.max_length


def _ordered_options(new: NewField) -> tuple[str, ...]:
    if new.data_type != "Select":
        if new.options:
            raise incorrect(
                "OptionsJson",
                fix='Send "" as OptionsJson: only a field of DataType Select has options.',
            )
        return ()
    if not new.options:
        raise no_option()
    orders = {option.order for option in new.options}
    if len(new.options) > OPTIONS_MAX or not orders <= set(range(1, OPTIONS_MAX + 1)):
        raise incorrect(
            "Order",
            location="OptionsJson",
            fix=f"Number the options from 1, without gaps; at most {OPTIONS_MAX}.",
        )
    last = max(len(new.options), *orders)
    skipped = [str(number) for number in range(1, last + 1) if number not in orders]
    if skipped:
        raise ParameterMissing(
            f"You have skipped number in Order: {','.join(skipped)}.",
            location="body.OptionsJson",
            fix="Number the options from 1, without gaps.",
        )
    by_order = sorted(new.options, key=lambda option: option.order)
    values = tuple(_checked_option(option.value) for option in by_order)
    if len(set(values)) < len(values):
        raise incorrect("OptionsJson", fix="Send each option once.")
    return values


def _checked_option(value: str) -> str:
    value = value.strip()
    if not value:
        raise no_option()
    if len(value) > OPTION_CHARACTERS_MAX:
        raise too_long("An option", OPTION_CHARACTERS_MAX, location="Options")
    if not all(character.isalnum() or character in " _" for character in value):
        raise _characters_wrong("Options")
    return value


def no_option() -> ParameterMissing:
    return ParameterMissing(
        "You have not passed any option value.",
        location="body.Options",
        fix="Send at least one option, and none that is empty.",
    )


def _characters_wrong(member: str) -> InputInvalid:
    return InputInvalid(
        "Only alphanumeric characters, space, underscore is allowed",
        location=f"body.{member}",
        fix="Leave other characters out.",
    )


def _keep(unit: Unit, field: LeadField) -> None:
    account_id = unit.actor.account_id
    definition = msgspec.json.encode(field).decode()
    next_position = (
        select(func.coalesce(func.max(lead_fields.c.position), 0) + 1)
        .where(lead_fields.c.account_id == account_id)
        .scalar_subquery()
    )
    statement = upsert(lead_fields).values(
        account_id=account_id,
        schema_name=field.schema_name,
        position=next_position,
        definition=definition,
        modified_on=unit.now_ms,
    )
    unit.connection.execute(
        statement.on_conflict_do_update(
            index_elements=[lead_fields.c.account_id, lead_fields.c.schema_name],
            set_={"definition": definition, "modified_on": unit.now_ms},
        )
    )
    unit.stale_schemas.add(account_id)
