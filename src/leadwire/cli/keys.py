"""``leadwire keys``: make, list and revoke key pairs, also while a server runs."""

from pathlib import Path

import click
import msgspec

from leadwire.access.keys import KeyPair
from leadwire.access.store import AccessStore
from leadwire.cli.options import as_json, config_file, data_folder, load, reports_errors
from leadwire.cli.printing import say, say_json, say_line
from leadwire.clock import SystemClock, SystemIds
from leadwire.dates import format_seconds
from leadwire.errors import SetupError


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
    store = _open(data, config_file)
    try:
        store.create_key(user_email, show=lambda pair: _show_pair(pair, as_json=as_json))
    finally:
        store.close()


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

    store = _open(data, config_file)
    try:
        store.create_async_key(show=show)
    finally:
        store.close()


@keys.command("list")
@data_folder
@config_file
@as_json
@reports_errors
def list_keys(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """List every pair: its id, whose it is, since when, and whether it is revoked."""
    store = _open(data, config_file)
    try:
        infos = store.list_keys()
    finally:
        store.close()
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
    store = _open(data, config_file)
    try:
        store.revoke_key(key_id)
    finally:
        store.close()
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


def _open(data: Path | None, config_path: Path | None) -> AccessStore:
    folder = load({"data": data}, config_path).settings.data
    if not folder.is_dir():
        raise SetupError(f"There is no data folder {folder}: run 'leadwire init --data {folder}'.")
    return AccessStore(folder, clock=SystemClock(), ids=SystemIds())
