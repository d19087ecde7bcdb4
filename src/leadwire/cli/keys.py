"""``leadwire keys``: make, list and revoke key pairs, also while a server runs."""

from contextlib import AbstractContextManager
from pathlib import Path

import click
import msgspec

from leadwire.access.keys import KeyPair
from leadwire.access.store import AccessStore
from leadwire.cli.options import as_json, config_file, data_folder, load, reports_errors
from leadwire.cli.printing import say, say_json, say_line
from leadwire.clock import SystemClock, SystemIds
from leadwire.data_folder.making import opened_access
from leadwire.dates import format_seconds


@click.group()
def keys() -> None:
    """Make, list and revoke key pairs."""


@keys.command()
@data_folder
@config_file
@click.option("--user", "user_email", help="Address of the user; else the first administrator.")
@as_json
@reports_errors
def create(
    data: Path | None, config_file: Path | None, user_email: str | None, *, as_json: bool
) -> None:
    """Make a key pair and print it, once."""
    with _opened(data, config_file) as store:
        store.create_key(user_email, show=lambda pair: _show_pair(pair, as_json=as_json))


@keys.command("async")
@data_folder
@config_file
@as_json
@reports_errors
def create_async(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Make the account's async key and print it once. The old one stops working."""

    def show(key: str) -> None:
        if as_json:
            say_json({"async_key": key})
            return
        told = "Shown once: keep it. It is sent as the header x-api-key."
        say(f"async_key  {key}\n\n{told}")

    with _opened(data, config_file) as store:
        store.create_async_key(show=show)


@keys.command("list")
@data_folder
@config_file
@as_json
@reports_errors
def list_keys(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """List every pair: its id, whose it is, since when, and whether it is revoked."""
    with _opened(data, config_file) as store:
        infos = store.list_keys()
    rows = [
        {
            "key_id": info.key_id,
            "access_key": info.access_key_hint,
            "user_email": info.user_email,
            "created_on": format_seconds(info.created_on_ms),
            "revoked_on": format_seconds(info.revoked_on_ms) if info.revoked_on_ms else None,
        }
        for info in infos
    ]
    if as_json:
        say_json({"keys": rows})
        return
    for row in rows:
        state = f"revoked {row['revoked_on']}" if row["revoked_on"] else "active"
        say_line(
            f"{row['key_id']}  {row['access_key']:<9}  {row['user_email']}  "
            f"{row['created_on']}  {state}"
        )


@keys.command()
@click.argument("key_id")
@data_folder
@config_file
@as_json
@reports_errors
def revoke(key_id: str, data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Revoke the pair KEY_ID; a running server refuses it within a second."""
    with _opened(data, config_file) as store:
        store.revoke_key(key_id)
    if as_json:
        say_json({"revoked": key_id})
    else:
        say_line(f"Revoked {key_id}.")


def _show_pair(pair: KeyPair, *, as_json: bool) -> None:
    if as_json:
        say_json(msgspec.structs.asdict(pair))
        return
    lines = [f"{name:<10}  {value}" for name, value in msgspec.structs.asdict(pair).items()]
    say("\n".join([*lines, "", "Shown once: keep them."]))


def _opened(data: Path | None, config_path: Path | None) -> AbstractContextManager[AccessStore]:
    folder = load({"data": data}, config_path).settings.data
    return opened_access(folder, clock=SystemClock(), ids=SystemIds())
