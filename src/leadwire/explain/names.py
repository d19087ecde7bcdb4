"""The existing name that is most like a wrong one."""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from typing import Final, NamedTuple

_NEAREST_MAX: Final = 3
_CUTOFF: Final = 0.72
_CHARACTERS_MAX: Final = 200
_NAMES_MAX: Final = 5_000


class Nearest(NamedTuple):
    names: tuple[str, ...] = ()
    is_same: bool = False
    """The first differs in letter case, blanks, underscores or the prefix mx_ alone."""


def nearest(name: str, known: Iterable[str]) -> Nearest:
    """Up to three names like *name*, the nearest first."""
    name = name.strip()
    if not name or len(name) > _CHARACTERS_MAX:
        return Nearest()
    by_plain: dict[str, list[str]] = {}
    for one in list(known)[:_NAMES_MAX]:
        by_plain.setdefault(plain(one), []).append(one)
    same = by_plain.get(plain(name), [])
    if len(same) == 1:
        return Nearest((same[0],), is_same=True)
    close = get_close_matches(plain(name), by_plain, n=_NEAREST_MAX, cutoff=_CUTOFF)
    found = [*same, *(one for key in close for one in by_plain[key])]
    return Nearest(tuple(dict.fromkeys(found))[:_NEAREST_MAX])


def plain(name: str) -> str:
    """*name* without letter case, blanks, signs and the prefix of own fields."""
    return _SIGNS.sub("", name.lower().strip().removeprefix("mx_"))


_SIGNS: Final = re.compile(r"[\s_\-.]+")
