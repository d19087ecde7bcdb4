"""``leadwire serve`` for programs: the ready line, throw-away data, and the end of the parent."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

ROOT = Path(__file__).parents[2]
SERVE = [sys.executable, "-c", "from leadwire.command import main; main()", "serve", "--port", "0"]
EPHEMERAL = [*SERVE, "--ephemeral", "--ready", "json"]
WAIT_SECONDS = 30


@contextmanager
def started(command: list[str]) -> Iterator[tuple[subprocess.Popen[str], dict[str, Any]]]:
    """A running server and its ready line."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own
    try:
        assert process.stdout is not None
        yield process, json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def run(*command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own


def gone(path: Path) -> bool:
    ends_at = time.monotonic() + WAIT_SECONDS
    while path.exists() and time.monotonic() < ends_at:
        time.sleep(0.02)
    return not path.exists()


def test_the_ready_line_is_enough_to_make_a_call() -> None:
    """One line of JSON names the address, the process, the folder and the first account's keys."""
    with started(EPHEMERAL) as (process, ready):
        account = ready["account"]
        headers = {
            "x-LSQ-AccessKey": account["access_key"],
            "x-LSQ-SecretKey": account["secret_key"],
        }
        answer = httpx2.get(
            f"{ready['url']}/v2/LeadManagement.svc/LeadsMetaData.Get", headers=headers
        )
        assert answer.status_code == 200
        assert ready["ready"] is True
        assert ready["pid"] == process.pid
        assert {"account_id", "user_email", "password"} <= set(account)


def test_a_second_start_prints_no_account(tmp_path: Path) -> None:
    """The line of a folder that has an account says null: its secrets are not known."""
    command = [*SERVE, "--ready", "json", "--data", str(tmp_path / "data")]
    with started(command) as (_, first):
        assert first["account"] is not None
    with started(command) as (_, second):
        assert second["account"] is None


def test_ephemeral_data_is_gone_after_the_end() -> None:
    """The server removes its folder when it is stopped."""
    with started(EPHEMERAL) as (process, ready):
        folder = Path(ready["data"])
        assert folder.exists()
        process.send_signal(signal.SIGTERM)
        process.wait(WAIT_SECONDS)
        assert not folder.parent.exists()


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_the_server_ends_with_its_parent(end: signal.Signals) -> None:
    """However the parent ends, the server stops and removes its folder."""
    parent = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
    with started([*EPHEMERAL, "--ends-with", str(parent.pid)]) as (process, ready):
        folder = Path(ready["data"])
        parent.send_signal(end)
        parent.wait()
        assert process.wait(WAIT_SECONDS) == 0
        assert gone(folder.parent)


def test_a_parent_that_is_gone_already_stops_the_start() -> None:
    """A pid without a process is refused, with what to do."""
    parent = subprocess.Popen([sys.executable, "-c", ""])
    parent.wait()
    done = run(*EPHEMERAL, "--ends-with", str(parent.pid))
    assert done.returncode == 1
    assert f"There is no process {parent.pid}. Give the pid of a running process." in done.stderr


def test_ephemeral_and_data_exclude_each_other(tmp_path: Path) -> None:
    """A folder that the caller names is never thrown away."""
    done = run(*EPHEMERAL, "--data", str(tmp_path))
    assert done.returncode == 2
    assert "Give either --ephemeral or --data." in done.stderr
    assert tmp_path.exists()


def test_throw_away_data_is_refused_by_an_ordinary_start() -> None:
    """Data that was never flushed is not served as if it were whole."""
    with started(EPHEMERAL) as (process, ready):
        process.kill()
        process.wait()
        done = run(*SERVE, "--data", ready["data"])
        assert done.returncode == 1
        assert "was made by 'leadwire serve --ephemeral'" in done.stderr


def test_an_ephemeral_server_never_waits_for_the_disk(tmp_path: Path) -> None:
    """Not one flush of any kind: the kernel's calls of a whole run are counted."""
    trace = tmp_path / "trace"
    strace = ["strace", "-f", "-qq", "-e", "trace=fsync,fdatasync,sync,msync", "-o", str(trace)]
    if not shutil.which("strace") or run(*strace, "true").returncode:
        pytest.skip("strace is not installed, or may not trace")
    with started([*strace, *EPHEMERAL]) as (process, ready):
        account = ready["account"]
        answer = httpx2.post(
            f"{ready['url']}/v2/LeadManagement.svc/Lead.Create",
            headers={
                "x-LSQ-AccessKey": account["access_key"],
                "x-LSQ-SecretKey": account["secret_key"],
            },
            json=[{"Attribute": "FirstName", "Value": "Asha"}],
        )
        assert answer.status_code == 200
        os.kill(ready["pid"], signal.SIGTERM)
        process.wait(WAIT_SECONDS)
    assert "sync(" not in trace.read_text()


def test_only_one_module_flushes() -> None:
    """Every flush of a server can be left out, because all go through ``leadwire.disk``."""
    source = ROOT / "src" / "leadwire"
    found = [
        path.name
        for path in source.rglob("*.py")
        if not path.is_relative_to(source / "sdk")
        and re.search(r"os\.f(data)?sync|synchronous\s*=\s*(FULL|NORMAL|EXTRA)", path.read_text())
    ]
    assert found == ["disk.py"]
