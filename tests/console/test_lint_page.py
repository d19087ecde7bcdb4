"""The page of lint: findings with links to their calls and to the docs, for every role."""

import json
from dataclasses import replace

import pytest
from console.world import ASHA, BEN, World, call
from starlette.testclient import TestClient

from leadwire.settings import Settings

PAGE = "/console/lint"


@pytest.fixture
def noisy(world: World) -> World:
    """A misspelt parameter, a misspelt member, and twelve single creates in a row."""
    world.record(
        call(minutes_ago=50, operation="Leads.GetByEmailaddress", query_string="emailadress=a"),
        call(
            minutes_ago=40,
            operation="Leads.RecentlyModified",
            request_body='{"Pagging":{"PageIndex":1}}',
        ),
        *(
            call(
                minutes_ago=30 - n / 60,
                operation="Lead.Create",
                request_body=json.dumps([{"Attribute": "EmailAddress", "Value": f"{n}@x.test"}]),
            )
            for n in range(12)
        ),
        call(minutes_ago=5, account_id=BEN.account_id, operation="Users.Get", query_string="odd=1"),
    )
    return world


def report(client: TestClient, address: str = "") -> dict[str, object]:
    return client.get(f"{PAGE}.json{address}").json()


def test_findings_link_to_their_calls_and_to_the_docs(noisy: World) -> None:
    """Each example opens; the page names the operation that does it better."""
    client = noisy.client(ASHA)
    page = client.get(PAGE).text
    found = report(client)
    assert found["calls"] == 14
    assert [f["rule"] for f in found["findings"]] == [
        "single_calls", "unknown_name", "unknown_name",
    ]  # fmt: skip
    for finding in found["findings"]:
        for example in finding["examples"]:
            for call_id in example["call_ids"]:
                assert f'href="/console/api-logs/{call_id}"' in page
                assert client.get(f"/console/api-logs/{call_id}").status_code == 200
    assert 'href="/docs/Lead.BulkCreate"' in page
    assert "query.emailadress, perhaps emailaddress" in page
    assert 'href="/console/api-logs?last=24h&amp;q=operation%3A%22Lead.Create%22"' in page


def test_names_from_bodies_are_for_those_who_may_see_bodies(noisy: World) -> None:
    """The finding stays; a name from a body is withheld, one from the URL is not."""
    viewer = replace(ASHA, email="v@acme.test", role="viewer", may_see_bodies=False)
    noisy.sessions.viewers[viewer.email] = viewer
    page = noisy.client(viewer).get(PAGE).text
    assert "Pagging" not in page
    assert "Pagging" not in noisy.client(viewer).get(PAGE + ".json").text
    assert "query.emailadress" in page
    assert len(report(noisy.client(viewer))["findings"]) == 3


def test_other_accounts_are_not_looked_at(noisy: World) -> None:
    """Neither their calls nor their findings."""
    assert report(noisy.client(BEN))["calls"] == 1
    assert "Users.Get" not in noisy.client(ASHA).get(PAGE).text


def test_a_bound_is_said_with_what_looks_at_every_call(noisy: World) -> None:
    """The command line has no bound."""
    noisy.record(call(minutes_ago=180))
    noisy.settings = Settings(data=noisy.settings.data, lint_calls_max=1)
    page = noisy.client(ASHA).get(PAGE).text
    assert "Only the newest" in page
    assert "leadwire calls lint" in page


@pytest.mark.parametrize("range_", ["from=soon", "last=4x", "from=2026-11-24&to=2026-11-23"])
def test_an_invalid_range_is_said_and_kept(world: World, range_: str) -> None:
    """As a page and as JSON, with 400."""
    assert "Nothing was looked at" in world.client(ASHA).get(f"{PAGE}?{range_}").text
    assert world.client(ASHA).get(f"{PAGE}.json?{range_}").status_code == 400


def test_a_time_without_calls_and_one_without_findings_say_so(world: World) -> None:
    """Each in its own words."""
    assert "No calls in this time." in world.client(ASHA).get(PAGE).text
    world.record(call())
    assert "No finding." in world.client(ASHA).get(PAGE).text
