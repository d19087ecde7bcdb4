# Made by scripts/sdk from leadwire/sdk/aio/resource.py: change that file instead.
"""The base of every resource: it calls operations and paginates."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from typing import Any, Protocol, Self, TypeVar

import msgspec

from leadwire.sdk.calls import Call, operation_call
from leadwire.sdk.paging import Paginator
from leadwire.sdk.reading import Page
from leadwire.sdk.retries import RetryPolicy
from leadwire.sdk.rows import Row

T = TypeVar("T")
R = TypeVar("R", bound=Row)


class Caller(Protocol):
    """The part of a client that resources need. ``Client`` implements it."""

    def run(self, call: Call[T]) -> T:
        """Send *call* and return its result. Raises an SdkError."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait as the client does between attempts."""
        ...

    def with_options(self, *, retries: int | RetryPolicy | msgspec.UnsetType = ...) -> Self:
        """The same client with other options."""
        ...


class Resource:
    """A group of operations. Methods return typed results or raise an SdkError."""

    def __init__(self, client: Caller) -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"{type(self).__name__}(of {self._client!r})"

    def _call(
        self,
        operation: str,
        read: Callable[[Any], T],
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        form: tuple[str, bytes] | None = None,
        has_key: bool = True,
    ) -> T:
        """Call an operation of the catalogue by its name; see ``operation_call``."""
        call = operation_call(operation, read, query=query, body=body, form=form, has_key=has_key)
        del body, form  # may hold secrets, which a traceback would show
        return self._client.run(call)

    def _every(
        self,
        fetch: Callable[[int, int], Page[R]],
        page_size: int,
        key: Callable[[R], Hashable],
    ) -> Iterator[R]:
        """The rows of all pages, each once. *fetch* takes an index and a size.

        Holds one page and the *key* of every row so far; see Paginator.
        """
        paginator = Paginator(page_size, key)
        while not paginator.is_over:
            for row in paginator.take(fetch(paginator.index, paginator.size)):
                yield row
