"""HTTP/1.1 as leadwire speaks it: uvicorn's protocol, and what that leaves to do."""

from typing import Final

import httptools
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_UPGRADE_HEADERS: Final = frozenset({b"upgrade", b"http2-settings"})


class HttpProtocol(HttpToolsProtocol):
    """One connection of a caller.

    A request to change the protocol (``Upgrade: h2c``, say) is ignored, as RFC 9110 (7.8) allows:
    the request is read as HTTP/1.1. A caller that closes its side after the request gets its
    answer.
    """

    def data_received(self, data: bytes) -> None:
        self._unset_keepalive_if_required()
        while data:
            try:
                self.parser.feed_data(data)
            except httptools.HttpParserUpgrade as upgrade:
                # The parser has read the head and stops. It reads the same head again, without
                # the wish to upgrade, and then what follows.
                if self.parser.get_method() == b"CONNECT":
                    self._refuse()
                    return
                (end_of_head,) = upgrade.args
                data = self._head_without_upgrade() + data[end_of_head:]
            except httptools.HttpParserError:
                self._refuse()
                return
            else:
                return

    def on_headers_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_headers_complete()

    def on_message_complete(self) -> None:
        if not self.parser.should_upgrade():
            super().on_message_complete()

    def eof_received(self) -> bool:  # type: ignore[override]  # uvicorn never keeps it open
        """Whether the connection stays open for the answer that the caller still waits for."""
        cycle = self.cycle
        is_waited_for = (
            self.scheme == "http"  # TLS cannot be closed on one side alone
            and cycle is not None  # type: ignore[redundant-expr]  # it is, before the first
            and not cycle.more_body
            and not cycle.response_started
        )
        if is_waited_for:
            cycle.keep_alive = False
        return is_waited_for

    def _refuse(self) -> None:
        message = "Invalid HTTP request received."
        self.logger.warning(message)
        self.send_400_response(message)

    def _head_without_upgrade(self) -> bytes:
        method = self.parser.get_method()
        version = self.parser.get_http_version().encode()
        lines = [b"%b %b HTTP/%b" % (method, self.url, version)]
        for name, value in self.headers:
            if name == b"connection":
                wanted = (token.strip() for token in value.split(b","))
                kept = [token for token in wanted if token.lower() not in _UPGRADE_HEADERS]
                lines.append(b"connection: %b" % b", ".join(kept))
            elif name not in _UPGRADE_HEADERS:
                lines.append(b"%b: %b" % (name, value))
        return b"\r\n".join([*lines, b"", b""])
