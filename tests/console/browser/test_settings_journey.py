"""By keyboard alone: a key is rotated, a viewer added, a webhook delivers."""

from collections.abc import Iterator

import pytest
from console.browser.chromium import no_violations, sign_in, window
from console.browser.plausible import ADMINISTRATOR, Served, plausible_server
from playwright.sync_api import Browser, Locator, Page, expect
from support import USERS, attributes
from webhooks.receiver import Receiver

pytestmark = pytest.mark.browser
LEADS = "/v2/LeadManagement.svc/"
WORD = "a password of her own"
TABS_MAX = 90


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with plausible_server(tmp_path_factory.mktemp("journey")) as server:
        yield server


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    yield server
    server.close()


@pytest.fixture
def page(chromium: Browser, served: Served) -> Iterator[Page]:
    context = window(chromium, served.address, "light")
    page = context.new_page()
    page.goto("/console/sign-in")
    sign_in(page, ADMINISTRATOR)
    yield page
    context.close()


def tab_to(page: Page, wanted: Locator) -> None:
    expect(wanted).to_be_visible()
    for _ in range(TABS_MAX):
        if wanted.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    pytest.fail(f"{wanted} is out of the keyboard's reach")


def press(page: Page, wanted: Locator) -> None:
    tab_to(page, wanted)
    page.keyboard.press("Enter")


def write(page: Page, wanted: Locator, text: str) -> None:
    tab_to(page, wanted)
    page.keyboard.type(text)


def is_valid(served: Served, access_key: str, secret_key: str) -> bool:
    headers = {"x-LSQ-AccessKey": access_key, "x-LSQ-SecretKey": secret_key}
    return served.api.call("GET", USERS, headers=headers, keys="none").status == 200


def test_a_key_is_rotated_and_its_old_secret_retired(page: Page, served: Served) -> None:
    """Both work between the two steps; focus is at what the page has to say."""
    press(page, page.get_by_role("link", name="Settings"))
    write(page, page.get_by_label("Name"), "warehouse")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="warehouse is created")).to_be_focused()
    access_key = page.locator("#new-access-key").inner_text()
    old = page.locator("#new-secret-key").inner_text()
    assert is_valid(served, access_key, old)
    press(page, page.get_by_role("button", name="Rotate warehouse"))
    expect(page.get_by_role("heading", name="New secret for warehouse")).to_be_focused()
    no_violations(page)
    new = page.locator("#new-secret-key").inner_text()
    assert is_valid(served, access_key, old)
    assert is_valid(served, access_key, new)
    press(page, page.get_by_role("button", name="Retire the old secret of warehouse"))
    expect(page.get_by_text("The old secret is retired.")).to_be_visible()
    assert not is_valid(served, access_key, old)
    assert is_valid(served, access_key, new)


def test_a_viewer_is_added_and_joins(page: Page, chromium: Browser, served: Served) -> None:
    """With the link that the page shows once; there they choose a password and read the log."""
    press(page, page.get_by_role("link", name="Settings"))
    press(page, page.get_by_role("link", name="Users and roles"))
    write(page, page.get_by_label("E-mail address"), "meera.iyer@example.com")
    write(page, page.get_by_label("First name"), "Meera")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="meera.iyer@example.com can join")).to_be_focused()
    no_violations(page)
    link = page.locator("#join-link").inner_text()
    context = window(chromium, served.address, "dark")
    hers = context.new_page()
    hers.goto(link)
    write(hers, hers.get_by_label("New password", exact=True), WORD)
    write(hers, hers.get_by_label("New password again"), WORD)
    hers.keyboard.press("Enter")
    expect(hers.get_by_role("link", name="API Logs")).to_be_visible()
    expect(hers.get_by_role("link", name="Webhooks")).to_have_count(0)
    context.close()


def test_a_webhook_is_made_and_its_first_delivery_appears(
    page: Page, served: Served, receiver: Receiver
) -> None:
    """The history shows it by itself, and a test besides; nobody leaves the page."""
    press(page, page.get_by_role("link", name="Webhooks"))
    press(page, page.get_by_role("link", name="New webhook"))
    write(page, page.get_by_label("Address"), receiver.url)
    press(page, page.get_by_role("button", name="Create webhook"))
    expect(page.get_by_role("heading", name="The signing secret")).to_be_focused()
    no_violations(page)
    expect(page.get_by_text("Nothing was delivered yet.")).to_be_visible()
    lead = attributes({"EmailAddress": "first.delivery@example.com"})
    assert served.api.post(LEADS + "Lead.Create", lead).status == 200
    assert b"first.delivery@example.com" in receiver.next().body
    history = page.get_by_role("region", name="Deliveries")
    expect(history.get_by_role("row").filter(has_text="Delivered")).to_have_count(1, timeout=15_000)
    press(page, page.get_by_role("button", name="Send a test"))
    assert b"IsTest" in receiver.next().body
    expect(history.get_by_role("row").filter(has_text="Delivered")).to_have_count(2, timeout=15_000)
    press(page, history.get_by_role("link").first)
    expect(page.get_by_role("heading", name="Delivery")).to_be_visible()
    press(page, page.get_by_role("button", name="Re-deliver"))
    assert receiver.next().body
