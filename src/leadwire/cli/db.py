"""``leadwire db``: copy leads and access data between engines, and compare two places."""

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import click

from leadwire.cli.backup import Progress
from leadwire.cli.options import (
    EXIT_FAILED,
    as_json,
    config_file,
    data_folder,
    load,
)
from leadwire.cli.printing import say_json, say_line, say_table
from leadwire.cli.reporting import misused
from leadwire.data_folder.database_copy import (
    Digests,
    copy_databases,
    differences,
    digests_of,
)
from leadwire.database.places import Place, place_of
from leadwire.settings import Settings

_FOLDER: Final = "folder"
_SCHEMES: Final = ("postgresql", "postgres")
_SHOWN_DIGITS: Final = 16


@click.group()
def db() -> None:
    """Copy leads, users and keys between engines, or compare two places.

    URL is postgresql://user@host:port/name. Other users of the machine can read a command line:
    give the password in PGPASSWORD or in ~/.pgpass instead.
    """


@db.command()
@click.option("--to-database", "to_url", metavar="URL", help="Copy the files to this database.")
@click.option("--from-database", "from_url", metavar="URL", help="Copy this database to the files.")
@data_folder
@config_file
@as_json
def copy(
    data: Path | None,
    config_file: Path | None,
    to_url: str | None,
    from_url: str | None,
    *,
    as_json: bool,
) -> None:
    """Copy leads, users and keys to PostgreSQL, or back to the folder, while no server runs.

    The target must be empty. After an interruption run the same command again: it continues. Every
    table of the target is compared with its source at the end. The folder keeps its calls, uploaded
    files and keys, which are not copied. Quick search's index is made anew by the server.
    """
    if bool(to_url) == bool(from_url):
        raise misused("Give either --to-database or --from-database.")
    settings = load({"data": data}, config_file).settings
    option = "--to-database" if to_url else "--from-database"
    folder, server = _folder(settings), _server(settings, to_url or from_url or "", option)
    source, target = (folder, server) if to_url else (server, folder)
    progress = Progress()
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
    if to_url:
        say_line(
            "Set LEADWIRE_DATABASE_URL to this database before the next start. Move access.sqlite "
            f"and crm.sqlite out of {settings.data}, so that no server starts on them."
        )
    else:
        say_line("Remove database_url from the settings before the next start.")


@db.command()
@click.option(
    "--with",
    "other",
    metavar="PLACE",
    help="Compare with this place: the URL of a database, or 'folder' for the folder's files.",
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
        places.append(_folder(settings) if other == _FOLDER else _server(settings, other, "--with"))
    progress = Progress()
    found = [digests_of(place, progress.tell) for place in places]
    progress.end()
    differing = differences(found[0], found[-1])
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


def _server(settings: Settings, url: str, option: str) -> Place:
    parts = urlsplit(url)
    if parts.scheme not in _SCHEMES or not parts.path.strip("/"):
        raise misused("takes a URL like postgresql://user@host:5432/name", option)
    return place_of(settings)._replace(database_url=url)


def _folder(settings: Settings) -> Place:
    return place_of(settings)._replace(database_url="")


def _tables(digests: Digests) -> dict[str, dict[str, object]]:
    return {name: digest._asdict() for name, digest in digests.items()}


def _say_digests(found: list[Digests], differing: list[str]) -> None:
    first, last = found[0], found[-1]
    if len(found) == 1:
        rows = [(name, one.rows, one.sha256[:_SHOWN_DIGITS]) for name, one in first.items()]
        say_table(("Table", "Rows", "Digest"), rows)
        return
    say_table(
        ("Table", "Rows", "Rows there", "Result"),
        [
            (name, one.rows, last[name].rows, "differs" if name in differing else "equal")
            for name, one in first.items()
        ],
    )
    say_line(f"{len(differing)} table(s) differ." if differing else "Both places hold the same.")
