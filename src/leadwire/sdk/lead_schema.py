"""Convert lead values from wire text to booleans, numbers and dates, by the field metadata."""

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Any, Final

from leadwire.sdk import values
from leadwire.sdk.errors import InvalidValue
from leadwire.sdk.models.field import LeadField
from leadwire.sdk.writing import FieldValue, schema_name, written_by_system

_OWN: Final = "mx_"
"""Begins the names of an account's own fields."""

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
            if (reader := _READERS.get(kind_of(field))) is not None
        }

    def read(self, lead: Mapping[str, Any]) -> dict[str, TypedValue]:
        """A lead by schema names, with typed values.

        Empty text in a typed field becomes None. A value that does not fit its type stays text.
        """
        return {name: self._typed(name, value) for name, value in lead.items()}

    def check(
        self, attributes: Mapping[str, FieldValue], *, for_update: bool = False
    ) -> dict[str, FieldValue]:
        """The attributes by schema names, for a write.

        Raises InvalidValue with all unknown fields, for which the API would refuse the whole write,
        else with all locked fields. Those that the system writes are always locked. The account's
        own may be locked once a lead exists: pass *for_update* to look for them, too.
        """
        named = {schema_name(name): value for name, value in attributes.items()}
        unknown = [name for name in named if name not in self.fields and not _is_pseudo(name)]
        if unknown:
            told = ", ".join(map(self._with_hint, unknown))
            raise InvalidValue(f"The account has no lead field {told}.")
        locked = [name for name in named if self._is_locked(name)]
        dropped = [name for name in locked if not name.startswith(_OWN)]
        if dropped:
            raise written_by_system(dropped)
        if for_update and locked:
            raise InvalidValue(
                f"The account locks {', '.join(locked)} once a lead exists. Leave it out."
            )
        return named

    def _with_hint(self, name: str) -> str:
        near = get_close_matches(name, self.fields, n=1)
        return f"{name} (did you mean {near[0]}?)" if near else name

    def _is_locked(self, name: str) -> bool:
        field = self.fields.get(name)
        return field is not None and bool(field.is_locked) and not _is_pseudo(name)

    def _typed(self, name: str, value: Any) -> TypedValue:  # noqa: ANN401  # any JSON
        reader = self._readers.get(name)
        if reader is None or not isinstance(value, str):
            known: TypedValue = value
            return known
        if not value:
            return None
        found = reader(value)
        return value if found is None else found


def kind_of(field: LeadField) -> str:
    """The data type. A Date displayed with a time is a DateTime."""
    kind = field.data_type or ""
    return "DateTime" if kind == "Date" and field.render_type == "DateTime" else kind


def _is_pseudo(name: str) -> bool:
    return name in ("SearchBy", "ProspectID") or name.startswith("__")
