"""The recording proxy beside nginx and mitmproxy: 16 keep-alive connections, small calls.

nginx is proxy_pass with an access log, mitmproxy is reverse mode with a dump. The upstream is nginx
with one canned answer. Needs nginx and wrk. ``--mitmdump`` is the program of an environment with
mitmproxy; without it, its rows and budgets are left out.

Budgets: the relay alone takes at most 60 µs of CPU a call and 3 times nginx's. With records, of all
threads and with sealing: at most 280 µs at saturation and 1 ms at 200 calls a second. These are the
µs of a machine on which nginx takes 11: each is compared with nginx's in the same round, because
what slows the machine slows both. At 200 calls a second the median is at most 0.5 ms above a direct
call's, and 1.5 times the median fsync of the same round, at the same rate. The 99th percentile of
small calls while bodies of 1 MiB are redacted is at most 10 ms. No ms are scaled.

At least 3 times mitmproxy's calls per second with at most 0.2 times its CPU. At most 120 MiB after
the large transfer. After kill -9 no answered call is lost, and no call that the upstream saw is
unknown. Exit code 1 if a budget is not met.
"""

import argparse
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import uvloop

from bench.proxy import load, processes
from bench.proxy.load import Busy, Paced
from bench.proxy.processes import Server
from leadwire.calls.query import CallQuery
from leadwire.stores.sqlite import SqliteCallReader

_ROUNDS: Final = 3
_NGINX_US: Final = 11.0
"""CPU of a call through nginx, on the machine whose µs the budgets are."""
_KILL_SECONDS: Final = 1.0
_BODY_BYTES: Final = 1_048_576


class Round(NamedTuple):
    """All variants, one after the other."""

    busy: dict[str, Busy]
    paced: dict[str, Paced]
    fsync_ms: float


class Budget(NamedTuple):
    name: str
    value: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def main() -> int:
    parser = argparse.ArgumentParser(prog="scripts/bench proxy", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=3, help="of each load in each round")
    parser.add_argument("--megabytes", type=int, default=1_000, help="of the large transfer")
    parser.add_argument("--mitmdump", type=Path, help="mitmproxy's program")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    if missing := processes.missing_programs():
        print(
            f"bench/proxy needs {' and '.join(missing)}: apt-get install nginx wrk", file=sys.stderr
        )
        return 2
    if options.mitmdump is None:
        print("mitmproxy is left out: --mitmdump names its program", file=sys.stderr)
    with TemporaryDirectory(prefix="leadwire-bench-", dir=Path.cwd()) as name:
        folder = Path(name)
        folder.chmod(0o755)  # nginx's worker is another user
        rounds, found = _measure(folder, options)
    if options.json:
        print(json.dumps({"rounds": rounds, "budgets": [b._asdict() for b in found]}))
    else:
        _print(rounds, found)
    return 0 if all(budget.met for budget in found) else 1


def _measure(folder: Path, options: argparse.Namespace) -> tuple[list[Round], list[Budget]]:
    with ExitStack() as stack:
        canned = stack.enter_context(processes.upstream(folder / "upstream"))
        servers = {
            "direct": canned,
            "nginx": stack.enter_context(processes.nginx(folder / "nginx", canned.port)),
            "relay": stack.enter_context(processes.relay(canned.port)),
            "records": stack.enter_context(processes.proxy(folder / "data", canned.port)),
        }
        if options.mitmdump is not None:
            mitmproxy = processes.mitmproxy(options.mitmdump, folder / "mitmproxy", canned.port)
            servers["mitmproxy"] = stack.enter_context(mitmproxy)
        rounds = [_round(servers, options.seconds, folder) for _ in range(_ROUNDS)]
        found = _budgets(rounds)
        beside = uvloop.run(_beside_large_bodies(servers["records"], options.seconds))
        found.append(Budget("p99 ms beside bodies of 1 MiB", beside.p99_ms, 10))
    rss_mib = uvloop.run(_after_transfer(folder / "large", options.megabytes))
    found.append(Budget(f"MiB after {options.megabytes} MB each way", rss_mib, 120))
    return rounds, found + _after_kill(folder)


def _round(servers: dict[str, Server], seconds: float, folder: Path) -> Round:
    busy = {name: load.busy(each, seconds, folder / "post.lua") for name, each in servers.items()}
    paced = {name: uvloop.run(load.paced(each, seconds)) for name, each in servers.items()}
    return Round(busy, paced, _fsync_ms(folder))


def _fsync_ms(folder: Path) -> float:
    """Median time of an fsync of 4 kB, as often as calls come."""
    times = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(100):
            file.write(b"x" * 4_096)
            file.flush()
            time.sleep(1 / load.PACED_CALLS_PER_SECOND)
            start = time.perf_counter()
            os.fsync(file.fileno())
            times.append(time.perf_counter() - start)
    return median(times) * 1e3


async def _beside_large_bodies(server: Server, seconds: float) -> Paced:
    """Small calls, while one connection sends bodies of 1 MiB that have to be redacted."""
    row = b'{"Attribute":"EmailAddress","Value":"asha@example.com"},'
    body = b"[" + row * (_BODY_BYTES // len(row) - 1) + b'{"Attribute":"a","Value":"b"}]'
    stop = asyncio.Event()
    large = asyncio.create_task(load.large_bodies(server, stop, body))
    paced = await load.paced(server, seconds, calls_per_second=50)
    stop.set()
    await large
    return paced


async def _after_transfer(data: Path, megabytes: int) -> float:
    """The most memory that a proxy used for one call with large bodies."""
    port = await load.LargeUpstream(megabytes).listen()
    with ExitStack() as stack:
        starting = processes.proxy(data, port)
        server = await asyncio.to_thread(stack.enter_context, starting)
        server.forget_peak()
        await load.transfer(server, megabytes)
        return server.peak_mib()


def _after_kill(folder: Path) -> list[Budget]:
    """Kill a busy proxy, start it again, and compare its log with both sides' own counts."""
    data = folder / "killed"
    answered: set[str] = set()

    async def call_and_kill(server: Server) -> None:
        calls = [
            asyncio.create_task(load.call_until_it_ends(server, answered))
            for _ in range(load.CONNECTIONS)
        ]
        await asyncio.sleep(_KILL_SECONDS)
        server.process.kill()
        await asyncio.gather(*calls)

    with processes.upstream(folder / "counting", has_log=True) as canned:
        with processes.proxy(data, canned.port) as server:
            uvloop.run(call_and_kill(server))
        with processes.proxy(data, canned.port):  # makes records of what was under way
            pass
    seen = {
        line for line in (folder / "counting" / "ids").read_text("ascii").split() if line != "-"
    }
    reader = SqliteCallReader(data / "calls")
    known = {record.call_id for record in reader.stream(CallQuery(account_id=None))}
    reader.close()
    return [
        Budget("answered calls lost by kill -9", len(answered - known), 0),
        Budget("sent calls unknown after kill -9", len(seen - known), 0),
        Budget("calls answered before kill -9", len(answered), 1, at_least=True),
    ]


def _budgets(rounds: Sequence[Round]) -> list[Budget]:
    """Medians over rounds, and of the ratios within each round."""

    def times(name: str, peer: str) -> float:
        return median(each.busy[name].cpu_us / each.busy[peer].cpu_us for each in rounds)

    added = median(
        each.paced["records"].p50_ms - each.paced["direct"].p50_ms - 1.5 * each.fsync_ms
        for each in rounds
    )
    slow = median(each.paced["records"].cpu_us / each.busy["nginx"].cpu_us for each in rounds)
    found = [
        Budget("relay: CPU µs a call", times("relay", "nginx") * _NGINX_US, 60),
        Budget("relay: CPU, times nginx's", times("relay", "nginx"), 3),
        Budget("records: CPU µs a call", times("records", "nginx") * _NGINX_US, 280),
        Budget("records: CPU µs at 200 calls/s", slow * _NGINX_US, 1_000),
        Budget("records: added p50 ms above 1.5 fsync", added, 0.5),
    ]
    if "mitmproxy" in rounds[0].busy:
        faster = median(
            each.busy["records"].calls_per_second / each.busy["mitmproxy"].calls_per_second
            for each in rounds
        )
        found.append(Budget("records: calls/s, times mitmproxy's", faster, 3, at_least=True))
        found.append(Budget("records: CPU, times mitmproxy's", times("records", "mitmproxy"), 0.2))
    return found


def _print(rounds: Sequence[Round], found: Sequence[Budget]) -> None:
    heads = ("calls/s", "CPU µs", "p50 at 200/s", "p99 at 200/s", "CPU µs at 200/s")
    print(f"{'':12}" + "".join(f"{head:>17}" for head in heads))
    for name in rounds[0].busy:
        busy = [each.busy[name] for each in rounds]
        paced = [each.paced[name] for each in rounds]
        figures = (
            median(each.calls_per_second for each in busy),
            median(each.cpu_us for each in busy),
            median(each.p50_ms for each in paced),
            median(each.p99_ms for each in paced),
            median(each.cpu_us for each in paced),
        )
        print(f"{name:12}" + "".join(f"{figure:17,.2f}" for figure in figures))
    print(f"\nmedian fsync {median(each.fsync_ms for each in rounds):.2f} ms\n")
    for budget in found:
        verdict = "met" if budget.met else "NOT MET"
        sign = "≥" if budget.at_least else "≤"
        print(f"{budget.name:40}{budget.value:10.2f}   {sign} {budget.limit:<8g}{verdict}")


if __name__ == "__main__":
    sys.exit(main())
