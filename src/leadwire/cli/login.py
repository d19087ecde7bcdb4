"""``leadwire login`` and ``logout``: save a host with its keys as a profile, and remove it."""

import os
import re
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import click
import msgspec

from leadwire.cli.clients import (
    DEFAULT_PROFILE,
    api_host_option,
    ask_secret,
    check_host,
    profile_option,
)
from leadwire.cli.printing import say, say_json
from leadwire.cli.reporting import as_json, misused
from leadwire.disk import whole_file
from leadwire.sdk import Client
from leadwire.sdk.account import environment_profile
from leadwire.sdk.errors import Misuse
from leadwire.sdk.hosts import is_leadsquared, origin_of, reported_origin
from leadwire.sdk.profiles import PROFILE_VARIABLE, Profile, hosts_by_profile, profiles_path

_NAME: Final = re.compile(r"[A-Za-z0-9_-]+", re.ASCII)
_TABLE: Final = re.compile(r"[ \t]*\[[ \t]*([A-Za-z0-9_-]+)[ \t]*\]", re.ASCII)
_INPUT_BYTES_MAX: Final = 65_536
_CHECK_SECONDS: Final = 20.0


class _Given(msgspec.Struct, frozen=True, kw_only=True):
    """What ``--from-stdin`` reads. Other members are ignored, such as those of ``keys create``."""

    access_key: str
    secret_key: str
    host: str = ""

    def __repr__(self) -> str:
        return "_Given(…)"


@click.command()
@profile_option
@api_host_option
@click.option(
    "--from-stdin",
    is_flag=True,
    help="Read a JSON object with access_key, secret_key and perhaps host from standard input.",
)
@click.option("--no-check", is_flag=True, help="Check nothing first. The keys may be wrong.")
@as_json
def login(
    *, profile: str | None, api_host: str | None, from_stdin: bool, no_check: bool, as_json: bool
) -> None:
    """Save a host and its keys as a profile.

    Asks for host and keys, shows no key, and calls UserByAccessKey.Get once to try them. The
    profile is a table in ~/.config/leadwire/profiles.toml, which only its owner may read. A
    profile of that name is replaced. Without --profile it is 'default', which the other commands
    use if nothing else gives keys.
    """
    name = _checked_name(profile)
    check_host(api_host)
    if not from_stdin and not sys.stdin.isatty():
        raise misused("There is no terminal to ask on. Give --from-stdin.")
    found = _read(api_host) if from_stdin else _ask(api_host)
    user = _tried(found, by_call=not no_check)
    path = profiles_path()
    _change(path, name, found)
    if as_json:
        say_json({"profile": name, "host": found.host, "user": user or None, "path": str(path)})
        return
    who = f" as {user}" if user else ""
    option = "" if name == DEFAULT_PROFILE else f" Use it with --profile {name}."
    say(f"Logged in to {found.host}{who}. Saved as [{name}] in {path}.{option}")


@click.command()
@profile_option
@as_json
def logout(*, profile: str | None, as_json: bool) -> None:
    """Remove a profile with its keys. The keys stay valid: 'leadwire keys revoke' ends them."""
    name = _checked_name(profile)
    path = profiles_path()
    if not path.exists() or name not in hosts_by_profile(path):
        raise Misuse(f"{path} has no profile [{name}].")
    _change(path, name, None)
    if as_json:
        say_json({"profile": name, "path": str(path)})
    else:
        say(f"Removed [{name}] from {path}.")


def _checked_name(profile: str | None) -> str:
    name = profile or os.environ.get(PROFILE_VARIABLE) or DEFAULT_PROFILE
    if not _NAME.fullmatch(name):
        raise misused("takes letters, digits, - and _", "--profile")
    return name


def _ask(host: str | None) -> Profile:
    host = host or environment_profile().host
    if not host:
        host = click.prompt("Host (a region, or http://… of a leadwire server)", err=True)
    return _profile(host, ask_secret("Access key"), ask_secret("Secret key"))


def _read(host: str | None) -> Profile:
    text = sys.stdin.buffer.read(_INPUT_BYTES_MAX)
    given = _decoded(text)
    if given is None:
        del text  # it may be keys in another form
        raise misused('Standard input must be JSON like {"access_key": "…", "secret_key": "…"}.')
    host = host or given.host or environment_profile().host
    if not host:
        raise misused("Name the host.", "--api-host")
    return _profile(host, given.access_key, given.secret_key)


def _decoded(text: bytes) -> _Given | None:
    try:
        return msgspec.json.decode(text, type=_Given)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _profile(host: str, access_key: str, secret_key: str) -> Profile:
    return Profile(
        host=str(origin_of(host)), access_key=access_key.strip(), secret_key=secret_key.strip()
    )


def _tried(profile: Profile, *, by_call: bool) -> str:
    """The user whose keys these are, if the API is called. Raises an SdkError for wrong keys."""
    with Client(
        host=profile.host,
        access_key=profile.access_key,
        secret_key=profile.secret_key,
        retries=0,
        timeout=_CHECK_SECONDS,
    ) as client:
        user = client.users.me() if by_call else None
    if user is None:
        return ""
    if other := other_region(profile.host, user):
        raise Misuse(f"These keys work on {other} alone: give that host. Nothing was saved.")
    return user.login or user.name or ""


def other_region(host: str, user: Mapping[str, Any]) -> str:
    """The host of the account's region, if *host* is another region's: each answers this call."""
    urls = user.get("LSQCommonServiceURLs")
    told = reported_origin(urls.get("api")) if isinstance(urls, Mapping) else None
    here = origin_of(host).host
    return told.host if told and is_leadsquared(here) and told.host != here else ""


def _change(path: Path, name: str, profile: Profile | None) -> None:
    """Replace or remove the table *name*. The rest of the file stays as it is."""
    before = ""
    if path.exists():
        hosts_by_profile(path)  # raises Misuse if others may read it, or if it is not TOML
        before = path.read_text()
    text = _without(before, name)
    if profile is not None:
        text = f"{text}\n[{name}]\n".lstrip("\n")
        for member, value in msgspec.structs.asdict(profile).items():
            if value:
                text += f"{member} = {msgspec.json.encode(value).decode()}\n"
    _check_change(before, text, name, path)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with whole_file(path) as file:
        file.write(text.encode())


def _without(text: str, name: str) -> str:
    """*text* without the table *name*. Comments above the next table stay."""
    kept: list[str] = []
    remarks: list[str] = []
    is_left_out = False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            found = _TABLE.match(line)
            is_left_out = found is not None and found[1] == name
            kept += remarks
            remarks = []
        if not is_left_out:
            kept.append(line)
        elif not line.strip() or line.lstrip().startswith("#"):
            remarks.append(line)
        else:
            remarks = []
    return "".join(kept + remarks).strip("\n") + "\n"


def _check_change(before: str, after: str, name: str, path: Path) -> None:
    """Raise Misuse if *after* differs from *before* in another table than *name*."""
    try:
        changed = _others(after, name) != _others(before, name)
    except tomllib.TOMLDecodeError:
        changed = True
    if changed:
        raise Misuse(f"Cannot change [{name}] in {path}. Change it with an editor.")


def _others(text: str, name: str) -> Mapping[str, object]:
    return {table: members for table, members in tomllib.loads(text).items() if table != name}
