"""The same query as JSON and CSV."""

import csv
import io
import json
from pathlib import Path

import pytest
from console.world import ASHA, World, busy_day, call, failed_call
from pyarrow import parquet
from starlette.testclient import TestClient

from leadwire.calls import export
from leadwire.calls.export import EXPORT_FIELDS
from leadwire.calls.record import CallRecord
from leadwire.dates import format_ms

LOGS = "/console/api-logs"


def test_json_has_the_records_fields_and_the_time_as_text(world: World, asha: TestClient) -> None:
    """Every field by its own name but the operator's two; started_at in the contract's form."""
    record = failed_call(traceback="Traceback of the operator")
    world.record(record)
    answer = asha.get(LOGS + ".json").json()
    (found,) = answer.pop("calls")
    assert answer == {}
    expected = set(CallRecord.__struct_fields__) - {"started_at_ms", "traceback", "sequence"}
    expected |= {"started_at"}
    assert set(found) == expected
    assert found["started_at"] == format_ms(record.started_at_ms)
    assert found["call_id"] == record.call_id
    assert found["exception_message"] == "'leadId' is mandatory for updating lead"


def test_json_pages_follow_next_to_the_end(tmp_path: Path) -> None:
    """``next`` is there only when there is more; all pages together are all calls."""
    world = World(tmp_path, calls_shown_max=7)
    try:
        world.record(*busy_day(20))
        client, cursor, seen = world.client(ASHA), "", []
        while True:
            answer = client.get(LOGS + ".json", params={"cursor": cursor}).json()
            seen += [found["call_id"] for found in answer["calls"]]
            if "next" not in answer:
                break
            assert answer["notices"]
            cursor = answer["next"]
        assert len(seen) == len(set(seen)) == 20
    finally:
        world.close()


@pytest.mark.parametrize("suffix", [".json", ".csv"])
def test_an_invalid_filter_is_reported_as_json(asha: TestClient, suffix: str) -> None:
    """400 with the parameter's name and what is accepted."""
    response = asha.get(f"{LOGS}{suffix}?from=soon")
    assert response.status_code == 400
    assert response.json()["field"] == "from"
    assert "yyyy-MM-dd HH:mm:ss" in response.json()["error"]


def test_csv_has_the_calls_of_the_page(world: World, asha: TestClient) -> None:
    """Same filter, same rows, same order; read back by a CSV reader."""
    world.record(*busy_day(30))
    query = "?status=error&last=24h"
    calls = asha.get(f"{LOGS}.json{query}").json()["calls"]
    response = asha.get(f"{LOGS}.csv{query}")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"), newline="")))
    assert [row["call_id"] for row in rows] == [found["call_id"] for found in calls]
    assert list(rows[0]) == list(EXPORT_FIELDS)
    assert "x-leadwire-notice" not in response.headers


def test_json_lines_have_the_calls_of_the_page_exactly(world: World, asha: TestClient) -> None:
    """The same rows as JSON, one a line: no text is changed for a spreadsheet's sake."""
    world.record(*busy_day(30), call(user_agent="=cmd|x"))
    response = asha.get(f"{LOGS}.jsonl?last=24h")
    assert response.headers["content-disposition"].endswith('.jsonl"')
    rows = [json.loads(line) for line in response.text.splitlines()]
    assert rows == asha.get(f"{LOGS}.json?last=24h").json()["calls"]


def test_parquet_has_the_calls_of_the_page_exactly(world: World, asha: TestClient) -> None:
    """The same rows and columns, for programs; its limit is that of every export."""
    world.record(*busy_day(30))
    response = asha.get(f"{LOGS}.parquet?last=24h")
    assert response.headers["content-disposition"].endswith('.parquet"')
    rows = parquet.read_table(io.BytesIO(response.content)).to_pylist()
    assert rows == asha.get(f"{LOGS}.json?last=24h").json()["calls"]
    assert asha.get(f"{LOGS}.parquet?q=a:b").json()["error"]
    assert '.parquet?last=24h"' in asha.get(f"{LOGS}?last=24h").text


def test_without_pyarrow_parquet_is_not_offered(
    world: World, asha: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who asks all the same is told what to install."""
    world.record(call())
    monkeypatch.setattr(export, "find_spec", lambda _name: None)
    assert ".parquet" not in asha.get(LOGS).text
    response = asha.get(f"{LOGS}.parquet")
    assert response.status_code == 503
    assert "[server,parquet]" in response.json()["error"]


def test_the_csv_is_named_for_its_range(world: World, asha: TestClient) -> None:
    """So that two exports in a folder can be told apart."""
    world.record(call())
    response = asha.get(f"{LOGS}.csv?from=2026-11-22+10:00:00&to=2026-11-23+10:00:00")
    assert response.headers["content-disposition"] == (
        'attachment; filename="api-logs_20261122T100000Z_20261123T100000Z.csv"'
    )


def test_a_csv_that_lacks_rows_says_so(tmp_path: Path) -> None:
    """In the answer's header, and on the page beside the button."""
    world = World(tmp_path, calls_shown_max=10, calls_export_rows_max=5)
    try:
        world.record(*busy_day(8))
        client = world.client(ASHA)
        response = client.get(LOGS + ".csv")
        assert response.headers["x-leadwire-notice"] == (
            "This file has the newest 5 calls. There are older ones."
        )
        assert len(response.text.splitlines()) == 6
        assert "The newest 5 of 8 calls, in UTC" in client.get(LOGS).text
    finally:
        world.close()


def test_one_call_as_json(world: World, asha: TestClient) -> None:
    """The record of the call's page."""
    record = call()
    world.record(record)
    found = json.loads(asha.get(f"{LOGS}/{record.call_id}.json").text)
    assert found["call_id"] == record.call_id
