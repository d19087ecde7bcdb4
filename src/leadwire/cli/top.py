"""``leadwire top``: what a call log shows right now."""

import shutil
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import islice
from pathlib import Path
from typing import Final

import click

from leadwire.calls.fields import span_ms
from leadwire.calls.query import CallQuery
from leadwire.calls.store import CallReader
from leadwire.cli.printing import say_json, say_shown
from leadwire.cli.reporting import as_json, misused
from leadwire.cli.source import (
    Source,
    call_source,
    last_option,
    query_of,
    reader_of,
    search_option,
    server_reader,
    settings_of,
)
from leadwire.cli.top_lines import View, plain_lines, screen_lines
from leadwire.cli.top_report import CALLS_MAX, Names, RecentCalls, Report, Seen, seen
from leadwire.clock import SystemClock
from leadwire.dates import SECOND_MS
from leadwire.errors import CallLogDamaged
from leadwire.operations.plans import PLANS

_DEFAULT_LAST: Final = "5m"
_EVERY_SECONDS: Final = 1.0
_REST_SHARE: Final = 25
"""After a look, rest for this many times as long as it took: at most 4 % of a core."""
_AT_ONCE: Final = 1_000
_PLAIN_COLUMNS: Final = 200
_PAGE: Final = 10


@click.command()
@call_source
@search_option
@last_option
@click.option("--once", is_flag=True, help="Print once and end, as without a terminal.")
@as_json
def top(source: Source, q: str, last: str, *, once: bool, as_json: bool) -> None:
    """Show rates, failures by type, slowest operations, limits and the newest failures.

    Looks at the last 5 minutes, or at --last. On a terminal the picture stays up to date: q quits,
    p pauses, arrows move through the failures. Elsewhere it is printed once. A limit belongs to
    an account and is shared by its keys.
    """
    span = _span_ms(last or _DEFAULT_LAST)
    recent = RecentCalls(span)
    with _watched(source, q, span, recent) as look:
        names = Names() if source.file else _names(source)
        if not (once or as_json) and _can_be_drawn_on():
            _live(recent, look, names)
            return
        report = recent.report(SystemClock().now_ms())
    if as_json:
        say_json(report)
        return
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PLAIN_COLUMNS
    for line in plain_lines(report, names, columns):
        say_shown(line)


def _can_be_drawn_on() -> bool:
    """Windows has no such terminals."""
    is_terminal = sys.stdin.isatty() and sys.stdout.isatty()
    return is_terminal and find_spec("termios") is not None


def _span_ms(last: str) -> int:
    try:
        return span_ms(last)
    except ValueError as error:
        raise misused(f"{error}.", "--last") from None


Look = Callable[[], None]
"""Adds the calls that are new in the log."""


@contextmanager
def _watched(source: Source, q: str, span: int, recent: RecentCalls) -> Iterator[Look]:
    """Fill *recent* from the log, and keep it up to date by each look."""
    if source.file:
        yield _watched_file(source, source.file, q, span, recent)
        return
    newest = query_of(source, {"q": q, "last": _in_seconds(span)}, 1)
    query = query_of(source, {"q": q}, _AT_ONCE)
    with server_reader(source) as reader:
        place = reader.place()
        for call in reversed(_newest(reader, newest, recent)):
            recent.add(call)

        def look() -> None:
            nonlocal place
            more = True
            while more:
                new = reader.since(query, place)
                for call in map(seen, new.calls):
                    recent.add(call)
                place, more = new.place, new.more

        yield look


def _newest(reader: CallReader, query: CallQuery, recent: RecentCalls) -> list[Seen]:
    """At most one call more than are kept, so that the report says that it is cut."""
    found = []
    try:
        for record in islice(reader.stream(query), CALLS_MAX + 1):
            found.append(seen(record))  # noqa: PERF401  # what came before a fault counts
    except CallLogDamaged as error:
        recent.damage = str(error)
    return found


def _watched_file(source: Source, file: Path, q: str, span: int, recent: RecentCalls) -> Look:
    """An SDK's log is read again when it has changed."""
    known: object = None

    def look() -> None:
        nonlocal known
        found = _state_of(file)
        if found == known:
            return
        known = found
        query = query_of(source, {"q": q, "last": _in_seconds(span)}, CALLS_MAX + 1)
        recent.clear()
        with reader_of(source) as reader:
            for record in reversed(reader.search(query).calls):
                recent.add(seen(record))

    look()
    return look


def _state_of(file: Path) -> list[tuple[str, int, int]]:
    """Names, sizes and times of the files whose names begin like *file*, or that are in it."""
    files = file.iterdir() if file.is_dir() else file.parent.glob(f"{file.name}*")
    found = ((path, path.stat()) for path in files if path.is_file())
    return sorted((str(path), stat.st_size, stat.st_mtime_ns) for path, stat in found)


def _in_seconds(span: int) -> str:
    return f"{-(-span // SECOND_MS)}s"


def _names(source: Source) -> Names:
    """Names and limits from the account database; none without one."""
    from leadwire.access.chosen_settings import LiveSettings  # noqa: PLC0415  # SQLAlchemy
    from leadwire.cli.options import access_store  # noqa: PLC0415
    from leadwire.errors import SetupError  # noqa: PLC0415

    try:
        with access_store(source.data, source.config_file) as store:
            live = LiveSettings(store, settings_of(source))
            accounts = {account.account_id: account.name for account in store.accounts()}
            keys = {
                pair.key_id: f"{pair.name} {pair.access_key_hint}"
                for account_id in accounts
                for pair in store.key_pairs(account_id)
            }
            plans = {account_id: live.of_account(account_id).plan for account_id in accounts}
    except SetupError:
        return Names()
    limits = {
        account_id: PLANS[plan].window_calls_max
        for account_id, plan in plans.items()
        if plan in PLANS
    }
    return Names(accounts, keys, limits)


def _live(recent: RecentCalls, look: Look, names: Names) -> None:
    """Draw until q. While paused, the log is followed but not drawn."""
    from leadwire.cli.screen import Screen  # noqa: PLC0415  # not on Windows

    view, report = View(), recent.report(SystemClock().now_ms())
    next_look = time.monotonic()
    with Screen() as screen:
        while True:
            now = time.monotonic()
            if now >= next_look:
                look()
                if not view.paused:
                    report = recent.report(SystemClock().now_ms())
                next_look = _next_look(now)
            columns, lines = screen.size()
            screen.draw(screen_lines(report, names, view, columns=columns, lines=lines))
            key = screen.key(next_look - time.monotonic())
            if key in ("q", "closed"):
                return
            view = _moved(view, key, report)


def _next_look(started: float) -> float:
    ended = time.monotonic()
    return ended + max(_EVERY_SECONDS, (ended - started) * _REST_SHARE)


def _moved(view: View, key: str, report: Report) -> View:
    if key == "p":
        return view._replace(paused=not view.paused)
    steps = {"up": -1, "down": 1, "page up": -_PAGE, "page down": _PAGE}.get(key, 0)
    last = max(len(report.newest_failures) - 1, 0)
    return view._replace(first_failure=min(max(view.first_failure + steps, 0), last))
