"""``leadwire import``: import leads from a CSV file. Safe to kill and to run again."""

import codecs
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple, get_args

import click
import msgspec
from rich.console import Console
from rich.progress import Progress, TimeRemainingColumn

from leadwire.cli import completion
from leadwire.cli.clients import KEYS_HELP, client_options, make_client
from leadwire.cli.printing import say, say_json, say_line
from leadwire.cli.reporting import EXIT_FAILED, EXIT_INTERRUPTED, as_json, misused
from leadwire.disk import whole_file
from leadwire.sdk import Client
from leadwire.sdk.errors import Misuse, SdkError
from leadwire.sdk.lead_schema import kind_of
from leadwire.sdk.transfer.columns import Column
from leadwire.sdk.transfer.journal import Journal
from leadwire.sdk.transfer.plan import ImportOptions, ImportPlan, Mode
from leadwire.sdk.transfer.preview import Preview, preview
from leadwire.sdk.transfer.rejects import write_rejects
from leadwire.sdk.transfer.run import ImportReport, LeadImport
from leadwire.sdk.transfer.table import DELIMITER_NAMES, open_table

_DELIMITERS: Final = {name: delimiter for delimiter, name in DELIMITER_NAMES.items()}


class _Paths(NamedTuple):
    journal: Path
    rejected: Path


@click.command("import", epilog=KEYS_HELP)
@click.argument(
    "csv_file", metavar="CSV", type=click.Path(path_type=Path, exists=True, dir_okay=False)
)
@click.option(
    "--mode",
    type=click.Choice(get_args(Mode)),
    default="upsert",
    show_default=True,
    help="upsert creates or updates; create refuses existing leads; update creates nothing.",
)
@click.option(
    "--search-by",
    default="",
    metavar="FIELD",
    shell_complete=completion.lead_fields,
    help="Field that finds leads. Default: e-mail, then phone; for update the lead's id.",
)
@click.option(
    "--map",
    "maps",
    multiple=True,
    metavar="COLUMN=FIELD",
    shell_complete=completion.lead_fields,
    help="Map a column to a field; 'COLUMN=' omits the column. Default: map by name.",
)
@click.option("--dry-run", is_flag=True, help="Change nothing. Print what would be sent.")
@click.option(
    "--clear-empty",
    is_flag=True,
    help="Empty cells clear fields. Default: the field keeps its value.",
)
@click.option("--no-check", is_flag=True, help="Check nothing first. The API may refuse values.")
@click.option("--encoding", default="", help="Default: UTF-8, or what a byte order mark says.")
@click.option(
    "--delimiter",
    type=click.Choice(list(_DELIMITERS)),
    help="Default: the one that splits rows into equal columns.",
)
@click.option("--journal", type=click.Path(path_type=Path), help="Default: CSV with .journal.")
@click.option(
    "--rejected", type=click.Path(path_type=Path), help="Default: CSV with .rejected.csv."
)
@client_options
@as_json
def import_leads(  # noqa: PLR0913  # each is an option
    *,
    csv_file: Path,
    mode: Mode,
    search_by: str,
    maps: Sequence[str],
    encoding: str,
    delimiter: str | None,
    journal: Path | None,
    rejected: Path | None,
    api_host: str | None,
    profile: str | None,
    pace: str | None,
    dry_run: bool,
    clear_empty: bool,
    no_check: bool,
    as_json: bool,
) -> None:
    """Import leads from a CSV file.

    Columns match lead fields by schema name or display name. Rows are sent in batches, and a
    journal notes each batch. After an interruption or a kill, the same command continues. Rejected
    rows go to a file with the same columns and the reason: correct it and import it.

    Exit codes: 0 every row was written, 1 some were rejected or the import stopped, 2 usage error,
    130 interrupted.
    """
    _check_encoding(encoding)
    options = ImportOptions(
        mode=mode,
        search_by=search_by,
        chosen=dict(map(_pair, maps)),
        clear_empty=clear_empty,
        check=not no_check,
    )
    table = open_table(csv_file, encoding=encoding, delimiter=_DELIMITERS.get(delimiter or "", ""))
    with make_client(api_host, profile, pace) as client:
        planned = ImportPlan(table, client.fields.schema(), options)
        if dry_run:
            _print_preview(planned, preview(planned), as_json=as_json)
            return
        if planned.problems:
            raise Misuse(" ".join((*planned.problems, "Nothing was sent.")))
        paths = _Paths(
            journal or csv_file.with_name(f"{csv_file.name}.journal"),
            rejected or csv_file.with_suffix(".rejected.csv"),
        )
        _import(planned, client, paths, as_json=as_json)


def _check_encoding(encoding: str) -> None:
    try:
        codecs.lookup(encoding or "utf-8")
    except LookupError:
        text = f"'{encoding}' is not an encoding. Try utf-8, utf-16 or cp1252."
        raise misused(text, "--encoding") from None


def _import(plan: ImportPlan, client: Client, paths: _Paths, *, as_json: bool) -> None:
    with Journal(paths.journal, plan.fingerprint(client.host())) as journal:
        job = LeadImport(plan, client, journal)
        try:
            with _progress(plan.table.rows_count) as on_progress:
                job.run(on_progress)
        except KeyboardInterrupt:
            _say_where(job.report, "Interrupted")
            raise SystemExit(EXIT_INTERRUPTED) from None
        except SdkError:
            _say_where(job.report, "Stopped")
            raise
        if job.report.rejected:
            with whole_file(paths.rejected) as file:
                write_rejects(plan.table, job.rejected(), file)
    _print_report(job.report, paths, as_json=as_json)
    if job.report.rejected:
        raise SystemExit(EXIT_FAILED)


@contextmanager
def _progress(rows: int) -> Iterator[Callable[[ImportReport], None] | None]:
    """A progress bar, if standard error is a terminal."""
    if not sys.stderr.isatty():
        yield None
        return
    columns = (
        *Progress.get_default_columns()[:-1],
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("rows", total=rows)
        yield lambda report: bar.update(
            task,
            completed=report.rows,
            description=f"{report.rows:,} of {rows:,} rows, {report.rejected:,} rejected",
        )


def _say_where(report: ImportReport, what: str) -> None:
    say(
        f"{what} after {report.rows:,} rows. Run the same command again to continue.",
        err=True,
    )


def _print_report(report: ImportReport, paths: _Paths, *, as_json: bool) -> None:
    if as_json:
        kept = {"rejected_file": str(paths.rejected)} if report.rejected else {}
        say_json(msgspec.structs.asdict(report) | kept)
        return
    say(
        f"{report.rows:,} rows: {report.created:,} created, {report.updated:,} updated, "
        f"{report.rejected:,} rejected."
    )
    if report.skipped:
        say(f"{report.skipped:,} of them were settled by an earlier run: see {paths.journal}")
    if report.resent:
        say(
            f"{report.resent:,} rows of interrupted calls were sent again. None was duplicated: "
            "a unique value found or refused each of them."
        )
    if report.present:
        say(f"{report.present:,} of those existed already.")
    if report.rejected:
        say(f"Rejected rows with reasons: {paths.rejected}")


def _print_preview(plan: ImportPlan, found: Preview, *, as_json: bool) -> None:
    if as_json:
        columns = {column.header: column.schema_name for column in plan.columns}
        say_json({"columns": columns} | msgspec.to_builtins(found))
    else:
        table = plan.table
        delimiter = DELIMITER_NAMES.get(table.delimiter, table.delimiter)
        say(f"{table.path}: {found.rows:,} rows, {table.encoding}, {delimiter}\n")
        width = max(len(column.header) for column in plan.columns)
        for column in plan.columns:
            say_line(f"  {column.header:<{width}}  {_meaning(column)}")
        say("")
        for line in _findings(plan, found):
            say_line(line)
    if not found.is_clean:
        raise SystemExit(EXIT_FAILED)


def _meaning(column: Column) -> str:
    if column.field is None:
        return "?" if column.how == "unknown" else column.how
    by = "as mapped" if column.how == "mapped" else f"by {column.how}"
    return f"{column.schema_name} ({kind_of(column.field)}), {by}"


def _findings(plan: ImportPlan, found: Preview) -> Iterator[str]:
    yield from found.problems
    for faults in found.faults:
        what = f"Column {faults.column}" if faults.column else "Whole rows"
        yield f"{what}: {faults.count:,} would be rejected."
        yield from (f"  row {number}: {reason}" for number, reason in faults.examples)
    if found.problems:
        yield "Nothing would be sent."
        return
    by = f" by {plan.search_by}" if plan.search_by else ""
    yield (
        f"{found.sendable:,} of {found.rows:,} rows would be sent, in {found.calls:,} calls: "
        f"{plan.options.mode}{by}."
    )
    if found.duplicated_on_retry:
        yield (
            f"{found.duplicated_on_retry:,} of them have no unique value: each import makes them "
            "again as new leads."
        )
    if found.first:
        yield f"The first: {msgspec.json.encode(found.first).decode()}"


def _pair(text: str) -> tuple[str, str]:
    column, equals, field = text.rpartition("=")
    if not equals or not column:
        raise click.UsageError(f"--map takes COLUMN=FIELD, not {text!r}.")
    return column, field.strip()
