"""What a caller chose is printed, and obeyed by no terminal."""

import json
import logging
import os
import pty
import re
import subprocess
import unicodedata
from pathlib import Path

import httpx2
import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import LEADS, LEADWIRE, InProcess, ServerProcess, leadwire

from leadwire import CallLog, Client
from leadwire.cli.printing import Column, cut, table_lines, width_of
from leadwire.cli.starting import LogLines
from leadwire.sdk import LoggingSink
from leadwire.visible import visible, visible_json, visible_lines

CONTROLS = (
    "\x00\x07\x08\t\n\r\x1b]0;title\x07\x1b[2J\x7f\x9b2J\u0085\u2028"
    "\u200b\u200d\u200e\u202e\u2066\ufeff\u00ad"
)
BAD = re.compile(
    "[\x00-\x09\x0b-\x1f\x7f-\x9f\u00ad\u2028\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
)
ROOT = Path(__file__).parents[1]


def assert_obeyed_by_no_terminal(text: str) -> None:
    assert BAD.findall(text.replace("\r\n", "\n")) == []


@given(st.text())
def test_invisible_characters_are_escaped_and_visible_ones_kept(text: str) -> None:
    """Of any text: controls and formats are escaped, and the rest stands as it was."""
    shown = visible(text)
    assert not {unicodedata.category(character) for character in shown} & {"Cc", "Cs", "Zl", "Zp"}
    assert_obeyed_by_no_terminal(shown)
    plain = "".join(c for c in text if c in shown)
    assert visible(plain) == plain
    assert visible_lines(text).count("\n") == text.count("\n")


@given(st.recursive(st.text() | st.integers(), lambda tree: st.dictionaries(st.text(), tree)))
def test_json_reads_back_as_it_was(tree: object) -> None:
    """Its escapes are JSON's own."""
    shown = visible_json(tree)
    assert json.loads(shown) == tree
    assert b"\n" not in shown
    assert_obeyed_by_no_terminal(shown.decode())


@pytest.fixture
def data(api: InProcess) -> tuple[str, str]:
    """A log whose calls carry control characters in every place that is printed."""
    target = "/x" + "".join(f"%{byte:02X}" for byte in f"{CONTROLS}\n2026-01-01  500".encode())
    api.call("GET", target, keys="none")
    body = [{"Attribute": f"mx_{CONTROLS[1:]}", "Value": "x"}]  # a NUL is refused before
    api.call(
        "POST", LEADS + "Lead.Create", body, headers={"User-Agent": "x\x9b\x85\xad"}, keys="query"
    )
    api.post(LEADS + "Lead.Update", CONTROLS.encode() + b"{")
    return ("--data", str(api.folder))


@pytest.mark.parametrize(
    "words",
    [
        ("calls", "search"),
        ("calls", "search", "--json"),
        ("calls", "stats"),
        ("calls", "stats", "--json"),
        ("calls", "show"),
        ("calls", "show", "--json"),
    ],
)
def test_a_call_is_printed_without_control_characters(
    data: tuple[str, str], words: tuple[str, ...]
) -> None:
    """A row stays one row, and JSON keeps the text."""
    calls = json.loads(leadwire("calls", "search", "--json", *data).stdout)["calls"]
    for call in calls if "show" in words else calls[:1]:
        call_id = [call["call_id"]] if "show" in words else []
        result = leadwire(*words, *call_id, *data)
        assert result.exit_code == 0
        assert_obeyed_by_no_terminal(result.stdout.replace("\t", ""))
    if words == ("calls", "search"):
        assert result.stdout.count("\n") == len(calls) + 1
        assert r"\x1b]0;title\x07" in result.stdout


def test_an_export_to_a_terminal_prints_one_row_per_line(data: tuple[str, str]) -> None:
    """In a file it is exact; parquet is refused, since a terminal cannot show it."""

    def on_terminal(*words: str) -> tuple[int, str]:
        ours, theirs = pty.openpty()
        process = subprocess.Popen(  # noqa: S603  # our own command
            [*LEADWIRE, *words, *data], stdout=theirs, stderr=subprocess.DEVNULL
        )
        os.close(theirs)
        output = b""
        try:
            while block := os.read(ours, 65_536):
                output += block
        except OSError:
            pass  # how Linux says that the other side is closed
        os.close(ours)
        return process.wait(60), output.decode()

    for format_ in ("csv", "jsonl"):
        code, text = on_terminal("calls", "export", "--format", format_)
        assert code == 0
        assert_obeyed_by_no_terminal(text)
        assert text.count("\n") == 3 + (format_ == "csv")
    assert on_terminal("calls", "export", "--format", "parquet") == (2, "")


def test_an_apis_text_is_printed_without_control_characters(
    server: ServerProcess, tmp_path: Path
) -> None:
    """A fault of ``call``; the columns and the reasons of an import; the users of the keys."""
    environment = {
        "LEADWIRE_API_HOST": server.base,
        "LEADWIRE_ACCESS_KEY": server.keys.access_key,
        "LEADWIRE_SECRET_KEY": server.keys.secret_key,
    }
    body = json.dumps([{"Attribute": f"mx_{CONTROLS}", "Value": "x"}])
    failed = leadwire("call", "Lead.Create", "--body", body, environment=environment)
    assert failed.exit_code == 1
    assert_obeyed_by_no_terminal(failed.stderr)
    assert failed.stderr.count("\n") == 2
    table = tmp_path / "leads.csv"
    table.write_bytes(f'"a{CONTROLS[3:]}",EmailAddress\nx,"{CONTROLS[3:]}"\n'.encode())
    for more in ((), ("--map", "EmailAddress=FirstName"), ("--json",)):
        result = leadwire("import", str(table), "--dry-run", *more, environment=environment)
        assert result.exit_code == 1
        assert_obeyed_by_no_terminal(result.stdout + result.stderr)


def test_log_lines_hold_one_message_each(caplog: pytest.LogCaptureFixture) -> None:
    """Of the server, and of the SDK's LoggingSink."""
    caplog.set_level(logging.INFO)
    answer = {"Status": "Error", "ExceptionType": "MXx", "ExceptionMessage": CONTROLS}
    transport = httpx2.MockTransport(lambda _: httpx2.Response(500, json=answer))
    with Client(
        host="http://x.example", access_key="a", secret_key="b",  # noqa: S106  # planted
        transport=transport, call_log=CallLog(LoggingSink()), retries=0,
    ) as client, pytest.raises(Exception, match="MXx"):  # fmt: skip
        client.leads.create(first_name=CONTROLS)
    assert_obeyed_by_no_terminal(caplog.text)
    assert caplog.text.count("\n") == 1
    error = ValueError(CONTROLS)
    record = logging.LogRecord("x", 30, "", 1, "%s", (CONTROLS,), (ValueError, error, None))
    lines = LogLines("%(message)s").format(record)
    assert_obeyed_by_no_terminal(lines.replace("\t", ""))
    assert r"ValueError: \x00" in lines


def test_commands_print_through_one_module() -> None:
    """Nothing in ``cli`` but ``printing`` writes to the terminal."""
    for path in (ROOT / "src/leadwire/cli").glob("*.py"):
        if path.name != "printing.py":
            assert not re.search(r"click\.s?echo\(|\bprint\(|\.style\(", path.read_text()), path


def test_msgspec_has_no_escapes_of_its_own() -> None:
    """Why ``visible_json`` is needed: C1 characters are JSON as they are."""
    assert msgspec.json.encode("\x9b") == b'"\xc2\x9b"'


COLUMNS = [
    Column("Time", rank=1, is_whole=True), Column("Name", rank=0), Column("Calls", is_number=True),
    Column("Text", rank=3, is_prose=True),
]  # fmt: skip


@given(
    st.lists(st.text(), min_size=4, max_size=4),
    st.lists(st.integers(4, 60), min_size=4, max_size=4),
    st.integers(1, 120),
)
def test_a_line_of_a_table_is_never_wider_than_the_terminal(
    row: list[str], widths: list[int], room: int
) -> None:
    """Whatever its letters are: wide, combining or of several code points."""
    lines = table_lines(COLUMNS, widths, row, room)
    assert lines
    assert all(width_of(line) <= room for line in lines)
    assert "Name" in table_lines(COLUMNS, widths, [c.name for c in COLUMNS], max(room, 8))[0]


def test_wide_letters_and_accents_are_counted_as_a_terminal_counts_them() -> None:
    """Columns stay straight below a name of any script."""
    assert [width_of(text) for text in ("abc", "日本", "e\u0301a", "👩", "नम")] == [3, 4, 2, 2, 2]
    assert cut("日本語", 4) == "日…"
    assert cut("日本語", 6) == "日本語"
    assert cut("e\u0301tude", 3) == "e\u0301t…"
    (line,) = table_lines([Column("a"), Column("b")], [6, 1], ["日本", "x"], 20)
    assert line == "日本    x"


def test_prose_goes_on_below_itself() -> None:
    """A remedy is not cut away."""
    columns = [Column("State"), Column("Finding", is_prose=True)]
    lines = table_lines(columns, [5, 40], ["wrong", "run leadwire calls verify, then stop"], 25)
    assert lines == ["wrong  run leadwire calls", "       verify, then stop"]
