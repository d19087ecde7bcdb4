"""From an e-mail address to the repaired call, by keyboard alone."""

import re
from collections.abc import Iterator

import pytest
from console.browser.chromium import no_violations, sign_in, window
from console.browser.plausible import ADMINISTRATOR, Served, plausible_server
from playwright.sync_api import Browser, Locator, Page, expect
from support import LEADS, attributes

pytestmark = pytest.mark.browser

_ADDRESS = "mira.repaired@example.com"
_TABS_MAX = 80


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with plausible_server(tmp_path_factory.mktemp("plausible")) as server:
        yield server


def test_the_failed_call_of_an_address_is_repaired_and_run(
    served: Served, chromium: Browser
) -> None:
    """From the first page: search, read the reason, run the repair rolled back and for real."""
    api, create = served.api, LEADS + "Lead.Create"
    api.create(FirstName="Mira", EmailAddress=_ADDRESS)
    values = {"FirstName": "Mira", "LastName": "Rao", "EmailAddress": _ADDRESS}
    failed = api.post(create, attributes(values))
    context = window(chromium, served.address, "light")
    page = context.new_page()
    page.goto("/console/sign-in")
    sign_in(page, ADMINISTRATOR)
    expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
    press_on(page, page.get_by_role("link", name="API Logs", exact=True))
    page.wait_for_url("**/api-logs", wait_until="load")
    page.keyboard.press("/")
    page.keyboard.type(f"{_ADDRESS} status:error")
    page.keyboard.press("Enter")
    page.wait_for_url("**/api-logs?q=*", wait_until="load")

    press_on(page, page.get_by_role("link", name=re.compile("Lead.Create")).first)
    reason = page.get_by_role("heading", name="This e-mail address already belongs to a lead")
    expect(reason).to_be_visible()
    expect(page).to_have_url(re.compile(failed.call_id))
    expect(page.get_by_label("Request body", exact=True)).to_contain_text("Another lead has this")
    press_on(page, page.get_by_role("button", name="Run repaired, rolled back"))
    expect(page.get_by_role("heading", name=re.compile("Rolled back: 200"))).to_be_visible()
    expect(page.get_by_role("group", name="Answer now")).to_contain_text("AffectedRows")
    no_violations(page)
    [before] = [lead for lead in api.leads() if lead["EmailAddress"] == _ADDRESS]
    assert before["LastName"] is None

    press_on(page, page.get_by_text("Run for real"))
    press_on(page, page.get_by_role("button", name="Yes, run it for real"))
    expect(page.get_by_role("link", name=failed.call_id)).to_be_visible()
    expect(page.get_by_role("heading", name=re.compile("200 Success"))).to_be_visible()
    [after] = [lead for lead in api.leads() if lead["EmailAddress"] == _ADDRESS]
    assert after["LastName"] == "Rao"
    context.close()


def press_on(page: Page, wanted: Locator) -> None:
    """Walk to *wanted* with the Tab key, and press Enter."""
    expect(wanted).to_be_visible()
    for _ in range(_TABS_MAX):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            page.keyboard.press("Enter")
            return
    pytest.fail(f"{wanted} was not reached by the keyboard")
