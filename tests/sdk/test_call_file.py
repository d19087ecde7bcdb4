"""A program's own log, searched with the core alone; the tool's exports are read again."""

import os
import subprocess
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import leadwire

from leadwire.calls.export import csv_text, is_formula, json_lines
from leadwire.calls.record import CallRecord
from leadwire.calls.sent import SentCall
from leadwire.errors import CallLogDamaged
from leadwire.sdk import CallFile, InvalidValue, JsonLinesSink, Misuse, SqliteSink

ROOT = Path(__file__).parents[2]
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
SERVERS_OWN = (
    "alembic", "argon2", "httptools", "itsdangerous", "jinja2", "numpy", "phonenumbers",
    "prometheus_client", "pydantic", "pydantic_settings", "sqlalchemy", "starlette", "uvicorn",
    "uvloop", "yaml", "zstandard",
)  # fmt: skip


def call(number: int, **members: object) -> SentCall:
    at = int((NOON + timedelta(minutes=number)).timestamp() * 1000)
    return msgspec.structs.replace(
        SentCall(
            call_id=f"0190aaaa-0000-7000-8000-{number:012}", started_at_ms=at, duration_ms=1.5,
            vantage="sdk", operation="Lead.Create", method="POST", path="/v2/Lead.Create",
            status_code=500 if number % 2 else 200,
            outcome="client_fault" if number % 2 else "success", host="http://127.0.0.1:8080",
        ),
        **members,
    )  # fmt: skip


@pytest.fixture(params=["calls.jsonl", "calls.sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Six calls, every other one refused."""
    path = tmp_path / str(request.param)
    sink = JsonLinesSink(path) if path.suffix == ".jsonl" else SqliteSink(path)
    for number in range(6):
        sink.write(call(number, request_body=f'{{"EmailAddress":"asha.{number}@example.com"}}'))
    sink.close()
    return path


def numbers(calls: Sequence[CallRecord]) -> list[int]:
    return [int(one.call_id[-3:]) for one in calls]


def test_a_log_is_searched_with_the_language_of_the_console(log: Path) -> None:
    """Newest first, by text, field and time, up to a limit."""
    calls = CallFile(log)
    assert numbers(list(calls)) == [5, 4, 3, 2, 1, 0]
    assert numbers(calls.search("status:500")) == [5, 3, 1]
    assert numbers(calls.search("asha.3@example.com OR status:success")) == [4, 3, 2, 0]
    assert numbers(calls.search("last:15m")) == []
    start, end = NOON + timedelta(minutes=2), NOON + timedelta(minutes=4)
    assert numbers(calls.search(start=start, end=end)) == [3, 2]
    assert numbers(calls.search(limit=2)) == [5, 4]
    found = calls.get(call(4).call_id)
    assert found is not None
    assert (found.attempt, found.host, found.status_code) == (1, "http://127.0.0.1:8080", 200)
    assert calls.get("unknown") is None
    assert repr(found) == f"SentCall({found.call_id!r}, 'Lead.Create', status_code=200)"


def test_mistakes_of_a_search_are_exceptions_of_the_sdk(log: Path) -> None:
    """With what is wrong, and where."""
    calls = CallFile(str(log))
    with pytest.raises(InvalidValue, match=r"character \d+"):
        calls.search("status:(")
    with pytest.raises(InvalidValue, match="limit"):
        calls.search(limit=0)
    with pytest.raises(InvalidValue, match="time zone"):
        calls.search(start=datetime(2026, 1, 1))  # noqa: DTZ001
    with pytest.raises(Misuse, match="neither a file of calls"):
        CallFile(log.with_name("none.jsonl"))


def test_a_damaged_record_is_told_and_not_passed_over(tmp_path: Path) -> None:
    """Unless the program says so: a match may be missing."""
    path = tmp_path / "calls.jsonl"
    path.write_bytes(json_lines([call(1)]) + b'{"call_id":\n' + json_lines([call(2)]))
    with pytest.raises(CallLogDamaged, match="Line 2"):
        CallFile(path).search()
    assert numbers(CallFile(path).search(skip_damaged=True)) == [2, 1]


def test_what_the_tool_exports_is_read_again(log: Path, tmp_path: Path) -> None:
    """By the command line and by a program, from both formats, with the same answers."""
    for format_ in ("jsonl", "csv"):
        exported = tmp_path / f"exported.{format_}"
        done = leadwire(
            "calls", "export", "--file", str(log), "--format", format_, "-o", str(exported)
        )
        assert done.exit_code == 0, done.stderr
        found = leadwire("calls", "search", "--file", str(exported), "--q", "status:500", "--json")
        assert found.exit_code == 0, found.stderr
        calls = msgspec.json.decode(found.stdout)["calls"]
        assert [one["request_body"] for one in calls] == [
            f'{{"EmailAddress":"asha.{number}@example.com"}}' for number in (5, 3, 1)
        ]
        assert numbers(CallFile(exported).search("asha.3@example.com")) == [3]


_TEXTS = st.text(st.characters(exclude_categories=("Cs",))) | st.sampled_from(
    ["=1+1", "\t=x", '"', "a,b\r\nc", "\0", "'", "'plain", "x" * 200_000]
)


@given(_TEXTS, _TEXTS)
def test_an_export_keeps_every_text(
    tmp_path_factory: pytest.TempPathFactory, a: str, b: str
) -> None:
    """In CSV except a quote before what a spreadsheet takes for a formula."""
    records = [
        call(1, request_body=a, path=b, truncated=True),
        call(2, exception_message=a, duration_ms=0.25),
    ]
    folder = tmp_path_factory.mktemp("exports")
    for name, content in (("x.jsonl", json_lines(records)), ("x.csv", csv_text(records))):
        (folder / name).write_bytes(content)
        read = [
            msgspec.structs.replace(each, sequence=0, host="http://127.0.0.1:8080")
            for each in CallFile(folder / name)
        ]
        if name == "x.csv" and any(text[:1] == "'" and is_formula(text[1:]) for text in (a, b)):
            continue
        assert read[::-1] == records


def test_what_is_no_export_is_named(tmp_path: Path) -> None:
    """Another CSV file, a cut one, and one with a broken row: each in a sentence of its own."""
    whole = csv_text([call(1), call(2)])
    rows = whole.split(b"\r\n")
    cases = {
        b"First Name,City\r\nAsha,Pune\r\n": "is not an export of calls",
        whole + b'"unfinished': "is not a complete CSV file",
        b"\r\n".join([*rows[:2], b"only,two", *rows[2:]]): "at line 3",
        whole.replace(b",200,", b",many,"): "is not complete",
        whole + b"\xff\xfe\r\n": "is not a complete CSV file",
        b"": "is not an export of calls",
    }
    path = tmp_path / "x.csv"
    for content, told in cases.items():
        path.write_bytes(content)
        with pytest.raises(CallLogDamaged, match=told):
            CallFile(path).search()
    assert leadwire("calls", "search", "--file", str(path)).exit_code == 1


def test_the_core_alone_searches_its_log(tmp_path: Path) -> None:
    """In Python with the core's libraries; on the command line with those of the extra cli."""
    path = tmp_path / "calls.jsonl"
    path.write_bytes(json_lines([call(1), call(2)]))
    search = f"print(len(CallFile({str(path)!r}).search('status:500')))"
    words = ["leadwire", "calls", "search", "--file", str(path), "--q", "status:500", "--json"]
    core_only = (*SERVERS_OWN, "click", "rich")
    programs = {
        f"from leadwire import CallFile\n{search}": core_only,
        "from leadwire.webhooks import new_secret, verify\nprint(new_secret())": core_only,
        f"sys.argv = {words!r}\nfrom leadwire.command import main\nmain()": SERVERS_OWN,
    }
    for program, blocked in programs.items():
        names = f"sys.modules |= dict.fromkeys({blocked!r})\n"  # as if they were not installed
        finished = subprocess.run(  # noqa: S603  # our own interpreter
            [sys.executable, "-c", f"import sys\n{names}{program}"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
        )
        assert finished.returncode == 0, finished.stderr
        assert finished.stdout.startswith(("1", "{", "whsec_"))
