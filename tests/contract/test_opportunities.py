"""Opportunities: what is refused changes nothing, and they follow what becomes of their lead."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from amounts import examples
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import ENVELOPE, LEADS, InProcess, assert_fault, attributes

from leadwire.operations import CATALOGUE, Operation

OPPORTUNITIES = "/v2/OpportunityManagement.svc/"
TASKS = "/v2/Task.svc/"
INVALID = "MXInvalidInputException"
NO_ID = "00000000-0000-4000-8000-000000000000"
RANGE = {"FromDate": "2026-03-01 00:00:00", "ToDate": "2026-03-31 00:00:00"}
_POSTS = [o for o in CATALOGUE if o.method == "POST" and o.api_type == "Opportunity"]


@pytest.fixture(scope="module")
def api(shared_api: InProcess) -> InProcess:
    """One server for the module: what is refused leaves nothing behind."""
    return shared_api


def captured(api: InProcess, lead: dict[str, object], **opportunity: object) -> dict[str, Any]:
    body = {
        "LeadDetails": attributes(lead),
        "Opportunity": {"OpportunityEventCode": 12000} | opportunity,
    }
    answer = api.post(OPPORTUNITIES + "Capture", body)
    assert answer.status == 200, answer.body
    return answer.json


def named(name: str, **fields: object) -> list[dict[str, object]]:
    values = {"mx_Custom_1": name} | fields
    return [{"SchemaName": field, "Value": value} for field, value in values.items()]


def of_lead(api: InProcess, lead_id: str) -> list[dict[str, Any]]:
    target = OPPORTUNITIES + "GetOpportunitiesOfLead"
    answer = api.post(target, leadId=lead_id, opportunityType="12000")
    return answer.json.get("List", [])


@pytest.fixture(scope="module")
def opportunity_id(api: InProcess) -> str:
    lead = {"EmailAddress": "asha@example.com", "SearchBy": "EmailAddress"}
    return captured(api, lead, Fields=named("Flat"))["CreatedOpportunityId"]


@pytest.fixture
def unchanged(api: InProcess, opportunity_id: str) -> Iterator[None]:
    """What the test does leaves everything as it was."""
    assert opportunity_id
    before = api.kept()
    yield
    assert api.kept() == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("body", [b"not JSON", b'{"a":1', b'"text"', b"17", b"\xff", b"[" * 9999])
@pytest.mark.parametrize("operation", _POSTS, ids=lambda operation: operation.name)
def test_a_body_that_is_none_is_answered_with_400(
    api: InProcess, operation: Operation, body: bytes
) -> None:
    """By every operation that takes one, Capture too: only the domain's refusals are 200."""
    answer = api.call("POST", operation.url_path, body, headers={"Content-Type": "text/json"})
    assert answer.status == 400, answer.body
    assert list(answer.json) == ENVELOPE


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "opportunity",
    [
        {"OpportunityEventCode": 201},
        {"OpportunityEventCode": "12000x"},
        {"OpportunityEventCode": None},
        {"OpportunityDateTime": "yesterday"},
        {"Fields": [{"SchemaName": "mx_Custom_51", "Value": "x"}]},
        {"Fields": [{"SchemaName": "Status", "Value": "open"}]},
        {"UpdateEmptyFields": "true", "OverwriteFields": 1},
    ],
    ids=str,
)
def test_a_capture_that_is_refused_leaves_no_lead_either(
    api: InProcess, opportunity: dict[str, Any]
) -> None:
    """Status 1 with what is wrong, and neither a lead, an opportunity nor an activity."""
    lead = {"EmailAddress": "new@example.com", "SearchBy": "EmailAddress"}
    refused = captured(api, lead, **opportunity)
    assert refused["Status"] == 1
    assert refused["ExceptionType"].startswith("MX")
    assert refused["ExceptionMessage"]
    assert refused["CreatedOpportunityId"] is None


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        '{"Conditions":[{"Type":"Lead","RowCondition":[{"LSO":"X","Operator":"eq","RSO":1}]}]}',
        '{"Conditions":[{"Type":"Activity","RowCondition":[{"LSO":"\') --","RSO":"1"}]}]}',
        '{"Conditions":[{"Type":"Form","RowCondition":[{"LSO":"Status","RSO":"x"}]}]}',
    ],
    ids=lambda text: text[:60],
)
def test_a_search_that_is_not_understood_is_refused(api: InProcess, text: str) -> None:
    """Never answered with other rows than were meant."""
    body = {"OpportunityEventCode": 12000, "AdvancedSearch": text}
    answer = api.post(OPPORTUNITIES + "Retrieve/BySearchParameter", body)
    assert_fault(answer, 500, INVALID, "AdvancedSearch")


def test_a_known_opportunity_is_changed_only_as_far_as_the_flags_say(
    make_api: Callable[..., InProcess],
) -> None:
    """Not at all; where it is empty; everything but the owner. A closed one is not a duplicate."""
    api = make_api(opportunity_duplicates="name", opportunity_owner="caller")
    lead_id = api.create(FirstName="Asha")
    lead: dict[str, object] = {"ProspectID": lead_id, "SearchBy": "ProspectId"}
    first = captured(api, lead, Fields=named("Flat", mx_Custom_2="New"))["CreatedOpportunityId"]
    again = named("FLAT", mx_Custom_2="Proposal", mx_Custom_3="x", Owner=NO_ID)

    def kept() -> list[str | None]:
        (row,) = of_lead(api, lead_id)
        return [row["mx_Custom_2"], row.get("mx_Custom_3"), row["Owner"]]

    for flags, expected in (
        ({}, ["New", None, api.keys.user_id]),
        ({"UpdateEmptyFields": True}, ["New", "x", api.keys.user_id]),
        ({"OverwriteFields": 1, "DoNotChangeOwner": 1}, ["Proposal", "x", api.keys.user_id]),
        ({"OverwriteFields": "true"}, ["Proposal", "x", NO_ID]),
    ):
        answer = captured(api, lead, Fields=again, **flags)
        assert (answer["IsUnique"], answer["ConflictedOpportunityId"]) == (False, first)
        assert kept() == expected
    change = {"ProspectOpportunityId": first, "Fields": [{"SchemaName": "Status", "Value": "Won"}]}
    assert api.post(OPPORTUNITIES + "Update", change).status == 200
    assert captured(api, lead, Fields=again)["IsUnique"]


def test_opportunities_follow_what_becomes_of_their_lead(
    make_api: Callable[..., InProcess],
) -> None:
    """A merge moves them to the master; they go with it, and their tasks are about nothing."""
    api = make_api(lead_delete=True)
    master, child = api.create(FirstName="Asha"), api.create(FirstName="Ravi")
    lead: dict[str, object] = {"ProspectID": child, "SearchBy": "ProspectId"}
    kept = captured(api, lead, Fields=named("Flat"))["CreatedOpportunityId"]
    task = {"Name": "Call", "RelatedEntity": 5, "RelatedEntityId": kept}
    assert api.post(TASKS + "Create", task).status == 200
    assert api.post(LEADS + "Lead.Merge", masterId=master, childId=child).status == 200
    assert [row["OpportunityId"] for row in of_lead(api, master)] == [kept]
    assert of_lead(api, child) == []
    target = OPPORTUNITIES + "GetActivitiesOfOpportunity"
    (activity,) = api.post(target, OpportunityId=kept).json["List"]
    assert activity["RelatedProspectId"] == master
    assert api.get(LEADS + "Lead/Delete/ById", leadId=master).status == 200
    details = api.get(OPPORTUNITIES + "GetOpportunityDetails", OpportunityId=kept)
    assert_fault(details, 500, "MXInvalidEntityException", "Opportunity does not exist")
    owner = {"LookupName": "OwnerId", "LookupValue": api.keys.user_id}
    (kept_task,) = api.post(TASKS + "Retrieve", {"Parameter": owner}).json["List"]
    assert (kept_task["RelatedEntity"], kept_task["RelatedEntityId"]) == (0, None)


def test_a_deleted_opportunity_leaves_its_tasks_about_nothing(
    make_api: Callable[..., InProcess],
) -> None:
    """And its activities with the lead, of no opportunity."""
    api = make_api()
    lead_id = api.create(FirstName="Asha")
    lead: dict[str, object] = {"ProspectID": lead_id, "SearchBy": "ProspectId"}
    kept = captured(api, lead)["CreatedOpportunityId"]
    task = {"Name": "Call", "RelatedEntity": 5, "RelatedEntityId": kept}
    assert api.post(TASKS + "Create", task).status == 200
    assert api.get(OPPORTUNITIES + "Delete", Id=kept).status == 200
    assert of_lead(api, lead_id) == []
    assert [activity["EventCode"] for activity in api.activities(lead_id)] == [33]
    owner = {"LookupName": "OwnerId", "LookupValue": api.keys.user_id}
    (kept_task,) = api.post(TASKS + "Retrieve", {"Parameter": owner}).json["List"]
    assert (kept_task["RelatedEntity"], kept_task["RelatedEntityId"]) == (0, None)


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_NAMES = st.sampled_from(
    [
        *("LeadDetails", "Opportunity", "OpportunityEventCode", "OpportunityNote", "Fields"),
        *("SchemaName", "Value", "Attribute", "ProspectOpportunityId", "OpportunityEvent"),
        *("Parameter", "FromDate", "AdvancedSearch", "Columns", "Include_CSV", "Sorting"),
        *("ColumnName", "Paging", "PageSize", "Offset", "UpdateEmptyFields", "OverwriteFields"),
    ]
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES | st.text(), inner),
    max_leaves=10,
)


@given(operation=st.sampled_from(_POSTS), body=_JSON | st.dictionaries(_NAMES, _JSON))
@budget(max_examples=examples(300))
def test_no_body_makes_the_server_fail(api: InProcess, operation: Operation, body: object) -> None:
    """Whatever JSON arrives: an answer, or a fault that names what is wrong."""
    target = f"{operation.url_path}?leadId={NO_ID}&opportunityType=12000&OpportunityId={NO_ID}"
    answer = api.call("POST", target, json.dumps(body))
    assert answer.status in (200, 400, 500)
    if answer.status != 200:
        assert list(answer.json) == ENVELOPE
        assert answer.exception_type != "InternalServerErrorException", api.record(answer).traceback
