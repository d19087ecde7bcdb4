"""An administrator's way through the pages of webhooks in Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from amounts import each
from console.browser.chromium import browser, no_violations
from console.browser.pages import SCHEMES
from playwright.sync_api import Browser, Page, expect
from support import ServerProcess
from webhooks.receiver import Receiver, Reply
from webhooks.steps import hook

from leadwire.access.accounts import FirstAccount

NARROWEST = 360

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for the module: while the driver runs, no other test could start an event loop."""
    with browser() as opened:
        yield opened


@pytest.fixture
def server(data_folder: Path, keys: FirstAccount) -> Iterator[ServerProcess]:
    flags = ("--webhook-private-addresses", "true", "--webhook-attempts-max", "1")
    process = ServerProcess(data_folder, keys, *flags).start()
    yield process
    process.stop()


@pytest.fixture(params=each(SCHEMES, every=2))
def page(
    request: pytest.FixtureRequest, chromium: Browser, server: ServerProcess
) -> Iterator[Page]:
    context = chromium.new_context(
        base_url=server.base, color_scheme=request.param, reduced_motion="reduce"
    )
    yield context.new_page()
    context.close()


def open_webhooks(page: Page, server: ServerProcess) -> None:
    page.goto("/console/settings")
    page.get_by_label("E-mail address").fill(server.keys.user_email)
    page.get_by_label("Password").fill(server.keys.password)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("navigation", name="Console").get_by_role("link", name="Webhooks").click()
    expect(page.get_by_role("heading", name="Webhooks", exact=True)).to_be_visible()


def test_a_failed_delivery_is_found_and_sent_again(
    page: Page, server: ServerProcess, receiver: Receiver
) -> None:
    """From Settings to the payload and the answer, and again, by keyboard."""
    hook(server.api(), receiver, "3", Description="Lead sync")
    replies = [Reply(500, b"no room")]
    receiver.reply = lambda _: replies.pop() if replies else Reply()
    server.api().create(FirstName="Asha", EmailAddress="asha@example.com")
    first = receiver.next()
    open_webhooks(page, server)
    row = page.get_by_role("row").filter(has_text="Lead sync")
    while "Failed" not in row.inner_text():  # the attempt may not be kept yet
        page.reload()
    no_violations(page)
    row.get_by_role("link").press("Enter")
    no_violations(page)
    page.get_by_role("link", name="payload and answer").press("Enter")
    expect(page.get_by_role("region", name="Payload, laid out")).to_contain_text("Asha")
    expect(page.get_by_role("region", name="Answer 1")).to_have_text("no room")
    page.get_by_role("button", name="Re-deliver").press("Enter")
    second = receiver.next()
    assert (second.delivery_id, second.body) == (first.delivery_id, first.body)
    while not page.get_by_role("heading", name="Attempt 2").is_visible():
        page.reload()
    no_violations(page)
    for width in (1280, NARROWEST):
        page.set_viewport_size({"width": width, "height": 800})
        overflow = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        assert overflow == 0


def test_a_webhook_gets_a_secret_is_disabled_and_deleted(
    page: Page, server: ServerProcess, receiver: Receiver
) -> None:
    """What cannot be undone is asked for twice."""
    hook(server.api(), receiver, "3")
    open_webhooks(page, server)
    page.get_by_role("row").filter(has_text=receiver.url).get_by_role("link").click()
    no_violations(page)
    page.get_by_text("New signing secret", exact=True).click()
    page.get_by_role("button", name="Create a new signing secret").click()
    expect(page.get_by_role("region", name="The signing secret")).to_contain_text("whsec_")
    no_violations(page)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_text("Paused", exact=True)).to_be_visible()
    page.get_by_text("Delete", exact=True).click()
    no_violations(page)
    page.get_by_role("button", name="Delete this webhook").click()
    expect(page.get_by_role("heading", name="No webhooks yet")).to_be_visible()
    no_violations(page)
