"""Which addresses a webhook may be delivered to.

A caller chooses the URL, and must not reach the server's own network by it. So every address that
the name resolves to must be public. The connection then uses the checked address, so a later DNS
change has no effect.
"""

import asyncio
import ipaddress
import socket
from concurrent.futures import Executor
from functools import partial
from typing import Final, NamedTuple
from urllib.parse import SplitResult, urlsplit

from leadwire.errors import LeadwireError

_PORTS: Final = {"http": 80, "https": 443}
_ADDRESSES_MAX: Final = 4
_GLOBAL_UNICAST: Final = ipaddress.ip_network("2000::/3")
_TUNNELS: Final = (
    ipaddress.ip_network("2002::/16"),  # 6to4: an IPv4 address in disguise
    ipaddress.ip_network("2001::/32"),  # Teredo: likewise
    ipaddress.ip_network("192.88.99.0/24"),  # relays of 6to4
)


class AddressRefused(LeadwireError):
    """The URL leads, or could lead, to a forbidden address."""


class AddressUnknown(LeadwireError):
    """The name in the URL does not resolve."""


class Target(NamedTuple):
    """An accepted URL, and its checked addresses."""

    url: SplitResult
    host: str
    port: int
    addresses: tuple[str, ...]


def check_url(text: str) -> SplitResult:
    """Split a URL. Raises AddressRefused unless it is a plain http or https URL."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError:
        raise AddressRefused("The URL cannot be read.") from None
    if url.scheme not in _PORTS or not url.hostname or port == 0:
        raise AddressRefused("The URL does not begin with http:// or https:// and a host.")
    if url.username is not None or url.password is not None:
        raise AddressRefused("The URL holds a user name: send it in a custom header.")
    if any(ord(letter) <= ord(" ") or letter == "\\" for letter in text):
        raise AddressRefused("The URL holds a blank, a control character or a backslash.")
    return url


async def resolve(
    text: str, *, private_addresses: bool, executor: Executor | None = None
) -> Target:
    """Resolve the target of a URL. *private_addresses* allows every address.

    *executor* runs the system's resolver, which may block for long.

    Raises AddressRefused if any of the addresses is not public, and AddressUnknown.
    """
    url = check_url(text)
    host = url.hostname or ""
    port = url.port or _PORTS[url.scheme]
    loop = asyncio.get_running_loop()
    try:
        name = host if host.isascii() else host.encode("idna").decode()
        ask = partial(socket.getaddrinfo, name, port, type=socket.SOCK_STREAM)
        found = await loop.run_in_executor(executor, ask)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise AddressUnknown(f"The host {host} is not known.")
    addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
    if not private_addresses and not all(map(is_public, addresses)):
        raise AddressRefused(
            f"The host {host} is not on the public internet. "
            "The setting webhook_private_addresses allows it."
        )
    return Target(url, name, port, addresses[:_ADDRESSES_MAX])


def is_public(text: str) -> bool:
    """Whether an address is public, including the IPv4 address that it may embed."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(str(address.ipv4_mapped))
        if address not in _GLOBAL_UNICAST:
            return False
    tunnelled = any(
        address in network for network in _TUNNELS if network.version == address.version
    )
    return address.is_global and not address.is_multicast and not tunnelled
