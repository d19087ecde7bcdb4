"""``leadwire export``: write an account's data to a file that appears only when complete."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, get_args

import click

from leadwire.cli import completion
from leadwire.cli.clients import KEYS_HELP, client_options, make_client
from leadwire.cli.printing import say, say_json, say_progress, shown_file
from leadwire.cli.reporting import as_json, check_report, misused, output_file
from leadwire.clock import SystemClock
from leadwire.dates import format_seconds
from leadwire.disk import whole_file
from leadwire.sdk.transfer.export import Format, export_leads
from leadwire.sdk.values import parse_moment

_EPOCH: Final = "2000-01-01"


@click.group()
def export() -> None:
    """Export an account's data to a file."""


@export.command(epilog=KEYS_HELP)
@click.option(
    "--since",
    default=_EPOCH,
    show_default=True,
    help="Leads changed since then: yyyy-MM-dd, or with HH:mm:ss, UTC.",
)
@click.option("--until", default="", help="End, included. Default: now.")
@click.option(
    "--columns",
    default="",
    shell_complete=completion.lead_fields,
    help="Comma-separated schema names. Default: every field.",
)
@click.option(
    "--format",
    "format_",
    type=click.Choice(get_args(Format)),
    default="csv",
    show_default=True,
    help="Format of the file. csv is safe to open in a spreadsheet; jsonl keeps every text "
    "exactly, even beyond the 32,767 characters that Excel shows.",
)
@output_file
@client_options
@as_json
def leads(  # noqa: PLR0913  # each is an option
    *,
    since: str,
    until: str,
    columns: str,
    format_: Format,
    output: Path | None,
    api_host: str | None,
    profile: str | None,
    pace: str | None,
    as_json: bool,
) -> None:
    """Write every lead that changed in a range, oldest first. The file appears only when complete.

    With --json prints how many were written. Memory use is constant. A lead that changes during the
    export leaves the range. Use the printed --until as the next --since, and no change is missed.
    """
    check_report(output, as_json=as_json)
    end = until or format_seconds(SystemClock().now_ms())
    since_moment, until_moment = _moment(since, "--since"), _moment(end, "--until")
    names = [name for part in columns.split(",") if (name := part.strip())]
    with make_client(api_host, profile, pace) as client, whole_file(output) as file:
        rows = export_leads(
            client,
            shown_file(file),
            since=since_moment,
            until=until_moment,
            columns=names,
            format_=format_,
            on_progress=_show_progress if sys.stderr.isatty() else None,
        )
    if as_json:
        say_json({"output": str(output), "leads": rows, "until": end})
        return
    say(f"{rows:,} leads written{f' to {output}' if output else ''}, until {end}.", err=True)


def _show_progress(count: int) -> None:
    say_progress(f"{count:,} leads …")


def _moment(text: str, option: str) -> datetime:
    moment = parse_moment(text)
    if moment is None:
        form = "a date-time of the form yyyy-MM-dd HH:mm:ss, in UTC"
        raise misused(f"'{text}' is not {form}.", option)
    return moment.astimezone(UTC)
