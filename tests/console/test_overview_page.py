"""The landing page: what it counts is what the list behind each link shows."""

import re
from dataclasses import replace
from html import unescape

import msgspec
import pytest
from console.world import (
    ASHA,
    BEN,
    KEY_ID,
    KEY_NAME,
    NOW_MS,
    World,
    busy_day,
    call,
    failed_call,
)
from starlette.testclient import TestClient

from leadwire.access.viewer import Viewer
from leadwire.calls.query import CallQuery, CallStatistics
from leadwire.calls.record import CallRecord
from leadwire.calls.store import LiveReader
from leadwire.calls.trends import Percentiles
from leadwire.console import Completeness, PlanUse
from leadwire.console.overview_page.charts import durations_chart, labels_of_time, nice
from leadwire.console.overview_page.report import SpanOfCalls
from leadwire.crm.webhooks.queue import QueueState
from leadwire.dates import DAY_MS, HOUR_MS, MINUTE_MS, day_of
from leadwire.settings import Settings

PAGE = "/console/overview"
LIMIT_FAULT = {"status_code": 429, "exception_type": "MXAPIRateLimitExceededException"}
RANGES = ("", "?last=1h", "?last=7d", "?from=2026-11-23+06:00&to=2026-11-23+08:59:59")


@pytest.fixture
def busy(world: World) -> World:
    """A day of every kind of call, a day before it, and calls of another account."""
    world.record(
        *busy_day(120),
        *(call(minutes_ago=1_500 + 7 * n) for n in range(30)),
        call(minutes_ago=10, account_id=BEN.account_id, operation="Users.Get"),
        call(minutes_ago=9, user_id="", key_id="", operation='Odd "name" \\ <b>'),
        failed_call(minutes_ago=8, exception_type="Odd:Type (x) OR y"),
    )
    return world


def report(client: TestClient, address: str = "") -> dict[str, object]:
    answer = client.get(f"{PAGE}.json{address}")
    assert answer.status_code == 200
    return answer.json()


def calls_at(client: TestClient, url: str) -> int:
    """How many calls the list at *url* shows."""
    return len(
        client.get(url.replace("/console/api-logs", "/console/api-logs.json")).json()["calls"]
    )


class TestNumbers:
    @pytest.mark.parametrize("address", RANGES)
    def test_every_number_is_that_of_its_list(self, busy: World, address: str) -> None:
        """Each link of page and table opens as many calls as stand beside it."""
        client = busy.client(ASHA)
        page = client.get(PAGE + address).text
        found = 0
        for link, number in linked_counts(page):
            assert calls_at(client, link) == number, link
            found += 1
        assert found > 10

    @pytest.mark.parametrize("address", RANGES)
    def test_parts_add_up_to_the_whole(self, busy: World, address: str) -> None:
        """Over time, by operation, key and user: the same calls, as statistics count them."""
        client = busy.client(ASHA)
        found = report(client, address)
        total, failed = found["now"]["calls"], found["now"]["failed"]
        query = address or "?last=24h"
        statistics = client.get(f"/console/api-logs/statistics.json{query}").json()
        assert statistics["calls"] == total == found["detailed_calls"]
        assert sum(sum(span["outcomes"].values()) for span in found["spans"]) == total
        for name in ("operations", "keys", "users"):
            assert sum(row["calls"] for row in found[name]) == total
            assert sum(row["failed"] for row in found[name]) == failed
        facets = {name: dict_of(values) for name, values in statistics["facets"].items()}
        exceptions = {row["exception_type"]: row["calls"] for row in found["exceptions"]}
        assert exceptions == {k: v for k, v in facets["exception_type"].items() if k}
        for row in found["exceptions"]:
            assert sum(row["spark"]) == row["calls"]
        assert {row["value"]: row["calls"] for row in found["operations"]} == facets["operation"]

    def test_the_time_before_is_as_long_and_ends_where_the_range_begins(self, busy: World) -> None:
        """A call at the border counts once."""
        found = report(busy.client(ASHA))
        assert found["from_ms"] == NOW_MS - DAY_MS
        assert found["before"]["calls"] == len(
            [n for n in range(30) if DAY_MS < (1_500 + 7 * n) * MINUTE_MS <= 2 * DAY_MS]
        ) + len([r for r in busy_day(120) if NOW_MS - r.started_at_ms > DAY_MS])

    def test_other_accounts_are_not_counted(self, busy: World) -> None:
        """Neither in figures nor in tables."""
        assert report(busy.client(BEN))["now"]["calls"] == 1
        assert "Users.Get" not in busy.client(ASHA).get(PAGE).text

    def test_a_large_log_is_counted_from_its_newest_calls_and_says_so(self, world: World) -> None:
        """Whole hours, at least one; the figures still count every call."""
        world.record(*(call(minutes_ago=60 * hour + 5) for hour in range(10) for _ in range(4)))
        world.settings = Settings(data=world.settings.data, overview_calls_max=9)
        client = world.client(ASHA)
        found = report(client)
        assert found["now"]["calls"] == 40
        assert found["detailed_calls"] == 8
        assert found["detailed_from_ms"] == (NOW_MS - HOUR_MS) // HOUR_MS * HOUR_MS - HOUR_MS
        page = client.get(PAGE).text
        assert "over the newest 8 calls" in page
        for link, number in linked_counts(page):
            assert calls_at(client, link) == number, link


class TestExceptions:
    def test_a_type_is_new_if_the_older_log_does_not_have_it(self, world: World) -> None:
        """First seen is told from the whole log, not from the range."""
        world.record(
            failed_call(minutes_ago=3 * 24 * 60, exception_type="Old"),
            failed_call(minutes_ago=30, exception_type="Old"),
            failed_call(minutes_ago=20, exception_type="Fresh"),
        )
        found = {row["exception_type"]: row for row in report(world.client(ASHA))["exceptions"]}
        assert (found["Old"]["is_new"], found["Fresh"]["is_new"]) == (False, True)
        assert found["Old"]["first_ms"] == (NOW_MS - 3 * DAY_MS) // HOUR_MS * HOUR_MS
        page = world.client(ASHA).get(PAGE).text
        assert re.search(r'Fresh</a>\s*<span class="chip">new</span>', page)

    def test_nothing_is_new_in_a_log_that_begins_within_the_range(self, world: World) -> None:
        """Otherwise everything would be new on the first day."""
        world.record(failed_call(minutes_ago=20))
        assert not report(world.client(ASHA))["exceptions"][0]["is_new"]


class TestLimits:
    def test_plans_refuse_the_same_calls_by_the_gates_rule(self, world: World) -> None:
        """Twelve calls at once: what each plan refuses of them, and bulk calls spare."""
        world.services = replace(world.services, plan_use=lambda _account_id: PlanUse("super", ()))
        world.record(
            *(call(operation="Lead.Create") for _ in range(10)),
            *(call(operation="Lead.Create", **LIMIT_FAULT) for _ in range(2)),
        )
        found = report(world.client(ASHA))
        refused = {(row["plan"], row["with_bulk_calls"]): row["refused"] for row in found["plans"]}
        assert refused["super", False] == 2
        assert refused["super", True] == 0
        assert refused["lite", False] == 10
        assert refused["standard", False] == 0
        [use] = found["limits"]
        assert (use["calls_max"], use["fullest"]) == (10, 12)
        assert [(s["calls"], s["refused"]) for s in use["spans"] if s["calls"]] == [(12, 2)]
        page = world.client(ASHA).get(PAGE).text
        assert "Limit: 10 calls in 5 seconds" in page
        assert "limit 10</text>" in page

    def test_without_a_plan_nothing_is_refused(self, world: World) -> None:
        """The table begins with the unlimited server."""
        world.record(call())
        first = report(world.client(ASHA))["plans"][0]
        assert (first["plan"], first["is_current"], first["refused"]) == ("unlimited", True, 0)


class TestCompleteness:
    def test_only_administrators_see_counts_of_all_accounts(self, busy: World) -> None:
        """A viewer learns whether the log is whole, and nothing about other accounts."""
        counted = Completeness(served=4_711, recorded=4_711, in_gaps=0, since_ms=NOW_MS)
        busy.services = replace(busy.services, completeness=lambda: counted)
        assert "4,711 served" in busy.client(ASHA).get(PAGE).text
        page = busy.client(BEN).get(PAGE).text
        assert "4,711" not in page
        assert "Every call is recorded." in page
        whole = report(busy.client(BEN))["whole"]
        assert [whole[name] for name in ("served", "recorded", "calls", "size_bytes")] == [None] * 4
        assert report(busy.client(ASHA))["whole"]["calls"] == 153

    def test_a_gap_is_said(self, world: World) -> None:
        """A record of lost calls makes the log incomplete, for everybody."""
        world.record(call(account_id="", outcome="gap", operation="Gap", status_code=0, method=""))
        for viewer in (ASHA, BEN):
            page = world.client(viewer).get(PAGE).text
            assert "1 gap" in page
            assert "calls are missing" in page or "since the start" in page
            assert "<b>No</b>" in page
        assert "/console/refused-calls?q=outcome:gap" in world.client(ASHA).get(PAGE).text

    def test_days_are_drawn_with_their_state(self, busy: World) -> None:
        """One box a day, and a sentence for screen readers."""
        days = [day["day"] for day in report(busy.client(ASHA))["whole"]["days"]]
        assert days == sorted({day_of(r.started_at_ms) for r in all_calls(busy)})
        page = busy.client(ASHA).get(PAGE).text
        assert f"{len(days)} days: {len(days)} open;" in page
        assert '<rect class="open" x="0"' in page

    def test_webhooks_that_wait_are_told(self, world: World) -> None:
        """How many deliveries, and the age of the oldest."""
        world.crm.deliveries = QueueState(3, NOW_MS - 90_000)
        found = report(world.client(ASHA))["webhooks"]
        assert found == {"waiting": 3, "behind_ms": 90_000}
        assert "3 deliveries waiting, 1 min 30 s behind" in world.client(ASHA).get(PAGE).text


class TestPage:
    @pytest.mark.parametrize("viewer", [ASHA, BEN])
    def test_every_role_sees_it_and_an_empty_log_is_no_error(
        self, world: World, viewer: Viewer
    ) -> None:
        """Administrators and viewers, before the first call."""
        page = world.client(viewer).get(PAGE)
        assert page.status_code == 200
        assert "No calls in this time." in page.text

    @pytest.mark.parametrize(
        "range_",
        [
            "from=soon", "last=4x", "from=2026-11-24&to=2026-11-23", "from=%00",
            "to=1969-01-01",
        ],
    )  # fmt: skip
    def test_an_invalid_range_is_said_and_kept(self, world: World, range_: str) -> None:
        """As a page and as JSON, with 400."""
        page = world.client(ASHA).get(f"{PAGE}?{range_}")
        assert page.status_code == 400
        assert "Nothing was counted" in page.text
        assert world.client(ASHA).get(f"{PAGE}.json?{range_}").status_code == 400

    @pytest.mark.parametrize(
        "range_", ["from=1970-01-01", "to=2999-12-31", "from=now-1s", "last=3660d", "to=1970-01-01"]
    )
    def test_extreme_ranges_are_answered(self, busy: World, range_: str) -> None:
        """From 1970 to 2999, and a second."""
        assert busy.client(ASHA).get(f"{PAGE}?{range_}").status_code == 200

    def test_counting_that_stopped_early_or_met_damage_says_so(self, busy: World) -> None:
        """The numbers are then the least there is."""
        busy.services = replace(busy.services, calls=ShortReader(busy.store.reader))
        page = busy.client(ASHA).get(PAGE).text
        assert "Counting stopped after 5 s" in page
        assert "at least" in page
        assert "A part of the log can&#39;t be read" in page

    def test_it_is_the_first_page_after_a_sign_in(self, world: World) -> None:
        """/console leads there."""
        assert world.client(ASHA).get("/console").headers["location"] == PAGE

    def test_markup_of_callers_is_escaped_and_no_style_is_inline(self, busy: World) -> None:
        """The policy of the pages allows no inline style."""
        page = busy.client(ASHA).get(PAGE + "?last=7d").text
        assert "<b>name" not in page
        assert "Odd &#34;name&#34; \\ &lt;b&gt;" in page
        assert " style=" not in page


class TestCharts:
    @pytest.mark.parametrize(("most", "top"), [(1, 2), (2, 2), (3, 4), (9, 10), (11, 20), (75, 80)])
    def test_axes_end_at_round_numbers(self, most: int, top: int) -> None:
        """Whose half is whole."""
        assert nice(most) == top

    def test_a_line_is_broken_where_there_are_no_calls(self) -> None:
        """A line through nothing would be invented."""
        spans = [span(0, 3), span(1, 0), span(2, 1), span(3, 1)]
        chart = durations_chart(spans)
        assert chart is not None
        assert [tick.label for tick in chart.ticks] == ["1 ms", "10 ms", "100 ms"]
        assert chart.lines[0].path.count("M") == 2
        assert chart.lines[0].path.count("L") == 1

    def test_labels_of_a_day_and_of_a_week(self) -> None:
        """Hours within two days, else dates."""
        assert labels_of_time(NOW_MS - DAY_MS, NOW_MS) == [
            "Sun 12:00", "18:00", "00:00", "06:00", "Mon 12:00",
        ]  # fmt: skip
        assert labels_of_time(NOW_MS - 8 * DAY_MS, NOW_MS)[0] == "15 Nov"


class ShortReader:
    """A store whose time for counting is over, and of which a part is damaged."""

    def __init__(self, reader: LiveReader) -> None:
        self._reader = reader

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def statistics(self, query: CallQuery) -> CallStatistics:
        found = self._reader.statistics(query)
        return msgspec.structs.replace(found, stopped_early=True, damaged=("Block 7: gone",))


@pytest.mark.parametrize(
    "address",
    [
        "/console/overview",
        "/console/api-logs",
        f"/console/api-logs?q=key:{KEY_ID}",
        "/console/lint",
    ],
)
def test_a_key_is_shown_by_its_name(world: World, asha: TestClient, address: str) -> None:
    """The id is only in addresses; data for programs keeps it."""
    world.record(*busy_day(25), *(call(minutes_ago=9) for _ in range(3)))
    page = re.sub(r'(?:href|value|data-\w+)="[^"]*"', "", asha.get(address).text)
    assert KEY_ID not in page
    assert KEY_NAME in page or address.endswith("lint")


def test_json_keeps_the_ids_of_keys(world: World, asha: TestClient) -> None:
    """A program finds the same key again, whatever its name is now."""
    world.record(call())
    assert KEY_ID in asha.get("/console/overview.json").text


def all_calls(world: World) -> list[CallRecord]:
    return list(world.store.reader.stream(CallQuery(account_id=None)))


def span(place: int, calls: int) -> SpanOfCalls:
    return SpanOfCalls(
        from_ms=place * HOUR_MS,
        until_ms=(place + 1) * HOUR_MS,
        outcomes={"success": calls} if calls else {},
        durations=Percentiles(2.0, 20.0, 90.0),
    )


def dict_of(values: list[dict[str, object]]) -> dict[object, object]:
    return {value["value"]: value["calls"] for value in values}


_FIGURE = re.compile(r'<a href="(/console/api-logs[^"]*)"[^>]*><span>\w+</span><b>([\d,]+)')


def linked_counts(page: str) -> list[tuple[str, int]]:
    """Each link to the list with the number of calls beside it."""
    main = page.partition("<main")[2]
    found = _FIGURE.findall(main)
    for table in re.findall(r"<table.*?</table>", main, re.DOTALL):
        heads = re.findall(r"<th scope=\"col\".*?</th>", table, re.DOTALL)
        if any(">Fullest" in head for head in heads) or "fullest window" in table:
            continue  # a window is shorter than its span
        for row in re.findall(r"<tr>\s*<th scope=\"row\">.*?</tr>", table, re.DOTALL):
            link = re.search(r'<a href="(/console/api-logs[^"]*)"', row)
            numbers = re.findall(r'<td class="number">([\d,]+)</td>', row)
            if link and numbers:
                is_by_outcome = any(">All<" in head for head in heads)
                found.append((link[1], numbers[-1] if is_by_outcome else numbers[0]))
    return [(unescape(link), int(number.replace(",", ""))) for link, number in found]
