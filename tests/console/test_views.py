"""Saved views: shared within an account, of one list, renamed and deleted; nobody else's."""

import re
from pathlib import Path

import pytest
from console.world import ASHA, BEN, World
from starlette.testclient import TestClient

LOGS = "/console/api-logs"
VIEWS = "/console/views"


def save(client: TestClient, name: str, query: str, path: str = LOGS) -> str:
    answer = client.post(VIEWS, data={"list": path, "query": query, "name": name})
    assert answer.status_code == 303
    return answer.headers["location"]


def view_ids(client: TestClient) -> list[str]:
    return re.findall(rf"{VIEWS}/([^/]+)/rename", client.get(VIEWS).text)


def test_a_view_is_saved_from_its_list_and_opened_from_the_menu(asha: TestClient) -> None:
    """With search and range, and without the page that was open."""
    page = asha.get(f"{LOGS}?q=status:5xx&last=7d&cursor=").text
    query = re.search('name="query" value="([^"]*)"', page)[1].replace("&amp;", "&")
    assert save(asha, "Server faults", f"{query}&cursor=x") == f"{LOGS}?q=status%3A5xx&last=7d"
    page = asha.get(LOGS).text
    assert f'<a href="{LOGS}?q=status%3A5xx&amp;last=7d">Server faults</a>' in page
    assert "Server faults" not in asha.get("/console/refused-calls").text
    save(asha, "Server faults", "q=other")
    assert len(view_ids(asha)) == 1


def test_views_are_renamed_and_deleted(asha: TestClient) -> None:
    """A name that another view of the list has is refused in a sentence."""
    save(asha, "One", "q=1")
    save(asha, "Two", "q=2")
    one, two = view_ids(asha)
    taken = asha.post(f"{VIEWS}/{one}/rename", data={"name": "Two"})
    assert taken.status_code == 422
    assert "Another view has the name &#39;Two&#39;" in taken.text
    for name in ("", "x" * 81, "   "):
        assert asha.post(f"{VIEWS}/{one}/rename", data={"name": name}).status_code == 422
    assert asha.post(f"{VIEWS}/{one}/rename", data={"name": "Three"}).status_code == 303
    assert asha.post(f"{VIEWS}/{two}/delete").status_code == 303
    assert ">Three</a>" in asha.get(LOGS).text
    assert ">Two</a>" not in asha.get(LOGS).text


def test_another_account_has_other_views(world: World, asha: TestClient) -> None:
    """An id of one is unknown in the other; a viewer reads and changes none."""
    save(asha, "Ours", "q=1")
    (view_id,) = view_ids(asha)
    ben = world.client(BEN)
    assert "Ours" not in ben.get(LOGS).text
    assert ben.post(f"{VIEWS}/{view_id}/delete").status_code == 403
    assert asha.post(f"{VIEWS}/unknown/delete").status_code == 404
    assert 'form="save-view"' not in ben.get(LOGS).text


def test_as_many_views_are_saved_as_the_setting_allows(tmp_path: Path) -> None:
    """Then the page names the setting; the one of that name can still be replaced."""
    world = World(tmp_path, calls_views_max=1)
    try:
        client = world.client(ASHA)
        save(client, "First", "q=1")
        save(client, "First", "q=2")
        more = client.post(VIEWS, data={"list": LOGS, "query": "q=3", "name": "Second"})
        assert more.status_code == 422
        assert "calls_views_max" in more.text
    finally:
        world.close()


@pytest.mark.parametrize("path", ["/console/settings", "https://elsewhere.test/", ""])
def test_a_view_is_of_a_list_of_calls(asha: TestClient, path: str) -> None:
    """Whatever a form says, its address is the console's."""
    assert save(asha, "Any", "q=1", path) == f"{LOGS}?q=1"
