"""Keys and host for commands that call an API: from a profile, the environment or a prompt.

No option takes a key, because every process of a machine can read command lines.
"""

import os
import re
import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click
import msgspec

from leadwire.cli.printing import say, say_json, say_table
from leadwire.cli.reporting import as_json, misused, reports_errors
from leadwire.operations.plans import PLANS
from leadwire.sdk import Client
from leadwire.sdk.account import environment_profile
from leadwire.sdk.errors import KeysMissing, Misuse
from leadwire.sdk.hosts import HOST_VARIABLE, origin_of
from leadwire.sdk.keys import ACCESS_KEY_VARIABLE, SECRET_KEY_VARIABLE
from leadwire.sdk.profiles import (
    PROFILE_VARIABLE,
    hosts_by_profile,
    profiles_path,
)

F = TypeVar("F", bound=Callable[..., Any])

KEYS_HELP: Final = (
    f"Keys come from --profile, else from {ACCESS_KEY_VARIABLE} and {SECRET_KEY_VARIABLE}, else "
    "from a prompt on a terminal. No option takes them, because everybody on the machine can "
    "read a command line. A profile is a table in ~/.config/leadwire/profiles.toml with host, "
    "access_key and secret_key. Only its owner may read the file; 'leadwire profiles add' "
    "writes it. LEADWIRE_LOG=integration:calls.jsonl logs every call."
)
_PROFILE_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")


@click.group()
def profiles() -> None:
    """Manage named hosts and keys for commands that call an API."""


@profiles.command("list")
@as_json
@reports_errors
def list_profiles(*, as_json: bool) -> None:
    """List every profile with its host. Prints no keys."""
    path = profiles_path()
    rows = list(hosts_by_profile(path).items()) if path.exists() else []
    if as_json:
        say_json({"profiles": [{"name": name, "host": host} for name, host in rows]})
    else:
        say_table(("Profile", "Host"), rows)


@profiles.command()
@click.argument("name")
@click.option("--host", help="A region's host name, or the URL of a leadwire server.")
@reports_errors
def add(name: str, host: str | None) -> None:
    """Add the profile NAME to profiles.toml. Only the file's owner may read it.

    Asks for keys on a terminal. Elsewhere takes them from the environment.
    """
    if not _PROFILE_NAME.fullmatch(name):
        raise misused("takes letters, digits, - and _", "NAME")
    _check_host(host)
    path = profiles_path()
    if path.exists() and name in hosts_by_profile(path):
        raise Misuse(f"{path} already has a profile [{name}]. Change it there.")
    access_key, secret_key = _asked_keys()
    values = {"host": host, "access_key": access_key, "secret_key": secret_key}
    lines = [f"{member} = {msgspec.json.encode(text).decode()}" for member, text in values.items()
             if text]  # fmt: skip
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join((f"[{name}]", *lines, "", "")))
    say(f"Added [{name}] to {path}. Use it with --profile {name}.")


def _check_host(host: str | None) -> None:
    if host is not None:
        try:
            origin_of(host)
        except Misuse as error:
            raise misused(str(error), "--host") from None


def client_options(command: F) -> F:
    """Add the options that ``make_client`` uses to find the API."""
    for option in reversed(
        (
            click.option(
                "--host",
                help=f"A region's host name, or the URL of a leadwire server. [{HOST_VARIABLE}]",
            ),
            click.option("--profile", help=f"Profile with host and keys. [{PROFILE_VARIABLE}]"),
            click.option(
                "--pace",
                type=click.Choice(list(PLANS)),
                help="Keep to this plan's rate. Default: learn the limit from a refusal.",
            ),
        )
    ):
        command = option(command)
    return command


def make_client(host: str | None, profile: str | None, pace: str | None) -> Client:
    """A client with the keys found; asks for missing ones on a terminal. Raises an SdkError."""
    _check_host(host)
    if profile or os.environ.get(PROFILE_VARIABLE) or not sys.stdin.isatty():
        return Client(host=host, profile=profile, pace=pace)
    access_key, secret_key = _asked_keys()
    return Client(host=host, pace=pace, access_key=access_key, secret_key=secret_key)


def _asked_keys() -> tuple[str, str]:
    """The pair in the environment. On a terminal, a prompt asks for a missing key.

    Elsewhere raises KeysMissing.
    """
    found = environment_profile()
    if not sys.stdin.isatty() and not (found.access_key and found.secret_key):
        raise KeysMissing(f"Set {ACCESS_KEY_VARIABLE} and {SECRET_KEY_VARIABLE}.")
    return (
        found.access_key or click.prompt("Access key", hide_input=True, err=True),
        found.secret_key or click.prompt("Secret key", hide_input=True, err=True),
    )
