"""Leads by conditions, and what reads of leads take."""

import json
from typing import Any

import pytest
from contract.test_conditions import asked, group, row
from support import ACTIVITIES, LEADS, InProcess, assert_fault, attributes

INVALID = "MXInvalidInputException"
BY_PARAMETERS = LEADS + "Leads/Retrieve/BySearchParameter"
SEGMENTS = "/v2/LeadSegmentation.svc/"
RANGE = {"FromDate": "2026-03-01 00:00:00", "ToDate": "2026-03-31 00:00:00"}


@pytest.fixture(scope="module")
def ids(shared_api: InProcess) -> dict[str, str]:
    """Three leads; the first has a visit, and the second is in a list."""
    api = shared_api
    made = {
        "Nila": api.create(FirstName="Nila", mx_City="Hull", DoNotCall="true"),
        "Asha": api.create(FirstName="Asha", mx_City="Hull", EmailAddress="A_b@example.com"),
        "Ravi": api.create(FirstName="Ravi", mx_City="York"),
    }
    api.post(ACTIVITIES + "Create", {"RelatedProspectId": made["Nila"], "ActivityEvent": 201})
    body = {"Name": "Fairs", "Description": ""}
    made["list"] = api.post(SEGMENTS + "CreateEmptyList", body).json["Message"]["Id"]
    body = {"listId": made["list"], "leadIds": [made["Asha"]]}
    api.post(SEGMENTS + "AddLeadsToStaticList", body)
    return made


def found(api: InProcess, parameters: dict[str, Any]) -> set[str]:
    body = {"SearchParameters": parameters, "Columns": {"Include_CSV": "FirstName"}}
    answer = api.post(BY_PARAMETERS, body)
    assert answer.status == 200, answer.body
    leads = answer.json.get("Leads", [])
    assert answer.json["RecordCount"] == len(leads)
    return {lead["LeadPropertyList"][0]["Value"] for lead in leads}


_ALL = {"Nila", "Asha", "Ravi"}


@pytest.mark.parametrize(
    ("rows", "kind", "names"),
    [
        ([row("mx_City", "hull")], "Lead", {"Nila", "Asha"}),
        ([row("mx_City", "HullMXDATASEPERATORYork")], "Lead", _ALL),
        ([row("EmailAddress", "a_B@example.com")], "Lead", {"Asha"}),
        ([row("CreatedOn", "2026-03-04 TO 2026-03-04", "between")], "Lead", _ALL),
        ([row("DoNotCall", "true")], "Lead", {"Nila"}),
        ([row("OwnerIdName", "admin", "lik")], "Lead", _ALL),
        ([row("ActivityEvent", "201"), {}], "Activity", {"Nila"}),
        ([row("ListName", "fairs")], "Lists", {"Asha"}),
        ([row("ActivityEvent", "12000")], "Activity", set()),
    ],
)
def test_conditions_find_leads_without_a_list(
    shared_api: InProcess,
    ids: dict[str, str],
    rows: list[dict[str, Any]],
    kind: str,
    names: set[str],
) -> None:
    """As two public clients ask for them; and with a list or words, all must hold."""
    text = json.dumps(asked(group(*rows, kind=kind)))
    wanted = {"DefinitionType": "1", "SearchText": "", "AdvancedSearchTextNew": text}
    assert found(shared_api, wanted) == names
    assert found(shared_api, wanted | {"ListId": ids["list"]}) == names & {"Asha"}
    assert found(shared_api, wanted | {"SearchText": "ila"}) == names & {"Nila"}


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({}, "ListId"),
        ({"AdvancedSearchTextNew": "", "SearchText": " "}, "ListId"),
        ({"AdvancedSearchTextNew": "x"}, "AdvancedSearchTextNew"),
        (
            {"AdvancedSearchText": json.dumps(asked(group(row("Colour", "1"), kind="Lead")))},
            "AdvancedSearchText: LSO 'Colour' is no field of a lead (Conditions[0]",
        ),
    ],
)
def test_a_search_that_asks_for_nothing_or_cannot_be_read_is_refused(
    shared_api: InProcess, parameters: dict[str, str], told: str
) -> None:
    """The place in the text is named."""
    answer = shared_api.post(BY_PARAMETERS, {"SearchParameters": parameters})
    assert_fault(answer, 500, INVALID, told)


def test_rows_of_a_list_have_a_third_member(shared_api: InProcess, ids: dict[str, str]) -> None:
    """``Fields`` is null, on CanUpdate too."""
    body = {"SearchParameters": {"ListId": ids["list"]}, "Columns": {"Include_CSV": "FirstName"}}
    (lead,) = shared_api.post(BY_PARAMETERS, body).json["Leads"]
    assert lead["LeadPropertyList"] == [
        {"Attribute": "FirstName", "Value": "Asha", "Fields": None},
        {"Attribute": "CanUpdate", "Value": "true", "Fields": None},
    ]


def test_a_star_asks_for_every_column_of_a_lead(shared_api: InProcess, ids: dict[str, str]) -> None:
    """In each read of leads that takes columns."""
    columns = {"Columns": {"Include_CSV": "*"}}
    whole = shared_api.lead(ids["Asha"])
    parameters = {"LeadIds": [ids["Asha"]]}
    one = {"LookupName": "FirstName", "LookupValue": "Asha"}
    (lead,) = shared_api.post(LEADS + "Leads.Get", {"Parameter": one, **columns}).json
    assert lead == whole
    for given in ("*", "", "FirstName,*"):
        body = {"SearchParameters": parameters, "Columns": {"Include_CSV": given}}
        assert shared_api.post(LEADS + "Leads/Retrieve/ByIds", body).json["Leads"] == [whole]
    recent = shared_api.post(LEADS + "Leads.RecentlyModified", {"Parameter": RANGE, **columns})
    body = {"SearchParameters": {"ListId": ids["list"]}, **columns}
    for answer in (recent, shared_api.post(BY_PARAMETERS, body)):
        names = {part["Attribute"] for part in answer.json["Leads"][0]["LeadPropertyList"]}
        assert names >= set(whole)


def test_a_column_of_a_lead_may_be_written_in_any_letter_case(
    shared_api: InProcess, ids: dict[str, str]
) -> None:
    """In each read of leads that takes columns; the answer has the field's own spelling."""
    columns = {"Columns": {"Include_CSV": "firstname,PROSPECTID,nothing"}}
    lead = {"FirstName": "Asha", "ProspectID": ids["Asha"]}
    one = {"LookupName": "FirstName", "LookupValue": "Asha"}
    assert shared_api.post(LEADS + "Leads.Get", {"Parameter": one, **columns}).json == [lead]
    body = {"SearchParameters": {"LeadIds": [ids["Asha"]]}, **columns}
    assert shared_api.post(LEADS + "Leads/Retrieve/ByIds", body).json["Leads"] == [lead]
    body = {"SearchParameters": {"ListId": ids["list"]}, **columns}
    for answer in (
        shared_api.post(LEADS + "Leads.RecentlyModified", {"Parameter": RANGE, **columns}),
        shared_api.post(BY_PARAMETERS, body),
    ):
        properties = answer.json["Leads"][0]["LeadPropertyList"]
        assert [part["Attribute"] for part in properties][:2] == ["FirstName", "ProspectID"]


def test_a_star_and_a_column_of_the_lead_give_both(
    shared_api: InProcess, ids: dict[str, str]
) -> None:
    """The whole activity, and what was asked for in addition."""
    assert ids
    body = {"ActivityEvent": 201, "AdvancedSearch": "{}"}
    body |= {"Columns": {"Include_CSV": "*,P_FirstName"}}
    answer = shared_api.post(ACTIVITIES + "Activity/Retrieve/BySearchParameter", body)
    (visit,) = answer.json["List"]
    assert visit["P_FirstName"] == "Nila"
    assert visit["ActivityEvent"] == "201"


@pytest.mark.parametrize(
    ("value", "names"),
    [("Il", ["Nila"]), ("Nil%", ["Nila"]), ("il%", []), ("%ila", ["Nila"]), ("N_la", [])],
)
def test_a_bare_like_finds_what_contains_the_text(
    shared_api: InProcess, ids: dict[str, str], value: str, names: list[str]
) -> None:
    """A pattern with ``%`` stays a pattern."""
    assert ids
    parameter = {"LookupName": "FirstName", "LookupValue": value, "SqlOperator": "LIKE"}
    leads = shared_api.post(LEADS + "Leads.Get", {"Parameter": parameter}).json
    assert [lead["FirstName"] for lead in leads] == names


@pytest.mark.parametrize(
    ("target", "body"),
    [
        (LEADS + "Leads.RecentlyModified", {"Parameter": RANGE}),
        (LEADS + "Leads.Get", {}),
        (BY_PARAMETERS, {"SearchParameters": {"SearchText": "a"}}),
        (
            LEADS + "Leads/Retrieve/ByIds",
            {"SearchParameters": {"LeadIds": ["x"]}, "Columns": {"Include_CSV": "FirstName"}},
        ),
    ],
)
def test_a_filter_by_lead_type_is_refused(
    shared_api: InProcess, target: str, body: dict[str, Any]
) -> None:
    """It is never ignored: the answer would have leads of every type."""
    assert shared_api.post(target, body).status == 200
    answer = shared_api.post(target, {"Attribute": "LeadType", "Value": "OT_2", **body})
    assert_fault(answer, 500, INVALID, "LeadType")


def test_a_capture_takes_the_visitor_by_the_name_of_the_cookie(shared_api: InProcess) -> None:
    """The new lead gets the visitor's id."""
    visitor = "0b9e5c12-6f34-4d7a-9c1e-52f8a7d3b604"
    body = attributes({"FirstName": "New", "MXCProspectId": visitor})
    message = shared_api.post(LEADS + "Lead.Capture", body).json["Message"]
    assert message["RelatedId"] == visitor
    assert shared_api.lead(visitor)["FirstName"] == "New"
