"""``leadwire calls verify`` and ``anchor``: prove that the log is complete and unchanged."""

from pathlib import Path

import click

from leadwire.cli.options import (
    EXIT_FAILED,
    as_json,
    config_file,
    data_folder,
    load,
)
from leadwire.cli.printing import say, say_json, say_line
from leadwire.cli.reporting import misused
from leadwire.errors import SetupError
from leadwire.server.open_log import calls_folder
from leadwire.stores.sqlite import parse_anchor, take_anchor
from leadwire.stores.sqlite import verify as verify_folder
from leadwire.stores.sqlite.anchor import Anchor


@click.command()
@click.option(
    "--anchor",
    "anchor_text",
    default="",
    metavar="TEXT",
    help="An earlier line of 'leadwire calls anchor': its calls must be present and unchanged.",
)
@data_folder
@config_file
@as_json
def verify(data: Path | None, config_file: Path | None, anchor_text: str, *, as_json: bool) -> None:
    """Prove that no call is missing or changed. Otherwise report it and exit with 1.

    Reads every call; a server may be running. Checks the sequence up to the end mark, each day's
    chain of keyed digests, counts and checksums. Without --anchor, somebody with the log's key can
    still rewrite it undetected.
    """
    wanted = _anchor(anchor_text) if anchor_text else None
    found = verify_folder(_folder(data, config_file), anchor=wanted)
    if as_json:
        say_json(found)
    else:
        for line in (*found.notes, *found.problems):
            say_line(line)
        verdict = "whole" if not found.problems else f"{len(found.problems)} problem(s)"
        erased = f" and {found.erased:,} erased ones" if found.erased else ""
        say(f"{found.calls:,} calls{erased} of {found.days} day(s): {verdict}.")
    if found.problems:
        raise SystemExit(EXIT_FAILED)


@click.command()
@data_folder
@config_file
@as_json
def anchor(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Print one line that can later prove the log's present content with verify --anchor.

    Reads every call; a server may be running. Keep the line where no one who can write the log can
    change it: in a ticket, a mail, on paper. Prints faults and notes on standard error; exits
    with 1 for a fault.
    """
    taken, found = take_anchor(_folder(data, config_file))
    if as_json:
        say_json({"anchor": taken.text(), "problems": found.problems, "notes": found.notes})
    else:
        say_line(taken.text())
    for line in (*found.notes, *found.problems):
        say_line(line, err=True)
    if found.problems:
        raise SystemExit(EXIT_FAILED)


def _anchor(text: str) -> Anchor:
    try:
        return parse_anchor(text)
    except SetupError as error:
        raise misused(str(error), "--anchor") from None


def _folder(data: Path | None, config_path: Path | None) -> Path:
    """The folder of this node's calls. Raises SetupError if there are none."""
    return calls_folder(load({"data": data}, config_path).settings)
