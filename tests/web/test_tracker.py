"""The script for web pages, in Chromium: a page of another origin makes a lead."""

import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from console.browser.chromium import browser
from playwright.sync_api import Browser, expect
from support import ServerProcess

from leadwire.access.accounts import FirstAccount

_PAGE = """<!doctype html><title>Contact</title>
<script src="{server}/t/Tracker.js"></script>
<script>pidTracker("1001")</script>
<form action="{server}/t/FormTracker.aspx" method="post">
<input name="FirstName"><input name="EmailAddress">
<input type="hidden" name="MXHOrgCode" value="1001">
<input type="hidden" name="MXHRedirectUrl" value="{here}/thanks">
<button>Send</button></form>"""


@pytest.fixture
def server(data_folder: Path, keys: FirstAccount) -> Iterator[ServerProcess]:
    process = ServerProcess(data_folder, keys).start()
    yield process
    process.stop()


@pytest.fixture
def website(server: ServerProcess) -> Iterator[str]:
    """A website on another port, with a form and a page of thanks."""

    class Site(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            here = f"http://{self.headers['Host']}"
            page = "<h1>Thanks</h1>"
            if self.path == "/":
                page = _PAGE.format(server=server.base, here=here)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(page.encode())

        def log_message(self, *_: object) -> None:
            pass

    site = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Site)
    threading.Thread(target=site.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{site.server_port}"
    site.shutdown()
    site.server_close()


@pytest.fixture
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


def test_a_visitor_fills_in_a_form_and_is_a_lead(
    server: ServerProcess, website: str, chromium: Browser
) -> None:
    """The cookie's id is the lead's, and the browser ends at the page that the form names."""
    page = chromium.new_page()
    with page.expect_response(lambda response: "/t/Visit" in response.url):
        page.goto(website)
    [visitor_id] = [
        cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "MXCProspectId"
    ]
    assert page.evaluate("window.MXCProspectId") == visitor_id
    page.reload()
    assert page.evaluate("window.MXCProspectId") == visitor_id
    page.locator("[name=FirstName]").fill("Asha")
    page.locator("[name=EmailAddress]").fill("asha@example.com")
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("heading", name="Thanks")).to_be_visible()
    [lead] = server.api().leads()
    assert (lead["ProspectID"], lead["EmailAddress"]) == (visitor_id, "asha@example.com")


def test_a_visitor_is_converted_by_a_call(
    server: ServerProcess, website: str, chromium: Browser
) -> None:
    """The id is known before the lead is."""
    page = chromium.new_page()
    with page.expect_response(lambda response: "/t/Visit" in response.url):
        page.goto(website)
    visitor_id = page.evaluate("window.MXCProspectId")
    answer = server.api().write("Lead.Convert", {"FirstName": "Ravi"}, leadId=visitor_id)
    assert answer.status == 200, answer.body
    assert [lead["ProspectID"] for lead in server.api().leads()] == [visitor_id]
