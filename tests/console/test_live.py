"""New calls as a stream: what arrives, after what, for whom, and how a stream ends."""

import json
import re
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from console.world import ASHA, BEN, World, call, failed_call, refused_call
from starlette.testclient import TestClient
from support import ServerProcess

from leadwire.console import ConsoleLimits
from leadwire.console.live import ROWS_MAX

LIVE = "/console/api-logs/live"


@pytest.fixture
def world(tmp_path: Path):
    """Its streams look once and end."""
    world = World(tmp_path, limits=ConsoleLimits(live_polls_max=1))
    yield world
    world.close()


def events(text: str) -> list[tuple[int, dict]]:
    """(id, data) of each event of calls."""
    found = re.findall(r"id: (\d+)\nevent: calls\ndata: (.*)\n\n", text)
    return [(int(number), json.loads(data)) for number, data in found]


def test_calls_after_the_one_seen_arrive_as_rows(world: World, asha: TestClient) -> None:
    """Newest first, as in the table, and the event's id is the newest sequence."""
    seen, older, newer = call(minutes_ago=5), failed_call(minutes_ago=3), call(minutes_ago=1)
    world.record(seen, older, newer, call(account_id=BEN.account_id))
    address = re.search(r'data-live="([^"]+)"', asha.get("/console/api-logs").text)[1]
    assert address == f"{LIVE}?after=3"
    response = asha.get(f"{LIVE}?after=1")
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    [(number, data)] = events(response.text)
    assert (number, data["calls"], data["cut"]) == (3, 2, False)
    ids = re.findall(r'/([0-9a-f-]{36})[^"]*" data-view-data', data["rows"])
    assert ids == [newer.call_id, older.call_id]
    assert "Asha Rao" in data["rows"]


def test_a_browser_that_comes_back_gets_what_it_missed(world: World, asha: TestClient) -> None:
    """Last-Event-ID wins over the address of the page that was opened once."""
    world.record(*(call(minutes_ago=300 - n) for n in range(4)))
    response = asha.get(f"{LIVE}?after=1", headers={"Last-Event-ID": "3"})
    assert [(number, data["calls"]) for number, data in events(response.text)] == [(4, 1)]


def test_without_a_place_to_go_on_from_nothing_old_is_sent(world: World, asha: TestClient) -> None:
    """A stream then begins now, and says where that is."""
    world.record(call(), call())
    text = asha.get(LIVE).text
    assert events(text) == []
    assert "id: 2\n" in text


def test_only_calls_that_match_arrive(world: World, asha: TestClient) -> None:
    """The filters of the page are those of its stream, and links keep them."""
    wanted = failed_call(minutes_ago=2)
    world.record(call(minutes_ago=3), wanted, call(minutes_ago=1))
    [(_, data)] = events(asha.get(f"{LIVE}?q=status:500&last=1h&after=0").text)
    assert data["calls"] == 1
    assert f"/{wanted.call_id}?q=status%3A500&amp;last=1h" in data["rows"]


def test_more_calls_than_a_stream_shows_are_said(world: World, asha: TestClient) -> None:
    """The page then stops following instead of leaving some out."""
    world.record(*(call(minutes_ago=n / 1_000) for n in range(ROWS_MAX + 1)))
    [(_, data)] = events(asha.get(f"{LIVE}?after=0").text)
    assert (data["calls"], data["cut"]) == (ROWS_MAX, True)


def test_a_stream_needs_its_viewer_and_a_search_that_can_be_read(
    world: World, asha: TestClient
) -> None:
    """Said before the stream begins; refused calls are for administrators here, too."""
    world.record(refused_call())
    assert world.client().get(LIVE).status_code == 303
    assert asha.get(f"{LIVE}?q=a:b").status_code == 400
    assert world.client(BEN).get("/console/refused-calls/live?after=0").status_code == 403
    [(_, data)] = events(asha.get("/console/refused-calls/live?after=0").text)
    assert "unknown:9f3c51aa" in data["rows"]


def test_a_stream_ends_when_the_server_stops_or_the_session_does(tmp_path: Path) -> None:
    """Without waiting for its minutes to pass."""
    world = World(tmp_path)
    try:
        world.services = replace(world.services, stopping=lambda: True)
        world.record(call())
        client = world.client(ASHA)
        assert len(events(client.get(f"{LIVE}?after=0").text)) == 1

        def signed_out() -> bool:
            world.sessions.tokens.clear()
            return False

        world.services = replace(world.services, stopping=signed_out)
        client = world.client(ASHA)
        assert len(events(client.get(f"{LIVE}?after=0").text)) == 1
    finally:
        world.close()


@pytest.mark.parametrize("query", ["?to=2026-11-23+11:00:00&from=2026-11-23+10:00:00", "?cursor="])
def test_a_list_that_ends_before_now_offers_no_stream(
    world: World, asha: TestClient, query: str
) -> None:
    """Nothing new can come to it; the newest page of an open list has the switch."""
    world.record(call(minutes_ago=90), call(minutes_ago=91))
    assert ("data-live=" in asha.get(f"/console/api-logs{query}").text) is ("cursor" in query)


def test_an_open_stream_does_not_keep_the_server_from_stopping(server: ServerProcess) -> None:
    """It ends by itself, whole, before the server would cut it off."""
    signing_in = {"email": server.keys.user_email, "password": server.keys.password}
    connection = server.connect()
    connection.request(
        "POST",
        "/console/sign-in",
        urlencode(signing_in),
        {"Content-Type": "application/x-www-form-urlencoded"},
    )
    answer = connection.getresponse()
    answer.read()
    cookie = answer.headers["set-cookie"].partition(";")[0]
    connection.request("GET", LIVE, headers={"Cookie": cookie})
    stream = connection.getresponse()
    assert stream.readline().startswith(b"retry: ")
    server.stop()
    assert b"id: 0" in stream.read()
    connection.close()
    assert "graceful shutdown exceeded" not in server.errors.read_text()
