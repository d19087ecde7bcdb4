"""``leadwire calls erase``: remove calls for good, even from sealed blocks."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

import click

from leadwire.access.store import AccessStore
from leadwire.calls.packed import unpacked
from leadwire.calls.query import CallQuery, matcher, query_from_parameters
from leadwire.cli.doer import command_line, user_name
from leadwire.cli.options import (
    access_store,
    account_id_of,
    account_option,
    as_json,
    config_file,
    data_folder,
    load,
)
from leadwire.cli.printing import say, say_json
from leadwire.cli.source import from_option, search_option, to_option, wrong_filters
from leadwire.clock import SystemClock
from leadwire.data_folder.erasing import count_pinned, erase_pinned, refuse_old_files
from leadwire.database.places import place_of
from leadwire.errors import LeadwireError
from leadwire.server.open_log import calls_folder, open_call_reader, open_personal
from leadwire.settings import Settings
from leadwire.stores.sqlite.erasing import ERASING_ERRORS, Eraser, by_day
from leadwire.stores.sqlite.ledger import Erasure

F = TypeVar("F", bound=Callable[..., Any])


def erasing_options(command: F) -> F:
    """The options of every command that erases."""
    for option in reversed(
        (
            click.option(
                "--by", default="", metavar="NAME", help="Who erases. Default: the system user."
            ),
            click.option("--dry-run", is_flag=True, help="Change nothing. Count the calls."),
            click.option("--yes", is_flag=True, help="Do not ask for confirmation."),
            data_folder,
            config_file,
        )
    ):
        command = option(command)
    return command


@click.command()
@search_option
@account_option("Default: every account.")
@from_option
@to_option
@erasing_options
@as_json
def erase(  # noqa: PLR0913  # each is an option
    data: Path | None,
    config_file: Path | None,
    account_name: str,
    by: str,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
    **filters: str,
) -> None:
    """Erase every matching call for good, while no server uses the folder.

    Counts the calls first. Each erased call leaves a tombstone with its number and a digest, so the
    log still verifies and older anchors still hold. A ledger notes when, who and how many, but not
    whose calls. Backups and a ClickHouse keep their copies.
    """
    if not (filters["q"] or account_name):
        raise click.UsageError("Choose what to erase with --q or --account.")
    settings = load({"data": data}, config_file).settings
    with access_store(data, config_file) as store:
        account = _account_id(store, account_name)
    query = _query(settings, filters, account)
    doomed, matches = find_calls(settings, query), matcher(query)
    calls = sum(map(len, doomed.values()))
    copies = count_pinned(place_of(settings), lambda record: matches(unpacked(record)))
    if not as_json:
        say(_count(doomed, copies))
    if dry_run or not (calls or copies):
        if as_json:
            say_json({"calls": calls, "days": sorted(doomed), "pinned": copies})
        return
    refuse_old_files(place_of(settings))
    confirm_erasing(f"Erase {calls:,} call(s) for good?", yes=yes)
    if copies:
        erase_pinned(place_of(settings), lambda record: matches(unpacked(record)))
    done = erase_calls(settings, doomed, by=by or user_name())
    with access_store(data, config_file) as store:
        for account_id in [account] if account else store.account_ids():
            note = f"erasure {done.number}: {done.calls:,} call(s) of the log"
            store.audit(account_id, command_line(), "calls.erased", note=note)
    if as_json:
        say_json({"calls": done.calls, "days": done.days, "erasure": done.number})
    else:
        say(f"{done.calls:,} call(s) erased. The ledger has this as erasure {done.number}.")
    if settings.calls_clickhouse_url:
        say(
            f"The ClickHouse at {settings.calls_clickhouse_url} still has them. Delete them "
            "there as docs/operators.md describes.",
            err=True,
        )


def erase_calls(settings: Settings, doomed: Mapping[str, set[int]], *, by: str) -> Erasure:
    """Erase the calls from the folder. Raises LeadwireError while a server uses it."""
    eraser = Eraser(calls_folder(settings), clock=SystemClock())
    try:
        return eraser.erase(doomed, by=by)
    except ERASING_ERRORS as error:
        raise LeadwireError(
            f"Only a part was erased: {error}. Run the command again to erase the rest."
        ) from error
    finally:
        eraser.close()


def find_calls(settings: Settings, query: CallQuery) -> dict[str, set[int]]:
    """The numbers of the calls that match, by day.

    Raises CallLogDamaged when some may be missing.
    """
    opened = open_call_reader(settings, clock=SystemClock(), only_local=True)
    try:
        return by_day((one.started_at_ms, one.sequence) for one in opened.calls.stream(query))
    finally:
        opened.close()


def _account_id(store: AccessStore, named: str) -> str:
    """The account's id. A text that names no account is an id: the log outlives accounts."""
    names = {str(part) for one in store.accounts() for part in (one.number, one.name)}
    return account_id_of(store, named) if named in names else named


def _query(settings: Settings, filters: Mapping[str, str], account: str) -> CallQuery:
    with wrong_filters():
        return query_from_parameters(
            {name.rstrip("_"): value for name, value in filters.items()},
            account_id=account or None,
            now_ms=SystemClock().now_ms(),
            rows_max=1,
            token_of=open_personal(settings, ids=None).token_of,
        )


def _count(doomed: Mapping[str, set[int]], copies: int) -> str:
    pinned = f" Copies of pinned calls that match: {copies:,}." if copies else ""
    days = [f"{day}  {len(sequences):>12,}" for day, sequences in sorted(doomed.items())]
    return "\n".join([*days, f"{sum(map(len, doomed.values())):,} call(s) match.{pinned}"])


def confirm_erasing(question: str, *, yes: bool) -> None:
    """Ask for confirmation unless *yes* is set. Raises LeadwireError if the answer is no."""
    if not (yes or click.confirm(question, err=True)):
        raise LeadwireError("Nothing was erased.")
