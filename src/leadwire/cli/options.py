"""Options shared by several commands, made from the settings table."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, get_args, get_origin

import click
from pydantic import SecretStr

from leadwire.cli.reporting import (
    EXIT_FAILED,
    as_json,
    config_file,
    data_folder,
    misused,
    output_file,
)
from leadwire.clock import SystemClock, SystemIds
from leadwire.errors import SetupError
from leadwire.settings import Settings
from leadwire.settings_sources import (
    LoadedSettings,
    SettingsInvalid,
    load_settings,
)

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from leadwire.access.store import AccessStore

__all__ = [
    "EXIT_FAILED",
    "access_store",
    "account",
    "account_id_of",
    "account_option",
    "as_json",
    "check_address",
    "config_file",
    "data_folder",
    "every_setting",
    "load",
    "output_file",
]

_ADDRESS: Final = re.compile(r"[^@\s]+@[^@\s]+")
F = TypeVar("F", bound=Callable[..., Any])


def account_option(otherwise: str) -> Callable[[F], F]:
    """The option that names an account. *otherwise* says what happens without it."""
    return click.option(
        "--account",
        "account_name",
        default="",
        metavar="ACCOUNT",
        help=f"Number, id or name of the account. {otherwise}",
    )


account = account_option("Needed if there are several.")


def check_address(email: str, option: str) -> None:
    """Raise a usage error if *email* cannot be an e-mail address."""
    if not _ADDRESS.fullmatch(email):
        raise misused(f"'{email}' is not an e-mail address.", option)


def every_setting(command: F) -> F:
    """Add an option for each setting, in the table's order."""
    for name, field in reversed(Settings.model_fields.items()):
        if field.annotation is SecretStr:
            continue  # every process of the machine can read a command line
        extra = field.json_schema_extra
        unit = extra.get("unit") if isinstance(extra, dict) else ""
        parts = [field.description or "", f"[{unit}]" if unit else ""]
        parts.append(f"(default: {field.default})" if field.default not in (None, "") else "")
        option = click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=_type_of(field.annotation),
            help=" ".join(part for part in parts if part),
            multiple=name in _REPEATED,
            callback=_joined if name in _REPEATED else None,
        )
        command = option(command)
    return command


_REPEATED = frozenset({"upstream"})
"""Lists whose option may be given several times."""


def _joined(_context: click.Context, _option: click.Parameter, values: tuple[str, ...]) -> Any:  # noqa: ANN401  # text, or None for an option that was not given
    return ",".join(values) or None


def load(flags: dict[str, object], config_path: Path | None = None) -> LoadedSettings:
    """The settings. Raises a usage error (exit code 2) for an invalid option, else SetupError."""
    try:
        return load_settings(flags, file=config_path)
    except SettingsInvalid as error:
        if error.by_flag:
            raise misused(str(error)) from None
        raise


def access_store(
    data: Path | None, config_path: Path | None
) -> "AbstractContextManager[AccessStore]":
    """The accounts, users and keys of the data folder. Raises SetupError if there are none."""
    from leadwire.data_folder.making import opened_access  # noqa: PLC0415  # SQLAlchemy loads slowly
    from leadwire.database.places import place_of  # noqa: PLC0415

    place = place_of(load({"data": data}, config_path).settings)
    return opened_access(place, clock=SystemClock(), ids=SystemIds())


def account_id_of(store: "AccessStore", named: str) -> str:
    """The account with that number, id or name; the only one if *named* is empty.

    Raises SetupError if none or several match.
    """
    accounts = store.accounts()
    found = [
        account
        for account in accounts
        if not named or named in (str(account.number), account.account_id, account.name)
    ]
    if len(found) == 1:
        return found[0].account_id
    known = ", ".join(f"{account.number} ({account.name})" for account in accounts)
    if not accounts:
        raise SetupError("This data folder has no account. Run 'leadwire init'.")
    if not named:
        raise SetupError(f"There are several accounts: {known}. Choose one with --account.")
    raise SetupError(f"The account '{named}' is not one of these: {known}.")


def _type_of(annotation: Any) -> Any:  # noqa: ANN401  # a type, or a click type
    if get_origin(annotation) is Literal:
        return click.Choice([str(value) for value in get_args(annotation)])
    if annotation in (bool, int, str):
        return annotation
    return click.Path(path_type=Path)
