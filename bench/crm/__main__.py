"""A server with 1,000, then 10,000, then 100,000 leads of 30 custom fields, recorded as always.

Every figure is of calls one after another over one connection: p50 and p99 in milliseconds.
Budget: p50 of a look-up with 100,000 leads is at most 1.5 times that with 1,000. The two figures
of fields without an index stand beside them. Exit code 1 when the budget is not met.
"""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
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
_BULK_CALLS: Final = 60
_CALLS_MAX: Final = 300
_CALLS_MIN: Final = 12
_SECONDS_MAX: Final = 3.0
_WARM_UP_CALLS: Final = 10
_SETTLE_SECONDS: Final = 4
_STOP_SECONDS: Final = 20
_PERCENT: Final = 100
_STRIDE: Final = 7_919
"""Leads from all over are asked for, not neighbours."""


class Figure(NamedTuple):
    p50_ms: float
    p99_ms: float


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench crm", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--leads", type=int, default=_SIZES[-1], help="no sizes beyond this one")
    parser.add_argument("--json", action="store_true", help="JSON lines only, no table")
    options = parser.parse_args()
    sizes = [size for size in _SIZES if size <= options.leads]
    with (
        TemporaryDirectory(prefix="leadwire-bench-", dir=Path.cwd()) as folder,
        _serving(Path(folder)) as target,
        Connection(target) as connection,
    ):
        measured = _measure(connection, sizes)
    growth = {
        name: figures[sizes[-1]].p50_ms / figures[sizes[0]].p50_ms
        for name, figures in measured.items()
    }
    look_ups = [_BULK, *(question.name for question in QUESTIONS if question.is_look_up)]
    for name in look_ups:
        _print_line(
            budget=f"growth of {name}",
            value=round(growth[name], 3),
            limit=_GROWTH_MAX,
            met=growth[name] <= _GROWTH_MAX,
            distance=round(1 - growth[name] / _GROWTH_MAX, 3),
        )
    if not options.json:
        _print_table(measured, sizes, growth, look_ups)
    return 0 if all(growth[name] <= _GROWTH_MAX for name in look_ups) else 1


@contextmanager
def _serving(folder: Path) -> Iterator[Target]:
    command = (sys.executable, "-m", "bench.crm.server", str(folder / "data"))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            started = json.loads(process.stdout.readline() if process.stdout else "")
            yield Target(started["port"], KeyPair(*started["keys"]))
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)


def _measure(connection: Connection, sizes: list[int]) -> dict[str, dict[int, Figure]]:
    for name in FIELDS:
        connection.call(f"{LM}/CreateLeadField", _field(name))
    measured: dict[str, dict[int, Figure]] = {
        name: {} for name in (_BULK, *(question.name for question in QUESTIONS))
    }
    made = 0
    for size in sizes:
        took_ns = [
            _create(connection, first, min(_AT_ONCE, size - first + 1))
            for first in range(made + 1, size + 1, _AT_ONCE)
        ]
        made = size
        measured[_BULK][size] = _figure(took_ns[-_BULK_CALLS:])
        sleep(_SETTLE_SECONDS)  # what is indexed in the background is, then
        for question in QUESTIONS:
            measured[question.name][size] = _time(connection, question, size)
        for name, figures in measured.items():
            for part, value in figures[size]._asdict().items():
                _print_line(figure=name, leads=size, part=part, value=round(value, 3))
    return measured


def _time(connection: Connection, question: Question, size: int) -> Figure:
    asked = [2 + turn * _STRIDE % (size - 2) for turn in range(_CALLS_MAX + _WARM_UP_CALLS)]
    took_ns: list[int] = []
    until = perf_counter() + _SECONDS_MAX
    for count, number in enumerate(asked):
        if len(took_ns) >= _CALLS_MIN and perf_counter() > until:
            break
        lead_id = _id_of(connection, email(number)) if question.name == "by id" else ""
        call = question.ask(number, lead_id)
        answer, took = connection.call(*call)
        if len(answer) != question.rows and (question.rows >= 0 or not answer):
            raise WrongAnswer(f"{question.name}: {len(answer)} rows, not {question.rows}")
        if count >= _WARM_UP_CALLS:
            took_ns.append(took)
    return _figure(took_ns)


def _id_of(connection: Connection, address: str) -> str:
    answer, _ = connection.call(f"{LM}/Leads.GetByEmailaddress?emailaddress={address}")
    return str(answer[0]["ProspectID"])


def _create(connection: Connection, first: int, count: int) -> int:
    rows = [lead(number) for number in range(first, first + count)]
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


def _figure(took_ns: list[int]) -> Figure:
    return Figure(median(took_ns) / 1e6, quantiles(took_ns, n=_PERCENT)[98] / 1e6)


def _print_line(**members: object) -> None:
    print(json.dumps({"bench": "crm", **members}), flush=True)


def _print_table(
    measured: dict[str, dict[int, Figure]],
    sizes: list[int],
    growth: dict[str, float],
    look_ups: list[str],
) -> None:
    print(f"\n{'p50 / p99, ms':28}" + "".join(f"{f'{size:,} leads':>20}" for size in sizes))
    for name, figures in measured.items():
        cells = "".join(f"{figures[s].p50_ms:11.2f} /{figures[s].p99_ms:7.2f}" for s in sizes)
        verdict = "met" if growth[name] <= _GROWTH_MAX else "NOT MET"
        print(
            f"{name:28}{cells}   times {growth[name]:6.2f}  {verdict if name in look_ups else ''}"
        )


if __name__ == "__main__":
    sys.exit(main())
