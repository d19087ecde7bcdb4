"""Profiles: named hosts and keys in ``~/.config/leadwire/profiles.toml``.

A profile is a table with ``host``, ``access_key``, ``secret_key`` and ``async_key``, each text and
optional. Only the file's owner may read it.
"""

import os
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import msgspec

from leadwire.sdk.errors import Misuse

PROFILE_VARIABLE: Final = "LEADWIRE_PROFILE"

_OTHERS: Final = stat.S_IRWXG | stat.S_IRWXO


class Profile(msgspec.Struct, frozen=True, kw_only=True):
    """The members of one profile; empty if the file does not have them."""

    host: str = ""
    access_key: str = ""
    secret_key: str = ""
    async_key: str = ""

    def __repr__(self) -> str:
        return f"Profile(host={self.host!r}, …)"


MEMBERS: Final = Profile.__struct_fields__


def profiles_path() -> Path:
    """The profiles file of this user."""
    folder = os.environ.get("XDG_CONFIG_HOME", "")
    return (Path(folder) if folder else Path.home() / ".config") / "leadwire" / "profiles.toml"


def hosts_by_profile(path: Path) -> dict[str, str]:
    """The host of every profile in the file *path*, empty if it has none. Raises Misuse."""
    tables = _tables(path)
    if isinstance(tables, Misuse):
        raise tables
    return {
        name: str(table.get("host", "")) if isinstance(table, dict) else ""
        for name, table in tables.items()
    }


def find_profile(name: str, path: Path | None = None) -> Profile | Misuse:
    """The profile *name* in the file *path*; by default in this user's file.

    Misuse if it is missing or invalid, or if others may read the file. The error is returned, not
    raised: a traceback from here would hold the keys.
    """
    path = path or profiles_path()
    tables = _tables(path)
    if isinstance(tables, Misuse):
        return tables
    table = tables.get(name)
    if table is None:
        return Misuse(f"{path} has no profile [{name}].")
    if not _is_profile(table):
        return Misuse(
            f"The profile [{name}] of {path} allows only {', '.join(MEMBERS)}, each as text."
        )
    return Profile(**table)


def _is_profile(table: Any) -> bool:  # noqa: ANN401  # any TOML
    return (
        isinstance(table, Mapping)
        and not table.keys() - set(MEMBERS)
        and all(isinstance(value, str) for value in table.values())
    )


def _tables(path: Path) -> dict[str, Any] | Misuse:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & _OTHERS:
                return Misuse(f"{path} holds keys, but others may read it. Run chmod 600 {path}.")
            return tomllib.load(file)
    except FileNotFoundError:
        return Misuse(f"There is no profiles file {path}. Make it with 'leadwire login'.")
    except OSError as error:
        return Misuse(f"Cannot read {path}: {error.strerror}.")
    except (tomllib.TOMLDecodeError, UnicodeDecodeError):
        return Misuse(f"{path} is not valid TOML.")
