"""A group of commands whose modules are imported on use.

So ``--help``, ``--version`` and completion are quick, and the SDK's commands work without the
server's libraries.
"""

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any, Final, NamedTuple

import click
from click.shell_completion import CompletionItem

from leadwire.installing import how_to_install, install_command

_LIBRARIES: Final = {"cli": "rich", "server": "sqlalchemy"}
"""A library of each extra. Without it the extra is not installed."""


class Place(NamedTuple):
    """Where a command is, the extra that installs its libraries, and its short help."""

    module: str
    name: str
    extra: str
    summary: str


class LazyGroup(click.Group):
    """Imports a command's module when the command is called."""

    def __init__(self, *, places: Mapping[str, Place], **options: Any) -> None:  # noqa: ANN401
        super().__init__(**options)
        self._places = places

    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(self._places)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        place = self._places.get(cmd_name)
        if place is None:
            return None
        try:
            command = getattr(import_module(f"leadwire.cli.{place.module}"), place.name)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.startswith("leadwire"):
                raise
            return _missing(cmd_name, place.extra)
        assert isinstance(command, click.Command)  # noqa: S101  # every name is in the table
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl([(name, _summary(place)) for name, place in self._places.items()])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        names = [
            CompletionItem(name, help=_summary(place))
            for name, place in self._places.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]


def _summary(place: Place) -> str:
    if find_spec(_LIBRARIES[place.extra]) is None:
        return f"Not installed: {install_command(place.extra)}"
    return place.summary


def _missing(name: str, extra: str) -> click.Command:
    """Stands in for a command whose libraries are not installed."""

    def say(**_: object) -> None:
        raise click.ClickException(f"'{name}' needs more libraries. {how_to_install(extra)}")

    return click.Command(
        name,
        callback=say,
        params=[click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        add_help_option=False,
    )
