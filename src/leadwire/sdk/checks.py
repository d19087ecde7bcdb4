"""Checks of arguments, so that a slip is named instead of sent."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar

from leadwire.sdk.errors import InvalidValue

T = TypeVar("T")

_MEANT: Final = {
    "!=": ("<>", "neq"), "==": ("=", "eq"), "=": ("eq",), "<>": ("neq",), ">": ("gt",),
    ">=": ("gte",), "<": ("lt",), "<=": ("lte",), "like": ("LIKE", "lik"), "in": ("IN",),
    "eq": ("=",), "neq": ("<>",), "gt": (">",), "lt": ("<",), "and": ("AND", "And"),
    "or": ("OR", "Or"),
}  # fmt: skip
"""What people write for an operator, and what each kind of search calls it."""


def identifier(name: str, value: object) -> None:
    """Raises InvalidValue if *value* cannot be an id: no text, or blank text."""
    if not isinstance(value, str):
        raise InvalidValue(f"{name} must be text, not {type(value).__name__}.")
    filled(name, value)


def mapping(name: str, value: object) -> None:
    """Raises InvalidValue if *value* is no mapping."""
    if not isinstance(value, Mapping):
        raise InvalidValue(
            f"{name} must be a mapping of names to values, such as {{'first_name': 'Asha'}}, not "
            f"{type(value).__name__}."
        )


def listed(name: str, value: object) -> None:
    """Raises InvalidValue if *value* is one text or one mapping, or not iterable."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable):
        raise InvalidValue(f"{name} must be a list, not {type(value).__name__}.")


def whole_number(name: str, value: object, least: int, most: int | None = None) -> None:
    """Raises InvalidValue if *value* is no whole number from *least* to *most*."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    if is_whole and value in range(least, sys.maxsize if most is None else most + 1):
        return
    bound = f"{least} or more" if most is None else f"from {least:,} to {most:,}"
    raise InvalidValue(f"{name} must be a whole number, {bound}.")


def filled(name: str, value: object) -> None:
    """Raises InvalidValue if *value* is None or blank text."""
    if value is None or (isinstance(value, str) and not value.strip()):
        raise InvalidValue(f"{name} is empty. Pass a value.")


def one_of(name: str, value: object, known: Sequence[str]) -> None:
    """Raises InvalidValue if *value* is not one of *known*."""
    if value not in known:
        meant = [word for word in _MEANT.get(str(value).lower(), ()) if word in known]
        hint = f" Did you mean {meant[0]}?" if meant else ""
        raise InvalidValue(f"Unknown {name} {value!r}. Choose one of {', '.join(known)}.{hint}")


def named_once(values: Iterable[tuple[str, T]], wire_name: Callable[[str], str]) -> dict[str, T]:
    """*values* by wire name.

    Raises InvalidValue if two names mean the same field, or if a name is not text.
    """
    given: dict[str, str] = {}
    found: dict[str, T] = {}
    for name, value in values:
        identifier("The name of a field", name)
        named = wire_name(name)
        earlier = given.get(named.lower())
        if earlier is not None:
            raise InvalidValue(f"{earlier} and {name} are the same field. Pass it once.")
        given[named.lower()] = name
        found[named] = value
    return found


def body_ids(operation: str, body: object, mandatory: Iterable[str]) -> None:
    """Raises InvalidValue if an id or a *mandatory* member is in a body and empty.

    *mandatory* names members by their path, as ``Parameter.RelatedId``. The API names members that
    are missing.
    """
    if not isinstance(body, Mapping):
        return
    for path in mandatory:
        filled(f"{operation}: {path}", _member(body, path))
    for part in (body, body.get("Parameter")):
        for name, value in (part or {}).items() if isinstance(part, Mapping) else ():
            is_id = name.lower().endswith("id") or name == "EmailAddress"
            if is_id and isinstance(value, str | None):
                filled(f"{operation}: {name}", value)


def _member(body: Mapping[str, Any], path: str) -> object:
    found: object = body
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return _ABSENT
        found = found[name]
    return found


_ABSENT: Final = object()
