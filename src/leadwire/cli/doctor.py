"""``leadwire doctor``: check the machine and a data folder, and advise."""

import importlib.util
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from leadwire.cli.options import (
    EXIT_FAILED,
    as_json,
    config_file,
    data_folder,
    load,
)
from leadwire.cli.printing import Coloured, Column, say_json, say_table
from leadwire.data_folder.checks import (
    ALL_PARTS,
    DATABASES,
    has_databases_on_server,
    is_new,
    open_to_others,
    problems,
    unreadable_pages,
)
from leadwire.data_folder.server_checks import Finding, server_findings
from leadwire.database.places import place_of
from leadwire.errors import SetupError
from leadwire.folder_identity import CALLS_FOLDER
from leadwire.settings import Settings
from leadwire.stores.sqlite.days import DayFolder
from leadwire.stores.sqlite.log_end import read_log_end
from leadwire.stores.sqlite.schema import day_part
from leadwire.version import __version__

_WAL_RESET_BUG: Final = ((3, 7, 0), (3, 51, 2))
_MIB: Final = 1_048_576
_COLOURS: Final = {"ok": "green", "note": "yellow", "wrong": "red"}


@click.command()
@data_folder
@config_file
@as_json
def doctor(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Check the machine, the data folder and its database. Exits with 1 if something is wrong.

    Changes nothing. Checks that each part exists, is intact, belongs to this folder and is closed
    to other users, and that the newest call is present. 'leadwire calls verify' also proves that no
    call is missing.
    """
    settings = load({"data": data}, config_file).settings
    findings = [*_machine(), *_folder(settings)]
    place = place_of(settings)
    if place.on_server:
        findings += server_findings(place, has_data=has_databases_on_server(place.folder))
    if as_json:
        say_json({"findings": [f._asdict() for f in findings]})
    else:
        say_table(
            ("State", "What", Column("Finding", is_prose=True)),
            [(Coloured(f.state, _COLOURS[f.state]), f.what, f.detail) for f in findings],
        )
    if any(finding.state == "wrong" for finding in findings):
        raise SystemExit(EXIT_FAILED)


def _machine() -> Iterator[Finding]:
    yield Finding("ok", "leadwire", __version__)
    yield Finding("ok", "Python", f"{sys.version.split()[0]} at {sys.executable}")
    low, high = _WAL_RESET_BUG
    if low <= sqlite3.sqlite_version_info <= high:
        yield Finding(
            "note",
            "SQLite",
            f"{sqlite3.sqlite_version}: two processes writing to one file can damage it (fixed "
            "in 3.51.3). leadwire writes with one process. Let no other program write to the "
            "data folder, or use a newer SQLite.",
        )
    else:
        yield Finding("ok", "SQLite", sqlite3.sqlite_version)
    fast = importlib.util.find_spec("uvloop") is not None
    yield Finding(
        "ok" if fast else "note",
        "uvloop",
        "in use" if fast else "missing: the server is slower",
    )


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    if is_new(folder):
        yield Finding(
            "note",
            "data folder",
            f"{folder} does not exist yet. 'leadwire serve' or 'leadwire init' creates it.",
        )
        return
    place = place_of(settings)
    found = list(problems(place))
    wrong = {problem.part for problem in found}
    if "" not in wrong:
        yield Finding("ok", "data folder", str(folder.resolve()))
        yield from _readers(folder)
        yield from _disk(settings)
        for name in sorted({*ALL_PARTS} - wrong - {CALLS_FOLDER}):
            if not place.part(name).exists():
                continue
            if place.on_server and name in DATABASES:
                yield Finding(
                    "note", name, "is of no use since the copy to the database: remove it"
                )
            else:
                yield Finding("ok", name, _size(place.part(name)))
        yield from _days(folder, wrong)
    for problem in found:
        yield Finding("wrong", problem.part or "data folder", problem.text)


def _readers(folder: Path) -> Iterator[Finding]:
    readable = open_to_others(folder)
    if readable:
        yield Finding(
            "wrong",
            "permissions",
            f"other users of this machine may read {len(readable)} path(s), such as "
            f"{readable[0]}: run 'chmod -R go-rwx {folder}', or 'leadwire serve', which does it",
        )
    else:
        yield Finding("ok", "permissions", "only the owner has access")


def _disk(settings: Settings) -> Iterator[Finding]:
    free, low = shutil.disk_usage(settings.data).free, settings.disk_free_bytes_min
    yield Finding(
        "ok" if free >= low else "wrong",
        "disk",
        f"{free // _MIB} MiB free"
        + ("" if free >= low else f", disk_free_bytes_min is {low // _MIB} MiB: free some"),
    )


def _days(folder: Path, wrong: set[str]) -> Iterator[Finding]:
    if CALLS_FOLDER in wrong:
        return
    days = DayFolder(folder / CALLS_FOLDER)
    names = [day for day in days.days() if day_part(days.path(day)) not in wrong]
    size = sum(days.path(day).stat().st_size for day in names)
    kept = f"{len(names)} day(s), {size // _MIB} MiB"
    yield Finding("ok", "calls", f"{kept}, {names[-1]} to {names[0]}" if names else kept)
    for path in map(days.path, reversed(names)):
        if damage := unreadable_pages(path):
            yield Finding("wrong", day_part(path), damage)
    yield from _log_end(folder / CALLS_FOLDER)


def _log_end(calls: Path) -> Iterator[Finding]:
    """Check whether the newest call is the one in the end mark."""
    try:
        end = read_log_end(calls)
    except (sqlite3.Error, SetupError):
        return  # reported above
    what = "end of the log"
    if end.found < end.marked:
        yield Finding(
            "wrong",
            what,
            f"calls {end.found + 1} to {end.marked} are missing: before the next start restore "
            "the newest day's file with its -wal, or a backup; for details run 'leadwire calls "
            "verify'",
        )
    elif end.found > end.marked:
        yield Finding(
            "note",
            what,
            f"the end mark is {end.found - end.marked} call(s) behind: run 'leadwire calls "
            "verify' to see whether a crash explains it",
        )
    else:
        yield Finding("ok", what, f"call {end.found}, same as the end mark")


def _size(path: Path) -> str:
    return "there" if path.is_dir() else f"{path.stat().st_size:,} bytes, sound"
