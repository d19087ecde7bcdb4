"""Activities as the wire prints them: as objects, as flat rows, and field by field."""

from collections.abc import Mapping
from typing import Final

import msgspec

from leadwire.crm.activities.activities import KeptActivity
from leadwire.crm.activities.fields import (
    DROPDOWNS,
    NOTE_FIELD,
    SLOTS,
    ActivityField,
    all_fields,
)
from leadwire.crm.activities.types import HISTORY, KIND_PHONE_CALL, ActivityType
from leadwire.crm.unit import Person
from leadwire.dates import Moment, format_us
from leadwire.operations.activity_shapes import ActivityRow, FieldObject
from leadwire.operations.shapes import Activity, KeyValue

_SYSTEM_NAMES: Final = frozenset({NOTE_FIELD, "Status", "Owner"})


def activity_object(kept: KeptActivity, moment: Moment) -> Activity:
    activity = Activity(
        Id=kept.activity_id,
        EventCode=kept.type.event_code,
        EventName=kept.type.name,
        ActivityScore=kept.score,
        CreatedOn=moment(kept.happened_on),
        ModifiedOn=moment(kept.modified_on),
        RelatedProspectId=kept.lead_id,
        ActivityType=kept.type.kind,
        IsEmailType=False,
        Type=kept.type.direction,
        SessionId=None,
        TrackLocation=0,
        Latitude=None,
        Longitude=None,
        Data=_data(kept),
    )
    if kept.type.event_code not in HISTORY:
        activity.ActivityFields = _fields(kept)
    return activity


def _data(kept: KeptActivity) -> list[KeyValue]:
    """The system's data about the activity, with the name of the user who posted it."""
    pairs = dict(kept.data)
    if kept.type.kind == KIND_PHONE_CALL and "CallType" in pairs:
        return [KeyValue(key, value) for key, value in pairs.items()]
    comment = {"Comment": pairs.pop("Comment")} if "Comment" in pairs else {}
    pairs = {**pairs, "CreatedBy": kept.created_by_name, **comment}
    return [KeyValue(key, value) for key, value in pairs.items()]


def _fields(kept: KeptActivity) -> dict[str, str | None]:
    """The common members, and the slots with a value."""
    slots = [name for name in SLOTS if kept.fields.get(name)]
    return {
        "ProspectActivityAutoId": str(kept.number),
        NOTE_FIELD: kept.note,
        "CreatedOn": format_us(kept.happened_on),
        "CreatedBy": kept.created_by,
        **{name: kept.fields[name] for name in slots},
        "Status": kept.fields.get("Status") or "",
        "Owner": kept.fields.get("Owner") or kept.created_by,
        "ModifiedBy": kept.modified_by,
        "ModifiedOn": format_us(kept.modified_on),
    }


def activity_row(kept: KeptActivity, people: Mapping[str, Person], moment: Moment) -> ActivityRow:
    """The activity's columns, then every field that it has or its type declares."""
    creator, modifier = people.get(kept.created_by), people.get(kept.modified_by)
    declared = {field.schema_name: None for field in all_fields(kept.type.fields)}
    fields = {**declared, NOTE_FIELD: kept.note or None, **kept.fields}
    return {
        "ProspectActivityId": kept.activity_id,
        "RelatedProspectId": kept.lead_id,
        "ActivityType": str(kept.type.kind),
        "ActivityEvent": str(kept.type.event_code),
        **fields,
        "Score": str(kept.score),
        "CreatedOn": moment(kept.happened_on),
        "CreatedBy": kept.created_by,
        "CreatedByName": kept.created_by_name,
        "CreatedByEmailAddress": creator.email if creator else None,
        "ModifiedOn": moment(kept.modified_on),
        "ModifiedBy": kept.modified_by,
        "ModifiedByName": modifier.name if modifier else None,
    }


def field_objects(kind: ActivityType, kept: KeptActivity | None = None) -> list[FieldObject]:
    """The fields of a type; of an activity, with its values."""
    if kept is None:
        return [_field_object(field, field.default) for field in all_fields(kind.fields)]
    return filled_fields(kind, {**kept.fields, NOTE_FIELD: kept.note or None})


def filled_fields(kind: ActivityType, values: Mapping[str, str | None]) -> list[FieldObject]:
    """The fields of something of a type, with its values."""
    fields = all_fields(kind.fields)
    names = {field.schema_name for field in fields}
    # Slots that the type does not declare are shown when they are used.
    fields += [
        ActivityField(schema_name=name, display_name=name, sequence=len(names) + number)
        for number, name in enumerate(name for name in values if name not in names)
    ]
    return [_field_object(field, values.get(field.schema_name)) for field in fields]


def option_set(field: ActivityField) -> str:
    """The options of a dropdown as JSON text; empty without options."""
    if not field.options:
        return ""
    last = len(field.options) - 1
    options = [
        {
            "IsDefault": choice.is_default,
            "Text": choice.text,
            "Value": choice.value,
            "Order": order,
            "CanEdit": 1,
            "CanDelete": 1,
            "IsLastOption": int(order == last),
        }
        for order, choice in enumerate(field.options)
    ]
    return msgspec.json.encode(options).decode()


def _field_object(field: ActivityField, value: str | None) -> FieldObject:
    is_system = field.schema_name in _SYSTEM_NAMES
    return FieldObject(
        SchemaName=field.schema_name,
        InternalName=field.schema_name,
        DisplayName=field.display_name,
        Value=value,
        DataType=field.data_type,
        IsMandatory=field.is_mandatory,
        ShowInForm=field.show_in_form,
        Sequence=field.sequence,
        ParentField="",
        OptionSet=option_set(field),
        DependentOptionSet="",
        IsDefault=is_system,
        IsReadOnly=False,
        RenderType="",
        ExportAsPlainText=False,
        IsMultiSelectDropdown=False,
        IncludeOthersOption=field.data_type == "DropdownWithOthers",
        BehaviorOnMissingDropdownOption=0,
        IsOthersValue=False,
        InternalSchemaName=field.schema_name,
        CustomObjectType=0,
        MaxFieldLength=0,
        StringRenderType=0,
        IsViewRestrictedField=False,
        IsSortable=field.data_type not in DROPDOWNS,
        IsEncrypted=False,
        DisplayValue=value,
        IsMasked=False,
    )
