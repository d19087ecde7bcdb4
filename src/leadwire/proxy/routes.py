"""Which upstream a call goes to."""

import re
import ssl
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from leadwire.errors import SetupError

_PORTS: Final = {"http": 80, "https": 443}
_HOST: Final = re.compile(r"[\w.:-]+", re.ASCII)
"""A name or an address: it becomes the value of Host."""


class Origin(NamedTuple):
    """Scheme, host and port of an upstream. One pool of connections belongs to it."""

    scheme: str
    host: str
    port: int

    @property
    def is_tls(self) -> bool:
        return self.scheme == "https"

    @property
    def authority(self) -> str:
        """The value of Host: without the port where it is the scheme's own."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


class Routes:
    """Upstreams by the host that a caller used. Paths are never looked at.

    *spellings* are ``URL`` or ``HOST=URL``. A host without a URL of its own gets the upstream
    that was given without a host. Raises SetupError.
    """

    def __init__(self, spellings: Sequence[str]) -> None:
        self._of_host: dict[bytes, Origin] = {}
        self._default: Origin | None = None
        for spelling in spellings:
            host, is_host, url = spelling.partition("=")
            if not is_host or "/" in host:
                host, url = "", spelling
            self._add(host.strip().lower().encode(), origin_of(url.strip()))
        if not self.origins:
            raise SetupError("There is no upstream. Name one: --upstream https://HOST")

    def _add(self, host: bytes, origin: Origin) -> None:
        if host:
            if host in self._of_host:
                raise SetupError(f"Two upstreams are for the host '{host.decode()}': keep one.")
            self._of_host[host] = origin
            return
        if self._default is not None:
            raise SetupError(
                "Two upstreams have no host, so the proxy cannot choose. Write HOST=URL for all "
                "but one."
            )
        self._default = origin

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Every upstream, once."""
        every = [*self._of_host.values(), *([self._default] if self._default else [])]
        return tuple(dict.fromkeys(every))

    @property
    def only(self) -> Origin | None:
        """The upstream that every host gets; None if they differ."""
        return None if self._of_host else self._default

    def choose(self, host: bytes) -> Origin | None:
        """The upstream for a *host*, with or without its port; None if there is none."""
        host = host.lower()
        found = self._of_host.get(host)
        if found is None:
            name, colon, port = host.rpartition(b":")
            found = self._of_host.get(name) if colon and port.isdigit() else None
        return found or self._default


def origin_of(url: str) -> Origin:
    """The origin of *url*. Raises SetupError if it holds more than an origin."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise SetupError(f"The upstream '{url}' is not a URL.") from None
    host = parts.hostname or ""
    if parts.scheme not in _PORTS or not _HOST.fullmatch(host) or port == 0:
        raise SetupError(f"The upstream '{url}' is not a URL: write https://HOST or http://HOST.")
    if parts.username is not None or parts.password is not None:
        raise SetupError("An upstream's URL holds no user and password: callers send their keys.")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise SetupError(
            f"The upstream '{url}' has a path. Leave it out: callers' paths are passed on whole."
        )
    return Origin(parts.scheme, host, port or _PORTS[parts.scheme])


def tls_to_upstreams(ca_file: Path | None = None) -> ssl.SSLContext:
    """TLS that verifies certificate and name. Raises SetupError for an unusable *ca_file*."""
    try:
        context = ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        raise SetupError(f"upstream_ca_file '{ca_file}' cannot be used: {error}.") from None
    context.set_alpn_protocols(["http/1.1"])
    return context
