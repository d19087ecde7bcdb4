"""Run the application over HTTP: uvicorn's configuration, and what happens at its start and end."""

import logging
import signal
import socket
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TYPE_CHECKING

import uvicorn

from leadwire.errors import LeadwireError, SetupError
from leadwire.server.app import App
from leadwire.server.callers_port import callers_tls, cannot_listen
from leadwire.server.protocol import protocol_of
from leadwire.settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from leadwire.server.connections import Connections


def server_config(
    app: "ASGIApp", settings: Settings, connections: "Connections", *, has_date: bool = True
) -> uvicorn.Config:
    """The server configuration: one process, one event loop, HTTP/1.1 over *connections*.

    *has_date*: whether answers get the machine's time as their ``Date``.
    """
    return uvicorn.Config(
        app,
        http=protocol_of(connections),
        host=settings.host,
        port=settings.port,
        lifespan="on",
        access_log=False,  # the call log has every call; a URL in an access log could hold a key
        log_config=None,
        log_level="warning",
        server_header=False,
        date_header=has_date,
        ws="none",
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )


class Server(uvicorn.Server):
    """Serves *app* until it is stopped. *on_listening* gets the port."""

    failure: Exception | None = None
    option_prefix = ""
    """What the options of its address begin with, for messages."""

    def __init__(
        self,
        app: App,
        settings: Settings,
        on_listening: Callable[[int], Awaitable[None]],
        *,
        has_date: bool = True,
    ) -> None:
        super().__init__(server_config(app, settings, app.connections, has_date=has_date))
        self._app = app
        self._settings = settings
        self._on_listening = on_listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.started:
            return
        port = self.servers[0].sockets[0].getsockname()[1]  # only now is port 0 resolved
        try:
            await self._on_listening(port)
        except Exception as error:  # noqa: BLE001  # raised again after closing the stores
            self.failure, self.should_exit = error, True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn waits for open responses, and a live stream never ends by itself.
        self._app.end_streams()
        await super().shutdown(sockets)

    def stop(self) -> None:
        """Stop the server. May be called from any thread."""
        self.should_exit = True

    def end(self, reason: str) -> None:
        """Stop the server with a reason. May be called from any thread."""
        self.failure, self.should_exit = LeadwireError(reason), True

    def serve_until_stopped(self) -> None:
        """Raises SetupError if the server could not start, and whatever ended it."""
        callers_tls(self._settings)  # an unusable certificate is named before anything starts
        logging.getLogger("uvicorn.error").addFilter(self._is_to_log)
        if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
            # uvicorn handles SIGINT and SIGTERM itself
            signal.signal(signal.SIGHUP, self.handle_exit)
        with suppress(SystemExit):  # uvicorn exits with its own codes if it cannot start
            self.run()
        if failure := self._app.failure or self.failure:
            raise failure
        if not self.started:
            raise SetupError("The server did not start. See the reason above.")

    def _is_to_log(self, record: logging.LogRecord) -> bool:
        """Whether uvicorn may log *record*. A failed start is raised instead."""
        if not self.started and isinstance(record.msg, OSError):
            self.failure = cannot_listen(self._settings, record.msg, of=self.option_prefix)
        return self._app.failure is None and self.failure is None
