"""``leadwire doctor``: check the machine and a data folder, and say what to do."""

import importlib.util
import os
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal, NamedTuple

import click

from leadwire import __version__
from leadwire.cli.options import (
    EXIT_FAILED,
    as_json,
    config_file,
    data_folder,
    load,
    reports_errors,
)
from leadwire.cli.printing import say_json, say_line

_WAL_RESET_BUG: Final = ((3, 7, 0), (3, 51, 2))
_DISK_BYTES_LOW: Final = 1_073_741_824
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
    """Check the machine and the data folder. Exit code 1 when something is wrong."""
    settings = load({"data": data}, config_file).settings
    findings = [*_machine(), *_folder(settings.data)]
    if as_json:
        say_json({"findings": [f._asdict() for f in findings]})
    else:
        for finding in findings:
            say_line(f"{finding.state:<5}  {finding.what:<16}  {finding.detail}")
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
            f"{sqlite3.sqlite_version}: has the WAL-reset fault that two writing connections "
            "can meet; leadwire writes each file with one connection only.",
        )
    else:
        yield Finding("ok", "SQLite", sqlite3.sqlite_version)
    fast = importlib.util.find_spec("uvloop") is not None
    yield Finding(
        "ok" if fast else "note", "uvloop", "in use" if fast else "missing: the server is slower"
    )


def _folder(folder: Path) -> Iterator[Finding]:
    if not folder.is_dir():
        yield Finding(
            "note", "data folder", f"{folder} is not there: 'leadwire serve' or 'init' makes it"
        )
        return
    writable = os.access(folder, os.W_OK)
    yield Finding(
        "ok" if writable else "wrong",
        "data folder",
        f"{folder.resolve()}{'' if writable else ' cannot be written: check its owner and mode'}",
    )
    free = shutil.disk_usage(folder).free
    yield Finding(
        "ok" if free > _DISK_BYTES_LOW else "wrong",
        "disk",
        f"{free // _MIB} MiB free"
        + ("" if free > _DISK_BYTES_LOW else ": calls are refused when it is full"),
    )
    for path in sorted(folder.glob("*.sqlite")):
        yield _database(path)
    days = sorted((folder / "calls").glob("*.sqlite"))
    size = sum(path.stat().st_size for path in days)
    kept = f"{len(days)} day(s), {size // _MIB} MiB"
    yield Finding("ok", "calls", f"{kept}, {days[0].stem} to {days[-1].stem}" if days else kept)
    for path in days:
        finding = _database(path)
        if finding.state != "ok":
            yield finding


def _database(path: Path) -> Finding:
    try:
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        try:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        finally:
            connection.close()
    except sqlite3.Error as error:
        return Finding("wrong", path.name, f"cannot be read: {error}; restore it from a backup")
    if verdict != "ok":
        return Finding("wrong", path.name, f"is damaged: {verdict}; restore it from a backup")
    return Finding("ok", path.name, f"{path.stat().st_size // 1024} KiB, sound")
