"""Holding calls back, so that the upstream's limit is not exceeded."""

from collections.abc import Callable
from typing import Protocol

Granted = Callable[[float], None]
"""The turn has come; gets how many milliseconds the call was held."""
Lost = Callable[[float, str, int], None]
"""The turn will not come: milliseconds held, a sentence, seconds after which to call again."""


class Turn(Protocol):
    """A call's place in the queue."""

    def cancel(self) -> None:
        """Give the place up: the caller has left."""
        ...


class Pace(Protocol):
    def ask(self, caller: str, granted: Granted, lost: Lost) -> Turn | None:
        """Call *granted* or *lost*, now or later. None if it was called already."""
        ...
