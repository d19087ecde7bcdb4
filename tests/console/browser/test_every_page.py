"""Every page in both schemes: axe finds nothing at three widths, and 320 pixels are enough."""

from collections.abc import Iterator

import pytest
from console.browser.chromium import no_violations, sideways_scroll, sign_in, window
from console.browser.pages import NARROWEST, PAGES, SCHEMES, SIZES, PageState, page_routes
from console.browser.plausible import Served, plausible_server
from playwright.sync_api import Browser, BrowserContext

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with plausible_server(tmp_path_factory.mktemp("plausible")) as server:
        yield server


@pytest.fixture(scope="module", params=SCHEMES)
def contexts(
    request: pytest.FixtureRequest, chromium: Browser, served: Served
) -> Iterator[dict[str, BrowserContext]]:
    """A window for each person, who is signed in."""
    opened = {}
    for email in {page.email for page in PAGES}:
        opened[email] = window(chromium, served.address, request.param)
        if email:
            page = opened[email].new_page()
            page.goto("/console/sign-in")
            sign_in(page, email)
            page.close()
    yield opened
    for context in opened.values():
        context.close()


@pytest.mark.parametrize("state", PAGES, ids=lambda state: state.name)
def test_a_page_is_accessible_at_every_width(
    contexts: dict[str, BrowserContext], served: Served, state: PageState
) -> None:
    """Axe, no error of a script, and no sideways scroll at the narrowest.

    The dark scheme has other colours and the same layout, so one width shows all of it.
    """
    page = contexts[state.email].new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if "Security Policy" in m.text else None)
    page.goto(state.address_in(served))
    is_dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches")
    for width, height in SIZES[:1] if is_dark else SIZES:
        page.set_viewport_size({"width": width, "height": height})
        no_violations(page)
    page.set_viewport_size({"width": NARROWEST, "height": 640})
    assert sideways_scroll(page) == 0
    page.close()
    assert errors == []


def test_every_route_of_a_page_is_looked_at(served: Served) -> None:
    """Whoever adds a page adds its line to ``pages``."""
    known = {page.route or page.address.partition("?")[0] for page in PAGES}
    served.api.call("GET", "/console/sign-in", keys="none")  # pages are made on first use
    found = set(page_routes(served.api.app._site.routes))
    assert {"/console/api-logs", "/console/settings/keys", "/docs"} <= found
    assert found - known == set()
