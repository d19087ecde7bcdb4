"""Operations on the lead fields of an account, of ``LeadManagement.svc``."""

from functools import partial
from typing import Final, Literal

import msgspec

from leadwire.operations.operation import Operation, documented
from leadwire.operations.shapes import Flag, NumberLike, WriteResult
from leadwire.operations.shared import LEAD_MANAGEMENT

FieldDataType = Literal[
    "Text",
    "Number",
    "Email",
    "Phone",
    "Website",
    "Date",
    "Time",
    "Select",
    "Boolean",
    "CustomObject",
]
"""Types of lead fields that an account can create."""


class FieldOption(msgspec.Struct):
    Value: str = ""
    Order: NumberLike | None = None
    """From 1, without gaps."""
    IsDefault: Flag = False


class LeadFieldWrite(msgspec.Struct):
    """Body of CreateLeadField."""

    DisplayName: str = ""
    DataType: str = ""
    IsMandatory: Flag = False
    RenderTypeTextValue: str = ""
    ShowInImport: Flag = True
    ShowInMailMerge: Flag = True
    LockAfterCreate: Flag = 0
    UseInLeadClone: Flag = False
    MaxLength: NumberLike = ""
    OptionsJson: list[FieldOption] | str = ""
    """An array for a dropdown; empty text for other fields."""


class OptionsChange(msgspec.Struct):
    SchemaName: str = ""
    Options: list[str] = []


class DependentOptions(msgspec.Struct):
    ParentSchemaName: str = ""
    ChildSchemaName: str = ""
    ParentFieldValue: str = ""
    Options: list[str] = []


_OPTIONS_EXAMPLE: Final = '{"SchemaName":"mx_Loan_Type","Options":["Gold","Vehicle"]}'
_OPTIONS_RESULT: Final = '{"Status":"Success","Message":{"AffectedRows":1}}'
_OPTIONS_FAULTS: Final = (
    "MXMandatoryAttributeMissingException",
    "MXUnknownAttributeException",
    "MXInvalidInputException",
)

_row = partial(Operation, service=LEAD_MANAGEMENT, api_type="Lead")

OPERATIONS: Final = (
    _row(
        name="CreateLeadField",
        path="CreateLeadField",
        summary="Create a custom lead field",
        body=LeadFieldWrite,
        body_example='{"DisplayName":"Loan Type","DataType":"Select","IsMandatory":false,'
        '"RenderTypeTextValue":"Dropdown","ShowInImport":true,"ShowInMailMerge":true,'
        '"LockAfterCreate":0,"UseInLeadClone":false,"MaxLength":"60","OptionsJson":'
        '[{"Value":"Home","Order":1,"IsDefault":false},'
        '{"Value":"Gold","Order":2,"IsDefault":false}]}',
        result=WriteResult,
        result_example='{"Status":"Success",'
        '"Message":{"Id":"6f0a6c7e-2c53-4a2b-9d3e-5d9a6c1b7e20"}}',
        faults=(
            "MXMandatoryAttributeMissingException",
            "MXInvalidInputException",
            "MXDuplicateEntityNameException",
        ),
        evidence=documented("create-custom-lead-field"),
        notes=(
            "The schema name is mx_ plus the display name, with underscores instead of blanks.",
            "A display name may contain ASCII letters, digits, blanks and underscores.",
            "A mandatory field is required to create a lead, but not to update one.",
            "LeadsMetaData.Get shows the default option. Leads do not get it automatically.",
        ),
    ),
    _row(
        name="LeadField.Options.Push",
        purpose="changing options",
        mandatory=("SchemaName",),
        path="LeadField/Dropdown/Options/Push",
        summary="Add options to a dropdown lead field",
        body=OptionsChange,
        body_example=_OPTIONS_EXAMPLE,
        result=WriteResult,
        result_example=_OPTIONS_RESULT,
        faults=_OPTIONS_FAULTS,
        repeated="safe",
        evidence=documented("add-values-to-a-lead-drop-down-field"),
        notes=(
            "Options that the field already has are not changed.",
            "AffectedRows is 1 if the field changed, else 0.",
            "Members of custom field sets (names with ~) are not supported.",
        ),
    ),
    _row(
        name="LeadField.Options.Remove",
        purpose="changing options",
        mandatory=("SchemaName",),
        path="LeadField/Dropdown/Options/Remove",
        summary="Remove options from a dropdown lead field",
        body=OptionsChange,
        body_example=_OPTIONS_EXAMPLE,
        result=WriteResult,
        result_example=_OPTIONS_RESULT,
        faults=_OPTIONS_FAULTS,
        repeated="safe",
        evidence=documented("remove-values-from-a-lead-drop-down-field"),
        notes=("Leads keep their values. AffectedRows is 1 if the field changed, else 0.",),
    ),
    _row(
        name="LeadField.DependentOptions.Push",
        purpose="adding options",
        mandatory=("ParentSchemaName", "ChildSchemaName", "ParentFieldValue"),
        path="LeadField/Dependency/Dropdown/Options/Push",
        summary="Add options to a dropdown lead field that depends on another",
        body=DependentOptions,
        body_example='{"ParentSchemaName":"mx_Loan_Type","ChildSchemaName":"mx_Scheme",'
        '"ParentFieldValue":"Home","Options":["Fixed","Floating"]}',
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"AffectedRows":2}}',
        faults=_OPTIONS_FAULTS,
        repeated="safe",
        evidence=documented("add-values-to-a-dependent-drop-down-lead-field"),
        notes=(
            "AffectedRows is the number of added options.",
            "ParentFieldValue is checked but not stored, because no answer shows it.",
        ),
    ),
)
