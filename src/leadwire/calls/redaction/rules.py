"""What a walk is told to look for, and what it finds."""

from collections.abc import Iterable
from typing import NamedTuple, Protocol


class Edit(NamedTuple):
    """The piece of a text from *start* to *end* becomes *text*."""

    start: int
    end: int
    text: str


class Rules(Protocol):
    """What a walk looks for."""

    @property
    def replaces_leaves(self) -> bool:
        """Below a name that matters every value is replaced on its own; else all of it, at once."""
        ...

    @property
    def header_lists(self) -> frozenset[str]:
        """Members below which every value matters; in their normal form."""
        ...

    @property
    def too_deep(self) -> str:
        """Stands for what is escaped or nested too often."""
        ...

    def holds(self, name: str) -> bool:
        """Whether the value of that name is to be replaced."""
        ...

    def holds_parameter(self, name: str) -> bool:
        """The same for a parameter of a form or query."""
        ...

    def marker(self, value: str) -> str:
        """What stands for *value*; *value* itself if it says nothing."""
        ...

    def places(self, text: str) -> list[int]:
        """Where in *text* something may be; a text without a place is passed over."""
        ...

    def unreadable(self, text: str) -> str:
        """What stands for all of a *text* that is no form and no whole JSON; empty: look closer."""
        ...

    def looks(self, text: str) -> list[Edit]:
        """What is to be replaced in *text* by its look, or since it is known."""
        ...

    def behind_names(self, text: str) -> list[Edit]:
        """What is to be replaced in plain text since it stands behind a name."""
        ...


def merged(edits: Iterable[Edit]) -> list[Edit]:
    """*edits* in order; those that overlap become one, and one within another is left out."""
    result: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if not result or edit.start >= result[-1].end:
            result.append(edit)
        elif edit.end > result[-1].end:
            last = result[-1]
            text = last.text if last.text.endswith(edit.text) else last.text + edit.text
            result[-1] = Edit(last.start, edit.end, text)
    return result
