"""Where the values of settings come from.

A value comes from the first of: command-line flag, ``LEADWIRE_<NAME>``, the TOML file
(``--config``, else ``leadwire.toml`` in the working folder), the default.
"""

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from pydantic import ValidationError
from pydantic_settings import EnvSettingsSource, InitSettingsSource, TomlConfigSettingsSource

from leadwire.errors import SetupError
from leadwire.setting import Changed
from leadwire.settings import ENVIRONMENT_PREFIX, Settings

FILE_NAME: Final = "leadwire.toml"


class SettingsInvalid(SetupError):
    """A setting's value, or a name in the settings file, is invalid. *by_flag*: from an option."""

    def __init__(self, message: str, *, by_flag: bool) -> None:
        super().__init__(message)
        self.by_flag = by_flag


class Origin(NamedTuple):
    """The source of a setting's value, for ``leadwire config show``."""

    value: object
    source: str


class LoadedSettings(NamedTuple):
    settings: Settings
    origins: dict[str, Origin]


def load_settings(flags: dict[str, object], *, file: Path | None = None) -> LoadedSettings:
    """The effective settings, with the source of each.

    *flags* with the value None count as not given. Raises SettingsInvalid with every invalid value
    and its source, and SetupError for a *file* that is missing or not TOML.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    layers: list[tuple[str, dict[str, object]]] = [("default", {})]
    path = file or Path(FILE_NAME)
    if file is not None or path.is_file():
        layers.append((f"file {path}", _from_file(path)))
    layers.append(("environment", dict(EnvSettingsSource(Settings)())))
    layers.append(("flag", dict(InitSettingsSource(Settings, given)())))
    merged: dict[str, object] = {}
    sources = dict.fromkeys(Settings.model_fields, "default")
    for source, values in layers:
        merged |= values
        sources |= dict.fromkeys(values, source)
    try:
        settings = Settings(**merged)  # type: ignore[arg-type]  # pydantic validates the values
    except ValidationError as error:
        wrong = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
        by_flag = any(sources.get(name) == "flag" for name in wrong)
        raise SettingsInvalid(_explain(error, sources), by_flag=by_flag) from None
    return LoadedSettings(
        settings, {n: Origin(getattr(settings, n), sources[n]) for n in Settings.model_fields}
    )


def how_changed(name: str) -> Changed:
    """How that setting of a running server changes."""
    extra = Settings.model_fields[name].json_schema_extra
    changed: Changed = extra["changed"] if isinstance(extra, dict) else "restart"  # type: ignore[assignment]
    return changed


def with_chosen(settings: Settings, chosen: Mapping[str, object]) -> Settings:
    """*settings* with other values. Raises SettingsInvalid with a sentence for each invalid one."""
    values = {name: getattr(settings, name) for name in Settings.model_fields}
    try:
        return Settings(**values | dict(chosen))
    except ValidationError as error:
        problems = [
            f"{problem['loc'][0]}: {_reason(problem['msg'])}." for problem in error.errors()
        ]
        raise SettingsInvalid("\n".join(problems), by_flag=False) from None


def environment_name(setting: str) -> str:
    return ENVIRONMENT_PREFIX + setting.upper()


def _from_file(path: Path) -> dict[str, object]:
    try:
        if not os.access(path, os.R_OK):
            raise SetupError(f"Cannot read the settings file {path}.")
        return dict(TomlConfigSettingsSource(Settings, path)())
    except tomllib.TOMLDecodeError as error:
        raise SetupError(f"{path} is not valid TOML: {error}.") from None


def _reason(message: str) -> str:
    """*message* without the words that pydantic puts before each message of our own."""
    return message.removeprefix("Value error, ")


def _explain(error: ValidationError, sources: dict[str, str]) -> str:
    lines = []
    for problem in error.errors():
        name = str(problem["loc"][0]) if problem["loc"] else "?"
        lines.append(f"{name} (from {sources.get(name, 'file')}): {_reason(problem['msg'])}.")
    return "\n".join(lines) + "\nRun 'leadwire config show' for every setting, unit and default."
