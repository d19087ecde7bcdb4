"""``leadwire seed``: add the data of a seed file to an account."""

import asyncio
from pathlib import Path

import click

from leadwire.cli.options import as_json, config_file, data_folder, load, reports_errors
from leadwire.cli.printing import say_json, say_line, say_table


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--account", "account_id", metavar="ID", help="The account. Default: the first one.")
@data_folder
@config_file
@as_json
@reports_errors
def seed(
    file: Path,
    account_id: str | None,
    data: Path | None,
    config_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Add the users, fields, leads, lists and webhooks of FILE, while no server runs.

    FILE is YAML or JSON; docs/controls.md has its members. All of it is added, or nothing. Nothing
    is announced to webhooks.
    """
    from leadwire.server.sowing import read_seed_file, sow_into_folder  # noqa: PLC0415

    settings = load({"data": data}, config_file).settings
    ids = asyncio.run(sow_into_folder(settings, account_id, read_seed_file(file)))
    if as_json:
        say_json({"ids": ids})
        return
    say_line(f"Added to {settings.data}: {len(ids)} named user(s), lead(s) and list(s).")
    if ids:
        say_table(("name", "id"), list(ids.items()))
