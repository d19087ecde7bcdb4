"""Bad input gets a clear error in the contract's envelope, and changes nothing."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from amounts import examples
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import ACTIVITIES, ENVELOPE, LEADS, InProcess, assert_fault, attributes

CREATE = LEADS + "Lead.Create"
RECENT = LEADS + "Leads.RecentlyModified"
SEARCH = LEADS + "Leads.Get"
POST_ACTIVITY = ACTIVITIES + "Create"
INVALID = "MXInvalidInputException"
MISSING = "MXMandatoryAttributeMissingException"
MALFORMED = "JsonReaderException"
MISSHAPEN = "JsonSerializationException"
CONTENT_TYPE = "UnsupportedContentTypeException"
NO_ID = "00000000-0000-4000-8000-000000000000"
KINDS_OF_WRITE = ("Lead.Create", "Lead.Capture", "Lead.CreateOrUpdate", "Lead.Update")


@pytest.fixture(scope="module")
def api(shared_api: InProcess) -> InProcess:
    """One server for the module: what is refused leaves nothing behind."""
    return shared_api


@pytest.fixture(scope="module")
def people(api: InProcess) -> dict[str, str]:
    """Two leads, who must still be the same at the end of a test."""
    return {
        "asha": api.create(FirstName="Asha", EmailAddress="asha@example.com", mx_City="Pune"),
        "ravi": api.create(FirstName="Ravi", Phone="+91-9000000001"),
    }


@pytest.fixture
def unchanged(api: InProcess, people: dict[str, str]) -> Iterator[None]:
    """What the test does leaves everything as it was."""

    assert people
    before = api.kept()
    yield
    assert api.kept() == before


def write_of(operation: str, people: dict[str, str]) -> str:
    query = f"?leadId={people['asha']}" if operation == "Lead.Update" else ""
    return LEADS + operation + query


def test_the_documentations_own_example_comes_out_byte_for_byte(api: InProcess) -> None:
    """Lead.Update without leadId: the three members of the page that the product follows."""
    answer = api.post(LEADS + "Lead.Update", attributes({"FirstName": "Asha"}))
    assert answer.status == 500
    assert answer.body == (
        b'{"Status":"Error","ExceptionType":"MXMandatoryAttributeMissingException",'
        b'"ExceptionMessage":"\'leadId\' is mandatory for updating lead"}'
    )


_BODIES = [
    pytest.param(b"not JSON", 400, MALFORMED, id="no JSON"),
    pytest.param(b'[{"Attribute":"FirstName","Value":"A"}', 400, MALFORMED, id="cut off"),
    pytest.param(b'[{"Attribute":"FirstName","Value":"A"}] x', 400, MALFORMED, id="trailing"),
    pytest.param(b"[{'Attribute':'FirstName'}]", 400, MALFORMED, id="single quotes"),
    pytest.param(b'[{"Attribute":"FirstName","Value":NaN}]', 400, MALFORMED, id="NaN"),
    pytest.param(b"", 400, MISSHAPEN, id="empty"),
    pytest.param(b"null", 400, MISSHAPEN, id="null"),
    pytest.param(b"17", 400, MISSHAPEN, id="a number"),
    pytest.param(b'"text"', 400, MISSHAPEN, id="a string"),
    pytest.param(b'{"FirstName":"A"}', 400, MISSHAPEN, id="an object for an array"),
    pytest.param(b'[["FirstName","A"]]', 400, MISSHAPEN, id="arrays for objects"),
    pytest.param(b'["FirstName"]', 400, MISSHAPEN, id="texts for objects"),
    pytest.param(b'[{"Name":"FirstName","Data":"A"}]', 500, MISSING, id="wrong member names"),
    pytest.param(b'[{"Attribute":"FirstName"}]', 500, MISSING, id="no Value"),
    pytest.param(b'[{"Value":"A"}]', 500, MISSING, id="no Attribute"),
    pytest.param(b'[{"Attribute":7,"Value":"A"}]', 400, MISSHAPEN, id="a number for a name"),
    pytest.param(b'[{"Attribute":"FirstName","Value":["A"]}]', 400, MISSHAPEN, id="an array value"),
    pytest.param(b'[{"Attribute":"FirstName","Value":{}}]', 400, MISSHAPEN, id="an object value"),
    pytest.param(b'[{"Attribute":"FirstName","Value":"\xff\xfe"}]', 400, MALFORMED, id="bad UTF-8"),
    pytest.param(b"\xff\xfe[\x00]\x00", 400, MALFORMED, id="UTF-16"),
    pytest.param(b'[{"Attribute":"FirstName","Value":"a\\u0000b"}]', 400, MALFORMED, id="NUL"),
    pytest.param(b'[{"Attribute":"FirstName","Value":"\\ud800"}]', 400, MALFORMED, id="surrogate"),
    pytest.param(b"[" * 100_000, 400, MALFORMED, id="nested, open"),
    pytest.param(b"[" * 50_000 + b"]" * 50_000, 400, MALFORMED, id="nested, closed"),
    pytest.param(b'[{"a":' * 50_000 + b"1" + b"}]" * 50_000, 400, MALFORMED, id="nested objects"),
    pytest.param(b"[]", 500, MISSING, id="no attributes"),
]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("body", "status", "exception_type"), _BODIES)
@pytest.mark.parametrize("operation", KINDS_OF_WRITE)
def test_a_body_that_is_no_lead_write_is_refused(
    api: InProcess,
    people: dict[str, str],
    operation: str,
    body: bytes,
    status: int,
    exception_type: str,
) -> None:
    """By every operation that writes leads.

    Not JSON or not an array of attributes is a 400; an attribute without a member is a 500.
    """
    headers = {"Content-Type": "application/json"}
    answer = api.call("POST", write_of(operation, people), body, headers=headers)
    assert_fault(answer, status, exception_type)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "content_type",
    [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/xml",
        "application/json; charset=utf-16",
        "application/json; charset=iso-8859-1",
        "jsonish",
    ],
)
def test_a_wrong_content_type_is_refused_and_says_what_to_send(
    api: InProcess, content_type: str
) -> None:
    """400 names the type that came; the reader is told of application/json."""
    body = json.dumps(attributes({"FirstName": "New"}))
    answer = api.call("POST", CREATE, body, headers={"Content-Type": content_type})
    assert_fault(answer, 400, CONTENT_TYPE)
    accept = {"Content-Type": content_type, "Accept": "application/problem+json"}
    problem = api.call("POST", CREATE, body, headers=accept).json
    assert problem["errors"][0]["location"] == "header.Content-Type"
    assert "UTF-8" in problem["errors"][0]["fix"] or "application/json" in str(problem["errors"])


_VALUES = [
    pytest.param("EmailAddress", "asha", id="e-mail without @"),
    pytest.param("EmailAddress", "@example.com", id="e-mail without a name"),
    pytest.param("EmailAddress", "asha@", id="e-mail without a host"),
    pytest.param("EmailAddress", "asha@exa mple.com", id="e-mail with a blank"),
    pytest.param("EmailAddress", "a@b@example.com", id="e-mail with two @"),
    pytest.param("EmailAddress", "a@example.com,b@example.com", id="two e-mails"),
    pytest.param("EmailAddress", "a" * 200 + "@example.com", id="e-mail too long"),
    pytest.param("EmailAddress", "a@example..com", id="e-mail with two dots"),
    pytest.param("Phone", "call me", id="phone of letters"),
    pytest.param("Phone", "123", id="phone too short"),
    pytest.param("Phone", "+91-" + "9" * 30, id="phone too long"),
    pytest.param("Phone", "++91-9000000009", id="phone with two +"),
    pytest.param("Mobile", "９０００００００００", id="phone in other digits"),  # noqa: RUF001
    pytest.param("mx_DOB", "2001-02-29", id="a day that does not exist"),
    pytest.param("mx_DOB", "29/02/2000", id="a date in another order"),
    pytest.param("mx_DOB", "2000-02-29T00:00:00", id="a date with T"),
    pytest.param("mx_DOB", "2000-02-29 00:00:00.000", id="a date with milliseconds"),
    pytest.param("mx_DOB", "2000-02-29 24:00:00", id="an hour that does not exist"),
    pytest.param("Revenue", "a lot", id="number of letters"),
    pytest.param("Revenue", "NaN", id="number NaN"),
    pytest.param("Revenue", "Infinity", id="number without end"),
    pytest.param("Revenue", "1_000", id="number with an underscore"),
    pytest.param("Revenue", "１２", id="number in other digits"),  # noqa: RUF001
    pytest.param("DoNotEmail", "perhaps", id="boolean perhaps"),
    pytest.param("OwnerId", "nobody", id="owner that is no id"),
    pytest.param("OwnerId", NO_ID, id="owner that does not exist"),
    pytest.param("ProspectID", "17", id="lead id that is none"),
    pytest.param("FirstName", "x" * 201, id="text too long"),
]


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("name", "value"), _VALUES)
@pytest.mark.parametrize("operation", KINDS_OF_WRITE)
def test_a_value_that_its_field_cannot_have_is_refused(
    api: InProcess, people: dict[str, str], operation: str, name: str, value: str
) -> None:
    """The message names the field, and nothing of the write is kept."""
    good = {"FirstName": "New", "EmailAddress": "new@example.com"}
    answer = api.post(write_of(operation, people), attributes(good | {name: value}))
    assert_fault(answer, 500, INVALID, name)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", KINDS_OF_WRITE)
def test_ten_thousand_attributes_are_refused(
    api: InProcess, people: dict[str, str], operation: str
) -> None:
    """A write has a limit, and the message says which."""
    body = [{"Attribute": f"mx_{n}", "Value": "x"} for n in range(10_000)]
    assert_fault(api.post(write_of(operation, people), body), 500, INVALID, "1000")


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", KINDS_OF_WRITE)
def test_every_unknown_attribute_is_named_once(
    api: InProcess, people: dict[str, str], operation: str
) -> None:
    """The whole write is rejected, good attributes and all."""
    body = [*attributes({"FirstName": "New", "mx_A": "1", "mx_B": "2"}), *attributes({"mx_A": "3"})]
    answer = api.post(write_of(operation, people), body)
    assert_fault(answer, 500, "MXUnknownAttributeException")
    assert answer.message == "Attribute(s) does not exist - mx_A, mx_B."


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("operation", KINDS_OF_WRITE)
@pytest.mark.parametrize(
    ("taken", "named"),
    [
        ({"EmailAddress": "ASHA@EXAMPLE.COM"}, "Email"),
        ({"Phone": "+91-9000000001"}, "Phone Number"),
    ],
)
def test_a_duplicate_of_a_unique_field_is_refused(
    api: InProcess, people: dict[str, str], operation: str, taken: dict[str, str], named: str
) -> None:
    """By each write that would give one lead the value of another."""
    other = {"Phone": "+91-9000000555"} if "EmailAddress" in taken else {"EmailAddress": "n@e.com"}
    free = next(iter(other))
    target, body = LEADS + operation, taken | other | {"SearchBy": free}
    if operation == "Lead.Update":
        lead_id = people["ravi"] if named == "Email" else people["asha"]
        target, body = f"{target}?leadId={lead_id}", taken
    answer = api.post(target, attributes(body))
    assert_fault(answer, 500, "MXDuplicateEntryException")
    assert answer.message == f"A Lead with same {named} already exists."


@pytest.mark.parametrize("attempt", range(3))
def test_of_several_duplicates_the_e_mail_address_is_named(
    make_api: Callable[..., InProcess], attempt: int
) -> None:
    """The same fault every time, on whatever database."""
    api = make_api()
    taken = {"EmailAddress": f"a{attempt}@example.com", "Phone": "+91-9000000001"}
    api.create(**taken)
    answer = api.write("Lead.Create", taken)
    assert_fault(answer, 500, "MXDuplicateEntryException")
    assert answer.message == "A Lead with same Email already exists."


def test_a_lead_id_that_is_taken_cannot_be_given_to_a_new_lead(
    api: InProcess, people: dict[str, str]
) -> None:
    """Also where the caller chooses the id of a new lead."""
    before = api.leads()
    body = {"ProspectID": people["asha"], "__UseUserDefinedGuid__": "true", "FirstName": "New"}
    assert_fault(api.write("Lead.Create", body), 500, "MXDuplicateEntryException")
    assert api.leads() == before


_DATES = [
    "2026-03-01 00:00:00.000",
    "2026-03-01T00:00:00",
    "2026-03-01 00:00:00Z",
    "2026-03-01 00:00:00 +05:30",
    "2026-03-01  00:00:00",
    " 2026-03-01 00:00:00",
    "2026-03-01 00:00",
    "2026-03-01",
    "01-03-2026 00:00:00",
    "03/01/2026 12:00:00 AM",
    "2026-3-1 0:0:0",
    "/Date(1772323200000)/",
    "1772323200",
    "2026-02-29 00:00:00",
    "2026-13-01 00:00:00",
    "2026-03-01 24:00:00",
    "2026-03-01 23:59:60",
    "0000-01-01 00:00:00",
    "10000-01-01 00:00:00",
    "２０２６-03-01 00:00:00",  # noqa: RUF001  # other digits
    "2026-03-01 00:00:00\n",
    "yesterday",
]
_PLACES: dict[str, Callable[[str, str], tuple[str, Any]]] = {
    "FromDate": lambda date, _: (
        RECENT,
        {"Parameter": {"FromDate": date, "ToDate": "2099-01-01 00:00:00"}},
    ),
    "ToDate": lambda date, _: (
        RECENT,
        {"Parameter": {"FromDate": "0001-01-01 00:00:00", "ToDate": date}},
    ),
    "CreatedOn": lambda date, _: (
        SEARCH,
        {"Parameter": {"LookupName": "CreatedOn", "LookupValue": date, "SqlOperator": ">"}},
    ),
    "ProspectActivityDate_Max": lambda date, _: (
        SEARCH,
        {
            "Parameter": {
                "LookupName": "ProspectActivityDate_Max",
                "LookupValue": date,
                "SqlOperator": "=",
            }
        },
    ),
    "LeadLastModifiedOn": lambda date, _: (
        SEARCH,
        {
            "Parameter": {
                "LookupName": "LeadLastModifiedOn",
                "LookupValue": date,
                "SqlOperator": "<=",
            }
        },
    ),
    "ActivityDateTime": lambda date, lead_id: (
        POST_ACTIVITY,
        {"RelatedProspectId": lead_id, "ActivityEvent": 201, "ActivityDateTime": date},
    ),
}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("date", _DATES)
@pytest.mark.parametrize("place", _PLACES)
def test_a_date_time_is_taken_in_one_form_only(
    api: InProcess, people: dict[str, str], place: str, date: str
) -> None:
    """Exactly yyyy-MM-dd HH:mm:ss of a moment that exists; anything else is refused by name."""
    target, body = _PLACES[place](date, people["asha"])
    assert_fault(api.post(target, body), 500, INVALID, f"{place} value is not correct.")


@pytest.mark.parametrize("place", _PLACES)
@pytest.mark.parametrize(
    "date", ["0001-01-01 00:00:00", "2024-02-29 23:59:59", "9999-12-31 23:59:59"]
)
def test_a_date_time_in_that_form_is_taken_everywhere(
    api: InProcess, people: dict[str, str], place: str, date: str
) -> None:
    """The first and last second that there are included."""
    target, body = _PLACES[place](date, people["asha"])
    if place == "FromDate":
        body["Parameter"]["ToDate"] = "9999-12-31 23:59:59"
    assert api.post(target, body).status == 200


@pytest.mark.parametrize("form", ["2000-02-29 00:00:00.000", "2000-02-30", "29.02.2000", "soon"])
def test_a_date_field_is_searched_by_a_date_only(api: InProcess, form: str) -> None:
    """A date-only field of a lead takes no milliseconds and no other form either."""
    parameter = {"LookupName": "mx_DOB", "LookupValue": form, "SqlOperator": ">"}
    assert_fault(api.post(SEARCH, {"Parameter": parameter}), 500, INVALID, "mx_DOB")


def test_a_date_field_is_searched_by_date_or_by_midnight(api: InProcess) -> None:
    """Both forms in which a date may be written find it."""
    api.create(FirstName="Asha", mx_DOB="2000-02-29 00:00:00")
    for form in ("2000-02-29", "2000-02-29 00:00:00"):
        parameter = {"LookupName": "mx_DOB", "LookupValue": form, "SqlOperator": "="}
        (lead,) = api.post(SEARCH, {"Parameter": parameter}).json
        assert lead["mx_DOB"] == "2000-02-29"


def test_a_reversed_range_is_refused(api: InProcess) -> None:
    """In the dialect's own words; an instant is a range."""
    at = "2026-03-01 00:00:00"
    body = {"Parameter": {"FromDate": "2026-03-01 00:00:01", "ToDate": at}}
    answer = api.post(RECENT, body)
    assert_fault(answer, 500, INVALID, "FromDate can't be greater than ToDate.")
    assert api.post(RECENT, {"Parameter": {"FromDate": at, "ToDate": at}}).json == {
        "RecordCount": 0
    }


_PAGES = [
    pytest.param(RECENT, {"PageSize": 5001}, "MXMandatoryFieldMissingException", id="5001 recent"),
    pytest.param(RECENT, {"PageSize": "99999"}, "MXMandatoryFieldMissingException", id="as text"),
    pytest.param(RECENT, {"PageIndex": 0}, INVALID, id="page 0"),
    pytest.param(RECENT, {"PageIndex": -1}, INVALID, id="page -1"),
    pytest.param(SEARCH, {"PageSize": 0}, INVALID, id="size 0"),
    pytest.param(SEARCH, {"PageSize": "many"}, INVALID, id="size many"),
    pytest.param(SEARCH, {"PageSize": "1.5"}, INVALID, id="size 1.5"),
    pytest.param(SEARCH, {"PageSize": 10**30}, INVALID, id="size of 31 digits"),
    pytest.param(SEARCH, {"PageSize": "9" * 5000}, INVALID, id="size of 5000 digits"),
    pytest.param(SEARCH, {"PageIndex": "９"}, INVALID, id="other digits"),  # noqa: RUF001
    pytest.param(ACTIVITIES + "Retrieve", {"RowCount": 1001}, INVALID, id="1001 activities"),
    pytest.param(ACTIVITIES + "Retrieve", {"Offset": -1}, INVALID, id="offset -1"),
    pytest.param(ACTIVITIES + "Retrieve", {"Offset": "9" * 5000}, INVALID, id="offset 5000 digits"),
]


@pytest.mark.parametrize(("target", "paging", "exception_type"), _PAGES)
def test_a_page_that_is_none_is_refused(
    api: InProcess, people: dict[str, str], target: str, paging: dict[str, Any], exception_type: str
) -> None:
    """Too large, not a number, before the first."""
    body = {"Paging": paging}
    if target == RECENT:
        body["Parameter"] = {"FromDate": "2026-01-01 00:00:00", "ToDate": "2026-12-31 00:00:00"}
    assert_fault(api.post(f"{target}?leadId={people['asha']}", body), 500, exception_type)


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("lead_id", "values", "exception_type"),
    [
        (NO_ID, {}, MISSING),
        (NO_ID, {"FirstName": "New"}, "MXInvalidEntityException"),
        ("17", {"FirstName": "New"}, "MXInvalidEntityException"),
        ("", {"FirstName": "New"}, MISSING),
    ],
)
def test_a_lead_that_does_not_exist_is_not_updated(
    api: InProcess, lead_id: str, values: dict[str, str], exception_type: str
) -> None:
    """Neither made on the way."""
    answer = api.write("Lead.Update", values, leadId=lead_id)
    assert_fault(answer, 500, exception_type)


_NO_EVENT, _NO_LEAD = "MXInvalidActivityException", "MXInvalidEntityReferenceException"
_NEW = {"EmailAddress": "new@example.com", "ActivityEvent": 201}


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    ("body", "exception_type"),
    [
        ({"RelatedProspectId": NO_ID, "ActivityEvent": 201}, _NO_LEAD),
        ({"RelatedProspectId": "17", "ActivityEvent": 201}, _NO_LEAD),
        (_NEW | {"EmailAddress": "no address"}, INVALID),
        (_NEW | {"Phone": "+91-9000000001"}, "MXDuplicateEntryException"),
        (_NEW | {"ActivityEvent": 3002}, _NO_EVENT),
        (_NEW | {"ActivityEvent": 99999}, _NO_EVENT),
        (_NEW | {"ActivityEvent": None}, _NO_EVENT),
        (_NEW | {"ActivityEvent": "201x"}, _NO_EVENT),
        (_NEW | {"ActivityEvent": "9" * 5000}, _NO_EVENT),
        (_NEW | {"Score": "lots"}, INVALID),
        (_NEW | {"Score": -1}, INVALID),
        (_NEW | {"Fields": [{"SchemaName": "mx_Nowhere", "Value": "1"}]}, INVALID),
    ],
)
def test_an_activity_that_cannot_be_is_refused(
    api: InProcess, body: dict[str, Any], exception_type: str
) -> None:
    """And makes no lead on the way, though it came with an e-mail address."""
    assert_fault(api.post(POST_ACTIVITY, body), 500, exception_type)


@pytest.mark.parametrize("column", ["mx_Nowhere", "firstname", "'; DROP TABLE leads --"])
def test_sorting_by_what_is_no_field_is_refused(api: InProcess, column: str) -> None:
    """The text of a column never becomes part of a statement."""
    answer = api.post(SEARCH, {"Sorting": {"ColumnName": column}})
    assert_fault(answer, 500, INVALID, "Sorting")


@pytest.mark.parametrize("name", ["Score", "Revenue", "ProspectAutoId"])
@pytest.mark.parametrize("value", ["many", "sNaN", "NaN", "Infinity", "1e999999", "１", "1_0", ""])  # noqa: RUF001
def test_a_number_is_searched_by_a_number_only(api: InProcess, name: str, value: str) -> None:
    """Python's own spellings of numbers are none of the dialect's."""
    parameter = {"LookupName": name, "LookupValue": value, "SqlOperator": ">"}
    assert_fault(api.post(SEARCH, {"Parameter": parameter}), 500, INVALID, name)


@pytest.mark.usefixtures("unchanged")
def test_a_body_over_the_limit_is_refused_in_the_same_envelope(
    api: InProcess,
) -> None:
    """413, and the message says the limit."""
    limit = api.app._settings.request_body_bytes_max
    body = json.dumps(attributes({"FirstName": "x" * limit}))
    answer = api.call("POST", CREATE, body, headers={"Content-Type": "application/json"})
    assert_fault(answer, 413, "RequestTooLargeException", str(limit))


def test_a_body_of_exactly_the_limit_is_read(make_api: Callable[..., InProcess]) -> None:
    """The limit belongs to what is accepted."""
    api = make_api(request_body_bytes_max=1024)
    start = b'[{"Attribute":"FirstName","Value":"A"}'
    for size, status in ((1024, 200), (1025, 413)):
        body = start + b" " * (size - len(start) - 1) + b"]"
        headers = {"Content-Type": "application/json"}
        assert api.call("POST", CREATE, body, headers=headers).status == status


@pytest.mark.parametrize("rounds", range(5))
def test_of_clients_that_race_for_an_address_exactly_one_wins(
    make_api: Callable[..., InProcess], rounds: int
) -> None:
    """All the others are told of the duplicate, and one lead is made."""
    api = make_api()
    body = attributes({"EmailAddress": f"race{rounds}@example.com"})
    answers = api.send_many([("POST", CREATE, body)] * 20)
    assert sorted(answer.status for answer in answers) == [200] + [500] * 19
    for answer in answers:
        if answer.status != 200:
            assert_fault(answer, 500, "MXDuplicateEntryException")
    assert len(api.leads()) == 1


def test_of_clients_that_race_to_capture_an_address_all_reach_one_lead(
    make_api: Callable[..., InProcess],
) -> None:
    """Capture creates once and updates afterwards, however the calls fall."""
    api = make_api()
    body = attributes({"EmailAddress": "race@example.com", "FirstName": "Asha"})
    answers = api.send_many([("POST", LEADS + "Lead.Capture", body)] * 20)
    assert {answer.status for answer in answers} == {200}
    messages = [answer.json["Message"] for answer in answers]
    assert len({message["Id"] for message in messages}) == 1
    assert sum(message["IsCreated"] for message in messages) == 1
    assert len(api.activities(messages[0]["Id"])) == 20


def test_a_fault_of_one_call_undoes_nothing_of_its_neighbours(
    make_api: Callable[..., InProcess],
) -> None:
    """Calls that share a commit stand or fall each for itself."""
    api = make_api()
    good = [attributes({"FirstName": f"Lead {n}"}) for n in range(10)]
    bad = [attributes({"FirstName": "No", "mx_Nowhere": "1"})] * 10
    taken = [attributes({"EmailAddress": "one@example.com"})] * 10
    mixed = [body for three in zip(good, bad, taken, strict=True) for body in three]
    answers = api.send_many([("POST", CREATE, body) for body in mixed])
    assert [answer.status for answer in answers[::3]] == [200] * 10
    assert [answer.status for answer in answers[1::3]] == [500] * 10
    assert len(api.leads()) == 11


def test_problem_details_come_on_request(api: InProcess) -> None:
    """RFC 9457: the members of the dialect, and where, what, and how to put it right."""
    headers = {"Accept": "application/problem+json"}
    answer = api.call("POST", LEADS + "Lead.Update", [], headers=headers)
    assert answer.status == 500
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json
    assert problem["type"] == "/errors/MXMandatoryAttributeMissingException"
    assert problem["status"] == 500
    assert problem["detail"] == problem["ExceptionMessage"]
    assert problem["ExceptionMessage"] == "'leadId' is mandatory for updating lead"
    assert problem["instance"] == f"/console/api-logs/{answer.call_id}"
    (error,) = problem["errors"]
    assert error["location"] == "query.leadId"
    assert error["code"] == "MXMandatoryAttributeMissingException"
    assert error["fix"]
    assert problem["retryable"] is False
    assert problem["changed"] is False


def test_every_fault_links_to_its_help(api: InProcess) -> None:
    """Beyond the body, a header says where the fault is explained."""
    answer = api.get(LEADS + "Nothing")
    assert answer.headers["link"] == f'</errors/{answer.exception_type}>; rel="help"'


def test_a_call_over_the_plan_is_told_when_to_come_back(make_api: Callable[..., InProcess]) -> None:
    """429 with the plan's number and Retry-After, within the window; nothing is done."""
    api = make_api(plan="lite")
    answers = api.send_many([("POST", CREATE, attributes({"FirstName": "A"}))] * 10)
    refused = [answer for answer in answers if answer.status != 200]
    assert len(refused) == 8
    for answer in refused:
        assert_fault(answer, 429, "MXAPIRateLimitExceededException")
        assert answer.message == "API calls exceeded the limit of 2 in 5 second(s)"
        assert 1 <= int(answer.headers["retry-after"]) <= 5


def test_too_many_parameters_are_refused(api: InProcess) -> None:
    """A URL has a limit as well."""
    query = "&".join(f"a{n}=1" for n in range(300))
    assert_fault(api.get(f"{LEADS}Leads.GetById?{query}"), 400, MALFORMED)


def test_a_nul_in_a_parameter_is_refused(api: InProcess) -> None:
    """As in a body: no store is given one."""
    assert_fault(api.get(f"{LEADS}Leads.GetByQuickSearch?key=a%00b"), 400, MALFORMED)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)
_TARGETS = st.sampled_from(
    [LEADS + name for name in KINDS_OF_WRITE] + [SEARCH, RECENT, POST_ACTIVITY]
)


@given(target=_TARGETS, body=_JSON | st.binary())
@budget(max_examples=examples(300))
def test_no_body_makes_the_server_fail(api: InProcess, target: str, body: object) -> None:
    """Whatever JSON or bytes arrive: an answer, or a fault that names what is wrong."""
    raw = body if isinstance(body, bytes) else json.dumps(body)
    answer = api.call("POST", target, raw, headers={"Content-Type": "application/json"})
    assert answer.status in (200, 400, 500)
    if answer.status != 200:
        assert list(answer.json) == ENVELOPE
        assert answer.exception_type != "InternalServerErrorException", api.record(answer).traceback


@given(
    values=st.dictionaries(
        st.sampled_from(["FirstName", "EmailAddress", "Phone", "Revenue", "mx_DOB", "SearchBy"])
        | st.sampled_from(["ProspectID", "OwnerId", "DoNotCall", "__UseUserDefinedGuid__"]),
        st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
        min_size=1,
    ),
    operation=st.sampled_from(KINDS_OF_WRITE[:3]),
)
@budget(max_examples=examples(300))
def test_no_value_makes_the_server_fail(
    api: InProcess, operation: str, values: dict[str, object]
) -> None:
    """Any scalar in any attribute is kept or refused, and what was kept can be read."""
    answer = api.write(operation, values)
    assert answer.status in (200, 400, 500)
    if answer.status == 200:
        assert api.lead(answer.json["Message"]["Id"])
    else:
        assert answer.exception_type != "InternalServerErrorException", api.record(answer).traceback


@given(
    name=st.sampled_from(["ProspectID", "ProspectAutoId", "CreatedOn", "Revenue", "Phone"])
    | st.sampled_from(["EmailAddress", "DoNotCall", "mx_DOB", "StatusCode", "OwnerIdName"])
    | st.text(),
    operator=st.sampled_from(["=", "<>", ">", "<", ">=", "<=", "LIKE", "in"]) | st.text(),
    value=st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
)
@budget(max_examples=examples(300))
def test_no_criterion_makes_the_server_fail(
    api: InProcess, name: str, operator: str, value: object
) -> None:
    """Any name, operator and value: rows, none, or a fault that says what is wrong."""
    parameter = {"LookupName": name, "LookupValue": value, "SqlOperator": operator}
    answer = api.post(SEARCH, {"Parameter": parameter})
    assert answer.status in (200, 400, 500)
    if answer.status != 200:
        assert answer.exception_type != "InternalServerErrorException", api.record(answer).traceback


def test_a_date_time_is_not_compared_with_like(api: InProcess) -> None:
    """LIKE means nothing to a moment: it is refused, not answered with nothing."""
    parameter = {"LookupName": "CreatedOn", "LookupValue": "2026%", "SqlOperator": "LIKE"}
    answer = api.post(LEADS + "Leads.Get", {"Parameter": parameter})
    assert (answer.status, answer.exception_type) == (500, "MXInvalidEntityException")
