"""The objects in answers: they keep every member, and the known ones have typed names.

``lead["mx_City"]`` is the raw member. ``lead.created_on`` is the same object's ``CreatedOn`` as an
aware datetime. A member that the API omits or renames is None. A new member is available by its
wire name.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import Any, Generic, Self, TypeVar, overload

import msgspec

from leadwire.sdk import values
from leadwire.sdk.errors import SdkError

T = TypeVar("T")
R = TypeVar("R", bound="Row")


class IdMissing(SdkError, AttributeError):
    """The answer does not hold the requested id, for example because of the chosen columns."""


class Row(Mapping[str, Any]):
    """An object of an answer: a read-only mapping of its members by wire name."""

    __slots__ = ("_members",)

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  # any JSON
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self._members)!r})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return dict(self._members) == dict(other)

    __hash__ = None  # type: ignore[assignment]  # read-only, but it may hold lists

    @classmethod
    def of(cls, tree: object) -> Self:
        """A Row from any JSON; empty if it is not an object."""
        return cls(tree if isinstance(tree, dict) else {})


class Member(Generic[T]):
    """A typed name for a member of a Row."""

    def __init__(self, name: str, read: Callable[[Any], T]) -> None:
        self.name = name
        self._read = read

    @overload
    def __get__(self, row: None, owner: type[Row]) -> Self: ...

    @overload
    def __get__(self, row: Row, owner: type[Row]) -> T: ...

    def __get__(self, row: Row | None, owner: type[Row]) -> Self | T:
        return self if row is None else self._read(row.get(self.name))


class Identity(Member[str]):
    """An id. Raises IdMissing if the answer does not hold it."""

    def __init__(self, name: str) -> None:
        super().__init__(name, self._known)

    def _known(self, value: object) -> str:
        if value is None or value == "":
            raise IdMissing(f"The answer has no {self.name}. Request that column.")
        return str(value)


def text(name: str) -> Member[str | None]:
    return Member(name, lambda value: None if value is None else str(value))


def number(name: str) -> Member[int | float | None]:
    return Member(name, lambda value: None if value is None else values.parse_number(value))


def whole(name: str) -> Member[int | None]:
    return Member(name, _whole)


def flag(name: str) -> Member[bool | None]:
    return Member(name, lambda value: None if value is None else values.parse_boolean(value))


def moment(name: str) -> Member[datetime | None]:
    return Member(name, lambda value: None if value is None else values.parse_moment(str(value)))


def day(name: str) -> Member[date | None]:
    return Member(name, lambda value: None if value is None else values.parse_date(str(value)))


def child(name: str, kind: type[R]) -> Member[R]:
    """A nested object; empty if there is none."""
    return Member(name, kind.of)


def children(name: str, kind: type[R]) -> Member[list[R]]:
    return Member(name, lambda value: rows_of(value, kind))


def texts(name: str) -> Member[list[str]]:
    return Member(name, lambda value: list(map(str, value)) if isinstance(value, list) else [])


def mapping(name: str) -> Member[Mapping[str, Any]]:
    """A nested object by its wire names."""
    return Member(name, lambda value: value if isinstance(value, dict) else {})


def json_object(value: object) -> dict[str, Any]:
    """An object, or JSON text of one; empty for anything else."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return {}
    return value if isinstance(value, dict) else {}


def rows_of(tree: object, kind: type[R]) -> list[R]:
    """The objects in an array; empty for anything else."""
    return [kind.of(item) for item in tree] if isinstance(tree, list) else []


def _whole(value: object) -> int | None:
    found = None if value is None else values.parse_number(value)
    return int(found) if found is not None and found == int(found) else None
