"""Products, sales, companies, mails, webhooks and reports, through both clients."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sdk.both import Driven, Made
from support import NOW, InProcess

from leadwire.sdk import CallLog, JsonLinesSink, errors

NOW_MOMENT = datetime.strptime(NOW, "%Y-%m-%d %H:%M:%S").replace(tzinfo=UTC)
HOUR = timedelta(hours=1)
RANGE = (NOW_MOMENT - HOUR, NOW_MOMENT + HOUR)


@pytest.fixture
def lead_id(client: Driven) -> str:
    created: str = client.leads.create(first_name="Asha", email_address="asha@example.com").id
    return created


def test_products_are_created_found_changed_and_deleted(client: Driven) -> None:
    """By text, by SKU, page by page."""
    flat = client.products.create("FLAT-2", "Two rooms", description="Balcony").id
    client.products.create("FLAT-3", "Three rooms")
    with pytest.raises(errors.Duplicate):
        client.products.create("flat-2", "The same")
    assert client.products.update(flat, name="Two rooms and a balcony").affected_rows == 1
    product = client.products.by_sku("FLAT-2")
    assert (product.id, product.name) == (flat, "Two rooms and a balcony")
    assert product.created_on is not None
    assert client.products.by_sku("FLAT-9") is None
    assert client.products.search("rooms", sort_by="Name").total == 2
    assert len(client.products.iter_search("rooms", page_size=1)) == 2
    client.products.delete(flat)
    with pytest.raises(errors.NotFound):
        client.products.delete(flat)


def test_sales_are_posted_read_and_changed(client: Driven, lead_id: str) -> None:
    """With their product and revenue, which keeps every digit."""
    client.products.create("FLAT-2", "Two rooms")
    sale_id = client.sales.create(
        lead_id, "FLAT-2", "Open", revenue=250000.5, owner_email_address="admin@acme.test",
        sold_on=NOW_MOMENT, note="By phone",
    ).id  # fmt: skip
    assert client.sales.update(sale_id, lead_id, status="Won", revenue=240000).affected_rows == 1
    sale = client.sales.get(sale_id)
    assert sale.id == sale_id
    assert sale.by_name()["Status"] == "Won"
    assert [found.id for found in client.sales.of_lead(lead_id, with_options=True)] == [sale_id]
    setting = client.sales.setting()
    assert (setting.currency_code, setting.makes_customers) == ("USD", False)
    with pytest.raises(errors.Rejected):
        client.sales.create(lead_id, "FLAT-9", "Open")


@pytest.fixture
def trade(make: Made, make_api: Callable[..., InProcess]) -> Driven:
    """A client of an account that has company types."""
    return make.in_process(make_api(company_types="Partners, Vendors"))


def test_companies_are_created_found_and_changed(trade: Driven) -> None:
    """By Python names and by schema names; a typing error is told with the name that is meant."""
    acme = trade.companies.create("Partners", name="Acme", city="Pune", mx_Region="West").id
    trade.companies.update(acme, stage="Partner", revenue=12.5)
    (company,) = trade.companies.search("Partners", "acme", where=("stage", "=", "Partner"))
    assert (company.id, company.city, company.stage) == (acme, "Pune", "Partner")
    assert (company.revenue, company["mx_Region"]) == (12.5, "West")
    assert trade.companies.search("Partners", modified_between=RANGE).total == 1
    assert trade.companies.search("Partners", created_between=RANGE, columns=["name"]).total == 1
    with pytest.raises(errors.InvalidValue, match="did you mean"):
        trade.companies.create("Partners", nam="Acme")
    with pytest.raises(errors.InvalidValue, match="modified_between or created_between"):
        trade.companies.search("Partners", modified_between=RANGE, created_between=RANGE)
    with pytest.raises(errors.Duplicate):
        trade.companies.create("Partners", {"CompanyName": "Acme"})


def test_companies_in_bulk_report_every_row(trade: Driven) -> None:
    """Created, found again, refused."""
    rows = [{"name": "Acme"}, {"name": "Brook", "stage": "Nowhere"}, {"name": "Cove"}]
    report = trade.companies.bulk_upsert("Partners", rows, on_collision="FillMissingFields")
    assert [row.ok for row in report] == [True, False, True]
    assert report[1].error.message
    assert {company.name for company in trade.companies.iter_search("Partners", page_size=1)} == {
        "Acme",
        "Cove",
    }


def test_companies_have_activities(trade: Driven) -> None:
    """Posted and read back, of a range of time or all."""
    acme = trade.companies.create("Vendors", name="Acme").id
    made = trade.companies.create_activity(acme, 10001, "Met the board", at=NOW_MOMENT)
    (activity,) = trade.companies.activities(acme, between=RANGE)
    assert (activity.id, activity.note) == (made.id, "Met the board")
    assert activity.happened_on == NOW_MOMENT
    assert trade.companies.activities(acme).total == 1


def test_mails_go_to_leads_and_lists(client: Driven, lead_id: str) -> None:
    """By id and by address, from everybody who can send."""
    mail = {"subject": "Welcome", "html": "<p>Hello @{Lead:FirstName,there}</p>"}
    assert client.mails.send_to_lead(lead_id=lead_id, **mail).recipient_count == 1
    sent = client.mails.send_to_lead(
        email_address="asha@example.com", sender_email_address="admin@acme.test",
        cc=["ben@example.com"], email_fields=["email_address"], with_footer=True, **mail,
    )  # fmt: skip
    assert sent.id
    assert client.mails.send(lead_id=lead_id, from_owner=True, **mail).member_count == 1
    me = client.users.me().id
    client.mails.schedule(lead_id=lead_id, sender_id=me, due_on=NOW_MOMENT + HOUR, **mail)
    list_id = client.lists.create("Callbacks").id
    client.lists.add(list_id, [lead_id])
    assert client.mails.send_to_list(list_id, campaign="Spring", **mail).recipient_count == 1
    client.leads.update(lead_id, do_not_email=True)
    with pytest.raises(errors.NotAllowed):
        client.mails.send_to_lead(lead_id=lead_id, **mail)
    for wrong in (
        {"lead_id": lead_id, "email_address": "asha@example.com"},
        {},
        {"lead_id": lead_id, "from_owner": True, "sender_id": me},
        {"lead_id": lead_id, "cc": "ben@example.com"},
        {"lead_id": lead_id, "subjekt": "x"},
    ):
        with pytest.raises(errors.InvalidValue):
            client.mails.send_to_lead(**wrong)


def test_webhooks_are_created_found_changed_and_deleted(
    make: Made, make_api: Callable[..., InProcess]
) -> None:
    """With headers whose values nobody reads back."""
    client = make.in_process(make_api(webhook_private_addresses=True))
    webhook_id = client.webhooks.create(
        url="http://127.0.0.1:9/hook", event="Lead_Field_Change",
        changed_lead_field="mx_City", headers={"x-hook": "hush-7f3a"},
        notify_on_failure=False,
    ).id  # fmt: skip
    webhook = client.webhooks.get(webhook_id)
    assert (webhook.event_code, webhook.is_enabled) == ("Lead_Field_Change", True)
    assert webhook.header_names == ["x-hook"]
    assert "hush-7f3a" not in repr(webhook)
    assert webhook.changed_lead_field == "mx_City"
    client.webhooks.update(webhook_id, is_enabled=False, description="off")
    assert client.webhooks.search("off", is_enabled=True).total == 0
    assert client.webhooks.search("lead field").total == 1
    (found,) = client.webhooks.iter_search(page_size=1)
    assert (found.is_enabled, found.description) == (False, "off")
    with pytest.raises(errors.Duplicate):
        client.webhooks.create(url="http://127.0.0.1:9/h", event=26, changed_lead_field="mx_City")
    with pytest.raises(errors.InvalidValue, match="urll"):
        client.webhooks.create(urll="http://127.0.0.1:9/hook")
    client.webhooks.delete(webhook_id)
    assert client.webhooks.get(webhook_id) is None


def test_leads_are_reported_by_their_owners_and_fields(client: Driven, lead_id: str) -> None:
    """Page by page, with the columns that are asked for."""
    client.leads.create(first_name="Ravi", stage="Customer")
    page = client.leads.distribution(
        ["ProspectID", "first_name"],
        conditions=[("first_name", "eq", "Asha"), ("stage", "eq", "Customer")],
        owner_conditions=[("EmailAddress", "eq", "admin@acme.test")],
        joined_by="OR",
        between=RANGE,
        sort_by="first_name",
        descending=False,
    )
    assert [lead.first_name for lead in page] == ["Asha", "Ravi"]
    assert page.total == 2
    assert page[0].id == lead_id
    assert [lead["FirstName"] for lead in client.leads.iter_distribution(
        ["first_name"], between=RANGE, page_size=1)] == ["Asha", "Ravi"]  # fmt: skip


def test_a_field_set_of_a_lead_is_a_mapping(client: Driven) -> None:
    """Its members are merged with those that are there; it is read back as a mapping."""
    client.fields.create("Education", "CustomObject", "CustomObject")
    lead_id = client.leads.create(
        first_name="Asha",
        mx_Education={"mx_CustomObject_1": "B.Tech", "mx_CustomObject_2": 2019, "Status": "Active"},
    ).id
    client.leads.update(lead_id, mx_Education={"mx_CustomObject_2": 2020})
    lead = client.leads.get(lead_id)
    assert lead.field_set("mx_Education") == {
        "mx_CustomObject_1": "B.Tech",
        "mx_CustomObject_2": "2020",
        "Status": "Active",
    }
    assert lead.field_set("mx_Nothing") == {}


def test_a_webhooks_secret_is_in_no_log(make: Made) -> None:
    """The values of its headers are removed, whatever their names."""
    kept: list[Any] = []

    class Keeping:
        def write(self, record: Any) -> None:
            kept.append(record)

        def close(self) -> None: ...

    log = CallLog(Keeping())
    client = make.answered_by(
        lambda _: httpx2.Response(200, json={"Status": "Success", "Message": {"Id": "w"}}),
        call_log=log,
    )
    client.webhooks.create(url="https://x.example", event=3, headers={"x-hook": "hush-7f3a"})
    assert "hush-7f3a" not in kept[0].request_body
    assert "x-hook" in kept[0].request_body


def test_files_are_uploaded_attached_and_downloaded(
    client: Driven, lead_id: str, tmp_path: Path
) -> None:
    """Byte for byte, whatever they hold, JSON of an error included; by a path and as bytes."""
    content = bytes(range(256)) + b"\r\n--x--\r\n"
    plan = client.files.upload(content, name='floor "plan".pdf')
    assert client.files.download(plan.path) == content
    client.notes.create(lead_id, "The plan", attachment_url=plan.path)
    fault = b'{"Status":"Error","ExceptionType":"MXAnyException","ExceptionMessage":"no"}'
    (tmp_path / "fault.json").write_bytes(fault)
    kept = client.files.upload(tmp_path / "fault.json")
    assert (kept.name, client.files.download(kept.path)) == ("fault.json", fault)
    with pytest.raises(errors.NotFound):
        client.files.download("/File/Download?file=00000000-0000-4000-8000-000000000000/x")
    with pytest.raises(errors.InvalidValue, match="not the path"):
        client.files.download("plan.pdf")
    with pytest.raises(errors.InvalidValue, match="name="):
        client.files.upload(b"content")


def test_the_log_has_only_the_size_of_a_file(make: Made, tmp_path: Path) -> None:
    """And LeadSquared gets it at the region's host for files."""
    hosts: list[str] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        hosts.append(request.url.host)
        return httpx2.Response(200, json={"s3FilePath": "a/b", "uploadedFile": "b"})

    path = tmp_path / "calls.jsonl"
    with CallLog(JsonLinesSink(path)) as log:
        client = make.answered_by(respond, host="mumbai", call_log=log)
        assert client.files.upload(b"hush-7f3a", name="b").path == "a/b"
    assert hosts == ["files-in21.leadsquared.com"]
    (record,) = map(json.loads, path.read_text().splitlines())
    assert "hush-7f3a" not in path.read_text()
    assert record["request_body_bytes"] > 9
    assert record["request_content_type"].startswith("multipart/form-data")
