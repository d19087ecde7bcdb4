"""``leadwire calls verify`` and ``migrate``: the proof that the log is whole, and its format."""

from pathlib import Path

import click
import msgspec

from leadwire.calls.stores.sqlite import migrate as migrate_folder
from leadwire.calls.stores.sqlite import verify as verify_folder
from leadwire.cli.calls import calls_folder
from leadwire.cli.options import EXIT_FAILED, as_json, config_file, data_folder, reports_errors
from leadwire.clock import SystemClock


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
    found = verify_folder(calls_folder(data, config_file))
    if as_json:
        click.echo(msgspec.json.encode(found))
    else:
        for problem in found.problems:
            click.echo(problem)
        verdict = "whole" if not found.problems else f"{len(found.problems)} problem(s)"
        click.echo(f"{found.calls:,} calls of {found.days} day(s): {verdict}.")
    if found.problems:
        raise SystemExit(EXIT_FAILED)


@click.command()
@data_folder
@config_file
@as_json
@reports_errors
def migrate(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Bring every day to the newest format, while no server runs on the folder.

    A server does the same by itself, a day at a time; nothing is lost when this is interrupted.
    """
    days = migrate_folder(calls_folder(data, config_file), clock=SystemClock())
    click.echo(msgspec.json.encode({"days": days}) if as_json else f"{days} day(s) migrated.")
