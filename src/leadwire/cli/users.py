"""``leadwire users``: manage console users. A server may be running."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import click

from leadwire.access.change import Change
from leadwire.access.passwords import generate_password
from leadwire.access.roles import CONSOLE_ROLES, ConsoleRole, wire_role
from leadwire.access.store import AccessStore
from leadwire.access.users import KeptUser, UserDraft, insert_user, replace_password, update_user
from leadwire.cli.doer import command_line
from leadwire.cli.options import (
    access_store,
    account,
    account_id_of,
    as_json,
    check_address,
    config_file,
    data_folder,
)
from leadwire.cli.printing import say_json, say_line, say_once, say_table
from leadwire.clock import SystemIds
from leadwire.dates import format_seconds
from leadwire.errors import InputInvalid, SetupError, ValueDuplicate

_BODIES: Final = click.option(
    "--bodies/--no-bodies",
    default=None,
    help="Whether the user sees the bodies of calls. Default for a new user: only an "
    "administrator does.",
)


@click.group()
def users() -> None:
    """List, create and deactivate users, and reset passwords."""


@users.command("list")
@data_folder
@config_file
@as_json
def list_users(data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """List every user, oldest first."""
    with access_store(data, config_file) as store:
        found = [user for account in store.account_ids() for user in store.user_details(account)]
    rows = [
        {
            "user_id": user.user_id,
            "email": user.email,
            "name": user.name,
            "role": user.console_role,
            "may_see_bodies": user.may_see_bodies,
            "is_active": user.is_active,
            "created_on": format_seconds(user.created_on_ms),
        }
        for user in found
    ]
    if as_json:
        say_json({"users": rows})
        return
    say_table(
        ("Address", "Name", "Role", "Bodies", "Made (UTC)", "State"),
        [
            (
                user.email,
                user.name,
                user.console_role,
                "sees them" if user.may_see_bodies else "",
                format_seconds(user.created_on_ms),
                _state(user),
            )
            for user in found
        ],
    )


@users.command()
@click.argument("email")
@click.option("--first-name", default="", help="Name in the console. Default: the address.")
@click.option("--last-name", default="")
@click.option(
    "--role",
    type=click.Choice(CONSOLE_ROLES),
    default="administrator",
    show_default=True,
    help="An administrator may do everything, a developer also change keys, webhooks and lead "
    "fields, a viewer only read.",
)
@_BODIES
@account
@data_folder
@config_file
@as_json
def create(  # noqa: PLR0913  # each is an option
    email: str,
    first_name: str,
    last_name: str,
    role: ConsoleRole,
    *,
    bodies: bool | None,
    account_name: str,
    data: Path | None,
    config_file: Path | None,
    as_json: bool,
) -> None:
    """Create a user with the address EMAIL and print a console password once."""
    check_address(email, "EMAIL")
    password = generate_password(SystemIds())
    draft = UserDraft(
        email=email,
        first_name=first_name,
        last_name=last_name,
        role=wire_role(role),
        is_developer=role == "developer",
        may_see_bodies=bodies,
        password=password,
    )
    show = _shown(email, password, as_json=as_json)

    def make(change: Change) -> None:
        insert_user(change, account_id, draft)
        show()

    with access_store(data, config_file) as store:
        account_id = account_id_of(store, account_name)
        try:
            store.change(command_line(), make)
        except ValueDuplicate:
            raise SetupError(f"A user with the address {email} exists already.") from None


@users.command()
@click.argument("email")
@click.argument("role", type=click.Choice(CONSOLE_ROLES))
@_BODIES
@account
@data_folder
@config_file
@as_json
def role(  # noqa: PLR0913  # each is an option
    email: str,
    role: ConsoleRole,
    *,
    bodies: bool | None,
    account_name: str,
    data: Path | None,
    config_file: Path | None,
    as_json: bool,
) -> None:
    """Give the user EMAIL the role ROLE, at once.

    The last active administrator keeps the role.
    """
    with access_store(data, config_file) as store:
        _, user = _user(store, email, account_name)
        draft = UserDraft(
            role=wire_role(role, user.role),
            is_developer=role == "developer",
            may_see_bodies=bodies,
        )
        _change(store, email, account_name, draft)
    _say_state(email, role, as_json=as_json)


@users.command()
@click.argument("email")
@data_folder
@config_file
@as_json
def password(email: str, data: Path | None, config_file: Path | None, *, as_json: bool) -> None:
    """Give the user EMAIL a new password and print it once. Ends their sessions.

    It is the password for every account of the user.
    """
    new = generate_password(SystemIds())
    show = _shown(email, new, as_json=as_json)
    with access_store(data, config_file) as store:
        account_id, user = _user(store, email, "")

        def replace(change: Change) -> None:
            replace_password(change, account_id, user.user_id, new)
            show()

        store.change(command_line(), replace)
    if not user.is_active:
        say_line(
            f"{email} is inactive. Activate the user first with 'leadwire users activate'.",
            err=True,
        )


@users.command()
@click.argument("email")
@account
@data_folder
@config_file
@as_json
def deactivate(
    email: str, account_name: str, data: Path | None, config_file: Path | None, *, as_json: bool
) -> None:
    """Deactivate the user EMAIL: sessions end, and keys are refused.

    A running server follows within a second. The last active administrator cannot be deactivated.
    """
    with access_store(data, config_file) as store:
        _change(store, email, account_name, UserDraft(is_active=False))
    _say_state(email, "inactive", as_json=as_json)


@users.command()
@click.argument("email")
@account
@data_folder
@config_file
@as_json
def activate(
    email: str, account_name: str, data: Path | None, config_file: Path | None, *, as_json: bool
) -> None:
    """Activate the user EMAIL again, with the previous password and keys."""
    with access_store(data, config_file) as store:
        _change(store, email, account_name, UserDraft(is_active=True))
    _say_state(email, "active", as_json=as_json)


def _change(store: AccessStore, email: str, account_name: str, draft: UserDraft) -> None:
    account_id, user = _user(store, email, account_name)
    try:
        store.change(
            command_line(), lambda change: update_user(change, account_id, user.user_id, draft)
        )
    except InputInvalid:
        raise SetupError(
            f"{user.email} is the last active administrator. Create another one first with "
            "'leadwire users create'."
        ) from None


def _say_state(email: str, state: str, *, as_json: bool) -> None:
    if as_json:
        say_json({"email": email.lower(), "state": state})
    else:
        say_line(f"{email.lower()} is {state}.")


def _user(store: AccessStore, email: str, account_name: str) -> tuple[str, KeptUser]:
    """The user and the account's id. Raises SetupError for an unknown address.

    Without *account_name* the user's first account counts.
    """
    account_ids = [account_id_of(store, account_name)] if account_name else store.account_ids()
    for account_id in account_ids:
        for user in store.user_details(account_id):
            if user.email == email.lower():
                return account_id, user
    raise SetupError(
        f"There is no user with the address {email}. List users with 'leadwire users list'."
    )


def _state(user: KeptUser) -> str:
    return "active" if user.is_active else "inactive"


def _shown(email: str, password: str, *, as_json: bool) -> Callable[[], None]:
    def show() -> None:
        say_once({"email": email.lower(), "password": password}, as_json=as_json)

    return show
