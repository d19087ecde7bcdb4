"""The command line: parse, call one function, print. Exit codes: see docs/cli.md.

Each command's module is imported on use. So the SDK's commands work without the server's libraries.
"""

from importlib import import_module
from typing import Final, NamedTuple

import click

from leadwire.cli.reporting import EXIT_INTERRUPTED
from leadwire.version import __version__

__all__ = ["main"]


class _Place(NamedTuple):
    """A command's module, and the extra that installs its libraries."""

    module: str
    name: str
    extra: str


_COMMANDS: Final = {
    "serve": _Place("serve", "serve", "server"),
    "init": _Place("init", "init", "server"),
    "users": _Place("users", "users", "server"),
    "keys": _Place("keys", "keys", "server"),
    "calls": _Place("call_log", "calls", "server"),
    "webhooks": _Place("webhooks", "webhooks", "server"),
    "seed": _Place("seed", "seed", "server"),
    "backup": _Place("backup", "backup", "server"),
    "restore": _Place("backup", "restore", "server"),
    "db": _Place("db", "db", "server"),
    "account": _Place("account", "account", "server"),
    "doctor": _Place("doctor", "doctor", "server"),
    "config": _Place("config", "config", "server"),
    "profiles": _Place("profiles", "profiles", "cli"),
    "call": _Place("call", "call", "cli"),
    "import": _Place("import_leads", "import_leads", "cli"),
    "export": _Place("export_leads", "export", "cli"),
}


class _Commands(click.Group):
    def list_commands(self, ctx: click.Context) -> list[str]:
        del ctx
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        del ctx
        place = _COMMANDS.get(cmd_name)
        if place is None:
            return None
        try:
            command = getattr(import_module(f"leadwire.cli.{place.module}"), place.name)
        except ModuleNotFoundError as error:
            if error.name is None or error.name.startswith("leadwire"):
                raise
            return _missing(cmd_name, place.extra)
        except KeyboardInterrupt:
            raise SystemExit(EXIT_INTERRUPTED) from None  # click itself would exit with 1
        assert isinstance(command, click.Command)  # noqa: S101  # every name is in the table above
        return command


def _missing(name: str, extra: str) -> click.Command:
    """Stands in for a command whose libraries are not installed."""
    needed = f"pip install 'leadwire[{extra}]'"

    def say(**_: object) -> None:
        raise click.ClickException(
            f"leadwire {name} needs more libraries. Install them with: {needed}"
        )

    return click.Command(
        name,
        callback=say,
        params=[click.Argument(["words"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        short_help=f"Not installed: {needed}",
        add_help_option=False,
    )


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="leadwire")
def main() -> None:
    """A self-hosted lead API that speaks LeadSquared's wire protocol and records every call."""
