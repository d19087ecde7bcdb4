"""SQL that the two engines spell differently, under one name for both.

Comparing and sorting ignore the case of ASCII letters only. SQLite does so by NOCASE, PostgreSQL by
``lower(x COLLATE "C")``.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Self

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    Table,
    Text,
    literal_column,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects import sqlite
from sqlalchemy.dialects.sqlite import dml
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator

TEXT: Final = Text().with_variant(Text(collation="C"), "postgresql")
"""The type of a text column. Both engines compare its values byte by byte."""
SEQUENCE: Final = BigInteger().with_variant(Integer, "sqlite")
"""The type of an auto-increment key. SQLite supports only INTEGER."""

DERIVED: Final = {"derived": True}
"""The ``info`` of a column or table that a server fills again by itself from the others."""

Sql = Any
"""An SQL expression; SQLAlchemy gives them no narrower type."""

FUNCTIONS: Final = (
    # It never fails, since a field may hold numbers in one account and words in another.
    r"""
    CREATE OR REPLACE FUNCTION leadwire_number(text) RETURNS double precision
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
        SELECT CASE
            WHEN $1 ~ '^\s*[-+]?(\d{1,200}(\.\d*)?|\.\d+)([eE][-+]?\d{1,2})?\s*$'
                OR $1 ~ '^\s*[-+]?(\d{1,8}(\.\d*)?|\.\d+)([eE][-+]?[0-2]?\d{1,2})?\s*$'
            THEN $1::double precision ELSE 0 END
    $$
    """,
    r"""
    CREATE OR REPLACE FUNCTION leadwire_member(document text, member text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    BEGIN
        RETURN document::json ->> member;
    EXCEPTION WHEN others THEN
        RETURN NULL;
    END
    $$
    """,
)
"""Objects that a PostgreSQL database needs beside its tables."""


def member_text(document: Column[str], name: str) -> Sql:
    """The text of a member of a JSON document. *name* has only letters, digits and underscores."""
    return _MemberText(document, literal_column(name))


def member_of_text(text: Sql, name: str) -> Sql:
    """The text of a member if *text* is a JSON object, else NULL."""
    return _MemberOfText(text, literal_column(name))


def without_case(text: Sql) -> Sql:
    """*text* for comparing (``=``, ``<``, IN, …) and sorting without case."""
    return _WithoutCase(text)


def as_number(value: Sql) -> Sql:
    """*value* as a number; 0 for a text that is not a number."""
    return _AsNumber(value) if isinstance(value.type, Text) else value


def contains(text: Sql, wanted: str) -> Sql:
    """Whether *wanted* is a part of *text*, without case."""
    return _lower(text).contains(ascii_lower(wanted), autoescape=True)


def starts_with(text: Sql, wanted: str) -> Sql:
    return _lower(text).startswith(ascii_lower(wanted), autoescape=True)


def like(text: Sql, pattern: str) -> Sql:
    """SQL's LIKE, without case. ``%`` and ``_`` cannot be escaped.

    A pattern without ``%`` is a part to find: deployed type-aheads send it so.
    """
    if "%" not in pattern:
        return contains(text, pattern)
    return _Like(_lower(text), sql_cast(ascii_lower(pattern), Text))


def ascii_lower(text: str) -> str:
    """*text* with ASCII letters in lower case. Other letters are unchanged."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def ordered(expression: Sql, *, descending: bool) -> Sql:
    """Sort by *expression*. Rows without a value come first."""
    return expression.desc().nulls_last() if descending else expression.asc().nulls_first()


def greatest(one: Sql, other: Sql) -> Sql:
    """The greater of two; neither may be NULL."""
    return _Greatest(one, other)


def least(one: Sql, other: Sql) -> Sql:
    """The lesser of two; neither may be NULL."""
    return _Least(one, other)


def row_identity(table: Table) -> Sql:
    """A name for a row, good within one statement."""
    return _RowIdentity(literal_column(table.name))


def row_order(number: Column[int]) -> Sql:
    """An order equal to the order of *number*. Every SQLite index ends with it."""
    return _RowOrder(literal_column(number.table.name), number)


def upsert(table: Table) -> "Upsert":
    """An INSERT that says what to do when the row exists."""
    return Upsert(table)


class _DoNothing(dml.OnConflictDoNothing):
    constraint_target = None  # what PostgreSQL's compiler asks beyond SQLite's
    inherit_cache = True


class _DoUpdate(dml.OnConflictDoUpdate):
    constraint_target = None
    inherit_cache = True


class Upsert(sqlite.Insert):
    """An INSERT with ON CONFLICT, which both engines spell alike.

    SQLAlchemy's class for PostgreSQL would load that dialect at every start.
    """

    inherit_cache = True

    def on_conflict_do_nothing(self, index_elements: Sequence[Any] | None = None) -> Self:  # type: ignore[override]
        return self.ext(_DoNothing(index_elements))

    def on_conflict_do_update(  # type: ignore[override]
        self, index_elements: Sequence[Any], set_: Mapping[str, Any]
    ) -> Self:
        return self.ext(_DoUpdate(index_elements, set_=dict(set_)))


def _lower(text: Sql) -> Sql:
    return _AsciiLower(sql_cast(text, Text) if not isinstance(text.type, Text) else text)


class _Folded(TypeDecorator[str]):
    """The type of ``without_case``. It also folds the other operand."""

    impl = Text
    cache_ok = True

    def bind_expression(self, bindparam: Any) -> ColumnElement[str]:  # noqa: ANN401
        return _FoldedValue(bindparam)


class _MemberText(FunctionElement[str]):
    type = Text()
    inherit_cache = True


class _MemberOfText(FunctionElement[str]):
    type = Text()
    inherit_cache = True


class _WithoutCase(FunctionElement[str]):
    type = _Folded()
    inherit_cache = True


class _FoldedValue(FunctionElement[str]):
    type = Text()
    inherit_cache = True


class _AsciiLower(FunctionElement[str]):
    type = Text()
    inherit_cache = True


class _Like(FunctionElement[bool]):
    type = Boolean()
    inherit_cache = True


class _AsNumber(FunctionElement[float]):
    type = Double()
    inherit_cache = True


class _Greatest(FunctionElement[int]):
    type = BigInteger()
    inherit_cache = True


class _Least(FunctionElement[int]):
    type = BigInteger()
    inherit_cache = True


class _RowOrder(FunctionElement[int]):
    type = BigInteger()
    inherit_cache = True


class _RowIdentity(FunctionElement[int]):
    type = BigInteger()
    inherit_cache = True


def _spell(element: type[Any], *, on_sqlite: str, on_postgresql: str) -> None:
    """Compile *element* to each engine's template. ``{0}``, ``{1}`` are its arguments."""
    for dialect, form in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):

        def written(found: Any, compiler: Any, *, form: str = form, **how: Any) -> str:  # noqa: ANN401
            return form.format(*(compiler.process(part, **how) for part in found.clauses))

        compiles(element, dialect)(written)


_spell(
    _MemberText,
    on_sqlite="json_extract({0}, '$.{1}')",
    on_postgresql="(({0}::json ->> '{1}') COLLATE \"C\")",
)
_spell(
    _MemberOfText,
    on_sqlite="CASE WHEN json_valid({0}) THEN json_extract({0}, '$.{1}') END",
    on_postgresql="(leadwire_member({0}, '{1}') COLLATE \"C\")",
)
_spell(_WithoutCase, on_sqlite="({0} COLLATE NOCASE)", on_postgresql='lower({0} COLLATE "C")')
_spell(_FoldedValue, on_sqlite="{0}", on_postgresql='lower({0} COLLATE "C")')
_spell(_AsciiLower, on_sqlite="lower({0})", on_postgresql='lower({0} COLLATE "C")')
_spell(_Like, on_sqlite="({0} LIKE {1})", on_postgresql="({0} LIKE {1} ESCAPE '')")
_spell(_AsNumber, on_sqlite="CAST({0} AS NUMERIC)", on_postgresql="leadwire_number({0})")
_spell(_RowIdentity, on_sqlite="{0}.rowid", on_postgresql="{0}.ctid")
_spell(_RowOrder, on_sqlite="{0}.rowid", on_postgresql="{1}")
_spell(_Greatest, on_sqlite="max({0}, {1})", on_postgresql="greatest({0}, {1})")
_spell(_Least, on_sqlite="min({0}, {1})", on_postgresql="least({0}, {1})")
