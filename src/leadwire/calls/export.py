"""Calls as CSV and JSON: the same fields, names and order for page, file and command line.

Everything here is pure, one record at a time, so that a caller may stream without end. Whoever
writes the text to a file or socket sees to it that a half-written one cannot pass for whole.
"""

import csv
import io
from typing import Final

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.dates import format_ms

_WITHHELD: Final = "traceback"
"""For the operator's log only; an account's people may read an export."""

EXPORT_FIELDS: Final[tuple[str, ...]] = tuple(
    "started_at" if name == "started_at_ms" else name
    for name in CallRecord.__struct_fields__
    if name != _WITHHELD
)
"""The record's field names in the record's order; ``started_at`` is text, in UTC."""

_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r")


def exported_call(record: CallRecord) -> dict[str, str | int | float | bool]:
    """The record by EXPORT_FIELDS, ready for JSON."""
    values = msgspec.structs.asdict(record)
    values["started_at"] = format_ms(record.started_at_ms)
    return {name: values[name] for name in EXPORT_FIELDS}


def json_line(record: CallRecord) -> bytes:
    """One line of JSON Lines, its newline included; text is kept exactly."""
    return msgspec.json.encode(exported_call(record)) + b"\n"


def csv_header() -> str:
    """The header line of a CSV file, its CRLF included."""
    return _csv_line(list(EXPORT_FIELDS))


def csv_line(record: CallRecord) -> str:
    """One line of a CSV file (RFC 4180), its CRLF included.

    No cell starts a formula: text that begins with ``= + - @``, a tab or a carriage return gets
    a leading ``'``. Where exact text matters, JSON Lines has it.
    """
    return _csv_line([_cell(value) for value in exported_call(record).values()])


def _cell(value: str | float | bool) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # A caller chose this text; a spreadsheet would run it.
        return f"'{value}" if value.startswith(_FORMULA_STARTS) else value
    return str(value)


def _csv_line(cells: list[str]) -> str:
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
