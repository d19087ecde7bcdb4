"""The calls beside a call, and what belongs to it."""

import re
import tempfile
from contextlib import closing
from itertools import pairwise
from pathlib import Path

from console.world import ASHA, BEN, MINUTE_MS, NOW_MS, World, call, failed_call, refused_call
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

from leadwire.calls.query import CallQuery
from leadwire.console.call.around import mentioned_in
from leadwire.console.call.neighbours import newer_calls, older_calls
from leadwire.console.withheld import WITHHELD

LOGS = "/console/api-logs"


def stepped(client: TestClient, call_id: str, way: str, search: str = "") -> str:
    """The address that newer or older leads to."""
    answer = client.get(f"{LOGS}/{call_id}/{way}{search}")
    assert answer.status_code == 303
    return answer.headers["location"]


def test_newer_and_older_walk_the_list_without_it(world: World, asha: TestClient) -> None:
    """One call at a time, through the same millisecond, within the filters, to both ends."""
    ages = (1, 2, 2, 2, 90, 3_000)
    records = [call(minutes_ago=age, status_code=200) for age in ages]
    others = [failed_call(minutes_ago=2), call(minutes_ago=2, account_id=BEN.account_id)]
    world.record(*records[::-1], *others)
    listed = asha.get(f"{LOGS}.json?status=success&last=7d").json()["calls"]
    ids = [row["call_id"] for row in listed]
    assert len(ids) == len(ages)
    search = "?status=success&last=7d"
    for newer, older in pairwise(ids):
        assert stepped(asha, newer, "older", search) == f"{LOGS}/{older}{search}"
        assert stepped(asha, older, "newer", search) == f"{LOGS}/{newer}{search}"
    assert stepped(asha, ids[0], "newer", search).endswith("&end=newest")
    end = stepped(asha, ids[-1], "older", search)
    assert end.endswith("&end=oldest")
    assert "This is the oldest call of its list." in asha.get(end).text


@settings(max_examples=20)
@given(st.lists(st.integers(min_value=0, max_value=400), min_size=2, max_size=20), st.data())
def test_the_calls_beside_a_call_are_those_of_the_list(
    ages: list[int], data: st.DataObject
) -> None:
    """Whatever the gaps between them, in the order of the store's own pages."""
    with tempfile.TemporaryDirectory() as folder, closing(World(Path(folder))) as world:
        world.record(*(call(minutes_ago=age * age / 10) for age in ages))
        query, reader = CallQuery(account_id=ASHA.account_id, limit=100), world.store.reader
        listed = reader.search(query).calls
        place = data.draw(st.integers(min_value=0, max_value=len(listed) - 1))
        older = older_calls(reader, query, listed[place], count=3)
        newer = newer_calls(reader, query, listed[place], count=3, now_ms=NOW_MS + MINUTE_MS)
    assert older.calls == listed[place + 1 : place + 4]
    assert newer.calls == listed[max(place - 3, 0) : place][::-1]


def test_ids_and_addresses_are_found_in_a_call() -> None:
    """In the query, encoded, and in both bodies; the call's own id is none of a lead."""
    lead_id = "01a21818-5e14-7418-a551-b95182c9b46c"
    record = call(
        query_string="email=mira%40example.com",
        request_body=f'{{"ProspectID": "{lead_id.upper()}", "Note": "Asha.Rao+x@example.co.in."}}',
    )
    record_ids, emails = mentioned_in(record)
    assert record_ids == [lead_id]
    assert emails == ["mira@example.com", "asha.rao+x@example.co.in"]


def test_calls_around_stay_within_the_account(world: World, asha: TestClient) -> None:
    """A refused call has none of any account; an unknown one is not found."""
    for record in (call(account_id=BEN.account_id), refused_call()):
        world.record(record)
        assert asha.get(f"{LOGS}/{record.call_id}/around").status_code == 404
        assert asha.get(f"{LOGS}/{record.call_id}/older").status_code == 404


def test_whoever_must_not_see_bodies_sees_nothing_that_a_caller_wrote(world: World) -> None:
    """On the page, as JSON, as text, and in the hits of a search; the trail stays empty."""
    secret = "Secret-Value"  # noqa: S105  # to be looked for
    record = failed_call(
        exception_message=secret,
        query_string=f"note={secret}",
        request_headers=f"x-note: {secret}",
        response_headers=f"x-note: {secret}",
        request_body=f'{{"a": "{secret}"}}',
        response_body=f'{{"b": "{secret}"}}',
    )
    world.record(record)
    reader = world.without_bodies()
    page = reader.get(f"{LOGS}/{record.call_id}?q={secret}&find={secret}").text
    assert "Lead.Update" in page
    # The reader's own search is in the fields and links of the page.
    own = r'(?:value|href|action|data-[a-z]+)="[^"]*"|<dd id="call-address">[^<]*'
    shown = re.sub(own, "", page)
    assert secret not in shown
    document = reader.get(f"{LOGS}/{record.call_id}.json")
    assert secret not in document.text
    assert all(document.json()[name] == "" for name in WITHHELD)
    for suffix in ("/request.txt", "/response.txt"):
        assert reader.get(f"{LOGS}/{record.call_id}{suffix}").status_code == 403
    assert world.audit.actions() == []


def test_who_looked_at_a_body_is_in_the_trail(world: World, asha: TestClient) -> None:
    """Once for each page, document and file; a call without a body leaves no entry."""
    record = call()
    empty = call(request_body="", request_body_bytes=0, response_body="", response_body_bytes=0)
    world.record(record, empty)
    for suffix in ("", ".json", "/request.txt", "/response.txt"):
        assert asha.get(f"{LOGS}/{record.call_id}{suffix}").status_code == 200
        asha.get(f"{LOGS}/{empty.call_id}{suffix}")
    assert world.audit.actions() == [("asha@acme.test", "body.seen", record.call_id)] * 4
