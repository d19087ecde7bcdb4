"""CSV, as ``leadwire calls export`` and the console write it: one record a line, under a header."""

import csv
import io
from collections.abc import Iterator, Mapping
from typing import IO, Final

import msgspec

from leadwire.calls.export import unguarded
from leadwire.calls.record import NUMBER_FIELDS
from leadwire.calls.sent import SentCall
from leadwire.dates import parse_ms

_CELL_CHARACTERS_MAX: Final = 2**31 - 1
"""A body may be longer than the csv module takes by default."""
_NEEDED: Final = frozenset({"call_id", "started_at", "status_code"})


def records_of_csv(file: IO[bytes], name: str) -> Iterator[SentCall | str]:
    """The records of an open file in order, or a sentence for what is not a record."""
    text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
    before = csv.field_size_limit(_CELL_CHARACTERS_MAX)
    rows = csv.DictReader(text, strict=True)
    try:
        if not set(rows.fieldnames or ()) >= _NEEDED:
            yield f"{name} is not an export of calls: its first line does not name their fields."
            return
        yield from _records(rows, name)
    except (csv.Error, UnicodeDecodeError):
        yield f"{name} is not a complete CSV file after line {rows.line_num}."
    finally:
        csv.field_size_limit(before)
        text.detach()  # the opener of the file closes it


def _records(rows: "csv.DictReader[str]", name: str) -> Iterator[SentCall | str]:
    for row in rows:
        try:
            yield _record(row)
        except ValueError:  # msgspec's own are
            yield f"The record at line {rows.line_num} of {name} is not complete."


def _record(row: Mapping[str, str]) -> SentCall:
    """Raises ValueError for a row that is not a record."""
    if None in row or None in row.values():  # more cells than the header has, or fewer
        raise ValueError(len(row))
    fields: dict[str, str | int] = {
        name: cell if name in NUMBER_FIELDS else unguarded(cell) for name, cell in row.items()
    }
    fields["started_at_ms"] = parse_ms(str(fields.pop("started_at")))
    return msgspec.convert(fields, SentCall, strict=False)
