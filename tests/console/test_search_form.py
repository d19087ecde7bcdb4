"""The list as a whole: its form, its pills, its one window, its columns, its zone."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from console.world import ASHA, BEN, World, busy_day, call, failed_call
from starlette.testclient import TestClient

from leadwire.calls.fields import FIELDS

LOGS = "/console/api-logs"


def ids_in(text: str) -> list[str]:
    """Call ids of the rows, in the order shown."""
    return re.findall(r'data-call="([0-9a-f-]{36})"', text)


def test_each_condition_is_a_pill_that_can_be_removed_alone(asha: TestClient) -> None:
    """A pill's cross is a button of the form; its answer is the list without that condition."""
    page = asha.get(f"{LOGS}?q=ravi+type:Lead&status=error&last=1h").text
    sent = dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))
    pills = re.findall(
        r'<span class="muted">([^<]*)</span><b>([^<]*)</b>'
        r'<button type="submit" name="drop" value="(\w+)"',
        page,
    )
    assert pills == [("status:", "error", "status"), ("", "ravi", "0"), ("type:", "Lead", "1")]
    for drop, rest in (
        ("status", "?q=ravi+type%3ALead&last=1h"),
        ("0", "?q=type%3ALead&status=error&last=1h"),
        ("1", "?q=ravi&status=error&last=1h"),
    ):
        answer = asha.get(LOGS, params={**sent, "q": "", "from": "", "to": "", "drop": drop})
        assert answer.headers["location"] == LOGS + rest


@pytest.mark.parametrize(
    ("sent", "address"),
    [
        ({"q": "ravi"}, "?q=ravi"),
        ({"has": "type:Lead", "q": "ravi OR asha", "last": "1h"},
         "?q=type%3ALead+%28ravi+OR+asha%29&last=1h"),
        ({"has": "ravi", "last": "1h", "range": "7d", "from": "2026-11-20"}, "?q=ravi&last=7d"),
        ({"has": "ravi", "last": "1h", "from": "yesterday 9:00"},
         "?q=ravi&from=2026-11-22+09%3A00%3A00"),
        ({"from": "now-2h", "to": "20 Nov 14:30"}, "?from=now-2h&to=2026-11-20+14%3A30%3A59"),
        ({"api_type": "Lead", "q": " "}, "?api_type=Lead"),
        ({}, ""),
    ],
)  # fmt: skip
def test_a_sent_form_leads_to_the_address_of_its_list(
    asha: TestClient, sent: dict[str, str], address: str
) -> None:
    """A range keeps what was typed, and what was typed keeps the range."""
    answer = asha.get(LOGS, params={"sent": "1", **sent})
    assert (answer.status_code, answer.headers["location"]) == (303, LOGS + address)


def test_every_invalid_field_is_marked_and_the_rest_is_listed(
    world: World, asha: TestClient
) -> None:
    """What was typed stays. The list leaves it out, and one button mends a search."""
    record = call()
    world.record(record)
    sent = {"sent": "1", "has": "type:Lead", "q": '"ravi', "from": "soon", "to": "later"}
    response = asha.get(LOGS, params=sent)
    assert response.status_code == 400
    for field in ("q", "from", "to"):
        assert f'id="{field}-error"' in response.text
    for typed in ("soon", "later", "&#34;ravi"):
        assert f'value="{typed}"' in response.text
    assert f'href="{LOGS}?q=type%3ALead+%22ravi%22"' in response.text
    assert ids_in(response.text) == [record.call_id]
    plain = asha.get(f"{LOGS}?from=soon&to=later&status=broken&q=a:b").text
    for said in ('value="soon"', 'value="later"', 'value="a:b"'):
        assert said in plain
    assert ids_in(plain) == [record.call_id]


def test_the_list_its_counts_and_its_pages_speak_of_one_window(tmp_path: Path) -> None:
    """The last 24 hours, also on older pages and without a word about a range."""
    world = World(tmp_path, calls_shown_max=10)
    try:
        world.record(*(call(minutes_ago=n * 60 + 1) for n in range(30)))
        client = world.client(ASHA)
        pages = [client.get(LOGS).text]
        while link := re.search(r'href="([^"]+)" rel="next"', pages[-1]):
            pages.append(client.get(link[1].replace("&amp;", "&")).text)
        assert [len(ids_in(page)) for page in pages] == [10, 10, 4]
        for page in pages:
            assert "24 calls</h1>" in page
            assert sum(map(int, re.findall(r"<title>[^,]+, (\d+) call", page))) == 24
        for page, before in zip(pages[1:], pages, strict=False):
            newer = re.search(r'href="([^"]+)" rel="prev"', page)[1].replace("&amp;", "&")
            assert ids_in(client.get(newer).text) == ids_in(before)
    finally:
        world.close()


def test_dates_are_read_and_shown_in_the_zone_that_the_browser_chose(
    world: World, asha: TestClient
) -> None:
    """Column, heading, fields and chart; the address is in UTC and means the same for all."""
    record = call(minutes_ago=60 * 14)  # 22:00 of the day before in UTC
    world.record(record)
    asha.get(LOGS, params={"sent": "1", "zone": "Asia/Kolkata"})
    page = asha.get(LOGS).text
    assert "Time, Asia/Kolkata" in page
    assert 'title="2026-11-23 03:30:00.000">03:30:00.000' in page
    assert "Monday 23 November" in page
    answer = asha.get(LOGS, params={"sent": "1", "from": "2026-11-23 03:30:00"})
    assert answer.headers["location"] == f"{LOGS}?from=2026-11-22+22%3A00%3A00"
    found = asha.get(answer.headers["location"]).text
    assert ids_in(found) == [record.call_id]
    assert 'name="from" value="2026-11-23 03:30:00"' in found
    asha.get(LOGS, params={"sent": "1", "zone": "Nowhere/Else"})
    assert "Time, Asia/Kolkata" in asha.get(LOGS).text


def test_columns_are_chosen_and_kept(world: World, asha: TestClient) -> None:
    """Method, duration and user until somebody chooses."""
    world.record(call())
    assert ">User</th>" in asha.get(LOGS).text
    answer = asha.post(
        "/console/preferences", data={"columns": ["", "key", "nonsense"], "next": f"{LOGS}?q=mira"}
    )
    assert answer.headers["location"] == f"{LOGS}?q=mira"
    page = asha.get(LOGS).text
    assert ">Nightly sync</td>" in page
    assert ">User</th>" not in page
    asha.post("/console/preferences", data={"columns": ""})
    assert ">Key</th>" not in asha.get(LOGS).text


def test_a_value_can_be_excluded(world: World, asha: TestClient) -> None:
    """Beside each value that a search can ask for."""
    world.record(call(), failed_call())
    text = asha.get(LOGS).text
    address = re.search(r'class="not" href="([^"]+)">not<span class="unseen"> Lead.Capture', text)
    found = asha.get(address[1].replace("&amp;", "&"))
    assert found.url.params["q"] == '-operation:"Lead.Capture"'
    assert "1 call</h1>" in found.text


def test_a_hit_is_marked_with_the_field_that_has_it(world: World, asha: TestClient) -> None:
    """In the query, in a body, in a header; markup of a caller stays text."""
    in_query = call(query_string="emailaddress=mira%40example.com", request_body="")
    in_body = call(request_body='[{"Attribute":"Notes","Value":"of <b>Mira@example.com</b>"}]')
    world.record(in_query, in_body)
    text = asha.get(f"{LOGS}?q=mira@example.com").text
    assert "<small>emailaddress</small> <mark>mira@example.com</mark></td>" in text
    assert "<small>Notes</small> of &lt;b&gt;<mark>Mira@example.com</mark>&lt;/b&gt;</td>" in text


def test_who_may_not_see_bodies_sees_none_in_the_list(world: World) -> None:
    """Neither in a row, as a hit, nor in a file; the file says so."""
    world.sessions.viewers[BEN.email] = replace(BEN, may_see_bodies=False)
    world.record(call(account_id=BEN.account_id))
    client = world.client(BEN)
    page = client.get(LOGS).text
    assert len(ids_in(page)) == 1
    assert "mira@example.com</td>" not in page
    assert ids_in(client.get(f"{LOGS}?q=mira").text) == []
    assert client.get(f"{LOGS}?q=request.EmailAddress:mira@example.com").status_code == 400
    for ending in ("json", "csv", "jsonl"):
        assert "mira@example.com" not in client.get(f"{LOGS}.{ending}").text
    assert "no bodies" in client.get(f"{LOGS}.csv").headers["x-leadwire-notice"]


def test_completion_offers_fields_and_the_values_of_the_list(
    world: World, asha: TestClient
) -> None:
    """As a search writes them, with counts, and names for ids."""
    world.record(call(), failed_call(), call(account_id=BEN.account_id))
    found = asha.get(f"{LOGS}/completion.json").json()
    assert {field["name"] for field in found["fields"]} == set(FIELDS)
    values = found["values"]
    assert values["user"] == [{"term": "user:u-asha", "label": "Asha Rao", "calls": 2}]
    assert values["outcome"][0]["calls"] == 1
    update = {"term": 'operation:"Lead.Update"', "label": "Lead.Update", "calls": 1}
    assert update in values["operation"]


def test_the_title_says_the_search(asha: TestClient) -> None:
    """For tabs, bookmarks and Back; print says it with the dates."""
    page = asha.get(f"{LOGS}?q=ravi&last=1h").text
    assert re.search("<title>(.*?)</title>", page)[1] == "ravi, last hour · API Logs · leadwire"
    printed = re.search('<p class="searched">(.*?)</p>', page)[1]
    assert printed == "API Logs of Acme: ravi, Last hour (2026-11-23 11:00:00 to now UTC)"


def test_pages_are_compressed_for_those_who_accept_it(world: World, asha: TestClient) -> None:
    """Page, JSON and files."""
    world.record(*busy_day(60))
    for address in (LOGS, f"{LOGS}.json", f"{LOGS}.csv"):
        packed = asha.get(address, headers={"Accept-Encoding": "gzip"})
        assert packed.headers["content-encoding"] == "gzip"
        assert "Accept-Encoding" in packed.headers["vary"]
        plain = asha.get(address, headers={"Accept-Encoding": "identity"})
        assert "content-encoding" not in plain.headers
        assert len(plain.text) == len(packed.text)
