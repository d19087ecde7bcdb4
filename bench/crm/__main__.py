"""Three servers with 1,000, 10,000 and 100,000 leads of 30 custom fields, recorded as always.

Each question is put to one after the other, over a connection each, so that what slows the machine
slows all three. p50 and p99 in milliseconds. No setting names a field: each question is asked ten
times before it is timed, and the fields get their indexes by themselves.

Budgets: p50 of a question with the most leads is at most 1.5 times that with the fewest. A write
pays at most 5 % for each index. Exit code 1 when one is not met.
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
_PLAIN, _INDEXED = 0, 1
_INDEXES: Final = FIELDS[:4]
"""Fields whose indexes are compared with none."""
_PAIR_LEADS: Final = 5_000
_INDEX_COST_MAX: Final = 0.05
_SEARCHES: Final = 10
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
        cost = _index_cost(Path(folder))
    growth = {
        name: figures[sizes[-1]].p50_ms / figures[sizes[0]].p50_ms
        for name, figures in measured.items()
    }
    met = [_budget(f"growth of {q.name}", growth[q.name], _GROWTH_MAX) for q in QUESTIONS]
    met.append(_budget("cost of an index in a write", cost, _INDEX_COST_MAX))
    if not options.json:
        _print_table(measured, growth)
    return 0 if all(met) else 1


def _budget(name: str, value: float, limit: float) -> bool:
    is_met = value <= limit
    distance = round(1 - value / limit, 3)
    _print_line(budget=name, value=round(value, 3), limit=limit, met=is_met, distance=distance)
    return is_met


def _index_cost(folder: Path) -> float:
    """What one index adds to a write: of two servers, one keeps some and the other none."""
    with ExitStack() as stack:
        pair = {
            number: stack.enter_context(
                Connection(stack.enter_context(_serving(folder / f"pair-{number}", indexes)))
            )
            for number, indexes in ((_PLAIN, ""), (_INDEXED, ",".join(_INDEXES)))
        }
        for connection in pair.values():
            _fill(connection, _PAIR_LEADS)
        sleep(_SETTLE_SECONDS)
        took = _time(pair, lambda c, _, turn: _create(c, _PAIR_LEADS + turn * _AT_ONCE + 1))
    return (took[_INDEXED].p50_ms / took[_PLAIN].p50_ms - 1) / len(_INDEXES)


@contextmanager
def _serving(folder: Path, indexes: str = "auto") -> Iterator[Target]:
    command = (sys.executable, "-m", "bench.crm.server", str(folder), indexes)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            started = json.loads(process.stdout.readline() if process.stdout else "")
            yield Target(started["port"], KeyPair(*started["keys"]))
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def _measure(connections: Connections) -> dict[str, dict[int, Figure]]:
    for size, connection in connections.items():
        _fill(connection, size)
    sleep(_SETTLE_SECONDS)  # what is indexed in the background is, then
    measured: dict[str, dict[int, Figure]] = {}
    _search(connections)
    sleep(_SETTLE_SECONDS)
    for question in QUESTIONS:
        measured[question.name] = _time(connections, lambda *at, q=question: _ask(q, *at))
    measured[_BULK] = _time(connections, _create_more, turns_max=_BULK_CALLS)
    for name, figures in measured.items():
        for size, figure in figures.items():
            for part, value in figure._asdict().items():
                _print_line(figure=name, leads=size, part=part, value=round(value, 3))
    return measured


def _fill(connection: Connection, size: int) -> None:
    for name in FIELDS:
        connection.call(f"{LM}/CreateLeadField", _field(name))
    for first in range(1, size + 1, _AT_ONCE):
        _create(connection, first)


def _search(connections: Connections) -> None:
    """What makes fields get their indexes."""
    for question in QUESTIONS:
        for turn in range(_SEARCHES):
            for size, connection in connections.items():
                _ask(question, connection, size, turn)


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


def _print_table(measured: dict[str, dict[int, Figure]], growth: dict[str, float]) -> None:
    sizes = list(measured[_BULK])
    print(f"\n{'p50 / p99, ms':28}" + "".join(f"{f'{size:,} leads':>20}" for size in sizes))
    for name, figures in measured.items():
        cells = "".join(f"{figures[s].p50_ms:11.2f} /{figures[s].p99_ms:7.2f}" for s in sizes)
        verdict = "met" if growth[name] <= _GROWTH_MAX else "NOT MET"
        told = "" if name == _BULK else verdict
        print(f"{name:28}{cells}{growth[name]:8.2f}   {told}")


if __name__ == "__main__":
    sys.exit(main())
