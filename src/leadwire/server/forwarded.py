"""The caller behind a reverse proxy, and the address that it called.

Reads ``X-Forwarded-For``, ``X-Forwarded-Proto`` and ``X-Forwarded-Host``.

Anybody can send these headers. They count only from proxies that the operator named, and only the
part that such proxies wrote.
"""

import re
from collections.abc import Iterable, MutableMapping
from typing import Any, Final

from leadwire.addresses import Network, Networks

_FOR: Final = b"x-forwarded-for"
_PROTO: Final = b"x-forwarded-proto"
_HOST: Final = b"x-forwarded-host"
_HOST_AND_PORT: Final = re.compile(r"([\w.\-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?", re.ASCII)


class TrustedProxies:
    """The trusted proxies in *networks*."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = Networks(networks)

    def holds(self, address: str) -> bool:
        """Whether *address* is a trusted proxy."""
        return self._networks.hold(address)

    def resolve(self, scope: MutableMapping[str, Any]) -> None:
        """Set the caller's address, scheme and host in a scope that came through a proxy.

        The host goes to ``scope["host"]``; the header ``Host`` stays as sent.
        """
        if not self._networks:
            return
        client = scope.get("client")
        if not client or not self.holds(client[0]):
            return
        values: dict[bytes, list[str]] = {_FOR: [], _PROTO: [], _HOST: []}
        for name, value in scope["headers"]:
            if name in values:
                values[name] += value.decode("latin-1").split(",")
        scope["client"] = (self._networks.nearest_outside(values[_FOR], client[0]), 0)
        if values[_PROTO] and values[_PROTO][-1].strip().lower() in ("http", "https"):
            scope["scheme"] = values[_PROTO][-1].strip().lower()
        if values[_HOST] and _HOST_AND_PORT.fullmatch(values[_HOST][-1].strip()):
            scope["host"] = values[_HOST][-1].strip()
