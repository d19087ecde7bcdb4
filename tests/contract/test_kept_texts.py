"""Texts that PostgreSQL cannot keep are refused by every operation, on both engines alike."""

import json
from urllib.parse import quote_from_bytes

import pytest
from support import ACTIVITIES, LEADS, Answer, InProcess

_TEXTS = ["\\u0000", "\\ud800", "\\udc00\\ud800", "\0"]
"""Within a JSON text: NUL and halves of surrogate pairs, escaped, and NUL itself."""
_BODIES = {
    LEADS + "Lead.Create": '[{"Attribute":"FirstName","Value":"%s"}]',
    LEADS + "Lead.Capture": '[{"Attribute":"FirstName","Value":"%s"}]',
    LEADS + "Lead/Bulk/Create": '[[{"Attribute":"FirstName","Value":"%s"}]]',
    LEADS + "CreateNote": '{"RelatedProspectId":"x","Note":"%s"}',
    LEADS + "Leads.Get": '{"Parameter":{"LookupName":"FirstName","LookupValue":"%s"}}',
    ACTIVITIES + "Create": '{"RelatedProspectId":"x","ActivityEvent":1,"ActivityNote":"%s"}',
    "/v2/Task.svc/Create": '{"Name":"%s","DueDate":"2026-03-10 10:00:00"}',
    "/v2/UserManagement.svc/User/Create": '{"FirstName":"%s","EmailAddress":"u@u.test"}',
}
_FORM = "/t/FormTracker.aspx"


@pytest.fixture(scope="module")
def api(shared_api: InProcess) -> InProcess:
    """One server for the module: what is refused leaves nothing behind."""
    return shared_api


def assert_refused(answer: Answer) -> None:
    assert answer.status == 400, answer.body
    assert answer.exception_type == "JsonReaderException"


@pytest.mark.parametrize("text", _TEXTS, ids=ascii)
@pytest.mark.parametrize("path", _BODIES)
def test_a_json_text_that_cannot_be_kept_is_refused(api: InProcess, path: str, text: str) -> None:
    """The body is not JSON then: nothing of it is kept, not even the other rows of a bulk call."""
    before = api.kept()
    assert_refused(api.call("POST", path, (_BODIES[path] % text).encode()))
    assert api.kept() == before


@pytest.mark.parametrize("parameter", ["emailaddress", "key", "phone"])
def test_a_nul_in_a_parameter_is_refused(api: InProcess, parameter: str) -> None:
    """Bytes that are not UTF-8 become replacement characters, and find nothing."""
    path = {
        "emailaddress": "Leads.GetByEmailaddress",
        "key": "Leads.GetByQuickSearch",
        "phone": "RetrieveLeadByPhoneNumber",
    }[parameter]
    assert_refused(api.call("GET", f"{LEADS}{path}?{parameter}=abc%00"))
    found = api.call("GET", f"{LEADS}{path}?{parameter}=abc%ED%A0%80")
    assert (found.status, found.json) == (200, [])


@pytest.mark.parametrize("field", ["FirstName", "EmailAddress", "MXHRedirectUrl", "mx_\0City"])
@pytest.mark.parametrize("kind", ["urlencoded", "multipart"])
def test_a_nul_in_a_field_of_a_form_is_refused(api: InProcess, field: str, kind: str) -> None:
    """As a browser or a program sends it."""
    fields = {b"MXHOrgCode": b"1001", field.encode(): b"a\0b"}
    if kind == "urlencoded":
        pairs = (f"{quote_from_bytes(name)}={quote_from_bytes(v)}" for name, v in fields.items())
        body, media_type = "&".join(pairs).encode(), "application/x-www-form-urlencoded"
    else:
        head = b'--B\r\nContent-Disposition: form-data; name="%b"\r\n\r\n%b\r\n'
        body = b"".join(head % pair for pair in fields.items()) + b"--B--\r\n"
        media_type = "multipart/form-data; boundary=B"
    before = api.kept()
    assert_refused(api.call("POST", _FORM, body, headers={"Content-Type": media_type}, keys="none"))
    assert api.kept() == before


def test_a_backslash_before_u0000_is_kept(api: InProcess) -> None:
    """It is a text of six characters, in a lead that is found by it."""
    text = "a\\u0000b"
    lead_id = api.create(LastName=text)
    assert api.lead(lead_id)["LastName"] == text
    body = {"Parameter": {"LookupName": "LastName", "LookupValue": text, "SqlOperator": "="}}
    found = api.post(LEADS + "Leads.Get", json.dumps(body).encode()).json
    assert [lead["ProspectID"] for lead in found] == [lead_id]


def test_a_nul_in_the_address_of_a_sign_in_is_a_wrong_address(api: InProcess) -> None:
    """The page comes again, as for any other address that no user has."""
    answer = api.call(
        "POST",
        "/console/sign-in",
        b"email=a%00b%40x.test&password=x%00",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        keys="none",
    )
    assert answer.status == 401
