"""What of a call's texts a search found, so that pages can highlight it."""

import re
from dataclasses import dataclass
from typing import Final

from leadwire.calls.fields import ANYTHING
from leadwire.calls.language import SearchError, parse_search
from leadwire.calls.terms import And, Condition, Member, Or, Part, Text, Whole
from leadwire.console.bodies import Hits

_ANYWHERE: Final = "*"
_WORDS_MAX: Final = 50


@dataclass(frozen=True, slots=True)
class SearchHits:
    """*words* has what was looked for by the attribute of the record; ``*`` stands for all."""

    words: dict[str, list[str]]

    def of(self, *attributes: str) -> Hits:
        """What to highlight in the texts of *attributes*."""
        wanted = [word for name in (_ANYWHERE, *attributes) for word in self.words.get(name, [])]
        if not wanted:
            return None
        longest_first = sorted(set(wanted[:_WORDS_MAX]), key=len, reverse=True)
        return re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)


def search_hits(text: str) -> SearchHits:
    """Of the search *text*. What must not be in a call, or is compared, is not highlighted."""
    words: dict[str, list[str]] = {}
    try:
        _collect(parse_search(text), words)
    except SearchError:
        return SearchHits({})
    return SearchHits(words)


def _collect(condition: Condition, words: dict[str, list[str]]) -> None:
    if isinstance(condition, And | Or):
        for term in condition.terms:
            _collect(term, words)
    elif isinstance(condition, Text):
        words.setdefault(_ANYWHERE, []).append(condition.value)
    elif isinstance(condition, Part | Whole | Member):
        pieces = [condition.value] if condition.literal else condition.value.split(ANYTHING)
        found = [piece for piece in pieces if piece.strip()]
        words.setdefault(condition.attribute, []).extend(found)
