"""Shared by all commands, the SDK's and the server's: options, exit codes and errors."""

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Final, Never

import click

from leadwire.cli.printing import say, say_json
from leadwire.disk import STANDARD_OUTPUT
from leadwire.errors import LeadwireError, SetupError
from leadwire.installing import how_to_install
from leadwire.visible import visible, visible_lines

EXIT_FAILED: Final = 1
EXIT_INTERRUPTED: Final = 130
_EXIT_SIGNALLED: Final = 128
"""After a signal, the exit code is this plus the signal's number, as in a shell."""
_ENDING: Final = ("SIGTERM", "SIGHUP")
_SIGPIPE: Final = 13
"""Its number everywhere. Windows has no such signal, and Python names it only where there is."""

as_json = click.option("--json", "as_json", is_flag=True, help="Print JSON.")
config_file = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="TOML file with settings. Default: leadwire.toml, if it exists.",
)
data_folder = click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder with all of leadwire's data. [LEADWIRE_DATA]",
)
output_file = click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path),
    help="Output file, replaced only when complete. Default, or with -: standard output.",
)


def check_report(output: Path | None, *, as_json: bool) -> None:
    """Refuse ``--json`` where the output itself goes to standard output."""
    if as_json and output in (None, STANDARD_OUTPUT):
        raise misused("Name a file with --output: standard output is for the report.", "--json")


def misused(sentence: str, option: str = "") -> click.UsageError:
    """A usage error for an invalid *option*: prints the usage, exits with 2."""
    context = click.get_current_context(silent=True)
    if not option:
        return click.UsageError(visible_lines(sentence), ctx=context)
    return click.BadParameter(visible(sentence), ctx=context, param_hint=option)


@contextmanager
def exit_codes(*, as_json: bool) -> Iterator[None]:
    """End with an exit code of docs/cli.md. On failure say why on standard error, in one sentence.

    With *as_json* the reason is one JSON object.
    """
    try:
        with _ends_in_order():
            yield
    except (KeyboardInterrupt, click.Abort):
        _end("Interrupted.", EXIT_INTERRUPTED, as_json=as_json)
    except BrokenPipeError:
        _leave(_EXIT_SIGNALLED + _SIGPIPE)
    except OSError as error:
        # Where the system names no file, a write to standard output failed.
        what = error.filename or "Standard output"
        _end(f"{what}: {error.strerror or error}.", EXIT_FAILED, as_json=as_json)
    except click.ClickException as error:
        _settle_output()
        if not as_json:
            raise
        _say_error(visible_lines(error.format_message()), error.exit_code)
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("leadwire"):
            raise
        missing = f"This needs the server's libraries: {error.name} is not installed."
        _fail(SetupError(f"{missing} {how_to_install('server')}"), as_json=as_json)
    except LeadwireError as error:
        _fail(error, as_json=as_json)


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


def _end(sentence: str, code: int, *, as_json: bool) -> Never:
    with suppress(OSError):
        if as_json:
            say_json(_error(sentence, code), err=True)
        else:
            say(sentence, err=True)
    _leave(code)


def _leave(code: int) -> Never:
    _drop_output()
    raise SystemExit(code)


def _settle_output() -> None:
    """Write what waits for standard output, if it takes it."""
    try:
        sys.stdout.flush()
    except (OSError, ValueError):
        _drop_output()


def _drop_output() -> None:
    # The buffer cannot be flushed any more: keep the interpreter from trying at exit.
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _fail(error: LeadwireError, *, as_json: bool) -> Never:
    _settle_output()
    if not as_json:
        raise click.ClickException(_text(error)) from None
    _say_error(str(error), EXIT_FAILED, getattr(error, "call_id", None))


def _say_error(message: str, code: int, call_id: str | None = None) -> Never:
    say_json(_error(message, code, call_id), err=True)
    raise SystemExit(code)


def _error(message: str, code: int, call_id: str | None = None) -> dict[str, object]:
    found = {"call_id": call_id} if call_id else {}
    return {"error": {"message": message, "exit_code": code, **found}}


def _text(error: LeadwireError) -> str:
    """The error's sentence, with the id of the call in a leadwire server's log."""
    call_id = getattr(error, "call_id", None)
    if call_id is None:
        return visible_lines(str(error))
    text = visible(str(error))  # an API's message may have several lines
    return f"{text}\nCall id: {visible(call_id)}" if call_id else text
