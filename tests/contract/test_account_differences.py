"""What accounts, and the reports about them, differ in: a setting for each."""

import json
from collections.abc import Callable

import pytest
from support import LEADS, InProcess, assert_fault, leadwire, new_async_key

CREATE = LEADS + "Lead.Create"
ASHA = [{"Attribute": "EmailAddress", "Value": "asha@example.com"}]
RATE = "MXAPIRateLimitExceededException"
DUPLICATE = "MXDuplicateEntryException"


@pytest.mark.parametrize("status", [429, 200, 403])
def test_a_refused_rate_has_the_status_of_the_setting(
    make_api: Callable[..., InProcess], status: int
):
    """The body, Retry-After and what the log says of it stay the same."""
    api = make_api(plan="lite", refused_rate_status=status)
    answers = [api.get(LEADS + "LeadsMetaData.Get") for _ in range(3)]
    assert_fault(answers[2], status, RATE, "API calls exceeded the limit of 2 in 5 second(s)")
    assert int(answers[2].headers["retry-after"]) >= 1
    record = api.record(answers[2])
    assert (record.status_code, record.outcome, record.exception_type) == (status, "refused", RATE)


@pytest.mark.parametrize("status", [500, 200])
@pytest.mark.parametrize("operation", ["Lead.Create", "Lead.Capture"])
def test_a_duplicate_has_the_status_of_the_setting(
    make_api: Callable[..., InProcess], status: int, operation: str
):
    """Nothing is changed, and the log shows a failed call, whatever the status."""
    api = make_api(duplicate_status=status)
    api.create(Phone="+91-9000000001")
    api.create(EmailAddress="asha@example.com")
    before = api.leads()
    both = {"EmailAddress": "asha@example.com", "Phone": "+91-9000000001"}
    answer = api.write(operation, both)
    assert_fault(answer, status, DUPLICATE, "already exists.")
    assert api.leads() == before
    record = api.record(answer)
    assert (record.outcome, record.exception_type) == ("client_fault", DUPLICATE)


def test_a_duplicate_with_status_200_is_no_success_of_a_call_for_later(
    make_api: Callable[..., InProcess],
):
    """Its fault is told by its body, whatever its status."""
    api = make_api(duplicate_status="200")
    api.create(Phone="+91-9000000001")
    api.create(EmailAddress="asha@example.com")
    key = {"x-api-key": new_async_key(api.folder)}
    both = [*ASHA, {"Attribute": "Phone", "Value": "+91-9000000001"}]
    asked = api.call("POST", "/lead/capture", both, headers=key).json
    assert api.app.workers is not None
    api.run(api.app.workers.later.settled())
    status = api.call(
        "GET", f"/lead/status?RequestID={asked['RequestID']}", headers=key, keys="none"
    )
    assert "already exists." in json.dumps(status.json)
    assert "success" not in json.dumps(status.json).lower()


@pytest.mark.parametrize("given", ["text/plain;charset=UTF-8", "application/x-www-form-urlencoded"])
def test_json_under_another_type_is_refused_unless_the_setting_takes_it(
    make_api: Callable[..., InProcess], given: str
):
    """A charset that is not UTF-8 is refused either way."""
    api = make_api(content_types="any")
    body = json.dumps(ASHA)
    taken = api.call("POST", CREATE, body, headers={"Content-Type": given})
    assert taken.status == 200, taken.body
    key = {"x-api-key": new_async_key(api.folder)}
    later = api.call("POST", "/lead/capture", body, headers=key | {"Content-Type": given})
    assert later.status == 200, later.body
    form = api.call("POST", CREATE, "EmailAddress=a%40b.example", headers={"Content-Type": given})
    assert_fault(form, 400, "JsonReaderException")
    latin = {"Content-Type": "text/plain; charset=latin-1"}
    assert api.call("POST", CREATE, body, headers=latin).status == 400


@pytest.mark.parametrize("given", ["text/plain", "application/x-www-form-urlencoded", "x/y; a=b"])
def test_a_refused_content_type_names_the_one_that_is_wanted(shared_api: InProcess, given: str):
    """And the one that was sent."""
    answer = shared_api.call("POST", CREATE, json.dumps(ASHA), headers={"Content-Type": given})
    named = given.partition(";")[0]
    assert_fault(
        answer,
        400,
        "UnsupportedContentTypeException",
        f"The content type '{named}' is not supported: send application/json",
    )


@pytest.mark.parametrize(
    "path",
    [
        "/v2/LeadManagement.svc//Lead.Create",
        "//v2/LeadManagement.svc/Lead.Create",
        "/v2//LeadManagement.svc///Lead.Create/",
    ],
)
def test_several_slashes_count_as_one(shared_api: InProcess, path: str):
    """As production code sends them; the record holds the path as it was sent."""
    answer = shared_api.post(path, [{"Attribute": "FirstName", "Value": "Asha"}])
    assert answer.status == 200, answer.body
    record = shared_api.record(answer)
    assert (record.operation, record.path) == ("Lead.Create", path)


@pytest.mark.parametrize(
    ("path", "meant"),
    [
        ("LeadManagement.svc/Lead.GetById", "LeadManagement.svc/Leads.GetById"),
        ("LeadManagement.svc/Activity.Create", "ProspectActivity.svc/Create"),
        ("ProspectActivity.svc/Update", "ProspectActivity.svc/CustomActivity/Update"),
        ("Task.svc/MarkAsComplete", "Task.svc/MarkComplete"),
        (
            "LeadManagement.svc/Leads.GetByMobileNumber",
            "LeadManagement.svc/RetrieveLeadByPhoneNumber",
        ),
    ],
)
@pytest.mark.parametrize("version", ["v1", "v2"])
def test_an_unknown_path_gets_a_hint_at_the_nearest(
    shared_api: InProcess, version: str, path: str, meant: str
):
    """In a header: the body is the contract's three members."""
    answer = shared_api.post(f"/{version}/{path}", [])
    assert_fault(answer, 404, "ApiNotFoundException", "Please check the API signature (syntax).")
    assert answer.headers["x-leadwire-notice"] == f"Did you mean /v2/{meant}?"


@pytest.mark.parametrize("name", ["refused_rate_status", "duplicate_status", "content_types"])
def test_a_value_that_no_account_has_is_refused(name: str):
    """At the start, by the setting's name."""
    shown = leadwire("config", "show", environment={f"LEADWIRE_{name.upper()}": "418"})
    assert shown.exit_code != 0
    assert name in shown.stderr
