"""``leadwire init``: set up an empty data folder."""

from pathlib import Path

import click

from leadwire.access.accounts import FirstAccount
from leadwire.cli.options import as_json, check_address, config_file, data_folder, load
from leadwire.cli.printing import say_once


@click.command()
@data_folder
@config_file
@click.option("--account-name", default="leadwire", show_default=True, help="Name of the account.")
@click.option(
    "--email",
    default="admin@leadwire.local",
    show_default=True,
    help="E-mail address of the account's administrator.",
)
@as_json
def init(
    data: Path | None, config_file: Path | None, account_name: str, email: str, *, as_json: bool
) -> None:
    """Set up an empty data folder with an account, its administrator and a key pair.

    Keys and password are printed once: they are stored only as hashes.
    """
    from leadwire.database.places import place_of  # noqa: PLC0415
    from leadwire.server.app import set_up_data_folder  # noqa: PLC0415  # keeps --help fast

    check_address(email, "--email")
    settings = load({"data": data}, config_file).settings

    def show(first: FirstAccount) -> None:
        start = f"Start the server with 'leadwire serve --data {settings.data}'."
        say_once(first._asdict(), as_json=as_json, advice=start)

    set_up_data_folder(place_of(settings), account_name=account_name, email=email, show=show)
