"""One call before it is sent: pure data, made by a resource and carried out by the flow."""

from collections.abc import Callable, Mapping
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

import msgspec

from leadwire.operations import BY_NAME, BY_PATH, OTHER, Operation
from leadwire.operations.operation import Keys, LimitClass
from leadwire.sdk.errors import Misuse

T = TypeVar("T")

_JSON_TYPE: Final = "application/json"
_JSON: Final = msgspec.json.Encoder()


class Call(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What is asked, and how the answer is read.

    *query* is encoded already and never holds a key. *keys* are those that the call wants.
    *repeatable*: carrying it out twice leaves things as carrying it out once does, so it may be
    sent again after an attempt of which nobody knows what became. *refused_again*: carried out
    once more it makes no second thing, since what it makes has a value that the server takes once.
    *read* makes the result of the decoded body, whatever JSON it is; it must not raise for members
    that are missing.
    """

    operation: str
    api_type: str
    method: str
    path: str
    query: str
    body: bytes
    media_type: str = _JSON_TYPE
    """Of the body. A body of another type is of a file, and is in no log."""
    is_download: bool = False
    """Whether the answer of a success is a file, whatever it holds, and *read* gets its bytes."""
    limit_class: LimitClass
    keys: Keys
    repeatable: bool
    read: Callable[[Any], T]
    refused_again: bool = False


def operation_named(name: str) -> Operation:
    """The catalogue's operation. Raises Misuse for an unknown name."""
    operation = BY_NAME.get(name)
    if operation is None:
        raise Misuse(f"There is no operation {name} in the catalogue.")
    return operation


def operation_call(  # the parts of a call
    name: str,
    read: Callable[[Any], T],
    *,
    query: Mapping[str, object] | None = None,
    body: object = None,
    form: tuple[str, bytes] | None = None,
    has_key: bool = True,
) -> Call[T]:
    """A call of an operation of the catalogue.

    *query* without the members that are None; *body* as JSON, or no body, or a *form*: its media
    type and its bytes. *has_key*: whether the body has a value that identifies what is written.
    The catalogue says what a second call does then.
    """
    operation = operation_named(name)
    return Call(
        operation=operation.name,
        api_type=operation.api_type,
        method=operation.method,
        path=operation.url_path,
        query=query_text(query or {}),
        body=form[1] if form else b"" if body is None else _JSON.encode(body),
        media_type=form[0] if form else _JSON_TYPE,
        is_download=operation.result is bytes,
        limit_class=operation.limit_class,
        keys=operation.keys,
        repeatable=operation.repeat == "safe"
        or (operation.repeat == "safe with a key" and has_key),
        refused_again=operation.repeat == "refused" and has_key,
        read=read,
    )


def raw_call(
    method: str,
    path: str,
    *,
    query: Mapping[str, object] | None = None,
    body: object = None,
    repeatable: bool | None = None,
) -> Call[Any]:
    """A call of a path that the catalogue need not have. Its result is the decoded body.

    Raises Misuse for a whole URL: the keys go to the client's own host alone.
    """
    if "://" in path or path.startswith("//"):
        raise Misuse("raw takes a path, such as /v2/LeadManagement.svc/Leads.Get, and no URL.")
    bare, _, own = path.partition("?")
    bare = bare if bare.startswith("/") else f"/v2/{bare}"
    encoded = quote(bare, safe="/%:@!$&'()*+,;=~-._")
    more = query_text(query or {})
    known = BY_PATH.get(bare.lower())
    return Call(
        operation=known.name if known else "",
        api_type=known.api_type if known else OTHER,
        method=method.upper(),
        path=encoded,
        query="&".join(part for part in (own, more) if part),
        body=b"" if body is None else _JSON.encode(body),
        limit_class=known.limit_class if known else "standard",
        keys=known.keys if known else "pair",
        repeatable=method.upper() == "GET" if repeatable is None else repeatable,
        read=lambda tree: tree,
    )


def query_text(parameters: Mapping[str, object]) -> str:
    """A query string, without the members that are None; booleans are ``true`` and ``false``."""
    return "&".join(
        f"{quote(name, safe='')}={quote(_parameter(value), safe='')}"
        for name, value in parameters.items()
        if value is not None
    )


def _parameter(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
