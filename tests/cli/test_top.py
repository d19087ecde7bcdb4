"""``leadwire top``: what it counts, how it fits a terminal, and that it gives the terminal back."""

import contextlib
import fcntl
import json
import os
import pty
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import LEADS, LEADWIRE, USERS, InProcess, is_readable, leadwire

from leadwire import CallLog, Client, JsonLinesSink, SdkError
from leadwire.calls.record import CallRecord, Outcome
from leadwire.cli import top_report
from leadwire.cli.printing import width_of
from leadwire.cli.top_lines import View, screen_lines
from leadwire.cli.top_report import Names, RecentCalls, seen

NOW_MS = 1_800_000_000_000
SPAN_MS = 300_000
LIMIT = "API calls exceeded the limit of 25 in 5 second(s)"


def record(number: int, ago_ms: int, **members: object) -> CallRecord:
    status = int(str(members.pop("status_code", 200)))
    outcome: Outcome = "success" if status < 400 else "refused" if status == 429 else "client_fault"
    fields = {
        "duration_ms": 1.0, "method": "GET", "path": "/x", "operation": "Lead.Get",
        "account_id": "a", "key_id": "k",
    } | members  # fmt: skip
    return CallRecord(
        call_id=f"{number:08}",
        started_at_ms=NOW_MS - ago_ms,
        status_code=status,
        outcome=outcome,
        **fields,  # type: ignore[arg-type]
    )


def recent(*records: CallRecord) -> RecentCalls:
    found = RecentCalls(SPAN_MS)
    for one in records:
        found.add(seen(one))
    return found


def test_a_report_counts_the_calls_of_the_span() -> None:
    """Rates, faults, durations, limits; a call that is older, or met twice, is not counted."""
    slow = [record(10 + n, 60_000, operation="Lead.Slow", duration_ms=100.0 * n) for n in range(20)]
    burst = [record(40 + n, 8_000 - n) for n in range(25)]
    refused = record(
        80, 7_900, status_code=429, exception_type="Limit", exception_message=LIMIT, key_id="k2"
    )
    failed = record(81, 1_000, status_code=500, exception_type="MXOther")
    report = recent(record(1, SPAN_MS), *slow, *burst, refused, failed, failed).report(NOW_MS)
    assert (report.calls, report.failures, sum(report.history)) == (47, 2, 47)
    assert report.per_second == pytest.approx(2.7)
    assert [(one.fault, one.calls) for one in report.faults] == [("Limit", 1), ("MXOther", 1)]
    first = report.slowest[0]
    assert (first.operation, first.calls, first.p95_ms, first.max_ms) == (
        "Lead.Slow", 20, 1_900.0, 1_900.0,
    )  # fmt: skip
    both, one, other = report.limits
    assert (both.key, both.calls, both.window_calls, both.refused) == ("", 47, 1, 1)
    assert (both.window_calls_most, both.limit) == (25, 25)
    assert (one.key, one.window_calls_most, one.refused) == ("k", 25, 0)
    assert (other.key, other.refused) == ("k2", 1)
    assert [one.call_id for one in report.newest_failures] == ["00000081", "00000080"]
    assert not report.is_cut


def test_a_report_says_when_it_leaves_calls_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory has a bound."""
    monkeypatch.setattr(top_report, "CALLS_MAX", 100)
    calls = recent()
    one = seen(record(0, 1_000))
    for number in range(101):
        calls.add(one._replace(call_id=str(number)))
    assert (calls.report(NOW_MS).calls, calls.report(NOW_MS).is_cut) == (100, True)
    assert not calls.report(NOW_MS + SPAN_MS).is_cut


@settings(max_examples=50)
@given(st.integers(1, 200), st.integers(1, 60), st.integers(0, 30), st.booleans())
def test_the_picture_fits_every_terminal(
    columns: int, lines: int, failures: int, paused: bool
) -> None:
    """However narrow or low, and whatever letters there are."""
    calls = recent(
        *(record(n, 5_000 - n, status_code=500, exception_type=f"日本{n}", operation="Op😀" * 9)
          for n in range(failures)),
    )  # fmt: skip
    view = View(paused=paused, first_failure=failures // 2)
    shown = screen_lines(calls.report(NOW_MS), Names(), view, columns=columns, lines=lines)
    assert len(shown) <= lines
    assert all(width_of(line) <= columns for line in shown)
    assert "p" in shown[-1] or columns < 10


def test_top_prints_a_servers_log_and_an_sdks(api: InProcess, tmp_path: Path) -> None:
    """Once, where there is no terminal; and as JSON."""
    api.clock.at_ms = int(time.time() * 1_000)  # noqa: TID251  # the command reads the real clock
    api.get(USERS)
    failed = api.post(LEADS + "Lead.Update", [])
    words = ("top", "--data", str(api.folder))
    text = leadwire(*words).stdout
    for part in ("2 calls", "1 failed", "MXMandatory", "Users.Get", failed.call_id):
        assert part in text
    report = json.loads(leadwire(*words, "--json").stdout)
    assert (report["calls"], report["failures"], len(report["limits"])) == (2, 1, 2)
    assert json.loads(leadwire(*words, "--json", "--q", "nothing-has-this").stdout)["calls"] == 0
    assert leadwire(*words, "--last", "x").exit_code == 2
    file = tmp_path / "sent.jsonl"
    with (
        CallLog(JsonLinesSink(file)) as log,
        Client(
            host="http://127.0.0.1:9",
            access_key="a",
            secret_key="b",  # noqa: S106
            retries=0,
            call_log=log,
        ) as client,
        contextlib.suppress(SdkError),
    ):
        client.users.me()
    report = json.loads(leadwire("top", "--file", str(file), "--json").stdout)
    assert (report["calls"], report["faults"][0]["fault"]) == (1, "ConnectFailed")


class Terminal:
    """A pseudo-terminal with a command on it."""

    def __init__(self, *words: str) -> None:
        self.ours, self.theirs = pty.openpty()
        self.resize(80, 24)
        self.before = termios.tcgetattr(self.theirs)
        environment = {k: v for k, v in os.environ.items() if k not in ("COLUMNS", "LINES")}
        self.process = subprocess.Popen(  # noqa: S603  # our own command
            [*LEADWIRE, *words],
            stdin=self.theirs, stdout=self.theirs, stderr=self.theirs, env=environment,
        )  # fmt: skip
        self.seen = ""

    def resize(self, columns: int, lines: int) -> None:
        fcntl.ioctl(self.theirs, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def until(self, text: str) -> str:
        """What was printed up to *text*."""
        end = time.monotonic() + 30
        while text not in self.seen and time.monotonic() < end:
            if is_readable(self.ours, seconds=0.1):
                self.seen += os.read(self.ours, 65_536).decode(errors="replace")
        before, found, self.seen = self.seen.partition(text)
        assert found, before
        return before

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        os.close(self.ours)
        os.close(self.theirs)


@pytest.mark.parametrize(
    "end",
    [
        pytest.param(lambda one: os.write(one.ours, b"q"), id="q"),
        pytest.param(lambda one: one.process.send_signal(signal.SIGTERM), id="SIGTERM"),
    ],
)
def test_top_follows_a_terminal_and_gives_it_back(
    api: InProcess, end: Callable[[Terminal], None], request: pytest.FixtureRequest
) -> None:
    """It pauses and goes on, follows the size, and restores screen and modes at every end."""
    api.get(USERS)
    terminal = Terminal("top", "--data", str(api.folder))
    try:
        terminal.until("\x1b[?1049h\x1b[?25l")
        terminal.until("q quit")
        if "q" in request.node.name:
            os.write(terminal.ours, b"p\x1b[B")
            terminal.until("PAUSED")
            os.write(terminal.ours, b"p")
            terminal.until("q quit  p pause")
            terminal.resize(30, 8)
            terminal.process.send_signal(signal.SIGWINCH)
            terminal.until("\x1b[H")
            picture = terminal.until("\x1b[J").split("\x1b[K\r\n")
            assert len(picture) <= 8
        end(terminal)
        terminal.until("\x1b[?25h\x1b[?1049l")
        code = terminal.process.wait(30)
        assert code == {"q": 0, "SIGTERM": 143}[request.node.callspec.id]
        assert termios.tcgetattr(terminal.theirs) == terminal.before
    finally:
        terminal.close()
