"""Query the files of an SDK's call log, from one program or several.

Each query reads every file from the start and holds its matches in memory. This suits the log of a
program, not of a server.
"""

import os
import sqlite3
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import IO, Final

import msgspec

from leadwire.calls.query import (
    FACETS,
    CallPage,
    CallQuery,
    CallStatistics,
    Durations,
    Facet,
    matcher,
)
from leadwire.calls.record import CallRecord
from leadwire.calls.sent import SentCall
from leadwire.dates import HOUR_MS
from leadwire.errors import CallLogDamaged, SetupError
from leadwire.stores.files.cells import records_of_csv
from leadwire.stores.files.lines import records_of_lines
from leadwire.stores.files.table import records_of_table
from leadwire.stores.opaque import cursor_at, position_of

_LINES: Final = ".jsonl"
_CELLS: Final = ".csv"
_TABLES: Final = (".sqlite", ".db")


class FileCallReader:
    """Answers queries of every account about the calls in *path*.

    A file of JSON Lines includes its rotated files; a folder includes every log in it. Exports of
    calls as JSON Lines and CSV are read, too; a CSV file must be named itself.
    ``sequence`` is a call's rank by time in all files. Raises SetupError if there is nothing to
    read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        _files_of(path)

    def search(self, query: CallQuery) -> CallPage:
        records, damaged = self._matches(query)
        last = position_of(query.cursor)
        if last is not None:
            records = [record for record in records if _place(record) < last]
        shown = records[: query.limit]
        more = len(records) > len(shown)
        return CallPage(
            calls=tuple(shown),
            next=cursor_at(*_place(shown[-1])) if more else "",
            damaged=tuple(damaged),
        )

    def stream(self, query: CallQuery) -> Iterator[CallRecord]:
        records, damaged = self._matches(query)
        yield from records
        if damaged:
            raise CallLogDamaged(" ".join(damaged))

    def statistics(self, query: CallQuery) -> CallStatistics:
        records, damaged = self._matches(query)
        hours = Counter((record.started_at_ms // HOUR_MS, record.outcome) for record in records)
        return CallStatistics(
            calls=len(records),
            histogram=tuple(
                (hour * HOUR_MS, outcome, calls) for (hour, outcome), calls in sorted(hours.items())
            ),
            facets=tuple(_facet(name, records) for name in FACETS),
            durations=tuple(_durations(records)),
            all_durations=_durations_of("", [r.duration_ms for r in records]) if records else None,
            damaged=tuple(damaged),
        )

    def get(self, call_id: str) -> CallRecord | None:
        """Find a call by its id, or by the id in the server's record."""
        records, _ = self._matches(CallQuery(account_id=None))
        for record in records:
            if call_id in (record.call_id, record.answer_call_id):
                return record
        return None

    def close(self) -> None:
        """Does nothing, since no file stays open between queries."""

    def _matches(self, query: CallQuery) -> tuple[list[SentCall], list[str]]:
        """The matches, newest first, and a sentence for each unreadable record."""
        records: list[SentCall] = []
        damaged: list[str] = []
        for found in _records(self._path):
            if isinstance(found, str):
                damaged.append(found)
            else:
                records.append(found)
        records.sort(key=lambda record: (record.started_at_ms, record.call_id))
        numbered = (
            msgspec.structs.replace(record, sequence=number)
            for number, record in enumerate(records, 1)
        )
        found_all = list(filter(matcher(query), numbered))
        return found_all[::-1], damaged


def _place(record: CallRecord) -> tuple[int, int]:
    return record.started_at_ms, record.sequence


def _files_of(path: Path) -> list[Path]:
    # The only file may be renamed while the folder is listed. The second look finds its new name.
    files = _listed(path) or _listed(path)
    if not files:
        raise SetupError(
            f"{path} is neither a file of calls nor a folder with such files: .jsonl or .sqlite. "
            "A .csv must be named itself."
        )
    return files


def _listed(path: Path) -> list[Path]:
    if path.is_dir():
        return [file for file in sorted(path.iterdir(), key=_age) if _is_log(file)]
    if path.suffix == _CELLS and path.is_file():
        return [path]
    # The rotated files: calls.jsonl.1, calls.jsonl.2, …
    rotated = path.parent.glob(f"{path.name}.*") if path.suffix == _LINES else ()
    return [file for file in (path, *sorted(rotated, key=_age)) if _is_log(file)]


def _age(file: Path) -> int:
    """The number at the end of a rotated file's name; 0 without one."""
    number = file.name.rpartition(".")[2]
    return int(number) if number.isdecimal() else 0


def _is_log(file: Path) -> bool:
    name = file.name
    stem, _, number = name.rpartition(".")
    if number.isdecimal():
        name = stem
    return file.is_file() and name.endswith((_LINES, *_TABLES))


def _records(path: Path) -> Iterator[SentCall | str]:
    """The records of every file. A file that is rotated meanwhile is read once."""
    with ExitStack() as closing:
        # Open all before reading any. A rotation moves a file to a later name in this order.
        opened: dict[tuple[int, int], tuple[Path, IO[bytes]]] = {}
        for file in _files_of(path):
            with suppress(FileNotFoundError):
                lines = closing.enter_context(_opened(file))
                found = os.fstat(lines.fileno())
                opened.setdefault((found.st_dev, found.st_ino), (file, lines))
        for file, lines in opened.values():
            try:
                if file.suffix in _TABLES:
                    yield from records_of_table(file)
                elif file.suffix == _CELLS:
                    yield from records_of_csv(lines, file.name)
                else:
                    yield from records_of_lines(lines, file.name)
            except (OSError, sqlite3.Error) as error:
                raise SetupError(f"{file} cannot be read: {error}.") from None


def _opened(file: Path) -> IO[bytes]:
    try:
        return file.open("rb")
    except FileNotFoundError:
        raise
    except OSError as error:
        raise SetupError(f"{file} cannot be read: {error.strerror}.") from None


def _facet(name: str, records: Iterable[CallRecord]) -> Facet:
    counts = Counter(str(getattr(record, name)) for record in records)
    return Facet(
        name=name,
        values=tuple(sorted(counts.items(), key=lambda value: (-value[1], value[0]))),
    )


def _durations(records: Sequence[CallRecord]) -> Iterator[Durations]:
    taken: dict[str, list[float]] = {}
    for record in records:
        taken.setdefault(record.operation, []).append(record.duration_ms)
    for operation, times in sorted(taken.items()):
        yield _durations_of(operation, times)


def _durations_of(operation: str, durations_ms: Sequence[float]) -> Durations:
    times = sorted(durations_ms)
    return Durations(
        operation=operation,
        calls=len(times),
        p50_ms=_percentile(times, 0.50),
        p95_ms=_percentile(times, 0.95),
        p99_ms=_percentile(times, 0.99),
    )


def _percentile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that is at least as large as *share* of *ordered*."""
    return ordered[max(-int(-share * len(ordered) // 1), 1) - 1]
