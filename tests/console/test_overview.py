"""The overview above the table: all matches counted, as links, as JSON, and what it costs."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest
from console.world import (
    ASHA,
    BEN,
    KEY_ID,
    KEY_NAME,
    World,
    busy_day,
    call,
    failed_call,
    refused_call,
)
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from leadwire.calls.examples import EXAMPLES
from leadwire.calls.fields import FIELDS
from leadwire.calls.language import parse_search
from leadwire.calls.query import CallPage, CallQuery, CallStatistics
from leadwire.calls.text import forms
from leadwire.console import Completeness
from leadwire.console.terms import is_asked, term_of, with_term, without_term

LOGS = "/console/api-logs"
VALUES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
SEARCHES = st.sampled_from(["", "ravi", "a OR b", "status:5xx", 'type:Lead "x y"', "key:k OR -a"])


class ShortReader:
    """A store that stops early, and of which a part can't be read."""

    def __init__(self, world: World, *, stopped: bool, damaged: tuple[str, ...] = ()) -> None:
        self._reader = world.store.reader
        self._stopped = stopped
        self._damaged = damaged
        self.budgets_ms: list[int | None] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self._reader, name)

    def search(self, query: CallQuery) -> CallPage:
        self.budgets_ms.append(query.time_budget_ms)
        page = self._reader.search(query)
        stopped = {"next": "cursor", "stopped_early": True} if self._stopped else {}
        return msgspec.structs.replace(page, damaged=self._damaged, **stopped)

    def statistics(self, query: CallQuery) -> CallStatistics:
        self.budgets_ms.append(query.time_budget_ms)
        found = self._reader.statistics(query)
        return msgspec.structs.replace(found, stopped_early=self._stopped, damaged=self._damaged)


def short(world: World, *, stopped: bool, damaged: tuple[str, ...] = ()) -> ShortReader:
    """The reader that *world*'s console now has; make the client after this."""
    reader = ShortReader(world, stopped=stopped, damaged=damaged)
    world.services = replace(world.services, calls=reader)
    return reader


def facet_links(text: str, name: str) -> dict[str, tuple[str, int]]:
    """Address and count by label of one facet."""
    part = text.partition(f'id="facet-{name}"')[2].partition("<h2")[0].partition("</aside>")[0]
    link = re.compile(r'<a href="([^"]+)"[^>]*><span>([^<]+)</span><small>([\d,]+)<', re.DOTALL)
    return {
        label: (url.replace("&amp;", "&"), int(calls.replace(",", "")))
        for url, label, calls in link.findall(part)
    }


def test_every_match_is_counted_not_only_the_rows_shown(tmp_path: Path) -> None:
    """Total, outcomes and bars are those of all calls, on every page of the list."""
    world = World(tmp_path, calls_shown_max=10)
    try:
        records = list(busy_day(90))
        world.record(*records, call(account_id=BEN.account_id))
        client = world.client(ASHA)
        text = client.get(LOGS).text
        assert "90 calls</h1>" in text
        totals = Counter(record.outcome for record in records)
        legend = text.partition('class="legend"')[2].partition("</ul>")[0]
        assert sorted(map(int, re.findall(r"<b>(\d+)</b>", legend))) == sorted(totals.values())
        bars = re.findall(r"<title>[^,]+, (\d+) call", text)
        assert sum(map(int, bars)) == 90
        older = re.search(r'href="([^"]+)" rel="next"', text)[1].replace("&amp;", "&")
        assert "90 calls</h1>" in client.get(older).text
    finally:
        world.close()


@pytest.mark.parametrize(
    ("facet", "search"),
    [
        ("api_type", "type:Activity"),
        ("operation", 'operation:"Create"'),
        ("status_code", "status:429"),
        ("exception_type", 'exception:"NullReferenceException"'),
        ("key_id", f"key:{KEY_ID}"),
    ],
)
def test_a_count_leads_to_as_many_calls_and_back(
    world: World, asha: TestClient, facet: str, search: str
) -> None:
    """The link adds the term to the search and keeps the rest; on the list it takes it away."""
    world.record(*busy_day(60))
    label = search.partition(":")[2].strip('"').replace(KEY_ID, KEY_NAME)
    url, calls = facet_links(asha.get(f"{LOGS}?last=24h").text, facet)[label]
    found = asha.get(url)
    assert found.url.params["q"] == search
    assert found.url.params["last"] == "24h"
    assert f"{calls} call{'s' * (calls != 1)}</h1>" in found.text
    assert facet_links(found.text, facet)[label] == (f"{LOGS}?last=24h", calls)


def test_a_person_is_a_name_and_a_filter_by_id(world: World, asha: TestClient) -> None:
    """The facet of users, as in the table."""
    world.record(call(), failed_call())
    url, calls = facet_links(asha.get(LOGS).text, "user_id")["Asha Rao"]
    assert (url, calls) == (f"{LOGS}?q=user%3Au-asha", 2)


def test_a_filter_of_the_form_is_active_in_the_facet_and_removed_there(
    world: World, asha: TestClient
) -> None:
    """api_type and status may be asked in two ways, and are taken away whichever it was."""
    world.record(call(), call(api_type="Activity"))
    text = asha.get(f"{LOGS}?api_type=Activity&q=lsq").text
    assert facet_links(text, "api_type") == {"Activity": (f"{LOGS}?q=lsq", 1)}


@given(
    text=SEARCHES, field=st.sampled_from(["operation", "key", "user", "exception"]), value=VALUES
)
def test_a_term_that_was_added_can_be_taken_away(text: str, field: str, value: str) -> None:
    """Whatever the value holds: it is asked then, and the search is as before after it."""
    term = term_of(field, value)
    assert (term is None) is (not forms(value))
    if term is None:
        return
    longer = with_term(text, term)
    assert is_asked(longer, term)
    if not is_asked(text, term):
        assert parse_search(without_term(longer, term)) == parse_search(text)


def test_a_value_that_cannot_be_searched_is_no_link(world: World, asha: TestClient) -> None:
    """A call without an answer has status 0."""
    world.record(call(status_code=0), call())
    text = asha.get(LOGS).text
    assert list(facet_links(text, "status_code")) == ["200"]
    assert "<span>0</span>" in text


def test_the_counts_are_available_as_json(world: World, asha: TestClient) -> None:
    """All of them, of the same query; another account's are not in it."""
    world.record(*busy_day(40), call(account_id=BEN.account_id))
    document = asha.get(f"{LOGS}/statistics.json?last=7d&q=type:Lead").json()
    assert document["calls"] == sum(row["calls"] for row in document["histogram"])
    assert document["facets"]["api_type"] == [{"value": "Lead", "calls": document["calls"]}]
    assert {"operation", "calls", "p50_ms", "p95_ms", "p99_ms"} == set(document["durations"][0])
    assert (document["stopped_early"], document["damaged"]) == (False, [])
    assert document["from"] == "2026-11-16 12:00:00"
    assert asha.get(f"{LOGS}/statistics.json?q=a:b").json()["field"] == "q"
    assert world.client(BEN).get("/console/refused-calls/statistics.json").status_code == 403


def test_refused_calls_are_counted_too(world: World, asha: TestClient) -> None:
    """By exception and fingerprint."""
    world.record(refused_call(), refused_call(minutes_ago=4), call())
    text = asha.get("/console/refused-calls").text
    url, calls = facet_links(text, "key_id")["unknown:9f3c51aa"]
    assert calls == 2
    assert "2 calls</h1>" in asha.get(url).text


def test_a_stopped_search_says_so_and_can_continue(world: World) -> None:
    """On the page with and without rows, and in the JSON; an export fails instead."""
    world.record(call())
    reader = short(world, stopped=True)
    client = world.client(ASHA)
    text = client.get(LOGS).text
    assert "The search stopped after 5 s" in text
    assert "At least 1 call" in text
    assert "Counting took too long: the chart and the counts are of a part" in text
    assert ">Search on</a>" in text
    assert reader.budgets_ms == [5_000, 1_000]
    client.get(f"{LOGS}?count=long")
    assert reader.budgets_ms[2:] == [5_000, 5_000]
    empty = client.get(f"{LOGS}?q=zebra").text
    assert "Nothing found yet" in empty
    assert "No call matched" not in empty
    document = client.get(f"{LOGS}.json").json()
    assert document["stopped_early"] is True
    export = client.get(f"{LOGS}.csv")
    assert export.status_code == 503
    assert "Nothing was exported" in export.json()["error"]


def test_unreadable_parts_are_reported_wherever_calls_may_be_missing(world: World) -> None:
    """Once on the page; in JSON; and in the name of an exported file."""
    world.record(call())
    short(world, stopped=False, damaged=("Block 7: its checksum is wrong",))
    client = world.client(ASHA)
    sentence = "A part of the log can&#39;t be read, so calls may be missing: Block 7"
    assert client.get(LOGS).text.count(sentence) == 1
    assert client.get(f"{LOGS}.json").json()["damaged"] == ["Block 7: its checksum is wrong"]
    export = client.get(f"{LOGS}.csv")
    assert '_incomplete.csv"' in export.headers["content-disposition"]
    assert "Block 7" in export.headers["x-leadwire-notice"]


def test_rows_are_shown_when_counting_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the page says that the counts are missing."""
    record = call()
    world.record(record)
    reader = short(world, stopped=False)

    def broken(_query: CallQuery) -> CallStatistics:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(reader, "statistics", broken)
    response = world.client(ASHA).get(LOGS)
    assert response.status_code == 200
    assert record.call_id in response.text
    assert "The calls can&#39;t be counted just now" in response.text


def test_the_help_has_every_field_and_only_searches_that_work(asha: TestClient) -> None:
    """Rendered from the language itself."""
    text = asha.get(LOGS).text
    for name in FIELDS:
        assert f"<code>{name}:</code>" in text
    for example in EXAMPLES:
        assert str(parse_search(example.search))


@pytest.mark.parametrize(
    ("search", "marked", "position"),
    [
        ("ravi status:9xx x", "status:9xx", 6),
        ('a "b c', "&#34;b", 3),
        ("colour:red", "colour:red", 1),
        ("a OR", "OR", 3),
    ],
)
def test_a_mistake_in_a_search_is_marked_in_place(
    asha: TestClient, search: str, marked: str, position: int
) -> None:
    """The character in words, and the word itself in the text as it was typed."""
    response = asha.get(LOGS, params={"q": search})
    assert response.status_code == 400
    assert f"(at character {position})" in response.text
    assert f"<mark>{marked}</mark>" in response.text
    assert 'aria-describedby="q-error"' in response.text


def test_administrators_see_that_every_call_was_recorded(world: World) -> None:
    """Served, recorded, in gaps, and those in between; others are not told."""
    world.record(call())
    counted = Completeness(
        served=1_203, recorded=1_200, in_gaps=2, since_ms=0, open_gap="Disk full"
    )
    world.services = replace(world.services, completeness=lambda: counted)
    text = re.sub(r"<[^>]+>|\s+", " ", world.client(ASHA).get("/console/settings/about").text)
    text = " ".join(text.split())
    assert "1,203 served · 1,200 recorded · 2 in gaps · 1 in progress" in text
    assert "Calls cannot be recorded now: Disk full" in text
    assert "in gaps" not in world.client(BEN).get("/console/settings/about").text
