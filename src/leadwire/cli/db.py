"""``leadwire db``: copy leads and access data between engines, and compare two places."""

import sys
import time
from collections.abc import Mapping
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
from leadwire.cli.printing import say_json, say_line, say_progress, say_table
from leadwire.cli.reporting import misused
from leadwire.data_folder.database_copy import copy_databases, digests_of, first_difference
from leadwire.data_folder.database_side import Digests, differences
from leadwire.database.places import Place, place_of
from leadwire.database.table_rows import Key
from leadwire.errors import SetupError
from leadwire.settings import Settings

_FOLDER: Final = "folder"
_ON_TERMINAL_SECONDS: Final = 0.2
_IN_LOG_SECONDS: Final = 30.0
_SHOWN_DIGITS: Final = 16


@click.group()
def db() -> None:
    """Copy leads, users and keys between the folder and PostgreSQL, or compare two places."""


@db.command()
@click.option("--to-database", is_flag=True, help="Copy the folder's files to the database.")
@click.option("--from-database", is_flag=True, help="Copy the database to the folder's files.")
@data_folder
@config_file
@as_json
def copy(
    data: Path | None,
    config_file: Path | None,
    *,
    to_database: bool,
    from_database: bool,
    as_json: bool,
) -> None:
    """Copy leads, users and keys to PostgreSQL, or back to the folder, while no server runs.

    The database is that of LEADWIRE_DATABASE_URL, or of database_url in the settings file. The
    target must be empty. After an interruption run the same command again: it continues. Every
    table of the target is compared with its source at the end. The folder keeps its calls, uploaded
    files and keys, which are not copied. Quick search's index is made anew by the server.
    """
    if to_database == from_database:
        raise misused("Give either --to-database or --from-database.")
    settings = load({"data": data}, config_file).settings
    folder, server = _folder(settings), place_of(settings)
    if not server.on_server:
        raise SetupError(
            "Set LEADWIRE_DATABASE_URL to the address of the database, or database_url in the "
            "settings file."
        )
    source, target = (folder, server) if to_database else (server, folder)
    progress = _Progress(quiet=as_json)
    copied = copy_databases(source, target, progress.tell)
    progress.end()
    rows = sum(digest.rows for digest in copied.digests.values())
    if as_json:
        say_json(
            {"rows": rows, "copied_now": copied.rows_copied, "tables": _tables(copied.digests)}
        )
        return
    say_line(
        f"{target.crm.place} holds the {rows:,} row(s) of {source.crm.place}: every table has the "
        f"same digest. Copied now: {copied.rows_copied:,}."
    )
    if to_database:
        say_line(
            f"Servers and commands on {settings.data} now need the database's address in their "
            "settings. Nothing uses access.sqlite and crm.sqlite there any more: remove them when "
            "the server works."
        )
    else:
        say_line(
            "Unset LEADWIRE_DATABASE_URL, or remove database_url from the settings file, before "
            "the next start."
        )


@db.command()
@click.option(
    "--with",
    "other",
    metavar="PLACE",
    help="Compare with this place: 'folder' for the folder's files, or the URL of a database, "
    "without a password: PGPASSWORD or ~/.pgpass has it.",
)
@data_folder
@config_file
@as_json
def check(data: Path | None, config_file: Path | None, other: str | None, *, as_json: bool) -> None:
    """Count the rows of every table, and print a digest that is the same on both engines.

    Reads the place that the settings name. With --with, exits with 1 when a table differs. While a
    server writes, two places cannot be compared.
    """
    settings = load({"data": data}, config_file).settings
    places = [place_of(settings)]
    if other:
        places.append(_folder(settings) if other == _FOLDER else _server(settings, other))
    progress = _Progress(quiet=as_json)
    found = [digests_of(place, progress.tell) for place in places]
    differing = {
        name: first_difference(places[0], places[-1], name)
        for name in differences(found[0], found[-1])
    }
    progress.end()
    if as_json:
        shown = [
            {"place": place.crm.place, "tables": _tables(digests)}
            for place, digests in zip(places, found, strict=True)
        ]
        say_json({"places": shown, "differing": differing})
    else:
        _say_digests(found, differing)
    if differing:
        raise SystemExit(EXIT_FAILED)


def _server(settings: Settings, url: str) -> Place:
    from leadwire.database.address import read_address  # noqa: PLC0415  # an extra

    try:
        address = read_address(url)
    except SetupError:
        wanted = "Give 'folder', or a URL like postgresql://user@host:5432/name."
        raise misused(wanted, "--with") from None
    if address.has_password:
        raise misused(
            "Other users of the machine can read a command line. Leave the password out, and give "
            "it in PGPASSWORD or ~/.pgpass.",
            "--with",
        )
    return place_of(settings)._replace(database_url=url)


def _folder(settings: Settings) -> Place:
    return place_of(settings)._replace(database_url="")


def _tables(digests: Digests) -> dict[str, dict[str, object]]:
    return {name: digest._asdict() for name, digest in digests.items()}


def _say_digests(found: list[Digests], differing: Mapping[str, Key]) -> None:
    first, last = found[0], found[-1]
    if len(found) == 1:
        rows = [(name, one.rows, one.sha256[:_SHOWN_DIGITS]) for name, one in first.items()]
        say_table(("Table", "Rows", "Digest"), rows)
        return
    say_table(
        ("Table", "Rows", "Rows there", "Result"),
        [
            (name, one.rows, last[name].rows, _result(differing.get(name)))
            for name, one in first.items()
        ],
    )
    say_line(f"{len(differing)} table(s) differ." if differing else "Both places hold the same.")


def _result(key: Key | None) -> str:
    return "equal" if key is None else f"differs, first at the key {', '.join(map(repr, key))}"


class _Progress:
    """How far the command is: one line of a terminal, or else a line every 30 s.

    *quiet*: only on a terminal.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._every = _ON_TERMINAL_SECONDS if self._on_terminal else _IN_LOG_SECONDS
        self._is_shown = self._on_terminal or not quiet
        self._next = time.monotonic() + self._every

    def tell(self, what: str, done: int, of: int) -> None:
        if not self._is_shown or time.monotonic() < self._next:
            return
        self._next = time.monotonic() + self._every
        line = f"{what}: {done:,} of {of:,} row(s)"
        if self._on_terminal:
            say_progress(line)
        else:
            say_line(line, err=True)

    def end(self) -> None:
        if self._on_terminal:
            say_progress("")
