"""Forms of web pages: who may submit what, where they lead, and what the call log keeps."""

from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from support import Answer, InProcess, assert_fault
from webhooks.receiver import Receiver
from webhooks.steps import hook

FORM = "/t/FormTracker.aspx"
PAGE = "https://www.acme.test/contact"
VISITOR = "5b0c7d1e-8a35-4b0e-9d55-2f1c3a8b7e10"


def submit(api: InProcess, fields: dict[str, str], **headers: str) -> Answer:
    sent = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    body = urlencode({"MXHOrgCode": "1001", **fields})
    return api.call("POST", FORM, body, headers=sent, keys="none")


@pytest.mark.parametrize(
    ("page", "target", "leads_to"),
    [
        (PAGE, "https://www.acme.test/thanks?a=b#c", "https://www.acme.test/thanks?a=b#c"),
        (PAGE, "/thanks", "https://www.acme.test/thanks"),
        (PAGE, "thanks.html", "https://www.acme.test/thanks.html"),
        (PAGE, "https://thanks.acme.test/", "https://thanks.acme.test/"),
        ("", "https://anywhere.test/", "https://anywhere.test/"),
        (PAGE, "https://other.test/", ""),
        (PAGE, "//other.test/", ""),
        (PAGE, "https://www.acme.test.other.test/", ""),
        (PAGE, "https://www.acme.test@other.test/", ""),
        (PAGE, "https://a:b@www.acme.test/", ""),
        (PAGE, "https://other.test\\@www.acme.test/", ""),
        (PAGE, "javascript:alert(1)", ""),
        ("", "javascript:alert(1)", ""),
        ("", "/thanks", ""),
        ("", "https://a.test/\r\nSet-Cookie: a=b", ""),
        ("", "https://[", ""),
        ("null", "https://other.test/", ""),
    ],
)
def test_a_form_leads_to_its_own_host_and_to_named_ones(
    make_api: Callable[..., InProcess], page: str, target: str, leads_to: str
) -> None:
    """Without a page, as from a program, to any web address; else a short page says so."""
    api = make_api(web_form_redirect_hosts="thanks.acme.test, more.acme.test")
    named = {"Origin": page} if page == "null" else {"Referer": page} if page else {}
    answer = submit(api, {"FirstName": "Asha", "MXHRedirectUrl": target}, **named)
    if leads_to:
        assert (answer.status, answer.headers["location"]) == (302, leads_to)
    else:
        assert (answer.status, "location" in answer.headers) == (200, False)
        assert "web_form_redirect_hosts" in answer.headers["x-leadwire-notice"]
    assert len(api.leads()) == 1


def test_a_repeated_form_changes_the_same_lead(api: InProcess) -> None:
    """Found by e-mail address or phone; where it came from first is kept."""
    submit(api, {"EmailAddress": "asha@example.com", "Phone": "+1-2025550142", "Source": "Ad"})
    submit(api, {"emailaddress": "ASHA@example.com", "mx_city": "Pune", "SOURCE": "Mail"})
    submit(api, {"Phone": "+1-2025550142", "FirstName": "Asha"})
    [lead] = api.leads()
    assert (lead["FirstName"], lead["mx_City"], lead["Source"]) == ("Asha", "Pune", "Ad")
    assert len(api.activities(lead["ProspectID"])) == 3


@pytest.mark.parametrize("name", ["ProspectID", "MXCProspectId"])
def test_the_id_of_the_visitor_becomes_that_of_the_lead(api: InProcess, name: str) -> None:
    """An empty or wrong one is left out."""
    submit(api, {"FirstName": "Asha", name: VISITOR})
    submit(api, {"FirstName": "Ravi", name: ""})
    submit(api, {"FirstName": "Ben", name: "undefined"})
    assert sorted(lead["ProspectID"] == VISITOR for lead in api.leads()) == [False, False, True]


def test_a_multipart_form_is_recorded_as_text_without_secrets(api: InProcess) -> None:
    """Its fields are in the record, its files are not, and neither is a password."""
    body = (
        '--x\r\nContent-Disposition: form-data; name="MXHOrgCode"\r\n\r\n1001\r\n'
        '--x\r\nContent-Disposition: form-data; name="FirstName"\r\n\r\nAsha & Co\r\n'
        '--x\r\nContent-Disposition: form-data; name="Password"\r\n\r\nhush-7f3a\r\n'
        '--x\r\nContent-Disposition: form-data; name="cv"; filename="cv.txt"\r\n\r\nmy life\r\n'
        "--x--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = api.call("POST", FORM, body, headers=headers, keys="none")
    assert answer.status == 200, answer.body
    record = api.record(answer)
    assert (record.operation, record.api_type) == ("Web.SubmitForm", "Web")
    assert record.account_id == api.keys.account_id
    assert "firstname=Asha+%26+Co" in record.request_body
    assert "hush-7f3a" not in record.request_body + str(record.request_headers)
    assert "my life" not in record.request_body
    assert api.leads()[0]["FirstName"] == "Asha & Co"


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [
        ("application/json", '{"MXHOrgCode":"1001"}', 400),
        ("application/x-www-form-urlencoded", b"MXHOrgCode=1001&a=\xff", 400),
        ("application/x-www-form-urlencoded", "MXHOrgCode=1001&" + "a=1&" * 501, 400),
        ("multipart/form-data", "--x", 400),
        ("application/x-www-form-urlencoded", "", 401),
        ("application/x-www-form-urlencoded", "MXHOrgCode=" + "1" * 5000, 401),
        ("application/x-www-form-urlencoded", "MXHOrgCode=\u0661\u0660\u0660\u0661", 401),
    ],
)
def test_a_form_that_cannot_be_read_makes_nothing(
    api: InProcess, content_type: str, body: str | bytes, status: int
) -> None:
    """400 for what is not a form, 401 for what names no account."""
    answer = api.call("POST", FORM, body, headers={"Content-Type": content_type}, keys="none")
    assert answer.status == status, answer.body
    assert api.leads() == []


def test_one_address_submits_so_many_forms(make_api: Callable[..., InProcess]) -> None:
    """The setting says how many a minute; then 429, and nothing is made. Keys are not counted."""
    api = make_api(web_calls_per_address_max=2, plan="lite")
    answers = [submit(api, {"FirstName": str(number)}).status for number in range(3)]
    assert answers == [200, 200, 429]
    assert len(api.leads()) == 2
    api.clock.advance(60_000)
    assert submit(api, {"FirstName": "x"}).status == 200


def test_web_forms_can_be_switched_off(make_api: Callable[..., InProcess]) -> None:
    """Then their paths are unknown, with the setting as the way out."""
    api = make_api(web_forms=False)
    assert_fault(submit(api, {"FirstName": "Asha"}), 404, "ApiNotFoundException")
    assert api.call("GET", "/t/Tracker.js", keys="none").status == 404
    assert api.leads() == []


def test_a_landing_page_is_told_of(make_api: Callable[..., InProcess], receiver: Receiver) -> None:
    """To the webhooks for all pages and for this one, with the lead; a plain form is not."""
    api = make_api(webhook_private_addresses=True, webhook_group_seconds=0)
    every = hook(api, receiver, "1")
    this = hook(api, receiver, "1", IsSpecificLandingPage=True, LandingPageUrls=PAGE + "/")
    hook(api, receiver, "1", IsSpecificLandingPage=True, LandingPageUrls=PAGE + "/other")
    submit(api, {"FirstName": "Asha"}, Referer=PAGE)
    submit(api, {"FirstName": "Asha", "MXHLandingPageId": VISITOR}, Referer=PAGE + "?utm=1")
    heard = [receiver.next(), receiver.next()]
    assert {received.query["entityId"][0] for received in heard} == {every, this}
    assert [received.query["eventType"][0] for received in heard] == ["Landing_Page_submission"] * 2
    assert heard[0].json["FirstName"] == "Asha"
    assert receiver.nothing()


def test_only_a_known_visitor_is_converted(make_api: Callable[..., InProcess]) -> None:
    """The oldest are forgotten beyond the setting; an unknown id is not a lead."""
    api = make_api(visitors_max=2)
    ids = [f"5b0c7d1e-8a35-4b0e-9d55-2f1c3a8b7e1{number}" for number in range(3)]
    for visitor in (*ids, ids[2]):
        api.clock.advance(1)
        answer = api.call("GET", f"/t/Visit?MXHOrgCode=1001&ProspectID={visitor}", keys="none")
        assert answer.status == 200, answer.body
    convert = [api.write("Lead.Convert", {"FirstName": "Asha"}, leadId=one) for one in ids]
    assert [answer.status for answer in convert] == [500, 200, 200]
    assert sorted(lead["ProspectID"] for lead in api.leads()) == ids[1:]
