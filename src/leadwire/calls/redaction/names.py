"""Comparing and splitting names: of members, parameters, headers and fields."""

import re
import unicodedata
from typing import Final

_SEPARATORS: Final = re.compile(r"[_\-\s]")
_PART: Final = re.compile(r"[^\W_]+")
_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
NAME_CHARACTERS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.$[]"
"""The characters of a name in plain text."""
NAME_CHARACTERS_MAX: Final = 64
"""Of a longer name in plain text only a part is compared."""
_NAME: Final = re.compile(rf"[\w.$\[\]-]{{0,{NAME_CHARACTERS_MAX}}}", re.ASCII)

_PLAIN_WORDS: Final = re.compile(r"(?:[A-Za-z]?[a-z]{0,15}(?:[._~/-]|$))+")


def normal_name(name: str) -> str:
    """*name* in the form for comparing: lower case, without ``_``, ``-`` and blanks."""
    return _SEPARATORS.sub("", name).lower()


def parts_of(name: str) -> list[str]:
    """The parts between separators: for ``user[newPassword]`` these are user, newPassword."""
    if not name.isascii():
        name = unicodedata.normalize("NFKC", name)
    return _PART.findall(name)


def words_of(part: str) -> list[str]:
    """The words of a part, in lower case: split at changes of case, and around digits."""
    return [word.lower() for word in _WORD.findall(part)]


def name_around(text: str, start: int, end: int) -> tuple[int, int]:
    """The whole name that the piece of *text* from *start* to *end* belongs to."""
    before = text[max(start - NAME_CHARACTERS_MAX, 0) : start]
    begin = start - (len(before) - len(before.rstrip(NAME_CHARACTERS)))
    after = _NAME.match(text, end)
    return begin, end if after is None else after.end()


def same_length_lower(text: str) -> str:
    """*text* in lower case, each character in its place."""
    lowered = text.lower()
    if len(lowered) == len(text):
        return lowered
    return "".join(low if len(low := letter.lower()) == 1 else letter for letter in text)


def is_plain_words(text: str) -> bool:
    """Whether *text* reads like words, not like a secret: ``token-exchange``, ``callback``."""
    return _PLAIN_WORDS.fullmatch(text) is not None
