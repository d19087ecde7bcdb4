"""The command line: parse, call one function, print. Exit codes: see docs/cli.md."""

from itertools import takewhile
from typing import Any, Final

import click

from leadwire.cli.lazy import LazyGroup, Place
from leadwire.cli.reporting import exit_codes
from leadwire.version import __version__

__all__ = ["main"]

_COMMANDS: Final = {
    "serve": Place("serve", "serve", "server", "Run the server until it is interrupted."),
    "proxy": Place("proxy", "proxy", "server", "Pass calls on to LeadSquared and record them."),
    "init": Place(
        "init",
        "init",
        "server",
        "Set up an empty data folder with an account and a key pair.",
    ),
    "users": Place("users", "users", "server", "List, create and change console users."),
    "keys": Place("keys", "keys", "server", "Create, list, rotate and revoke key pairs."),
    "calls": Place("call_log", "calls", "cli", "Search, show, export and follow the call log."),
    "top": Place("top", "top", "cli", "Show rates, failures, slow operations and limits, live."),
    "webhooks": Place("webhooks", "webhooks", "server", "List and show webhooks, send again."),
    "seed": Place("seed", "seed", "server", "Add the data of a seed file to an account."),
    "backup": Place("backup", "backup", "server", "Copy the data folder to DEST."),
    "restore": Place("backup", "restore", "server", "Restore a backup into a new data folder."),
    "db": Place("db", "db", "server", "Copy and compare leads, users and keys between engines."),
    "account": Place("account", "account", "server", "List, create and erase accounts."),
    "doctor": Place("doctor", "doctor", "server", "Check the machine and a data folder."),
    "config": Place(
        "config", "config", "server", "Show settings, and change those of a running server."
    ),
    "login": Place("login", "login", "cli", "Save a host and its keys as a profile."),
    "logout": Place("login", "logout", "cli", "Remove a profile with its keys."),
    "profiles": Place("profiles", "profiles", "cli", "List the saved hosts and keys."),
    "call": Place("call", "call", "cli", "Call an operation and print its answer."),
    "import": Place("import_leads", "import_leads", "cli", "Import leads from a CSV file."),
    "export": Place("export_leads", "export", "cli", "Export an account's data to a file."),
}


class _Main(LazyGroup):
    def main(self, *args: Any, **options: Any) -> Any:  # noqa: ANN401  # as click's
        with exit_codes(as_json=False):  # of what click prints by itself, such as completion
            return super().main(*args, **options)

    def make_context(
        self,
        info_name: str | None,
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401
    ) -> click.Context:
        with exit_codes(as_json="--json" in args):  # of --help and --version
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401  # what a command returns
        words = takewhile(lambda word: word != "--", [*ctx._protected_args, *ctx.args])  # noqa: SLF001
        with exit_codes(as_json="--json" in words):
            return super().invoke(ctx)


@click.group(cls=_Main, places=_COMMANDS, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="leadwire")
def main() -> None:
    """A self-hosted lead API that speaks LeadSquared's wire protocol and records every call."""
