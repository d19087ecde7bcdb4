"""The API Logs page: filters, limits, empty and error states; and Refused calls."""

import re
from pathlib import Path

import pytest
from console.world import ASHA, BEN, NOW_MS, World, busy_day, call, failed_call, refused_call
from starlette.testclient import TestClient

from leadwire.console.words import short
from leadwire.dates import format_ms

LOGS = "/console/api-logs"
REFUSED = "/console/refused-calls"


def ids_in(text: str):
    """Call ids of the rows, in the order shown."""
    return re.findall(r'href="/console/[a-z-]+/([0-9a-f-]{36})[^"]*" data-view-data', text)


def test_newest_calls_come_first_with_every_column(world: World, asha: TestClient) -> None:
    """A row says when, what, how it went, how long, whose key and who."""
    older, newer = call(minutes_ago=9), failed_call(minutes_ago=3)
    world.record(older, newer)
    text = asha.get(LOGS).text
    assert ids_in(text) == [newer.call_id, older.call_id]
    row = row_of(text, newer.call_id)
    at = format_ms(newer.started_at_ms)
    assert f'title="{at}">{at[11:]}</td>' in row
    for shown in ("Lead.Update", "500", "client fault", "POST", "4.21 ms", "Asha Rao"):
        assert shown in row
    assert '<b class="fault">MXMandatoryAttributeMissingException</b> <small>leadId</small>' in row
    assert ">mira@example.com</td>" in row_of(text, older.call_id)
    assert "Monday 23 November<small data-day-count>2 calls, 1 failed</small>" in text


def row_of(text: str, call_id: str) -> str:
    """The row of one call."""
    return text.partition(f'data-call="{call_id}"')[2].partition("</tr>")[0]


def test_an_account_sees_its_own_calls_only(world: World, asha: TestClient) -> None:
    """Neither those of another account nor those whose keys were wrong, whatever the URL says."""
    own, others = call(), call(account_id=BEN.account_id)
    world.record(own, others, refused_call())
    assert ids_in(asha.get(f"{LOGS}?account_id={BEN.account_id}").text) == [own.call_id]
    assert ids_in(world.client(BEN).get(LOGS).text) == [others.call_id]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("q=needle", "text"),
        ("api_type=Activity", "activity"),
        ("status=error", "failed"),
        ("status=429", "limited"),
        ("from=2026-11-23+11:10:00&to=2026-11-23+11:20:00", "earlier"),
        ("q=NEEDLE&status=success&api_type=Lead", "text"),
        ("last=1h&status=success&q=early", ""),
    ],
)
def test_filters_in_the_url_decide_what_is_shown(
    world: World, asha: TestClient, query: str, expected: str
) -> None:
    """Each alone and several together; what is chosen is shown as chosen."""
    records = {
        "text": call(minutes_ago=1, request_body='{"note":"a Needle"}'),
        "activity": call(minutes_ago=2, api_type="Activity"),
        "failed": failed_call(minutes_ago=3),
        "earlier": call(minutes_ago=45, user_agent="early"),
        "limited": call(minutes_ago=61, status_code=429),
    }
    world.record(*records.values())
    response = asha.get(f"{LOGS}?{query}")
    assert response.status_code == 200
    shown = ids_in(response.text)
    if expected == "failed":
        assert shown == [records["failed"].call_id, records["limited"].call_id]
    elif expected:
        assert shown == [records[expected].call_id]
    else:
        assert shown == [records["earlier"].call_id]


def test_a_limit_that_cuts_says_so_and_the_next_page_has_the_rest(tmp_path: Path) -> None:
    """Every row is on exactly one page, and nothing is cut in silence."""
    world = World(tmp_path, calls_shown_max=10, calls_export_rows_max=10)
    try:
        records = list(busy_day(25))
        world.record(*records)
        client = world.client(ASHA)
        seen, address = [], LOGS
        while address:
            text = client.get(address).text
            seen += ids_in(text)
            link = re.search(r'href="([^"]+)" rel="next"', text)
            assert bool(link) == ("The chart and the counts speak of all of them" in text)
            assert "25 calls</span>" in text
            address = link[1].replace("&amp;", "&") if link else ""
        newest_first = sorted(records, key=lambda r: r.started_at_ms, reverse=True)
        assert seen == [record.call_id for record in newest_first]
    finally:
        world.close()


def test_a_search_over_a_too_long_span_says_what_was_searched(asha: TestClient) -> None:
    """Seven days, and 30 days kept: both said where they cut."""
    text = asha.get(f"{LOGS}?from=2026-09-01+00:00:00&to=2026-11-01+00:00:00").text
    assert "A search spans at most 7 days: searched 2026-10-25 00:00:01" in text
    assert "Calls are kept for 30 days" not in asha.get(LOGS + "?q=x").text
    text = asha.get(f"{LOGS}?from=2026-10-01+00:00:00&to=2026-10-02+00:00:00").text
    assert "Calls are kept for 30 days: none is older than 2026-10-24" in text


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("from=soon", "from", "is not a date-time: write yyyy-MM-dd"),
        ("to=0001-01-01+00:00:00", "to", "is not in the years 1970 to 2999"),
        ("from=2026-11-22+10:00:00&to=2026-11-21+10:00:00", "from", "after its end"),
    ],
)
def test_an_invalid_filter_is_marked(
    asha: TestClient, query: str, field: str, message: str
) -> None:
    """400, the message at its field, and everything that was typed still there."""
    response = asha.get(f"{LOGS}?q=kept&{query}")
    assert response.status_code == 400
    error = re.search(rf'id="{field}-error">([^<]+)<', response.text)
    assert message in error[1]
    assert f'aria-describedby="{field}-error"' in response.text
    assert 'name="has" value="kept"' in response.text


def test_a_wrong_cursor_leads_back_to_the_newest(asha: TestClient) -> None:
    """Not an empty page, and not an exception."""
    response = asha.get(f"{LOGS}?q=x&cursor=nonsense")
    assert response.status_code == 400
    assert (
        '<a class="button" href="/console/api-logs?q=x">Start at the newest call</a>'
        in response.text
    )


def test_no_calls_yet_shows_how_to_make_one(asha: TestClient) -> None:
    """A curl command with placeholders for the keys."""
    text = asha.get(LOGS).text
    assert "No call in the last 24 hours" in text
    assert "http://localhost/v2/LeadManagement.svc/Lead.Capture" in text
    assert "$LEADWIRE_ACCESS_KEY" in text


def test_an_empty_result_says_what_was_searched_and_how_to_widen(
    world: World, asha: TestClient
) -> None:
    """What, in which range, and links that take each condition away."""
    world.record(call())
    text = asha.get(f"{LOGS}?q=zebra&from=2026-11-20+00:00:00").text
    assert "No call matched" in text
    assert "<q>zebra</q>" in text
    assert "2026-11-20 00:00:00" in text
    assert "Search the 7 days before that" in text


@pytest.mark.parametrize(
    ("query", "link"),
    [
        ("q=zebra", "q=zebra&amp;last=7d"),
        ("q=zebra+status:200", "q=status%3A200"),
        ("q=zebra+or+lion", "q=zebra+OR+lion"),
        ("q=curl+-X+POST+http://h/v2/a?b=c", "q=%2Fv2%2Fa%3Fb%3Dc"),
        (
            "q=zebra&last=1h",
            "q=zebra&amp;from=2026-11-16+11%3A00%3A00&amp;to=2026-11-23+10%3A59%3A59",
        ),
    ],
)
def test_an_empty_list_suggests_other_searches(asha: TestClient, query: str, link: str) -> None:
    """One condition less, a word that looks like an operator, the range before."""
    assert f'href="{LOGS}?{link}' in asha.get(f"{LOGS}?{query}").text


@pytest.mark.parametrize(
    "query",
    [
        "from=0001-01-01+00:00:00&to=0001-01-02+00:00:00",
        "to=0001-01-01+00:00:00",
        "to=9999-12-31",
        "last=9d9d",
        "q=last:99999w",
        "cursor=AT_________8AAAAAAAAAAQ",
        "cursor=AQAA5ncaBQAAAAAAAAAAAQ",
        "limit=999999999999999999999",
    ],
)
@pytest.mark.parametrize("address", ["", ".json", ".csv"])
def test_an_impossible_query_is_refused(asha: TestClient, query: str, address: str) -> None:
    """Dates and places of no day, too: 400, and no error of the server."""
    assert asha.get(f"{LOGS}{address}?{query}").status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        "from=1970-01-01&to=1970-01-02",
        "to=1970-01-01",
        "to=2999-12-31",
        "from=2999-12-31",
        "last=520w",
        "last=15m&from=2026-11-22",
    ],
)
@pytest.mark.parametrize("address", ["", ".json", "/statistics.json"])
def test_ranges_without_a_call_are_answered(asha: TestClient, query: str, address: str) -> None:
    """Their ends are days like others; nothing leads to before what is kept."""
    response = asha.get(f"{LOGS}{address}?{query}")
    assert response.status_code == 200
    assert "from=1969" not in response.text


def test_counts_are_given_whatever_the_limit_of_rows(world: World, asha: TestClient) -> None:
    """A limit is for rows."""
    world.record(call(), call())
    assert asha.get(f"{LOGS}/statistics.json?limit=50").json()["calls"] == 2


def test_the_id_of_a_call_outside_the_range_leads_to_it(world: World, asha: TestClient) -> None:
    """A pasted call id is found even when it is older than the search goes."""
    old = call(minutes_ago=60 * 24 * 12)
    others = call(minutes_ago=60 * 24 * 12, account_id=BEN.account_id)
    world.record(old, others)
    assert f'href="{LOGS}/{old.call_id}"' in asha.get(f"{LOGS}?q={old.call_id}").text
    assert f'href="{LOGS}/{others.call_id}"' not in asha.get(f"{LOGS}?q={others.call_id}").text


def test_each_bar_of_the_chart_leads_to_its_calls(world: World, asha: TestClient) -> None:
    """Its name has the numbers, for those who do not see bars; all bars add up to the list."""
    world.record(*busy_day(40))
    text = asha.get(LOGS).text
    assert '<path class="success"' in text
    bars = re.findall(r'<a href="([^"]+)"><title>[^,]+, (\d+) calls?, (\d+) failed', text)
    assert sum(int(calls) for _, calls, _ in bars) == 40
    for address, calls, failed in bars[:5]:
        found = asha.get(address.replace("&amp;", "&")).text
        assert len(ids_in(found)) == int(calls)
        assert len(re.findall(r'class="(?!success)\w+" data-call', found)) == int(failed)


def test_quick_ranges_end_now_whenever_they_are_opened(world: World, asha: TestClient) -> None:
    """A bookmarked “last hour” follows the clock."""
    recent = call(minutes_ago=30)
    world.record(recent)
    assert ids_in(asha.get(f"{LOGS}?last=1h").text) == [recent.call_id]
    world.clock.at_ms = NOW_MS + 3_600_000
    assert ids_in(asha.get(f"{LOGS}?last=1h").text) == []
    text = asha.get(f"{LOGS}?last=7d").text
    assert "A search spans at most" not in text
    assert ids_in(text) == [recent.call_id]


def test_refused_calls_are_for_administrators(world: World, asha: TestClient) -> None:
    """With reason and fingerprint for them, and for nobody else."""
    record = refused_call()
    world.record(record, call())
    text = asha.get("/console/refused-calls").text
    assert ids_in(text) == [record.call_id]
    assert "no key has this fingerprint" in text
    assert 'title="unknown:9f3c51aa"' in text
    ben = world.client(BEN)
    assert ben.get("/console/refused-calls").status_code == 403
    assert ben.get("/console/refused-calls.json").json() == {
        "error": "Only an administrator can open this page."
    }
    assert "refused-calls" not in ben.get("/console/settings").text


def test_a_list_shows_the_beginning_of_what_callers_chose(world: World, asha: TestClient) -> None:
    """Neither a long path, a reason nor a message makes a page or a row large; JSON has them."""
    long = "/" + "x" * 60_000
    lines = "a\n" * 30_000
    world.record(
        *(refused_call(path=long, refusal_reason=lines, user_agent=lines) for _ in range(300)),
        failed_call(path=long, operation="", exception_message=lines),
    )
    for page in (REFUSED, LOGS):
        text = asha.get(page).text
        assert len(text) < 1_500_000
        assert ("x" * 59 in text) is (page == LOGS)
        assert "x" * 61 not in text
        assert "…" in text
    (call_id,) = ids_in(asha.get(LOGS).text)
    title = asha.get(f"{LOGS}/{call_id}").text.partition("<title>")[2].partition("</title>")[0]
    assert len(title) < 300
    assert asha.get(f"{LOGS}.json").json()["calls"][0]["path"] == long


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("/v2/Lead.Create", "/v2/Lead.Create"),
        ("a\n\tb  c", "a b c"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "…"),
        (" " * 5_000 + "x", "…"),
    ],
)
def test_short_text_is_whole_and_long_text_says_that_it_is_cut(text: str, shown: str) -> None:
    """On one line, with 200 characters at most."""
    assert short(text) == shown
