"""A CSV file as a table: its encoding, delimiter, columns and rows.

Opening it reads the whole file once. So nothing is sent from a file that is cut short or in another
encoding.
"""

import codecs
import csv
import hashlib
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import IO, Final, NamedTuple

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
    """*number* counts rows below the header, from 1, without empty lines."""

    number: int
    cells: list[str]


class CsvTable:
    """A checked CSV file. Immutable; rows are read from disk each time."""

    def __init__(
        self, path: Path, *, encoding: str, delimiter: str, digest: str, lines_before: int = 0
    ) -> None:
        """Raises Misuse without a header, or if a quote is never closed.

        *lines_before* counts the lines before the header.
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
            raise Misuse(f"{path} is empty. Its first line must name the columns.")

    def rows(self) -> Iterator[TableRow]:
        """Every row below the header, read one at a time."""
        for number, cells in enumerate(islice(self._records(), 1, None), 1):
            yield TableRow(number, cells)

    def _records(self) -> Iterator[list[str]]:
        with self._open() as file:
            reader = csv.reader(file, delimiter=self.delimiter, strict=True)
            try:
                yield from (row for row in reader if any(row))
            except csv.Error as error:
                line = self._lines_before + reader.line_num
                raise Misuse(f"{self.path}, line {line}: invalid CSV: {error}.") from None

    def _open(self) -> IO[str]:
        return _after(self.path, self.encoding, self._lines_before)


def open_table(path: Path, *, encoding: str = "", delimiter: str = "") -> CsvTable:
    """Open the table in *path*. Detects what the caller does not specify.

    Without *encoding* it is UTF-8, or what a byte order mark says. Raises Misuse, with advice, if
    the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            start = file.read(4)
        known = encoding or next((name for mark, name in _MARKS if start.startswith(mark)), "utf-8")
        digest = _digest(path, known)
    except OSError as error:
        raise Misuse(f"Cannot read {path}: {error.strerror}.") from None
    except LookupError:
        raise Misuse(f"Unknown encoding {encoding}. Try utf-8, utf-16 or cp1252.") from None
    declared = _declared_delimiter(path, known)
    before = int(bool(declared))
    return CsvTable(
        path,
        encoding=known,
        delimiter=delimiter or declared or _sniffed(path, known, before),
        digest=digest,
        lines_before=before,
    )


def _declared_delimiter(path: Path, encoding: str) -> str:
    """The delimiter of an Excel line such as ``sep=;``; empty if there is none."""
    with path.open(encoding=encoding, newline="") as file:
        match = _SEPARATOR_LINE.fullmatch(
            file.readline(_SEPARATOR_LINE_CHARACTERS_MAX).strip("\r\n")
        )
    return match[1] if match else ""


def _after(path: Path, encoding: str, lines: int) -> IO[str]:
    """The file, positioned after its first *lines* lines."""
    file = path.open(encoding=encoding, newline="")
    for _ in range(lines):
        file.readline()
    return file


def _digest(path: Path, encoding: str) -> str:
    """SHA-256 of the bytes. All of them must be valid *encoding*."""
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
            f"{path} is not {encoding}. Set its encoding with --encoding; older spreadsheet "
            "programs often use cp1252."
        ) from None


def _sniffed(path: Path, encoding: str, lines_before: int) -> str:
    """The delimiter that splits the first rows into the most columns, all equally many."""
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
        # Rows differ in length, or there is one column: only the header decides.
        best = max(_DELIMITERS, key=line.count)
    return best
