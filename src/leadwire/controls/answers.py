"""Requests and answers of the control interface: strict JSON in, JSON out, errors that help."""

import asyncio
import difflib
import re
import time
from collections.abc import Callable
from typing import Any, Final, Literal, TypeVar, get_args, get_origin, get_type_hints

import msgspec
from starlette.requests import Request
from starlette.responses import Response

T = TypeVar("T")

WAIT_MS_MAX: Final = 600_000
"""The longest wait or delay that a request may ask for."""
_LOOK_SECONDS: Final = 0.002
_DIGITS_MAX: Final = 6

BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = 401
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
CONFLICT: Final = 409
WRONG_TYPE: Final = 415
_BODY_BYTES_MAX: Final = 64 * 1024 * 1024
_UNKNOWN: Final = re.compile(r"unknown field `(.+)`")
_NAME: Final = re.compile(r"[\w-]{1,100}", re.ASCII)
_NAME_OF_PLACE: Final = re.compile(r"\[[^\]]*\]$")
"""The index at the end of a place: ``keep[0]``."""
_PLACE: Final = re.compile(r" - at `\$\.?(.*)`$")


class Refused(Exception):
    """A control request that is not carried out. *at* is the place in the request."""

    def __init__(
        self,
        status_code: int,
        code: str,
        message: str,
        *,
        at: str = "",
        fix: str = "",
        **more: object,
    ) -> None:
        super().__init__(message)
        self.status_code = status_code
        self.error = {"code": code, "at": at, "message": message, "fix": fix}
        self.body = {"error": self.error, **more}


def wrong(message: str, *, at: str = "", fix: str = "") -> Refused:
    """An invalid value."""
    return Refused(BAD_REQUEST, "invalid_value", message, at=at, fix=fix)


def did_you_mean(name: str, known: "list[str] | tuple[str, ...]") -> str:
    """A sentence with the nearest of *known*; empty if none is near."""
    lower = {each.lower(): each for each in known}
    found = difflib.get_close_matches(name.lower(), lower, n=1)
    return f"Did you mean '{lower[found[0]]}'?" if found else ""


def check_wait(name: str, wait_ms: int, *, at: str = "") -> None:
    """Raises Refused for a wait that is too long."""
    if not 0 <= wait_ms <= WAIT_MS_MAX:
        raise wrong(f"'{name}' is from 0 to {WAIT_MS_MAX:,}.", at=at or name)


def check_name(of: str, name: str) -> None:
    """Raises Refused for a name that no path can have as one part."""
    if not _NAME.fullmatch(name):
        raise wrong(f"A {of}'s name has 1 to 100 letters, digits, - and _.", at="name")


def number_of(request: Request, name: str, default: int) -> int:
    """A whole number of the query. Raises Refused."""
    text = request.query_params.get(name, str(default))
    if not text.isdecimal() or not text.isascii() or len(text) > _DIGITS_MAX:
        raise wrong(f"'{name}' is a whole number.", at=name)
    return int(text)


async def until(is_over: Callable[[], bool], ends_at: float) -> None:
    """Return once *is_over*, or at *ends_at* by ``time.perf_counter``."""
    while not is_over() and time.perf_counter() < ends_at:  # noqa: ASYNC110  # many parts end it
        await asyncio.sleep(_LOOK_SECONDS)


def answer(value: Any, status_code: int = 200) -> Response:  # noqa: ANN401  # any JSON
    return Response(msgspec.json.encode(value), status_code, media_type="application/json")


async def body_of(request: Request, of: type[T]) -> T:
    """The request's JSON as *of*. An empty body is an empty object. Raises Refused."""
    content = await request.body()
    if len(content) > _BODY_BYTES_MAX:
        raise wrong(f"The body is larger than {_BODY_BYTES_MAX} bytes.")
    try:
        value = msgspec.json.decode(content or b"{}")
    except msgspec.DecodeError as error:
        raise Refused(BAD_REQUEST, "invalid_json", f"The body is not JSON: {error}.") from None
    # PHP writes an empty object as an empty array.
    return as_type({} if value == [] else value, of)


def as_type(value: Any, of: type[T], *, strict: bool = True) -> T:  # noqa: ANN401  # any JSON
    """*value* as *of*. Not *strict*: texts may be numbers. Raises Refused, naming the place."""
    try:
        return msgspec.convert(value, of, strict=strict)
    except msgspec.ValidationError as error:
        raise _invalid(str(error), of) from None


def _invalid(text: str, of: Any) -> Refused:  # noqa: ANN401  # a type
    place = _PLACE.search(text)
    at = place[1] if place else ""
    message = _PLACE.sub("", text)
    unknown = _UNKNOWN.search(message)
    if unknown is None:
        choices = _choices(of, _NAME_OF_PLACE.sub("", at).rpartition(".")[2])
        fix = f"Choose one of {', '.join(map(str, choices))}." if choices else ""
        return wrong(f"{message}.", at=at, fix=fix)
    name = unknown[1]
    return Refused(
        BAD_REQUEST,
        "unknown_member",
        f"There is no member '{name}'.",
        at=f"{at}.{name}" if at else name,
        fix=did_you_mean(name, tuple(_members(of))),
    )


def _members(of: Any) -> dict[str, Any]:  # noqa: ANN401  # a type
    """The types of all members of the structs in *of*, by name."""
    members: dict[str, Any] = {}
    if isinstance(of, type) and issubclass(of, msgspec.Struct):
        members |= get_type_hints(of)
    parts = members.values() if members else getattr(of, "__args__", ())
    for part in list(parts):
        members |= _members(part)
    return members


def _choices(of: Any, name: str) -> tuple[object, ...]:  # noqa: ANN401  # a type
    """What the member *name* may be, if its type lists that."""
    hint = _members(of).get(name)
    if get_origin(hint) in (list, tuple):
        hint = get_args(hint)[0]
    own = () if get_origin(hint) is Literal else get_args(hint)
    parts = [part for part in own or (hint,) if part is not type(None)]
    return get_args(parts[0]) if [get_origin(part) for part in parts] == [Literal] else ()
