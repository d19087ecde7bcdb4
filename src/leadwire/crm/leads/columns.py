"""SQL expressions for comparing and sorting leads: one for each field.

SQLite uses an index on an expression only for exactly that expression. So every statement takes
the expression from here.
"""

from hashlib import blake2b
from typing import Final

from sqlalchemy import Dialect, Integer, Text, func, literal, literal_column

from leadwire.crm.leads.field_sets import SET_TYPE
from leadwire.crm.leads.fields import LeadField
from leadwire.crm.tables import leads
from leadwire.database.database import SQLITE
from leadwire.database.expressions import (
    INDEXABLE_CHARACTERS,
    Sql,
    as_number,
    indexable,
    member_text,
    row_identity,
    without_case,
)

LEAD_ROW: Final = row_identity(leads)
"""Identifies a lead within a statement."""
LEAD_AGE: Final = leads.c.auto_id
"""Sorts ties. Every index that leads are sorted by ends with it."""

COLUMNS: Final[dict[str, Sql]] = {
    "ProspectID": leads.c.lead_id,
    "ProspectAutoId": leads.c.auto_id,
    "Score": leads.c.score,
    "CreatedOn": leads.c.created_on,
    "CreatedBy": leads.c.created_by,
    "ModifiedOn": leads.c.modified_on,
    "ModifiedBy": leads.c.modified_by,
    "LeadLastModifiedOn": leads.c.last_modified_on,
    "ProspectActivityId_Min": leads.c.first_activity_id,
    "ProspectActivityDate_Min": leads.c.first_activity_on,
    "ProspectActivityId_Max": leads.c.last_activity_id,
    "ProspectActivityName_Max": leads.c.last_activity_name,
    "ProspectActivityDate_Max": leads.c.last_activity_on,
}
"""The fields with a column of their own. Its key is the name of the member of ``Lead``."""
LOWER: Final = frozenset({"ProspectID", "EmailAddress"})
"""Fields that are compared in lower case, as their columns are."""
INDEX_PREFIX: Final = "leads_field_"
_NAME_MAX: Final = 63
"""PostgreSQL truncates longer names, so two with the same beginning would collide."""
ALWAYS_INDEXED: Final = frozenset(
    {
        *("ProspectID", "ProspectAutoId", "EmailAddress", "Phone"),
        *("CreatedOn", "LeadLastModifiedOn"),
    }
)


def field_text(field: LeadField) -> Sql:
    """The text of a written field.

    The name becomes part of the statement, so it must come from a schema. Schema names contain only
    letters, digits and underscores.
    """
    text = member_text(leads.c.fields, field.schema_name)
    if field.default is None:
        return text
    return func.coalesce(text, literal_column(f"'{field.default}'"), type_=Text)


def plain(field: LeadField) -> Sql:
    """The value of *field*: a column, the written text, or a constant."""
    column = COLUMNS.get(field.schema_name)
    if column is not None:
        return column
    if field.derived and not field.kept:
        return literal(field.default, Text)
    return field_text(field)


def comparable(field: LeadField) -> Sql:
    """The sort key of *field*: a number, or a text without case."""
    if field.schema_name == "ProspectID":
        return leads.c.lead_id
    if field.schema_name == "EmailAddress":
        return leads.c.email_key
    if field.schema_name == "Phone":
        return leads.c.phone
    expression = plain(field)
    if isinstance(getattr(expression, "type", None), Integer):
        return expression
    if field.data_type == "Number":
        return as_number(expression)
    text = without_case(expression)
    return text if _is_long(field) else indexable(text)


def _is_long(field: LeadField) -> bool:
    """Whether values may be too long for an index."""
    return field.data_type == SET_TYPE or field.max_length > INDEXABLE_CHARACTERS


def index_of(field: LeadField, dialect: Dialect) -> tuple[str, str] | None:
    """The name of the index on *field*, and the statement that creates it.

    None if the field always has an index, is constant, or has too long values.
    """
    is_constant = field.derived and not field.kept and field.schema_name not in COLUMNS
    if field.hidden or is_constant or field.schema_name in ALWAYS_INDEXED or _is_long(field):
        return None
    kind = "number" if field.data_type == "Number" else "text"
    name = f"{INDEX_PREFIX}{kind}_{field.schema_name}"
    if len(name) > _NAME_MAX:
        digest = blake2b(name.encode(), digest_size=8).hexdigest()
        name = f"{name[: _NAME_MAX - 17]}_{digest}"
    expression = str(comparable(field).compile(dialect=dialect))
    # The same expression. In an index, no column name may be qualified by its table.
    expression = expression.replace("leads.", "")
    if dialect.name == SQLITE:
        return name, f'CREATE INDEX "{name}" ON leads (account_id, {expression}, auto_id)'
    columns = f"account_id, ({expression}) NULLS FIRST, auto_id"
    return name, f'CREATE INDEX CONCURRENTLY IF NOT EXISTS "{name}" ON leads ({columns})'
