"""Journeys through the list of calls, in light and in dark: by keyboard, by mouse, on a phone."""

import csv
import re
from pathlib import Path

import pytest
from console.browser.chromium import no_violations, sideways_scroll, sign_in
from console.world import ASHA, World, call, failed_call
from playwright.sync_api import Locator, Page, expect

from leadwire.calls.query import CallPage, CallQuery
from leadwire.dates import format_ms

LOGS = "/console/api-logs"

pytestmark = pytest.mark.browser


def opened(page: Page, address: str) -> None:
    page.goto(address)
    sign_in(page, ASHA.email)
    page.wait_for_url(re.compile(LOGS), wait_until="load")


def rows_of(page: Page) -> Locator:
    return page.locator("tr[data-call]")


def search(page: Page, text: str) -> None:
    page.keyboard.press("/")
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def test_a_failed_call_is_found_and_read_by_keyboard_alone(world: World, page: Page) -> None:
    """Sign in, search, open, step, close: the focus is at the results and where it was."""
    record = failed_call(minutes_ago=0.5, query_string="leadId=")
    world.record(record)
    page.goto("/console/")
    no_violations(page)
    sign_in(page, ASHA.email)
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.get_by_role("link", name="API Logs").first.press("Enter")
    expect(page.get_by_role("heading", name="API Logs")).to_be_visible()
    page.wait_for_load_state("load")
    no_violations(page)

    search(page, "mandatory")
    expect(page).to_have_url(f"{LOGS}?q=mandatory")
    first = rows_of(page).first.get_by_role("link")
    expect(first).to_be_focused()
    page.keyboard.press("e")
    expect(page).to_have_url(f"{LOGS}?q=mandatory+-outcome%3Asuccess")
    expect(page.get_by_role("button", name="Remove -outcome:success")).to_be_visible()
    expect(first).to_be_focused()
    page.keyboard.press("j")
    expect(rows_of(page).nth(1).get_by_role("link")).to_be_focused()
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    panel = page.get_by_role("complementary", name="Call")
    expect(panel.get_by_role("heading", name="Lead.Update")).to_be_focused()
    expect(page).to_have_url(re.compile(f"{LOGS}/{record.call_id}"))
    no_violations(page)
    page.keyboard.press("]")
    expect(page).not_to_have_url(re.compile(record.call_id))
    page.keyboard.press("[")
    expect(page).to_have_url(re.compile(record.call_id))
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(first).to_be_focused()


def test_back_and_forward_show_the_page_of_the_address(page: Page) -> None:
    """Also after a reload of the call's own page."""
    opened(page, LOGS)
    rows_of(page).first.get_by_role("link").press("Enter")
    panel = page.get_by_role("complementary", name="Call")
    expect(panel).to_be_visible()
    page.go_back()
    expect(panel).to_be_hidden()
    page.go_forward()
    expect(panel).to_be_visible()
    page.reload()
    expect(page.locator("#call")).to_be_visible()
    page.go_back()
    expect(page).to_have_url(LOGS)
    expect(rows_of(page).first).to_be_visible()


def test_the_sheet_of_keys_and_exclusion_by_key(page: Page) -> None:
    """? shows what can be pressed; x takes away what the row is about."""
    opened(page, LOGS)
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_contain_text("copy as cURL")
    no_violations(page)
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    before = rows_of(page).count()
    page.keyboard.press("j")
    fault = rows_of(page).first.locator(".fault").inner_text()
    page.keyboard.press("x")
    pill = page.get_by_role("button", name=f"Remove -exception:{fault}")
    expect(pill).to_be_visible()
    assert rows_of(page).count() < before
    pill.click()
    expect(rows_of(page)).to_have_count(before)


def test_a_row_is_opened_by_a_click_anywhere_on_it(page: Page) -> None:
    """Its link is stretched over it."""
    opened(page, LOGS)
    rows_of(page).nth(2).locator("td.d").click(force=True)
    expect(page.get_by_role("complementary", name="Call")).to_be_visible()


def test_what_is_typed_is_completed_with_fields_and_values(page: Page) -> None:
    """By keyboard; values come with their counts."""
    opened(page, LOGS)
    page.keyboard.press("/")
    page.keyboard.type("ty")
    expect(page.get_by_role("option", name="type:")).to_be_visible()
    no_violations(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_role("combobox", name="Search calls")).to_have_value("type:")
    page.get_by_role("option", name=re.compile("^Activity")).click()
    expect(page).to_have_url(f"{LOGS}?q=type%3AActivity")


def test_a_range_is_taken_from_the_chart_by_keyboard_and_by_mouse(page: Page) -> None:
    """Shift and an arrow, then Enter; or by dragging. Back returns."""
    opened(page, f"{LOGS}?last=24h")
    bars = page.locator(".chart svg a")
    bars.last.focus()
    page.keyboard.press("ArrowLeft")
    expect(bars.nth(-2)).to_be_focused()
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("from=.*to="))
    page.go_back()
    expect(page).to_have_url(f"{LOGS}?last=24h")
    first, last = bars.first.bounding_box(), bars.nth(3).bounding_box()
    page.mouse.move(first["x"] + 2, first["y"] + 5)
    page.mouse.down()
    page.mouse.move(last["x"] + 2, last["y"] + 5, steps=4)
    page.mouse.up()
    expect(page).to_have_url(re.compile("from=.*to="))


def test_a_list_is_narrowed_in_local_time_and_exported_as_it_is_shown(
    world: World, page: Page, tmp_path: Path
) -> None:
    """The range keeps the search; column and fields are local; the file is in UTC."""
    opened(page, LOGS)
    page.keyboard.press("e")
    page.locator("summary", has_text="Last 24 hours").click()
    no_violations(page)
    page.get_by_role("button", name=re.compile("Local, Asia")).click()
    expect(page.get_by_role("columnheader", name=re.compile("Time, Asia"))).to_be_visible()
    page.locator("summary", has_text="Last 24 hours").click()
    page.get_by_role("button", name="Last 7 days").click()
    expect(page).to_have_url(f"{LOGS}?q=-outcome%3Asuccess&last=7d")
    shown = rows_of(page).count()
    assert shown > 0
    page.locator("summary", has_text="Export").click()
    with page.expect_download() as downloading:
        page.get_by_role("link", name="Export Logs as CSV").click()
    downloading.value.save_as(tmp_path / "export.csv")
    with (tmp_path / "export.csv").open(encoding="utf-8-sig", newline="") as file:
        exported = list(csv.DictReader(file))
    assert len(exported) == shown
    assert all(row["outcome"] != "success" for row in exported)
    times = [row["started_at"] for row in exported]
    assert times == sorted(times, reverse=True)
    assert times[-1] >= format_ms(world.clock.now_ms() - 7 * 86_400_000)


@pytest.mark.parametrize(
    ("width", "height", "least"), [(1440, 900, 18), (1024, 768, 10), (390, 844, 6)]
)
def test_as_many_rows_are_in_sight(page: Page, width: int, height: int, least: int) -> None:
    """And no row is higher than its lines."""
    page.set_viewport_size({"width": width, "height": height})
    opened(page, LOGS)
    boxes = [row.bounding_box() for row in rows_of(page).all()]
    assert sum(box["y"] + box["height"] <= height for box in boxes) >= least
    assert max(box["height"] for box in boxes) <= (60 if width < 600 else 34)
    assert sideways_scroll(page) == 0
    no_violations(page)


def test_filters_are_a_sheet_on_a_phone_and_a_column_on_a_wide_screen(page: Page) -> None:
    """The sheet works without a script, too: it is an address."""
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, LOGS)
    facets = page.get_by_role("complementary", name="Filters")
    expect(facets).to_be_hidden()
    page.get_by_role("link", name="Filters").click()
    expect(facets).to_be_visible()
    no_violations(page)
    facets.get_by_role("link", name=re.compile("^Client fault")).click()
    expect(page).to_have_url(f"{LOGS}?q=outcome%3Aclient_fault")
    page.set_viewport_size({"width": 1440, "height": 900})
    expect(facets).to_be_visible()
    facets.get_by_role("link", name="Client fault", exact=False).first.click()
    expect(page).to_have_url(LOGS)


def test_new_calls_appear_while_live_is_on_and_every_count_follows(
    world: World, page: Page
) -> None:
    """In two windows of one stream; held while somebody reads further down."""
    opened(page, LOGS)
    before = rows_of(page).count()
    page.keyboard.press("l")
    live = page.get_by_role("switch", name="Live")
    expect(live).to_have_attribute("aria-checked", "true")
    second = page.context.new_page()
    second.goto(f"{LOGS}?q=status:500")
    second.keyboard.press("l")
    faults = rows_of(second).count()
    world.record(failed_call(minutes_ago=0, request_body="first of its kind"))
    expect(rows_of(page)).to_have_count(before + 1)
    expect(rows_of(second)).to_have_count(faults + 1)
    heading = page.get_by_role("heading", name="API Logs")
    expect(heading).to_contain_text(f"{before + 1} calls")
    expect(page.locator("[data-counted]")).to_have_text(f"{before + 1} calls")
    no_violations(page)
    page.set_viewport_size({"width": 1000, "height": 300})
    page.evaluate("scrollTo(0, 600)")  # a window behind another gets no events of a mouse
    world.record(failed_call(minutes_ago=0))
    held = page.get_by_role("button", name="1 newer, 1 failed")
    expect(held).to_be_visible()
    held.click()
    expect(rows_of(page)).to_have_count(before + 2)
    expect(heading).to_contain_text(f"{before + 2} calls")
    second.close()


def test_live_fills_a_list_that_was_empty(world: World, page: Page) -> None:
    """Its first call brings the table with it."""
    opened(page, f"{LOGS}?q=second-of-its-kind")
    expect(page.get_by_role("heading", name="No call matched")).to_be_visible()
    page.keyboard.press("l")
    world.record(failed_call(minutes_ago=0, request_body="second-of-its-kind"))
    expect(rows_of(page)).to_have_count(1)


def test_a_call_that_the_page_has_does_not_appear_again(
    world: World, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was recorded while the page was made comes by the stream, too."""
    opened(page, LOGS)
    between, fresh = call(minutes_ago=0), call(minutes_ago=0)
    find = world.store.reader.search

    def late(query: CallQuery) -> CallPage:
        monkeypatch.undo()
        world.record(between)
        return find(query)

    monkeypatch.setattr(world.store.reader, "search", late)
    page.goto(LOGS)
    before = rows_of(page).count()
    page.keyboard.press("l")
    world.record(fresh)
    expect(rows_of(page)).to_have_count(before + 1)
    expect(page.locator(f'tr[data-call="{between.call_id}"]')).to_have_count(1)


def test_the_list_reads_and_narrows_without_a_script(address: str, page: Page) -> None:
    """A pill's cross is a button, a range is a button, a row is a link."""
    browser = page.context.browser
    context = browser.new_context(base_url=address, java_script_enabled=False)
    plain = context.new_page()
    plain.goto(LOGS)
    sign_in(plain, ASHA.email)
    plain.get_by_label("Search calls").fill("type:Lead")
    plain.keyboard.press("Enter")
    expect(plain).to_have_url(f"{LOGS}?q=type%3ALead")
    plain.locator("summary", has_text="Last 24 hours").click()
    plain.get_by_role("button", name="Last 7 days").click()
    expect(plain).to_have_url(f"{LOGS}?q=type%3ALead&last=7d")
    plain.get_by_role("button", name="Remove type:Lead").click()
    expect(plain).to_have_url(f"{LOGS}?last=7d")
    rows_of(plain).first.locator("td.a").click(force=True)
    expect(plain).to_have_url(re.compile(f"{LOGS}/[0-9a-f-]{{36}}"))
    context.close()
