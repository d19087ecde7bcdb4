"""Processor time per call of the SDK over that of bare httpx2, and rows per second of imports.

Budgets: at most 1.25 times the CPU of httpx2 alone with the call log off, at most 1.6 times with
the level integration to a JSON Lines file; for the blocking and for the asynchronous client. All
send the same Lead.Create over a kept connection to a server that answers the same to everything,
in another process. The SDK's clients have a hook. Each round measures one after the other; a ratio
is the median over rounds.

Imports go to a leadwire server as it is served, without limits; afterwards it must hold exactly
the leads that were sent. Exit code 1 when it does not, or when a budget is not met.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Final, NamedTuple

from bench.sdk.callers import Caller, Pair, asynchronous, blocking
from bench.serve.process import serving
from bench.serve.variants import LEADWIRE, stored
from leadwire import Client

QUIET_TIMES_MAX: Final = 1.25
LOGGED_TIMES_MAX: Final = 1.6
_WARM_UP_CALLS: Final = 200
_CREATED_ROWS: Final = 5_000
_UPSERTED_ROWS: Final = 2_500


class Measured(NamedTuple):
    """Microseconds of processor time per call, a figure a round."""

    bare: list[float]
    quiet: list[float]
    logged: list[float]


class Budget(NamedTuple):
    name: str
    value: float
    limit: float

    @property
    def met(self) -> bool:
        return self.value <= self.limit


class RowsLost(Exception):
    """The server does not hold the leads that were imported, each once."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench sdk", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=15, help="rounds of all clients")
    parser.add_argument("--calls", type=int, default=200, help="calls of a client in a round")
    parser.add_argument("--json", action="store_true", help="JSON lines only, no table")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="leadwire-bench-", dir=Path.cwd()) as folder:
        measured = _overhead(Path(folder), options.rounds, options.calls)
        rows = _imports(Path(folder) / "data")
    budgets = [budget for name, figures in measured.items() for budget in _budgets(name, figures)]
    _print_json(measured, rows, budgets)
    if not options.json:
        _print_table(measured, rows, budgets)
    return 0 if all(budget.met for budget in budgets) else 1


def _overhead(folder: Path, rounds: int, calls: int) -> dict[str, Measured]:
    with ExitStack() as stack:
        base = stack.enter_context(_canned())
        pairs: dict[str, Pair] = {
            "blocking": stack.enter_context(blocking(base, folder / "blocking.jsonl")),
            "async": stack.enter_context(asynchronous(base, folder / "async.jsonl")),
        }
        measured = {name: Measured([], [], []) for name in pairs}
        for pair in pairs.values():
            for caller in pair:
                caller.cpu_us_per_call(_WARM_UP_CALLS)
        for _ in range(rounds):
            for name, pair in pairs.items():
                _round(pair, measured[name], calls)
    return measured


def _round(pair: Sequence[Caller], measured: Measured, calls: int) -> None:
    for caller, figures in zip(pair, measured, strict=True):
        figures.append(caller.cpu_us_per_call(calls))


@contextmanager
def _canned() -> Iterator[str]:
    command = (sys.executable, "-m", "bench.sdk.canned")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdout is not None  # noqa: S101
            yield f"http://127.0.0.1:{process.stdout.readline().strip()}"
        finally:
            process.terminate()


def _imports(folder: Path) -> dict[str, float]:
    """Rows per second, by the method of the client."""
    folder.mkdir()
    with serving(LEADWIRE, folder, "") as server:
        keys = server.target.keys
        with Client(
            host=f"http://127.0.0.1:{server.target.port}",
            access_key=keys.access_key,
            secret_key=keys.secret_key,
        ) as client:
            rates = {
                "create_many": _rate(client.leads.iter_create_many(_people("c", _CREATED_ROWS))),
                "upsert_many_new": _rate(
                    client.leads.iter_upsert_many(_people("u", _UPSERTED_ROWS))
                ),
                "upsert_many_known": _rate(
                    client.leads.iter_upsert_many(_people("u", _UPSERTED_ROWS))
                ),
            }
        leads = stored(LEADWIRE, folder, "").leads
    if leads != _CREATED_ROWS + _UPSERTED_ROWS:
        raise RowsLost(f"{_CREATED_ROWS + _UPSERTED_ROWS} were imported, but found {leads}")
    return rates


def _people(name: str, count: int) -> Iterator[dict[str, str]]:
    for number in range(count):
        yield {
            "FirstName": f"Asha {number}",
            "LastName": "Verma",
            "EmailAddress": f"{name}.{number}@example.com",
            "mx_City": "Pune",
        }


def _rate(outcomes: Iterator[object]) -> float:
    started = perf_counter()
    rows = sum(bool(getattr(outcome, "ok", False)) for outcome in outcomes)
    return rows / (perf_counter() - started)


def _budgets(name: str, measured: Measured) -> list[Budget]:
    """Medians of the ratios within each round: what slows the machine slows both sides of one."""

    def ratio(figures: Sequence[float]) -> float:
        return median(own / bare for own, bare in zip(figures, measured.bare, strict=True))

    return [
        Budget(f"{name}_cpu_times_quiet", ratio(measured.quiet), QUIET_TIMES_MAX),
        Budget(f"{name}_cpu_times_logged", ratio(measured.logged), LOGGED_TIMES_MAX),
    ]


def _print_json(
    measured: dict[str, Measured], rows: dict[str, float], budgets: Sequence[Budget]
) -> None:
    for client, figures in measured.items():
        for variant, values in figures._asdict().items():
            _print_line(
                client=client,
                variant=variant,
                figure="cpu_us_per_call",
                value=round(median(values), 1),
            )
    for method, rate in rows.items():
        _print_line(method=method, figure="rows_per_second", value=round(rate))
    for budget in budgets:
        _print_line(
            budget=budget.name, value=round(budget.value, 3), limit=budget.limit, met=budget.met
        )


def _print_line(**members: object) -> None:
    print(json.dumps({"bench": "sdk", **members}))


def _print_table(
    measured: dict[str, Measured], rows: dict[str, float], budgets: Sequence[Budget]
) -> None:
    print(f"\n{'CPU µs per call':12}{'httpx2':>12}{'SDK':>12}{'SDK, log':>12}")
    for client, figures in measured.items():
        print(f"{client:15}" + "".join(f"{median(values):12.0f}" for values in figures))
    print("\nrows per second")
    for method, rate in rows.items():
        print(f"{method:20}{rate:12,.0f}")
    print()
    for budget in budgets:
        verdict = "met" if budget.met else "NOT MET"
        print(f"{budget.name:28}{budget.value:7.2f}   limit {budget.limit:.2f}   {verdict}")


if __name__ == "__main__":
    sys.exit(main())
