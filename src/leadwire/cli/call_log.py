"""``leadwire calls``: where each of its commands is."""

from typing import Final

import click

from leadwire.cli.lazy import LazyGroup, Place

_COMMANDS: Final = {
    "search": Place("calls", "search", "cli", "Print matching calls, newest first."),
    "show": Place("calls", "show", "cli", "Print everything about one call."),
    "explain": Place("explanations", "explain", "server", "Say why a call failed."),
    "stats": Place("calls", "stats", "cli", "Count matching calls, and show durations."),
    "lint": Place("calls", "lint_calls", "cli", "Report habits of clients that cost calls."),
    "export": Place("calls", "export", "cli", "Write every matching call to a file."),
    "tail": Place("calls", "tail", "server", "Print calls as they are recorded."),
    "verify": Place("upkeep", "verify", "server", "Prove that no call is missing or changed."),
    "anchor": Place("upkeep", "anchor", "server", "Print a line that can prove the log later."),
    "erase": Place("erase", "erase", "server", "Erase every matching call for good."),
}


@click.group(cls=LazyGroup, places=_COMMANDS)
def calls() -> None:
    """Search, show, export and follow the call log of all accounts, or an SDK's log."""
