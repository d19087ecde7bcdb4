"""What every answer carries, and what no request may do."""

import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Never

import pytest
from console.world import ASHA, BEN, PASSWORD, World, call
from starlette.testclient import TestClient

from leadwire.calls.query import CallQuery
from leadwire.console import Completeness
from leadwire.console.security import SECURITY_HEADERS

EVIL = '</pre><script>alert("x")</script><img src=x onerror=alert(1)>'


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/console/"),
        ("GET", "/console/sign-in"),
        ("GET", "/console/api-logs"),
        ("GET", "/console/api-logs.json"),
        ("GET", "/console/api-logs.csv"),
        ("GET", "/console/api-logs?from=soon"),
        ("GET", "/console/nowhere"),
        ("DELETE", "/console/api-logs"),
        ("POST", "/console/sign-out"),
    ],
)
def test_every_answer_has_the_security_headers(asha: TestClient, method: str, path: str) -> None:
    """Pages, data, redirects and errors alike, and none may be stored."""
    response = asha.request(method, path)
    for name, value in SECURITY_HEADERS.items():
        assert response.headers[name] == value
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "https://elsewhere.example"},
        {"origin": "null"},
        {"referer": "https://elsewhere.example/page"},
        {"referer": "http://localhost.elsewhere.example/"},
        {"referer": "http://[broken"},
        {"origin": "http://localhost", "sec-fetch-site": "cross-site"},
    ],
)
def test_a_post_from_another_site_does_nothing(
    world: World, asha: TestClient, headers: dict[str, str]
) -> None:
    """Neither signs in nor out."""
    data = {"email": ASHA.email, "password": PASSWORD}
    checked = world.sessions.checked
    assert asha.post("/console/sign-out", headers=headers).status_code == 403
    assert asha.post("/console/sign-in", data=data, headers=headers).status_code == 403
    assert world.sessions.checked == checked
    assert asha.get("/console/api-logs").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "same-origin", "origin": "http://localhost"},
        {"sec-fetch-site": "none"},
        {"origin": "http://localhost"},
        {"referer": "http://localhost/console/api-logs?q=x"},
        {},
    ],
)
def test_a_post_of_the_consoles_own_pages_passes(asha: TestClient, headers: dict[str, str]) -> None:
    """What a browser sends with our own forms."""
    assert asha.post("/console/sign-out", headers=headers).status_code == 303


def test_text_of_a_call_is_never_markup(world: World, asha: TestClient) -> None:
    """Whatever a caller sends, in any field that a page shows, is shown as text."""
    record = call(
        request_body=EVIL,
        response_body=f'{{"a": "{EVIL}"}}'.replace('"x"', "1"),
        operation=EVIL,
        api_type=EVIL,
        path="/" + EVIL,
        query_string="q=" + EVIL,
        exception_type=EVIL,
        exception_message=EVIL,
        user_agent=EVIL,
        user_id=EVIL,
        key_id=EVIL,
        client_address=EVIL,
        request_content_type=EVIL,
        trace_id=EVIL,
    )
    world.record(record)
    for address in (
        "/console/api-logs",
        f"/console/api-logs/{record.call_id}",
        f"/console/api-logs?q={EVIL}&api_type={EVIL}&from={EVIL}",
        f"/console/{EVIL}",
    ):
        text = asha.get(address).text
        assert "<script>" not in text
        assert "<img" not in text


def test_pages_have_no_inline_script_or_style(world: World, asha: TestClient) -> None:
    """What the content security policy would block is not there to be blocked."""
    world.record(call())
    for address in ("/console/api-logs", "/console/settings/profile", "/console/settings/keys"):
        text = asha.get(address).text
        assert " style=" not in text
        assert "<style" not in text
        scripts = re.findall("<script[^>]*>[^<]*", text)
        assert all(s.startswith('<script type="module" src="/console/static/') for s in scripts)
        assert all(s.endswith('">') for s in scripts)


def test_static_files_are_kept_for_long_under_their_own_address(asha: TestClient) -> None:
    """The address changes with the content; another one, or another file, is unknown."""
    page = asha.get("/console/settings/profile").text
    address = page.partition('rel="stylesheet" href="')[2].partition('"')[0]
    response = asha.get(address)
    assert response.headers["content-type"].startswith("text/css")
    assert "immutable" in response.headers["cache-control"]
    assert asha.get("/console/static/0000/console.css").status_code == 404
    assert asha.get(address.replace("console.css", "..%2fservices.py")).status_code == 404


class BrokenReader:
    """A store whose disk has gone."""

    def search(self, _query: CallQuery):
        raise OSError("disk I/O error at /secret/place")

    get = stream = search


@pytest.mark.parametrize("path", ["", ".json", ".csv", "/some-id"])
def test_a_failing_store_is_reported_without_details(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    """503 that says what to do; the cause is in the operator's log alone."""
    world = World(tmp_path)
    try:
        services = world.services
        object.__setattr__(services, "calls", BrokenReader())
        with caplog.at_level(logging.ERROR):
            response = world.client(ASHA).get("/console/api-logs" + path)
    finally:
        world.close()
    assert response.status_code == 503
    assert "Try again in a moment" in response.text
    assert "/secret/place" not in response.text
    assert "/secret/place" in caplog.text


def test_an_unexpected_error_is_a_page_and_a_log_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """The viewer sees no text of the exception; the server goes on."""
    world = World(tmp_path)

    def broken(_token: str) -> Never:
        raise RuntimeError("internal detail")

    try:
        client = world.client(ASHA)
        object.__setattr__(world.sessions, "viewer", broken)
        response = client.get("/console/api-logs")
    finally:
        world.close()
    assert response.status_code == 500
    assert "Something went wrong" in response.text
    assert "internal detail" not in response.text
    assert "internal detail" in caplog.text


def test_a_form_too_large_is_refused(asha: TestClient) -> None:
    """The console takes forms, not uploads."""
    response = asha.post("/console/sign-in", data={"email": "x" * 100_000})
    assert response.status_code == 413


def test_the_colours_that_a_browser_chose_are_kept(asha: TestClient) -> None:
    """For every page, and the choice returns to the page that it was made on."""
    page = asha.get("/console/api-logs?q=mira").text
    assert "data-theme" not in page
    assert 'name="next" value="/console/api-logs?q=mira"' in page
    kept = asha.post(
        "/console/preferences", data={"theme": "dark", "next": "/console/settings/profile"}
    )
    assert (kept.status_code, kept.headers["location"]) == (303, "/console/settings/profile")
    assert '<html lang="en" data-theme="dark">' in asha.get("/console/settings/profile").text
    asha.post("/console/preferences", data={"theme": "<b>"})
    assert '<html lang="en" data-theme="dark">' in asha.get("/console/settings/profile").text
    asha.post("/console/preferences", data={"theme": "system"})
    assert "data-theme" not in asha.get("/console/settings/profile").text


def test_every_page_says_whether_all_calls_were_recorded(world: World) -> None:
    """An administrator sees the number; nobody else learns how busy other accounts are."""
    counted = Completeness(served=1_234, recorded=1_234, in_gaps=0, since_ms=0)
    world.services = replace(world.services, completeness=lambda: counted)
    assert "1,234 served, all recorded" in world.client(ASHA).get("/console/settings/profile").text
    assert "All calls recorded" in world.client(BEN).get("/console/settings/profile").text
    lost = Completeness(served=1_234, recorded=1_230, in_gaps=4, since_ms=0)
    world.services = replace(world.services, completeness=lambda: lost)
    for viewer in (ASHA, BEN):
        page = world.client(viewer).get("/console/settings/profile").text
        assert 'class="seal broken"' in page
        assert "4 calls not recorded" in page


def test_the_bar_shows_what_the_viewer_may_open(world: World) -> None:
    """An entry that leads to a refusal is not shown; the current one is marked."""
    bar = world.client(ASHA).get("/console/refused-calls").text.partition("</nav>")[0]
    assert '<a href="/console/refused-calls" aria-current="true">Refused</a>' in bar
    bar = world.client(BEN).get("/console/api-logs").text.partition("</nav>")[0]
    assert '<a href="/console/api-logs" aria-current="true">API Logs</a>' in bar
    assert "refused-calls" not in bar
