"""Two journeys of a person through the console, in light and in dark."""

import csv
import re
from dataclasses import replace
from pathlib import Path

import pytest
from console.browser.chromium import no_violations, sideways_scroll, sign_in
from console.world import ASHA, World, call, failed_call, mail
from playwright.sync_api import Locator, Page, expect

from leadwire.access.limits import LimitUse
from leadwire.calls.query import CallPage, CallQuery
from leadwire.console import PlanUse
from leadwire.dates import format_ms

NARROWEST = 360

pytestmark = pytest.mark.browser


def test_a_failed_call_is_found_and_read_by_keyboard_alone(world: World, page: Page) -> None:
    """Sign in, search, View Data, back to the list at the same link; the mouse is not needed."""
    record = failed_call(minutes_ago=0.5, query_string="leadId=")
    world.record(record)
    page.goto("/console/")
    no_violations(page)
    sign_in(page, ASHA.email)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    no_violations(page)
    page.get_by_role("link", name="API Logs").press("Enter")
    expect(page.get_by_role("heading", name="API Logs")).to_be_visible()
    no_violations(page)

    page.get_by_label("Status").select_option("Error")
    page.get_by_label("Search", exact=True).fill("mandatory")
    page.keyboard.press("Enter")
    expect(page).to_have_url("/console/api-logs?q=mandatory&status=error")

    link = page.get_by_role("link", name="View Data of Lead.Update").first
    tab_to(page, link)
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Call")
    expect(panel.get_by_role("heading", name="Lead.Update")).to_be_focused()
    expect(panel).to_contain_text("'leadId' is mandatory for updating lead")
    expect(panel.get_by_label("Answer body", exact=True)).to_contain_text('"Status": "Error"')
    expect(page).to_have_url(f"/console/api-logs/{record.call_id}?q=mandatory&status=error")
    no_violations(page)
    walk_to_the_older_call_and_back(page, panel, record.call_id)

    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(link).to_be_focused()
    expect(page).to_have_url("/console/api-logs?q=mandatory&status=error")
    page.go_forward()
    expect(panel).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Lead.Update")).to_be_visible()
    no_violations(page)
    page.get_by_role("link", name="API Logs").last.click()
    expect(page).to_have_url("/console/api-logs?q=mandatory&status=error")


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
    page.get_by_role("link", name="Rate limits").click()
    row = page.get_by_role("row", name="Calls")
    expect(row.locator("[data-used]")).to_have_text("3")
    expect(row).to_contain_text("1,200")
    no_violations(page)
    used[0] = 9
    expect(row.locator("[data-used]")).to_have_text("9")
    expect(row.get_by_role("meter")).to_have_js_property("value", 9)
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROWEST
    no_violations(page)


def tab_to(page: Page, link: Locator) -> None:
    for _ in range(60):
        page.keyboard.press("Tab")
        if link.evaluate("element => element === document.activeElement"):
            return
    pytest.fail("the link is out of the keyboard's reach")


def walk_to_the_older_call_and_back(page: Page, panel: Locator, call_id: str) -> None:
    page.keyboard.press("]")
    expect(page).not_to_have_url(re.compile(call_id))
    panel.get_by_role("link", name="Newer call").press("Enter")
    expect(page).to_have_url(re.compile(call_id))
    page.keyboard.press("[")
    expect(panel).to_contain_text("This is the newest call of its list.")


def test_a_filtered_list_is_exported_as_it_is_shown(
    world: World, page: Page, tmp_path: Path
) -> None:
    """Filter, switch to local time, export: the file has the rows of the page, in UTC."""
    page.goto("/console/api-logs")
    sign_in(page, ASHA.email)
    page.get_by_label("Status").select_option("Error")
    page.get_by_role("button", name="Search").click()
    expect(page).to_have_url("/console/api-logs?status=error")
    page.get_by_role("link", name="Last 24 hours").click()
    expect(page).to_have_url("/console/api-logs?status=error&last=24h")

    rows = page.get_by_role("table", name="Calls, newest first").get_by_role("row")
    shown = rows.count() - 1
    assert shown > 0
    in_utc = rows.nth(1).locator("time").inner_text()
    page.get_by_role("button", name="Local time").click()
    expect(page.get_by_role("columnheader", name="Time (local)").first).to_be_visible()
    assert rows.nth(1).locator("time").inner_text() != in_utc
    page.reload()
    expect(page.get_by_role("button", name="Local time")).to_have_attribute("aria-pressed", "true")

    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export Logs").click()
    downloading.value.save_as(tmp_path / "export.csv")
    with (tmp_path / "export.csv").open(encoding="utf-8-sig", newline="") as file:
        exported = list(csv.DictReader(file))
    assert len(exported) == shown
    assert exported[0]["started_at"] == in_utc
    assert all(row["outcome"] != "success" for row in exported)
    times = [row["started_at"] for row in exported]
    assert times == sorted(times, reverse=True)
    assert times[-1] >= format_ms(world.clock.now_ms() - 86_400_000)


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
        "/console/api-logs?from=yesterday",
        f"/console/api-logs/{record.call_id}",
        "/console/settings",
        "/console/settings/profile",
        "/console/nowhere",
    ):
        page.goto(address)
        assert sideways_scroll(page) == 0, address
        if width == NARROWEST:
            no_violations(page)


def test_counts_narrow_the_list_and_lead_back(page: Page) -> None:
    """Break down, one value, and away with it again; by keyboard and for assistive technology."""
    page.goto("/console/api-logs?last=24h")
    sign_in(page, ASHA.email)
    page.get_by_text("Break down", exact=True).focus()
    page.keyboard.press("Enter")
    facet = page.locator(".facet", has=page.get_by_role("heading", name="API type"))
    no_violations(page)
    link = facet.get_by_role("link", name="Activity")
    tab_to(page, link)
    page.keyboard.press("Enter")
    expect(page).to_have_url("/console/api-logs?last=24h&q=type%3AActivity")
    expect(page.get_by_label("Search", exact=True)).to_have_value("type:Activity")
    page.get_by_text("Durations", exact=True).click()
    page.get_by_text("How to search").click()
    expect(page.get_by_text("a star stands for anything")).to_be_visible()
    no_violations(page)
    page.keyboard.press("Escape")
    expect(page.get_by_text("a star stands for anything")).to_be_hidden()
    facet.get_by_role("link", name="remove this filter").click()
    expect(page).to_have_url("/console/api-logs?last=24h")


def test_new_calls_appear_while_live_is_on(world: World, page: Page) -> None:
    """Above the others, counted politely, opened like any; also on a list that was empty."""
    page.goto("/console/api-logs")
    sign_in(page, ASHA.email)
    rows = page.get_by_role("table", name="Calls, newest first").get_by_role("row")
    before = rows.count()
    live = page.get_by_role("switch", name="Live")
    live.press("Space")
    expect(live).to_have_attribute("aria-checked", "true")
    record = failed_call(minutes_ago=0, request_body="first of its kind")
    world.record(record)
    expect(rows).to_have_count(before + 1)
    expect(page.get_by_text("1 new call since Live was switched on")).to_be_visible()
    no_violations(page)
    rows.nth(1).get_by_role("link", name="View Data").click()
    expect(page.get_by_role("complementary", name="Call")).to_contain_text("first of its kind")
    page.get_by_role("button", name="Close").click()

    page.goto("/console/api-logs?q=second-of-its-kind")
    expect(page.get_by_role("heading", name="No call matched")).to_be_visible()
    expect(live).to_have_attribute("aria-checked", "true")
    world.record(failed_call(minutes_ago=0, request_body="second-of-its-kind"))
    expect(rows).to_have_count(2)
    live.click()
    expect(live).to_have_attribute("aria-checked", "false")


def test_a_call_that_the_page_has_does_not_appear_again(
    world: World, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was recorded while the page was made comes by the stream, too."""
    page.goto("/console/api-logs")
    sign_in(page, ASHA.email)
    between, fresh = call(minutes_ago=0), call(minutes_ago=0)
    search = world.store.reader.search

    def late(query: CallQuery) -> CallPage:
        monkeypatch.undo()
        world.record(between)
        return search(query)

    monkeypatch.setattr(world.store.reader, "search", late)
    page.goto("/console/api-logs")
    rows = page.get_by_role("table", name="Calls, newest first").get_by_role("row")
    before = rows.count()
    live = page.get_by_role("switch", name="Live")
    live.click()
    world.record(fresh)
    expect(page.get_by_text("1 new call since Live was switched on")).to_be_visible()
    expect(rows).to_have_count(before + 1)
    expect(page.locator(f'tr[data-call="{between.call_id}"]')).to_have_count(1)
    live.click()


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
