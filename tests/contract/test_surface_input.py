"""Bad input to activities, tasks and users gets a clear fault, and changes nothing."""

import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from amounts import examples
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import ACTIVITIES, ENVELOPE, LEADS, USERS, InProcess, assert_fault, new_async_key

from leadwire.operations import CATALOGUE, Operation

TASKS = "/v2/Task.svc/"
PEOPLE = "/v2/UserManagement.svc/"
INVALID = "MXInvalidInputException"
NO_ID = "00000000-0000-4000-8000-000000000000"
RANGE = {"FromDate": "2026-03-01 00:00:00", "ToDate": "2026-03-31 00:00:00"}
_FAMILIES = ("ProspectActivity.svc", "Task.svc", "UserManagement.svc")
_POSTS = [o for o in CATALOGUE if o.method == "POST" and o.service in _FAMILIES]
_posts = pytest.mark.parametrize("operation", _POSTS, ids=lambda operation: operation.name)


@pytest.fixture(scope="module")
def api(shared_api: InProcess) -> InProcess:
    """One server for the module: what is refused leaves nothing behind."""
    return shared_api


@pytest.fixture(scope="module")
def lead_id(api: InProcess) -> str:
    return api.create(FirstName="Asha", EmailAddress="asha@example.com")


@pytest.fixture(scope="module")
def visit_id(api: InProcess, lead_id: str) -> str:
    body = {"RelatedProspectId": lead_id, "ActivityEvent": 201, "ActivityNote": "Came by"}
    return api.post(ACTIVITIES + "Create", body).json["Message"]["Id"]


@pytest.fixture(scope="module")
def task_id(api: InProcess) -> str:
    body = {"Name": "Call", "DueDate": "2026-03-10 10:00:00"}
    return api.post(TASKS + "Create", body).json["Message"]["Id"]


@pytest.fixture
def unchanged(api: InProcess, lead_id: str, visit_id: str, task_id: str) -> Iterator[None]:
    """What the test does leaves everything as it was."""
    assert lead_id
    assert visit_id
    assert task_id
    before = api.kept()
    yield
    assert api.kept() == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "body",
    [
        b"not JSON",
        b'{"a":1',
        b'"text"',
        b"17",
        b"\xff\xfe",
        b'{"a":"\\u0000"}',
        b"[[1]]",
        b"[" * 9999,
    ],
    ids=["no JSON", "cut off", "a text", "a number", "no UTF-8", "NUL", "arrays", "nested"],
)
@_posts
def test_a_body_that_is_none_is_answered_with_400(
    api: InProcess, operation: Operation, body: bytes
) -> None:
    """By every operation on activities, tasks and users that takes one."""
    answer = api.call("POST", operation.url_path, body, headers={"Content-Type": "text/json"})
    if operation.name == "ProspectActivity.Retrieve":  # the URL is looked at first
        return
    assert answer.status in (400, 500), answer.body
    assert list(answer.json) == ENVELOPE
    assert answer.exception_type != "InternalServerErrorException"


_DATES = [
    *("2026-03-01 00:00:00.000", "2026-03-01T00:00:00", "2026-03-01", "yesterday"),
    *("2026-02-29 00:00:00", "2026-03-01 24:00:00", " 2026-03-01 00:00:00", "/Date(0)/"),
]
_PLACES: dict[str, tuple[str, Callable[[str, str], Any]]] = {
    "FromDate by event": (
        ACTIVITIES + "CustomActivity/RetrieveByActivityEvent",
        lambda date, _: {"Parameter": {**RANGE, "FromDate": date, "ActivityEvent": 201}},
    ),
    "ToDate recent": (
        ACTIVITIES + "RetrieveRecentlyModified",
        lambda date, _: {"Parameter": {**RANGE, "ToDate": date}},
    ),
    "FromDate changes": (
        ACTIVITIES + "RetrieveActivityChange",
        lambda date, _: {"Parameter": {**RANGE, "FromDate": date}},
    ),
    "ToDate deletion": (
        ACTIVITIES + "DeleteActivities",
        lambda date, lead_id: {
            "ProspectId": lead_id,
            "ActivityEventList": [201],
            "ToDate": date,
        },
    ),
    "DueDate": (TASKS + "Create", lambda date, _: {"Name": "x", "DueDate": date}),
    "EndDate": (TASKS + "Create", lambda date, _: {"Name": "x", "EndDate": date}),
    "ToDate tasks": (
        TASKS + "Retrieve",
        lambda date, _: {"Parameter": {"LookupName": "OwnerId", "ToDate": date}},
    ),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("date", _DATES)
@pytest.mark.parametrize("place", _PLACES)
def test_a_date_time_is_taken_in_one_form_only(
    api: InProcess, lead_id: str, place: str, date: str
) -> None:
    """Exactly yyyy-MM-dd HH:mm:ss of a moment that exists; anything else is refused by name."""
    target, body = _PLACES[place]
    name = place.split(maxsplit=1)[0]
    assert_fault(
        api.post(target, body(date, lead_id)), 500, INVALID, f"{name} value is not correct."
    )


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("body", "exception_type"),
    [
        ({"Fields": [{"SchemaName": "mx_Nowhere", "Value": "1"}]}, INVALID),
        ({"ActivityNote": "x", "ActivityEvent": 22}, "MXInvalidActivityException"),
        ({"ActivityNote": "x", "ActivityEvent": "2x"}, "MXInvalidActivityException"),
        ({"ProspectActivityId": NO_ID}, "MXUnknownProspectActivityException"),
        ({"ProspectActivityId": "17"}, "MXUnknownProspectActivityException"),
        ({"ProspectActivityId": " "}, "MXMandatoryAttributeMissingException"),
    ],
)
def test_an_update_that_cannot_be_changes_neither_activity_nor_history(
    api: InProcess, visit_id: str, body: dict[str, Any], exception_type: str
) -> None:
    """The history is written with the change, or not at all."""
    answer = api.post(ACTIVITIES + "CustomActivity/Update", {"ProspectActivityId": visit_id} | body)
    assert_fault(answer, 500, exception_type)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "fields",
    [
        [{"SchemaName": "mx_Custom_0"}],
        [{"SchemaName": "mx_Custom_1"}, {"SchemaName": "mx_Custom_1"}],
        [{"SchemaName": "FirstName"}],
        [{"SchemaName": "mx_Custom_1", "DataType": ""}],
        [{"SchemaName": "mx_Custom_1", "OptionSet": "{}"}],
        [{"SchemaName": "mx_Custom_1", "OptionSet": '[{"Text":"x"}]'}],
        [{"SchemaName": "mx_Custom_1", "OptionSet": "[1]"}],
        [{"SchemaName": "mx_Custom_1", "OptionSet": "[" * 5000}],
        [{"SchemaName": "mx_Custom_1", "Sequence": -1}],
        [{"SchemaName": f"mx_Custom_{n}"} for n in range(1, 60)],
    ],
    ids=str,
)
def test_fields_that_a_type_cannot_have_are_refused(api: InProcess, fields: list[Any]) -> None:
    """And no type is made."""
    fields = [{"DataType": "Dropdown"} | field for field in fields]
    body = {"ActivityEventName": "New", "Fields": fields}
    assert_fault(api.post(ACTIVITIES + "CreateType", body), 500, INVALID)


_SEARCHES = [
    "",
    "x",
    "[]",
    '{"GrpConOp":"Xor","Conditions":[{"Type":"Activity","RowCondition":[]}]}',
    '{"Conditions":[{"Type":"Activity","RowCondition":[{"LSO":"\' OR 1=1 --","RSO":"1"}]}]}',
    '{"Conditions":[{"Type":"Activity","RowCondition":[{"LSO":"Status","RSO":"1"}]}]}',
    '{"Conditions":[{"Type":"Activity","RowCondition":[{"LSO":"CreatedOn","Operator":"eq","RSO":"x"}]}]}',
    '{"Conditions":[{"Type":"Activity","RowCondition":[{"LSO":"Score","Operator":"gt","RSO":"NaN"}]}]}',
    '{"Conditions":[{"Type":"Activity","RowCondition":[{"LSO":"Score","Operator":"between","RSO":"1"}]}]}',
    '{"Conditions":[' * 9 + "]}" * 9,
]


@pytest.mark.parametrize("text", _SEARCHES, ids=lambda text: text[:60])
def test_a_search_that_is_not_understood_is_refused(api: InProcess, text: str) -> None:
    """Never answered with other rows than were meant; no text becomes part of a statement."""
    body = {"ActivityEvent": 201, "AdvancedSearch": text}
    target = ACTIVITIES + "Activity/Retrieve/BySearchParameter"
    assert_fault(api.post(target, body), 500, INVALID, "AdvancedSearch")


def test_a_row_that_is_refused_leaves_no_trace_among_those_that_stand(
    make_api: Callable[..., InProcess],
) -> None:
    """Neither in the lead's score nor in its dates: each row has a savepoint of its own."""
    api = make_api()
    asha, ravi = api.create(FirstName="Asha"), api.create(FirstName="Ravi")
    rows = [
        {"RelatedProspectId": asha, "ActivityEvent": 201},
        {"RelatedProspectId": ravi, "ActivityEvent": 201, "ActivityOwnerEmail": "nobody@x.test"},
        {"RelatedProspectId": asha, "ActivityEvent": 202},
    ]
    before = api.lead(ravi)
    answer = api.post(ACTIVITIES + "Bulk/CustomActivity/Add/ByLeadId", rows)
    assert [row["ActivityCreated"] for row in answer.json["Response"]] == [True, False, True]
    assert api.lead(ravi) == before
    assert api.lead(asha)["Score"] == "20"
    assert len(api.activities(asha)) == 2


def test_bulk_calls_have_a_limit_of_their_own(make_api: Callable[..., InProcess]) -> None:
    """One in five seconds on the published plans, whatever else is called."""
    api = make_api(plan="enterprise")
    lead_id = api.create(FirstName="Asha")
    rows = [{"RelatedProspectId": lead_id, "ActivityEvent": 201}]
    target = ACTIVITIES + "Bulk/CustomActivity/Add/ByLeadId"
    assert api.post(target, rows).status == 200
    assert_fault(api.post(target, rows), 429, "MXAPIRateLimitExceededException")
    assert len(api.activities(lead_id)) == 1


def test_a_users_password_is_in_no_record(make_api: Callable[..., InProcess]) -> None:
    """What the call log keeps of User/Create has a marker in its place."""
    api = make_api()
    body = {
        "FirstName": "Asha",
        "EmailAddress": "asha@acme.test",
        "Role": "Sales_User",
        "Password": "correct horse",
    }
    answer = api.post(PEOPLE + "User/Create", body)
    assert answer.status == 200
    record = api.record(answer)
    assert "correct horse" not in str(record)
    assert "asha@acme.test" in str(record)


def test_a_user_who_is_made_inactive_cannot_call_any_more(
    make_api: Callable[..., InProcess],
) -> None:
    """From the next call on: what this server changes it does not remember otherwise."""
    api = make_api(key_cache_ms=3_600_000)
    other = {"FirstName": "Ravi", "EmailAddress": "ravi@acme.test", "Role": "Administrator"}
    assert api.post(PEOPLE + "User/Create", other).status == 200
    own = {"UserId": api.keys.user_id, "StatusCode": 1}
    assert api.post(PEOPLE + "User/Update", own).status == 200
    assert_fault(api.get(USERS), 401, "MXInvalidAccessDetailsException")


def test_the_last_administrator_stays_one(make_api: Callable[..., InProcess]) -> None:
    """Neither inactive nor of another role: nobody could undo it."""
    api = make_api()
    before = api.get(USERS).json
    for change in ({"StatusCode": 1}, {"Role": "Sales_User"}):
        answer = api.post(PEOPLE + "User/Update", {"UserId": api.keys.user_id} | change)
        assert_fault(answer, 500, INVALID, "administrator")
    assert api.get(USERS).json == before


def test_deleting_activities_brings_the_leads_dates_up_to_date(
    make_api: Callable[..., InProcess],
) -> None:
    """First and last activity are those that are left; the score stays."""
    api = make_api()
    lead_id = api.create(FirstName="Asha")
    for event, day in ((201, 1), (200, 2), (201, 3)):
        happened = f"2026-01-0{day} 00:00:00"
        body = {"RelatedProspectId": lead_id, "ActivityEvent": event, "ActivityDateTime": happened}
        assert api.post(ACTIVITIES + "Create", body).status == 200
    score = api.lead(lead_id)["Score"]
    deletion = {"ProspectId": lead_id, "ActivityEventList": ["201"]}
    assert api.post(ACTIVITIES + "DeleteActivities", deletion).status == 200
    lead = api.lead(lead_id)
    assert lead["ProspectActivityName_Max"] == "Meeting"
    assert lead["ProspectActivityDate_Max"] == lead["ProspectActivityDate_Min"]
    assert lead["ProspectActivityDate_Min"] == "2026-01-02 00:00:00.000"
    assert lead["Score"] == score
    assert len(api.activities(lead_id)) == 1


def test_tasks_and_history_follow_what_becomes_of_a_lead(
    make_api: Callable[..., InProcess],
) -> None:
    """A merge moves them to the master; a deleted lead's tasks stay, and are about nothing."""
    api = make_api(lead_delete=True)
    master, child = api.create(FirstName="Asha"), api.create(FirstName="Ravi")
    task = {"Name": "Call", "RelatedEntity": 1, "RelatedEntityId": child}
    assert api.post(TASKS + "Create", task).status == 200
    posted = api.post(ACTIVITIES + "Create", {"RelatedProspectId": child, "ActivityEvent": 201})
    change = {"ProspectActivityId": posted.json["Message"]["Id"], "ActivityNote": "x"}
    assert api.post(ACTIVITIES + "CustomActivity/Update", change).status == 200
    merged = api.post(LEADS + "Lead.Merge", masterId=master, childId=child)
    assert merged.status == 200, merged.body
    assert api.get(LEADS + "RetrieveTaskByLeadId", leadId=master).json["RecordCount"] == 1
    changes = api.post(ACTIVITIES + "RetrieveActivityChange", {"Parameter": RANGE}).json
    assert changes["Activities"][0]["Activity"]["RelatedProspectId"] == master
    assert api.get(LEADS + "Lead/Delete/ById", leadId=master).status == 200
    owner = {"LookupName": "OwnerId", "LookupValue": api.keys.user_id}
    (kept,) = api.post(TASKS + "Retrieve", {"Parameter": owner}).json["List"]
    assert (kept["RelatedEntity"], kept["RelatedEntityId"]) == (0, None)


_SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
_NAMES = st.sampled_from(
    [
        *(
            "ActivityEvent",
            "ActivityEventName",
            "Fields",
            "Parameter",
            "Paging",
            "Sorting",
            "Score",
        ),
        *(
            "FromDate",
            "ToDate",
            "ProspectActivityId",
            "ProspectId",
            "ActivityEventList",
            "TaskList",
        ),
        *("Name", "RelatedEntity", "RelatedEntityId", "DueDate", "TaskType", "CustomFields"),
        *("LookupName", "LookupValue", "Condition", "GroupConditions", "Operator", "FirstName"),
        *("EmailAddress", "Role", "UserId", "StatusCode", "Columns", "Include_CSV", "SchemaName"),
        *(
            "RelatedProspectId",
            "SearchByValue",
            "OptionSet",
            "DataType",
            "AdvancedSearch",
            "ID",
            "Score",
            "TaskList",
        ),
    ]
)
_JSON = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES | st.text(), inner),
    max_leaves=10,
)


@given(operation=st.sampled_from(_POSTS), body=_JSON | st.dictionaries(_NAMES, _JSON))
@budget(max_examples=examples(500))
def test_no_body_makes_the_server_fail(api: InProcess, operation: Operation, body: object) -> None:
    """Whatever JSON arrives: an answer, or a fault that names what is wrong."""
    target = f"{operation.url_path}?leadId={NO_ID}&searchBy=Phone"
    answer = api.call("POST", target, json.dumps(body))
    assert answer.status in (200, 400, 500)
    if answer.status != 200:
        assert list(answer.json) == ENVELOPE
        assert answer.exception_type != "InternalServerErrorException", api.record(answer).traceback


@given(
    operation=st.sampled_from([o for o in CATALOGUE if o.method == "GET"]),
    value=st.text() | st.integers().map(str),
)
@budget(max_examples=examples(200))
def test_no_parameter_makes_the_server_fail(
    api: InProcess, operation: Operation, value: str
) -> None:
    """Of the operations that take no body."""
    query = urlencode({p.name: value for p in operation.parameters})
    headers = {"x-api-key": new_async_key(api.folder)} if operation.keys != "pair" else {}
    answer = api.call("GET", f"{operation.url_path}?{query}", headers=headers)
    refused = (401,) if operation.keys == "account code" else ()
    assert answer.status in (200, 400, 500, *refused)
    if answer.status != 200:
        assert answer.exception_type != "InternalServerErrorException", api.record(answer).traceback


def test_a_page_of_leads_is_still_read_after_all_this(api: InProcess) -> None:
    """Whatever was kept on the way can be read."""
    assert api.post(LEADS + "Leads.Get", {}).status == 200
    assert api.post(ACTIVITIES + "RetrieveRecentlyModified", {"Parameter": RANGE}).status == 200
