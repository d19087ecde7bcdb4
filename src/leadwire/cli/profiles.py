"""Keys and host for the commands that call an API: from a profile, the environment or a prompt.

No option takes a key: every process of a machine can read the command lines of the others.
"""

import os
import stat
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from leadwire.access.plans import PLANS
from leadwire.sdk import Client
from leadwire.sdk.errors import Misuse
from leadwire.sdk.hosts import HOST_VARIABLE
from leadwire.sdk.keys import ACCESS_KEY_VARIABLE, SECRET_KEY_VARIABLE

F = TypeVar("F", bound=Callable[..., Any])

PROFILE_VARIABLE: Final = "LEADWIRE_PROFILE"
KEYS_HELP: Final = (
    f"Keys are taken from the --profile, else from {ACCESS_KEY_VARIABLE} and "
    f"{SECRET_KEY_VARIABLE}, else asked for at the terminal. No option takes them: a command line "
    "can be read by everybody on the machine. A profile is a table of the file "
    "~/.config/leadwire/profiles.toml, which must be readable by its owner alone, with host, "
    "access_key and secret_key. LEADWIRE_LOG=integration:calls.jsonl keeps a log of every call."
)
_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO
_MEMBERS: Final = {"host", "access_key", "secret_key"}


def client_options(command: F) -> F:
    """Add the options by which ``make_client`` finds the API."""
    for option in reversed(
        (
            click.option(
                "--host",
                help=f"A region's host name, or the URL of a leadwire server. [{HOST_VARIABLE}]",
            ),
            click.option("--profile", help=f"Profile with host and keys. [{PROFILE_VARIABLE}]"),
            click.option(
                "--plan",
                type=click.Choice(list(PLANS)),
                help="Keep to the rate of this plan; else a limit is learnt from a refusal.",
            ),
        )
    ):
        command = option(command)
    return command


def make_client(host: str | None, profile: str | None, plan: str | None) -> Client:
    """A client with the keys that were found. Raises an SdkError when there are none."""
    name = profile or os.environ.get(PROFILE_VARIABLE, "")
    # A pair comes from one place: two halves of different accounts are never sent anywhere.
    found = read_profile(name, _profiles_path()) if name else _environment()
    access_key, secret_key = found.get("access_key"), found.get("secret_key")
    if sys.stdin.isatty():
        access_key = access_key or click.prompt("Access key", hide_input=True, err=True)
        secret_key = secret_key or click.prompt("Secret key", hide_input=True, err=True)
    if name and not (access_key and secret_key):
        raise Misuse(f"The profile [{name}] has no access_key and secret_key.")
    return Client(
        host=host or found.get("host"), access_key=access_key, secret_key=secret_key, pace=plan
    )


def read_profile(name: str, path: Path) -> Mapping[str, str]:
    """The profile *name* of the file *path*.

    Raises Misuse, without repeating what the file holds, when there is none or others may read it.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                raise Misuse(f"{path} holds keys and others may read it: run chmod 600 {path}.")
            profiles = tomllib.load(file)
    except FileNotFoundError:
        raise Misuse(f"There is no file {path} with profiles.") from None
    except OSError as error:
        raise Misuse(f"{path} cannot be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        raise Misuse(f"{path} is not valid TOML.") from None
    profile = profiles.get(name)
    if not isinstance(profile, dict):
        raise Misuse(f"{path} has no profile [{name}].")
    if profile.keys() - _MEMBERS or not all(isinstance(v, str) for v in profile.values()):
        raise Misuse(f"The profile [{name}] of {path} takes {', '.join(sorted(_MEMBERS))} as text.")
    return profile


def _environment() -> Mapping[str, str]:
    names = {"access_key": ACCESS_KEY_VARIABLE, "secret_key": SECRET_KEY_VARIABLE}
    return {member: os.environ.get(variable, "") for member, variable in names.items()}


def _profiles_path() -> Path:
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(folder) if folder else Path.home() / ".config") / "leadwire" / "profiles.toml"
