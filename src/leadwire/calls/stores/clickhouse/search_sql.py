"""The search bar's language as a condition in ClickHouse's SQL.

Says what ``leadwire.calls.search.Term.holds`` says, term for term; a test compares the two for
every field. Values are bound by the server, never written into the statement.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any, Final

from leadwire.calls.search import PART_FIELDS, Search, Term, fold
from leadwire.calls.stores.clickhouse.schema import SEARCHED_TEXT

Bind = Callable[[str, Any], str]
"""Takes a type and a value, gives the placeholder that stands for it."""

_COMPARISON: Final = re.compile(r"(>=|<=|>|<)?([\d.]+)(ms|s)?")
_MS_PER_SECOND: Final = 1_000


def search_sql(search: Search, bind: Bind) -> str:
    """The condition of *search*, in brackets; empty when it asks for nothing."""
    alternatives = [
        " AND ".join(_term(term, bind) for term in terms) for terms in search.alternatives
    ]
    return f"({' OR '.join(f'({terms})' for terms in alternatives)})" if alternatives else ""


def _term(term: Term, bind: Bind) -> str:
    condition = _condition(term, bind)
    return f"NOT ({condition})" if term.negated else condition


def _condition(term: Term, bind: Bind) -> str:
    if term.field == "status":
        return _status(term.value.lower(), bind)
    if term.field == "duration":
        return _duration(term.value, bind)
    texts = [fold(text).decode() for text in term.texts]
    if not term.field:
        return _one_of(texts, SEARCHED_TEXT, bind)
    column = f"lower({term.condition().attribute})"
    if term.field in PART_FIELDS:
        return _one_of(texts, column, bind)
    return _whole(texts[0], column, bind)


def _one_of(texts: Sequence[str], column: str, bind: Bind) -> str:
    # Takes the needles literally, and is one of the functions that use the n-gram index.
    return f"multiSearchAny({column}, [{', '.join(bind('String', text) for text in texts)}])"


def _whole(folded: str, column: str, bind: Bind) -> str:
    if "*" in folded:
        return f"{column} LIKE {bind('String', _pattern(folded))}"
    return f"{column} = {bind('String', folded)}"


def _pattern(folded: str) -> str:
    return re.sub(r"([\\%_])", r"\\\1", folded).replace("*", "%")


def _status(value: str, bind: Bind) -> str:
    if value in ("success", "error"):
        return f"outcome {'=' if value == 'success' else '!='} 'success'"
    if value.endswith("xx"):
        return f"intDiv(status_code, 100) = {bind('Int64', int(value[0]))}"
    sign, code, _ = _compared(value)
    return f"status_code {sign or '='} {bind('Int64', int(code))}"


def _duration(value: str, bind: Bind) -> str:
    sign, number, unit = _compared(value)
    limit_ms = float(number) * (_MS_PER_SECOND if unit == "s" else 1)
    return f"duration_ms {sign or '>='} {bind('Float64', limit_ms)}"


def _compared(value: str) -> tuple[str, str, str]:
    """(sign, number, unit) of a value that the language has accepted."""
    match = _COMPARISON.fullmatch(value)
    return (match[1] or "", match[2], match[3] or "") if match else ("", value, "")
