"""The options that choose a call log and its calls, for every command that reads the log.

A server's log needs the server's libraries, which are imported on use. An SDK's log needs none.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import lru_cache, partial, wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click

from leadwire.calls.instants import FORMS
from leadwire.calls.query import CallQuery, QueryError, query_from_parameters
from leadwire.calls.store import CallReader, LiveReader
from leadwire.calls.terms import TokenOf
from leadwire.cli import completion
from leadwire.cli.printing import say
from leadwire.cli.reporting import config_file, data_folder, misused
from leadwire.clock import SystemClock
from leadwire.errors import SetupError
from leadwire.operations import API_TYPES, OTHER
from leadwire.stores.files.reader import FileCallReader

if TYPE_CHECKING:
    from leadwire.settings import Settings

F = TypeVar("F", bound=Callable[..., Any])

ROWS_MAX: Final = 1_000_000

search_option = click.option(
    "--q",
    "q",
    default="",
    shell_complete=completion.search_fields,
    help="A search as in the console, such as: ravi status:5xx.",
)
from_option = click.option("--from", "from_", default="", help=f"First instant: {FORMS}.")
last_option = click.option("--last", default="", help="Time span until now: 15m, 2h, 7d or 2w.")
to_option = click.option("--to", default="", help="Last instant, included; in the same forms.")


def call_filters(command: F) -> F:
    """Add the options that choose calls, and ``call_source``'s."""
    for option in reversed(
        (
            search_option,
            click.option(
                "--api-type",
                type=click.Choice((*API_TYPES, OTHER), case_sensitive=False),
                help="Group of the operation.",
            ),
            click.option("--status", default="", help="success, error, 404, 5xx or >=400."),
            from_option,
            to_option,
            last_option,
        )
    ):
        command = option(command)
    return call_source(command)


class Source(NamedTuple):
    """The log that a command reads."""

    data: Path | None
    config_file: Path | None
    only_local: bool
    file: Path | None


def call_source(command: F) -> F:
    """Add the options that choose the log. The command gets them as *source*."""

    @wraps(command)
    def wrapper(
        data: Path | None,
        config_file: Path | None,
        only_local: bool,
        file: Path | None,
        **options: Any,  # noqa: ANN401  # any command
    ) -> Any:  # noqa: ANN401
        return command(source=Source(data, config_file, only_local, file), **options)

    only_local = click.option(
        "--local",
        "only_local",
        is_flag=True,
        help="Read only this node's calls, even if the settings name a shared ClickHouse.",
    )
    log_file = click.option(
        "--file",
        type=click.Path(path_type=Path),
        help="Read a call log written by the SDK: a .jsonl or .sqlite file, or a folder. Or "
        "an export: .jsonl or .csv.",
    )
    return data_folder(config_file(only_local(log_file(wrapper))))  # type: ignore[return-value]


@contextmanager
def reader_of(source: Source) -> Iterator[CallReader]:
    """The log chosen by the options."""
    if source.file:
        with closing(FileCallReader(source.file)) as calls:
            yield calls
        return
    with server_reader(source) as calls_of_server:
        yield calls_of_server


@contextmanager
def server_reader(source: Source) -> Iterator[LiveReader]:
    """A server's log. With two possible logs, prints which one it reads."""
    from leadwire.server.open_log import open_call_reader  # noqa: PLC0415  # may not be installed

    settings = settings_of(source)
    opened = open_call_reader(settings, clock=SystemClock(), only_local=source.only_local)
    try:
        if settings.calls_clickhouse_url:
            say(f"Reading {opened.source}.", err=True)
        yield opened.calls
    finally:
        opened.close()


def settings_of(source: Source) -> "Settings":
    """The settings of the server whose log is read."""
    from leadwire.cli.options import load  # noqa: PLC0415

    return load({"data": source.data}, source.config_file).settings


def query_of(source: Source, filters: dict[str, str], limit: int) -> CallQuery:
    """The query from the options, for all accounts and any time span."""
    parameters = {name.rstrip("_"): value or "" for name, value in filters.items()}
    with wrong_filters():
        return query_from_parameters(
            {**parameters, "limit": str(limit)},
            account_id=None,
            now_ms=SystemClock().now_ms(),
            rows_max=ROWS_MAX,
            token_of=None if source.file else _token_of(source),
            ids_of=None if source.file else partial(_ids_named, source),
        )


@contextmanager
def wrong_filters() -> Iterator[None]:
    """Report an invalid filter as a wrong option value."""
    try:
        yield
    except QueryError as error:
        raise misused(str(error), f"--{error.field}") from None


@lru_cache
def _token_of(source: Source) -> TokenOf | None:
    """Gives the token of a personal value; None if no value was ever replaced."""
    from leadwire.server.open_log import open_personal  # noqa: PLC0415

    return open_personal(settings_of(source), ids=None).token_of


@lru_cache
def _ids_named(source: Source, name: str) -> tuple[str, ...]:
    """The ids of users, keys and callers with this name; none without an account database."""
    from leadwire.cli.options import access_store  # noqa: PLC0415
    from leadwire.server.opened import ids_named  # noqa: PLC0415

    try:
        with access_store(source.data, source.config_file) as store:
            return tuple(
                found
                for account_id in store.account_ids()
                for found in ids_named(store, account_id, name)
            )
    except SetupError:
        return ()
