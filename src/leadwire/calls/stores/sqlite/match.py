"""A query's filters as SQL over hot rows, and the text that a search looks through."""

from typing import Any, Final

from leadwire.calls.query import CallQuery, QueryError

SEPARATOR: Final = "\x1f"
"""Between the searched fields: a control character, so that no needle spans two of them."""
SEARCHED_FIELDS: Final = (
    "path",
    "query_string",
    "request_body",
    "response_body",
    "exception_type",
    "exception_message",
    "call_id",
    "operation",
    "user_agent",
    "client_address",
    "user_id",
    "key_id",
    "trace_id",
)
# lower() and instr() instead of LIKE: they take every needle literally, and go on after a NUL.
_TEXT: Final = (
    "instr(lower(path || iif(query_string = '', '', '?') || query_string || "
    + " || ".join(f"char(31) || {name}" for name in SEARCHED_FIELDS[2:])
    + "), ?) > 0"
)


def ascii_lower(text: str) -> str:
    """As SQLite's ``lower`` does it: only A-Z, whatever the locale or the script.

    Raises QueryError for text that no stored text can contain: half a surrogate pair.
    """
    try:
        return text.encode().lower().decode()
    except UnicodeEncodeError:
        raise QueryError("q", "The text to search for is not valid Unicode.") from None


def conditions(query: CallQuery, after: tuple[int, int] | None) -> tuple[str, list[Any]]:
    """The WHERE clause of *query*'s filters for rows older than the position *after*."""
    terms: list[tuple[str, list[Any]]] = []
    if query.refused_keys:
        terms.append(("account_id = ''", []))
    if query.account_id is not None:
        terms.append(("account_id = ?", [query.account_id]))
    if query.from_ms is not None:
        terms.append(("started_at_ms >= ?", [query.from_ms]))
    if query.until_ms is not None:
        terms.append(("started_at_ms < ?", [query.until_ms]))
    if after is not None:
        terms.append(("(started_at_ms, sequence) < (?, ?)", list(after)))
    if query.api_type:
        terms.append(("api_type = ?", [query.api_type]))
    terms.extend(_status(query.status))
    if query.text:
        terms.append((_TEXT, [ascii_lower(query.text)]))
    where = " AND ".join(term for term, _ in terms) or "1"
    return where, [value for _, values in terms for value in values]


def _status(status: str) -> list[tuple[str, list[Any]]]:
    if not status:
        return []
    if status == "success":
        return [("outcome = 'success'", [])]
    if status == "error":
        return [("outcome != 'success'", [])]
    return [("status_code = ?", [int(status)])]
