"""What a row of the settings table is made of."""

import re
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, Final, Literal

from pydantic import Field

_HOST_NAME: Final = re.compile(r"[\w.-]+")

RecordPolicy = Literal["require", "degrade"]

Changed = Literal["restart", "account", "server"]
"""How a setting of a running server changes: by a restart, or in the console.

There an administrator changes it: for the account, or one of the first account for the server.
"""


def setting(
    default: object,
    help_text: str,
    unit: str = "",
    *,
    changed: Changed = "restart",
    **bounds: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    extra: dict[str, Any] = {"unit": unit, "changed": changed}
    return Field(default=default, description=help_text, json_schema_extra=extra, **bounds)


def address_to_listen_on(text: str) -> str:
    """*text*, if it is a host name or an IP address. Raises ValueError."""
    if not _HOST_NAME.fullmatch(text):
        try:
            ip_address(text)
        except ValueError:
            raise ValueError(
                f"'{text}' is not an address to listen on: write a host name or an IP address, "
                "such as 0.0.0.0, without http:// and without a port"
            ) from None
    return text


def networks(text: str) -> tuple[IPv4Network | IPv6Network, ...]:
    """Raises ValueError with the word that is neither an address nor a network."""
    return tuple(_network(word.strip()) for word in text.split(",") if word.strip())


def _network(word: str) -> IPv4Network | IPv6Network:
    try:
        network = ip_network(word, strict=False)
    except ValueError:
        raise ValueError(
            f"'{word}' is neither an address nor a network: write 10.0.0.7 or 10.0.0.0/8"
        ) from None
    if "/" in word and ip_network(word.partition("/")[0]).network_address != network[0]:
        raise ValueError(f"'{word}' is not the start of its network: write {network}")
    return network
