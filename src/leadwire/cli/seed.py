"""``leadwire seed``: add the data of a seed file to an account."""

import asyncio
from pathlib import Path

import click

from leadwire.cli.options import (
    access_store,
    account,
    account_id_of,
    as_json,
    config_file,
    data_folder,
    load,
)
from leadwire.cli.printing import say_json, say_line, say_table


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@account
@data_folder
@config_file
@as_json
def seed(
    file: Path,
    account_name: str,
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
    with access_store(data, config_file) as store:
        account_id = account_id_of(store, account_name)
    ids = asyncio.run(sow_into_folder(settings, account_id, read_seed_file(file)))
    if as_json:
        say_json({"ids": ids})
        return
    say_line(f"Added to {settings.data}: {len(ids)} named user(s), lead(s) and list(s).")
    if ids:
        say_table(("Name", "Id"), list(ids.items()))
