"""Bad input to sales, companies and mails gets a clear fault, and changes nothing."""

import json
from collections.abc import Iterator

import pytest
from engines import place
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import ACTIVITIES, ENVELOPE, InProcess, attributes

from leadwire.crm.mails import mails
from leadwire.crm.mails.outbox import OutboxReader
from leadwire.operations import CATALOGUE, Operation

SALES = "/v2/SalesActivity.svc/"
COMPANIES = "/v2/CompanyManagement.svc/"
MAILS = "/v2/EmailMarketing.svc/"
NO_ID = "00000000-0000-4000-8000-000000000000"
_FAMILIES = ("Sales Activity", "Company", "Email")
_ROWS = [o for o in CATALOGUE if o.api_type in _FAMILIES or o.name == "Leads.LeadDistribution"]
_posts = pytest.mark.parametrize(
    "operation", [o for o in _ROWS if o.method == "POST"], ids=lambda operation: operation.name
)


@pytest.fixture(scope="module")
def api(shared_api: InProcess) -> InProcess:
    """One server for the module: what is refused leaves nothing behind."""
    return shared_api


@pytest.fixture(scope="module")
def ids(api: InProcess) -> dict[str, str]:
    """A lead, a product, a sale and a company, that bad input could change."""
    lead_id = api.create(FirstName="Asha", EmailAddress="asha@example.com")
    product = api.post(SALES + "CreateProduct", {"ProductSku": "A", "Name": "Flat"})
    sale = {"ProspectId": lead_id, "ProductSku": "A", "Status": "Open", "Revenue": "1"}
    sold = api.post(SALES + "Create", sale)
    company = api.post(
        COMPANIES + "Company.Create",
        {
            "CompanyType": {"CompanyTypeName": "Partners"},
            "CompanyProperties": attributes({"CompanyName": "Acme"}),
        },
    )
    made = {"product": product, "sale": sold, "company": company}
    return {"lead": lead_id} | {name: answer.json["Message"]["Id"] for name, answer in made.items()}


@pytest.fixture
def unchanged(api: InProcess, ids: dict[str, str]) -> Iterator[None]:
    """What the test does leaves everything as it was."""
    assert ids
    before = api.kept()
    yield
    assert api.kept() == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(
    "body",
    [b"not JSON", b'{"a":1', b'"text"', b"17", b"\xff", b'{"a":"\\u0000"}', b"[" * 9999],
    ids=["no JSON", "cut off", "a text", "a number", "no UTF-8", "NUL", "nested"],
)
@_posts
def test_a_body_that_is_none_is_answered_with_400(
    api: InProcess, ids: dict[str, str], operation: Operation, body: bytes
) -> None:
    """By every operation that takes one."""
    target = f"{operation.url_path}?companyId={ids['company']}"
    answer = api.call("POST", target, body, headers={"Content-Type": "text/json"})
    assert answer.status == 400, answer.body
    assert list(answer.json) == ENVELOPE


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", " ", NO_ID, "2026-03-01 00:00:00", "Ω" * 300, "1e400", "'; --", "%"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["Attribute", "Value", "Fields", "SchemaName"]), inner)
    ),
    max_leaves=6,
)


@_posts
@budget(max_examples=20)
@given(data=st.data())
def test_members_of_any_shape_never_break_the_server(
    api: InProcess, ids: dict[str, str], operation: Operation, data: st.DataObject
) -> None:
    """Whatever stands in a known member is taken, or refused with nothing changed."""
    members = json.loads(operation.body_example)
    assert isinstance(members, dict)
    name = data.draw(st.sampled_from(sorted(members)))
    body = members | {name: data.draw(_JSON)}
    before = api.kept()
    answer = api.post(operation.url_path, body, companyId=ids["company"])
    assert answer.status in (200, 400, 500), answer.body
    if answer.status != 200:
        assert list(answer.json) == ENVELOPE
        assert answer.exception_type != "InternalServerErrorException", (body, answer.body)
        assert api.kept() == before


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("given_id", [NO_ID, "no id", "'", "ß" * 500])
def test_an_id_that_is_none_is_not_found(api: InProcess, given_id: str) -> None:
    """By a fault that names the thing, never as a failure of the server."""
    for target, parameter in (
        (SALES + "DeleteProduct", "id"),
        (SALES + "RetrieveActivity", "activityId"),
    ):
        answer = api.get(target, **{parameter: given_id})
        assert answer.status == 500
        assert "does not exist" in answer.message
    assert api.get(SALES + "RetrieveByLeadId", leadId=given_id).json == []


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("revenue", ["nan", "1_000", "1e400", "0x10", "\u0661"])
def test_revenue_is_a_number(api: InProcess, ids: dict[str, str], revenue: str) -> None:
    """In digits; what only Python would read as a number is none."""
    body = {"ProspectId": ids["lead"], "ProductSku": "A", "Status": "Open", "Revenue": revenue}
    answer = api.post(SALES + "Create", body)
    assert answer.exception_type == "MXInvalidActivityFieldsException"


def test_a_refused_row_of_companies_leaves_the_others(api: InProcess) -> None:
    """Each row is for itself, and a refused one leaves no trace."""
    body = {
        "CompanyType": {"CompanyTypeName": "Company"},
        "Companies": [
            attributes({"CompanyName": "One", "CompanyIdentifier": "1"}),
            attributes({"CompanyName": "Two", "CompanyIdentifier": "1"}),
            attributes({"CompanyName": "Three", "Colour": "red"}),
            attributes({"CompanyName": "Four"}),
        ],
    }
    rows = api.post(COMPANIES + "Company/Bulk/CreateOrUpdate", body).json
    assert [row["CompanyCreated"] for row in rows] == [True, False, False, True]
    query = {
        "Query": {"CompanyType": {"CompanyTypeName": "Company"}},
        "Columns": {"Include_CSV": "CompanyName"},
        "Sorting": {"ColumnName": "CompanyNumber", "Direction": 0},
    }
    found = api.post(COMPANIES + "Company.Get", query).json
    names = [row["companyPropertyList"][0]["Value"] for row in found["Companies"]]
    assert names == ["One", "Four"]


@pytest.mark.usefixtures("ids")
def test_a_sale_follows_its_lead(api: InProcess) -> None:
    """The lead's last activity, and its date of change, as after any activity."""
    lead_id = api.create(FirstName="Ravi")
    sale = {"ProspectId": lead_id, "ProductSku": "A", "Status": "Won", "Revenue": 1}
    sold = api.post(SALES + "Create", sale).json["Message"]["Id"]
    lead = api.lead(lead_id)
    assert lead["ProspectActivityId_Max"] == sold
    assert lead["ProspectActivityName_Max"] == "Sales Activity"
    (activity,) = api.post(ACTIVITIES + "Retrieve", leadId=lead_id).json["ProspectActivities"]
    assert (activity["EventCode"], activity["ActivityFields"]["Status"]) == (30, "Won")


def test_a_hostile_name_is_no_header_and_no_markup(api: InProcess) -> None:
    """What a lead is called can neither add a header to a mail nor run in its HTML."""
    email = "eve@example.com"
    api.create(FirstName="Eve\r\nBcc: all@example.com <script>", EmailAddress=email)
    body = {
        "SenderType": "APICaller",
        "RecipientType": "LeadEmailAddress",
        "Recipient": email,
        "Subject": "Hello @{Lead:FirstName,you}",
        "ContentHTML": "<p>@{Lead:FirstName,you} @{Owner:Name,me} @{Lead:Nothing,none}</p>",
    }
    assert api.post(MAILS + "SendEmailToLead", body).status == 200
    reader = OutboxReader(place(api.folder).crm)
    newest = reader.page(api.keys.account_id, state=None, cursor="", mails_max=1).mails[0]
    reader.close()
    assert newest.subject == "Hello Eve Bcc: all@example.com <script>"
    assert "<script>" not in newest.html
    assert newest.html.endswith("@{Owner:Name,me} none</p>")


@pytest.mark.parametrize(
    ("html", "said"), [("@{Lead:FirstName,}" * 1_001, "tokens"), ("x" * 501, "characters")]
)
def test_a_mail_that_would_fill_the_disk_is_refused(
    api: InProcess, ids: dict[str, str], monkeypatch: pytest.MonkeyPatch, html: str, said: str
) -> None:
    """Its length times its recipients has a limit, and so has what is merged into it."""
    if said == "characters":
        monkeypatch.setattr(mails, "SENDING_CHARACTERS_MAX", 1_000)
    before = api.kept()
    body = {"SenderType": "APICaller", "RecipientType": "LeadId", "Recipient": ids["lead"]}
    body |= {"EmailType": "Html", "Subject": "S", "ContentHTML": html}
    answer = api.post(MAILS + "SendEmailToLead", body)
    assert answer.status == 500
    assert answer.json["ExceptionType"] == "MXInvalidInputException"
    assert said in answer.json["ExceptionMessage"]
    assert api.kept() == before
