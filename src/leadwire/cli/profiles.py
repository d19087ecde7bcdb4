"""Keys and host for commands that call an API: from a profile, the environment or a prompt.

No option takes a key, because every process of a machine can read command lines.
"""

import os
import re
import stat
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import click
import msgspec

from leadwire.cli.printing import say, say_json, say_table
from leadwire.cli.reporting import as_json, misused, reports_errors
from leadwire.operations.plans import PLANS
from leadwire.sdk import Client
from leadwire.sdk.errors import KeysMissing, Misuse
from leadwire.sdk.hosts import HOST_VARIABLE, origin_of
from leadwire.sdk.keys import ACCESS_KEY_VARIABLE, SECRET_KEY_VARIABLE

F = TypeVar("F", bound=Callable[..., Any])

PROFILE_VARIABLE: Final = "LEADWIRE_PROFILE"
KEYS_HELP: Final = (
    f"Keys come from --profile, else from {ACCESS_KEY_VARIABLE} and {SECRET_KEY_VARIABLE}, else "
    "from a prompt on a terminal. No option takes them, because everybody on the machine can "
    "read a command line. A profile is a table in ~/.config/leadwire/profiles.toml with host, "
    "access_key and secret_key. Only its owner may read the file; 'leadwire profiles add' "
    "writes it. LEADWIRE_LOG=integration:calls.jsonl logs every call."
)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_PROFILE_NAME: Final = re.compile(r"[A-Za-z0-9_-]+")
_MEMBERS: Final = {"host", "access_key", "secret_key"}


@click.group()
def profiles() -> None:
    """Manage named hosts and keys for commands that call an API."""


@profiles.command("list")
@as_json
@reports_errors
def list_profiles(*, as_json: bool) -> None:
    """List every profile with its host. Prints no keys."""
    path = _profiles_path()
    found = _read_profiles(path) if path.exists() else {}
    rows = [(name, str(table.get("host", ""))) for name, table in found.items()]
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
    path = _profiles_path()
    if path.exists() and name in _read_profiles(path):
        raise Misuse(f"{path} already has a profile [{name}]. Change it there.")
    values = {"host": host, **_asked(_environment())}
    lines = [f"{member} = {msgspec.json.encode(text).decode()}" for member, text in values.items()
             if text]  # fmt: skip
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write("\n".join((f"[{name}]", *lines, "", "")))
    say(f"Added [{name}] to {path}. Use it with --profile {name}.")


def _asked(keys: Mapping[str, str]) -> Mapping[str, str]:
    """*keys*, completed by prompts on a terminal. Elsewhere raises KeysMissing."""
    if sys.stdin.isatty():
        return {
            member: keys[member] or click.prompt(title, hide_input=True, err=True)
            for member, title in (("access_key", "Access key"), ("secret_key", "Secret key"))
        }
    if not all(keys.values()):
        raise KeysMissing(f"Set {ACCESS_KEY_VARIABLE} and {SECRET_KEY_VARIABLE}.")
    return keys


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
    """A client with the keys found. Raises an SdkError if there are none."""
    _check_host(host)
    name = profile or os.environ.get(PROFILE_VARIABLE, "")
    # Take both keys from one place, so that halves of two accounts are never mixed.
    found = read_profile(name, _profiles_path()) if name else _environment()
    access_key, secret_key = found.get("access_key"), found.get("secret_key")
    if sys.stdin.isatty():
        access_key = access_key or click.prompt("Access key", hide_input=True, err=True)
        secret_key = secret_key or click.prompt("Secret key", hide_input=True, err=True)
    if name and not (access_key and secret_key):
        raise Misuse(f"The profile [{name}] has no access_key and secret_key.")
    return Client(
        host=host or found.get("host"), access_key=access_key, secret_key=secret_key, pace=pace
    )


def read_profile(name: str, path: Path) -> Mapping[str, str]:
    """The profile *name* of the file *path*.

    Raises Misuse if it is missing or others may read it. The text repeats nothing from the file.
    """
    profile = _read_profiles(path).get(name)
    if not isinstance(profile, dict):
        raise Misuse(f"{path} has no profile [{name}].")
    if profile.keys() - _MEMBERS or not all(isinstance(v, str) for v in profile.values()):
        raise Misuse(
            f"The profile [{name}] of {path} allows only {', '.join(sorted(_MEMBERS))}, each as "
            "text."
        )
    return profile


def _read_profiles(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise Misuse(f"{path} holds keys, but others may read it. Run chmod 600 {path}.")
            return tomllib.load(file)
    except FileNotFoundError:
        raise Misuse(
            f"There is no profiles file {path}. Make it with 'leadwire profiles add'."
        ) from None
    except OSError as error:
        raise Misuse(f"Cannot read {path}: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Misuse(f"{path} is not valid TOML.") from None


def _environment() -> Mapping[str, str]:
    names = {"access_key": ACCESS_KEY_VARIABLE, "secret_key": SECRET_KEY_VARIABLE}
    return {member: os.environ.get(variable, "") for member, variable in names.items()}


def _profiles_path() -> Path:
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(folder) if folder else Path.home() / ".config") / "leadwire" / "profiles.toml"
