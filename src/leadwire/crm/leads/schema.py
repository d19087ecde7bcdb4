"""The lead schema of one account: default fields, changed fields and added fields.

A schema is immutable. A change to an account's fields makes a new schema. An older schema can lack
new fields, but stays valid, because fields are never removed.
"""

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import msgspec
from sqlalchemy import Connection, Row, select

from leadwire.crm.leads.field_sets import SET_TYPE
from leadwire.crm.leads.fields import FIELDS, LeadField
from leadwire.crm.tables import lead_fields

_DEFAULT_NAMES: Final = frozenset(field.schema_name for field in FIELDS)


class LeadRules(NamedTuple):
    """The settings that differ between accounts."""

    shared: frozenset[str] = frozenset()
    """Default unique fields that several leads may share here."""
    country_code: str = ""
    """Country code for numbers without one, as ``91``. Empty: numbers stay unchanged."""
    refuse_phone_alone: bool = False
    """Whether CreateOrUpdate refuses a lead without an e-mail address whose phone is taken."""
    search_lag_ms: int = 0
    """The delay before reads by conditions see a write."""


DEFAULT_RULES: Final = LeadRules()
UNIQUE_BY_DEFAULT: Final = frozenset({"EmailAddress", "Phone"})


def _ruled(field: LeadField, rules: LeadRules) -> LeadField:
    if field.schema_name not in rules.shared:
        return field
    return msgspec.structs.replace(field, unique=False)


class LeadSchema:
    """The fields of a lead, in print order. Safe to share between threads."""

    __slots__ = (
        *("_by_lower_name", "by_name", "fields", "rules"),
        *("mandatory", "quick_search", "sets", "unique"),
    )

    def __init__(self, kept: Iterable[LeadField] = (), rules: LeadRules = DEFAULT_RULES) -> None:
        """*kept* are the fields that the account added or changed."""
        self.rules: Final = rules
        own = {field.schema_name: field for field in kept}
        self.fields: Final = (
            *(_ruled(own.pop(field.schema_name, field), rules) for field in FIELDS),
            *own.values(),
        )
        self.by_name: Final = {field.schema_name: field for field in self.fields}
        self._by_lower_name: Final = {name.lower(): f for name, f in self.by_name.items()}
        self.quick_search: Final = tuple(f for f in self.fields if f.quick_search)
        self.mandatory: Final = tuple(f.schema_name for f in self.fields if f.mandatory)
        self.sets: Final = frozenset(f.schema_name for f in self.fields if f.data_type == SET_TYPE)
        self.unique: Final = frozenset(f.schema_name for f in self.fields if f.unique)

    def sought(self, name: str) -> LeadField | None:
        """The field that a reader calls *name*, in any letter case; None if there is none."""
        return self.by_name.get(name) or self._by_lower_name.get(name.lower())


DEFAULT_SCHEMA: Final = LeadSchema()
"""The schema of accounts that changed no field."""


def load_schema(
    connection: Connection, account_id: str, rules: LeadRules = DEFAULT_RULES
) -> LeadSchema:
    rows = connection.execute(
        select(lead_fields)
        .where(lead_fields.c.account_id == account_id)
        .order_by(lead_fields.c.position, lead_fields.c.schema_name)
    ).all()
    is_default = not rows and rules == DEFAULT_RULES
    return DEFAULT_SCHEMA if is_default else LeadSchema(map(_field, rows), rules)


def _field(row: Row[Any]) -> LeadField:
    kept = msgspec.json.decode(row.definition, type=LeadField)
    if kept.schema_name not in _DEFAULT_NAMES:
        return kept
    # An account can change only a default field's options. The rest may change by version.
    default = DEFAULT_SCHEMA.by_name[kept.schema_name]
    return msgspec.structs.replace(default, options=kept.options)
