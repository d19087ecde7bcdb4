"""Printing for every command. No other module here writes to the terminal.

Most output comes from others: a caller's path, an API's message, a cell of a file. It must not
steer the terminal or forge a line.
"""

import shutil
import sys
from collections.abc import Iterable, Sequence
from typing import IO, Any, Final, cast

import click

from leadwire.visible import visible, visible_json, visible_lines

_GAP: Final = "  "
_PADDED_MAX: Final = 60


def say(text: str, *, err: bool = False) -> None:
    """Print *text*, which may have several lines."""
    click.echo(visible_lines(text), err=err)


def say_line(text: str, *, err: bool = False) -> None:
    """Print *text* on one line, whatever it contains."""
    click.echo(visible(text), err=err)


def say_json(value: Any) -> None:  # noqa: ANN401  # any JSON
    """Print *value* as JSON on one line."""
    click.echo(visible_json(value))


def say_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print *rows* under *head* in columns.

    On a terminal lines fit the window: first the last column is cut, then the widest. Elsewhere
    nothing is cut, and one long cell does not pad the other rows.
    """
    lines = [[visible("" if cell is None else str(cell)) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    if sys.stdout.isatty():
        widths = _narrowed(widths, [len(name) for name in head], shutil.get_terminal_size().columns)
        lines = [[_cut(cell, width) for cell, width in zip(line, widths, strict=True)]
                 for line in lines]  # fmt: skip
    for line in lines:
        cells = [f"{cell:<{min(w, _PADDED_MAX)}}" for cell, w in zip(line, widths, strict=True)]
        click.echo(_GAP.join(cells).rstrip())


def _narrowed(widths: list[int], least: list[int], columns: int) -> list[int]:
    """Widths that fit into *columns*. None goes below *least* while another can shrink."""
    widths = [max(min(width, columns), low) for width, low in zip(widths, least, strict=True)]
    while sum(widths) + len(_GAP) * (len(widths) - 1) > columns:
        spare = [width - low for width, low in zip(widths, least, strict=True)]
        if max(spare) <= 0:
            return widths  # the window is narrower than the column heads
        place = len(widths) - 1 if spare[-1] > 0 else spare.index(max(spare))
        widths[place] -= 1
    return widths


def _cut(cell: str, width: int) -> str:
    return cell if len(cell) <= width else f"{cell[: max(width - 1, 0)]}…"


def say_progress(text: str) -> None:
    """Print *text* over the terminal's current line."""
    click.echo(f"\r{visible(text)}", nl=False, err=True)


def is_terminal(file: IO[bytes]) -> bool:
    """Whether *file* is a terminal."""
    return file is sys.stdout.buffer and sys.stdout.isatty()


def shown_file(file: IO[bytes]) -> IO[bytes]:
    """*file*, or for a terminal a wrapper that writes each line as ``say_line`` does."""
    return cast("IO[bytes]", _Terminal(file)) if is_terminal(file) else file


class _Terminal:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def write(self, line: bytes) -> int:
        """Write one line of an export, including its line break."""
        text = line.decode("utf-8", "backslashreplace").rstrip("\r\n")
        return self._file.write(f"{visible(text)}\n".encode())
