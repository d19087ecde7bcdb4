"""What a test costs: a start, a reset of 1,000 leads, an account, a test of four calls.

Budgets: a reset in 20 ms, a test of four calls in 30 ms, 0.75 s of processor time for a start and
0.15 s for the test process beside it. Start budgets are multiples of the import of the libraries in
the same round, because what slows the machine slows both; the seconds are those of a machine that
imports them in 0.3 s. A figure is the median over rounds. Exit code 1 if a budget is not met.

``--python`` is the interpreter of an environment with moto[server] and pytest-httpserver, and
``--wiremock`` the jar: they are measured beside, in each round.
"""

import argparse
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

from bench.testing import peers
from bench.testing.leadwire import measure

_LIBRARIES_S: Final = 0.3
START_TIMES_MAX: Final = 0.75 / _LIBRARIES_S
TEST_PROCESS_TIMES_MAX: Final = 0.15 / _LIBRARIES_S
RESET_MS_MAX: Final = 20.0
TEST_MS_MAX: Final = 30.0

Figures = dict[str, float]


class Budget(NamedTuple):
    name: str
    value: float
    limit: float

    @property
    def met(self) -> bool:
        return self.value <= self.limit


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench testing", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--python", type=Path, help="has moto[server] and pytest-httpserver")
    parser.add_argument("--wiremock", type=Path, help="the jar of WireMock standalone")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    measured = [
        {name: run() for name, run in _runs(options.python, options.wiremock).items()}
        for _ in range(options.rounds)
    ]
    figures = {
        name: {key: median(each[name][key] for each in measured) for key in measured[0][name]}
        for name in measured[0]
    }
    found = budgets([each["leadwire"] for each in measured])
    if options.json:
        print(json.dumps({"figures": figures, "budgets": [b._asdict() for b in found]}))
    else:
        _print(figures, found)
    return 0 if all(budget.met for budget in found) else 1


def _runs(python: Path | None, jar: Path | None) -> dict[str, Callable[[], Figures]]:
    runs: dict[str, Callable[[], Figures]] = {"leadwire": measure}
    if python is not None:
        runs["moto server"] = partial(peers.moto, python.with_name("moto_server"))
        runs["pytest-httpserver"] = partial(peers.pytest_httpserver, python)
    if jar is not None:
        runs["WireMock"] = partial(peers.wiremock, jar)
    return runs


def budgets(rounds: list[Figures]) -> list[Budget]:
    """Ratios within each round, and milliseconds; medians over rounds."""

    def times(name: str) -> float:
        return median(each[name] / each["libraries_cpu_s"] for each in rounds)

    def ms(name: str) -> float:
        return median(each[name] for each in rounds)

    return [
        Budget("start_cpu_times", times("start_cpu_s"), START_TIMES_MAX),
        Budget("test_process_cpu_times", times("test_process_cpu_s"), TEST_PROCESS_TIMES_MAX),
        Budget("reset_ms", ms("reset_ms"), RESET_MS_MAX),
        Budget("test_ms", ms("test_ms"), TEST_MS_MAX),
    ]


def _print(figures: dict[str, Figures], found: list[Budget]) -> None:
    for name, values in figures.items():
        print(f"{name:18} " + "  ".join(f"{key} {value:.2f}" for key, value in values.items()))
    for budget in found:
        word = "met" if budget.met else "NOT MET"
        print(f"budget {budget.name:24} {budget.value:6.2f} of {budget.limit:.2f}: {word}")


if __name__ == "__main__":
    sys.exit(main())
