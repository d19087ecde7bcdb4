"""``leadwire keys``: create, list, rotate and revoke key pairs. A server may be running."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import click
import msgspec

from leadwire.access.keys import KeyPair
from leadwire.cli.doer import command_line
from leadwire.cli.options import access_store, as_json, config_file, data_folder, reports_errors
from leadwire.cli.printing import say, say_json, say_line, say_table
from leadwire.dates import format_seconds

_HOUR_MS: Final = 3_600_000
_OLD_WORKS_HOURS_MAX: Final = 24 * 366


@click.group()
def keys() -> None:
    """Create, list, rotate and revoke key pairs."""


@keys.command()
@data_folder
@config_file
@click.option("--user", "user_email", help="Address of the user. Default: the first administrator.")
@as_json
@reports_errors
def create(
    data: Path | None, config_file: Path | None, user_email: str | None, *, as_json: bool
) -> None:
    """Create a key pair and print it once."""
    with access_store(data, config_file) as store:
        store.create_key(
            user_email,
            by=command_line(),
            show=lambda pair: _show_pair(pair, as_json=as_json),
        )


@keys.command("async")
@data_folder
@config_file
@as_json
@reports_errors
def create_async(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Create the account's async key and print it once. The old one stops working."""

    def show(key: str) -> None:
        if as_json:
            say_json({"async_key": key})
            return
        advice = "Keep it: it is shown only once. Send it as the header x-api-key."
        say(f"async_key  {key}\n\n{advice}")

    with access_store(data, config_file) as store:
        store.create_async_key(by=command_line(), show=show)


@keys.command("list")
@data_folder
@config_file
@as_json
@reports_errors
def list_keys(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """List every pair: its id, owner, creation time and state."""
    with access_store(data, config_file) as store:
        infos = store.list_keys()
    rows = [
        {
            "key_id": info.key_id,
            "access_key": info.access_key_hint,
            "user_email": info.user_email,
            "created_on": format_seconds(info.created_on_ms),
            "revoked_on": _seconds(info.revoked_on_ms),
            "old_secret_until": _seconds(info.old_secret_until_ms),
        }
        for info in infos
    ]
    if as_json:
        say_json({"keys": rows})
        return
    say_table(
        ("Key id", "Access key", "User", "Made (UTC)", "State"),
        [
            (row["key_id"], row["access_key"], row["user_email"], row["created_on"], _state(row))
            for row in rows
        ],
    )


def _state(row: Mapping[str, str | None]) -> str:
    if row["revoked_on"]:
        return f"revoked {row['revoked_on']}"
    until = row["old_secret_until"]
    return f"active, old secret until {until}" if until else "active"


def _seconds(at_ms: int | None) -> str | None:
    return format_seconds(at_ms) if at_ms else None


@keys.command()
@click.argument("key_id")
@click.option(
    "--old-works-hours",
    type=click.IntRange(0, _OLD_WORKS_HOURS_MAX),
    default=24,
    show_default=True,
    help="How long the old secret stays valid; 0 ends it now.",
)
@data_folder
@config_file
@as_json
@reports_errors
def rotate(
    key_id: str, old_works_hours: int, data: Path | None, config_file: Path | None, *, as_json: bool
) -> None:
    """Give the pair KEY_ID a new secret key and print it once. The access key stays.

    The old secret stays valid for a time, so that clients can change over. At most two secrets are
    valid: another rotation ends the older one at once.
    """

    def show(secret_key: str) -> None:
        if as_json:
            say_json({"key_id": key_id, "secret_key": secret_key})
            return
        until = f"for {old_works_hours} hours" if old_works_hours else "no longer"
        advice = f"Keep it: it is shown only once. The old secret works {until}."
        say(f"key_id      {key_id}\nsecret_key  {secret_key}\n\n{advice}")

    with access_store(data, config_file) as store:
        store.rotate_key(
            key_id, by=command_line(), old_works_ms=old_works_hours * _HOUR_MS, show=show
        )


@keys.command()
@click.argument("key_id")
@data_folder
@config_file
@as_json
@reports_errors
def revoke(key_id: str, data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Revoke the pair KEY_ID. A running server refuses it within a second."""
    with access_store(data, config_file) as store:
        store.revoke_key(key_id, by=command_line())
    if as_json:
        say_json({"revoked": key_id})
    else:
        say_line(f"Revoked {key_id}.")


def _show_pair(pair: KeyPair, *, as_json: bool) -> None:
    if as_json:
        say_json(msgspec.structs.asdict(pair))
        return
    lines = [f"{name:<10}  {value}" for name, value in msgspec.structs.asdict(pair).items()]
    say("\n".join([*lines, "", "Keep these: they are shown only once."]))
