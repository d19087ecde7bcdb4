"""``leadwire proxy``: pass calls on to LeadSquared, record them, and print how to reach it."""

import asyncio
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

import click

from leadwire.cli.options import config_file, every_setting, load
from leadwire.cli.printing import say, say_json
from leadwire.cli.ready import ProxyStarted, administrator, proxy_ready_line, proxy_welcome
from leadwire.cli.reporting import misused
from leadwire.cli.starting import (
    ends_with_option,
    first_account,
    log_to_stderr,
    quick_start,
    ready_option,
)
from leadwire.errors import SetupError
from leadwire.server.memory import return_large_buffers
from leadwire.server.parent import Parent
from leadwire.settings import Settings

if TYPE_CHECKING:
    from leadwire.access.accounts import FirstAccount

Ready = Literal["text", "json"]

_SWITCH_SECONDS: Final = 0.0005
"""How long a thread that redacts a large body may keep calls waiting. Python's default is ten times
this."""


@click.command()
@ready_option
@ends_with_option
@config_file
@every_setting
def proxy(
    *, ready: Ready, ends_with: int | None, config_file: Path | None, **flags: object
) -> None:
    """Pass calls on to LeadSquared byte for byte, and record each of them.

    Callers use their own LeadSquared keys. The console has a port of its own. The first start
    creates an account with an administrator, and prints them once. Every setting may also be set
    in the environment (LEADWIRE_UPSTREAM) or in a TOML file.
    """
    # First of all: the parent may end while the proxy starts.
    parent = None if ends_with is None else Parent(ends_with)
    settings = load(flags, config_file).settings
    if not settings.upstream:
        raise misused("Name the upstream: --upstream https://HOST, or LEADWIRE_UPSTREAM.")
    _check_options(settings, flags)
    log_to_stderr(settings)
    with quick_start() as has_started:
        _run(settings, ready, parent, has_started)


def _check_options(settings: Settings, flags: dict[str, object]) -> None:
    """Raise a usage error for an option that cannot be right."""
    from leadwire.proxy.pace import rate_of  # noqa: PLC0415  # keeps --help fast
    from leadwire.proxy.routes import Routes  # noqa: PLC0415

    checks: dict[str, Callable[[], object]] = {
        "upstream": lambda: Routes(settings.upstreams),
        "pace": lambda: rate_of(settings.pace),
    }
    for name, check in checks.items():
        if flags.get(name):
            try:
                check()
            except SetupError as error:
                raise misused(str(error), f"--{name}") from None


def _run(
    settings: Settings, ready: Ready, parent: Parent | None, has_started: Callable[[], None]
) -> None:
    sys.setswitchinterval(_SWITCH_SECONDS)
    return_large_buffers()
    from leadwire.server.callers_port import callers_sockets  # noqa: PLC0415  # keeps --help fast
    from leadwire.server.proxying import ProxyApp, ProxyServer  # noqa: PLC0415

    async def show(console_port: int) -> None:
        # The port first: a start that fails must not lose the new account's secrets. Calls wait
        # in it until there is an account.
        sockets = callers_sockets(settings)

        def show_first(first: "FirstAccount") -> None:
            say(administrator(first))

        shown = show_first if ready == "text" else None
        first = await asyncio.to_thread(first_account, settings, show=shown)
        await app.listen(sockets)
        port: int = sockets[0].getsockname()[1]
        started = ProxyStarted(settings, port, console_port, app.upstreams, first)
        app.address = started.base
        if ready == "json":
            say_json(proxy_ready_line(started))
        else:
            say(proxy_welcome(started))
        has_started()

    app = ProxyApp(
        settings,
        on_stopped=lambda reason: server.end(reason),  # noqa: PLW0108  # server is made below
    )
    server = ProxyServer(app, settings, show)
    if parent is not None:
        parent.when_ended(server.stop)
    server.serve_until_stopped()
