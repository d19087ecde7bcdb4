"""New calls as a stream: what arrives, after what, for whom, and how a stream ends."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

import pytest
from console.world import ASHA, BEN, PASSWORD, World, call, failed_call, refused_call
from starlette.testclient import TestClient
from support import ServerProcess

from leadwire.calls.query import CallPage, CallQuery
from leadwire.console.call_list import CallList
from leadwire.console.live import ROWS_MAX

LOGS = "/console/api-logs"


def live(*lists: str) -> str:
    """The address of the stream of these lists."""
    return "/console/live?" + urlencode([("list", address) for address in lists])


def followed(page: str) -> str:
    """The address of the stream of a page."""
    return live(re.search(r'data-live="([^"]+)"', page)[1].replace("&amp;", "&"))


@pytest.fixture
def world(tmp_path: Path):
    """Its streams look once and end."""
    world = World(tmp_path, calls_live_looks_max=1)
    yield world
    world.close()


def events(text: str) -> list[tuple[str, list[str]]]:
    """(id, ids of the calls) of each event of calls."""
    found = re.findall(r"id: (\S+)\nevent: calls\ndata: (.*)\n\n", text)
    return [(place, call_ids(json.loads(data)["parts"]["rows"])) for place, data in found]


def call_ids(rows: str) -> list[str]:
    """Of the rows that a stream sent, or of a page."""
    return re.findall(r'<tr [^>]*data-call="([^"]+)"', rows)


def test_calls_after_the_page_arrive_as_rows(world: World, asha: TestClient) -> None:
    """Newest first, as in the table; however long ago they began."""
    world.record(call(minutes_ago=5))
    address = followed(asha.get(LOGS).text)
    assert address == live(f"{LOGS}?after={world.store.reader.place()}")
    older, newer = failed_call(minutes_ago=300), call(minutes_ago=1)
    world.record(newer, older, call(account_id=BEN.account_id))
    response = asha.get(address)
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.headers["cache-control"] == "no-store"
    assert events(response.text) == [(world.store.reader.place(), [newer.call_id, older.call_id])]
    assert "Asha Rao" in response.text


def test_a_call_recorded_during_rendering_is_not_missed(
    world: World, asha: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is on the page and in the stream, which the script notices by its id."""
    between = call()
    search = world.store.reader.search

    def late(query: CallQuery) -> CallPage:
        monkeypatch.undo()
        world.record(between)
        return search(query)

    monkeypatch.setattr(world.store.reader, "search", late)
    page = asha.get("/console/api-logs").text
    assert call_ids(page) == [between.call_id]
    [(_, found)] = events(asha.get(followed(page)).text)
    assert found == [between.call_id]


def test_a_reconnecting_browser_gets_what_it_missed(world: World, asha: TestClient) -> None:
    """Last-Event-ID wins over the address of the page that was opened once."""
    first = world.store.reader.place()
    world.record(*(call(minutes_ago=300 - n) for n in range(3)))
    seen, missed = world.store.reader.place(), call()
    world.record(missed)
    response = asha.get(live(f"{LOGS}?after={first}"), headers={"Last-Event-ID": seen})
    assert events(response.text) == [(world.store.reader.place(), [missed.call_id])]


def test_a_stream_without_a_position_sends_nothing_old(world: World, asha: TestClient) -> None:
    """A stream then begins now, and says where that is."""
    world.record(call(), call())
    text = asha.get(live(LOGS)).text
    assert events(text) == []
    assert f"id: {world.store.reader.place()}\n" in text


def test_an_invalid_position_is_refused(asha: TestClient) -> None:
    """Before the stream begins: a browser that gets this does not ask again."""
    assert asha.get(live(LOGS), headers={"Last-Event-ID": "17"}).status_code == 400


def test_a_list_that_cannot_be_followed_is_still_shown(
    world: World, asha: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the switch."""
    world.record(call())

    def broken() -> str:
        raise OSError("no place")

    monkeypatch.setattr(world.store.reader, "place", broken)
    page = asha.get("/console/api-logs").text
    assert len(call_ids(page)) == 1
    assert "data-live=" not in page


def test_only_calls_that_match_arrive(world: World, asha: TestClient) -> None:
    """The filters of the page are those of its stream, and links keep them."""
    wanted = failed_call(minutes_ago=2)
    place = world.store.reader.place()
    world.record(call(minutes_ago=3), wanted, call(minutes_ago=1))
    text = asha.get(live(f"{LOGS}?q=status:500&last=1h&after={place}")).text
    assert [found for _, found in events(text)] == [[wanted.call_id]]
    assert f"/{wanted.call_id}?q=status%3A500&amp;last=1h" in text


def test_more_calls_than_an_event_holds_follow_in_the_next(tmp_path: Path) -> None:
    """At once, and none is left out; calls of others, looked through meanwhile, are passed over."""
    world = World(tmp_path, calls_live_looks_max=3)
    try:
        place = world.store.reader.place()
        records = [call(minutes_ago=n / 1_000) for n in range(ROWS_MAX + 1)]
        world.record(*records)
        text = world.client(ASHA).get(live(f"{LOGS}?after={place}")).text
        found = [call_id for _, some in events(text) for call_id in some]
        assert [len(some) for _, some in events(text)] == [ROWS_MAX, 1]
        assert sorted(found) == sorted(record.call_id for record in records)
    finally:
        world.close()


def test_a_stream_needs_its_viewer_and_a_search_that_can_be_read(
    world: World, asha: TestClient
) -> None:
    """Said before the stream begins; refused calls are for administrators here, too."""
    place = world.store.reader.place()
    world.record(refused_call())
    assert world.client().get(live(LOGS)).status_code == 303
    assert asha.get(live(f"{LOGS}?q=a:b")).status_code == 400
    assert world.client(BEN).get(live("/console/refused-calls")).status_code == 403
    text = asha.get(live(f"/console/refused-calls?after={place}")).text
    assert len(events(text)) == 1
    assert "no key has this fingerprint" in text
    assert asha.get("/console/live").status_code == 400
    assert asha.get(live("/console/profile")).status_code == 404


def test_a_stream_ends_when_the_server_stops_or_the_session_does(tmp_path: Path) -> None:
    """Without waiting for its minutes to pass."""
    world = World(tmp_path)
    try:
        world.services = replace(world.services, stopping=lambda: True)
        place = world.store.reader.place()
        world.record(call())
        client = world.client(ASHA)
        assert len(events(client.get(live(f"{LOGS}?after={place}")).text)) == 1

        def signed_out() -> bool:
            world.sessions.tokens.clear()
            return False

        world.services = replace(world.services, stopping=signed_out)
        client = world.client(ASHA)
        assert len(events(client.get(live(f"{LOGS}?after={place}")).text)) == 1
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
    connection.request("GET", live(LOGS), headers={"Cookie": cookie})
    stream = connection.getresponse()
    assert stream.readline().startswith(b"retry: ")
    server.stop()
    assert b"\nid: " in b"\n" + stream.read()
    connection.close()
    assert "graceful shutdown exceeded" not in server.errors.read_text()


def test_one_stream_follows_several_lists(world: World, asha: TestClient) -> None:
    """A browser opens few connections; each event says which list it is of."""
    place = world.store.reader.place()
    fault, refused = failed_call(), refused_call()
    world.record(call(), fault, refused)
    text = asha.get(
        live(f"{LOGS}?q=status:500&after={place}", f"/console/refused-calls?after={place}")
    ).text
    sent = [json.loads(data) for data in re.findall(r"data: (.*)\n", text)]
    assert {event["list"]: call_ids(event["parts"]["rows"]) for event in sent} == {
        0: [fault.call_id],
        1: [refused.call_id],
    }
    last = re.findall(r"id: (\S+)\n", text)[-1]
    assert last == ",".join([world.store.reader.place()] * 2)
    again = asha.get(live(LOGS, "/console/refused-calls"), headers={"Last-Event-ID": last})
    assert events(again.text) == []


def test_an_event_has_the_counts_chart_and_facets_of_its_list(
    world: World, asha: TestClient
) -> None:
    """So that nothing on the page contradicts the rows."""
    world.record(call())
    page = asha.get(LOGS).text
    world.record(failed_call(), call())
    [data] = re.findall(r"data: (.*)\n", asha.get(followed(page)).text)
    parts = json.loads(data)["parts"]
    assert parts["count"] == 3
    assert parts["failed"] == 1
    assert parts["days"] == {"2026-11-23": {"calls": 3, "failed": 1}}
    assert "3 calls</h1>" in parts["summary"]
    assert '<path class="client_fault"' in parts["summary"]
    assert "MXMandatoryAttributeMissingException" in parts["facets"]


def test_streams_of_the_same_list_are_polled_counted_and_rendered_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many tabs follow it."""
    world = World(tmp_path, calls_live_looks_max=3)
    try:
        rendered = []
        parts = CallList.live_parts

        def counted(self: CallList, *some: object) -> dict[str, object]:
            rendered.append(some)
            return parts(self, *some)

        monkeypatch.setattr(CallList, "live_parts", counted)
        client = TestClient(world.app(), base_url="http://localhost", follow_redirects=False)
        client.post("/console/sign-in", data={"email": ASHA.email, "password": PASSWORD})
        with client, ThreadPoolExecutor(8) as readers:
            streams = [readers.submit(client.get, live(LOGS)) for _ in range(8)]
            time.sleep(0.5)
            record = call()
            world.record(record)
            texts = [stream.result().text for stream in streams]
        assert [[found for _, found in events(text)] for text in texts] == [[[record.call_id]]] * 8
        assert len(rendered) == 1
    finally:
        world.close()
