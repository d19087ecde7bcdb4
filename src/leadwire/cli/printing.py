"""Printing for every command. No other module here writes to the terminal.

Most output comes from others: a caller's path, an API's message, a cell of a file. It must not
steer the terminal or forge a line.
"""

import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import IO, Any, Final, NamedTuple, cast

import click

from leadwire.visible import visible, visible_json, visible_lines

_GAP: Final = "  "
_PADDED_MAX: Final = 60
_ONCE: Final = "Keep this: it is shown only once."


class Column(NamedTuple):
    """A column of a table, and what happens to it on a narrow terminal."""

    name: str
    rank: int = 0
    """Where there is no room, columns with higher ranks are left out; of one rank, the last."""
    least: int | None = None
    """Cells are cut to this width at least. Default: the width of the name."""
    is_whole: bool = False
    """Cells are never cut."""
    is_number: bool = False
    """Cells stand at the right, and are never cut."""
    is_prose: bool = False
    """Cells continue on further lines of the column instead of being cut."""


class Coloured(NamedTuple):
    """A cell that has a colour on a terminal."""

    text: str
    colour: str


def say(text: str, *, err: bool = False) -> None:
    """Print *text*, which may have several lines."""
    _print(visible_lines(text), err=err)


def say_line(text: str, *, err: bool = False) -> None:
    """Print *text* on one line, whatever it contains."""
    _print(visible(text), err=err)


def say_shown(line: str) -> None:
    """Print a line of ``table_lines``, which is safe to print as it is."""
    _print(line)


def say_json(value: Any, *, err: bool = False) -> None:  # noqa: ANN401  # any JSON
    """Print *value* as JSON on one line."""
    click.echo(visible_json(value), err=err)


def say_once(made: Mapping[str, object], *, as_json: bool, advice: str = "") -> None:
    """Print secrets that are never shown again: one to a line, or as JSON."""
    if as_json:
        say_json(made)
        return
    width = max(map(len, made))
    lines = [f"{name:<{width}}  {value}" for name, value in made.items()]
    say("\n".join([*lines, "", f"{_ONCE} {advice}".rstrip()]))


def say_table(head: Sequence[str | Column], rows: Iterable[Sequence[object]]) -> None:
    """Print *rows* under *head* in columns.

    On a terminal each row is one line of the window: columns are cut, then left out. Elsewhere
    nothing is cut, and one long cell does not pad the other rows.
    """
    kept = [list(row) for row in rows]
    table = Table(head, [[_text(cell) for cell in row] for row in kept])
    table.say_head()
    for row in kept:
        table.say_row(row)


class Table:
    """A table whose rows are printed one by one, such as those of a log that is followed."""

    def __init__(self, head: Sequence[str | Column], examples: Iterable[Sequence[str]]) -> None:
        """The widest of *examples* decide how wide the columns are."""
        self._columns = [name if isinstance(name, Column) else Column(name) for name in head]
        names = [column.name for column in self._columns]
        self._widths = [max(map(width_of, cells)) for cells in zip(names, *examples, strict=True)]

    def say_head(self) -> None:
        self._say(head_of(self._columns))

    def say_row(self, row: Sequence[object]) -> None:
        self._say(row)

    def _say(self, row: Sequence[object]) -> None:
        room = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        for line in table_lines(self._columns, self._widths, row, room):
            _print(line)


def head_of(columns: Iterable[Column]) -> list[Coloured]:
    """The row of the columns' names."""
    return [Coloured(column.name, "bold") for column in columns]


def table_lines(
    columns: Sequence[Column], widths: Sequence[int], row: Sequence[object], room: int | None
) -> list[str]:
    """*row* as one line, or several if it has prose; each at most *room* cells wide."""
    fitted = list(map(_padded, widths)) if room is None else fit(columns, widths, room)
    shown = [
        (column, cell, width)
        for column, cell, width in zip(columns, row, fitted, strict=True)
        if width
    ]
    cells = [_lines(column, _text(cell), None if room is None else width)
             for column, cell, width in shown]  # fmt: skip
    return [
        _GAP.join(
            _aligned(column, text, cell, width)
            for (column, cell, width), text in zip(shown, texts, strict=True)
        ).rstrip()
        for texts in zip_longest(*cells, fillvalue="")
    ]


def _lines(column: Column, text: str, width: int | None) -> list[str]:
    if width is None or width_of(text) <= width:
        return [text]
    if not column.is_prose:
        return [cut(text, width)]
    lines = [""]
    for word in text.split(" "):
        longer = f"{lines[-1]} {word}".lstrip()
        if width_of(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(cut(word, width))
    return lines if lines[0] else lines[1:]


def _aligned(column: Column, text: str, cell: object, width: int) -> str:
    padding, painted = " " * (width - width_of(text)), _painted(text, cell)
    return padding + painted if column.is_number else painted + padding


def fit(columns: Sequence[Column], widths: Sequence[int], room: int) -> list[int]:
    """The width of each column, so that a row fits into *room* cells. 0: it is left out."""
    fitted = [0] * len(widths)
    least = [_least(column, width) for column, width in zip(columns, widths, strict=True)]
    taken = -len(_GAP)
    for place in sorted(range(len(columns)), key=lambda place: columns[place].rank):
        if taken + len(_GAP) + least[place] <= room:
            taken += len(_GAP) + least[place]
            fitted[place] = widths[place]
    shown = [place for place, width in enumerate(fitted) if width]
    if not shown:  # not even one column fits
        return [min(widths[0], room), *fitted[1:]]
    while sum(fitted) + len(_GAP) * (len(shown) - 1) > room:
        last = shown[-1]
        if fitted[last] <= least[last]:
            last = max(shown, key=lambda place: fitted[place] - least[place])
        fitted[last] -= 1
    return fitted


def _least(column: Column, width: int) -> int:
    if column.is_whole or column.is_number:
        return width
    return min(width, width_of(column.name) if column.least is None else column.least)


def _padded(width: int) -> int:
    return min(width, _PADDED_MAX)


def width_of(text: str) -> int:
    """How many cells of a terminal *text* takes: two for a wide letter, none for an accent."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len  # noqa: PLC0415  # keeps the start fast

    return cell_len(text)


def cut(text: str, width: int) -> str:
    """*text* in at most *width* cells. A mark shows that something is missing."""
    if width_of(text) <= width:
        return text
    from rich.cells import set_cell_size  # noqa: PLC0415

    return f"{set_cell_size(text, width - 1).rstrip()}…" if width > 0 else ""


def _text(cell: object) -> str:
    if isinstance(cell, Coloured):
        cell = cell.text
    return visible("" if cell is None else str(cell))


def _painted(text: str, cell: object) -> str:
    if not isinstance(cell, Coloured) or not (text and cell.colour and has_colour(sys.stdout)):
        return text
    if cell.colour == "bold":
        return click.style(text, bold=True)
    return click.style(text, fg=cell.colour)


def has_colour(stream: IO[Any]) -> bool:
    """Whether *stream* gets colours: a terminal does, unless NO_COLOR or FORCE_COLOR decide."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR", "")
    if forced:
        return forced != "0"
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def _print(text: str, *, err: bool = False) -> None:
    click.echo(text, err=err, color=has_colour(sys.stderr if err else sys.stdout))


def say_progress(text: str) -> None:
    """Print *text* over the terminal's current line, which never wraps. Empty clears the line."""
    room = max(shutil.get_terminal_size().columns - 1, 0)
    shown = cut(visible(text), room)
    click.echo(f"\r{shown}{' ' * (room - width_of(shown))}\r{shown}", nl=False, err=True)


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
