"""SQL that the two engines spell differently, under one name for both.

Comparing and sorting ignore the case of ASCII letters only. SQLite does so by NOCASE, PostgreSQL by
``lower(x COLLATE "C")``.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Self

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Double,
    Integer,
    Table,
    Text,
    and_,
    literal,
    literal_column,
    or_,
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

INDEXABLE_CHARACTERS: Final = 500
"""PostgreSQL refuses a row whose index entry has more than about 2,700 bytes."""

_PATTERN_CHARACTERS_MAX: Final = 10_000
"""SQLite refuses a pattern of more than 50,000 bytes."""

DERIVED: Final = {"derived": True}
"""The ``info`` of a column or table that a server fills again by itself from the others."""

_BIG: Final = 2**63
_DEPTH: Final = 100

Sql = Any
"""An SQL expression; SQLAlchemy gives them no narrower type."""

FUNCTIONS: Final = (
    # The number at the beginning of a text, as SQLite casts it; 0 where there is none. It never
    # fails, since a field may hold numbers in one account and words in another.
    r"""
    CREATE OR REPLACE FUNCTION leadwire_number(given text) RETURNS double precision
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
    DECLARE
        parts text[];
        digits text;
        wanted text;  -- the digits without leading zeros
        exponent text;
        point bigint;  -- the number is 0.wanted times ten to the power of this
        result text;
    BEGIN
        IF given ~ '^[-+]?[0-9]{1,15}([.][0-9]{1,15})?$' THEN
            RETURN given::double precision;
        END IF;
        parts := regexp_match(given,
            '^[ \t\n\v\f\r]*([-+]?)([0-9]*)(?:[.]([0-9]*))?(?:[eE]([-+]?)([0-9]+))?');
        digits := parts[2] || coalesce(parts[3], '');
        wanted := ltrim(digits, '0');
        IF wanted = '' THEN
            RETURN 0;
        END IF;
        exponent := ltrim(coalesce(parts[5], ''), '0');
        point := CASE WHEN length(exponent) > 9 THEN 999999999
            ELSE coalesce(nullif(exponent, ''), '0')::bigint END;
        IF parts[4] = '-' THEN
            point := -point;
        END IF;
        point := point + length(parts[2]) - (length(digits) - length(wanted));
        result := '0.' || left(wanted, 800) || 'e' || point;
        IF point > 310 OR point > 300 AND result::numeric > 1.7976931348623158e308 THEN
            RETURN (parts[1] || 'Infinity')::double precision;
        END IF;
        IF point < -325 OR point < -320 AND result::numeric < 2.5e-324 THEN
            RETURN 0;
        END IF;
        RETURN (parts[1] || result)::double precision;
    END
    $$
    """,
    # Not PARALLEL SAFE: until PostgreSQL 16 an EXCEPTION block fails in a parallel query.
    r"""
    CREATE OR REPLACE FUNCTION leadwire_member(document text, member text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL UNSAFE AS $$
    BEGIN
        RETURN (
            SELECT CASE WHEN json_typeof(value) NOT IN ('object', 'array') THEN value #>> '{}' END
            FROM json_each(document::json) WHERE key = member LIMIT 1
        );
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
    """A member as written, if *text* is a JSON object and the member a text, number or boolean.

    NULL otherwise. Of several members with the name, the first counts.
    """
    return _MemberOfText(text, literal_column(name))


def without_case(text: Sql) -> Sql:
    """*text* for comparing (``=``, ``<``, IN, …) and sorting without case."""
    return _WithoutCase(text)


def indexable(text: Sql) -> Sql:
    """*text*, which has at most INDEXABLE_CHARACTERS, so that an index takes every row.

    A row that an index cannot take is refused. A field may be short in one account only, and an
    index serves all accounts.
    """
    return _Indexable(text)


def as_number(value: Sql) -> Sql:
    """*value* as a number: of a text, the number with which it begins, else 0."""
    return _AsNumber(value) if isinstance(value.type, Text) else value


def number_operand(column: Sql, digits: str) -> Sql | int | float:
    """The number that *digits* write, to be compared with the numbers of *column*."""
    if not isinstance(column.type, Integer):
        return as_number(literal(digits, Text))  # the engine rounds it as it rounds the column
    number = float(digits)
    # An index on whole numbers answers for whole numbers only.
    return int(number) if number.is_integer() and abs(number) < _BIG else number


def contains(text: Sql, wanted: str) -> Sql:
    """Whether *wanted* is a part of *text*, without case."""
    if len(wanted) > _PATTERN_CHARACTERS_MAX:
        return _position(text, wanted) > 0
    return _lower(text).contains(ascii_lower(wanted), autoescape=True)


def starts_with(text: Sql, wanted: str) -> Sql:
    if len(wanted) > _PATTERN_CHARACTERS_MAX:
        return _position(text, wanted) == 1
    return _lower(text).startswith(ascii_lower(wanted), autoescape=True)


def _position(text: Sql, wanted: str) -> Sql:
    return _Position(_lower(text), sql_cast(ascii_lower(wanted), Text))


def like(text: Sql, pattern: str) -> Sql:
    """SQL's LIKE, without case. ``%`` and ``_`` cannot be escaped.

    A pattern without ``%`` is a part to find: deployed type-aheads send it so. Callers limit the
    length of others.
    """
    if "%" not in pattern:
        return contains(text, pattern)
    return _Like(_lower(text), sql_cast(ascii_lower(pattern), Text))


def any_of(conditions: Sequence[Sql]) -> Sql:
    """OR of at least one condition, and of as many as there are."""
    return _joined(or_, conditions)


def all_of(conditions: Sequence[Sql]) -> Sql:
    """AND of at least one condition, and of as many as there are."""
    return _joined(and_, conditions)


def _joined(join: Callable[..., Sql], conditions: Sequence[Sql]) -> Sql:
    """SQLite refuses an expression that is 1,000 operators deep, and each one adds to the depth."""
    if len(conditions) <= _DEPTH:
        return join(*conditions)
    parts = (conditions[start : start + _DEPTH] for start in range(0, len(conditions), _DEPTH))
    return join(*(_Parenthesised(join(*part)) for part in parts))


def ascii_lower(text: str) -> str:
    """*text* with ASCII letters in lower case. Other letters are unchanged."""
    return "".join(c.lower() if c.isascii() else c for c in text)


def ordered(expression: Sql, *, descending: bool) -> Sql:
    """Sort by *expression*. The lowest rows are those without a value."""
    if not getattr(expression, "nullable", True):
        # PostgreSQL does not use an index for another order of the NULLs that a column cannot have.
        return expression.desc() if descending else expression.asc()
    return expression.desc().nulls_last() if descending else expression.asc().nulls_first()


def nulls_first(column: Sql) -> Sql:
    """A column of an index that sorts as ``ordered`` does."""
    return _NullsFirst(column)


def greatest(one: Sql, other: Sql) -> Sql:
    """The greater of two; neither may be NULL."""
    return _Greatest(one, other)


def least(one: Sql, other: Sql) -> Sql:
    """The lesser of two; neither may be NULL."""
    return _Least(one, other)


def row_identity(table: Table) -> Sql:
    """A name for a row, good within one statement."""
    return _RowIdentity(literal_column(table.name))


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


class _Indexable(FunctionElement[str]):
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


class _Parenthesised(FunctionElement[bool]):
    """Keeps SQLAlchemy from making one OR of an OR within an OR."""

    type = Boolean()
    inherit_cache = True


class _Position(FunctionElement[int]):
    type = Integer()
    inherit_cache = True


class _AsNumber(FunctionElement[float]):
    type = Double()
    inherit_cache = True


class _NullsFirst(FunctionElement[str]):
    type = Text()
    inherit_cache = True


class _Greatest(FunctionElement[int]):
    type = BigInteger()
    inherit_cache = True


class _Least(FunctionElement[int]):
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
    on_sqlite="CASE WHEN json_valid({0}) THEN CASE json_type({0}, '$.{1}') "
    "WHEN 'text' THEN json_extract({0}, '$.{1}') WHEN 'null' THEN NULL WHEN 'object' THEN NULL "
    "WHEN 'array' THEN NULL ELSE {0} -> '$.{1}' END END",
    on_postgresql="(leadwire_member({0}, '{1}') COLLATE \"C\")",
)
_spell(_WithoutCase, on_sqlite="({0} COLLATE NOCASE)", on_postgresql='lower({0} COLLATE "C")')
_spell(_FoldedValue, on_sqlite="{0}", on_postgresql='lower({0} COLLATE "C")')
_spell(_Indexable, on_sqlite="{0}", on_postgresql=f"left({{0}}, {INDEXABLE_CHARACTERS})")
_spell(_AsciiLower, on_sqlite="lower({0})", on_postgresql='lower({0} COLLATE "C")')
_spell(_Like, on_sqlite="({0} LIKE {1})", on_postgresql="({0} LIKE {1} ESCAPE '')")
_spell(_Parenthesised, on_sqlite="({0})", on_postgresql="({0})")
_spell(_Position, on_sqlite="instr({0}, {1})", on_postgresql="strpos({0}, {1})")
_spell(_AsNumber, on_sqlite="CAST({0} AS REAL)", on_postgresql="leadwire_number({0})")
_spell(_RowIdentity, on_sqlite="{0}.rowid", on_postgresql="{0}.ctid")
_spell(_NullsFirst, on_sqlite="{0}", on_postgresql="{0} NULLS FIRST")
_spell(_Greatest, on_sqlite="max({0}, {1})", on_postgresql="greatest({0}, {1})")
_spell(_Least, on_sqlite="min({0}, {1})", on_postgresql="least({0}, {1})")
