"""One call before it is sent. A resource makes it, and the flow sends it."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any, Final, Generic, TypeVar
from urllib.parse import quote

import msgspec

from leadwire.operations import BY_NAME, BY_PATH, OTHER, Operation
from leadwire.operations.operation import Keys, LimitClass
from leadwire.sdk import checks
from leadwire.sdk.errors import InvalidValue, Misuse
from leadwire.sdk.values import sendable

T = TypeVar("T")

_JSON_TYPE: Final = "application/json"
_JSON: Final = msgspec.json.Encoder()
_METHOD: Final = re.compile("[A-Za-z]+")


class Call(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """What to send, and how to read the answer.

    *query* is encoded and never holds a key. *keys* names the keys that the call needs.
    *repeatable*: sending it twice has the effect of sending it once, so it may be retried after a
    lost answer. *refused_again*: the server refuses a second create, because the first took a
    unique value. *read* makes the result from the decoded body, which may be any JSON. It must
    accept missing members.
    """

    operation: str
    api_type: str
    method: str
    path: str
    query: str
    body: bytes
    media_type: str = _JSON_TYPE
    """Type of the body. A body of another type is a file, and no log keeps it."""
    is_download: bool = False
    """Whether a success returns a file. *read* then gets its bytes."""
    limit_class: LimitClass
    keys: Keys
    repeatable: bool
    read: Callable[[Any], T]
    refused_again: bool = False

    def __repr__(self) -> str:
        return f"Call({self.method} {self.operation or 'of a path'})"


def operation_named(name: str) -> Operation:
    """The catalogue's operation. Raises Misuse for an unknown name."""
    operation = BY_NAME.get(name)
    if operation is None:
        raise Misuse(f"Unknown operation: {name} is not in the catalogue.")
    return operation


def operation_call(
    name: str,
    read: Callable[[Any], T],
    *,
    query: Mapping[str, object] | None = None,
    body: object = None,
    form: tuple[str, bytes] | None = None,
    has_key: bool = True,
) -> Call[T]:
    """A call of an operation in the catalogue.

    *query* may hold None members; they are omitted. The body is *body* as JSON, or *form* as media
    type and bytes, or empty. *has_key*: whether the body has a value that identifies the written
    object. It decides with the catalogue whether a repeat is safe.

    Raises InvalidValue for an empty id or mandatory value: the API would answer as if nothing was
    found.
    """
    operation = operation_named(name)
    _check_query(operation, query or {})
    checks.body_ids(name, body, operation.mandatory)
    return Call(
        operation=operation.name,
        api_type=operation.api_type,
        method=operation.method,
        path=operation.url_path,
        query=query_text(query or {}),
        body=form[1] if form else b"" if body is None else _encoded(body),
        media_type=form[0] if form else _JSON_TYPE,
        is_download=operation.result is bytes,
        limit_class=operation.limit_class,
        keys=operation.keys,
        repeatable=operation.repeat == "safe"
        or (operation.repeat == "safe with a key" and has_key),
        refused_again=operation.repeat == "refused" and has_key,
        read=read,
    )


def _check_query(operation: Operation, query: Mapping[str, object]) -> None:
    given = {name.lower(): value for name, value in query.items()}
    for parameter in operation.parameters:
        value, label = given.get(parameter.name.lower()), f"{operation.name}: {parameter.name}"
        if parameter.required and parameter.kind == "id":
            checks.identifier(label, value)
        elif parameter.required or value is not None:
            checks.filled(label, value)


def raw_call(
    method: str,
    path: str,
    *,
    query: Mapping[str, object] | None = None,
    body: object = None,
    repeatable: bool | None = None,
) -> Call[Any]:
    """A call of any path. Its result is the decoded body.

    Raises Misuse for a whole URL: the keys go only to the client's own host. Raises InvalidValue
    for what cannot be sent.
    """
    if not _METHOD.fullmatch(str(method)):
        raise InvalidValue("method must be letters, such as GET or POST.")
    checks.identifier("path", path)
    sendable(path)
    if "://" in path or path.startswith("//"):
        raise Misuse("raw takes a path, such as /v2/LeadManagement.svc/Leads.Get, not a URL.")
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
        body=b"" if body is None else _encoded(body),
        limit_class=known.limit_class if known else "standard",
        keys=known.keys if known else "pair",
        repeatable=method.upper() == "GET" if repeatable is None else repeatable,
        read=lambda tree: tree,
    )


def query_text(parameters: Mapping[str, object]) -> str:
    """A query string without the members that are None. Booleans are ``true`` and ``false``.

    Raises InvalidValue for a value that is neither text nor a number.
    """
    return "&".join(
        f"{quote(sendable(name), safe='')}={quote(_parameter(name, value), safe='')}"
        for name, value in parameters.items()
        if value is not None
    )


def _parameter(name: str, value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if not isinstance(value, str | int | float | Decimal):
        raise InvalidValue(f"{name} must be text or a number, not {type(value).__name__}.")
    return sendable(str(value))


def _encoded(body: object) -> bytes:
    try:
        return _JSON.encode(body)
    except (TypeError, ValueError, OverflowError, RecursionError) as fault:
        # Half of a surrogate pair is a ValueError, whose text would show the value.
        what = "text that UTF-8 cannot hold" if isinstance(fault, UnicodeError) else str(fault)
        raise InvalidValue(f"The body cannot be sent as JSON: {what}") from None
