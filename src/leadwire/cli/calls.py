"""``leadwire calls``: search, show, export and follow the call log. A server may be running."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import lru_cache, partial, wraps
from pathlib import Path
from typing import IO, Any, Final, NamedTuple, TypeVar

import click

from leadwire.calls.export import (
    CELL_CHARACTERS_MAX,
    csv_header,
    csv_line,
    exported_call,
    is_cut_by_excel,
    json_line,
    parquet_file,
)
from leadwire.calls.fields import is_named
from leadwire.calls.instants import FORMS
from leadwire.calls.query import CallQuery, QueryError, query_from_parameters
from leadwire.calls.record import CallRecord
from leadwire.calls.sent import SentCall
from leadwire.calls.store import CallReader, LiveReader
from leadwire.calls.terms import TokenOf
from leadwire.cli.explanations import explanation_lines
from leadwire.cli.lint_lines import lint_lines
from leadwire.cli.options import (
    EXIT_FAILED,
    access_store,
    as_json,
    config_file,
    data_folder,
    load,
    output_file,
    reports_errors,
)
from leadwire.cli.printing import (
    is_terminal,
    say,
    say_json,
    say_line,
    say_progress,
    say_table,
    shown_file,
)
from leadwire.cli.reporting import misused
from leadwire.clock import SystemClock
from leadwire.dates import format_ms
from leadwire.disk import whole_file
from leadwire.errors import CallLogDamaged, SetupError
from leadwire.lint import lint
from leadwire.operations import API_TYPES, OTHER
from leadwire.server.explaining import explain_alone, explain_once
from leadwire.server.open_log import open_call_reader, open_personal
from leadwire.stores.files.lines import sent_fields
from leadwire.stores.files.reader import FileCallReader
from leadwire.visible import readable_path

F = TypeVar("F", bound=Callable[..., Any])

_ROWS_MAX: Final = 1_000_000
_FOLLOW_SECONDS: Final = 0.5
_FOLLOWED_AT_ONCE: Final = 500
_PROGRESS_EVERY: Final = 10_000


def _filters(command: F) -> F:
    for option in reversed(
        (
            click.option(
                "--q", "q", default="", help="A search as in the console: ravi status:5xx."
            ),
            click.option(
                "--api-type",
                type=click.Choice((*API_TYPES, OTHER), case_sensitive=False),
                help="Group of the operation.",
            ),
            click.option("--status", default="", help="success, error, 404, 5xx or >=400."),
            click.option("--from", "from_", default="", help=f"First instant: {FORMS}."),
            click.option("--to", default="", help="End, in the same forms; included."),
            click.option("--last", default="", help="Time span until now: 15m, 2h, 7d or 2w."),
        )
    ):
        command = option(command)
    return _source(command)


class Source(NamedTuple):
    """The log that a command reads."""

    data: Path | None
    config_file: Path | None
    only_local: bool
    file: Path | None


def _source(command: F) -> F:
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
        help="Read a call log written by the SDK: a .jsonl or .sqlite file, or a folder of them.",
    )
    return data_folder(config_file(only_local(log_file(wrapper))))  # type: ignore[return-value]


@click.group()
def calls() -> None:
    """Search, show, export and follow the call log of all accounts."""


@calls.command()
@_filters
@click.option(
    "--limit",
    type=click.IntRange(1, _ROWS_MAX),
    default=50,
    show_default=True,
    help="Maximum number of calls to print.",
)
@click.option("--cursor", default="", help="Continue where a search with the same options ended.")
@as_json
@reports_errors
def search(source: Source, limit: int, *, as_json: bool, **filters: str) -> None:
    """Print matching calls, newest first."""
    query = _query(source, filters, limit)
    with _reader(source) as reader, _misuse():
        page = reader.search(query)
    if as_json:
        document: dict[str, Any] = {"calls": [_fields(record) for record in page.calls]}
        if page.next:
            document["next"] = page.next
        if page.damaged:
            document["damaged"] = page.damaged
        say_json(document)
        _end_with(page.damaged)
        return
    if page.calls:
        say_table(
            ("Time (UTC)", "Status", "Duration", "Operation", "Call id", "Exception"),
            map(_cells, page.calls),
        )
    if page.next:
        say(f"There are older matches. To continue, add: --cursor {page.next}", err=True)
    if not page.calls:
        say("No call matches.", err=True)
    _end_with(page.damaged)


@calls.command()
@click.argument("call_id")
@_source
@as_json
@reports_errors
def show(call_id: str, source: Source, *, as_json: bool) -> None:
    """Print everything about the call CALL_ID, including an unhandled exception's traceback."""
    with _reader(source) as reader:
        record = reader.get(call_id)
    if record is None:
        raise SetupError(f"Unknown call {call_id}. It may be past retention.")
    fields = {**_fields(record), "traceback": record.traceback}
    if as_json:
        say_json(fields)
        return
    width = max(map(len, fields))
    for name, value in fields.items():
        if value not in ("", None):
            text = str(value).replace("\n", f"\n{'':<{width + 2}}")
            say(f"{name:<{width}}  {text}")


@calls.command()
@click.argument("call_id")
@_source
@as_json
@reports_errors
def explain(call_id: str, source: Source, *, as_json: bool) -> None:
    """Say why the call CALL_ID failed, where the mistake is, and what to send instead."""
    with _reader(source) as reader:
        record = reader.get(call_id)
        if record is None:
            raise SetupError(f"Unknown call {call_id}. It may be past retention.")
        if source.file:
            explained = explain_alone(record, reader)
        else:
            settings = load({"data": source.data}, source.config_file).settings
            explained = explain_once(settings, record, reader)
    if as_json:
        say_json(explained)
    elif explained is None:
        say("The call succeeded: there is nothing to explain.")
    else:
        for line in explanation_lines(explained):
            say_line(line)


@calls.command()
@_filters
@as_json
@reports_errors
def stats(source: Source, *, as_json: bool, **filters: str) -> None:
    """Count matching calls by outcome and field, and show each operation's durations."""
    with _reader(source) as reader:
        found = reader.statistics(_query(source, filters, _ROWS_MAX))
    if as_json:
        say_json(found)
        _end_with(found.damaged)
        return
    say(f"{found.calls:,} calls")
    for facet in found.facets:
        say(f"\n{facet.name}")
        for value, count in facet.values:
            say_line(f"  {count:>12,}  {value or '(none)'}")
    say(f"\n{'operation':<28}{'calls':>12}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}")
    all_durations = (found.all_durations,) if found.all_durations else ()
    for row in (*found.durations, *all_durations):
        name = "all" if row is found.all_durations else row.operation or "(none)"
        say_line(
            f"{name:<28}{row.calls:>12,}{row.p50_ms:>10.1f}{row.p95_ms:>10.1f}{row.p99_ms:>10.1f}"
        )
    _end_with(found.damaged)


@calls.command("lint")
@_filters
@click.option(
    "--calls-max",
    type=click.IntRange(1),
    help="Look only at the newest hours with about so many calls.",
)
@as_json
@reports_errors
def lint_calls(source: Source, calls_max: int | None, *, as_json: bool, **filters: str) -> None:
    """Report habits of clients that cost calls, such as retry storms and polling."""
    query = _query(source, filters, _ROWS_MAX)
    with _reader(source) as reader:
        report = lint(reader, query, calls_max=calls_max)
    if as_json:
        say_json(report)
        return
    for line in lint_lines(report):
        say_line(line)


@calls.command()
@_filters
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "jsonl", "parquet"]),
    default="csv",
    show_default=True,
    help="csv is safe to open in a spreadsheet; jsonl and parquet keep every text exactly. "
    "search --file reads jsonl.",
)
@click.option("--skip-damaged", is_flag=True, help="Export the readable part of a damaged log.")
@output_file
@reports_errors
def export(
    source: Source,
    format_: str,
    output: Path | None,
    *,
    skip_damaged: bool,
    **filters: str,
) -> None:
    """Write every matching call. The file appears only when it is complete."""
    query = _query(source, filters, _ROWS_MAX)
    with _reader(source) as reader, whole_file(output) as target:
        if format_ == "parquet" and is_terminal(target):
            raise click.UsageError("Parquet is binary. Name a file with --output.")
        records = _readable(reader.stream(query)) if skip_damaged else reader.stream(query)
        written = _write(_with_progress(records), shown_file(target), format_)
    say(f"{written.rows} calls written{f' to {output}' if output else ''}.", err=True)
    if written.cut_by_excel:
        say(
            f"{written.cut_by_excel} of them have a body of more than {CELL_CHARACTERS_MAX:,} "
            "characters, which Excel cuts. Use --format jsonl to keep all of it.",
            err=True,
        )


@calls.command()
@_filters
@as_json
@reports_errors
def tail(source: Source, *, as_json: bool, **filters: str) -> None:
    """Print calls as they are recorded, until interrupted. Calls of one node come in order."""
    if source.file:
        raise SetupError("tail follows a server's log. For an SDK's log use search --file.")
    with _server_reader(source) as reader:
        for record in new_calls(
            reader,
            lambda: _query(source, filters, _FOLLOWED_AT_ONCE),
            wait=lambda: time.sleep(_FOLLOW_SECONDS),
        ):
            if as_json:
                say_json(exported_call(record))
            else:
                say_line(_line(record))


def new_calls(
    reader: LiveReader, query: Callable[[], CallQuery], *, wait: Callable[[], object]
) -> Iterator[CallRecord]:
    """Matches of *query* recorded from now on, without end.

    Calls *wait* when there is nothing new.
    """
    place = reader.place()
    while True:
        new = reader.since(query(), place)
        yield from new.calls
        place = new.place
        if not new.more:
            wait()


@contextmanager
def _reader(source: Source) -> Iterator[CallReader]:
    """The log chosen by the options."""
    if source.file:
        with closing(FileCallReader(source.file)) as calls:
            yield calls
        return
    with _server_reader(source) as calls_of_server:
        yield calls_of_server


@contextmanager
def _server_reader(source: Source) -> Iterator[LiveReader]:
    """A server's log. With two possible logs, prints which one it reads."""
    settings = load({"data": source.data}, source.config_file).settings
    opened = open_call_reader(settings, clock=SystemClock(), only_local=source.only_local)
    try:
        if settings.calls_clickhouse_url:
            say(f"Reading {opened.source}.", err=True)
        yield opened.calls
    finally:
        opened.close()


def _end_with(damaged: Sequence[str]) -> None:
    """Report unreadable parts, then exit with 1: calls may be missing."""
    for what in damaged:
        say_line(what, err=True)
    if damaged:
        raise SystemExit(EXIT_FAILED)


def _query(source: Source, filters: dict[str, str], limit: int) -> CallQuery:
    """The query from the options, for all accounts and any time span."""
    parameters = {name.rstrip("_"): value or "" for name, value in filters.items()}
    with _misuse():
        return query_from_parameters(
            {**parameters, "limit": str(limit)},
            account_id=None,
            now_ms=SystemClock().now_ms(),
            rows_max=_ROWS_MAX,
            token_of=None if source.file else _token_of(source),
            users_of=None if source.file else partial(_user_ids, source),
        )


@contextmanager
def _misuse() -> Iterator[None]:
    """Report an invalid filter as a wrong option value."""
    try:
        yield
    except QueryError as error:
        raise misused(str(error), f"--{error.field}") from None


@lru_cache
def _token_of(source: Source) -> TokenOf | None:
    """Gives the token of a personal value; None if no value was ever replaced."""
    settings = load({"data": source.data}, source.config_file).settings
    return open_personal(settings, ids=None).token_of


@lru_cache
def _user_ids(source: Source, name: str) -> tuple[str, ...]:
    """The ids of users with this name or address; none without an account database."""
    try:
        with access_store(source.data, source.config_file) as store:
            return tuple(
                user.user_id
                for account_id in store.account_ids()
                for user in store.users(account_id)
                if is_named(name, user.name) or is_named(name, user.email)
            )
    except SetupError:
        return ()


def _fields(record: CallRecord) -> dict[str, str | int | float | bool]:
    """The record for JSON. An SDK's record also has the fields that only the sender knows."""
    fields = sent_fields(record) if isinstance(record, SentCall) else exported_call(record)
    return {**fields, "sequence": record.sequence}


def _cells(record: CallRecord) -> tuple[str, ...]:
    fault = f"{record.exception_type}: {record.exception_message}" if record.exception_type else ""
    return (
        format_ms(record.started_at_ms),
        str(record.status_code),
        f"{record.duration_ms:>8.1f} ms",
        f"{record.operation or readable_path(record.path):<26}",
        record.call_id,
        fault,
    )


def _line(record: CallRecord) -> str:
    return "  ".join(_cells(record)).rstrip()


class _Written(NamedTuple):
    rows: int
    cut_by_excel: int = 0


def _write(records: Iterator[CallRecord], file: IO[bytes], format_: str) -> _Written:
    if format_ == "parquet":
        return _Written(parquet_file(records, file))
    rows = cut = 0
    if format_ == "csv":
        file.write(csv_header().encode())
    for record in records:
        file.write(csv_line(record).encode() if format_ == "csv" else json_line(record))
        rows += 1
        cut += format_ == "csv" and is_cut_by_excel(record)
    return _Written(rows, cut)


def _with_progress(records: Iterator[CallRecord]) -> Iterator[CallRecord]:
    """The same records. On a terminal, shows how many were written so far."""
    if not sys.stderr.isatty():
        yield from records
        return
    for number, record in enumerate(records, 1):
        if number % _PROGRESS_EVERY == 0:
            say_progress(f"{number:,} calls …")
        yield record
    say_progress("")


def _readable(records: Iterator[CallRecord]) -> Iterator[CallRecord]:
    """The readable records. Reports the unreadable ones on standard error."""
    try:
        yield from records
    except CallLogDamaged as error:
        say_line(f"Left out: {error}", err=True)
