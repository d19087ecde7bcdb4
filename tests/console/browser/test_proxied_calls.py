"""A proxied call that failed, from its caller's name to the picture of its stages."""

from dataclasses import replace

import pytest
from amounts import each
from console.browser.chromium import no_violations, sideways_scroll, sign_in
from console.world import ASHA, World, call, failed_call
from playwright.sync_api import Page, expect

from leadwire.console import ProxyFacts

CALLER = "caller:1c58d0b940a7"
UPSTREAM = "https://api.example.com"

pytestmark = pytest.mark.browser


@pytest.fixture
def proxied(world: World) -> World:
    """The console of a proxy; its caller has no name yet."""
    world.services = replace(
        world.services,
        proxy=ProxyFacts((UPSTREAM,), "degrade", lambda: "http://127.0.0.1:8080"),
        names=world.services.account.access.caller_names,
    )
    told = {"vantage": "proxy", "upstream": UPSTREAM, "user_id": "", "key_id": CALLER}
    world.record(call(stage="answered", timings="sent=0.4 end=9.9 reused=1", **told))
    world.record(
        failed_call(
            exception_type="AnswerCutException",
            exception_message="The upstream closed the connection before the answer's end.",
            stage="answer_cut",
            timings="name=0.2 connect=3.1 tls=9.8 sent=10.2 first_byte=52.0 end=260.4",
            **told,
        )
    )
    return world


@pytest.mark.parametrize("width", each([1280, 360], every=2))
@pytest.mark.usefixtures("proxied")
def test_a_failed_call_is_found_by_its_callers_name(page: Page, width: int) -> None:
    """The caller gets its name in Settings; the call says how far it came and what that means."""
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/console/settings/callers")
    sign_in(page, ASHA.email)
    page.get_by_label(f"Name of {CALLER}").fill("Billing job")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    no_violations(page)
    page.goto('/console/api-logs?q=caller:"Billing job" stage:answer_cut')
    page.get_by_role("link", name="Lead.Update").first.click()
    expect(page.get_by_role("heading", name="The answer broke off")).to_be_visible()
    stages = page.get_by_role("table", name="How long each stage of the call took")
    for words in ("Agreed on TLS", "Waited for the answer", "Received a part of the answer"):
        expect(stages.get_by_role("row", name=words)).to_be_visible()
    expect(page.get_by_role("region", name="Facts")).to_contain_text("Billing job")
    no_violations(page)
    assert sideways_scroll(page) == 0
