"""Three servers with 1,000, 10,000 and 100,000 leads of 30 custom fields, recorded as always.

Each question is put to one after the other, over a connection each, so that what slows the machine
slows all three. p50 and p99 in milliseconds. Budget: p50 of a look-up with the most leads is at
most 1.5 times that with the fewest. Searches of a field without an index, and writes, stand beside
them. Exit code 1 when the budget is not met.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median, quantiles
from tempfile import TemporaryDirectory
from time import perf_counter, sleep
from typing import Any, Final, NamedTuple

from bench.crm.connection import Connection
from bench.crm.questions import FIELDS, LM, QUESTIONS, Question, email, lead
from bench.serve.load import KeyPair, Target, WrongAnswer

_GROWTH_MAX: Final = 1.5
_SIZES: Final = (1_000, 10_000, 100_000)
_AT_ONCE: Final = 50
_BULK: Final = "bulk create of 50"
_BULK_CALLS: Final = 12
_TURNS_MIN: Final = 12
_SECONDS_MAX: Final = 8.0
_WARM_UP_TURNS: Final = 5
_SETTLE_SECONDS: Final = 4
_STOP_SECONDS: Final = 20
_PERCENT: Final = 100
_STRIDE: Final = 7_919
"""Leads from all over are asked for, not neighbours."""


class Figure(NamedTuple):
    p50_ms: float
    p99_ms: float


Connections = Mapping[int, Connection]
"""By the number of leads that the server has."""


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench crm", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--leads", type=int, default=_SIZES[-1], help="no sizes beyond this one")
    parser.add_argument("--json", action="store_true", help="JSON lines only, no table")
    options = parser.parse_args()
    sizes = [size for size in _SIZES if size <= options.leads]
    with (
        TemporaryDirectory(prefix="leadwire-bench-", dir=Path.cwd()) as folder,
        ExitStack() as stack,
    ):
        connections = {
            size: stack.enter_context(
                Connection(stack.enter_context(_serving(Path(folder) / str(size))))
            )
            for size in sizes
        }
        measured = _measure(connections)
    growth = {
        name: figures[sizes[-1]].p50_ms / figures[sizes[0]].p50_ms
        for name, figures in measured.items()
    }
    look_ups = [question.name for question in QUESTIONS if question.is_look_up]
    for name in look_ups:
        _print_line(
            budget=f"growth of {name}",
            value=round(growth[name], 3),
            limit=_GROWTH_MAX,
            met=growth[name] <= _GROWTH_MAX,
            distance=round(1 - growth[name] / _GROWTH_MAX, 3),
        )
    if not options.json:
        _print_table(measured, growth, look_ups)
    return 0 if all(growth[name] <= _GROWTH_MAX for name in look_ups) else 1


@contextmanager
def _serving(folder: Path) -> Iterator[Target]:
    command = (sys.executable, "-m", "bench.crm.server", str(folder))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            started = json.loads(process.stdout.readline() if process.stdout else "")
            yield Target(started["port"], KeyPair(*started["keys"]))
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def _measure(connections: Connections) -> dict[str, dict[int, Figure]]:
    for size, connection in connections.items():
        for name in FIELDS:
            connection.call(f"{LM}/CreateLeadField", _field(name))
        for first in range(1, size + 1, _AT_ONCE):
            _create(connection, first)
    sleep(_SETTLE_SECONDS)  # what is indexed in the background is, then
    measured: dict[str, dict[int, Figure]] = {}
    for question in QUESTIONS:
        measured[question.name] = _time(connections, lambda *at, q=question: _ask(q, *at))
    measured[_BULK] = _time(connections, _create_more, turns_max=_BULK_CALLS)
    for name, figures in measured.items():
        for size, figure in figures.items():
            for part, value in figure._asdict().items():
                _print_line(figure=name, leads=size, part=part, value=round(value, 3))
    return measured


def _time(
    connections: Connections, ask: Callable[[Connection, int, int], int], *, turns_max: int = 300
) -> dict[int, Figure]:
    """*ask* is given a connection, its number of leads and the turn; returns nanoseconds."""
    took_ns: dict[int, list[int]] = {size: [] for size in connections}
    until = perf_counter() + _SECONDS_MAX
    for turn in range(turns_max + _WARM_UP_TURNS):
        if turn >= _TURNS_MIN + _WARM_UP_TURNS and perf_counter() > until:
            break
        for size, connection in connections.items():
            took = ask(connection, size, turn)
            if turn >= _WARM_UP_TURNS:
                took_ns[size].append(took)
    return {
        size: Figure(median(took) / 1e6, quantiles(took, n=_PERCENT)[98] / 1e6)
        for size, took in took_ns.items()
    }


def _ask(question: Question, connection: Connection, size: int, turn: int) -> int:
    number = 2 + turn * _STRIDE % (size - 2)
    lead_id = _id_of(connection, email(number)) if question.name == "by id" else ""
    answer, took_ns = connection.call(*question.ask(number, lead_id))
    if len(answer) != question.rows and (question.rows >= 0 or not answer):
        raise WrongAnswer(f"{question.name}: {len(answer)} rows, not {question.rows}")
    return took_ns


def _create_more(connection: Connection, size: int, turn: int) -> int:
    return _create(connection, size + turn * _AT_ONCE + 1)


def _id_of(connection: Connection, address: str) -> str:
    answer, _ = connection.call(f"{LM}/Leads.GetByEmailaddress?emailaddress={address}")
    return str(answer[0]["ProspectID"])


def _create(connection: Connection, first: int) -> int:
    rows = [lead(number) for number in range(first, first + _AT_ONCE)]
    answer, took_ns = connection.call(f"{LM}/Lead/Bulk/Create", rows)
    if not all(row["LeadCreated"] for row in answer):
        raise WrongAnswer(str(answer))
    return took_ns


def _field(schema_name: str) -> dict[str, Any]:
    is_number = schema_name == "mx_Premium"
    return {
        "DisplayName": schema_name.removeprefix("mx_").replace("_", " "),
        "DataType": "Number" if is_number else "Text",
        "RenderTypeTextValue": "Textbox",
        "IsMandatory": False,
        "OptionsJson": "",
    }


def _print_line(**members: object) -> None:
    print(json.dumps({"bench": "crm", **members}), flush=True)


def _print_table(
    measured: dict[str, dict[int, Figure]], growth: dict[str, float], look_ups: list[str]
) -> None:
    sizes = list(measured[_BULK])
    print(f"\n{'p50 / p99, ms':28}" + "".join(f"{f'{size:,} leads':>20}" for size in sizes))
    for name, figures in measured.items():
        cells = "".join(f"{figures[s].p50_ms:11.2f} /{figures[s].p99_ms:7.2f}" for s in sizes)
        verdict = "met" if growth[name] <= _GROWTH_MAX else "NOT MET"
        print(f"{name:28}{cells}{growth[name]:8.2f}   {verdict if name in look_ups else ''}")


if __name__ == "__main__":
    sys.exit(main())
