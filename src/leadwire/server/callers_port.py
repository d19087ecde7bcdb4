"""The callers' port of a proxy: its sockets, and its certificate, which may be renewed."""

import errno
import logging
import os
import socket
import ssl
from pathlib import Path
from typing import Final

from leadwire.errors import SetupError
from leadwire.settings import Settings

_FIRST_INHERITED: Final = 3
"""The number of the first socket that systemd hands over (sd_listen_fds(3))."""
_BACKLOG: Final = 1_024

_log = logging.getLogger("leadwire.proxy")


class CallersTls:
    """TLS with a certificate. Raises SetupError if it cannot be used."""

    def __init__(self, certificate: Path, key: Path | None) -> None:
        self._files = (certificate, key)
        self._changed = self._changed_at()
        self.context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        self.context.set_alpn_protocols(["http/1.1"])
        self._load()

    def renew(self) -> None:
        """Use the certificate for new connections if its files have changed.

        One that cannot be used is logged, and the old one stays.
        """
        changed = self._changed_at()
        if changed == self._changed:
            return
        try:
            self._load()
        except SetupError as error:
            _log.warning("%s The old one stays in use.", error)
        self._changed = changed

    def _load(self) -> None:
        certificate, key = self._files
        try:
            self.context.load_cert_chain(certificate, key)
        except (OSError, ssl.SSLError) as error:
            raise SetupError(f"The certificate {certificate} cannot be used: {error}.") from None

    def _changed_at(self) -> list[float]:
        return [_changed_at(file) for file in self._files if file is not None]


def callers_tls(settings: Settings) -> CallersTls | None:
    """None without a certificate. Raises SetupError."""
    if settings.tls_certificate is None:
        return None
    return CallersTls(settings.tls_certificate, settings.tls_key)


def callers_sockets(settings: Settings) -> list[socket.socket]:
    """Listening sockets for callers: systemd's, else one at the settings' address.

    Connections wait in them until they are served. Raises SetupError.
    """
    inherited = _inherited_sockets()
    if inherited:
        return inherited
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        return [
            socket.create_server((settings.host, settings.port), family=family, backlog=_BACKLOG)
        ]
    except OSError as error:
        raise cannot_listen(settings, error) from None


def cannot_listen(settings: Settings, error: OSError, *, of: str = "") -> SetupError:
    """Why nothing can listen at the settings' address. *of* names whose settings these are."""
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    place = f"Cannot listen on {host}:{settings.port}"
    match error.errno:
        case errno.EADDRINUSE:
            return SetupError(
                f"{place}: another program uses this port. Choose another with --{of}port, or stop "
                "that program."
            )
        case errno.EACCES:
            return SetupError(
                f"{place}: this user may not use the port. Choose one above 1023 with --{of}port."
            )
        case errno.EADDRNOTAVAIL:
            return SetupError(
                f"{place}: this machine does not have the address. Choose another with --{of}host."
            )
    why = (error.strerror or str(error)).partition(" (while ")[0]  # Python adds the address
    return SetupError(f"{place}: {why}. Choose another with --{of}host.")


def _inherited_sockets() -> list[socket.socket]:
    """The listening sockets that systemd opened for this process."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    # A process that this one starts must not take them for its own.
    for name in ("LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"):
        os.environ.pop(name, None)
    sockets = []
    for number in range(_FIRST_INHERITED, _FIRST_INHERITED + count):
        os.set_inheritable(number, False)  # noqa: FBT003  # the system's own
        sockets.append(socket.socket(fileno=number))
    return sockets


def _changed_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except OSError:
        return 0.0  # it is being replaced
