"""Creating lead fields, and changing the options of dropdowns."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final, TypeVar, cast

from leadwire.crm.leads.own_fields import (
    FieldOption,
    NewField,
    add_dependent_options,
    add_options,
    create_field,
    no_option,
    remove_options,
)
from leadwire.dialect import incorrect
from leadwire.errors import BodyMisshapen, ParameterMissing
from leadwire.operations.lead_fields import DependentOptions, LeadFieldWrite, OptionsChange
from leadwire.operations.lead_fields import FieldOption as OptionMember
from leadwire.operations.shapes import WriteMessage, WriteResult
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.members import is_set, whole_number
from leadwire.wire.request import Endpoint, Request

if TYPE_CHECKING:
    from leadwire.crm.leads.fields import DataType

T = TypeVar("T")

_TEXT_SHOWN_MAX: Final = 100

_RENDERS: Final[dict[str, dict[str, str]]] = {
    "Text": {"Textbox": "", "TextArea": "TextArea"},
    "Number": {"Textbox": ""},
    "Email": {"Email": ""},
    "Phone": {"Phone": "", "Textbox": "Text"},
    "Website": {"URL": ""},
    "Date": {"Date": "", "DateTime": "DateTime"},
    "Time": {"Time": ""},
    "Select": {
        "Dropdown": "",
        "SearchableDropdown": "SearchableDropdown",
        "DropdownWithOthers": "DropdownWithOthers",
    },
    "Boolean": {"CheckBox": "", "RadioButton": "RadioButton"},
    "CustomObject": {"CustomObject": ""},
}
"""DataType to RenderTypeTextValue to the render of the domain; the case of both matters."""


async def create(request: Request) -> WriteResult:
    new = _new_field(request.body)
    field_id: str = await request.write(lambda unit: create_field(unit, new))
    return success(WriteMessage(Id=field_id))


async def push_options(request: Request) -> WriteResult:
    body = _options_change(request)
    changed = await request.write(lambda unit: add_options(unit, body.SchemaName, body.Options))
    return success(WriteMessage(AffectedRows=int(changed > 0)))


async def pull_options(request: Request) -> WriteResult:
    body = _options_change(request)
    changed = await request.write(lambda unit: remove_options(unit, body.SchemaName, body.Options))
    return success(WriteMessage(AffectedRows=int(changed > 0)))


async def push_dependent_options(request: Request) -> WriteResult:
    body: DependentOptions = request.body
    parent, child = body.ParentSchemaName.strip(), body.ChildSchemaName.strip()
    value = body.ParentFieldValue.strip()
    if not body.Options:
        raise no_option()

    added: int = await request.write(
        lambda unit: add_dependent_options(
            unit, child, body.Options, parent=parent, parent_value=value
        )
    )
    return success(WriteMessage(AffectedRows=added))


def _new_field(body: LeadFieldWrite) -> NewField:
    display_name = _passed(body.DisplayName, "DisplayName")
    data_type = _passed(body.DataType, "DataType")
    render_text = _passed(body.RenderTypeTextValue, "RenderTypeTextValue")
    renders = _one_of(_RENDERS, data_type, "DataType")
    render = _one_of(renders, render_text, "RenderTypeTextValue")
    max_length = None
    if str(body.MaxLength).strip():
        max_length = whole_number(body.MaxLength, "MaxLength", least=1)
    return NewField(
        display_name=display_name,
        data_type=cast("DataType", data_type),
        render=render,
        mandatory=is_set(body.IsMandatory),
        max_length=max_length,
        options=_options(body.OptionsJson),
        show_in_import=is_set(body.ShowInImport),
        show_in_mail_merge=is_set(body.ShowInMailMerge),
        lock_after_create=int(is_set(body.LockAfterCreate)),
        use_in_lead_clone=is_set(body.UseInLeadClone),
    )


def _options_change(request: Request) -> OptionsChange:
    body: OptionsChange = request.body
    name = body.SchemaName.strip()
    if not body.Options:
        raise no_option()
    return OptionsChange(name, body.Options)


def _passed(value: str, name: str) -> str:
    value = value.strip()
    if not value:
        raise ParameterMissing(
            f"You have not passed {name}.", location=f"body.{name}", fix=f"Send {name}."
        )
    return value


def _one_of(choices: Mapping[str, T], value: str, name: str) -> T:
    if value not in choices:
        raise incorrect(name, fix=f"Send one of {', '.join(choices)}.")
    return choices[value]


def _options(given: list[OptionMember] | str) -> list[FieldOption]:
    if isinstance(given, str):
        if given.strip():
            raise BodyMisshapen(
                f'Error converting value "{given[:_TEXT_SHOWN_MAX]}" to type List<Options>',
                location="body.OptionsJson",
                fix="Send OptionsJson as an array of objects, not as text.",
            )
        return []
    return [
        FieldOption(
            option.Value,
            whole_number("" if option.Order is None else option.Order, "Order", least=1),
            is_set(option.IsDefault),
        )
        for option in given
    ]


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "CreateLeadField": create,
    "LeadField.Options.Push": push_options,
    "LeadField.Options.Remove": pull_options,
    "LeadField.DependentOptions.Push": push_dependent_options,
}
