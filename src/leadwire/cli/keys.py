"""``leadwire keys``: create, list, rotate, retire and revoke key pairs. A server may be running."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from leadwire.access.change import Change
from leadwire.access.key_pairs import (
    PairDraft,
    account_of_key,
    create_pair,
    replace_async_key,
    retire_secret,
    revoke_pair,
    rotate_pair,
)
from leadwire.access.keys import KeyInfo
from leadwire.access.roles import ADMINISTRATOR
from leadwire.access.store import AccessStore
from leadwire.cli.doer import command_line
from leadwire.cli.options import (
    access_store,
    account,
    account_id_of,
    as_json,
    config_file,
    data_folder,
)
from leadwire.cli.printing import say_json, say_line, say_once, say_table
from leadwire.clock import SystemClock
from leadwire.dates import DAY_MS, HOUR_MS, format_seconds
from leadwire.errors import SetupError

_HOURS_MAX: Final = 24 * 366
_DAYS_MAX: Final = 3_660


@click.group()
def keys() -> None:
    """Create, list, rotate, retire and revoke key pairs."""


@keys.command()
@data_folder
@config_file
@account
@click.option("--user", "user_email", help="Address of the user. Default: the first administrator.")
@click.option("--name", default="", help="What uses the pair. Default: the user's address.")
@click.option(
    "--days",
    type=click.IntRange(1, _DAYS_MAX),
    help="The pair ends after this many days. Default: never.",
)
@as_json
def create(  # noqa: PLR0913  # each is an option
    data: Path | None,
    config_file: Path | None,
    *,
    account_name: str,
    user_email: str | None,
    name: str,
    days: int | None,
    as_json: bool,
) -> None:
    """Create a key pair and print it once."""
    with access_store(data, config_file) as store:
        account_id = account_id_of(store, account_name)
        user_id, email = _user(store, account_id, user_email)
        ends_on_ms = SystemClock().now_ms() + days * DAY_MS if days else None
        draft = PairDraft(user_id, name or email, ends_on_ms)

        def make(change: Change) -> None:
            pair = create_pair(change, account_id, draft)
            say_once(msgspec.structs.asdict(pair), as_json=as_json)

        store.change(command_line(), make)


@keys.command("async")
@data_folder
@config_file
@account
@as_json
def create_async(
    data: Path | None, config_file: Path | None, account_name: str, *, as_json: bool
) -> None:
    """Create the account's async key and print it once. The old one stops working."""

    def show(key: str) -> None:
        say_once({"async_key": key}, as_json=as_json, advice="Send it as the header x-api-key.")

    with access_store(data, config_file) as store:
        account_id = account_id_of(store, account_name)
        store.change(command_line(), lambda change: show(replace_async_key(change, account_id)))


@keys.command("list")
@data_folder
@config_file
@as_json
def list_keys(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """List every pair: its id, name, owner, last use and state."""
    with access_store(data, config_file) as store:
        infos = [info for account_id in store.account_ids() for info in store.key_pairs(account_id)]
    if as_json:
        say_json({"keys": [_row(info) for info in infos]})
        return
    say_table(
        ("Key id", "Name", "Access key", "User", "Last used (UTC)", "State"),
        [
            (
                info.key_id,
                info.name,
                info.access_key_hint,
                info.user_email,
                _seconds(info.used_on_ms) or "never",
                _state(info),
            )
            for info in infos
        ],
    )


def _row(info: KeyInfo) -> dict[str, Any]:
    return {
        "key_id": info.key_id,
        "name": info.name,
        "access_key": info.access_key_hint,
        "user_email": info.user_email,
        "created_on": _seconds(info.created_on_ms),
        "ends_on": _seconds(info.ends_on_ms),
        "revoked_on": _seconds(info.revoked_on_ms),
        "secrets": [
            {
                "is_old": secret.is_old,
                "created_on": _seconds(secret.created_on_ms),
                "used_on": _seconds(secret.used_on_ms),
                "ends_on": _seconds(secret.ends_on_ms),
            }
            for secret in info.secrets
        ],
    }


def _state(info: KeyInfo) -> str:
    if info.revoked_on_ms:
        return f"revoked {format_seconds(info.revoked_on_ms)}"
    if not info.is_live(SystemClock().now_ms()):
        return f"ended {_seconds(info.ends_on_ms)}"
    state = f"active until {format_seconds(info.ends_on_ms)}" if info.ends_on_ms else "active"
    if (old := info.old_secret) is not None:
        until = format_seconds(old.ends_on_ms) if old.ends_on_ms else "retired"
        used = f"last used {_seconds(old.used_on_ms) or 'never'}"
        state += f", old secret until {until}, {used}"
    return state


def _seconds(at_ms: int | None) -> str | None:
    return format_seconds(at_ms) if at_ms else None


@keys.command()
@click.argument("key_id")
@click.option(
    "--old-works-hours",
    type=click.IntRange(0, _HOURS_MAX),
    help="How long the old secret stays valid; 0 ends it now. Default: until it is retired.",
)
@data_folder
@config_file
@as_json
def rotate(
    key_id: str,
    old_works_hours: int | None,
    data: Path | None,
    config_file: Path | None,
    *,
    as_json: bool,
) -> None:
    """Give the pair KEY_ID a new secret key and print it once. The access key stays.

    The old secret stays valid, so that clients can change over. 'leadwire keys list' says when it
    was last used, and 'leadwire keys retire' ends it. At most two secrets are valid: another
    rotation ends the older one at once.
    """

    def show(secret_key: str) -> None:
        until = "no longer"
        if old_works_hours is None:
            until = f"until 'leadwire keys retire {key_id}'"
        elif old_works_hours:
            until = f"for {old_works_hours} hours"
        made = {"key_id": key_id, "secret_key": secret_key}
        say_once(made, as_json=as_json, advice=f"The old secret works {until}.")

    old_works_ms = None if old_works_hours is None else old_works_hours * HOUR_MS
    _change(
        data,
        config_file,
        key_id,
        lambda change, account_id: show(
            rotate_pair(change, account_id, key_id, old_works_ms=old_works_ms)
        ),
    )


@keys.command()
@click.argument("key_id")
@data_folder
@config_file
@as_json
def retire(key_id: str, data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """End the old secret of the rotated pair KEY_ID.

    A running server refuses it within a second.
    """
    _change(
        data, config_file, key_id, lambda change, account: retire_secret(change, account, key_id)
    )
    if as_json:
        say_json({"retired": key_id})
    else:
        say_line(f"The old secret of {key_id} is retired.")


@keys.command()
@click.argument("key_id")
@data_folder
@config_file
@as_json
def revoke(key_id: str, data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Revoke the pair KEY_ID. A running server refuses it within a second."""
    _change(data, config_file, key_id, lambda change, account: revoke_pair(change, account, key_id))
    if as_json:
        say_json({"revoked": key_id})
    else:
        say_line(f"Revoked {key_id}.")


def _change(
    data: Path | None, config_file: Path | None, key_id: str, work: Callable[[Change, str], None]
) -> None:
    """Run *work* on the pair's account. Raises SetupError for an unknown pair."""
    with access_store(data, config_file) as store:
        store.change(
            command_line(),
            lambda change: work(change, account_of_key(change.connection, key_id)),
        )


def _user(store: AccessStore, account_id: str, email: str | None) -> tuple[str, str]:
    """Id and address of an active user: with that address, or the first administrator."""
    for user in store.users(account_id):
        wanted = user.role == ADMINISTRATOR if email is None else user.email == email.lower()
        if wanted and user.is_active:
            return user.user_id, user.email
    who = f"the address {email}" if email else "an administrator's role"
    raise SetupError(
        f"There is no active user with {who} in this account. List users with "
        "'leadwire users list'."
    )
