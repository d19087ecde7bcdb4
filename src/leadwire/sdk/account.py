"""The account of a client: its keys and host, from the arguments, a profile or the environment."""

import os
from typing import NamedTuple

from leadwire.sdk.errors import KeysMissing, Misuse
from leadwire.sdk.hosts import HOST_VARIABLE
from leadwire.sdk.keys import (
    ACCESS_KEY_VARIABLE,
    ASYNC_KEY_VARIABLE,
    SECRET_KEY_VARIABLE,
    KeyPair,
    KeysIn,
)
from leadwire.sdk.profiles import PROFILE_VARIABLE, Profile, find_profile


class Account(NamedTuple):
    """*host* as it was given; empty if nothing names one."""

    keys: KeyPair
    host: str


def account_of(
    *,
    host: str | None,
    profile: str | None,
    access_key: str | None,
    secret_key: str | None,
    async_key: str | None,
    keys_in: KeysIn,
) -> Account | Misuse:
    """The account that the arguments name; or the error, if they are unusable.

    Both keys come from one place, so halves of two accounts are never mixed: from the arguments,
    else from *profile* or the profile in LEADWIRE_PROFILE, else from the environment. Host and
    async key come from the arguments, else from that profile, else from the environment.

    The error is returned, not raised: a traceback from here would hold the keys.
    """
    given = Profile(
        host=host or "",
        access_key=access_key or "",
        secret_key=secret_key or "",
        async_key=async_key or "",
    )
    fault = _type_fault(given, profile, keys_in)
    if fault:
        return Misuse(fault)
    is_given = bool(given.access_key or given.secret_key)
    if profile and is_given:
        return Misuse("Pass profile=, or access_key= and secret_key=, not both.")
    name = profile or ("" if is_given else os.environ.get(PROFILE_VARIABLE, ""))
    found = find_profile(name) if name else environment_profile()
    if isinstance(found, Misuse):
        return found
    pair = given if is_given else found
    keys = KeyPair.of(
        pair.access_key, pair.secret_key, given.async_key or found.async_key, keys_in=keys_in
    )
    if isinstance(keys, KeysMissing) and name:
        return KeysMissing(f"The profile [{name}] needs access_key and secret_key.")
    if isinstance(keys, Misuse):
        return keys
    return Account(keys, (given.host or found.host).strip())


def environment_profile() -> Profile:
    """Keys and host in the environment; empty if it has none."""
    return Profile(
        host=os.environ.get(HOST_VARIABLE, ""),
        access_key=os.environ.get(ACCESS_KEY_VARIABLE, ""),
        secret_key=os.environ.get(SECRET_KEY_VARIABLE, ""),
        async_key=os.environ.get(ASYNC_KEY_VARIABLE, ""),
    )


def _type_fault(given: Profile, profile: object, keys_in: object) -> str:
    for name in Profile.__struct_fields__:
        if not isinstance(getattr(given, name), str):
            return f"{name} must be text."
    if not (profile is None or isinstance(profile, str)):
        return "profile must be the name of a profile."
    if keys_in not in ("header", "query"):
        return "keys_in must be 'header' or 'query'."
    return ""
