"""The rules of a walk: what to look for, and the edits that it makes."""

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
        """Whether each value below a matching name is replaced on its own, or all at once."""
        ...

    @property
    def header_lists(self) -> frozenset[str]:
        """Members below which every value is replaced; names in their normal form."""
        ...

    @property
    def too_deep(self) -> str:
        """Replaces text that is escaped or nested too deeply."""
        ...

    def holds(self, name: str) -> bool:
        """Whether a value of that name must be replaced."""
        ...

    def holds_parameter(self, name: str) -> bool:
        """The same for a parameter of a form or query."""
        ...

    def marker(self, value: str) -> str:
        """What replaces *value*; *value* itself if nothing has to."""
        ...

    def places(self, text: str) -> list[int]:
        """Where in *text* a match may be. A text without a place is skipped."""
        ...

    def unreadable(self, text: str) -> str:
        """What replaces all of a *text* that is neither a form nor whole JSON; empty: search it."""
        ...

    def looks(self, text: str) -> list[Edit]:
        """The edits of values that have the look of a secret, or are known."""
        ...

    def behind_names(self, text: str) -> list[Edit]:
        """The edits of values that follow a matching name in plain text."""
        ...


def merged(edits: Iterable[Edit]) -> list[Edit]:
    """*edits* in order. Edits that overlap become one; an edit within another is dropped."""
    result: list[Edit] = []
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if not result or edit.start >= result[-1].end:
            result.append(edit)
        elif edit.end > result[-1].end:
            last = result[-1]
            text = last.text if last.text.endswith(edit.text) else last.text + edit.text
            result[-1] = Edit(last.start, edit.end, text)
    return result
