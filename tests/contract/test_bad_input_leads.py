"""Bad input to bulk calls, lead fields, lists and notes: a clear fault, and nothing changed."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from support import ACTIVITIES, LEADS, InProcess, assert_fault, attributes

SEGMENTATION = "/v2/LeadSegmentation.svc/"
MALFORMED = "JsonReaderException"
MISSHAPEN = "JsonSerializationException"
INVALID = "MXInvalidInputException"
MISSING = "MXMandatoryAttributeMissingException"
UNKNOWN = "MXUnknownAttributeException"
NO_ID = "00000000-0000-4000-8000-000000000000"

_POSTS = [
    LEADS + "CreateLeadField",
    LEADS + "LeadField/Dropdown/Options/Push",
    LEADS + "LeadField/Dropdown/Options/Remove",
    LEADS + "LeadField/Dependency/Dropdown/Options/Push",
    LEADS + "Lead/Bulk/Create",
    LEADS + "Lead/Bulk/CreateOrUpdate",
    LEADS + "Lead/Bulk/Update",
    LEADS + "Lead/Bulk/UpdateV2",
    LEADS + "Lead.Convert?leadId=" + NO_ID,
    LEADS + "MarkEmailInvalid",
    LEADS + "MarkEmailValid",
    LEADS + "DeleteStageChangeHistory",
    LEADS + "DeleteUserAssignmentChangeHistory",
    LEADS + "Leads/Retrieve/ByIds",
    LEADS + "Leads/Retrieve/BySearchParameter",
    LEADS + "CreateNote",
    LEADS + "UpdateNote",
    LEADS + "RetrieveNote",
    SEGMENTATION + "CreateEmptyList",
    SEGMENTATION + "AddLeadsToStaticList",
    ACTIVITIES + "CreateCustom",
]


class World(NamedTuple):
    """What there is, and must be the same at the end of a test."""

    asha: str
    ravi: str
    list_id: str
    note_id: str


@pytest.fixture(scope="module")
def api(shared_api: InProcess) -> InProcess:
    """One server for the module: what is refused leaves nothing behind."""
    return shared_api


@pytest.fixture(scope="module")
def world(api: InProcess) -> World:
    asha = api.create(FirstName="Asha", EmailAddress="asha@example.com")
    ravi = api.create(FirstName="Ravi", Phone="+91-9000000001")
    field = {"DisplayName": "Loan Type", "DataType": "Select", "RenderTypeTextValue": "Dropdown"}
    field["OptionsJson"] = [{"Value": "Home", "Order": 1}]
    assert api.post(LEADS + "CreateLeadField", field).status == 200
    made = api.post(SEGMENTATION + "CreateEmptyList", {"Name": "Callbacks"}).json
    list_id = made["Message"]["Id"]
    members = {"listId": list_id, "leadIds": [asha]}
    assert api.post(SEGMENTATION + "AddLeadsToStaticList", members).status == 200
    note = {"RelatedProspectId": asha, "Note": "Asked for a call"}
    note_id = api.post(LEADS + "CreateNote", note).json["Message"]["Id"]
    return World(asha, ravi, list_id, note_id)


@pytest.fixture
def unchanged(api: InProcess, world: World) -> Iterator[None]:
    """What the test does leaves everything as it was."""

    assert world
    before = api.kept()
    yield
    assert api.kept() == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("target", _POSTS)
@pytest.mark.parametrize(
    ("body", "exception_type"),
    [
        (b"not JSON", MALFORMED),
        (b'{"a":', MALFORMED),
        (b'{"a":"\xff"}', MALFORMED),
        (b'["\\u0000"]', MALFORMED),
        (b"[" * 50_000, MALFORMED),
        (b"", MISSHAPEN),
        (b"null", MISSHAPEN),
        (b"17", MISSHAPEN),
        (b'"text"', MISSHAPEN),
        (b"[[[[]]]]", MISSHAPEN),
    ],
    ids=["no JSON", "cut off", "no UTF-8", "NUL", "deep", "empty", "null", "17", "text", "arrays"],
)
def test_a_body_of_another_form_is_refused(
    api: InProcess, target: str, body: bytes, exception_type: str
) -> None:
    """By every operation with a body: 400, and what was wrong."""
    headers = {"Content-Type": "application/json"}
    assert_fault(api.call("POST", target, body, headers=headers), 400, exception_type)


_FIELD = {"DisplayName": "New", "DataType": "Text", "RenderTypeTextValue": "Textbox"}
_SELECT = {"DisplayName": "New", "DataType": "Select", "RenderTypeTextValue": "Dropdown"}
_FIELDS = [
    pytest.param({}, MISSING, id="nothing"),
    pytest.param({**_FIELD, "DisplayName": "   "}, MISSING, id="a blank name"),
    pytest.param({**_FIELD, "DisplayName": "___"}, INVALID, id="a name of underscores"),
    pytest.param({**_FIELD, "DisplayName": "x" * 101}, INVALID, id="a long name"),
    pytest.param({**_FIELD, "DisplayName": "A.B"}, INVALID, id="a name with a dot"),
    pytest.param({**_FIELD, "DisplayName": "a') OR 1=1 --"}, INVALID, id="a name of SQL"),
    pytest.param({**_FIELD, "DisplayName": "नाम"}, INVALID, id="a name of other letters"),
    pytest.param({**_FIELD, "DataType": "Guid"}, INVALID, id="a type of the system"),
    pytest.param({**_FIELD, "RenderTypeTextValue": "textbox"}, INVALID, id="another case"),
    pytest.param({**_FIELD, "MaxLength": "0"}, INVALID, id="no length"),
    pytest.param({**_FIELD, "MaxLength": "4001"}, INVALID, id="a great length"),
    pytest.param({**_FIELD, "MaxLength": "many"}, INVALID, id="a length of letters"),
    pytest.param(
        {**_FIELD, "OptionsJson": [{"Value": "A", "Order": 1}]}, INVALID, id="no dropdown"
    ),
    pytest.param({**_SELECT, "OptionsJson": []}, MISSING, id="no options"),
    pytest.param({**_SELECT, "OptionsJson": [{"Value": "A"}]}, INVALID, id="no order"),
    pytest.param({**_SELECT, "OptionsJson": [{"Value": " ", "Order": 1}]}, MISSING, id="a blank"),
    pytest.param({**_SELECT, "OptionsJson": [{"Value": "A", "Order": 0}]}, INVALID, id="order 0"),
    pytest.param(
        {**_SELECT, "OptionsJson": [{"Value": "A", "Order": 10**9}]}, INVALID, id="a great order"
    ),
    pytest.param(
        {**_SELECT, "OptionsJson": [{"Value": "A", "Order": 1}, {"Value": "B", "Order": 1}]},
        MISSING,
        id="an order twice",
    ),
    pytest.param(
        {**_SELECT, "OptionsJson": [{"Value": "A", "Order": 1}, {"Value": "A", "Order": 2}]},
        INVALID,
        id="an option twice",
    ),
    pytest.param(
        {**_SELECT, "OptionsJson": [{"Value": "A" * 201, "Order": 1}]}, INVALID, id="a long option"
    ),
]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("body", "exception_type"), _FIELDS)
def test_a_field_that_cannot_be_is_not_made(
    api: InProcess, body: dict[str, Any], exception_type: str
) -> None:
    """Its name, type, length and options are checked before anything is kept."""
    assert_fault(api.post(LEADS + "CreateLeadField", body), 500, exception_type)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", ["Push", "Remove"])
@pytest.mark.parametrize(
    ("body", "exception_type"),
    [
        ({"SchemaName": "mx_Loan_Type", "Options": []}, MISSING),
        ({"SchemaName": "", "Options": ["A"]}, MISSING),
        ({"SchemaName": "mx_loan_type", "Options": ["A"]}, UNKNOWN),
        ({"SchemaName": "OwnerIdName", "Options": ["A"]}, UNKNOWN),
        ({"SchemaName": "mx_Loan_Type~mx_CustomObject_1", "Options": ["A"]}, UNKNOWN),
        ({"SchemaName": "FirstName", "Options": ["A"]}, INVALID),
    ],
)
def test_options_change_in_dropdowns_alone(
    api: InProcess, operation: str, body: dict[str, Any], exception_type: str
) -> None:
    """A field that does not exist or has no options is named."""
    target = f"{LEADS}LeadField/Dropdown/Options/{operation}"
    assert_fault(api.post(target, body), 500, exception_type)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("options", [["A", " "], ["A", "B & C"], ["x" * 201], ["A", "<b>"]])
def test_of_options_with_one_that_cannot_be_none_is_added(
    api: InProcess, options: list[str]
) -> None:
    """The good ones neither: the call is refused as a whole."""
    body = {"SchemaName": "mx_Loan_Type", "Options": options}
    answer = api.post(LEADS + "LeadField/Dropdown/Options/Push", body)
    assert answer.status == 500


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("path", ["Create", "CreateOrUpdate"])
def test_a_batch_of_bad_rows_changes_nothing(api: InProcess, world: World, path: str) -> None:
    """Every row is answered with its own fault."""
    rows = [
        {"FirstName": "A", "mx_Nowhere": "1"},
        {"FirstName": "B", "EmailAddress": "nobody", "SearchBy": "EmailAddress"},
        {},
        {"mx_Loan_Type": "Home"},
        {"EmailAddress": "c@example.com", "OwnerId": world.asha},
        {"EmailAddress": "d@example.com", "Phone": "+91-9000000001", "SearchBy": "EmailAddress"},
        {"EmailAddress": "e@example.com", "SearchBy": "Score"},
    ]
    bodies = [attributes(row) for row in rows[: 6 if path == "Create" else 7]]
    answer = api.post(f"{LEADS}Lead/Bulk/{path}", bodies)
    assert answer.status == 200
    assert [row["RowNumber"] for row in answer.json] == list(range(1, len(bodies) + 1))
    for row in answer.json:
        assert (row["LeadId"], row["LeadCreated"], row["LeadUpdated"]) == ("", False, False)
        assert row["AffectedRows"] == 0
        assert row["ExceptionType"].startswith("MX")
        assert row["ErrorMessage"]


@pytest.mark.usefixtures("unchanged")
def test_a_bulk_update_of_bad_rows_changes_nothing(api: InProcess, world: World) -> None:
    """One report: each bad row with the value that it was to be found by."""
    rows = [
        {"ProspectId": world.asha, "Score": "5", "mx_Nowhere": "1"},
        {"ProspectId": "17", "FirstName": "Changed"},
        {"ProspectId": world.asha, "FirstName": "Changed", "OwnerId": world.ravi},
        {"ProspectId": world.asha, "FirstName": "Changed", "Phone": "+91-9000000001"},
    ]
    body = {"LeadPropertiesList": [{"Fields": attributes(row)} for row in rows]}
    report = api.post(LEADS + "Lead/Bulk/UpdateV2", body).json
    assert report["Status"] == {
        "TotalCount": 4,
        "SuccessCount": 0,
        "FailureCount": 4,
        "Message": "Error",
    }
    values = [lead["IdentifierValue"] for lead in report["Details"]["FailedLeads"]]
    assert values == [row["ProspectId"] for row in rows]


@pytest.mark.usefixtures("unchanged")
def test_a_list_takes_all_leads_or_none(api: InProcess, world: World) -> None:
    """One id that is not a lead's, or too many: nobody is added."""
    for lead_ids in ([world.ravi, NO_ID], [world.ravi, "17"], [world.ravi, ""], [NO_ID] * 1001):
        body = {"listId": world.list_id, "leadIds": lead_ids}
        assert_fault(api.post(SEGMENTATION + "AddLeadsToStaticList", body), 500, INVALID)


@pytest.mark.usefixtures("unchanged")
def test_a_note_has_a_limit(api: InProcess, world: World) -> None:
    """When it is made and when it is changed."""
    note = {"RelatedProspectId": world.asha, "ProspectNoteId": world.note_id, "Note": "x" * 20_001}
    attachment = {**note, "Note": "x", "AttachmentName": "x" * 2_001}
    for operation in ("CreateNote", "UpdateNote"):
        for body in (note, attachment):
            assert_fault(api.post(LEADS + operation, body), 500, INVALID, "can not be longer than")


@pytest.mark.usefixtures("unchanged")
def test_a_lead_and_its_activity_are_kept_together_or_not_at_all(
    api: InProcess, world: World
) -> None:
    """A fault of the one undoes the other."""
    activity = {"ActivityEvent": 201}
    details = attributes({"EmailAddress": "new@example.com"})
    for body in (
        {"LeadDetails": details, "Activity": {"ActivityEvent": 3002}},
        {"LeadDetails": details, "Activity": {**activity, "ActivityDateTime": "yesterday"}},
        {"LeadDetails": [], "Activity": activity},
        {"LeadDetails": attributes({"ProspectID": world.asha, "mx_X": "1"}), "Activity": activity},
        {"LeadDetails": attributes({"FirstName": "New"}), "Activity": activity},
    ):
        answer = api.post(ACTIVITIES + "CreateCustom", body)
        assert answer.status == 500, answer.body
        assert answer.exception_type.startswith("MX")


@pytest.mark.usefixtures("unchanged")
def test_a_refused_merge_leaves_both_leads(api: InProcess, world: World) -> None:
    """An unknown lead on either side, or one lead twice."""
    for master, child in ((world.asha, NO_ID), (NO_ID, world.asha), (world.asha, world.asha)):
        answer = api.post(LEADS + "Lead.Merge", b"", masterId=master, childId=child)
        assert answer.status == 500
