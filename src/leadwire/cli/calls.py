"""``leadwire calls``: search, show, export and follow the call log. A server may be running."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO, Any, Final, NamedTuple

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
from leadwire.calls.query import CallQuery, CallStatistics
from leadwire.calls.record import CallRecord
from leadwire.calls.sent import SentCall
from leadwire.calls.store import LiveReader
from leadwire.cli.lint_lines import lint_lines
from leadwire.cli.printing import (
    Coloured,
    Column,
    Table,
    is_terminal,
    say,
    say_json,
    say_line,
    say_progress,
    say_table,
    shown_file,
)
from leadwire.cli.reporting import EXIT_FAILED, as_json, check_report, misused, output_file
from leadwire.cli.source import (
    ROWS_MAX,
    Source,
    call_filters,
    call_source,
    query_of,
    reader_of,
    server_reader,
    wrong_filters,
)
from leadwire.dates import format_ms
from leadwire.disk import whole_file
from leadwire.errors import CallLogDamaged, SetupError
from leadwire.lint import lint
from leadwire.stores.files.lines import sent_fields
from leadwire.visible import readable_path

_COLUMNS: Final = (
    Column("Time (UTC)", rank=2, is_whole=True),
    Column("Status", rank=0),
    Column("Duration", rank=5, is_number=True),
    Column("Operation", rank=1, least=7),
    Column("Call id", rank=3, is_whole=True),
    Column("Exception", rank=4),
)
_USUAL_CELLS: Final = ("x" * 23, "500", "x" * 11, "x" * 26, "x" * 36, "x" * 200)
"""As wide as what ``tail`` prints: it cannot know the next call."""
_DURATIONS: Final = ("Calls", "p50 ms", "p95 ms", "p99 ms")
_FOLLOW_SECONDS: Final = 0.5
_FOLLOWED_AT_ONCE: Final = 500
_PROGRESS_EVERY: Final = 10_000
_CLIENT_ERROR: Final = 400
_SERVER_ERROR: Final = 500


@click.command()
@call_filters
@click.option(
    "--limit",
    type=click.IntRange(1, ROWS_MAX),
    default=50,
    show_default=True,
    help="Maximum number of calls to print.",
)
@click.option("--cursor", default="", help="Continue where a search with the same options ended.")
@as_json
def search(source: Source, limit: int, *, as_json: bool, **filters: str) -> None:
    """Print matching calls, newest first."""
    query = query_of(source, filters, limit)
    with reader_of(source) as reader, wrong_filters():
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
        say_table(_COLUMNS, map(_cells, page.calls))
    if page.next:
        say(f"There are older matches. To continue, add: --cursor {page.next}", err=True)
    if not page.calls:
        say("No call matches.", err=True)
    _end_with(page.damaged)


@click.command()
@click.argument("call_id")
@call_source
@as_json
def show(call_id: str, source: Source, *, as_json: bool) -> None:
    """Print everything about the call CALL_ID, including an unhandled exception's traceback."""
    with reader_of(source) as reader:
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


@click.command()
@call_filters
@as_json
def stats(source: Source, *, as_json: bool, **filters: str) -> None:
    """Count matching calls by outcome and field, and show each operation's durations."""
    with reader_of(source) as reader:
        found = reader.statistics(query_of(source, filters, ROWS_MAX))
    if as_json:
        say_json(found)
        _end_with(found.damaged)
        return
    _say_statistics(found)
    _end_with(found.damaged)


def _say_statistics(found: CallStatistics) -> None:
    say(f"{found.calls:,} calls")
    for facet in found.facets:
        say("")
        say_table(
            (facet.name.replace("_", " ").capitalize(), Column("Calls", is_number=True)),
            [(value or "(none)", f"{count:,}") for value, count in facet.values],
        )
    rows = [(row.operation or "(none)", row) for row in found.durations]
    rows += [("all", found.all_durations)] if found.all_durations else []
    say("")
    say_table(
        ("Operation", *(Column(name, is_number=True) for name in _DURATIONS)),
        [
            (name, f"{row.calls:,}", f"{row.p50_ms:.1f}", f"{row.p95_ms:.1f}", f"{row.p99_ms:.1f}")
            for name, row in rows
        ],
    )


@click.command("lint")
@call_filters
@click.option(
    "--calls-max",
    type=click.IntRange(1),
    help="Look only at the newest hours with about this many calls.",
)
@as_json
def lint_calls(source: Source, calls_max: int | None, *, as_json: bool, **filters: str) -> None:
    """Report habits of clients that cost calls, such as retry storms and polling."""
    query = query_of(source, filters, ROWS_MAX)
    with reader_of(source) as reader:
        report = lint(reader, query, calls_max=calls_max)
    if as_json:
        say_json(report)
        return
    for line in lint_lines(report):
        say_line(line)


@click.command()
@call_filters
@click.option(
    "--format",
    "format_",
    type=click.Choice(["csv", "jsonl", "parquet"]),
    default="csv",
    show_default=True,
    help="Format of the file. csv is safe to open in a spreadsheet; jsonl and parquet keep every "
    "text exactly. --file reads csv and jsonl again.",
)
@click.option("--skip-damaged", is_flag=True, help="Export the readable part of a damaged log.")
@output_file
@as_json
def export(
    source: Source,
    format_: str,
    output: Path | None,
    *,
    skip_damaged: bool,
    as_json: bool,
    **filters: str,
) -> None:
    """Write every matching call. The file appears only when it is complete.

    With --json prints how many were written.
    """
    check_report(output, as_json=as_json)
    query = query_of(source, filters, ROWS_MAX)
    with reader_of(source) as reader, whole_file(output) as target:
        if format_ == "parquet" and is_terminal(target):
            raise click.UsageError("Parquet is binary. Name a file with --output.")
        records = _readable(reader.stream(query)) if skip_damaged else reader.stream(query)
        written = _write(_with_progress(records), shown_file(target), format_)
    if as_json:
        say_json({"output": str(output), **written._asdict()})
        return
    say(f"{written.calls:,} calls written{f' to {output}' if output else ''}.", err=True)
    if written.cut_by_excel:
        say(
            f"{written.cut_by_excel} of them have a body of more than {CELL_CHARACTERS_MAX:,} "
            "characters, which Excel cuts. Use --format jsonl to keep all of it.",
            err=True,
        )


@click.command()
@call_filters
@as_json
def tail(source: Source, *, as_json: bool, **filters: str) -> None:
    """Print calls as they are recorded, until interrupted. Calls of one node come in order."""
    if source.file:
        raise misused("tail follows a server's log. For an SDK's log use leadwire top.", "--file")
    table = Table(_COLUMNS, [_USUAL_CELLS])
    with server_reader(source) as reader:
        if not as_json:
            table.say_head()
        for record in new_calls(
            reader,
            lambda: query_of(source, filters, _FOLLOWED_AT_ONCE),
            wait=lambda: time.sleep(_FOLLOW_SECONDS),
        ):
            if as_json:
                say_json(exported_call(record))
            else:
                table.say_row(_cells(record))


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


def _end_with(damaged: Sequence[str]) -> None:
    """Report unreadable parts, then exit with 1: calls may be missing."""
    for what in damaged:
        say_line(what, err=True)
    if damaged:
        raise SystemExit(EXIT_FAILED)


def _fields(record: CallRecord) -> dict[str, str | int | float | bool]:
    """The record for JSON. An SDK's record also has the fields that only the sender knows."""
    fields = sent_fields(record) if isinstance(record, SentCall) else exported_call(record)
    return {**fields, "sequence": record.sequence}


def _cells(record: CallRecord) -> tuple[object, ...]:
    fault = f"{record.exception_type}: {record.exception_message}" if record.exception_type else ""
    return (
        format_ms(record.started_at_ms),
        Coloured(str(record.status_code), _colour(record.status_code)),
        f"{record.duration_ms:.1f} ms",
        record.operation or readable_path(record.path),
        record.call_id,
        fault,
    )


def _colour(status: int) -> str:
    return (
        "red"
        if status >= _SERVER_ERROR or not status
        else "yellow"
        if status >= _CLIENT_ERROR
        else ""
    )


class _Written(NamedTuple):
    calls: int
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
