"""``leadwire serve``: run the server and print how to reach it."""

import asyncio
import logging
import signal
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from leadwire.cli.options import config_file, every_setting, load, reports_errors
from leadwire.cli.printing import say
from leadwire.errors import LeadwireError, SetupError
from leadwire.settings import Settings
from leadwire.visible import visible, visible_lines

if TYPE_CHECKING:
    import uvicorn
    from starlette.types import ASGIApp

    from leadwire.access.store import FirstAccount
    from leadwire.server.connections import Connections

_DEFAULT_ACCOUNT: Final = "leadwire"
_DEFAULT_EMAIL: Final = "admin@leadwire.local"


@click.command()
@config_file
@every_setting
@reports_errors
def serve(config_file: Path | None, **flags: object) -> None:
    """Run the server until it is interrupted.

    The first start creates an account, an administrator and a key pair, and prints them once. Every
    option may also be set in the environment (LEADWIRE_PORT) or in a TOML file.
    """
    settings = load(flags, config_file).settings
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLines("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level="WARNING", handlers=[handler])
    logging.getLogger("leadwire").setLevel(settings.log_level.upper())
    _run(settings)


class LogLines(logging.Formatter):
    """Formats log messages so that a caller's text cannot forge a line or steer a terminal."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's own name
        record.message = visible(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: ANN401, N802  # logging's own
        return visible_lines(super().formatException(ei))


def server_config(
    app: "ASGIApp", settings: Settings, connections: "Connections"
) -> "uvicorn.Config":
    """The server configuration: one process, one event loop, HTTP/1.1 over *connections*."""
    import uvicorn  # noqa: PLC0415

    from leadwire.server.protocol import protocol_of  # noqa: PLC0415

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
        ws="none",
        ssl_certfile=settings.tls_certificate,
        ssl_keyfile=settings.tls_key,
        proxy_headers=False,
        timeout_keep_alive=settings.keep_alive_seconds,
        timeout_graceful_shutdown=settings.shutdown_seconds,
    )


def _run(settings: Settings) -> None:
    import uvicorn  # noqa: PLC0415

    from leadwire.server.app import App  # noqa: PLC0415

    class Server(uvicorn.Server):
        """Prints the address after it listens: only then is port 0 resolved."""

        failure: Exception | None = None

        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if not self.started:
                return
            try:
                # Only now: if an earlier start had failed, the new account's secrets would be lost.
                first = await asyncio.to_thread(_first_account, settings)
                port = self.servers[0].sockets[0].getsockname()[1]
                say(_welcome(settings, port, first))
            except Exception as error:  # noqa: BLE001  # raised again after closing the stores
                self.failure, self.should_exit = error, True

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            # uvicorn waits for open responses, and a live stream never ends by itself.
            app.end_streams()
            await super().shutdown(sockets)

        def end(self, reason: str) -> None:
            """Stop the server with a reason. May be called from any thread."""
            self.failure, self.should_exit = LeadwireError(reason), True

    # The reason is printed once, below.
    logging.getLogger("uvicorn.error").addFilter(lambda _: app.failure is None)
    app = App(settings, on_stopped=lambda reason: server.end(reason))  # noqa: PLW0108  # server is made below
    server = Server(server_config(app, settings, app.connections))
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(
            signal.SIGHUP, server.handle_exit
        )  # uvicorn handles SIGINT and SIGTERM itself
    with suppress(SystemExit):  # uvicorn exits with its own codes if it cannot start
        server.run()
    if failure := app.failure or server.failure:
        raise failure
    if not server.started:
        raise SetupError("The server did not start. See the reason above.")


def _first_account(settings: Settings) -> "FirstAccount | None":
    """Make the first account and return its secrets; None if there is an account."""
    from leadwire.clock import SystemClock, SystemIds  # noqa: PLC0415  # keeps --help fast
    from leadwire.data_folder.making import opened_access  # noqa: PLC0415
    from leadwire.database.places import place_of  # noqa: PLC0415

    with opened_access(place_of(settings), clock=SystemClock(), ids=SystemIds()) as access:
        if access.is_set_up():
            return None
        return access.set_up(
            account_name=_DEFAULT_ACCOUNT,
            email=_DEFAULT_EMAIL,
            show=lambda first: say(_secrets(first)),
        )


def _secrets(first: "FirstAccount") -> str:
    return "\n".join(
        (
            "First start: an account was created. Keep these: they are shown only once.",
            f"  Sign-in        {first.user_email}",
            f"  Password       {first.password}",
            f"  Access key     {first.access_key}",
            f"  Secret key     {first.secret_key}",
            "",
        )
    )


def _welcome(settings: Settings, port: int, first: "FirstAccount | None") -> str:
    scheme = "https" if settings.tls_certificate else "http"
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    base = f"{scheme}://{host}:{port}"
    lines = [
        "leadwire is ready.",
        f"  API base URL   {base}/v2",
        f"  Console        {base}/console/",
        f"  Data folder    {settings.data.resolve()}",
    ]
    if first is None:
        return "\n".join(lines)
    lead = """[{"Attribute":"FirstName","Value":"Asha"},"""
    lead += """{"Attribute":"EmailAddress","Value":"asha@example.com"}]"""
    curl = (
        f"curl '{base}/v2/LeadManagement.svc/Lead.Create' "
        f"-H 'x-LSQ-AccessKey: {first.access_key}' -H 'x-LSQ-SecretKey: {first.secret_key}' "
        f"-H 'Content-Type: application/json' -d '{lead}'"
    )
    return "\n".join([*lines, "", "Create a lead:", f"  {curl}"])
