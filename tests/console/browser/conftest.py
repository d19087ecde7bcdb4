"""Chromium in front of a served console."""

import socket
import threading
from collections.abc import Iterator

import pytest
import uvicorn
from amounts import each
from console.browser.chromium import browser, window
from console.browser.pages import SCHEMES
from console.world import World, busy_day
from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One for the module: while the driver runs, no other test could start an event loop."""
    with browser() as opened:
        yield opened


@pytest.fixture
def address(world: World) -> Iterator[str]:
    """Where the console of *world*, with some calls, is served."""
    world.record(*busy_day(25))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        config = uvicorn.Config(
            world.app(), log_level="warning", lifespan="off", timeout_graceful_shutdown=5
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture(params=each(SCHEMES, every=2))
def page(request: pytest.FixtureRequest, chromium: Browser, address: str) -> Iterator[Page]:
    """A page in a time zone that is not UTC; the test fails when a script of it does."""
    context = window(chromium, address, request.param)
    page, errors = context.new_page(), []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda m: errors.append(m.text) if "Security Policy" in m.text else None)
    yield page
    context.close()
    assert errors == []
