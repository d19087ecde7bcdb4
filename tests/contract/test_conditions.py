"""Advanced searches: the texts of LeadSquared's web client find what they ask for."""

import json
from collections.abc import Mapping
from typing import Any

import pytest
from amounts import examples
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import ACTIVITIES, InProcess, assert_fault, attributes

INVALID = "MXInvalidInputException"
SEARCH = ACTIVITIES + "Activity/Retrieve/BySearchParameter"
OPPORTUNITIES = "/v2/OpportunityManagement.svc/"
INDIA = "India Standard Time"
SEGMENTS = "/v2/LeadSegmentation.svc/"
CODE = 202
_EVENT = {"SubConOp": "And", "LSO": "ActivityEvent", "LSO_Type": "PAEvent"}
_EVENT |= {"Operator": "eq", "RSO": str(CODE)}

_ACTIVITIES: dict[str, tuple[str, str, Mapping[str, str]]] = {
    # name: lead, time in UTC, fields. The clock stands at Wednesday, 2026-03-04 05:06:07.
    "now": ("asha", "2026-03-04 05:00:00", {"Status": "Answered", "mx_Custom_5": "9"}),
    "midnight": ("asha", "2026-03-03 19:00:00", {"Status": "NotAnswered"}),
    "monday": ("ravi", "2026-03-02 12:00:00", {"Status": "Busy", "mx_Custom_5": "10"}),
    "sunday": ("ravi", "2026-03-01 12:00:00", {"Status": "Answered"}),
    "february": ("asha", "2026-02-27 23:59:59", {"Status": "Answered"}),
    "last year": ("ravi", "2025-12-31 12:00:00", {}),
}
_SET = {"mx_CustomObject_2": "Blue"}


@pytest.fixture(scope="module")
def world(shared_api: InProcess) -> "World":
    return World(shared_api)


class World:
    """Two leads with six activities of one type, a list, a task, a company and an opportunity."""

    def __init__(self, api: InProcess) -> None:
        self.api = api
        company = {"CompanyType": {"CompanyTypeName": "Company"}}
        company |= {"CompanyProperties": attributes({"CompanyName": "Roofs"})}
        made = api.post("/v2/CompanyManagement.svc/Company.Create", company)
        self.company = made.json["Message"]["Id"]
        self.leads = {
            "asha": api.create(
                FirstName="Asha", mx_City="Hull", Source="Fair", RelatedCompanyId=self.company
            ),
            "ravi": api.create(FirstName="Ravi", mx_City="York", EmailAddress="R@example.com"),
        }
        self.names: dict[str, str] = {}
        for name, (lead, at, fields) in _ACTIVITIES.items():
            body: dict[str, Any] = {"RelatedProspectId": self.leads[lead], "ActivityEvent": CODE}
            written: list[dict[str, Any]] = [
                {"SchemaName": field, "Value": value} for field, value in fields.items()
            ]
            if name == "now":
                members = [{"SchemaName": field, "Value": text} for field, text in _SET.items()]
                written.append({"SchemaName": "mx_Custom_4", "Value": "", "Fields": members})
            made = api.post(
                ACTIVITIES + "Create", body | {"ActivityDateTime": at, "Fields": written}
            )
            self.names[made.json["Message"]["Id"]] = name
        made = api.post(SEGMENTS + "CreateEmptyList", {"Name": "Fairs", "Description": ""})
        self.list_id = made.json["Message"]["Id"]
        api.post(
            SEGMENTS + "AddLeadsToStaticList",
            {"listId": self.list_id, "leadIds": [self.leads["ravi"]]},
        )

    def rows(self, text: object, columns: str = "ProspectActivityId") -> list[dict[str, Any]]:
        answer = self.api.post(SEARCH, search(text, Columns={"Include_CSV": columns}))
        assert answer.status == 200, answer.body
        assert answer.json["RecordCount"] == len(answer.json["List"])
        rows: list[dict[str, Any]] = answer.json["List"]
        return rows

    def found(self, text: object) -> set[str]:
        return {self.names[row["ProspectActivityId"]] for row in self.rows(text)}


def search(text: object, **more: object) -> dict[str, object]:
    given = text if isinstance(text, str) else json.dumps(text)
    return {"ActivityEvent": CODE, "AdvancedSearch": given, **more}


def row(name: str, value: object, operator: str = "eq", kind: str = "String") -> dict[str, Any]:
    return {"SubConOp": "And", "LSO": name, "LSO_Type": kind, "Operator": operator, "RSO": value}


def group(*rows: Mapping[str, Any], kind: str = "Activity") -> dict[str, Any]:
    return {"Type": kind, "ConOp": "and", "RowCondition": list(rows)}


def asked(*groups: Mapping[str, Any], zone: str = "", **more: object) -> dict[str, Any]:
    text = {"GrpConOp": "And", "Conditions": list(groups), **more}
    return text | ({"QueryTimeZone": zone} if zone else {})


EVERYTHING = set(_ACTIVITIES)


@pytest.mark.parametrize(
    "text",
    [
        {},
        {"Conditions": None},
        {"GrpConOp": "And", "Conditions": [], "QueryTimeZone": INDIA},
        asked(group()),
        asked(group(_EVENT)),
        asked(group(_EVENT, {"RSO": ""})),
        asked(group(_EVENT, {})),
        asked(group(_EVENT, {"SubConOp": "And", "RSO_IsMailMerged": False})),
        asked(group(_EVENT, row("ActivityTime", "", kind="DateTime"))),
        asked(group(_EVENT, row("Status", ""))),
        asked(group(_EVENT, {"SubConOp": "Or", "LSO": "Status", "Operator": "eq"})),
        asked(group(_EVENT, row("Status", "MXDATASEPERATOR"))),
        asked(group(_EVENT), {"Type": "Lead", "ConOp": "or", "RowCondition": [{}]}),
        asked(group(_EVENT), {"Type": "", "RowCondition": [{"RSO": None}]}),
        asked(group(_EVENT, row("ActivityTime", "opt-all-time", kind="DateTime"))),
        asked(group({**_EVENT, "IsMarvinRequest": False}) | {"IsFilterCondition": True}),
        {"Conditions": [None, {"Type": "Activity", "RowCondition": [_EVENT, None]}]},
    ],
)
def test_rows_that_are_not_filled_in_ask_for_nothing(world: World, text: object) -> None:
    """Padding of the web client: without a field or a value; and texts without any condition."""
    assert world.found(text) == EVERYTHING


@pytest.mark.parametrize(
    ("value", "zone", "found"),
    [
        ("opt-today", "", {"now"}),
        ("opt-today", INDIA, {"now", "midnight"}),
        ("opt-yesterday", "", {"midnight"}),
        ("opt-yesterday", INDIA, set()),
        ("opt-this-week", "", {"now", "midnight", "monday"}),
        ("opt-last-week", "", {"sunday", "february"}),
        ("opt-this-month", "", {"now", "midnight", "monday", "sunday"}),
        ("opt-last-month", "", {"february"}),
        ("opt-last-month", INDIA, {"february"}),
        ("opt-this-year", "", EVERYTHING - {"last year"}),
        ("opt-last-year", "", {"last year"}),
        ("opt-last-seven-days", "", EVERYTHING - {"last year"}),
        ("opt-last-thirty-days", "", EVERYTHING - {"last year"}),
        ("opt-all-time", "", EVERYTHING),
        ("opt-custom 2026-03-02 TO 2026-03-02", "", {"monday"}),
        ("opt-todayMXDATASEPERATORopt-last-year", "", {"now", "last year"}),
    ],
)
@pytest.mark.parametrize("name", ["ActivityTime", "CreatedOn"])
def test_the_words_of_the_web_client_are_ranges_of_days(
    world: World, name: str, value: str, zone: str, found: set[str]
) -> None:
    """Twelve of them, in the days of the query's zone; a week begins on Monday."""
    text = asked(group(_EVENT, row(name, value, kind="DateTime")), zone=zone)
    assert world.found(text) == found


@pytest.mark.parametrize(
    ("value", "zone", "found"),
    [
        ("2026-03-02 TO 2026-03-02", "", {"monday"}),
        ("2026-02-27 to 2026-03-01", "", {"february", "sunday"}),
        ("2026-03-02,2026-03-02", "", {"monday"}),
        ("2026-03-02 12:00:00 AM TO 2026-03-02 11:59:59 PM", "", {"monday"}),
        ("2026-03-02 00:00:00 TO 2026-03-02 12:00:00", "", {"monday"}),
        ("2026-03-02 00:00:00 TO 2026-03-02 11:59:59", "", set()),
        ("2026-03-04 TO 2026-03-04", INDIA, {"now", "midnight"}),
        ("2026-03-03 TO 2026-03-03", "Pacific Standard Time", {"midnight", "now"}),
        ("2026-03-03 TO 2026-03-03", "Asia/Kolkata", set()),
        ("2026-03-03 TO 2026-03-02", "", set()),
    ],
)
def test_a_range_is_local_to_the_zone_and_has_its_last_day(
    world: World, value: str, zone: str, found: set[str]
) -> None:
    """Of dates alone the last day counts whole, so a day is a range with itself."""
    text = asked(group(_EVENT, row("CreatedOn", value, "between", "DateTime")), zone=zone)
    assert world.found(text) == found


@pytest.mark.parametrize(
    ("rows", "found"),
    [
        ([row("Status", "AnsweredMXDATASEPERATORBusy")], EVERYTHING - {"midnight", "last year"}),
        ([row("Status", "answered MXDATASEPERATOR")], {"now", "sunday", "february"}),
        ([row("Status", "AnsweredMXDATASEPERATORBusy", "neq")], {"midnight", "last year"}),
        ([row("CreatedBy", "__mx_current_user__", kind="User")], EVERYTHING),
        ([row("CreatedBy", "__mx_current_user__", "neq", "User")], set()),
        ([row("mx_Custom_4~mx_CustomObject_2", "blue")], {"now"}),
        ([row("mx_Custom_4x007Emx_CustomObject_2", "Blue")], {"now"}),
        ([row("mx_Custom_4~mx_CustomObject_3", "Blue")], set()),
        ([row("mx_Custom_5", "9 TO 10", "between", "Number")], {"now", "monday"}),
        ([row("mx_Custom_5", "9,10", kind="Product")], {"now", "monday"}),
        ([row("P_mx_City", "Hull")], {"now", "midnight", "february"}),
        ([row("C_CompanyName", "Roofs")], {"now", "midnight", "february"}),
        ([row("status", "Busy")], {"monday"}),
        ([row("activitytime", "opt-today", kind="DateTime")], {"now"}),
        ([row("p_MX_city", "Hull")], {"now", "midnight", "february"}),
        ([row("MX_custom_4X007EMX_CustomObject_2", "Blue")], {"now"}),
        ([row("CREATEDBYNAME", "admin", "lik")], EVERYTHING),
        ([row("CreatedByName", "admin", "lik")], EVERYTHING),
    ],
)
def test_values_are_read_as_the_web_client_writes_them(
    world: World, rows: list[dict[str, Any]], found: set[str]
) -> None:
    """Several values, the caller, members of field sets, and columns of the lead."""
    assert world.found(asked(group(_EVENT, *rows))) == found


@pytest.mark.parametrize(
    ("kind", "rows", "found"),
    [
        ("Lead", [row("mx_City", "hull")], {"now", "midnight", "february"}),
        ("Lead", [row("EmailAddress", "r@EXAMPLE.com")], {"monday", "sunday", "last year"}),
        ("Lead", [row("CreatedOn", "opt-today", kind="DateTime")], EVERYTHING),
        ("Lead", [row("OwnerId", "__mx_current_user__")], EVERYTHING),
        ("Lead", [row("P_mx_City", "Hull")], {"now", "midnight", "february"}),
        ("Company", [row("C_companyname", "Roofs")], {"now", "midnight", "february"}),
        ("Lists", [row("ListId", "{list}")], {"monday", "sunday", "last year"}),
        ("Lists", [row("ListId", "{list}", "neq")], {"now", "midnight", "february"}),
        ("Task", [row("Name", "Call")], set()),
        ("Opportunity", [row("Status", "Open")], set()),
        ("Account", [row("CompanyName", "roofs")], {"now", "midnight", "february"}),
        ("Company", [row("CompanyName", "None")], set()),
        ("CompanyActivity", [row("Status", "Active")], set()),
    ],
)
def test_a_condition_may_be_about_what_belongs_to_the_lead(
    world: World, kind: str, rows: list[dict[str, Any]], found: set[str]
) -> None:
    """It holds for the activities of leads that have such a record, or are such a lead."""
    rows = [{**r, "RSO": r["RSO"].replace("{list}", world.list_id)} for r in rows]
    assert world.found(asked(group(_EVENT), group(*rows, kind=kind))) == found


def test_every_column_that_is_asked_for_is_a_member(world: World) -> None:
    """Null where the row has no value; columns of lead and company by prefix; ModifiedOn always."""
    columns = "Status,mx_Custom_7,P_FirstName,P_Phone,C_CompanyName,Note,mx_Unknown"
    (found,) = world.rows(asked(group(_EVENT, row("Status", "NotAnswered"))), columns)
    assert list(found) == [*columns.split(","), "ModifiedOn"]
    assert found.pop("ModifiedOn")
    assert found == {
        **dict.fromkeys(columns.split(",")),
        "Status": "NotAnswered",
        "P_FirstName": "Asha",
        "C_CompanyName": "Roofs",
    }


def test_a_column_may_be_written_in_any_letter_case(world: World) -> None:
    """The answer has the field's own spelling; what is not a field keeps the caller's."""
    (found,) = world.rows(
        asked(group(_EVENT, row("Status", "Busy"))), "STATUS,p_firstname,note,Mx_unknown"
    )
    assert list(found) == ["Status", "P_FirstName", "Note", "Mx_unknown", "ModifiedOn"]
    assert (found["Status"], found["P_FirstName"]) == ("Busy", "Ravi")


def test_a_column_may_be_a_member_of_a_custom_field_set(world: World) -> None:
    """As a condition may: by ``~``, or in the web client's writing of it."""
    columns = "mx_Custom_4~mx_CustomObject_2,mx_custom_4x007emx_customobject_2,mx_Custom_4~Status"
    (found,) = world.rows(asked(group(_EVENT, row("mx_Custom_5", "9"))), columns)
    assert list(found.values())[:3] == ["Blue", "Blue", None]
    (without,) = world.rows(asked(group(_EVENT, row("Status", "Busy"))), columns)
    assert list(without.values())[:3] == [None, None, None]


@pytest.mark.parametrize(
    ("ends", "expected"),
    [
        ({}, 6),
        ({"FromDate": ""}, 6),
        ({"FromDate": "2026-01-01 00:00:00"}, 6),
        ({"ToDate": "2026-01-01 00:00:00"}, 0),
        ({"FromDate": "2027-01-01 00:00:00"}, 0),
    ],
)
def test_activities_by_event_need_no_dates(
    world: World, ends: dict[str, str], expected: int
) -> None:
    """An end that is left out is open: the page calls the event alone mandatory."""
    body = {"Parameter": {"ActivityEvent": CODE, **ends}, "Paging": {"PageIndex": 1}}
    answer = world.api.post(ACTIVITIES + "CustomActivity/RetrieveByActivityEvent", body)
    assert answer.status == 200, answer.body
    assert answer.json["RecordCount"] == expected


@pytest.mark.parametrize("event", ["21,202", "Meeting", "-1"])
def test_a_search_for_what_is_no_event_finds_nothing(world: World, event: str) -> None:
    """And never the activities of all events."""
    lead = world.leads["asha"]
    dates = {"FromDate": "2020-01-01 00:00:00", "ToDate": "2099-01-01 00:00:00"}
    body = {"Parameter": {"ActivityEvent": event, **dates}}
    for path in ("Retrieve?leadId=" + lead, "RetrieveRecentlyModified"):
        assert world.api.post(ACTIVITIES + path, body).json["RecordCount"] == 0
    body = {"Parameter": {"OpportunityEventCode": event, **dates}}
    answer = world.api.post(OPPORTUNITIES + "RetrieveRecentlyModified", body)
    assert answer.json["RecordCount"] == 0


@pytest.mark.parametrize(
    "condition",
    [
        row("mx_Custom_3", "34", kind="Number"),
        row("mx_Custom_3", "4 TO 40", "between", "Number"),
        row("mx_Custom_3", "34"),
    ],
)
def test_a_slot_is_compared_as_the_type_of_the_event_declares_it(
    world: World, condition: dict[str, Any]
) -> None:
    """Of a phone call it holds seconds; of a sale, the same slot holds a date."""
    call = {"RelatedProspectId": world.leads["asha"], "ActivityEvent": 21}
    written = [{"SchemaName": "mx_Custom_3", "Value": "34"}]
    made = world.api.post(ACTIVITIES + "Create", call | {"Fields": written})
    text = asked(group({**_EVENT, "RSO": "21"}, condition))
    answer = world.api.post(SEARCH, search(text) | {"ActivityEvent": 21})
    assert made.json["Message"]["Id"] in [r["ProspectActivityId"] for r in answer.json["List"]]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ('{"Conditions":[x', "byte"),
        ('{"Conditions":[', "truncated"),
        ('{"Conditions":[{"Type":7}]}', "Conditions"),
        (asked(group(_EVENT), group(row("X", "1"), kind="Form")), "Conditions[1].Type"),
        (asked(group(_EVENT, row("Colour", "1"))), "Conditions[0].RowCondition[1].LSO"),
        (asked(group(_EVENT, {}, row("CreatedOn", "x"))), "Conditions[0].RowCondition[2].RSO"),
        (asked(group(row("CreatedOn", "opt-last-7-days"))), "Conditions[0].RowCondition[0].RSO"),
        (asked(group(row("CreatedOn", "opt-custom"))), "Conditions[0].RowCondition[0].RSO"),
        (asked(group(row("Status", "1", "matches"))), "Conditions[0].RowCondition[0].Operator"),
        (asked(group(row("Score", "1", "between"))), "Conditions[0].RowCondition[0].RSO"),
        (asked(zone="Middle Earth Time"), "QueryTimeZone"),
        (asked(group(row("Status", "xMXDATASEPERATOR" * 1_001))), "RowCondition[0].RSO"),
        (asked({"Conditions": [group(row("Colour", "1"))]}), "Conditions[0].Conditions[0].Row"),
    ],
)
def test_what_cannot_be_read_is_refused_with_its_place(
    world: World, text: object, place: str
) -> None:
    """The fault names the place in the text, and no other rows are answered."""
    assert_fault(world.api.post(SEARCH, search(text)), 500, INVALID, place)


def test_an_opportunity_search_reads_the_same_texts(world: World) -> None:
    """Type Activity is the opportunity; lead columns are there; so is a condition on the lead."""
    api = world.api
    lead = attributes({"EmailAddress": "r@example.com", "SearchBy": "EmailAddress"})
    fields = [{"SchemaName": "Status", "Value": "Open"}]
    made = api.post(
        OPPORTUNITIES + "Capture",
        {
            "LeadDetails": lead,
            "Opportunity": {"OpportunityEventCode": 12000, "Fields": fields},
        },
    )
    assert made.status == 200, made.body
    text = asked(
        group(row("ActivityEvent", "12000"), row("CreatedOn", "opt-today"), {}),
        group(row("mx_City", "York"), kind="Lead"),
    )
    body = {"OpportunityEventCode": 12000, "AdvancedSearch": json.dumps(text)}
    body |= {"Columns": {"Include_CSV": "P_FirstName,P_Source,mx_Custom_9"}}
    (found,) = api.post(OPPORTUNITIES + "Retrieve/BySearchParameter", body).json["List"]
    assert found["P_FirstName"] == "Ravi"
    assert found["P_Source"] is None
    assert found["mx_Custom_9"] is None
    assert found["RelatedProspectId"] == world.leads["ravi"]


# A naive model: each row decides over the texts of an activity, without SQL.

_VALUES = ["Answered", "NotAnswered", "Busy", "nobody", "MXDATASEPERATOR"]
_rows = st.one_of(
    st.just({}),
    st.builds(row, st.just("Status"), st.sampled_from(["", *_VALUES[:4]])),
    st.builds(
        row,
        st.just("Status"),
        st.lists(st.sampled_from(_VALUES[:4]), min_size=1, max_size=3).map("MXDATASEPERATOR".join),
        st.sampled_from(["eq", "neq", "lik", "nlik", "lik_s"]),
    ),
    st.builds(
        row,
        st.just("ActivityTime"),
        st.builds(
            "{} TO {}".format,
            st.sampled_from(["2025-12-31", "2026-03-01", "2026-03-02"]),
            st.sampled_from(["2026-03-01", "2026-03-02", "2026-03-04"]),
        ),
        st.sampled_from(["between", "eq"]),
    ),
)


def _group_of(joiner: str, rows: list[dict[str, Any]]) -> dict[str, Any]:
    return group(*({**r, "SubConOp": joiner} for r in rows))


_groups = st.builds(_group_of, st.sampled_from(["And", "Or"]), st.lists(_rows, max_size=3))
_texts = st.recursive(
    st.builds(
        lambda joiner, groups: {
            "GrpConOp": joiner,
            "Conditions": [{**one, "ConOp": joiner.lower()} for one in groups],
        },
        st.sampled_from(["And", "Or"]),
        st.lists(_groups, max_size=3),
    ),
    lambda inner: st.builds(
        lambda joiner, parts: {
            "GrpConOp": joiner,
            "Conditions": [{**part, "ConOp": joiner} for part in parts],
        },
        st.sampled_from(["And", "Or"]),
        st.lists(inner, max_size=2),
    ),
    max_leaves=3,
)


def _holds(part: Mapping[str, Any], name: str) -> bool | None:
    """Whether *part* holds for the activity; None: it asks for nothing."""
    if "Conditions" in part:
        return _joined(part["GrpConOp"], [_holds(inner, name) for inner in part["Conditions"]])
    rows: list[Mapping[str, Any]] = part["RowCondition"]
    joiner = rows[0]["SubConOp"] if rows else "And"
    return _joined(joiner, [_row_holds(r, name) for r in rows])


def _joined(joiner: str, answers: list[bool | None]) -> bool | None:
    told = [answer for answer in answers if answer is not None]
    if not told:
        return None
    return all(told) if joiner == "And" else any(told)


def _row_holds(given: Mapping[str, Any], name: str) -> bool | None:
    if not given.get("RSO"):
        return None
    _, at, fields = _ACTIVITIES[name]
    if given["LSO"] == "ActivityTime":
        start, end = given["RSO"].split(" TO ")
        return bool(start <= at[:10] <= end)
    has = fields.get("Status", "").lower() or None
    values = [value.lower() for value in given["RSO"].split("MXDATASEPERATOR")]
    each = {
        "eq": lambda value: has == value,
        "neq": lambda value: has != value,
        "lik": lambda value: has is not None and value in has,
        "nlik": lambda value: has is None or value not in has,
        "lik_s": lambda value: has is not None and has.startswith(value),
    }[given["Operator"]]
    return (all if given["Operator"] in ("neq", "nlik") else any)(map(each, values))


@budget(max_examples=examples(150))
@given(text=_texts)
def test_a_search_finds_what_a_naive_model_finds(world: World, text: dict[str, Any]) -> None:
    """Groups within groups, of rows that are padded, joined in both ways."""
    expected = {name for name in _ACTIVITIES if _holds(text, name) is not False}
    assert world.found(text) == expected
