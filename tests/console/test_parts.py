"""The console's pure parts: export, bodies, curl, histogram."""

import csv
import io
import json
import re
import subprocess

import pytest
from console.world import SteppedClock, busy_day, call
from hypothesis import given
from hypothesis import strategies as st

from leadwire.calls.export import EXPORT_FIELDS, csv_header, csv_line, exported_call, json_line
from leadwire.calls.sent_body import sent_bytes
from leadwire.console.call.curl import curl_command
from leadwire.console.failed_sign_ins import FailedSignIns
from leadwire.console.histogram import HEIGHT, WIDTH, histogram_of
from leadwire.console.rendering import status_phrase
from leadwire.console.words import distance, duration, size
from leadwire.settings import Settings
from leadwire.sliding_window import KEYS_MAX

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
NO_NUL = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=40)
PASSED_OVER = "".join(map(chr, range(33))) + "\x7f\xa0\u200b\ufeff"


def is_formula(cell: str) -> bool:
    """Whether a spreadsheet runs *cell*, or might without what stands before it."""
    begins = cell.lstrip(PASSED_OVER)[:1]
    return cell[:1] in ("\t", "\r", "\n", "\0") or (
        begins != "" and begins in "=+-@\uff1d\uff0b\uff0d\uff20"
    )


@given(body=TEXT, message=TEXT)
def test_a_csv_line_reads_back_as_the_record_and_starts_no_formula(body: str, message: str) -> None:
    """RFC 4180 for any text; only the guard before a formula is added."""
    record = call(request_body=body, exception_message=message)
    text = csv_header() + csv_line(record)
    assert text.endswith("\r\n")
    assert text.startswith("\ufeff")  # so that Excel reads it as UTF-8
    text = text.removeprefix("\ufeff")
    header, cells = csv.reader(io.StringIO(text, newline=""), strict=True)
    assert header == list(EXPORT_FIELDS)
    assert not any(map(is_formula, cells))
    row = dict(zip(header, cells, strict=True))
    for name, value in (("request_body", body), ("exception_message", message)):
        assert row[name] in (value, "'" + value)
        assert (row[name] == value) == (not is_formula(value))


@given(body=TEXT)
def test_json_lines_keep_text_exactly(body: str) -> None:
    """One line per record, nothing added and nothing lost."""
    record = call(response_body=body)
    line = json_line(record)
    assert line.count(b"\n") == 1
    assert json.loads(line) == exported_call(record)
    assert json.loads(line)["response_body"] == body


@given(body=NO_NUL, path=NO_NUL, query=NO_NUL, header=NO_NUL)
def test_the_curl_command_repeats_the_call(body: str, path: str, query: str, header: str) -> None:
    """Nothing that a caller chose is expanded, run or split; only our placeholders are."""
    value = " ".join(header.split())
    record = call(
        path="/" + path,
        query_string=query,
        request_body=body,
        request_body_bytes=len(body.encode()),
        request_headers=f"x-note: {value}" if value else "x-note: ",
    )
    command = curl_command(record, base_url="http://127.0.0.1:8080/").text
    script = f'curl() {{ printf "%s\\0" "$@"; }}\n{command}'
    ran = subprocess.run(
        ["/bin/sh"],
        input=script.encode(),
        env={"LEADWIRE_ACCESS_KEY": "key", "LEADWIRE_SECRET_KEY": "secret"},
        capture_output=True,
        check=True,
    )
    assert ran.stderr == b""
    arguments = ran.stdout.decode().split("\0")[:-1]
    target = f"/{path}" + (f"?{query}" if query else "")
    if "--request-target" in arguments:
        assert arguments[arguments.index("--request-target") + 1] == target
        assert "http://127.0.0.1:8080/" in arguments
    else:
        assert f"http://127.0.0.1:8080{target}" in arguments
    assert "x-LSQ-AccessKey: key" in arguments
    assert "x-LSQ-SecretKey: secret" in arguments
    assert (f"x-note: {value}" if value else "x-note;") in arguments
    if body:
        assert arguments[-2:] == ["--data-raw", body]


@pytest.mark.parametrize(
    ("body", "length"),
    [("x" * 60_000, 60_000), ("😀" * 20_000, 80_000), ("a\0b", 3), (r"a\xff\xfeb", 4)],
)
def test_a_long_body_comes_from_a_file(body: str, length: int) -> None:
    """The download's name, so that the two fit together."""
    record = call(request_body=body, request_body_bytes=length)
    command = curl_command(record, base_url="http://h")
    assert command.text.endswith(f"--data-binary @{record.call_id}-request.txt")
    assert record.call_id in command.note


@given(st.binary(max_size=40))
def test_the_bytes_of_a_body_can_be_restored(sent: bytes) -> None:
    """Whatever they were; only where the kept text may stand for two is nothing claimed."""
    text = sent.decode("utf-8", "backslashreplace")
    got = sent_bytes(call(request_body=text, request_body_bytes=len(sent)))
    assert got in (sent, None)
    if rb"\x" not in sent:
        assert got == sent


def test_every_call_is_in_one_bar_inside_the_chart() -> None:
    """Counts add up, and no shape leaves the picture."""
    calls = list(busy_day(200))
    counts = [(call.started_at_ms, call.outcome, 1) for call in calls]
    chart = histogram_of(counts, from_ms=None, until_ms=None, bar_ms_min=1_000)
    assert sum(bar.total for bar in chart.bars) == 200
    assert len(chart.bars) <= 60
    assert set(chart.paths) == {call.outcome for call in calls}
    for path in chart.paths.values():
        for x, bottom, width, height in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v-([\d.]+)", path):
            assert 0 <= float(x) <= float(x) + float(width) <= WIDTH + 0.1
            assert 0 <= float(bottom) - float(height) <= float(bottom) <= HEIGHT


def test_failures_stand_on_the_baseline_and_one_is_always_visible() -> None:
    """One among ten thousand is two pixels high; successes begin above it."""
    counts = [(0, "success", 9_999), (0, "client_fault", 1)]
    chart = histogram_of(counts, from_ms=None, until_ms=None, bar_ms_min=1_000)
    assert re.search(r"M\S+ (\S+)h\S+v-([\d.]+)h", chart.paths["client_fault"]).groups() == (
        "64.0", "2.0",
    )  # fmt: skip
    assert re.search(r"M\S+ ([\d.]+)h", chart.paths["success"])[1] == "61.0"
    (bar,) = chart.bars
    assert (bar.total, bar.failed) == (10_000, 1)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.4, "0.40 ms"), (87.4, "87 ms"), (1250.0, "1.25 s"), (125_000.0, "2 min 5 s")],
)
def test_durations_are_printed_with_a_unit_a_person_reads(value: float, text: str) -> None:
    """Three digits say enough."""
    assert duration(value) == text


@pytest.mark.parametrize(
    ("distance_ms", "text"),
    [
        (0, "0 ms after"),
        (-320, "320 ms before"),
        (2_000, "2.00 s after"),
        (-27_274_000, "7 h 34 min before"),
        (86_400_000, "1 day after"),
    ],
)
def test_distances_are_printed_as_a_person_says_them(distance_ms: int, text: str) -> None:
    """With the way, and no more exact than needed."""
    assert distance(distance_ms) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0 bytes"), (1, "1 byte"), (312, "312 bytes"), (4200, "4.1 KiB"), (2**21, "2.0 MiB")],
)
def test_sizes_are_printed_with_a_unit_a_person_reads(value: int, text: str) -> None:
    """Exact below a KiB, one decimal above."""
    assert size(value) == text


def test_a_status_without_a_name_is_shown_by_its_number_alone() -> None:
    """Upstreams answer with codes that no standard has."""
    assert status_phrase(404) == "Not Found"
    assert status_phrase(413) == "Content Too Large"
    assert status_phrase(599) == ""


def test_failed_sign_ins_are_remembered_in_bounded_memory() -> None:
    """A flood of invented addresses pushes out the oldest, and no more is kept."""
    settings = Settings()
    failed = FailedSignIns(settings, clock=SteppedClock())
    first = ("192.0.2.7", "first@acme.test")
    for _ in range(settings.sign_in_failures_max):
        assert failed.begin(*first, is_known=False) == (0, "")
    assert failed.begin("192.0.2.7", "First@Acme.test", is_known=False)[0] > 0
    for number in range(KEYS_MAX):
        failed.begin(f"address {number}", f"{number}@acme.test", is_known=False)
    assert failed.begin(*first, is_known=False) == (0, "")
