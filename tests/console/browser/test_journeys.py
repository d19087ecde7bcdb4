"""Journeys through the pages beside the list of calls, in light and in dark."""

from dataclasses import replace

import pytest
from console.browser.chromium import no_violations, sideways_scroll, sign_in
from console.world import ASHA, World, failed_call, mail
from playwright.sync_api import Page, expect

from leadwire.access.limits import LimitUse
from leadwire.console import PlanUse

NARROWEST = 360

pytestmark = pytest.mark.browser


@pytest.fixture
def used(world: World) -> list[int]:
    """How many calls of the plan are used, for the page to tell."""
    used = [3]
    world.services = replace(
        world.services,
        plan_use=lambda _account_id: PlanUse(
            "pro-2024", (LimitUse("standard", used[0], 10, 5, 1_200),)
        ),
    )
    return used


def test_the_use_of_the_limits_is_followed(used: list[int], page: Page) -> None:
    """From Settings to the page; its figures change without a reload."""
    page.goto("/console/settings")
    sign_in(page, ASHA.email)
    page.get_by_role("link", name="Plan and limits").click()
    row = page.get_by_role("region", name="Limits").get_by_role("row", name="Calls")
    expect(row.locator("[data-used]")).to_have_text("3")
    expect(row).to_contain_text("1,200")
    no_violations(page)
    used[0] = 9
    expect(row.locator("[data-used]")).to_have_text("9")
    expect(row.get_by_role("meter")).to_have_js_property("value", 9)
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST
    no_violations(page)


@pytest.mark.parametrize("width", [NARROWEST, 1000, 1440])
def test_no_page_is_wider_than_its_window(world: World, page: Page, width: int) -> None:
    """Down to 360 pixels nothing has to be scrolled sideways."""
    record = failed_call(minutes_ago=1)
    world.record(record)
    page.set_viewport_size({"width": width, "height": 780})
    page.goto("/console/api-logs")
    sign_in(page, ASHA.email)
    for address in (
        "/console/api-logs",
        "/console/api-logs?q=nothing-has-this",
        "/console/api-logs?from=soon",
        f"/console/api-logs/{record.call_id}",
        "/console/settings",
        "/console/settings/profile",
        "/console/nowhere",
    ):
        page.goto(address)
        assert sideways_scroll(page) == 0, address
        if width == NARROWEST:
            no_violations(page)


@pytest.mark.parametrize("width", [1280, NARROWEST])
def test_a_mail_is_found_in_the_outbox_and_read(world: World, page: Page, width: int) -> None:
    """From Settings to its source and its call, on a wide window and on a phone."""
    states = ("sent", "failed", "waiting", "recorded")
    call = failed_call()
    world.record(call)
    world.outbox.mails = [mail(state, call_id=call.call_id) for state in states]
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/console/settings")
    sign_in(page, ASHA.email)
    page.get_by_role("link", name="Outbox").click()
    expect(page.get_by_role("heading", name="Outbox")).to_be_visible()
    no_violations(page)
    page.get_by_label("State").get_by_role("link", name="Failed").click()
    rows = page.get_by_role("table", name="Mails, newest first").get_by_role("row")
    expect(rows).to_have_count(2)
    page.get_by_role("link", name="View mail").click()
    expect(page.get_by_role("heading", name="Your visit")).to_be_visible()
    expect(page.get_by_label("HTML source of the mail")).to_have_text("<p>Dear <b>Mira</b></p>")
    no_violations(page)
    assert sideways_scroll(page) == 0
    page.get_by_role("link", name="the call").click()
    expect(page.get_by_role("heading", name="Lead.Update")).to_be_visible()
