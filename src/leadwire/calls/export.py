"""Calls as CSV, JSON and Parquet: the same fields, names and order for page, file and command line.

Everything here is pure, one record at a time, so that a caller may stream without end. Whoever
writes the text to a file or socket sees to it that a half-written one cannot pass for whole.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from itertools import islice
from typing import IO, Final

import msgspec

from leadwire.calls.record import CallRecord
from leadwire.dates import format_ms
from leadwire.errors import SetupError
from leadwire.installing import how_to_install

_WITHHELD: Final = frozenset({"traceback", "sequence"})
"""For the operator alone. An account's people may read an export, and *sequence* counts the calls
of all accounts."""

EXPORT_FIELDS: Final[tuple[str, ...]] = tuple(
    "started_at" if name == "started_at_ms" else name
    for name in CallRecord.__struct_fields__
    if name not in _WITHHELD
)
"""The record's field names in the record's order; ``started_at`` is text, in UTC."""

PARQUET_MISSING: Final = f"Parquet needs pyarrow. {how_to_install('server,parquet')}"
_ROWS_PER_GROUP: Final = 10_000
CSV_MARK: Final = "\ufeff"
"""Begins a CSV file, so that Excel reads it as UTF-8."""
CELL_CHARACTERS_MAX: Final = 32_767
"""Excel cuts a longer cell when it opens the file."""
_PASSED_OVER: Final = "".join(map(chr, range(0x21))) + "\x7f\xa0\u200b\ufeff"
_FORMULA_CHARACTERS: Final = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def exported_call(record: CallRecord) -> dict[str, str | int | float | bool]:
    """The record by EXPORT_FIELDS, ready for JSON."""
    values = msgspec.structs.asdict(record)
    values["started_at"] = format_ms(record.started_at_ms)
    return {name: values[name] for name in EXPORT_FIELDS}


def json_line(record: CallRecord) -> bytes:
    """One line of JSON Lines, its newline included; text is kept exactly."""
    return msgspec.json.encode(exported_call(record)) + b"\n"


def csv_header() -> str:
    """The header line of a CSV file, its byte order mark and its CRLF included."""
    return CSV_MARK + csv_row(list(EXPORT_FIELDS))


def csv_line(record: CallRecord) -> str:
    """One line of a CSV file (RFC 4180), its CRLF included.

    No cell starts a formula: see ``safe_cell``. Where exact text matters, JSON Lines has it.
    """
    return csv_row([safe_cell(value) for value in exported_call(record).values()])


def csv_text(records: Iterable[CallRecord]) -> bytes:
    """A whole CSV file."""
    return (csv_header() + "".join(map(csv_line, records))).encode()


def json_lines(records: Iterable[CallRecord]) -> bytes:
    """A whole file of JSON Lines."""
    return b"".join(map(json_line, records))


def has_parquet() -> bool:
    """Whether Parquet can be written here."""
    return find_spec("pyarrow") is not None


def parquet_bytes(records: Iterable[CallRecord]) -> bytes:
    """A whole Parquet file. Raises SetupError as ``parquet_file``."""
    file = io.BytesIO()
    parquet_file(iter(records), file)
    return file.getvalue()


def parquet_file(records: Iterator[CallRecord], file: IO[bytes]) -> int:
    """Write a whole Parquet file, in row groups, and return the number of its rows.

    A file that was cut short has no footer, and no reader takes it for a whole one. Raises
    SetupError when the extra ``parquet`` is not installed.
    """
    try:
        import pyarrow as pa  # noqa: PLC0415  # large, and needed here alone
        from pyarrow import parquet  # noqa: PLC0415
    except ImportError:
        raise SetupError(PARQUET_MISSING) from None
    kinds = {str: pa.string(), int: pa.int64(), float: pa.float64(), bool: pa.bool_()}
    schema = pa.schema([(name, kinds[kind]) for name, kind in _column_types().items()])
    rows = 0
    with parquet.ParquetWriter(file, schema, compression="zstd") as writer:
        while group := [exported_call(record) for record in islice(records, _ROWS_PER_GROUP)]:
            writer.write_table(pa.Table.from_pylist(group, schema=schema))
            rows += len(group)
    return rows


def _column_types() -> dict[str, type]:
    """The type of each exported field, from a record's own."""
    blank = CallRecord(
        call_id="", started_at_ms=0, duration_ms=0.0, method="", path="", status_code=0,
        outcome="success",
    )  # fmt: skip
    return {name: type(value) for name, value in exported_call(blank).items()}


def safe_cell(value: str | float | bool) -> str:
    """The text of *value* in a CSV file.

    A caller chose a text, and a spreadsheet would run it: one that is a formula, or becomes one
    without the control characters and blanks before it, gets a leading ``'``.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return str(value)
    return f"'{value}" if is_formula(value) else value


def unguarded(cell: str) -> str:
    """The text that ``safe_cell`` made *cell* of.

    A text that began with ``'`` and then a formula itself loses its ``'``: CSV cannot tell.
    """
    return cell[1:] if cell.startswith("'") and is_formula(cell[1:]) else cell


def is_cut_by_excel(record: CallRecord) -> bool:
    """Whether a cell of the record's CSV line is longer than Excel takes."""
    return max(len(record.request_body), len(record.response_body)) > CELL_CHARACTERS_MAX


def is_formula(text: str) -> bool:
    """Whether a spreadsheet may take *text* for a formula."""
    if not text or (text[0].isalnum() and text[0].isascii()):
        return False
    if text[0] in "\t\r\n\0":
        return True
    return text.lstrip(_PASSED_OVER).startswith(_FORMULA_CHARACTERS)


def csv_row(cells: list[str]) -> str:
    """One line of a CSV file, its CRLF included; see ``safe_cell``."""
    buffer = io.StringIO(newline="")
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
