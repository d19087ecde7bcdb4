"""Convert lead values from wire text to booleans, numbers and dates, by the field metadata."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import Any, Final

from leadwire.sdk import values
from leadwire.sdk.errors import InvalidValue
from leadwire.sdk.models.field import LeadField
from leadwire.sdk.writing import FieldValue, schema_name

TypedValue = str | int | float | bool | date | datetime | None

_READERS: Final[dict[str, Callable[[str], TypedValue]]] = {
    "Number": values.parse_number,
    "Boolean": values.parse_boolean,
    "Date": values.parse_date,
    "DateTime": values.parse_moment,
}


class LeadSchema:
    """The lead fields of an account, by schema name. Immutable and thread-safe."""

    def __init__(self, fields: Iterable[LeadField]) -> None:
        self.fields: Final[Mapping[str, LeadField]] = {field.schema_name: field for field in fields}
        self._readers = {
            name: reader
            for name, field in self.fields.items()
            if (reader := _READERS.get(_kind_of(field))) is not None
        }

    def read(self, lead: Mapping[str, Any]) -> dict[str, TypedValue]:
        """A lead by schema names, with typed values.

        Empty text in a typed field becomes None. A value that does not fit its type stays text.
        """
        return {name: self._typed(name, value) for name, value in lead.items()}

    def check(self, attributes: Mapping[str, FieldValue]) -> dict[str, FieldValue]:
        """The attributes by schema names, for a write.

        Raises InvalidValue with all unknown fields; the API would refuse the whole write.
        """
        named = {schema_name(name): value for name, value in attributes.items()}
        unknown = [name for name in named if name not in self.fields and not _is_pseudo(name)]
        if unknown:
            raise InvalidValue(f"The account has no lead field {', '.join(unknown)}.")
        return named

    def _typed(self, name: str, value: Any) -> TypedValue:  # noqa: ANN401  # any JSON
        reader = self._readers.get(name)
        if reader is None or not isinstance(value, str):
            known: TypedValue = value
            return known
        if not value:
            return None
        found = reader(value)
        return value if found is None else found


def _kind_of(field: LeadField) -> str:
    kind = field.data_type or ""
    return "DateTime" if kind == "Date" and field.render_type == "DateTime" else kind


def _is_pseudo(name: str) -> bool:
    return name in ("SearchBy", "ProspectID") or name.startswith("__")
