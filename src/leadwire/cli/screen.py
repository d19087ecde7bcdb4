"""A terminal as a screen: drawn as a whole, and restored however the command ends."""

import os
import re
import select
import shutil
import signal
import sys
import termios
import tty
from collections.abc import Sequence
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Final, Literal, Self

Key = Literal["up", "down", "page up", "page down", "q", "p", "resized", "closed", ""]

_ENTER: Final = "\x1b[?1049h\x1b[?25l"  # the second screen, without a cursor
_LEAVE: Final = "\x1b[?25h\x1b[?1049l"
_HOME: Final = "\x1b[H"
_END_OF_LINE: Final = "\x1b[K"
_REST: Final = "\x1b[J"
_ONE_KEY: Final = re.compile(rb"\x1b[\[O][0-9;]*[A-Za-z~]|.", re.DOTALL)
_KEYS: Final[dict[bytes, Key]] = {
    b"\x1b[A": "up", b"\x1bOA": "up", b"k": "up",
    b"\x1b[B": "down", b"\x1bOB": "down", b"j": "down",
    b"\x1b[5~": "page up", b"\x1b[6~": "page down",
    b"q": "q", b"Q": "q", b"p": "p", b"P": "p", b" ": "p",
}  # fmt: skip


class Screen:
    """Use it as a context. Only the main thread can, since it follows signals."""

    def __init__(self) -> None:
        self._input = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._input)
        self._woken, self._wake = os.pipe()
        os.set_blocking(self._wake, False)
        self._typed: list[bytes] = []

    def __enter__(self) -> Self:
        signal.signal(signal.SIGWINCH, self._resized)
        signal.signal(signal.SIGTSTP, self._suspended)
        self._begin()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._end()
        signal.signal(signal.SIGWINCH, signal.SIG_DFL)
        signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        os.close(self._woken)
        os.close(self._wake)

    def size(self) -> tuple[int, int]:
        """Columns and lines."""
        found = shutil.get_terminal_size()
        return found.columns, found.lines

    def draw(self, lines: Sequence[str]) -> None:
        """Show *lines*, which fit the size, in place of what was shown."""
        text = f"{_END_OF_LINE}\r\n".join(lines)
        sys.stdout.write(f"{_HOME}{text}{_END_OF_LINE}{_REST}")
        sys.stdout.flush()

    def key(self, seconds: float) -> Key:
        """The next key within *seconds*; empty for none, or for one without a meaning."""
        if self._typed:
            return _KEYS.get(self._typed.pop(0), "")
        ready, _, _ = select.select([self._input, self._woken], [], [], max(seconds, 0))
        if self._woken in ready:
            os.read(self._woken, 1_024)
            return "resized"
        if not ready:
            return ""
        typed = os.read(self._input, 1_024)
        self._typed = _ONE_KEY.findall(typed)
        return _KEYS.get(self._typed.pop(0), "") if typed else "closed"

    def _begin(self) -> None:
        tty.setcbreak(self._input)
        sys.stdout.write(_ENTER)
        sys.stdout.flush()

    def _end(self) -> None:
        with suppress(OSError, termios.error):  # the terminal may be gone
            sys.stdout.write(_LEAVE)
            sys.stdout.flush()
        with suppress(OSError, termios.error):
            termios.tcsetattr(self._input, termios.TCSADRAIN, self._before)

    def _resized(self, _number: int, _frame: FrameType | None) -> None:
        with suppress(BlockingIOError):
            os.write(self._wake, b"x")

    def _suspended(self, number: int, frame: FrameType | None) -> None:
        """Give the terminal back until the shell continues this program."""
        self._end()
        os.kill(os.getpid(), signal.SIGSTOP)
        self._begin()
        self._resized(number, frame)
