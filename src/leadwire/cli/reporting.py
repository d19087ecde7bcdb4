"""Shared by all commands, the SDK's and the server's: JSON output, exit codes and errors."""

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import wraps
from pathlib import Path
from types import FrameType
from typing import Any, Final, Never, TypeVar

import click

from leadwire.cli.printing import say
from leadwire.errors import LeadwireError
from leadwire.visible import visible, visible_lines

F = TypeVar("F", bound=Callable[..., Any])

EXIT_FAILED: Final = 1
EXIT_INTERRUPTED: Final = 130
_EXIT_SIGNALLED: Final = 128
"""After a signal, the exit code is this plus the signal's number, as in a shell."""
_ENDING: Final = ("SIGTERM", "SIGHUP")

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
output_file = click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="Output file, replaced only when complete. Default, or with -: standard output.",
)


def misused(sentence: str, option: str = "") -> click.UsageError:
    """A usage error for an invalid *option*: prints the usage, exits with 2."""
    context = click.get_current_context(silent=True)
    if not option:
        return click.UsageError(visible_lines(sentence), ctx=context)
    return click.BadParameter(visible(sentence), ctx=context, param_hint=option)


def reports_errors(command: F) -> F:
    """End *command* with an exit code of docs/cli.md. On failure print one sentence on stderr."""

    @wraps(command)
    def wrapper(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  # any command
        try:
            with _ends_in_order():
                return command(*args, **kwargs)
        except LeadwireError as error:
            raise click.ClickException(_text(error)) from None
        except (KeyboardInterrupt, click.Abort):
            _end("Interrupted.", EXIT_INTERRUPTED)
        except BrokenPipeError:
            _end("Stopped: the reader of the output has closed it.", EXIT_FAILED)
        except OSError as error:
            _end(f"{error.filename or 'Standard output'}: {error.strerror}.", EXIT_FAILED)

    return wrapper  # type: ignore[return-value]


@contextmanager
def _ends_in_order() -> Iterator[None]:
    """Turn SIGTERM and SIGHUP into SystemExit, so that files and stores are closed first."""
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may set signal handlers
        return
    numbers = [getattr(signal, name) for name in _ENDING if hasattr(signal, name)]
    # Keep handlers that others set: nohup ignores SIGHUP.
    numbers = [number for number in numbers if signal.getsignal(number) is signal.SIG_DFL]
    for number in numbers:
        signal.signal(number, _exit)
    try:
        yield
    finally:
        for number in numbers:
            signal.signal(number, signal.SIG_DFL)


def _exit(number: int, _frame: FrameType | None) -> Never:
    raise SystemExit(_EXIT_SIGNALLED + number)


def _end(sentence: str, code: int) -> Never:
    with suppress(OSError):
        say(sentence, err=True)
    # The buffer cannot be flushed any more: keep the interpreter from trying at exit.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    raise SystemExit(code)


def _text(error: LeadwireError) -> str:
    """The error's sentence, with the id of the call in a leadwire server's log."""
    call_id = getattr(error, "call_id", None)
    if call_id is None:
        return visible_lines(str(error))
    text = visible(str(error))  # an API's message may have several lines
    return f"{text}\nCall id: {visible(call_id)}" if call_id else text
