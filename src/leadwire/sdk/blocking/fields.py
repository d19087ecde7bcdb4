# Made by scripts/sdk from leadwire/sdk/aio/fields.py: change that file instead.
"""Lead fields of the account: describe them, create them, and convert values by them."""

from collections.abc import Iterable, Sequence
from typing import Any

from leadwire.operations.lead_fields import FieldDataType
from leadwire.sdk import reading, writing
from leadwire.sdk.blocking.resource import Resource
from leadwire.sdk.lead_schema import LeadSchema
from leadwire.sdk.models.field import LeadField
from leadwire.sdk.models.lead import Written
from leadwire.sdk.rows import Rows


class Fields(Resource):
    """Lead fields."""

    def all(self, *, without_options: bool | None = None) -> Rows[LeadField]:
        """Every lead field of the account. *without_options* omits the options of dropdowns."""
        return self._call(
            "LeadsMetaData.Get",
            reading.many(LeadField),
            query={"excludeOptionSets": 1 if without_options else None},
        )

    def get(self, schema_name: str) -> LeadField | None:
        """One lead field; None if the account does not have it."""
        return self._call(
            "LeadsMetaData.Get",
            reading.first(LeadField),
            query={"schemaName": writing.schema_name(schema_name)},
        )

    def schema(self) -> LeadSchema:
        """The account's lead fields, ready to convert values. Keep it: fields seldom change."""
        return LeadSchema(self.all(without_options=True))

    def create(
        self,
        display_name: str,
        data_type: FieldDataType,
        render_type: str,
        *,
        options: Sequence[str] | None = None,
        is_mandatory: bool = False,
        max_length: int | None = None,
    ) -> Written:
        """Create a lead field. Its schema name is ``mx_`` and the name, with ``_`` for blanks.

        *render_type*: Textbox, TextArea, Email, Phone, URL, Date, DateTime, Time, CheckBox,
        RadioButton, Dropdown, … *options* are the choices of a Select. A CustomObject is a field
        set.
        """
        listed: Any = [
            {"Value": option, "Order": order, "IsDefault": False}
            for order, option in enumerate(options or (), 1)
        ]
        body = {
            "DisplayName": display_name,
            "DataType": data_type,
            "RenderTypeTextValue": render_type,
            "IsMandatory": is_mandatory,
            "MaxLength": None if max_length is None else str(max_length),
            "OptionsJson": listed or "",
        }
        return self._call(
            "CreateLeadField", reading.message(Written), body=writing.without_none(body)
        )

    def add_options(self, schema_name: str, options: Iterable[str]) -> Written:
        """Add options to a dropdown. Existing options stay as they are."""
        body = {"SchemaName": schema_name, "Options": list(options)}
        return self._call("LeadField.Options.Push", reading.message(Written), body=body)

    def remove_options(self, schema_name: str, options: Iterable[str]) -> Written:
        """Remove options from a dropdown. Leads keep the values they have."""
        body = {"SchemaName": schema_name, "Options": list(options)}
        return self._call("LeadField.Options.Remove", reading.message(Written), body=body)

    def add_dependent_options(
        self, schema_name: str, options: Iterable[str], *, parent: str, parent_value: str
    ) -> Written:
        """Add options that a dropdown offers when *parent* is *parent_value*."""
        body = {
            "ParentSchemaName": parent,
            "ChildSchemaName": schema_name,
            "ParentFieldValue": parent_value,
            "Options": list(options),
        }
        return self._call(
            "LeadField.DependentOptions.Push",
            reading.message(Written),
            body=body,
        )
