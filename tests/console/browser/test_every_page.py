"""Every page in light and dark, wide and narrow: axe finds nothing, and 320 pixels are enough."""

from collections.abc import Iterator
from typing import Final, NamedTuple

import pytest
from amounts import EVERYTHING
from console.browser.chromium import no_violations, sideways_scroll, sign_in, window
from console.browser.pages import NARROWEST, PAGES, SIZES, PageState, Scheme, page_routes
from console.browser.plausible import Served, plausible_server
from playwright.sync_api import Browser, BrowserContext

pytestmark = pytest.mark.browser


class Look(NamedTuple):
    scheme: Scheme
    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.scheme}-{self.width}"


# The dark scheme has other colours and the same layout, so one width shows all of it.
LOOKS: Final = (*(Look("light", *size) for size in SIZES), Look("dark", *SIZES[0]))
LOOKED_AT: Final = [
    (state, look)
    for number, state in enumerate(PAGES)
    for look in (LOOKS if EVERYTHING else [LOOKS[number % len(LOOKS)]])
]
"""Each page in one look; with everything, in all of them."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with plausible_server(tmp_path_factory.mktemp("plausible")) as server:
        yield server


class Windows:
    """A window for each scheme and person, who is signed in."""

    def __init__(self, chromium: Browser, address: str) -> None:
        self._chromium = chromium
        self._address = address
        self._opened: dict[tuple[Scheme, str], BrowserContext] = {}

    def of(self, scheme: Scheme, email: str) -> BrowserContext:
        context = self._opened.get((scheme, email))
        if context is None:
            context = window(self._chromium, self._address, scheme)
            self._opened[scheme, email] = context
            if email:
                page = context.new_page()
                page.goto("/console/sign-in")
                sign_in(page, email)
                page.wait_for_url(lambda address: "/sign-in" not in address)
                page.close()
        return context

    def close(self) -> None:
        for context in self._opened.values():
            context.close()


@pytest.fixture(scope="module")
def windows(chromium: Browser, served: Served) -> Iterator[Windows]:
    opened = Windows(chromium, served.address)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("state", "look"), LOOKED_AT, ids=lambda value: value.name if value in PAGES else str(value)
)
def test_a_page_is_accessible(
    windows: Windows, served: Served, state: PageState, look: Look
) -> None:
    """Axe, no error of a script, and no sideways scroll at the narrowest."""
    page = windows.of(look.scheme, state.email).new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if "Security Policy" in m.text else None)
    page.set_viewport_size({"width": look.width, "height": look.height})
    page.goto(state.address_in(served))
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
