"""Names in a request that the catalogue does not know: they have no effect."""

import types
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final
from urllib.parse import parse_qsl

import msgspec

from leadwire.calls.fields import proposal
from leadwire.operations.operation import Operation

_KEYS: Final = ("accesskey", "secretkey", "x-api-key", "access_key", "secret_key")
"""Keys may stand in every query; the log does not have them."""
_OF_LEADSQUARED: Final = ("workdaytemplateid", "holidaycalendarid")
"""Documented members that have an effect there, and none in leadwire."""
_NAME_MAX: Final = 80
_DEPTH_MAX: Final = 8
_PARAMETERS_MAX: Final = 200
_ROWS_MAX: Final = 50
"""Rows of an array that are looked at: the rest is written by the same code."""


def unknown_names(
    operation: Operation,
    query_string: str,
    body: Any,  # noqa: ANN401  # any JSON
) -> Iterator[tuple[str, str]]:
    """(``query.name`` or ``body.Name``, the name that is meant or empty), each once."""
    found: dict[str, str] = {}
    names = _parameter_names(operation)
    for name in _names_in(query_string):
        if name.lower() not in names and name.lower() not in _KEYS:
            found[f"query.{name}"] = _meant(name, tuple(names.values()))
    if body is not None and operation.body is not None:
        for name, meant in _unknown_members(body, operation.body, "body", 0):
            found.setdefault(name, meant)
    yield from found.items()


def _names_in(query_string: str) -> list[str]:
    try:
        pairs = parse_qsl(query_string, keep_blank_values=True, max_num_fields=_PARAMETERS_MAX)
    except ValueError:
        return []
    return [name[:_NAME_MAX] for name, _ in pairs]


@cache
def _parameter_names(operation: Operation) -> Mapping[str, str]:
    """Every accepted name of a parameter, by its lower case."""
    return {
        name.lower(): name
        for parameter in operation.parameters
        for name in (parameter.name, *parameter.also)
    }


def _unknown_members(
    value: Any,  # noqa: ANN401  # any JSON
    shape: Any,  # noqa: ANN401  # any type
    path: str,
    depth: int,
) -> Iterator[tuple[str, str]]:
    if depth > _DEPTH_MAX:
        return
    if isinstance(value, list):
        of_rows = _row_shape(shape)
        if of_rows is not None:
            for row in value[:_ROWS_MAX]:
                yield from _unknown_members(row, of_rows, path, depth + 1)
        return
    struct = _struct_of(shape)
    if struct is None or not isinstance(value, dict):
        return
    members = _members(struct)
    for name, member in value.items():
        known = members.get(name.lower())
        if known is None and name.lower() in _OF_LEADSQUARED:
            continue
        if known is None:
            shown = tuple(spelled for spelled, _ in members.values())
            yield f"{path}.{name[:_NAME_MAX]}", _meant(name, shown)
        else:
            yield from _unknown_members(member, known[1], f"{path}.{known[0]}", depth + 1)


@cache
def _members(struct: type[msgspec.Struct]) -> Mapping[str, tuple[str, Any]]:
    """(spelling, type) of each member, by its name in lower case."""
    return {
        field.encode_name.lower(): (field.encode_name, field.type)
        for field in msgspec.structs.fields(struct)
    }


@cache
def _struct_of(shape: Any) -> type[msgspec.Struct] | None:  # noqa: ANN401
    """The one struct that *shape* can be; None if it is anything else."""
    if isinstance(shape, type) and issubclass(shape, msgspec.Struct):
        return shape
    if typing.get_origin(shape) in (types.UnionType, typing.Union):
        structs = [found for part in typing.get_args(shape) if (found := _struct_of(part))]
        return structs[0] if len(structs) == 1 else None
    return None


@cache
def _row_shape(shape: Any) -> Any:  # noqa: ANN401
    """The type of the rows of an array; None if *shape* is not an array."""
    if typing.get_origin(shape) in (list, tuple):
        return typing.get_args(shape)[0]
    if typing.get_origin(shape) in (types.UnionType, typing.Union):
        rows = [found for part in typing.get_args(shape) if (found := _row_shape(part)) is not None]
        return rows[0] if len(rows) == 1 else None
    return None


def _meant(name: str, known: tuple[str, ...]) -> str:
    """The known name that *name* is most like; empty if there is none."""
    offered = proposal(name, known)
    return offered.removeprefix(" Did you mean ").removesuffix("?").partition(" or ")[0]
