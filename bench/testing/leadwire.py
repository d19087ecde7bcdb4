"""What a test costs with leadwire."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Final

from leadwire.testing import Account, Server

_TEST_PROCESS: Final = "from leadwire.testing import Server; Server()"
_LEADS: Final = 1_000


def milliseconds(work: Callable[[], object]) -> float:
    """How long *work* takes."""
    began = perf_counter()
    work()
    return (perf_counter() - began) * 1_000


def child_cpu_seconds(code: str) -> float:
    """The processor time of a Python process that runs *code*."""
    before = os.times()
    subprocess.run([sys.executable, "-c", code], check=True)  # noqa: S603  # our own code
    after = os.times()
    return (
        after.children_user + after.children_system - before.children_user - before.children_system
    )


def cpu_seconds(pid: int) -> float:
    """The processor time of a running process until now."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure() -> dict[str, float]:
    """One start, and each cost once."""
    libraries = child_cpu_seconds("import sqlalchemy, pydantic, starlette, uvicorn")
    test_process = child_cpu_seconds(_TEST_PROCESS)
    server = Server()
    start = milliseconds(server.start)
    try:
        process = server._process._process  # type: ignore[union-attr]  # noqa: SLF001  # its pid
        assert process is not None  # noqa: S101  # it runs
        cpu = cpu_seconds(process.pid)
        four_calls(server)  # the first one warms up
        account = server.new_account(seed={"leadwire": 1, "sample": _LEADS})
        account.reset()
        resets = [milliseconds(account.reset) for _ in range(10)]
        accounts = [milliseconds(server.new_account) for _ in range(10)]
        tests = [milliseconds(lambda: four_calls(server)) for _ in range(10)]
    finally:
        server.close()
    return {
        "libraries_cpu_s": libraries,
        "test_process_cpu_s": test_process,
        "start_ms": start,
        "start_cpu_s": cpu,
        "reset_ms": sorted(resets)[len(resets) // 2],
        "account_ms": sorted(accounts)[len(accounts) // 2],
        "test_ms": sorted(tests)[len(tests) // 2],
    }


def four_calls(server: Server) -> None:
    """A whole test, from the making of its account to the end of it."""
    account: Account = server.new_account()
    with account.client() as client:
        lead = client.leads.create(first_name="Asha", email_address="asha@example.com")
        client.leads.by_email("asha@example.com")
        client.leads.update(lead.id, first_name="Mira")
        client.leads.get(lead.id)
    account.expect(count=4, quiet=0)
    account.remove()
