"""Addresses of callers, and networks that hold them."""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class Networks:
    """Several networks."""

    def __init__(self, networks: Iterable[Network]) -> None:
        self._networks = tuple(networks)

    def __bool__(self) -> bool:
        return bool(self._networks)

    def hold(self, text: str) -> bool:
        """Whether the address *text* is in one of them."""
        address = parsed(text) if self._networks else None
        return address is not None and self._hold(address)

    def nearest_outside(self, chain: list[str], peer: str) -> str:
        """The last address of *chain* that is in none of them.

        *chain* is what proxies say, the nearest last, and *peer* is the nearest proxy. An invalid
        address ends the search.
        """
        nearest = peer
        for text in reversed(chain):
            address = parsed(text)
            if address is None:
                break
            nearest = str(address)
            if not self._hold(address):
                break
        return nearest

    def _hold(self, address: Address) -> bool:
        return any(address in network for network in self._networks)


def parsed(text: str) -> Address | None:
    """*text* as an address, without brackets, port and zone; None if invalid."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address
