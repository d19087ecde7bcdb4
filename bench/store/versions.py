"""The call store beside an earlier version of it, in one run.

It tells what finding calls as they read costs, and what keeping headers does.

usage: python -m bench.store.versions SOURCES [--calls 200000] [--work FOLDER]

SOURCES is the folder ``src`` of a checkout of the earlier version. Each version works in a
process of its own, the two by turns. Searches, too, are told by the CPU they take, since a busy
machine says little else; each figure is the least of the turns. Exit code 1 when a budget is
not met.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

from bench.store.corpus import make

_TURNS: Final = 2
_HERE: Final = Path(__file__).parent
_OURS: Final = _HERE.parents[1] / "src"
_ESCAPED: Final = ", escaped"
_LITTLE_MS: Final = 3.0
"""Less is noise: a needle may take as much, whatever it took before."""

Figures = dict[str, float]


class Budget(NamedTuple):
    name: str
    value: float
    limit: float

    @property
    def met(self) -> bool:
        return self.value <= self.limit


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.store.versions", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("sources", type=Path)
    parser.add_argument("--calls", type=int, default=200_000)
    parser.add_argument("--work", type=Path, default=Path("bench-results/store"))
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    plain = make(options.work, options.calls)
    spelled = make(options.work, options.calls, spelled=True)
    runs: dict[str, tuple[Path, Path, list[str]]] = {
        "plain before": (options.sources, plain, []),
        "plain": (_OURS, plain, []),
        "spelled before": (options.sources, spelled, []),
        "spelled": (_OURS, spelled, []),
        "headers": (_OURS, plain, ["--headers"]),
    }
    found: dict[str, Figures] = {}
    for _ in range(_TURNS):
        for name, run in runs.items():
            _merge(found.setdefault(name, {}), _figures(options.work / "version", *run))
            print(name, {key: round(value, 2) for key, value in found[name].items()}, flush=True)
    budgets = list(_budgets(found))
    for budget in budgets:
        verdict = "met" if budget.met else "NOT MET"
        print(f"{budget.name:64}{budget.value:8.3f}   limit {budget.limit:6.2f}   {verdict}")
    return 0 if all(budget.met for budget in budgets) else 1


def _figures(folder: Path, sources: Path, corpus: Path, options: list[str]) -> Figures:
    shutil.rmtree(folder, ignore_errors=True)
    done = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, str(_HERE / "one_version.py"), str(corpus), str(folder), *options],
        env={**os.environ, "PYTHONPATH": str(sources.absolute())},
        stdout=subprocess.PIPE,
        check=True,
    )
    shutil.rmtree(folder)
    figures: Figures = json.loads(done.stdout)
    return figures


def _merge(known: Figures, found: Figures) -> None:
    for name, value in found.items():
        known[name] = min(known.get(name, value), value)


def _budgets(found: dict[str, Figures]) -> Iterator[Budget]:
    def ratio(figure: str, run: str, of: str, limit: float) -> Budget:
        value = found[run][figure] / found[of][figure]
        return Budget(f"{figure}, {run}, times {of}", value, limit)

    yield ratio("bytes a call", "plain", "plain before", 1.01)
    yield ratio("bytes a call", "spelled", "spelled before", 1.01)
    yield ratio("CPU µs a call", "plain", "plain before", 1.15)
    yield ratio("CPU µs a call", "spelled", "spelled before", 1.3)
    yield ratio("bytes a call", "headers", "plain", 1.10)
    yield ratio("CPU µs a call", "headers", "plain", 1.15)
    yield ratio("CPU µs a call", "headers", "plain before", 1.3)
    for corpus in ("plain", "spelled"):
        ours, before = found[corpus], found[f"{corpus} before"]
        for needle in [name for name in ours if f"{name}{_ESCAPED}" in ours]:
            base = max(before[needle], _LITTLE_MS)
            yield Budget(f"{needle}, {corpus}, times before", ours[needle] / base, 1.25)
            base = max(ours[needle], _LITTLE_MS)
            escaped = ours[f"{needle}{_ESCAPED}"] / base
            yield Budget(f"{needle}, {corpus}, escaped, times plain", escaped, 3.0)


if __name__ == "__main__":
    sys.exit(main())
