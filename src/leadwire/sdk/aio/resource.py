"""What every resource is: a way to the client, and the two things done with it."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from leadwire.sdk.calls import operation_call
from leadwire.sdk.reading import Page
from leadwire.sdk.rows import Row

if TYPE_CHECKING:
    from leadwire.sdk.aio.client import AsyncClient

T = TypeVar("T")
R = TypeVar("R", bound=Row)


class AsyncResource:
    """A family of operations. Its methods raise an SdkError, and return typed results."""

    def __init__(self, client: "AsyncClient") -> None:
        self._client = client

    def __repr__(self) -> str:
        return f"{type(self).__name__}(of {self._client!r})"

    async def _call(  # noqa: PLR0913  # the parts of a call
        self,
        operation: str,
        read: Callable[[Any], T],
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        repeatable: bool | None = None,
        form: tuple[str, bytes] | None = None,
        refused_again: bool = False,
    ) -> T:
        """Call an operation of the catalogue by its name; see ``operation_call``."""
        return await self._client.run(
            operation_call(
                operation,
                read,
                query=query,
                body=body,
                repeatable=repeatable,
                form=form,
                refused_again=refused_again,
            )
        )

    async def _every(
        self, fetch: Callable[[int], Awaitable[Page[R]]], page_size: int
    ) -> AsyncIterator[R]:
        """The rows of page after page, until one is short. One page is held at a time."""
        index = 1
        while True:
            page = await fetch(index)
            for row in page:
                yield row
            if len(page) < page_size:
                return
            index += 1

    async def _every_numbered(
        self,
        fetch: Callable[[int], Awaitable[Page[R]]],
        page_size: int,
        number: Callable[[R], int],
    ) -> AsyncIterator[R]:
        """As ``_every``, of rows in the order of their *number*, that may cease to match meanwhile.

        When fewer match than a page ago, those behind have moved up, onto pages that were fetched
        before: these are fetched again. No row is met twice, and none is passed over.
        """
        index, last, total = 1, -1, 0
        while True:
            page = await fetch(index)
            gone = total - (total if page.total is None else page.total)
            total -= gone
            if gone > 0 and index > 1:
                index = max(1, index - 1 - (gone - 1) // page_size)
                continue
            for row in page:
                if number(row) > last:
                    last = number(row)
                    yield row
            if len(page) < page_size:
                return
            index += 1
