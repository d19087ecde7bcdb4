"""A call beside its list and on its page, by keyboard and by mouse."""

import json
import re

import pytest
from console.browser.chromium import no_violations, sign_in
from console.world import ASHA, World, call, failed_call
from playwright.sync_api import Locator, Page, expect

pytestmark = pytest.mark.browser

LOGS = "/console/api-logs"


@pytest.fixture
def panel(page: Page) -> Locator:
    return page.get_by_role("complementary", name="Call")


def open_list(page: Page, address: str = LOGS) -> None:
    page.goto(address)
    if page.get_by_label("Password").count():
        sign_in(page, ASHA.email)
        page.goto(address)


def row_of(page: Page, call_id: str) -> Locator:
    return page.locator(f"a[data-view-data][href*='{call_id}']")


def test_back_after_a_reload_shows_the_list(world: World, page: Page, panel: Locator) -> None:
    """Address and page agree after every step through the history, with and without the panel."""
    record = failed_call(minutes_ago=0.1)
    world.record(record)
    open_list(page)
    row_of(page, record.call_id).click()
    expect(panel.get_by_role("heading", level=1)).to_contain_text("Lead.Update")
    page.reload()
    expect(panel).to_be_hidden()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Lead.Update")
    page.go_back()
    expect(page).to_have_url(LOGS)
    expect(row_of(page, record.call_id)).to_be_visible()
    page.go_forward()
    expect(page).to_have_url(re.compile(record.call_id))
    expect(page.get_by_role("heading", level=1).last).to_contain_text("Lead.Update")


def test_the_list_stays_usable_and_the_panel_keeps_its_width(
    world: World, page: Page, panel: Locator
) -> None:
    """Another row is opened by a click; the grip obeys the arrow keys, and a reload keeps it."""
    first, second = failed_call(minutes_ago=0.1), call(minutes_ago=0.2)
    world.record(second, first)
    page.set_viewport_size({"width": 1600, "height": 900})
    open_list(page)
    row_of(page, first.call_id).click()
    expect(panel.get_by_role("heading", level=1)).to_contain_text("Lead.Update")
    no_violations(page)
    row_of(page, second.call_id).click()
    expect(panel.get_by_role("heading", level=1)).to_contain_text("Lead.Capture")
    before = panel.bounding_box()["width"]
    grip = page.get_by_role("separator", name="Width of the call")
    grip.press("ArrowLeft")
    grip.press("ArrowLeft")
    assert panel.bounding_box()["width"] > before + 50
    kept = grip.get_attribute("aria-valuenow")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(row_of(page, second.call_id)).to_be_focused()
    open_list(page)
    row_of(page, first.call_id).click()
    expect(page.get_by_role("separator")).to_have_attribute("aria-valuenow", kept or "")


def test_a_value_is_included_excluded_or_copied(world: World, page: Page, panel: Locator) -> None:
    """By keyboard: arrows to the value, Enter for the choices, Enter for the list."""
    record = call(minutes_ago=0.1)
    world.record(record, failed_call(minutes_ago=0.2, request_body="{}"))
    open_list(page)
    row_of(page, record.call_id).click()
    body = panel.get_by_label("Request body", exact=True)
    body.focus()
    for _ in ("the bracket", "the attribute's name", "its value"):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    choices = panel.get_by_role("group", name=re.compile("^request.EmailAddress:"))
    expect(choices.get_by_role("link", name="Calls with it")).to_be_focused()
    no_violations(page)
    page.keyboard.press("Escape")
    expect(choices).to_be_hidden()
    expect(panel).to_be_visible()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("q=request.EmailAddress%3A%22mira%40example.com%22"))
    expect(row_of(page, record.call_id)).to_be_visible()


def test_a_large_body_is_read_to_its_end(world: World, page: Page) -> None:
    """More lines are added below; a search shows the lines of its hits; the page stays quick."""
    rows = [{"Number": number, "Text": "x" * 150} for number in range(4_000)]
    body = json.dumps([*rows, {"Needle": "in a haystack"}])
    record = call(minutes_ago=0.1, response_body=body, response_body_bytes=len(body))
    world.record(record)
    open_list(page, f"{LOGS}/{record.call_id}")
    answer = page.get_by_label("Answer body", exact=True)
    expect(answer).to_contain_text('"Number": 90')
    expect(answer).not_to_contain_text('"Number": 150')
    page.get_by_role("link", name="More lines").click()
    expect(answer).to_contain_text('"Number": 150')
    page.get_by_label("Find in the bodies of this call").fill("haystack")
    page.keyboard.press("Enter")
    expect(answer.locator("mark")).to_have_text("haystack")
    expect(page.get_by_text("0 in the request, 1 in the answer")).to_be_visible()
    no_violations(page)


STARTS_WITH = "async (wanted) => (await navigator.clipboard.readText()).startsWith(wanted)"


def test_copies_are_in_the_clipboard(world: World, page: Page, panel: Locator) -> None:
    """The command by its key, the link by its key, and a body letter for letter."""
    record = call(minutes_ago=0.1, request_body='{"Name": "a\u202eb"}', request_body_bytes=16)
    world.record(record)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_list(page)
    row_of(page, record.call_id).click()
    expect(panel.get_by_text("U+202E")).to_be_visible()

    def clipboard() -> str:
        return page.evaluate("navigator.clipboard.readText()")

    page.keyboard.press("c")
    expect(panel.get_by_text("Copied").first).to_be_visible()
    assert clipboard().startswith("curl -X POST")
    page.keyboard.press("y")
    page.wait_for_function(STARTS_WITH, arg="http")
    assert clipboard().endswith(f"{LOGS}/{record.call_id}")
    panel.get_by_role("button", name="Copy the request body").click()
    page.wait_for_function(STARTS_WITH, arg="{")
    assert clipboard() == record.request_body
