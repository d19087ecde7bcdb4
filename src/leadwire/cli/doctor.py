"""``leadwire doctor``: check the machine and a data folder, and say what to do."""

import importlib.util
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import click

from leadwire.cli.options import (
    EXIT_FAILED,
    as_json,
    config_file,
    data_folder,
    load,
    reports_errors,
)
from leadwire.cli.printing import say_json, say_table
from leadwire.data_folder.checks import (
    ALL_PARTS,
    is_new,
    open_to_others,
    problems,
    unreadable_pages,
)
from leadwire.errors import SetupError
from leadwire.folder_identity import CALLS_FOLDER
from leadwire.settings import Settings
from leadwire.stores.sqlite.days import DayFolder
from leadwire.stores.sqlite.log_end import read_log_end
from leadwire.stores.sqlite.schema import day_part
from leadwire.version import __version__

_WAL_RESET_BUG: Final = ((3, 7, 0), (3, 51, 2))
_MIB: Final = 1_048_576


class Finding(NamedTuple):
    """One thing that was looked at."""

    state: Literal["ok", "note", "wrong"]
    what: str
    detail: str


@click.command()
@data_folder
@config_file
@as_json
@reports_errors
def doctor(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Check the machine and the data folder. Exit code 1 when something is wrong.

    Changes nothing. Says of each part whether it is there, sound, this folder's own, and closed to
    other users, and whether the end of the log is there. 'leadwire calls verify' proves besides
    that no call is missing.
    """
    settings = load({"data": data}, config_file).settings
    findings = [*_machine(), *_folder(settings)]
    if as_json:
        say_json({"findings": [f._asdict() for f in findings]})
    else:
        say_table(("State", "What", "Finding"), findings)
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
            f"{sqlite3.sqlite_version}: two processes that write to one file can damage it "
            "(mended in 3.51.3). leadwire writes with one process and one connection a file: let "
            "no other program write to the data folder, or use a newer SQLite.",
        )
    else:
        yield Finding("ok", "SQLite", sqlite3.sqlite_version)
    fast = importlib.util.find_spec("uvloop") is not None
    yield Finding(
        "ok" if fast else "note", "uvloop", "in use" if fast else "missing: the server is slower"
    )


def _folder(settings: Settings) -> Iterator[Finding]:
    folder = settings.data
    if is_new(folder):
        yield Finding(
            "note", "data folder", f"{folder} is not made yet: 'leadwire serve' or 'init' makes it"
        )
        return
    found = list(problems(folder))
    wrong = {problem.part for problem in found}
    if "" not in wrong:
        yield Finding("ok", "data folder", str(folder.resolve()))
        yield from _readers(folder)
        yield from _disk(settings)
        for name in sorted({*ALL_PARTS} - wrong):
            if name != CALLS_FOLDER and (folder / name).exists():
                yield Finding("ok", name, _size(folder / name))
        yield from _days(folder, wrong)
    for problem in found:
        yield Finding("wrong", problem.part or "data folder", problem.text)


def _readers(folder: Path) -> Iterator[Finding]:
    readable = open_to_others(folder)
    if readable:
        yield Finding(
            "wrong",
            "permissions",
            f"other users of this machine may read {len(readable)} path(s), as {readable[0]}: the "
            f"next 'leadwire serve' closes them, or 'chmod -R go-rwx {folder}'",
        )
    else:
        yield Finding("ok", "permissions", "for the owner alone")


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
    """Whether the newest call is the one that the end mark tells of."""
    try:
        end = read_log_end(calls)
    except (sqlite3.Error, SetupError):
        return  # said already
    what = "end of the log"
    if end.found < end.marked:
        yield Finding(
            "wrong",
            what,
            f"calls {end.found + 1} to {end.marked} are missing: put the newest day's file and its "
            "-wal back before the next start, or restore a backup; 'leadwire calls verify' says "
            "more",
        )
    elif end.found > end.marked:
        yield Finding(
            "note",
            what,
            f"the end mark is {end.found - end.marked} call(s) behind: 'leadwire calls verify' "
            "says whether a crash explains that",
        )
    else:
        yield Finding("ok", what, f"call {end.found}, as the end mark tells")


def _size(path: Path) -> str:
    return "there" if path.is_dir() else f"{path.stat().st_size:,} bytes, sound"
