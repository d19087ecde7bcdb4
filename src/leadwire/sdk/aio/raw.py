"""``with_raw_response``: the methods of a client, with the answer as it came."""

from collections.abc import Mapping
from typing import Any, Protocol, Self

from leadwire.sdk.raw_response import RawResponse, check_method, raw_response
from leadwire.sdk.shared import Done


class AsyncKeeping(Protocol):
    """The part of a client that this needs. ``AsyncClient`` implements it."""

    def keeping(self, kept: list[Done[Any]]) -> Self:
        """The same client, which also adds each successful answer to *kept*."""
        ...


class AsyncRawClient:
    """The resources of a client; each method returns a RawResponse."""

    def __init__(self, client: AsyncKeeping) -> None:
        self._client = client

    def __getattr__(self, name: str) -> "AsyncRawResource":
        if name.startswith("_") or not hasattr(getattr(self._client, name, None), "_call"):
            raise AttributeError(f"{type(self._client).__name__} has no resource {name}.")
        return AsyncRawResource(self._client, name)

    async def raw(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, object] | None = None,
        body: object = None,
        repeatable: bool | None = None,
    ) -> RawResponse[Any]:
        """As ``client.raw``."""
        kept: list[Done[Any]] = []
        client: Any = self._client.keeping(kept)
        result = await client.raw(method, path, query=query, body=body, repeatable=repeatable)
        return raw_response(kept, result)


class AsyncRawResource:
    """The methods of a resource; each returns a RawResponse."""

    def __init__(self, client: AsyncKeeping, name: str) -> None:
        self._client = client
        self._name = name

    def __getattr__(self, name: str) -> "AsyncRawMethod":
        check_method(getattr(self._client, self._name), name)
        return AsyncRawMethod(self._client, self._name, name)


class AsyncRawMethod:
    """A method of a resource that returns a RawResponse."""

    def __init__(self, client: AsyncKeeping, resource: str, name: str) -> None:
        self._client = client
        self._resource = resource
        self._name = name

    async def __call__(self, *args: Any, **options: Any) -> RawResponse[Any]:  # noqa: ANN401
        kept: list[Done[Any]] = []
        resource = getattr(self._client.keeping(kept), self._resource)
        return raw_response(kept, await getattr(resource, self._name)(*args, **options))
