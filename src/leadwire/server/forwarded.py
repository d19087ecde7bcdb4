"""The caller behind a reverse proxy, and the address that it called.

Reads ``X-Forwarded-For``, ``X-Forwarded-Proto`` and ``X-Forwarded-Host``.

Anybody can send these headers. They count only from proxies that the operator named, and only the
part that such proxies wrote.
"""

import re
from collections.abc import Iterable, MutableMapping
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_FOR: Final = b"x-forwarded-for"
_PROTO: Final = b"x-forwarded-proto"
_HOST: Final = b"x-forwarded-host"
_HOST_AND_PORT: Final = re.compile(r"([\w.\-]+|\[[\da-fA-F:.]+\])(:\d{1,5})?", re.ASCII)


class TrustedProxies:
    """The trusted proxies in *networks*."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = tuple(networks)

    def holds(self, address: str) -> bool:
        """Whether *address* is a trusted proxy."""
        parsed = _address(address) if self._networks else None
        return parsed is not None and self._is_trusted(parsed)

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
        scope["client"] = (self._first_untrusted(values[_FOR], client[0]), 0)
        if values[_PROTO] and values[_PROTO][-1].strip().lower() in ("http", "https"):
            scope["scheme"] = values[_PROTO][-1].strip().lower()
        if values[_HOST] and _HOST_AND_PORT.fullmatch(values[_HOST][-1].strip()):
            scope["host"] = values[_HOST][-1].strip()

    def _first_untrusted(self, chain: list[str], peer: str) -> str:
        """The nearest address that is not a trusted proxy. An invalid address ends the search."""
        nearest = peer
        for text in reversed(chain):
            address = _address(text)
            if address is None:
                break
            nearest = str(address)
            if not self._is_trusted(address):
                break
        return nearest

    def _is_trusted(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def _address(text: str) -> Address | None:
    """*text* as an address, without brackets and port; None if invalid."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
