"""The console of a server with controls: it says so, and shows which calls met a fault."""

import httpx2
import pytest
from controls.conftest import Account, Running

STRIP = "Controls are on: tests can change everything here."


@pytest.fixture
def browser(server: Running, account: Account) -> httpx2.Client:
    """Signed in as the account's administrator."""
    client = httpx2.Client(base_url=server.ready["url"], timeout=20)
    server.clients.append(client)
    made = {"email": account.made["user_email"], "password": account.made["password"]}
    assert client.post("/console/sign-in", data=made).status_code == 303
    return client


def test_every_page_says_that_controls_are_on(server: Running, browser: httpx2.Client) -> None:
    """Also the page of somebody who has not signed in."""
    paths = ("overview", "api-logs", "leads", "webhooks", "settings/profile", "no-such-page")
    assert all(STRIP in browser.get(f"/console/{path}").text for path in paths)
    assert STRIP in httpx2.get(f"{server.ready['url']}/console/sign-in").text


def test_a_call_that_met_a_fault_is_marked(account: Account, browser: httpx2.Client) -> None:
    """In the list and on its page."""
    fault_id = account.fault(operation="Lead.Create", kind="status")
    account.create("asha@example.com")
    [call] = account.ask("GET", "calls", account=account.id)["calls"]
    assert f'<span class="chip">{fault_id} status before write</span>' in (
        browser.get("/console/api-logs").text
    )
    assert call["fault"] in browser.get(f"/console/api-logs/{call['call_id']}").text
