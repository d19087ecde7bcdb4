"""``leadwire calls verify`` and ``anchor``: the proof that the log is whole."""

from pathlib import Path

import click

from leadwire.cli.options import (
    EXIT_FAILED,
    as_json,
    config_file,
    data_folder,
    load,
    reports_errors,
)
from leadwire.cli.printing import say, say_json, say_line
from leadwire.server.open_log import calls_folder
from leadwire.stores.sqlite import parse_anchor, take_anchor
from leadwire.stores.sqlite import verify as verify_folder


@click.command()
@click.option(
    "--anchor",
    "anchor_text",
    default="",
    metavar="TEXT",
    help="An earlier line of 'leadwire calls anchor': what it tells of must be there, unchanged.",
)
@data_folder
@config_file
@as_json
@reports_errors
def verify(data: Path | None, config_file: Path | None, anchor_text: str, *, as_json: bool) -> None:
    """Prove that no call is missing or was changed. Exit code 1, and what is wrong, otherwise.

    Reads every call, also beside a running server: the sequence without a gap up to the end mark,
    each day's chain of keyed digests, its counts and checksums. Without --anchor, somebody who
    has the key of the log can still rewrite it.
    """
    wanted = parse_anchor(anchor_text) if anchor_text else None
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
@reports_errors
def anchor(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Print one line that later proves, by verify --anchor, what is in the log now.

    Reads every call, also beside a running server. Keep the line where nobody who can write the
    log can change it: in a ticket, in a mail, on paper. Standard error says what is already wrong
    with the log, with exit code 1, and what 'leadwire calls verify' notes.
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


def _folder(data: Path | None, config_path: Path | None) -> Path:
    """The calls of this node. Raises SetupError when there are none."""
    return calls_folder(load({"data": data}, config_path).settings)
