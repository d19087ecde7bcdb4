"""What every command that keeps running does first: its log lines, and the first account."""

import gc
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from leadwire.settings import Settings
from leadwire.visible import visible, visible_lines

if TYPE_CHECKING:
    from leadwire.access.accounts import FirstAccount

ready_option = click.option(
    "--ready",
    type=click.Choice(["text", "json"]),
    default="text",
    help="How to print that it listens: for a person, or one line of JSON. (default: text)",
)
ends_with_option = click.option(
    "--ends-with",
    type=click.IntRange(min=1),
    metavar="PID",
    help="Stop when the process with this pid ends.",
)
_DEFAULT_ACCOUNT: Final = "leadwire"
_DEFAULT_EMAIL: Final = "admin@leadwire.local"


def log_to_stderr(settings: Settings) -> None:
    """Print the log's messages, from the setting's level on."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level="WARNING", handlers=[handler])
    logging.getLogger("leadwire").setLevel(settings.log_level.upper())


class LogLines(logging.Formatter):
    """Formats log messages so that a caller's text cannot forge a line or steer a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        record.message = visible(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802  # logging's own
        return visible_lines(super().formatException(ei))


def first_account(
    settings: Settings, *, show: "Callable[[FirstAccount], object] | None", quickly: bool = False
) -> "FirstAccount | None":
    """Make the first account and return its secrets; None if there is an account.

    *show* gets the secrets before they count. A program that cannot read its line has a new
    folder, and starts again. *quickly*: for a folder that is thrown away.
    """
    from leadwire.clock import SystemClock, SystemIds  # noqa: PLC0415  # keeps --help fast
    from leadwire.data_folder.making import opened_access  # noqa: PLC0415
    from leadwire.database.places import place_of  # noqa: PLC0415

    with opened_access(place_of(settings), clock=SystemClock(), ids=SystemIds()) as access:
        if access.is_set_up():
            return None
        return access.set_up(
            account_name=_DEFAULT_ACCOUNT,
            email=_DEFAULT_EMAIL,
            show=show,
            quickly=quickly,
        )


@contextmanager
def quick_start() -> Iterator[Callable[[], None]]:
    """Run the block without the collector of cycles, until it calls what it gets, or ends.

    A start makes what stays. So collections find nothing, and took a fifth of its time. Later
    collections skip what the start made.
    """
    gc.disable()

    def has_started() -> None:
        gc.freeze()
        gc.enable()

    try:
        yield has_started
    finally:
        gc.enable()
