"""Chromium, a signed-in window of it, and accessibility as axe sees it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from axe_playwright_python.sync_playwright import Axe
from console.browser.pages import Scheme
from console.world import PASSWORD
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

CHROMIUM: Final = "/usr/bin/chromium"
FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
_AXE_OPTIONS: Final[dict[str, Any]] = {
    "resultTypes": ["violations"],
    # Named, because axe leaves out target sizes by default.
    "runOnly": [
        "wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice",
    ],
}  # fmt: skip


@contextmanager
def browser() -> Iterator[Browser]:
    """While it runs, no event loop can start in the same thread."""
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield opened
        opened.close()


def window(opened: Browser, address: str, scheme: Scheme, **options: Any) -> BrowserContext:  # noqa: ANN401  # playwright's options
    """A new window in a time zone that is not UTC, without animations."""
    return opened.new_context(
        base_url=address,
        color_scheme=scheme,
        timezone_id="Asia/Kolkata",
        # Contrast is measured on the page at rest.
        reduced_motion="reduce",
        **options,
    )


def sign_in(page: Page, email: str) -> None:
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def no_violations(page: Page) -> None:
    """Contrast, names, roles, landmarks, and target sizes."""
    results = Axe().run(page, options=_AXE_OPTIONS)
    assert results.violations_count == 0, results.generate_report()


def sideways_scroll(page: Page) -> int:
    """How many pixels the page is wider than its window."""
    width: int = page.evaluate(
        "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    return width
