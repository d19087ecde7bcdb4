"""List, read, create and change activity types."""

import re
from typing import Any, Final

import msgspec

from leadwire.crm.activities.custom_types import (
    TypeDraft,
    create_type,
    postable_type,
    types_of_account,
    update_type,
)
from leadwire.crm.activities.fields import (
    DATA_TYPES,
    DROPDOWNS,
    FIELDS_MAX,
    SLOTS,
    ActivityField,
    Choice,
    all_fields,
)
from leadwire.crm.activities.types import ActivityType as CrmType
from leadwire.crm.activities.types import Direction
from leadwire.dialect import incorrect, invalid
from leadwire.operations.activity_shapes import (
    ActivitySetting,
    DropdownOption,
    DropdownOptions,
    OptionsParameter,
    OptionsQuery,
    TypeField,
    TypeUpdate,
    TypeWrite,
)
from leadwire.operations.shapes import (
    ActivityType,
    NumberLike,
    StatusResult,
    WriteMessage,
    WriteResult,
)
from leadwire.wire.endpoints.activity_forms import event_code, part_of
from leadwire.wire.endpoints.activity_printer import field_objects
from leadwire.wire.endpoints.lead_writes import success
from leadwire.wire.members import is_set, whole_number
from leadwire.wire.request import Endpoint, Request

NAME_MAX: Final = 200
_DIRECTIONS: Final[dict[Direction, int]] = {"Inbound": 0, "Outbound": 1, "Information": 2}
_BY_NUMBER: Final = {str(number): name for name, number in _DIRECTIONS.items()}
_DATA_TYPES: Final = {name.lower(): name for name in DATA_TYPES}
_DECLARABLE: Final = frozenset({*SLOTS, "Status", "Owner", "ActivityEvent_Note"})
_SCORE: Final = re.compile(r"-?[0-9]{1,6}", re.ASCII)

_PROPERTIES: Final = '{"FormMetaData":null}'
"""The service puts the layout of the type's form here; no form is kept."""


async def types(request: Request) -> list[ActivityType]:
    kinds: dict[int, CrmType] = await request.read(types_of_account)
    return [listed_type(kind) for kind in kinds.values() if kind.is_listed]


async def setting(request: Request) -> ActivitySetting:
    code = event_code(request.parameter("code"))
    kind: CrmType = await request.read(lambda unit: postable_type(unit, code))
    return ActivitySetting(kind.type_id, kind.name, kind.name, kind.score, field_objects(kind))


async def create(request: Request) -> WriteResult:
    body: TypeWrite = request.body
    draft = TypeDraft(
        name=_name(body.ActivityEventName),
        score=_score(body.Score),
        direction=_direction(body.Direction, "Direction"),
        description=body.Description,
        can_delete=is_set(body.CanDeleteActivity),
        fields=_fields(body.Fields),
    )
    kind: CrmType = await request.write(lambda unit: create_type(unit, draft))
    return success(WriteMessage(Id=str(kind.event_code)))


async def update(request: Request) -> StatusResult:
    body: TypeUpdate = request.body
    type_id = body.ID.strip().lower()
    draft = TypeDraft(
        name=None if body.ActivityEventName is None else _name(body.ActivityEventName),
        score=_score(body.Score),
        direction=_direction(body.EventDirection, "EventDirection"),
        description=body.Description,
        can_delete=None if body.CanDeleteActivity is None else is_set(body.CanDeleteActivity),
        fields=_fields(body.Fields),
    )
    await request.write(lambda unit: update_type(unit, type_id, draft))
    return StatusResult()


async def dropdown_options(request: Request) -> DropdownOptions:
    body: OptionsQuery = request.body
    parameter = body.Parameter or OptionsParameter()
    name = parameter.SchemaName.strip()
    code = event_code(parameter.ActivityEventCode)
    kind: CrmType = await request.read(lambda unit: postable_type(unit, code))
    field = next((f for f in all_fields(kind.fields) if f.schema_name == name), None)
    if field is None or field.data_type not in DROPDOWNS:
        raise invalid(
            "Parameter.SchemaName",
            "Activity field should be of type independent dropdown",
            fix="Name a dropdown of the type, as CustomActivity/GetActivitySetting lists it.",
        )
    choices = list(enumerate(field.options))
    if body.Paging is not None:
        part = part_of(request.operation, body.Paging)
        choices = choices[part.offset : part.offset + part.rows_max]
    return DropdownOptions(
        [
            DropdownOption(choice.text or choice.value, choice.value, order, choice.is_default)
            for order, choice in choices
        ]
    )


def listed_type(kind: CrmType) -> ActivityType:
    return ActivityType(
        Id=kind.type_id,
        ActivityEvent=kind.event_code,
        ActivityEventName=kind.name,
        DisplayName=kind.name,
        EventType=kind.kind,
        EventDirection=_DIRECTIONS[kind.direction],
        Score=kind.score,
        Tags=None,
        ActivityProperties=_PROPERTIES if kind.is_custom else None,
    )


def _name(text: str) -> str:
    name = text.strip()
    if not name or len(name) > NAME_MAX:
        raise invalid(
            "ActivityEventName",
            "activity",
            fix=f"Send an ActivityEventName of 1 to {NAME_MAX} characters.",
        )
    return name


def _score(value: NumberLike | None) -> int | None:
    if value is None:
        return None
    if _SCORE.fullmatch(str(value).strip()) is None:
        raise incorrect("Score", fix="Send a whole number.")
    return int(value)


def _direction(value: NumberLike | None, name: str) -> Direction | None:
    if value is None:
        return None
    direction = _BY_NUMBER.get(str(value).strip())
    if direction is None:
        raise incorrect(name, fix="Send 0 (inbound) or 1 (outbound).")
    return direction


def _fields(fields: list[TypeField] | None) -> list[ActivityField] | None:
    if fields is None:
        return None
    if len(fields) > FIELDS_MAX + 3:  # its slots, and what every activity has
        raise invalid("Fields", f"A type has at most {FIELDS_MAX} fields.", fix="Send fewer.")
    names = [field.SchemaName for field in fields]
    for name in names:
        if name not in _DECLARABLE or names.count(name) > 1:
            raise invalid(
                f"Fields.{name}",
                f"{name} is not a field of its own.",
                fix="Send each of mx_Custom_1 to mx_Custom_50 at most once.",
            )
    return [_field(field, number) for number, field in enumerate(fields, 1)]


def _field(field: TypeField, number: int) -> ActivityField:
    data_type = _DATA_TYPES.get(field.DataType.strip().lower())
    if data_type is None:
        raise incorrect(
            f"DataType of {field.SchemaName}",
            location=f"Fields.{field.SchemaName}.DataType",
            fix=f"Send one of {', '.join(DATA_TYPES)}.",
        )
    sequence = number
    if field.Sequence is not None:
        sequence = whole_number(field.Sequence, "Sequence", least=0)
    return ActivityField(
        schema_name=field.SchemaName,
        display_name=field.DisplayName.strip() or field.SchemaName,
        data_type=data_type,
        is_mandatory=is_set(field.IsMandatory),
        show_in_form=is_set(field.ShowInForm),
        sequence=sequence,
        options=_options(field),
        default=field.Value,
    )


def _options(field: TypeField) -> tuple[Choice, ...]:
    """The options of an OptionSet: JSON text of objects, or of texts, or such an array itself."""
    given: Any = field.OptionSet or None
    try:
        if isinstance(given, str):
            given = msgspec.json.decode(given)
        return tuple(map(_choice, msgspec.convert(given, list[Any] | None) or ()))
    except (msgspec.DecodeError, RecursionError, AttributeError, KeyError, TypeError, ValueError):
        raise incorrect(
            f"OptionSet of {field.SchemaName}",
            location=f"Fields.{field.SchemaName}.OptionSet",
            fix='Send JSON text of an array: [{"Value": "Open", "Text": "", "IsDefault": true}].',
        ) from None


def _choice(option: Any) -> Choice:  # noqa: ANN401  # any JSON
    if isinstance(option, str):
        option = {"Value": option}
    value = option["Value"]
    if not isinstance(value, str) or not value:
        raise ValueError("an option without a value")
    return Choice(value, str(option.get("Text") or ""), is_set(option.get("IsDefault")))


ENDPOINTS: Final[dict[str, Endpoint]] = {
    "ActivityTypes.Get": types,
    "CustomActivity.GetActivitySetting": setting,
    "ActivityType.Create": create,
    "ActivityType.Update": update,
    "ActivityField.Dropdown.Options.Get": dropdown_options,
}
