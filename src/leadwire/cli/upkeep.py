"""``leadwire calls verify``: the proof that the log is whole."""

from pathlib import Path

import click

from leadwire.call_log import calls_folder
from leadwire.calls.stores.sqlite import verify as verify_folder
from leadwire.cli.options import (
    EXIT_FAILED,
    as_json,
    config_file,
    data_folder,
    load,
    reports_errors,
)
from leadwire.cli.printing import say, say_json, say_line


@click.command()
@data_folder
@config_file
@as_json
@reports_errors
def verify(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Prove that no call is missing or was changed. Exit code 1, and what is wrong, otherwise.

    Reads every call, also beside a running server: the sequence without a gap, each sealed day's
    chain of digests, its counts and checksums.
    """
    found = verify_folder(_folder(data, config_file))
    if as_json:
        say_json(found)
    else:
        for problem in found.problems:
            say_line(problem)
        verdict = "whole" if not found.problems else f"{len(found.problems)} problem(s)"
        say(f"{found.calls:,} calls of {found.days} day(s): {verdict}.")
    if found.problems:
        raise SystemExit(EXIT_FAILED)


def _folder(data: Path | None, config_path: Path | None) -> Path:
    """The calls of this node. Raises SetupError when there are none."""
    return calls_folder(load({"data": data}, config_path).settings)
