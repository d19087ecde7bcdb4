"""Whatever is asked, page, JSON, CSV, counts, chart and facets are of the same calls."""

import csv
import io
import re
from collections.abc import Iterator

import pytest
from amounts import examples
from console.world import ASHA, World, busy_day, call, failed_call
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

LOGS = "/console/api-logs"

_TERMS = st.sampled_from(
    [
        "mira@example.com", "type:Lead", "-type:Lead", "status:5xx", "status:429", "exception:*",
        "-exception:*", "operation:Lead.*", "duration:>20ms", "outcome:success", "method:GET",
        "(status:404 OR status:500)", "user:u-asha", "request.EmailAddress:mira@example.com",
        "last:3h", '"no such text"', "response.Status:Error", "NOT status:200",
    ]
)  # fmt: skip
_RANGES = st.sampled_from(
    [
        {}, {"last": "1h"}, {"last": "24h"}, {"last": "7d"}, {"from": "now-5h"},
        {"from": "2026-11-23 02:30:00", "to": "2026-11-23 09:44:59"}, {"to": "now-90m"},
        {"from": "2026-11-22", "to": "yesterday"},
    ]
)  # fmt: skip
_FORM = st.sampled_from(
    [{}, {"api_type": "Activity"}, {"status": "error"}, {"status": "success", "api_type": "Lead"}]
)


@pytest.fixture(scope="module")
def asha(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    world = World(tmp_path_factory.mktemp("world"))
    world.record(*busy_day(70), *(failed_call(minutes_ago=60 * n) for n in range(40)))
    world.record(call(minutes_ago=1, account_id="other"))
    yield world.client(ASHA)
    world.close()


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(terms=st.lists(_TERMS, max_size=3, unique=True), span=_RANGES, form=_FORM)
def test_every_form_of_a_list_has_the_same_calls(
    asha: TestClient, terms: list[str], span: dict[str, str], form: dict[str, str]
) -> None:
    """Numbers add up, in order."""
    asked = {"q": " ".join(terms), **span, **form}
    answer = asha.get(f"{LOGS}.json", params=asked)
    page = asha.get(LOGS, params=asked).text
    if answer.status_code == 400:
        # As last:3h with a range that ends before; the page lists what is left without it.
        assert "after its end" in answer.json()["error"]
        assert "after its end" in page
        return
    ids = re.findall(r'data-call="([0-9a-f-]{36})"', page)
    data = answer.json()["calls"]
    assert [found["call_id"] for found in data] == ids
    text = asha.get(f"{LOGS}.csv", params=asked).text.removeprefix("\ufeff")
    assert [row["call_id"] for row in csv.DictReader(io.StringIO(text, newline=""))] == ids
    counts = asha.get(f"{LOGS}/statistics.json", params=asked).json()
    assert counts["calls"] == len(ids)
    for facet in counts["facets"].values():
        assert sum(value["calls"] for value in facet) == len(ids)
    assert sum(map(int, re.findall(r"<title>[^,]+, (\d+) calls?, \d+ failed", page))) == len(ids)
    days = re.findall(r"data-day-count>(\d+) call", page)
    assert sum(map(int, days)) == len(ids)
    failed = [found for found in data if found["outcome"] != "success"]
    assert len(re.findall(r'<tr class="(?!success|day)\w+', page)) == len(failed)
