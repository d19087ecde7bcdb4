"""A CSV file as a table: its encoding, delimiter and columns, and its rows as they are asked for.

The whole file is read once when it is opened, so that nothing is sent of one that is cut short or
in another encoding than it seems.
"""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final, NamedTuple

from leadwire.calls.export import is_formula
from leadwire.sdk.errors import Misuse

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_DELIMITERS: Final = (",", ";", "\t", "|")
_SNIFFED_ROWS: Final = 20
_BLOCK_BYTES: Final = 1_048_576
_SEPARATOR_LINE: Final = re.compile(r'"?sep=(.)"?', re.IGNORECASE)
_SEPARATOR_LINE_CHARACTERS_MAX: Final = 16

DELIMITER_NAMES: Final = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}


class TableRow(NamedTuple):
    """*number* counts the rows below the header, from 1; empty lines do not count."""

    number: int
    cells: list[str]


class CsvTable:
    """A file that was found to be a table. Immutable; its rows are read from the disk each time."""

    def __init__(
        self, path: Path, *, encoding: str, delimiter: str, digest: str, lines_before: int = 0
    ) -> None:
        """Raises Misuse for a file without a header, or with a quote that is never closed.

        *lines_before*: how many lines stand before the header.
        """
        self._lines_before = lines_before
        self.path = path
        self.encoding = encoding
        self.delimiter = delimiter
        self.digest = digest
        self.header: tuple[str, ...] = ()
        self.rows_count = 0
        for row in self._records():
            if not self.header:
                self.header = tuple(cell.strip() for cell in row)
            else:
                self.rows_count += 1
        if not any(self.header):
            raise Misuse(f"{path} is empty: its first line must name the columns.")

    def rows(self) -> Iterator[TableRow]:
        """Every row below the header. One is held at a time."""
        for number, cells in enumerate(islice(self._records(), 1, None), 1):
            yield TableRow(number, cells)

    def _records(self) -> Iterator[list[str]]:
        with self._open() as file:
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            try:
                yield from (row for row in reader if any(row))
            except csv.Error as error:
                line = self._lines_before + reader.line_num
                raise Misuse(f"{self.path}, line {line}, is no CSV: {error}.") from None

    def _open(self) -> IO[str]:
        return _after(self.path, self.encoding, self._lines_before)


def open_table(path: Path, *, encoding: str = "", delimiter: str = "") -> CsvTable:
    """The table in *path*; what is not told is found out.

    Without *encoding* it is UTF-8, or what a byte order mark says. Raises Misuse, with what to do,
    for a file that cannot be read so.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
        known = encoding or next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
        digest = _digest(path, known)
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}.") from None
    except LookupError:
        raise Misuse(f"There is no encoding {encoding}; try utf-8, utf-16 or cp1252.") from None
    told = _told_delimiter(path, known)
    before = int(bool(told))
    return CsvTable(
        path,
        encoding=known,
        delimiter=delimiter or told or _sniffed(path, known, before),
        digest=digest,
        lines_before=before,
    )


def unguarded(cell: str) -> str:
    """A cell as it was before an export kept spreadsheets from running it."""
    return cell[1:] if cell[:1] == "'" and is_formula(cell[1:]) else cell


def _told_delimiter(path: Path, encoding: str) -> str:
    """The delimiter that the first line tells Excel, as ``sep=;``; empty when it tells none."""
    with path.open(encoding=encoding, newline="") as file:
        match = _SEPARATOR_LINE.fullmatch(
            file.readline(_SEPARATOR_LINE_CHARACTERS_MAX).strip("\r\n")
        )
    return match[1] if match else ""


def _after(path: Path, encoding: str, lines: int) -> IO[str]:
    """The file, opened behind its first *lines*."""
    file = path.open(encoding=encoding, newline="")
    for _ in range(lines):
        file.readline()
    return file


def _digest(path: Path, encoding: str) -> str:
    """SHA-256 of the bytes, all of which must be *encoding*."""
    digest = hashlib.sha256()
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        while block := file.read(_BLOCK_BYTES):
            digest.update(block)
            _decode(decoder, block, path, encoding)
        _decode(decoder, b"", path, encoding, final=True)
    return digest.hexdigest()


def _decode(
    decoder: codecs.IncrementalDecoder,
    block: bytes,
    path: Path,
    encoding: str,
    *,
    final: bool = False,
) -> None:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        raise Misuse(
            f"{path} is not {encoding}. Name its encoding with --encoding; files from older "
            "spreadsheet programs are often cp1252."
        ) from None


def _sniffed(path: Path, encoding: str, lines_before: int) -> str:
    """The delimiter that gives the first rows the most columns, all of them equally many."""
    best, most = ",", 1
    for delimiter in _DELIMITERS:
        with _after(path, encoding, lines_before) as file:
            reader = csv.reader(file, delimiter=delimiter)
            try:
                rows = [row for row in islice(reader, _SNIFFED_ROWS) if any(row)]
            except csv.Error:
                continue
        widths = {len(row) for row in rows}
        if len(widths) == 1 and (width := widths.pop()) > most:
            best, most = delimiter, width
    if most == 1:
        with _after(path, encoding, lines_before) as file:
            line = file.readline()
        # Rows of unequal length, or one column: the header alone decides.
        best = max(_DELIMITERS, key=line.count)
    return best
