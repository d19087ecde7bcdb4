"""Operations on the lead fields of an account, of ``LeadManagement.svc``."""

from typing import Final

import msgspec

from leadwire.operations.operation import Operation
from leadwire.operations.shapes import Flag, NumberLike, WriteResult

SERVICE: Final = "LeadManagement.svc"


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
    """An array for a dropdown; the empty text for every other field."""


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

OPERATIONS: Final = (
    Operation(
        name="CreateLeadField",
        service=SERVICE,
        path="CreateLeadField",
        method="POST",
        api_type="Lead",
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
        notes=(
            "The schema name is mx_ and the display name, with underscores for blanks.",
            "Display names hold letters and digits of ASCII, blanks and underscores.",
            "A mandatory field is asked for when a lead is created, not when it is updated.",
            "The default option is shown by LeadsMetaData.Get; leads do not get it by themselves.",
        ),
    ),
    Operation(
        name="LeadField.Options.Push",
        service=SERVICE,
        path="LeadField/Dropdown/Options/Push",
        method="POST",
        api_type="Lead",
        summary="Add options to a dropdown lead field",
        body=OptionsChange,
        body_example=_OPTIONS_EXAMPLE,
        result=WriteResult,
        result_example=_OPTIONS_RESULT,
        faults=_OPTIONS_FAULTS,
        notes=(
            "Options that the field has already are left as they are.",
            "AffectedRows is 1 when the field changed, else 0.",
            "Members of custom field sets (names with ~) are not fields here.",
        ),
    ),
    Operation(
        name="LeadField.Options.Remove",
        service=SERVICE,
        path="LeadField/Dropdown/Options/Remove",
        method="POST",
        api_type="Lead",
        summary="Remove options from a dropdown lead field",
        body=OptionsChange,
        body_example=_OPTIONS_EXAMPLE,
        result=WriteResult,
        result_example=_OPTIONS_RESULT,
        faults=_OPTIONS_FAULTS,
        notes=("Leads keep the values that they have. AffectedRows is 1 or 0.",),
    ),
    Operation(
        name="LeadField.DependentOptions.Push",
        service=SERVICE,
        path="LeadField/Dependency/Dropdown/Options/Push",
        method="POST",
        api_type="Lead",
        summary="Add options to a dropdown lead field that depends on another",
        body=DependentOptions,
        body_example='{"ParentSchemaName":"mx_Loan_Type","ChildSchemaName":"mx_Scheme",'
        '"ParentFieldValue":"Home","Options":["Fixed","Floating"]}',
        result=WriteResult,
        result_example='{"Status":"Success","Message":{"AffectedRows":2}}',
        faults=_OPTIONS_FAULTS,
        notes=(
            "AffectedRows is the number of options added.",
            "ParentFieldValue is checked, but not kept: no answer of this API shows it.",
        ),
    ),
)
