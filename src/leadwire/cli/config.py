"""``leadwire config``: every setting and the source of its value, and those of a running server."""

from pathlib import Path
from typing import Any

import click
from pydantic import SecretStr

from leadwire.access.chosen_settings import OF_SERVER, LiveSettings
from leadwire.access.store import AccessStore
from leadwire.cli.doer import command_line
from leadwire.cli.options import (
    access_store,
    account,
    account_id_of,
    as_json,
    config_file,
    data_folder,
    every_setting,
    load,
)
from leadwire.cli.printing import say, say_json, say_line, say_table
from leadwire.cli.reporting import misused
from leadwire.errors import SetupError
from leadwire.settings import Settings
from leadwire.settings_sources import (
    LoadedSettings,
    SettingsInvalid,
    environment_name,
    how_changed,
)

_CHANGEABLE = [name for name in Settings.model_fields if how_changed(name) != "restart"]


@click.group()
def config() -> None:
    """Show settings, and change those of a running server."""


@config.command()
@config_file
@every_setting
@as_json
def show(config_file: Path | None, *, as_json: bool, **flags: object) -> None:
    """Print every setting with its value, unit and the source of the value.

    Values that 'leadwire config set' or the console chose come last: they replace these.
    """
    loaded = load(flags, config_file)
    rows = list(_rows(loaded))
    chosen = _chosen(loaded.settings, config_file)
    if as_json:
        say_json({"settings": rows, "chosen": chosen})
        return
    say_table(
        ("Setting", "Value", "Unit", "Source"),
        [(row["name"], row["value"], row["unit"], row["source"]) for row in rows],
    )
    if chosen:
        say("")
        say_table(
            ("Chosen while running", "Value", "Account"),
            [(one["name"], one["value"], one["account_id"] or "all") for one in chosen],
        )


def _rows(loaded: LoadedSettings) -> list[dict[str, Any]]:
    rows = []
    for name, origin in loaded.origins.items():
        field = Settings.model_fields[name]
        extra = field.json_schema_extra
        rows.append(
            {
                "name": name,
                "value": str(origin.value)
                if isinstance(origin.value, Path | SecretStr)
                else origin.value,
                "unit": extra.get("unit", "") if isinstance(extra, dict) else "",
                "source": origin.source,
                "environment": environment_name(name),
                "help": field.description,
            }
        )
    return rows


def _chosen(settings: Settings, config_file: Path | None) -> list[dict[str, Any]]:
    """What was chosen while running; nothing without an account database."""
    try:
        with access_store(settings.data, config_file) as store:
            live = LiveSettings(store, settings)
            owners = store.account_ids()
    except SetupError:
        return []
    found = []
    for name in _CHANGEABLE:
        by_account = how_changed(name) == "account"
        for owner in owners if by_account else [OF_SERVER]:
            if live.is_chosen(owner, name):
                value = getattr(live.of_account(owner), name)
                found.append({"name": name, "value": value, "account_id": owner})
    return found


@config.command("set")
@click.argument("name", type=click.Choice(_CHANGEABLE), metavar="NAME")
@click.argument("value")
@account
@data_folder
@config_file
@as_json
def set_setting(
    name: str,
    value: str,
    account_name: str,
    data: Path | None,
    config_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Give the setting NAME the value VALUE, in a running server too.

    A running server follows within a second, and a later start keeps the value. NAME is a setting
    that docs/settings.md says can be set while running, such as plan. One that is set by account
    holds for --account.
    """
    _choose(data, config_file, account_name, name, value, as_json=as_json)


@config.command("unset")
@click.argument("name", type=click.Choice(_CHANGEABLE), metavar="NAME")
@account
@data_folder
@config_file
@as_json
def unset_setting(
    name: str, account_name: str, data: Path | None, config_file: Path | None, *, as_json: bool
) -> None:
    """Give the setting NAME the value of the server's start again."""
    _choose(data, config_file, account_name, name, None, as_json=as_json)


def _choose(
    data: Path | None,
    config_file: Path | None,
    account_name: str,
    name: str,
    value: str | None,
    *,
    as_json: bool,
) -> None:
    settings = load({"data": data}, config_file).settings
    is_by_account = how_changed(name) == "account"
    with access_store(data, config_file) as store:
        account_id = _account_of_change(store, account_name, by_account=is_by_account)
        live = LiveSettings(store, settings)
        try:
            live.choose(command_line(), account_id, {name: value})
        except SettingsInvalid as error:
            raise misused(str(error), "VALUE") from None
        new = getattr(live.of_account(account_id), name)
    if as_json:
        owner = account_id if is_by_account else None
        say_json({"name": name, "value": new, "account_id": owner, "is_chosen": value is not None})
    elif value is None:
        say_line(f"{name} is again what the server was started with.")
    else:
        whose = "of the account" if is_by_account else "of the server"
        say_line(f"{name} {whose} is {new} now. A running server follows within a second.")


def _account_of_change(store: AccessStore, account_name: str, *, by_account: bool) -> str:
    """The account that is changed, or in whose audit trail a change of the server is noted."""
    if by_account or account_name:
        return account_id_of(store, account_name)
    return store.account_ids()[0]
