"""A server in a process of its own: started, asked by Linux's /proc what it used, and ended."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NamedTuple

from bench.serve.load import KeyPair, Target
from bench.serve.variants import Variant

_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_UTIME_AT: Final = 11
"""Place of utime among what follows the name in /proc/PID/stat. stime is next, then
both of the children that ended."""
_STOP_SECONDS: Final = 20


class ServerProcess(NamedTuple):
    pid: int
    target: Target

    def cpu_seconds(self) -> float:
        """User and system time of all its threads so far."""
        return cpu_seconds(self.pid)

    def rss_mib(self) -> float:
        for line in Path(f"/proc/{self.pid}/status").read_text("ascii").splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
        return 0.0


def cpu_seconds(pid: int, *, with_ended_children: bool = False) -> float:
    """User and system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    count = 4 if with_ended_children else 2
    return sum(map(int, fields[_UTIME_AT : _UTIME_AT + count])) / _TICKS_PER_SECOND


@contextmanager
def serving(variant: Variant, folder: Path, url: str) -> Iterator[ServerProcess]:
    """*variant*'s server, listening, with its data in *folder*; ended with the block.

    Its leads are in the database at *url*, if that is not empty.
    """
    command = (sys.executable, "-m", "bench.serve.variants", variant.name, str(folder), url)
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            started = json.loads(process.stdout.readline() if process.stdout else "")
            yield ServerProcess(process.pid, Target(started["port"], KeyPair(*started["keys"])))
        finally:
            process.terminate()
            process.wait(_STOP_SECONDS)
