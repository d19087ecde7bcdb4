"""The options of commands that call an API, and the client that they make.

No option takes a key, because every process of a machine can read command lines.
"""

import os
import sys
from collections.abc import Callable
from typing import Any, Final, TypeVar

import click

from leadwire.cli import completion
from leadwire.cli.reporting import misused
from leadwire.operations.plans import PLANS
from leadwire.sdk import Client
from leadwire.sdk.account import environment_profile
from leadwire.sdk.errors import HostMissing, Misuse
from leadwire.sdk.hosts import HOST_VARIABLE, origin_of
from leadwire.sdk.keys import ACCESS_KEY_VARIABLE, SECRET_KEY_VARIABLE
from leadwire.sdk.profiles import PROFILE_VARIABLE, hosts_by_profile, profiles_path

F = TypeVar("F", bound=Callable[..., Any])

DEFAULT_PROFILE: Final = "default"
KEYS_HELP: Final = (
    f"Keys and host come from --profile, else from {ACCESS_KEY_VARIABLE}, {SECRET_KEY_VARIABLE} "
    f"and {HOST_VARIABLE}, else from the profile '{DEFAULT_PROFILE}', else from a prompt on a "
    "terminal. 'leadwire login' writes a profile. No option takes a key, because everybody on the "
    "machine can read a command line. LEADWIRE_LOG=integration:calls.jsonl logs every call."
)

profile_option = click.option(
    "--profile",
    shell_complete=completion.profiles,
    help=f"Name of a saved host with keys. [{PROFILE_VARIABLE}]",
)
api_host_option = click.option(
    "--api-host",
    metavar="HOST",
    help=f"A region's host name, or the URL of a leadwire server. [{HOST_VARIABLE}]",
)


def client_options(command: F) -> F:
    """Add the options that ``make_client`` uses to find the API."""
    pace = click.option(
        "--pace",
        type=click.Choice(list(PLANS)),
        help="Most calls that are sent in a time. A plan's rate. Default: learn it from a refusal.",
    )
    return api_host_option(profile_option(pace(command)))


def make_client(host: str | None, profile: str | None, pace: str | None) -> Client:
    """A client with the keys found; asks for missing ones on a terminal. Raises an SdkError."""
    check_host(host)
    found = environment_profile()
    if not (profile or os.environ.get(PROFILE_VARIABLE) or found.access_key or found.secret_key):
        path = profiles_path()
        has_default = path.exists() and DEFAULT_PROFILE in hosts_by_profile(path)
        profile = DEFAULT_PROFILE if has_default else None
    try:
        if profile or os.environ.get(PROFILE_VARIABLE) or not sys.stdin.isatty():
            return Client(host=host, profile=profile, pace=pace)
        return Client(
            host=host,
            pace=pace,
            access_key=found.access_key or ask_secret("Access key"),
            secret_key=found.secret_key or ask_secret("Secret key"),
        )
    except HostMissing:
        raise HostMissing(
            "No host to send the keys to. Pass --api-host with a region, such as mumbai, or the "
            f"URL of a leadwire server; or set {HOST_VARIABLE}; or use a profile with a host."
        ) from None


def check_host(host: str | None) -> None:
    """Raise a usage error if *host* cannot be one."""
    if host is not None:
        try:
            origin_of(host)
        except Misuse as error:
            raise misused(str(error), "--api-host") from None


def ask_secret(title: str) -> str:
    """Ask on the terminal. What is typed is not shown."""
    answer: str = click.prompt(title, hide_input=True, err=True)
    return answer
