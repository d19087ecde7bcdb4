"""How every command prints. Nothing else here writes to the terminal.

Most of what is printed was chosen by somebody else: a caller's path, a message of an API, a cell
of a file. None of it may steer the terminal or forge a line.
"""

import sys
from typing import IO, Any, cast

import click

from leadwire.visible import visible, visible_json, visible_lines


def say(text: str, *, err: bool = False) -> None:
    """Print *text*, which may have several lines."""
    click.echo(visible_lines(text), err=err)


def say_line(text: str, *, err: bool = False) -> None:
    """Print *text* on one line, whatever is in it."""
    click.echo(visible(text), err=err)


def say_json(value: Any) -> None:  # noqa: ANN401  # any JSON
    """Print *value* as JSON on one line."""
    click.echo(visible_json(value))


def say_progress(text: str) -> None:
    """Print *text* over the line that a person at the terminal sees now."""
    click.echo(f"\r{visible(text)}", nl=False, err=True)


def is_terminal(file: IO[bytes]) -> bool:
    """Whether a person looks at what is written to *file*."""
    return file is sys.stdout.buffer and sys.stdout.isatty()


def shown_file(file: IO[bytes]) -> IO[bytes]:
    """*file*; for a terminal, something that writes each line of an export as ``say_line`` does."""
    return cast("IO[bytes]", _Terminal(file)) if is_terminal(file) else file


class _Terminal:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, line: bytes) -> int:
        """Write one line of an export, its line end included."""
        text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
        return self._file.write(f"{visible(text)}\n".encode())
