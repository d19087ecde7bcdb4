# Made by scripts/sdk from leadwire/sdk/aio/raw.py: change that file instead.
"""``with_raw_response``: the methods of a client, with the answer as it came."""

from collections.abc import Mapping
from typing import Any, Protocol, Self

from leadwire.sdk.raw_response import RawResponse, check_method, raw_response
from leadwire.sdk.shared import Done


class Keeping(Protocol):
    """The part of a client that this needs. ``Client`` implements it."""

    def keeping(self, kept: list[Done[Any]]) -> Self:
        """The same client, which also adds each successful answer to *kept*."""
        ...


class RawClient:
    """The resources of a client; each method returns a RawResponse."""

    def __init__(self, client: Keeping) -> None:
        self._client = client

    def __getattr__(self, name: str) -> "RawResource":
        if name.startswith("_") or not hasattr(getattr(self._client, name, None), "_call"):
            raise AttributeError(f"{type(self._client).__name__} has no resource {name}.")
        return RawResource(self._client, name)

    def raw(
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
        result = client.raw(method, path, query=query, body=body, repeatable=repeatable)
        return raw_response(kept, result)


class RawResource:
    """The methods of a resource; each returns a RawResponse."""

    def __init__(self, client: Keeping, name: str) -> None:
        self._client = client
        self._name = name

    def __getattr__(self, name: str) -> "RawMethod":
        check_method(getattr(self._client, self._name), name)
        return RawMethod(self._client, self._name, name)


class RawMethod:
    """A method of a resource that returns a RawResponse."""

    def __init__(self, client: Keeping, resource: str, name: str) -> None:
        self._client = client
        self._resource = resource
        self._name = name

    def __call__(self, *args: Any, **options: Any) -> RawResponse[Any]:  # noqa: ANN401
        kept: list[Done[Any]] = []
        resource = getattr(self._client.keeping(kept), self._resource)
        return raw_response(kept, getattr(resource, self._name)(*args, **options))
