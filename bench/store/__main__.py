"""The call store beside what a team would use instead of it, on one corpus in one run.

Every engine syncs each commit to disk. Times are medians of warm runs over one account and seven
days, in milliseconds: compare them within a run only. The budgets (budgets.py) that speak of ten
million calls are meant for --large. Exit code 1 when one is not met.
"""

import argparse
import json
import shutil
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NamedTuple

from bench.store.budgets import STORE, Measured, budgets
from bench.store.corpus import make
from bench.store.limits import append_limit, scan_limit
from bench.store.live import live
from bench.store.measure import Figures, ask, load
from bench.store.peers import PEERS, Peer

_DEFAULT_CALLS = 200_000
_LARGE_CALLS = 10_000_000
_LIMIT = "limit"
_LIBRARIES = {"duckdb": "duckdb", "chdb": "chdb", "chdb_ngram": "chdb"}
"""Peers by what has to be installed for them."""


class _Place(NamedTuple):
    """Where an engine keeps the corpus. A kept one stays for the questions of later runs."""

    folder: Path
    is_kept: bool

    @property
    def call_id(self) -> Path:
        """Holds the id of the call that is asked for. It is written last, after a whole load."""
        return self.folder.with_suffix(".call-id")

    @property
    def is_loaded(self) -> bool:
        return self.is_kept and self.call_id.exists()

    def tidy(self) -> None:
        """Remove a store that is not kept, or not whole."""
        if not self.is_loaded:
            self.call_id.unlink(missing_ok=True)
            shutil.rmtree(self.folder, ignore_errors=True)


def main() -> int:
    options = _options()
    engines = [kind for kind in PEERS if kind.name == STORE or kind.name in options.peers]
    options.work.mkdir(parents=True, exist_ok=True)
    corpus = make(options.work, options.calls)
    measured: dict[str, Figures] = {}
    for kind in engines:
        print(f"{kind.name} …", file=sys.stderr, flush=True)
        place = _Place(options.work / f"{kind.name}-{options.calls}", is_kept=options.keep)
        try:
            measured[kind.name] = _measure(kind, corpus, place)
            if kind.name == STORE:
                measured[_LIMIT] = append_limit(corpus, options.work) | scan_limit(place.folder)
                _print_figures(_LIMIT, measured[_LIMIT])
                if not place.is_kept:
                    measured[STORE] |= live(place.folder)
            _print_figures(kind.name, measured[kind.name])
        finally:
            place.tidy()
    results = budgets(measured)
    measured[_LIMIT] = measured.pop(_LIMIT)  # the last column
    for result in results:
        _print_line(**result._asdict() | {"distance": round(result.distance, 3)})
    if not options.json:
        _print_tables(measured, options.calls)
        for result in results:
            verdict = "met" if result.met else "NOT MET"
            print(
                f"{result.name:58}{result.value:9.2f}   limit {result.limit:6.2f}   {verdict:8}"
                f"{result.distance:+.0%}"
            )
    return 0 if all(result.met for result in results) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/bench store", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    size = parser.add_mutually_exclusive_group()
    size.add_argument("--calls", type=int, default=_DEFAULT_CALLS, help=f"{_DEFAULT_CALLS:,}")
    size.add_argument(
        "--large", action="store_const", const=_LARGE_CALLS, dest="calls", help="ten million"
    )
    names = [kind.name for kind in PEERS if kind.name != STORE]
    parser.add_argument("--peers", default=names, type=lambda text: text.split(","))
    parser.add_argument(
        "--work", type=Path, default=Path("bench-results/store"), help="the corpus stays"
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="keep the loaded stores; if they are there, ask their questions only",
    )
    parser.add_argument("--json", action="store_true", help="JSON lines only, no table")
    options = parser.parse_args()
    if unknown := set(options.peers) - {*names, ""}:
        parser.error(f"unknown peer {', '.join(sorted(unknown))}: use {', '.join(names)}")
    libraries = {_LIBRARIES[name] for name in options.peers if name in _LIBRARIES}
    if missing := sorted(name for name in libraries if find_spec(name) is None):
        parser.error(
            f"{', '.join(missing)} is not installed: .venv/bin/python -m pip install "
            f"{' '.join(missing)} (or uv pip install), or leave such peers out with --peers sqlite"
        )
    return options


def _measure(kind: type[Peer], corpus: Path, place: _Place) -> Figures:
    place.tidy()
    peer = kind(place.folder)
    figures: Figures = {}
    try:
        if not place.is_loaded:
            figures, call_id = load(peer, corpus, place.folder)
            place.call_id.write_text(call_id)
        return figures | ask(peer, place.call_id.read_text())
    finally:
        peer.close()


def _print_figures(engine: str, figures: Figures) -> None:
    for figure, value in figures.items():
        _print_line(engine=engine, figure=figure, value=round(value, 3))


def _print_line(**members: object) -> None:
    print(json.dumps({"bench": "store", **members}, ensure_ascii=False), flush=True)


def _print_tables(measured: Measured, calls: int) -> None:
    names = {"sqlite_fts5_trigram": "fts5"}
    print(f"\n{f'{calls:,} calls':48}" + "".join(f"{names.get(n, n):>12}" for n in measured))
    for figure in measured[STORE]:
        row = [figures.get(figure) for figures in measured.values()]
        cells = ["" if value is None else f"{value:,.1f}" for value in row]
        print(f"{figure:48}" + "".join(f"{cell:>12}" for cell in cells))
    print()


if __name__ == "__main__":
    sys.exit(main())
