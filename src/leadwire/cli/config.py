"""``leadwire config``: every setting and the source of its value."""

from pathlib import Path

import click
from pydantic import SecretStr

from leadwire.cli.options import as_json, config_file, every_setting, load
from leadwire.cli.printing import say_json, say_table
from leadwire.settings import Settings
from leadwire.settings_sources import environment_name


@click.group()
def config() -> None:
    """Show settings."""


@config.command()
@config_file
@every_setting
@as_json
def show(config_file: Path | None, *, as_json: bool, **flags: object) -> None:
    """Print every setting with its value, unit and the source of the value."""
    rows = []
    for name, origin in load(flags, config_file).origins.items():
        field = Settings.model_fields[name]
        extra = field.json_schema_extra
        rows.append(
            {
                "name": name,
                "value": str(origin.value)
                if isinstance(origin.value, Path | SecretStr)
                else origin.value,
                "unit": extra.get("unit", "") if isinstance(extra, dict) else "",
                "source": origin.source,
                "environment": environment_name(name),
                "help": field.description,
            }
        )
    if as_json:
        say_json({"settings": rows})
        return
    say_table(
        ("Setting", "Value", "Unit", "Source"),
        [(row["name"], row["value"], row["unit"], row["source"]) for row in rows],
    )
