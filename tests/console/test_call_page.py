"""View Data: what a person sees of one call."""

import html
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from console.world import ASHA, BEN, MINUTE_MS, NOW_MS, World, call, failed_call, refused_call
from starlette.testclient import TestClient

from leadwire.access.audit import AuditQuery, entries
from leadwire.calls.record import CallRecord

LOGS = "/console/api-logs"


def page_of(world: World, client: TestClient, record: CallRecord):
    world.record(record)
    response = client.get(f"{LOGS}/{record.call_id}")
    assert response.status_code == 200
    return response.text


def test_request_and_response_are_shown(world: World, asha: TestClient) -> None:
    """Method, path, parameters, laid out bodies, sizes, and how to send it again."""
    record = failed_call(query_string="leadId=&postUpdatedLead=false&note=a%20b")
    text = page_of(world, asha, record)
    for shown in (
        '<th scope="row"><bdi>postUpdatedLead</bdi></th>',
        "<bdi>a b</bdi>",
        "application/json",
        '<bdi class="json-key">ExceptionType</bdi>',
        "500 Internal Server Error",
        "Raw, as recorded",
        "curl -X POST",
        record.call_id,
    ):
        assert shown in text


@pytest.mark.parametrize("suffix", ["", ".json", "/request.txt", "/response.txt"])
def test_a_call_of_another_account_is_not_found(
    world: World, asha: TestClient, suffix: str
) -> None:
    """Same status and same text, so that nothing can be learned of other accounts."""
    others, refused = call(account_id=BEN.account_id), refused_call()
    world.record(others, refused)
    unknown_id = "00000000-0000-7000-8000-000000000000"
    unknown = asha.get(f"{LOGS}/{unknown_id}{suffix}")
    for record in (others, refused):
        response = asha.get(f"{LOGS}/{record.call_id}{suffix}")
        assert response.status_code == unknown.status_code == 404
        assert response.text.replace(record.call_id, unknown_id) == unknown.text


@pytest.mark.parametrize("text", ["e", "%22", "status:500", "x" * 200])
def test_an_address_without_an_id_is_not_found(asha: TestClient, text: str) -> None:
    """What stands there is no search: it is the id of a call, or nothing is there."""
    assert asha.get(f"{LOGS}/{text}").status_code == 404


def test_only_the_operator_sees_the_traceback(world: World, asha: TestClient) -> None:
    """In no page, JSON, text or CSV of the account."""
    record = failed_call(traceback="Traceback: line 7 of secret.py")
    text = page_of(world, asha, record)
    for suffix in (".json", "/request.txt", "/response.txt"):
        text += asha.get(f"{LOGS}/{record.call_id}{suffix}").text
    text += asha.get(f"{LOGS}.json").text + asha.get(f"{LOGS}.csv").text
    assert "secret.py" not in text


def test_a_cut_body_says_how_much_is_missing(world: World, asha: TestClient) -> None:
    """Kept bytes of all bytes, and nothing of the kind for a whole body."""
    text = page_of(world, asha, call(request_body="abc", request_body_bytes=9000, truncated=True))
    assert "Cut at 3 of 9,000 bytes" in text
    assert text.count("Cut at") == 1


def test_a_large_body_is_downloaded_not_rendered(world: World, asha: TestClient) -> None:
    """The page stays small; the text file has every character, and never opens as a page."""
    body = "[" + '"é<b>",' * 40_000 + "0]"
    record = call(response_body=body, response_body_bytes=len(body.encode()))
    text = page_of(world, asha, record)
    assert len(text) < 300_000
    assert "Lines 1 to 400, of a body of 280,003 characters." in text
    response = asha.get(f"{LOGS}/{record.call_id}/response.txt")
    assert response.text == body
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert response.headers["content-disposition"] == (
        f'attachment; filename="{record.call_id}-response.txt"'
    )


def test_headers_are_shown_by_name(world: World, asha: TestClient) -> None:
    """Those of the request and of the answer; of a call without them nothing is said."""
    text = page_of(world, asha, call(request_headers="accept: */*\nx-note: <b>a</b>: b"))
    assert "Request headers" in text
    assert "Answer headers" not in text
    assert "<bdi>&lt;b&gt;a&lt;/b&gt;: b</bdi>" in text


def test_the_path_is_shown_for_reading(world: World, asha: TestClient) -> None:
    """Decoded, but for what would then mean something else, or could not be seen."""
    text = page_of(world, asha, call(operation="", path="/v2/%C5%82%C3%B3d%C5%BA/a%2Fb%20c%0a%ff"))
    assert "/v2/łódź/a%2Fb c%0a%ff" in text


def test_hits_of_the_list_are_marked(world: World, asha: TestClient) -> None:
    """A text everywhere, a value of a field where it was looked for, and nothing excluded."""
    record = failed_call(query_string="note=mira", request_headers="x-note: mira")
    world.record(record)
    here = f"{LOGS}/{record.call_id}"
    hit = '<mark class="hit">mira</mark>'
    assert asha.get(f"{here}?q=MIRA").text.count(hit) == 4  # query, header, body, raw body
    only = asha.get(f"{here}", params={"q": "request.EmailAddress:mira* -query:note"}).text
    assert only.count(hit) == 2
    assert hit not in asha.get(here).text


def test_a_value_can_be_picked_without_a_script(world: World, asha: TestClient) -> None:
    """The link of a value leads to the calls with it and without it, within the list's filters."""
    record = call()
    world.record(record, failed_call(request_body="{}"))
    text = asha.get(f"{LOGS}/{record.call_id}?last=7d").text
    (address,) = set(re.findall(r'href="(\?last=7d&amp;pick=request.EmailAddress[^"]*)"', text))
    picked = asha.get(f"{LOGS}/{record.call_id}{html.unescape(address)}").text
    lists = [html.unescape(found) for found in re.findall(r'href="([^"]*)">Calls with', picked)]
    found = [asha.get(one.replace("?", ".json?")).json()["calls"] for one in lists]
    assert [[row["operation"] for row in rows] for rows in found] == [
        ["Lead.Capture"],
        ["Lead.Update"],
    ]
    assert '<code id="picked-value" class="unseen">mira@example.com</code>' in picked


@pytest.mark.parametrize("value", ["a" * 20_000, "\u202e\u200b", "😀" * 300, "%00", "&&=="])
def test_a_page_shows_any_parameter(world: World, asha: TestClient, value: str) -> None:
    """Long ones are folded, unseen ones drawn; nothing of it breaks the page."""
    text = page_of(world, asha, call(query_string=f"note={quote(value)}&{quote(value)}=1"))
    assert len(text) < 200_000
    assert "\u202e" not in text


def test_invalid_http_has_no_curl_command(world: World, asha: TestClient) -> None:
    """And the page says why."""
    record = call(request_content_type="message/http", request_body="GET /a b HTTP/1.1")
    text = page_of(world, asha, record)
    assert "curl cannot send it again" in text
    assert "curl -X" not in text


def test_the_way_back_keeps_the_filter(world: World, asha: TestClient) -> None:
    """From the list to the call and back to the same list."""
    record = failed_call()
    world.record(record)
    listed = asha.get(f"{LOGS}?q=mandatory&status=error").text
    address = f"{LOGS}/{record.call_id}?q=mandatory&amp;status=error"
    assert f'href="{address}"' in listed
    text = asha.get(address.replace("&amp;", "&")).text
    assert f'class="back" href="{LOGS}?q=mandatory&amp;status=error"' in text


def test_an_aborted_call_has_no_status(world: World, asha: TestClient) -> None:
    """It is said in words."""
    text = page_of(world, asha, call(status_code=0, response_body="", response_body_bytes=0))
    assert "Aborted" in text
    assert "aborted before its answer" in text


def test_administrators_see_a_gap(world: World, asha: TestClient) -> None:
    """Among the calls no account can be charged with: how many are missing, and no request."""
    message = "3 call(s) could not be recorded: the disk is full"
    record = refused_call(
        status_code=0, outcome="gap", operation="Gap", exception_message=message, refusal_reason=""
    )
    world.record(record)
    assert message in asha.get("/console/refused-calls").text
    text = asha.get(f"/console/refused-calls/{record.call_id}").text
    assert message in text
    assert "the calls in it were not recorded" in text
    assert "curl" not in text


def test_redacted_values_are_counted(world: World, asha: TestClient) -> None:
    """So that a marker in a body is understood."""
    text = page_of(world, asha, call(redacted=2))
    assert "2 values" in text
    assert "Redacted values appear as markers" in text


def test_a_refused_call_shows_reason_and_fingerprint(world: World, asha: TestClient) -> None:
    """On the administrator's page; an attributable call is not there."""
    refused, ordinary = refused_call(), call()
    world.record(refused, ordinary)
    text = asha.get(f"/console/refused-calls/{refused.call_id}").text
    assert "no key has this fingerprint" in text
    assert "unknown:9f3c51aa" in text
    assert asha.get(f"/console/refused-calls/{ordinary.call_id}").status_code == 404


def test_the_fault_that_a_test_asked_for_is_shown(world: World, asha: TestClient) -> None:
    """On the page in whole, with a search for its like, and in the list as a chip."""
    fault = "f1 reset after write: nothing was delivered"
    text = page_of(world, asha, call(test_fault=fault))
    assert f"A test let this call meet a fault: {fault}." in text
    assert "<dt>Fault of a test</dt>" in text
    assert '<span class="chip">f1 reset after write</span>' in asha.get(LOGS).text


def test_a_pinned_call_outlives_its_day(world: World, asha: TestClient) -> None:
    """It is read from its copy, listed and searched; unpinned, it is gone. The trail has both."""
    record = failed_call(minutes_ago=60 * 24 * 3)
    world.record(record, call())
    here = f"{LOGS}/{record.call_id}"
    assert asha.post(f"{here}/pin", data={"note": "for <Meera>"}).status_code == 303
    assert "for &lt;Meera&gt;" in asha.get(here).text
    world.store.prune(before_ms=NOW_MS - 2 * 24 * 60 * MINUTE_MS)
    assert world.store.reader.get(record.call_id) is None
    assert "Pinned by asha@acme.test" in asha.get(here).text
    assert asha.get(f"{here}/request.txt").text == record.request_body
    assert record.call_id in asha.get("/console/pinned-calls?q=exception:Mandatory").text
    assert "No pinned call matches" in asha.get("/console/pinned-calls?q=status:success").text
    assert asha.get("/console/pinned-calls?q=status:bad").status_code == 400
    assert asha.post(f"{here}/unpin").headers["location"] == "/console/pinned-calls"
    assert asha.get(here).status_code == 404
    with world.services.account.access.engine.connect() as connection:
        kept = entries(connection, ASHA.account_id, AuditQuery(), rows_max=9)
    assert [(entry.action, entry.thing) for entry in kept] == [
        ("call.unpinned", record.call_id),
        ("call.pinned", record.call_id),
    ]


def test_only_who_may_change_things_pins_and_only_in_the_own_account(
    world: World, asha: TestClient, tmp_path: Path
) -> None:
    """A viewer is refused; a call of another account is not found; a limit says so."""
    record, others = call(), call(account_id=BEN.account_id)
    world.record(record, others)
    assert world.without_bodies().post(f"{LOGS}/{record.call_id}/pin").status_code == 403
    assert asha.post(f"{LOGS}/{others.call_id}/pin").status_code == 404
    small = World(tmp_path / "small", calls_pinned_max=1)
    second = call()
    small.record(record, second)
    client = small.client(ASHA)
    for each in (record, second):
        page = client.post(f"{LOGS}/{each.call_id}/pin", follow_redirects=True).text
    small.close()
    assert "calls_pinned_max" in page
    assert "Pinned by" not in page
