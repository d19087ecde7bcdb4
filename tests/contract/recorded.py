"""Exchanges that were recorded elsewhere, as HAR, JSON or JSON Lines of a call log."""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from leadwire.calls.redaction.redactor import lift_keys


class RecordedFileWrong(Exception):
    """The file cannot be read as recorded exchanges; the text says where, and quotes nothing."""


class Recorded(NamedTuple):
    """One exchange, without the key pair."""

    method: str
    path: str
    query: str
    content_type: str
    body: str
    status: int
    answer: Any
    """The decoded JSON; None when no answer was recorded, or it is not JSON."""
    has_answer: bool


def read_exchanges(path: Path) -> list[Recorded]:
    """The exchanges of a file, in their order. Raises RecordedFileWrong."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise RecordedFileWrong(f"{path.name} cannot be read as text in UTF-8.") from None
    rows = list(_rows(text, path.name))
    exchanges = []
    for number, row in enumerate(rows, 1):
        try:
            exchanges.append(_of_har(row) if "request" in row else _of_record(row))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise RecordedFileWrong(
                f"Exchange {number} of {path.name} is neither a HAR entry nor a record of a call."
            ) from None
    if not exchanges:
        raise RecordedFileWrong(f"{path.name} holds no exchange.")
    return exchanges


def _rows(text: str, name: str) -> Iterable[dict[str, Any]]:
    try:
        tree = json.loads(text)
    except ValueError:
        yield from _lines(text, name)
        return
    if isinstance(tree, dict) and isinstance(tree.get("log"), dict):
        tree = tree["log"].get("entries", [])
    yield from tree if isinstance(tree, list) else [tree]


def _lines(text: str, name: str) -> Iterable[dict[str, Any]]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            yield json.loads(line)
        except ValueError:
            raise RecordedFileWrong(f"Line {number} of {name} is not JSON.") from None


def _of_har(row: dict[str, Any]) -> Recorded:
    request, response = row["request"], row["response"]
    url = urlsplit(request["url"])
    posted = request.get("postData") or {}
    content = response.get("content") or {}
    text = content.get("text") or ""
    if content.get("encoding") == "base64":
        text = base64.b64decode(text).decode("utf-8", "replace")
    tree, has_answer = _decoded(text)
    return Recorded(
        method=request["method"].upper(),
        path=url.path,
        query=_without_keys(url.query),
        content_type=posted.get("mimeType", ""),
        body=posted.get("text", ""),
        status=int(response["status"]),
        answer=tree,
        has_answer=has_answer,
    )


def _of_record(row: dict[str, Any]) -> Recorded:
    """A call as leadwire's log, or that of its SDK, exports it."""
    tree, has_answer = _decoded(row.get("response_body", ""))
    return Recorded(
        method=row["method"].upper(),
        path=row["path"],
        query=_without_keys(row.get("query_string", "")),
        content_type=row.get("request_content_type", ""),
        body=row.get("request_body", ""),
        status=int(row["status_code"]),
        answer=tree,
        has_answer=has_answer,
    )


def _without_keys(query: str) -> str:
    return lift_keys(query.encode())[0].decode()


def _decoded(text: str) -> tuple[Any, bool]:
    try:
        return json.loads(text), True
    except ValueError:
        return None, False
