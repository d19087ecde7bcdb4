"""Readers: turn the decoded body of an answer into a result, one reader per shape.

A body with another shape raises UnexpectedShape, which becomes AnswerUnreadable. So an error page
never passes for an empty list.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, TypeVar, overload

from leadwire.sdk.answers import UnexpectedShape as UnexpectedShape  # noqa: PLC0414  # exported for readers
from leadwire.sdk.call_info import CallInfo
from leadwire.sdk.rows import FromCall, Row, Rows

R = TypeVar("R", bound=Row)

Reader = Callable[[Any], R]


class Page(Sequence[R], FromCall, Generic[R]):
    """The rows of one answer, read-only. Page and rows know their call."""

    __slots__ = ("_call", "_rows", "_total")

    def __init__(self, rows: Sequence[R], total: int | None = None) -> None:
        self._rows = tuple(rows)
        self._total = total

    @property
    def rows(self) -> tuple[R, ...]:
        """The rows of this answer."""
        return self._rows

    @property
    def total(self) -> int | None:
        """How many rows match in all, if the API reports it."""
        return self._total

    def to_dict(self) -> dict[str, Any]:
        """The page ready for JSON: its total, and the ``to_dict`` of each row."""
        return {"total": self._total, "rows": [row.to_dict() for row in self._rows]}

    @overload
    def __getitem__(self, index: int) -> R: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[R]: ...

    def __getitem__(self, index: int | slice) -> R | Sequence[R]:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[R]:
        return iter(self.rows)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Page):
            return NotImplemented
        return (self._rows, self._total) == (other.rows, other.total)

    __hash__ = None  # type: ignore[assignment]  # rows cannot be hashed

    def came_from(self, call: CallInfo) -> None:
        """Note the call of the page and of its rows."""
        super().came_from(call)
        for row in self.rows:
            row.came_from(call)

    def __repr__(self) -> str:
        return f"Page({len(self.rows)} rows of {'?' if self.total is None else self.total})"


def one(kind: type[R]) -> Callable[[Any], R]:
    """An object."""
    return lambda tree: kind(_object(tree))


def message(kind: type[R]) -> Callable[[Any], R]:
    """The ``Message`` of a write; empty if there is none."""
    return lambda tree: kind.of(_object(tree).get("Message"))


def many(kind: type[R], *names: str) -> Callable[[Any], Rows[R]]:
    """A bare array, or the first member of an object that is in *names*."""
    return lambda tree: Rows(kind(_object(row)) for row in _rows(tree, names))


def first(kind: type[R]) -> Callable[[Any], R | None]:
    """The first element of an array; None if it is empty."""

    def read(tree: Any) -> R | None:  # noqa: ANN401
        rows = _rows(tree, ())
        return kind(_object(rows[0])) if rows else None

    return read


def page(kind: type[R], *names: str) -> Callable[[Any], Page[R]]:
    """``{"RecordCount": n, NAME: [...]}``. The API omits the list if it is empty."""

    def read(tree: Any) -> Page[R]:  # noqa: ANN401
        rows = [kind(_flat(_object(row))) for row in _rows(tree, names)]
        total = tree.get("RecordCount") if isinstance(tree, dict) else None
        return Page(rows, total if type(total) is int else None)

    return read


def _rows(tree: Any, names: Sequence[str]) -> list[Any]:  # noqa: ANN401
    if isinstance(tree, list):
        return tree
    if isinstance(tree, dict):
        for name in names:
            if isinstance(tree.get(name), list):
                rows: list[Any] = tree[name]
                return rows
        if "RecordCount" in tree and names:
            return []
    raise UnexpectedShape


def _object(tree: Any) -> dict[str, Any]:  # noqa: ANN401
    if isinstance(tree, dict):
        return tree
    raise UnexpectedShape


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """A lead or company that came as a list of properties, as one object."""
    properties = row.get("LeadPropertyList", row.get("companyPropertyList"))
    if not isinstance(properties, list):
        return row
    return {
        part["Attribute"]: part.get("Value")
        for part in properties
        if isinstance(part, dict) and isinstance(part.get("Attribute"), str)
    }
