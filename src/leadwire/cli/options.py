"""Options that several commands share, made from the table of settings."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, Final, Literal, TypeVar, get_args, get_origin

import click
from pydantic import SecretStr

from leadwire.errors import LeadwireError
from leadwire.settings import LoadedSettings, Settings, environment_name, load_settings

F = TypeVar("F", bound=Callable[..., Any])

EXIT_FAILED: Final = 1

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")
config_file = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file with settings; leadwire.toml is read when it is there.",
)
data_folder = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help=f"Folder that holds everything leadwire keeps. [{environment_name('data')}]",
)


def every_setting(command: F) -> F:
    """Add an option for each setting, in the table's order."""
    for name, field in reversed(Settings.model_fields.items()):
        if field.annotation is SecretStr:
            continue  # a command line is seen by everybody on the machine
        extra = field.json_schema_extra
        unit = extra.get("unit") if isinstance(extra, dict) else ""
        parts = [field.description or "", f"[{unit}]" if unit else ""]
        parts.append(f"(default: {field.default})" if field.default not in (None, "") else "")
        option = click.option(
            f"--{name.replace('_', '-')}",
            name,
            type=_type_of(field.annotation),
            help=" ".join(part for part in parts if part),
        )
        command = option(command)
    return command


def load(flags: dict[str, object], config_path: Path | None = None) -> LoadedSettings:
    return load_settings(flags, file=config_path)


def reports_errors(command: F) -> F:
    """Turn our own exceptions into one line on standard error and exit code 1."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # whatever click passes
        try:
            return command(*args, **kwargs)
        except LeadwireError as error:
            raise click.ClickException(str(error)) from None
        except BrokenPipeError:
            raise SystemExit(EXIT_FAILED) from None

    return wrapper  # type: ignore[return-value]


def _type_of(annotation: Any) -> Any:  # noqa: ANN401  # a type, or a click type
    if get_origin(annotation) is Literal:
        return click.Choice([str(value) for value in get_args(annotation)])
    if annotation is bool:
        return bool
    if annotation is int:
        return int
    if annotation in (str, bool):
        return annotation
    return click.Path(path_type=Path)
