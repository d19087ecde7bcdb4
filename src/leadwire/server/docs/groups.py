"""The operations in groups, and a search among them."""

from collections.abc import Sequence
from typing import Final, NamedTuple

from leadwire.operations import CATALOGUE, Operation


class Group(NamedTuple):
    """The operations of one service, or of a family that is below none."""

    name: str
    operations: Sequence[Operation]

    @property
    def anchor(self) -> str:
        return self.name.lower().replace(" ", "-").replace(".", "-")


def _grouped() -> list[Group]:
    found: dict[str, list[Operation]] = {}
    for operation in CATALOGUE:
        found.setdefault(operation.service or operation.api_type, []).append(operation)
    return [Group(name, operations) for name, operations in found.items()]


GROUPS: Final = _grouped()
GROUP_OF: Final = {o.name: group.name for group in GROUPS for o in group.operations}


def text_of(operation: Operation) -> str:
    """All that a search looks at, in lower case."""
    parts = (
        operation.name,
        operation.url_path,
        operation.summary,
        operation.api_type,
        *operation.alias_paths,
        *(parameter.name for parameter in operation.parameters),
        *operation.all_faults,
        *operation.remarks,
    )
    return " ".join(parts).lower()


_TEXTS: Final = {operation.name: text_of(operation) for operation in CATALOGUE}


def search(text: str) -> list[Group]:
    """The groups with the operations that have every word of *text*; all for an empty text.

    Operations that have the words in their name come first.
    """
    words = text.lower().split()
    found = []
    for group in GROUPS:
        matches = [o for o in group.operations if all(word in _TEXTS[o.name] for word in words)]
        matches.sort(key=lambda o: not all(word in o.name.lower() for word in words))
        if matches:
            found.append(Group(group.name, matches))
    return found


def nearest(name: str) -> list[Operation]:
    """Operations whose name has a part of a wrong one, at most a few."""
    wanted = name.lower()
    parts = [part for part in wanted.replace("/", ".").split(".") if len(part) > 3]  # noqa: PLR2004
    close = [o for o in CATALOGUE if wanted[:6] in o.name.lower()] if len(wanted) > 5 else []  # noqa: PLR2004
    close += [o for o in CATALOGUE if any(part in o.name.lower() for part in parts)]
    return list({o.name: o for o in close}.values())[:5]
