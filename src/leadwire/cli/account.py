"""``leadwire account``: list and create accounts, and erase one with everything in it."""

from pathlib import Path

import click

from leadwire.access.accounts import create_account
from leadwire.access.change import Change
from leadwire.access.passwords import generate_password, hash_password
from leadwire.calls.query import CallQuery
from leadwire.cli.doer import command_line, user_name
from leadwire.cli.erase import confirm_erasing, erasing_options, find_calls
from leadwire.cli.options import (
    access_store,
    as_json,
    check_address,
    config_file,
    data_folder,
    load,
)
from leadwire.cli.printing import say, say_json, say_once, say_table
from leadwire.clock import SystemClock, SystemIds
from leadwire.data_folder.erasing import count_leads, erase_data, refuse_old_files
from leadwire.data_folder.making import usable
from leadwire.data_folder.presence import refuse_running_servers
from leadwire.database.database import DATABASE_ERRORS, reason_of
from leadwire.database.places import Place, place_of
from leadwire.dates import format_seconds
from leadwire.errors import LeadwireError, SetupError
from leadwire.server.open_log import calls_folder
from leadwire.stores.sqlite.erasing import ERASING_ERRORS, Eraser


@click.group()
def account() -> None:
    """List, create and erase accounts."""


@account.command("list")
@data_folder
@config_file
@as_json
def list_accounts(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """List the accounts, oldest first. Administrators of the first one set the server."""
    with access_store(data, config_file) as store:
        found = store.accounts()
    if as_json:
        say_json({"accounts": [account._asdict() for account in found]})
        return
    say_table(
        ("Number", "Name", "Id", "Made (UTC)"),
        [
            (str(one.number), one.name, one.account_id, format_seconds(one.created_on_ms))
            for one in found
        ],
    )


@account.command()
@click.argument("name")
@click.option("--email", required=True, help="E-mail address of the account's administrator.")
@data_folder
@config_file
@as_json
def create(
    name: str, email: str, data: Path | None, config_file: Path | None, *, as_json: bool
) -> None:
    """Create a further account with an administrator and a key pair, and print them once.

    An administrator with a password from another account keeps it, and can switch accounts in the
    console.
    """
    check_address(email, "--email")
    password = generate_password(SystemIds())
    password_hash = hash_password(password)

    def make(change: Change) -> None:
        first = create_account(
            change, name=name, email=email, password=password, password_hash=password_hash
        )
        say_once(first._asdict(), as_json=as_json)

    with access_store(data, config_file) as store:
        store.account_ids()  # the first account is made by init
        store.change(command_line(), make)


@account.command()
@click.argument("account_id")
@erasing_options
@as_json
def erase(  # noqa: PLR0913  # each is an option
    account_id: str,
    data: Path | None,
    config_file: Path | None,
    by: str,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Erase the account ACCOUNT_ID for good, while no server uses the folder or its database.

    Erases its leads and their data, files, calls, users and keys. Each erased call leaves a
    tombstone, so that the log still verifies. After an interruption run the command again.
    """
    with access_store(data, config_file) as store:
        known = store.account_ids()
    if account_id not in known:
        raise SetupError(f"Unknown account {account_id}. Known accounts: {', '.join(known)}.")
    settings = load({"data": data}, config_file).settings
    place = place_of(settings)
    doomed = find_calls(settings, CallQuery(account_id=account_id))
    calls = sum(map(len, doomed.values()))
    leads = _count_leads(place, account_id)
    if not as_json:
        say(f"The account has {leads:,} lead(s) and {calls:,} call(s).")
    if dry_run:
        _say_erased(account_id, leads, calls, erased=False, as_json=as_json)
        return
    refuse_old_files(place)
    confirm_erasing(f"Erase the account {account_id} with everything in it?", yes=yes)
    if place.on_server:
        refuse_running_servers(place)
    eraser = Eraser(calls_folder(settings), clock=SystemClock())
    try:
        eraser.erase(doomed, by=by or user_name())
        erase_data(place, account_id)
    except (*ERASING_ERRORS, *DATABASE_ERRORS) as error:
        raise LeadwireError(
            f"Only a part was erased: {reason_of(error)}. Run the command again to erase the rest."
        ) from error
    finally:
        eraser.close()
    with access_store(data, config_file) as store:
        note = f"{leads:,} lead(s), {calls:,} call(s)"
        store.audit(account_id, command_line(), "account.erased", thing=account_id, note=note)
    _say_erased(account_id, leads, calls, erased=True, as_json=as_json)


def _say_erased(account_id: str, leads: int, calls: int, *, erased: bool, as_json: bool) -> None:
    if as_json:
        say_json({"account_id": account_id, "leads": leads, "calls": calls, "erased": erased})
    elif erased:
        say(f"The account {account_id} was erased.")


def _count_leads(place: Place, account_id: str) -> int:
    with usable(place):
        return count_leads(place, account_id)
