"""``leadwire serve``: run the server and print how to reach it."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

import click

from leadwire.cli.options import config_file, every_setting, load
from leadwire.cli.printing import say, say_json
from leadwire.cli.ready import Started, ready_line, secrets, welcome
from leadwire.cli.reporting import misused
from leadwire.cli.starting import (
    ends_with_option,
    first_account,
    log_to_stderr,
    quick_start,
    ready_option,
)
from leadwire.disk import never_wait
from leadwire.errors import SetupError
from leadwire.folder_identity import Purpose
from leadwire.server.parent import Parent
from leadwire.settings import Settings

if TYPE_CHECKING:
    from leadwire.controls.seed_file import SeedFile


@click.command()
@ready_option
@click.option(
    "--ephemeral",
    is_flag=True,
    help="Use a new data folder that is removed at the end. Nothing waits for the disk.",
)
@ends_with_option
@click.option(
    "--controls",
    is_flag=True,
    help="Let tests reset, stop, break and ask the server, below /__leadwire/. For data folders "
    "made for tests.",
)
@click.option(
    "--seed",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The data that a new account begins with, as 'leadwire seed' takes it.",
)
@config_file
@every_setting
def serve(
    *,
    ready: Literal["text", "json"],
    ephemeral: bool,
    ends_with: int | None,
    controls: bool,
    seed: Path | None,
    config_file: Path | None,
    **flags: object,
) -> None:
    """Run the server until it is interrupted.

    The first start creates an account, an administrator and a key pair, and prints them once. Every
    setting may also be set in the environment (LEADWIRE_PORT) or in a TOML file.
    """
    # First of all: the parent may end while the server starts.
    parent = None if ends_with is None else Parent(ends_with)
    start = Start(ready, ephemeral, parent, controls, _seed_of(seed))
    with _throw_away(flags) if ephemeral else nullcontext(flags) as options:
        _serve(load(options, config_file).settings, start)


class Start(NamedTuple):
    """The options of a start that are not settings."""

    ready: Literal["text", "json"]
    ephemeral: bool
    parent: Parent | None
    """The process that the server ends with."""
    controls: bool
    seed: "SeedFile | None"
    """What a new account begins with."""

    @property
    def purpose(self) -> Purpose:
        """Of a new data folder."""
        if self.ephemeral:
            return "throw-away"
        return "tests" if self.controls else "data"


def _seed_of(file: Path | None) -> "SeedFile | None":
    if file is None:
        return None
    from leadwire.server.sowing import read_seed_file  # noqa: PLC0415  # few servers are sown

    return read_seed_file(file)


@contextmanager
def _throw_away(flags: dict[str, object]) -> Iterator[dict[str, object]]:
    """*flags* with a new data folder, which is removed at the end."""
    if flags.get("data") is not None:
        raise misused("Give either --ephemeral or --data.")
    with tempfile.TemporaryDirectory(prefix="leadwire-", ignore_cleanup_errors=True) as folder:
        yield {**flags, "data": Path(folder) / "data"}


def _serve(settings: Settings, start: Start) -> None:
    if start.ephemeral:
        if settings.database_url.get_secret_value():
            raise SetupError(
                "--ephemeral keeps all data in a folder. Unset LEADWIRE_DATABASE_URL, or leave "
                "--ephemeral out."
            )
        never_wait()
    log_to_stderr(settings)
    with quick_start() as has_started:
        _run(settings, start, has_started)


def _run(settings: Settings, start: Start, has_started: Callable[[], None]) -> None:
    from leadwire.server.app import App  # noqa: PLC0415  # keeps --help fast
    from leadwire.server.serving import Server  # noqa: PLC0415

    async def show(port: int) -> None:
        # Only now: if an earlier start had failed, the new account's secrets would be lost.
        show_first = (lambda first: say(secrets(first))) if start.ready == "text" else None
        first = await asyncio.to_thread(
            first_account, settings, show=show_first, quickly=start.ephemeral
        )
        if first is not None and start.seed is not None:
            await app.sow(first.account_id, start.seed)
        started = Started(settings, port, first, controlled.token if controlled else "")
        if controlled:
            await controlled.start(started.base)
        if start.ready == "json":
            say_json(ready_line(started))
        else:
            say(welcome(started))
        has_started()

    controlled = None
    if start.controls:
        from leadwire.server.controlling import Controlled  # noqa: PLC0415

        controlled = Controlled(settings, is_ephemeral=start.ephemeral)
    app = App(
        settings,
        purpose=start.purpose,
        controlled=controlled,
        on_stopped=lambda reason: server.end(reason),  # noqa: PLW0108  # server is made below
    )
    server = Server(app, settings, show, has_date=controlled is None)
    if start.parent is not None:
        start.parent.when_ended(server.stop)
    server.serve_until_stopped()
