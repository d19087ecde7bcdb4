"""Bulk calls: the rows that were refused, each with its cause."""

import re
from typing import Any, Final

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.explain.account import Account
from leadwire.explain.explanation import Mistake, Place
from leadwire.explain.json_text import Node
from leadwire.explain.request import SentRequest, name_in
from leadwire.explain.value_causes import attribute_mistakes
from leadwire.wire.faults import FAULT_KINDS

_ROWS_MAX: Final = 100
_LISTS: Final = ("LeadPropertiesList", "Companies", "TaskList", "Activities", "Opportunities")
_ANSWER_CHARACTERS_MAX: Final = 4_000_000
_NAME: Final = re.compile(
    r"(?:Parameter Name: (?:You have not passed (?:any )?)?|^')(?P<name>[\w.]{1,100})"
)
_TITLES: Final = {kind.exception_type: kind.title for kind in reversed(FAULT_KINDS)}


def refused_rows(request: SentRequest, account: Account | None) -> tuple[Mistake, ...]:
    """A mistake for each row that the answer calls refused, in their order."""
    rows = _rows_of_answer(request.record)
    sent = _sent_rows(request)
    found: list[Mistake] = []
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict) or not _is_refused(row):
            continue
        told = row.get("RowNumber")
        at = told if isinstance(told, int) and 0 < told <= max(len(sent), 1) else number
        found += _mistakes_of_row(request, account, row, at, sent)
        if len(found) >= _ROWS_MAX:
            break
    return tuple(found[:_ROWS_MAX])


def _rows_of_answer(record: CallRecord) -> list[Any]:
    if record.truncated or len(record.response_body) > _ANSWER_CHARACTERS_MAX:
        return []
    try:
        answer = msgspec.json.decode(record.response_body)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        return []
    if isinstance(answer, list):
        return answer
    if isinstance(answer, dict):
        return next((v for v in answer.values() if isinstance(v, list) and v and _is_row(v[0])), [])
    return []


def _is_row(value: object) -> bool:
    return isinstance(value, dict) and "RowNumber" in value


def _is_refused(row: dict[str, Any]) -> bool:
    return bool(_text(row, "ExceptionType") or _text(row, "ErrorMessage") or _text(row, "Reason"))


def _message(row: dict[str, Any]) -> str:
    names = ("ErrorMessage", "ExceptionMessage", "Message", "Reason")
    return next((text for name in names if (text := _text(row, name))), "")


def _text(row: dict[str, Any], name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else ""


def _sent_rows(request: SentRequest) -> list[Node]:
    root = request.body.root
    if root is None:
        return []
    if root.kind == "array":
        return root.items
    inner = next((member for name in _LISTS if (member := root.member(name))), None)
    return inner.items if inner is not None else []


def _mistakes_of_row(
    request: SentRequest, account: Account | None, row: dict[str, Any], at: int, sent: list[Node]
) -> list[Mistake]:
    node = sent[at - 1] if at <= len(sent) else None
    problem = _message(row) or _TITLES.get(_text(row, "ExceptionType"), "The row was refused")
    place = request.place_of(node) if node is not None else None
    if node is not None:
        pairs = [item for item in (*node.items, *_fields(node)) if name_in(item)]
        told = attribute_mistakes(request, account, pairs)
        if told:
            return [msgspec.structs.replace(mistake, row=at) for mistake in told]
        place = _named_place(request, node, _message(row)) or place
    value = request.value_at(place) or ""
    return [
        Mistake(problem=f"{problem.rstrip('.')}.", place=place, row=at, value=value, is_quote=True)
    ]


def _fields(node: Node) -> list[Node]:
    fields = node.member("Fields") if node.kind == "object" else None
    return fields.items if fields is not None else []


def _named_place(request: SentRequest, node: Node, message: str) -> Place | None:
    """The value in the row that the message names."""
    match = _NAME.search(message)
    name = match["name"] if match else ""
    if not name and "same" in message:  # A Lead with same Email already exists.
        name = message.partition("same ")[2].partition(" already")[0].replace(" ", "")
    for pair in (*node.items, *_fields(node)):
        known, value = name_in(pair).lower(), pair.member("Value")
        is_named = known and name and (known == name.lower() or known.startswith(name.lower()))
        if is_named and value is not None:
            return request.place_of(value)
    inner = node.member(name) if name and node.kind == "object" else None
    return request.place_of(inner) if inner is not None else None
