"""An answer as it came, beside the result that a method makes of it."""

from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from leadwire.sdk.call_info import CallInfo
from leadwire.sdk.errors import Misuse
from leadwire.sdk.shared import Done

T = TypeVar("T")


class RawResponse(Generic[T]):
    """The answer to a successful call. ``repr`` shows neither body nor headers.

    *headers* have names in lower case, and keys are masked. *body* is decompressed, and otherwise
    as it came. *call* says which call it was. If a method makes several calls, it is the last.
    """

    call: CallInfo
    body: bytes

    def __init__(self, done: Done[Any], result: T) -> None:
        self.call = done.call
        self.body = done.reply.body
        self._result = result

    def __repr__(self) -> str:
        return f"RawResponse({len(self.body)} bytes, {self.call!r})"

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.call.status or 0

    @property
    def headers(self) -> Mapping[str, str]:
        """The headers by lower-case name, keys masked."""
        return self.call.headers

    @property
    def text(self) -> str:
        r"""The body as text; bytes that are not UTF-8 are written as ``\xNN``."""
        return self.body.decode("utf-8", "backslashreplace")

    def json(self) -> Any:  # noqa: ANN401  # any JSON
        """The body as JSON. Raises ValueError for any other body, such as a file."""
        return msgspec.json.decode(self.body)

    def parse(self) -> T:
        """The result that the method returns without ``with_raw_response``."""
        return self._result


def raw_response(kept: Sequence[Done[Any]], result: T) -> RawResponse[T]:
    """The last of the answers that a method kept. Raises Misuse if it made no call."""
    if not kept:
        raise Misuse("This method made no call, so there is no response to return.")
    return RawResponse(kept[-1], result)


def check_method(resource: object, name: str) -> None:
    """Raises AttributeError for no method of *resource*, and Misuse for an iterator."""
    if name.startswith("_") or not callable(getattr(resource, name, None)):
        raise AttributeError(f"{type(resource).__name__} has no method {name}.")
    if name.startswith("iter_"):
        raise Misuse(f"{name} makes several calls, one for each page. Each of its rows has .call.")
