"""Take a picture of every page in both schemes and three sizes.

usage: scripts/screenshots [FOLDER] [--only TEXT] [--keep-serving] [--docs]

FOLDER is build/screenshots by default. Each file is called NAME-WIDTH-SCHEME.png; the names are
in tests/console/browser/pages.py. ``--only TEXT`` takes the pages whose name contains TEXT.
``--docs`` takes the pictures of ``docs/images`` alone.
``--keep-serving`` prints an address and waits for Enter, so that a person can look around.
"""

import argparse
import tempfile
from itertools import groupby
from pathlib import Path
from typing import Final

from console.browser.chromium import browser, sign_in, window
from console.browser.pages import PAGES, SCHEMES, SIZES, PageState, Scheme
from console.browser.plausible import ADMINISTRATOR, Served, plausible_server
from console.world import PASSWORD
from playwright.sync_api import Browser

ROOT: Final = Path(__file__).parents[3]
DOCS: Final = {"logs": "api-logs", "call-failed": "failed-call"}
"""The pages whose pictures the documentation shows, and the names of their files there."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="scripts/screenshots")
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "build" / "screenshots")
    parser.add_argument("--only", default="")
    parser.add_argument("--keep-serving", action="store_true")
    parser.add_argument("--docs", action="store_true")
    chosen = parser.parse_args()
    wanted = [page for page in PAGES if chosen.only in page.name]
    chosen.folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as data,
        plausible_server(Path(data), calls_a_day=70) as served,
    ):
        if chosen.keep_serving:
            print(f"{served.address}/console/ as {ADMINISTRATOR}, {PASSWORD}")  # noqa: T201
            input()
            return
        with browser() as opened:
            if chosen.docs:
                take_for_docs(opened, served)
                return
            for scheme in SCHEMES:
                take(opened, served, wanted, scheme=scheme, folder=chosen.folder)
    print(f"{len(wanted) * len(SCHEMES) * len(SIZES)} pictures are in {chosen.folder}.")  # noqa: T201


def take_for_docs(opened: Browser, served: Served) -> None:
    """The first size, in light."""
    context = window(opened, served.address, "light")
    page = context.new_page()
    page.goto("/console/sign-in")
    sign_in(page, ADMINISTRATOR)
    width, height = SIZES[0]
    page.set_viewport_size({"width": width, "height": height})
    for state in PAGES:
        if state.name in DOCS:
            page.goto(state.address_in(served))
            page.screenshot(path=ROOT / "docs" / "images" / f"{DOCS[state.name]}.png")
    context.close()


def take(
    opened: Browser, served: Served, pages: list[PageState], *, scheme: Scheme, folder: Path
) -> None:
    """The pictures of *pages* in one scheme; whole pages, however high."""
    for email, states in groupby(sorted(pages, key=lambda page: page.email), lambda p: p.email):
        context = window(opened, served.address, scheme)
        page = context.new_page()
        if email:
            page.goto("/console/sign-in")
            sign_in(page, email)
        for state in states:
            page.goto(state.address_in(served))
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                file = folder / f"{state.name}-{width}-{scheme}.png"
                # A window, not the whole page: a list may be as high as a house.
                page.screenshot(path=file)
        context.close()


if __name__ == "__main__":
    main()
