"""Durable Lead.Create over 16 keep-alive connections, one server process.

Budgets (budgets.py): at least 0.42 of the calls per second of (a) and at most 2.3 times its CPU per
call, at least 4 times the calls of (b), at most 1.3 times the CPU of (c), where
(a) is the same app with both stores replaced by no-ops,
(b) is a plain FastAPI app with SQLAlchemy's async ORM that stores the lead and a log row,
(c) is the same app with recording off.
With leads on PostgreSQL: at most 1.4 times the CPU per call of the process on SQLite, at most 2.1
times with the CPU of the PostgreSQL server, and at most 0.7 times the CPU, with the server's, of
(d), a plain FastAPI app with asyncpg on the same PostgreSQL server.

All servers stand side by side, and each round loads one after the other. After every round
the leads and calls that are stored must be as many as were answered. Exit code 1 when they are
not, or when a budget is not met.
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import uvloop

from bench.serve.budgets import Budget, Round, budgets, medians
from bench.serve.database import MeasuredServer, database_server
from bench.serve.load import Load
from bench.serve.process import ServerProcess, serving
from bench.serve.variants import VARIANTS, Stored, Variant, stored

_ROUNDS: Final = 9
_WARM_UP_SECONDS: Final = 0.5
_PERCENT: Final = 100


class WorkLost(Exception):
    """A server answered calls that it did not keep, or kept some that it did not answer."""


class Contender(NamedTuple):
    variant: Variant
    folder: Path
    server: ServerProcess
    load: Load
    database: MeasuredServer
    url: str
    """The address of its database on PostgreSQL, else empty."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench serve", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=36, help="time under load, of all servers")
    parser.add_argument("--json", action="store_true", help="JSON lines only, no table")
    options = parser.parse_args()
    with (
        TemporaryDirectory(prefix="leadwire-bench-", dir=Path.cwd()) as folder,
        ExitStack() as stack,
    ):
        database = stack.enter_context(database_server())
        contenders = [_contender(variant, Path(folder), database, stack) for variant in VARIANTS]
        seconds = options.seconds / _ROUNDS / len(contenders)
        rounds = uvloop.run(_measure(contenders, seconds))
    results = budgets(rounds)
    _print_json(rounds, results)
    if not options.json:
        _print_table(rounds, results)
    return 0 if all(result.met for result in results) else 1


def _contender(
    variant: Variant, parent: Path, database: MeasuredServer, stack: ExitStack
) -> Contender:
    folder = parent / variant.name
    folder.mkdir()
    url = database.create_database() if variant.on_postgresql else ""
    server = stack.enter_context(serving(variant, folder, url))
    return Contender(variant, folder, server, Load(server.target), database, url)


async def _measure(contenders: Sequence[Contender], seconds: float) -> dict[str, list[Round]]:
    rounds: dict[str, list[Round]] = {contender.variant.name: [] for contender in contenders}
    for contender in contenders:
        await _round(contender, _WARM_UP_SECONDS)
    for _ in range(_ROUNDS):
        for contender in contenders:
            rounds[contender.variant.name].append(await _round(contender, seconds))
    return rounds


async def _round(contender: Contender, seconds: float) -> Round:
    server, database = contender.server, contender.database
    cpu_before, database_before = server.cpu_seconds(), database.cpu_seconds()
    result = await contender.load.run(seconds)
    cpu_seconds = server.cpu_seconds() - cpu_before
    database_seconds = database.cpu_seconds() - database_before if contender.url else 0.0
    await asyncio.to_thread(_check_kept, contender)
    percentiles = quantiles(result.latencies_ns, n=_PERCENT)
    calls = len(result.latencies_ns)
    return Round(
        calls_per_second=calls / result.elapsed_seconds,
        p50_ms=percentiles[49] / 1_000_000,
        p99_ms=percentiles[98] / 1_000_000,
        cpu_us_per_call=cpu_seconds / calls * 1_000_000,
        total_cpu_us_per_call=(cpu_seconds + database_seconds) / calls * 1_000_000,
        rss_mib=server.rss_mib(),
    )


def _check_kept(contender: Contender) -> None:
    """Raise WorkLost unless exactly what was answered is stored."""
    variant, answered = contender.variant, contender.load.answered
    wanted = Stored(answered * variant.keeps_leads, answered * variant.keeps_calls)
    found = stored(variant, contender.folder, contender.url)
    if found != wanted:
        raise WorkLost(f"{variant.title}: {answered} calls were answered, but found {found}")


def _print_json(rounds: dict[str, list[Round]], results: Sequence[Budget]) -> None:
    for name, measured in rounds.items():
        for figure, value in medians(measured)._asdict().items():
            _print_line(variant=name, figure=figure, value=round(value, 3))
    for result in results:
        _print_line(
            budget=result.name,
            value=round(result.value, 3),
            limit=result.limit,
            met=result.met,
            distance=round(result.distance, 3),
        )


def _print_line(**members: object) -> None:
    print(json.dumps({"bench": "serve", **members}))


def _print_table(rounds: dict[str, list[Round]], results: Sequence[Budget]) -> None:
    heads = ("calls/s", "p50 ms", "p99 ms", "CPU µs/call", "+ server", "RSS MiB")
    print(f"\n{'':26}" + "".join(f"{head:>12}" for head in heads))
    for variant in VARIANTS:
        row = medians(rounds[variant.name])
        print(
            f"{variant.title:26}{row.calls_per_second:12.0f}{row.p50_ms:12.2f}{row.p99_ms:12.2f}"
            f"{row.cpu_us_per_call:12.0f}{row.total_cpu_us_per_call:12.0f}{row.rss_mib:12.1f}"
        )
    print()
    for result in results:
        verdict = "met" if result.met else "NOT MET"
        print(
            f"{result.name:24}{result.value:7.2f}   limit {result.limit:.2f}   {verdict:8}"
            f"{result.distance:+.0%}"
        )


if __name__ == "__main__":
    sys.exit(main())
