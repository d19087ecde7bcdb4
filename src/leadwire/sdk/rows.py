"""The objects in answers: they keep every member, and the known ones have typed names.

``lead["mx_City"]`` is the raw member. ``lead.created_on`` is the same object's ``CreatedOn`` as an
aware datetime. A member that the API omits or renames is None. A new member is available by its
wire name. Nothing of a row can be assigned to.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, Final, Generic, Never, Self, TypeVar, overload

import msgspec

from leadwire.sdk import values
from leadwire.sdk.call_info import NO_CALL, CallInfo
from leadwire.sdk.errors import SdkError

T = TypeVar("T")
R = TypeVar("R", bound="Row")

_SHOWN: Final = re.compile(
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|mx_\w{1,60}", re.ASCII | re.IGNORECASE
)
"""Values that ``repr`` shows: ids, and schema names of an account's own fields."""


class IdMissing(SdkError, AttributeError):
    """The answer does not hold the requested id, for example because of the chosen columns."""


class FromCall:
    """A result that knows which call it came from."""

    __slots__ = ()
    _call: CallInfo

    @property
    def call(self) -> CallInfo:
        """The call that returned this; empty for an object that no call returned."""
        return getattr(self, "_call", NO_CALL)

    def came_from(self, call: CallInfo) -> None:
        """Note the call. The flow of the call does this once."""
        object.__setattr__(self, "_call", call)


class Row(Mapping[str, Any], FromCall):
    """An object of an answer: a read-only mapping of its members by wire name.

    Rows with the same members are equal. ``repr`` shows ids and no other value, since the others
    may be personal. Rows can be copied and pickled.
    """

    __slots__ = ("_call", "_members")

    def __init__(self, members: Mapping[str, Any]) -> None:
        self._members = members

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401  # any JSON
        return self._members[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._members)

    def __len__(self) -> int:
        return len(self._members)

    def to_dict(self) -> dict[str, Any]:
        """The row ready for JSON: known members by their Python names, others by wire names.

        Values are typed as the Python names are. Dates are ISO 8601 text. A value that does not fit
        its type stays as it came. A member that the API omitted is omitted.
        """
        names = _names_of(type(self))
        found: dict[str, Any] = {}
        for wire_name, raw in self._members.items():
            known = names.get(wire_name)
            if known is None:
                found.setdefault(wire_name, plain(raw))
                continue
            name, member = known
            value = raw if isinstance(member, Identity) or raw is None else member.read(raw)
            found[name] = plain(raw if value is None and raw != "" else value)
        return found

    def __repr__(self) -> str:
        ids = {
            name: self._members.get(wire_name)
            for wire_name, (name, _) in _names_of(type(self)).items()
            if name in ("id", "schema_name") or name.endswith("_id")
        }
        shown = [f"{name}={value!r}" for name, value in ids.items()
                 if isinstance(value, str) and _SHOWN.fullmatch(value)]  # fmt: skip
        return f"{type(self).__name__}({', '.join(shown)})"

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mapping):
            return NotImplemented
        return dict(self._members) == dict(other)

    __hash__ = None  # type: ignore[assignment]  # read-only, but it may hold lists

    @classmethod
    def of(cls, tree: object) -> Self:
        """A Row from any JSON; empty if it is not an object."""
        return cls(tree if isinstance(tree, dict) else {})


class Rows(list[R], FromCall):
    """The rows of one answer: a list that knows its call. Each row knows it too."""

    __slots__ = ("_call",)

    def came_from(self, call: CallInfo) -> None:
        """Note the call of the list and of its rows."""
        super().came_from(call)
        for row in self:
            row.came_from(call)


class Member(Generic[T]):
    """A typed name for a member of a Row.

    *kind* describes the value in words; ``help`` shows it.
    """

    def __init__(self, name: str, read: Callable[[Any], T], kind: str) -> None:
        self.name: Final = name
        self.read: Final = read
        self.kind: Final = kind
        self.__doc__ = f"``{name}``: {kind}."

    @overload
    def __get__(self, row: None, owner: type[Row]) -> Self: ...

    @overload
    def __get__(self, row: Row, owner: type[Row]) -> T: ...

    def __get__(self, row: Row | None, owner: type[Row]) -> Self | T:
        if row is None:
            return self
        found = self.read(row.get(self.name))
        if isinstance(found, FromCall):
            found.came_from(row.call)
        return found

    def __set__(self, row: Row, value: Never) -> None:
        raise AttributeError(f"A {type(row).__name__} is what the API answered: it is read-only.")

    def __delete__(self, row: Row) -> None:
        raise AttributeError(f"A {type(row).__name__} is what the API answered: it is read-only.")


class Identity(Member[str]):
    """An id. Raises IdMissing if the answer does not hold it."""

    def __init__(self, name: str) -> None:
        super().__init__(name, self._known, "an id; IdMissing is raised if it is absent")

    def _known(self, value: object) -> str:
        if value is None or value == "":
            raise IdMissing(f"The answer has no {self.name}. Request that column.")
        return str(value)


def text(name: str) -> Member[str | None]:
    """A member that is text."""
    return Member(name, lambda value: None if value is None else str(value), "text, or None")


def number(name: str) -> Member[int | float | None]:
    """A member that is a number."""
    return Member(
        name,
        lambda value: None if value is None else values.parse_number(value),
        "a number, or None",
    )


def whole(name: str) -> Member[int | None]:
    """A member that is a whole number."""
    return Member(name, _whole, "a whole number, or None")


def flag(name: str) -> Member[bool | None]:
    """A member that is true or false."""
    return Member(
        name,
        lambda value: None if value is None else values.parse_boolean(value),
        "True, False or None",
    )


def moment(name: str) -> Member[datetime | None]:
    """A member that is a date-time."""
    return Member(
        name,
        lambda value: None if value is None else values.parse_moment(str(value)),
        "a datetime in UTC, or None",
    )


def day(name: str) -> Member[date | None]:
    """A member that is a date."""
    return Member(
        name,
        lambda value: None if value is None else values.parse_date(str(value)),
        "a date, or None",
    )


def child(name: str, kind: type[R]) -> Member[R]:
    """A nested object; empty if there is none."""
    return Member(name, kind.of, f"a {kind.__name__}, empty if absent")


def children(name: str, kind: type[R]) -> "Member[Rows[R]]":
    """A list of nested objects."""
    return Member(
        name, lambda value: rows_of(value, kind), f"a list of {kind.__name__}, empty if absent"
    )


def texts(name: str) -> Member[list[str]]:
    """A list of texts."""
    return Member(
        name,
        lambda value: list(map(str, value)) if isinstance(value, list) else [],
        "a list of texts, empty if absent",
    )


def mapping(name: str) -> Member[Row]:
    """A nested object by its wire names."""
    return Member(name, Row.of, "a Row by wire names, empty if absent")


def json_object(value: object) -> dict[str, Any]:
    """An object, or JSON text of one; empty for anything else."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except msgspec.DecodeError:
            return {}
    return value if isinstance(value, dict) else {}


def rows_of(tree: object, kind: type[R]) -> "Rows[R]":
    """The objects in an array; empty for anything else."""
    return Rows(kind.of(item) for item in tree) if isinstance(tree, list) else Rows()


@cache
def members_of(kind: type[Row]) -> dict[str, Member[Any]]:
    """The public members of a class by their Python names, those of its bases first."""
    return {
        name: member
        for base in reversed(kind.__mro__)
        for name, member in vars(base).items()
        if isinstance(member, Member) and not name.startswith("_")
    }


@cache
def _names_of(kind: type[Row]) -> dict[str, tuple[str, Member[Any]]]:
    """Python name and member by wire name."""
    return {member.name: (name, member) for name, member in members_of(kind).items()}


def plain(value: Any) -> Any:  # noqa: ANN401  # any JSON, or what a member reads from it
    """*value* as JSON has it."""
    if isinstance(value, Row):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {str(name): plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    if isinstance(value, date):  # a datetime, too
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool | None) else str(value)


def _whole(value: object) -> int | None:
    found = None if value is None else values.parse_number(value)
    return int(found) if found is not None and found == int(found) else None
