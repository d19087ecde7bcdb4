"""The page of a failed call says why it failed, where, and what to send; so does its JSON."""

import dataclasses
import json

import pytest
from console.world import ASHA, BEN, World, call, failed_call
from starlette.testclient import TestClient

from leadwire.calls.record import CallRecord

LOGS = "/console/api-logs"
BODY = json.dumps([{"Attribute": "mx_Citty", "Value": "secret-city"}])


@pytest.fixture
def failed(world: World) -> CallRecord:
    record = failed_call(
        exception_type="MXUnknownAttributeException",
        exception_message="Attribute(s) does not exist - mx_Citty.",
        exception_location="body.mx_Citty",
        request_body=BODY,
        request_body_bytes=len(BODY),
    )
    world.record(call(), record)
    return record


def test_the_box_names_the_mistake_and_the_body_marks_it(
    asha: TestClient, failed: CallRecord
) -> None:
    """With links to the error's page, to the operation's, and to the explanation as JSON."""
    page = asha.get(f"{LOGS}/{failed.call_id}").text
    for shown in (
        "The attributes do not exist",
        "The account has no field of this name.",
        "body[0].Attribute",
        'href="/errors/MXUnknownAttributeException"',
        'href="/docs/Lead.Update"',
        "explanation.json",
        "line-marked",
    ):
        assert shown in page


def test_a_success_has_no_box(world: World, asha: TestClient) -> None:
    """And its JSON is null."""
    record = call()
    world.record(record)
    assert 'class="explain' not in asha.get(f"{LOGS}/{record.call_id}").text
    assert asha.get(f"{LOGS}/{record.call_id}/explanation.json").json() is None


def test_the_json_says_what_the_page_says(asha: TestClient, failed: CallRecord) -> None:
    """Places with line and column, for programs."""
    found = asha.get(f"{LOGS}/{failed.call_id}/explanation.json").json()
    assert found["call_id"] == failed.call_id
    assert found["mistakes"][0]["place"]["path"] == "body[0].Attribute"
    assert found["mistakes"][0]["place"]["line"] == 1
    assert found["mistakes"][0]["value"] == "mx_Citty"


@pytest.mark.parametrize("suffix", ["", "/explanation.json"])
def test_who_may_not_see_bodies_reads_no_word_of_them(
    world: World, failed: CallRecord, suffix: str
) -> None:
    """Neither names nor values of the body; the rule and the line remain."""
    blind = dataclasses.replace(ASHA, email="blind@acme.test", may_see_bodies=False)
    world.sessions.viewers[blind.email] = blind
    text = world.client(blind).get(f"{LOGS}/{failed.call_id}{suffix}").text
    assert "The attributes do not exist" in text
    assert "Citty" not in text
    assert "secret-city" not in text


def test_the_explanation_of_another_accounts_call_is_not_found(
    world: World, asha: TestClient
) -> None:
    """As the call itself."""
    others = failed_call(account_id=BEN.account_id)
    world.record(others)
    assert asha.get(f"{LOGS}/{others.call_id}/explanation.json").status_code == 404
