"""What is delivered, when, in which order, and what becomes of it."""

import hmac
import re
import threading
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from support import ACTIVITIES, LEADS, InProcess, Settings, attributes
from webhooks.receiver import Received, Receiver, Reply
from webhooks.steps import WEBHOOKS, Console, found, hook, settle

from leadwire.crm.webhooks.announcing import Event
from leadwire.webhook_signature import Key, signature_headers

SECOND_MS = 1_000


def refusing(receiver: Receiver, *statuses: int) -> None:
    """Answer with *statuses* in turn, then with 200."""
    left = list(statuses)
    receiver.reply = lambda _: Reply(left.pop(0)) if left else Reply()


def test_a_new_lead_is_posted_as_a_flat_object(api: InProcess, receiver: Receiver) -> None:
    """Values are text or null, date-times have no milliseconds; the query says what it is."""
    webhook_id = hook(api, receiver, "3", CustomHeaders=[{"Key": "X-Hook", "Value": "abc"}])
    lead_id = api.create(FirstName="Asha", EmailAddress="asha@example.com")
    received = receiver.next()
    lead = received.json
    assert lead["ProspectID"] == lead_id
    assert (lead["EmailAddress"], lead["Phone"], lead["Score"]) == ("asha@example.com", None, "0")
    assert lead["CreatedOn"] == "2026-03-04 05:06:07"
    assert lead["Mobile"] is None
    assert "Website" not in lead
    assert (lead["NotableEvent"], lead["NotableEventdate"]) == ("Created", "2026-03-04 05:06:07")
    assert list(lead)[-4:] == [
        "Account_CompanyName",
        "Account_Address",
        "Org_ShortCode",
        "CanUpdate",
    ]
    assert (lead["Org_ShortCode"], lead["CanUpdate"]) == ("1001", "true")
    assert all(value is None or isinstance(value, str) for value in lead.values())
    assert received.query == {
        "entityType": ["webhook"],
        "entityId": [webhook_id],
        "eventType": ["Lead_Post_Create"],
    }
    assert received.headers["x-hook"] == "abc"
    assert received.headers["content-type"] == "application/json; charset=utf-8"


def test_an_update_is_told_of_only_when_the_call_asks_for_it(
    api: InProcess, receiver: Receiver
) -> None:
    """postUpdatedLead, of every call that has it: without it neither update nor field is told."""
    hook(api, receiver, "6")
    hook(api, receiver, "26", ChangedLeadField="mx_City")
    lead_id = api.create(FirstName="Asha", EmailAddress="asha@example.com")
    city = {"Attribute": "mx_City", "Value": "Pune"}
    by_email = attributes({"EmailAddress": "asha@example.com"})
    by_id = {"Attribute": "ProspectId", "Value": lead_id}
    calls = [
        ("Lead.Update", [city], {"leadId": lead_id}),
        ("Lead.Convert", [city], {"leadId": lead_id}),
        ("Lead.CreateOrUpdate", [*by_email, city], {}),
        ("Lead/Bulk/CreateOrUpdate", [[*by_email, city]], {}),
        ("Lead/Bulk/Update", {"LeadIds": [lead_id], "LeadFields": city}, {}),
        ("Lead/Bulk/UpdateV2", {"LeadPropertiesList": [{"Fields": [by_id, city]}]}, {}),
    ]
    for flag in ({}, {"postUpdatedLead": "false"}):
        for operation, body, parameters in calls:
            answer = api.post(LEADS + operation, body, **parameters, **flag)
            assert answer.status == 200, answer.body
    settle(api)
    assert receiver.nothing()
    for number, (operation, body, parameters) in enumerate(calls):
        city["Value"] = f"Goa {number}"
        answer = api.post(LEADS + operation, body, **parameters, postUpdatedLead="true")
        assert answer.status == 200, answer.body
        heard = sorted((receiver.next(), receiver.next()), key=lambda r: r.query["eventType"])
        for received in heard:
            before, after = received.json["Before"], received.json["After"]
            assert before["mx_City"] == ("Pune" if number == 0 else f"Goa {number - 1}")
            assert after["mx_City"] == f"Goa {number}"
            assert list(before) == list(after)
            assert before["Mobile"] is None
            assert after["NotableEvent"] == "Modified"
            assert after["NotableEventdate"] == after["ModifiedOn"]
        assert [r.query["eventType"][0] for r in heard] == ["Lead_Field_Change", "Lead_Post_Update"]
    settle(api)
    assert receiver.nothing()


def test_a_capture_tells_of_its_update_by_itself(api: InProcess, receiver: Receiver) -> None:
    """It has no such parameter."""
    api.create(EmailAddress="asha@example.com")
    hook(api, receiver, "6")
    api.write("Lead.Capture", {"EmailAddress": "asha@example.com", "mx_City": "Pune"})
    assert receiver.next().json["After"]["mx_City"] == "Pune"


def test_owner_stage_and_score_are_told_of_by_themselves(
    api: InProcess, receiver: Receiver
) -> None:
    """Also when the update itself is not: they are events of their own."""
    hook(api, receiver, "5", WebhookProperties="{}")
    hook(api, receiver, "9")
    lead_id = api.create(FirstName="Asha")
    api.write("Lead.Update", {"ProspectStage": "Opportunity"}, leadId=lead_id)
    received = receiver.next()
    assert received.query["eventType"] == ["Lead_Post_Stage_Change"]
    assert received.json["Before"]["ProspectStage"] == "Prospect"
    assert received.json["After"]["ProspectStage"] == "Opportunity"
    api.post(ACTIVITIES + "Create", {"RelatedProspectId": lead_id, "ActivityEvent": 201})
    received = receiver.next()
    assert received.query["eventType"] == ["Lead_Score_Change"]
    assert (received.json["Before"]["Score"], received.json["After"]["Score"]) == ("0", "10")
    settle(api)
    assert receiver.nothing()


def test_an_activity_is_posted_in_an_array(api: InProcess, receiver: Receiver) -> None:
    """Data is an object in which every declared field has a text; the owner is who posted it."""
    declared = [
        {"SchemaName": name, "DisplayName": name} for name in ("mx_Custom_1", "mx_Custom_4")
    ]
    settings = api.get(ACTIVITIES + "CustomActivity/GetActivitySetting", code="201")
    changed = {"ID": settings.json["ID"], "Fields": declared}
    assert api.post(ACTIVITIES + "CustomActivityType/Update", changed).status == 200
    hook(api, receiver, "2", ActivityEvent="201")
    hook(api, receiver, "15", ActivityEvent=201)
    lead_id = api.create(FirstName="Asha")
    fields = [{"SchemaName": "mx_Custom_1", "Value": "yes"}]
    body = {"RelatedProspectId": lead_id, "ActivityNote": "Came", "Fields": fields}
    api.post(ACTIVITIES + "Create", {**body, "ActivityEvent": 202})
    answer = api.post(ACTIVITIES + "Create", {**body, "ActivityEvent": 201})
    [activity] = receiver.next().json
    assert activity["ProspectActivityId"] == answer.json["Message"]["Id"]
    assert (activity["ActivityEvent"], activity["ActivityEventName"]) == ("201", "Site Visit")
    assert activity["Score"] == 10.0
    assert activity["CreatedOn"] == "2026-03-04 05:06:07"
    assert activity["Data"] == {
        "Status": "",
        "Owner": api.keys.user_id,
        "Note": "Came",
        "mx_Custom_1": "yes",
        "mx_Custom_4": "",
    }
    assert activity["Current"]["ProspectID"] == lead_id
    change = {"ProspectActivityId": activity["ProspectActivityId"], "ActivityNote": "Left"}
    api.post(ACTIVITIES + "CustomActivity/Update", {**change, "ActivityEvent": 201})
    received = receiver.next()
    assert received.query["eventType"] == ["LeadActivity_Post_Update"]
    assert received.json[0]["Data"]["Note"] == "Left"
    settle(api)
    assert receiver.nothing()


def test_activities_of_a_minute_are_posted_together(
    make_api: Callable[..., InProcess], receiver: Receiver
) -> None:
    """In order, two minutes after the first. One that comes after a minute begins another."""
    api = make_api(webhook_private_addresses=True)
    hook(api, receiver, "2", ActivityEvent="201")
    lead_id = api.create(FirstName="Asha")

    def post(note: str) -> None:
        body = {"RelatedProspectId": lead_id, "ActivityEvent": 201, "ActivityNote": note}
        assert api.post(ACTIVITIES + "Create", body).status == 200

    for note in ("a", "b", "c"):
        post(note)
        settle(api, 20 * SECOND_MS - 1)
        assert receiver.nothing()
    settle(api, 3)
    post("d")
    settle(api, 60 * SECOND_MS - 1)
    assert receiver.nothing()
    settle(api, 1)
    assert [row["Data"]["Note"] for row in receiver.next().json] == ["a", "b", "c"]
    settle(api, 60 * SECOND_MS)
    assert [row["Data"]["Note"] for row in receiver.next().json] == ["d"]


def test_activities_need_not_wait_after_their_minute(
    make_api: Callable[..., InProcess], receiver: Receiver
) -> None:
    """A setting says how long they do."""
    api = make_api(
        webhook_private_addresses=True, webhook_group_seconds=5, webhook_group_delay_seconds=0
    )
    hook(api, receiver, "2", ActivityEvent="201")
    lead_id = api.create(FirstName="Asha")
    api.post(ACTIVITIES + "Create", {"RelatedProspectId": lead_id, "ActivityEvent": 201})
    settle(api, 5 * SECOND_MS)
    assert len(receiver.next().json) == 1


def told(receiver: Receiver) -> tuple[str, Any]:
    received = receiver.next()
    return received.query["eventType"][0], received.json


def test_tasks_are_told_of(api: InProcess, receiver: Receiver) -> None:
    """As the rows that reading calls answer, with date-times in whole seconds."""
    for event in ("7", "17", "16"):
        hook(api, receiver, event)
    lead_id = api.create(FirstName="Asha")
    task = {"Name": "Call", "RelatedEntity": 1, "RelatedEntityId": lead_id}
    task_id = api.post("/v2/Task.svc/Create", task).json["Message"]["Id"]
    name, row = told(receiver)
    assert name == "Task_Create"
    assert (row["UserTaskId"], row["FirstName"]) == (task_id, "Asha")
    assert row["CreatedOn"] == "2026-03-04 05:06:07"
    api.post("/v2/Task.svc/Update", {"UserTaskId": task_id, "Name": "Call again"})
    name, row = told(receiver)
    assert (name, row["Name"]) == ("Task_Update", "Call again")
    api.get("/v2/Task.svc/MarkComplete", id=task_id)
    name, row = told(receiver)
    assert (name, row["StatusCode"]) == ("Task_Complete", 1)


def test_opportunities_are_told_of(api: InProcess, receiver: Receiver) -> None:
    """With their lead; a change with what was before."""
    for event in ("29", "30", "34", "31"):
        hook(api, receiver, event)
    lead_id = api.create(FirstName="Asha", EmailAddress="asha@example.com")
    lead = attributes({"EmailAddress": "asha@example.com", "SearchBy": "EmailAddress"})
    deal = {"OpportunityEventCode": 12000, "Fields": [{"SchemaName": "mx_Custom_1", "Value": "A"}]}
    service = "/v2/OpportunityManagement.svc/"
    answer = api.post(service + "Capture", {"LeadDetails": lead, "Opportunity": deal})
    opportunity_id = answer.json["CreatedOpportunityId"]
    name, row = told(receiver)
    assert (name, row["OpportunityId"]) == ("Opportunity_Post_Create", opportunity_id)
    assert row["Current"]["ProspectID"] == lead_id
    change = {"SchemaName": "Status", "Value": "Won"}
    api.post(service + "Update", {"ProspectOpportunityId": opportunity_id, "Fields": [change]})
    both = dict((told(receiver), told(receiver)))
    assert sorted(both) == ["OpportunityStage_Post_Update", "Opportunity_Post_Update"]
    for row in both.values():
        assert (row["Before"]["Status"], row["After"]["Status"]) == ("Open", "Won")
    api.get(service + "Delete", Id=opportunity_id)
    name, row = told(receiver)
    assert (name, row["OpportunityId"]) == ("Opportunity_Post_Delete", opportunity_id)


def test_users_are_told_of(api: InProcess, receiver: Receiver) -> None:
    """Made, changed, and made inactive."""
    for event in ("User_Create", "user_update", "User_Active_Status_Change"):
        hook(api, receiver, event)
    person = {"FirstName": "Ben", "EmailAddress": "ben@example.com", "Role": "Sales_User"}
    service = "/v2/UserManagement.svc/User/"
    user_id = api.post(service + "Create", person).json["Message"]["Id"]
    name, row = told(receiver)
    assert (name, row["UserId"], row["StatusCode"]) == ("User_Create", user_id, "0")
    api.post(service + "Update", {"UserId": user_id, "StatusCode": 1})
    both = dict((told(receiver), told(receiver)))
    assert sorted(both) == ["User_Active_Status_Change", "User_Update"]
    assert both["User_Update"]["After"]["StatusCode"] == "1"


def test_products_are_told_of(api: InProcess, receiver: Receiver) -> None:
    """As the rows that reading calls answer; a change with what was before."""
    for event in ("Product_Post_Create", "Product_Post_Update", "Product_Delete"):
        hook(api, receiver, event)
    service = "/v2/SalesActivity.svc/"
    answer = api.post(service + "CreateProduct", {"ProductSku": "A-1", "Name": "Lamp"})
    product_id = answer.json["Message"]["Id"]
    name, row = told(receiver)
    assert (name, row["ProductId"], row["Name"]) == ("Product_Post_Create", product_id, "Lamp")
    assert row["CreatedOn"] == "2026-03-04 05:06:07"
    answer = api.post(service + "UpdateProduct", {"ProductId": product_id, "Name": "Big lamp"})
    assert answer.status == 200, answer.body
    name, row = told(receiver)
    assert name == "Product_Post_Update"
    assert (row["Before"]["Name"], row["After"]["Name"]) == ("Lamp", "Big lamp")
    assert api.get(service + "DeleteProduct", id=product_id).status == 200
    name, row = told(receiver)
    assert (name, row["Name"]) == ("Product_Delete", "Big lamp")


def test_an_activity_without_owner_belongs_to_the_caller(
    api: InProcess, receiver: Receiver
) -> None:
    """The webhook and the searches answer the same; a slot without value is an empty text."""
    field = {"SchemaName": "mx_Custom_1", "DisplayName": "Room", "DataType": "String"}
    kind = {"ActivityEventName": "Tour", "Score": 0, "Direction": 0, "Fields": [field]}
    created = api.post(ACTIVITIES + "CreateType", kind)
    assert created.status == 200, created.body
    code = created.json["Message"]["Id"]
    hook(api, receiver, "2", ActivityEvent=code)
    lead_id = api.create(FirstName="Asha")
    api.post(ACTIVITIES + "Create", {"RelatedProspectId": lead_id, "ActivityEvent": code})
    [activity] = receiver.next().json
    assert activity["Data"]["mx_Custom_1"] == ""
    assert activity["Data"]["Owner"] == api.keys.user_id
    body = {"Parameter": {"ActivityEvent": code}, "Paging": {"PageIndex": 1, "PageSize": 10}}
    body["Parameter"] |= {"FromDate": "2026-03-01 00:00:00", "ToDate": "2026-03-31 00:00:00"}
    answer = api.post(ACTIVITIES + "CustomActivity/RetrieveByActivityEvent", body)
    assert answer.json["List"][0]["Owner"] == api.keys.user_id


def test_an_update_keeps_what_it_leaves_out(api: InProcess, receiver: Receiver) -> None:
    """Also the field that the webhook is about, until another field or event is sent."""
    webhook_id = hook(api, receiver, "26", ChangedLeadField="mx_City", Description="cities")

    def change(**members: object) -> dict[str, Any]:
        answer = api.post(WEBHOOKS + "Update", {"WebhookId": webhook_id, **members})
        assert answer.status == 200, answer.body
        return found(api, webhook_id)

    row = change(Description="towns")
    assert (row["ChangedLeadField"], row["URL"]) == ("mx_City", receiver.url)
    row = change(WebhookProperties='{"ChangedLeadField":"mx_State"}')
    assert (row["ChangedLeadField"], row["Description"]) == ("mx_State", "towns")
    assert change(WebhookProperties="{}")["ChangedLeadField"] == "mx_State"
    assert change(ChangedLeadField="mx_Zip")["ChangedLeadField"] == "mx_Zip"
    assert change(WebhookEvent="3")["ChangedLeadField"] is None
    answer = api.post(WEBHOOKS + "Update", {"WebhookId": webhook_id, "WebhookEvent": "26"})
    assert answer.exception_type == "MXInvalidInputException"


def test_merged_and_deleted_leads_are_told_of(
    make_api: Callable[..., InProcess], receiver: Receiver
) -> None:
    """A merge shows the lead that went and the one that stayed; a deletion what was deleted."""
    api = make_api(webhook_private_addresses=True, lead_delete=True)
    hook(api, receiver, "Lead_Merge")
    hook(api, receiver, "Lead_Delete")
    master, child = api.create(FirstName="Asha"), api.create(FirstName="Ash")
    answer = api.post(LEADS + "Lead.Merge", masterId=master, childId=child)
    assert answer.status == 200, answer.body
    merged = receiver.next().json
    assert (merged["Before"]["ProspectID"], merged["After"]["ProspectID"]) == (child, master)
    answer = api.get(LEADS + "Lead/Delete/ById", leadId=master)
    assert answer.status == 200, answer.body
    assert receiver.next().json["FirstName"] == "Asha"


def test_a_refused_row_and_a_refused_call_are_not_told_of(
    api: InProcess, receiver: Receiver
) -> None:
    """An event is written with its change, and undone with it."""
    hook(api, receiver, "3")
    api.create(EmailAddress="asha@example.com")
    receiver.next()
    answer = api.write("Lead.Create", {"EmailAddress": "asha@example.com"})
    assert answer.status == 500
    rows = [attributes({"EmailAddress": name}) for name in ("asha@example.com", "ravi@example.com")]
    api.post(LEADS + "Lead/Bulk/Create", rows)
    assert receiver.next().json["EmailAddress"] == "ravi@example.com"
    settle(api)
    assert receiver.nothing()


@pytest.mark.parametrize("content_type", ["application/x-www-form-urlencoded", "text/plain"])
def test_other_content_types_carry_the_same_json(
    api: InProcess, receiver: Receiver, content_type: str
) -> None:
    """A form has it in its one field; the signature is of the body as it is sent."""
    hook(api, receiver, "3", ContentType=content_type)
    api.create(FirstName="Asha & Co = 1")
    received = receiver.next()
    assert received.headers["content-type"] == f"{content_type}; charset=utf-8"
    text = received.body.decode()
    if "form" in content_type:
        [text] = parse_qs(text)["payload"]
    assert msgspec.json.decode(text)["FirstName"] == "Asha & Co = 1"


def test_a_custom_header_stands_in_for_the_usual_one(api: InProcess, receiver: Receiver) -> None:
    """Of each header one is sent, in whatever case its name is written."""
    hook(api, receiver, "3", CustomHeaders=[{"Key": "user-AGENT", "Value": "mine"}])
    api.create(FirstName="Asha")
    received = receiver.next()
    assert received.headers["user-agent"] == "mine"
    assert received.header_names.count("user-agent") == 1


def test_a_delivery_is_signed(api: InProcess, receiver: Receiver) -> None:
    """As Standard Webhooks says, with a secret that the console shows once, when it is made."""
    webhook_id = hook(api, receiver, "3")
    console = Console(api)
    shown = console.get(f"/console/webhooks/{webhook_id}").body.decode()
    since = re.search(r'name="since" value="(\d+)"', shown)
    assert since
    form = {"since": since[1]}
    page = console.post(f"/console/webhooks/{webhook_id}/secret", form).body.decode()
    secret = "whsec_" + page.partition("whsec_")[2].partition("<")[0]
    api.create(FirstName="Asha")
    received = receiver.next()
    stamp = received.headers["webhook-timestamp"]
    signed = f"{received.delivery_id}.{stamp}.".encode() + received.body
    key = b64decode(secret.removeprefix("whsec_"))
    digest = b64encode(hmac.new(key, signed, sha256).digest()).decode()
    assert received.headers["webhook-signature"] == f"v1,{digest}"
    assert int(stamp) == api.clock.now_ms() // 1000
    assert secret not in Console(api).get(f"/console/webhooks/{webhook_id}").body.decode()


def test_the_signature_is_that_of_the_specification() -> None:
    """The example that Standard Webhooks publishes."""
    key = Key.of("whsec_plJ3nmyCDGBKInavdOK15jsl")
    assert key is not None
    headers = signature_headers(
        key,
        delivery_id="msg_loFOjxBNrRLzqYUf",
        at_seconds=1731705121,
        event="ping",
        body=b'{"event_type":"ping","data":{"success":true}}',
    )
    assert headers["webhook-signature"] == "v1,rAvfW3dJ/X/qxhsaXPOyyCGmRKsaKWcsNccKXlIktD0="


def test_a_failed_delivery_is_tried_three_times_with_growing_waits(
    api: InProcess, receiver: Receiver
) -> None:
    """The same bytes under the same id: at once, after 30 s and 60 s more; then it is given up."""
    webhook_id = hook(api, receiver, "3")
    refusing(receiver, 500, 503, 404)
    api.create(FirstName="Asha")
    sent = [receiver.next()]
    settle(api)
    for wait_seconds in (30, 60):
        settle(api, wait_seconds * SECOND_MS - 1)
        assert receiver.nothing()
        settle(api, 1)
        sent.append(receiver.next())
    assert len({(received.delivery_id, received.body) for received in sent}) == 1
    assert len({received.headers["webhook-timestamp"] for received in sent}) == 3
    settle(api, 3_600 * SECOND_MS)
    assert receiver.nothing()
    page = Console(api).get(f"/console/webhooks/{webhook_id}").body.decode()
    assert "Failed" in page
    assert '<td class="number">3</td>' in page  # attempts


def test_order_is_kept_while_one_is_tried_again(api: InProcess, receiver: Receiver) -> None:
    """What came later waits for it; another webhook does not."""
    hook(api, receiver, "3", Description="first")
    refusing(receiver, 500)
    api.create(FirstName="a")
    first = receiver.next()
    settle(api)
    other = hook(api, receiver, "3", Description="second")
    for name in ("b", "c"):
        api.create(FirstName=name)
    settle(api)
    heard = [receiver.next(), receiver.next()]
    assert [received.json["FirstName"] for received in heard] == ["b", "c"]
    assert {received.query["entityId"][0] for received in heard} == {other}
    assert receiver.nothing()
    settle(api, 30 * SECOND_MS)
    heard = [receiver.next() for _ in range(3)]
    assert [received.json["FirstName"] for received in heard] == ["a", "b", "c"]
    assert heard[0].delivery_id == first.delivery_id


@pytest.mark.parametrize("status", [201, 204, 301, 302, 307, 400, 410, 500])
def test_any_answer_but_200_is_a_failure(api: InProcess, receiver: Receiver, status: int) -> None:
    """As the contract says; a redirect is not followed."""
    hook(api, receiver, "3")
    elsewhere = (("Location", receiver.url + "/elsewhere"),)
    receiver.reply = lambda _: Reply(status, b"", elsewhere)
    api.create(FirstName="Asha")
    assert receiver.next().target.startswith("/hook?")
    settle(api)
    assert receiver.nothing()
    assert api.app.workers is not None
    assert api.app.workers.deliveries.results == {"failed": 1}


def test_ten_failed_deliveries_in_a_row_disable_a_webhook(
    make_api: Callable[..., InProcess], receiver: Receiver
) -> None:
    """Status 2; what happens then is not queued, and by hand it is enabled again."""
    api = make_api(
        webhook_private_addresses=True, webhook_attempts_max=1, webhook_backoff_seconds=0
    )
    webhook_id = hook(api, receiver, "3")
    refusing(receiver, *[500] * 9, 200, *[500] * 10)
    for number in range(20):
        assert found(api, webhook_id)["StatusCode"] == 0, number
        api.create(FirstName=str(number))
        receiver.next()
        settle(api)
    assert found(api, webhook_id)["StatusCode"] == 2
    api.create(FirstName="unheard")
    settle(api)
    assert receiver.nothing()
    assert api.post(WEBHOOKS + "Update", {"WebhookId": webhook_id, "StatusCode": 0}).status == 200
    api.create(FirstName="heard")
    assert receiver.next().json["FirstName"] == "heard"


def test_what_waits_for_a_disabled_webhook_goes_on_when_it_is_enabled(
    api: InProcess, receiver: Receiver
) -> None:
    """Nothing that was queued is lost by disabling."""
    webhook_id = hook(api, receiver, "3")
    refusing(receiver, 500)
    api.create(FirstName="Asha")
    receiver.next()
    settle(api)
    api.post(WEBHOOKS + "Update", {"WebhookId": webhook_id, "StatusCode": 1})
    settle(api, 3_600 * SECOND_MS)
    assert receiver.nothing()
    Console(api).post(f"/console/webhooks/{webhook_id}/enable")
    assert receiver.next().json["FirstName"] == "Asha"


def test_a_slow_receiver_is_given_up_and_holds_up_nobody(
    make_api: Callable[..., InProcess], receiver: Receiver
) -> None:
    """Its attempt fails after the limit; meanwhile another webhook is delivered to."""
    api = make_api(webhook_private_addresses=True, webhook_timeout_seconds=1)
    slow, quick = hook(api, receiver, "3"), hook(api, receiver, "3")
    never = threading.Event()

    def reply(received: Received) -> Reply:
        return Reply(after=never) if received.query["entityId"] == [slow] else Reply()

    receiver.reply = reply
    api.create(FirstName="a")
    api.create(FirstName="b")
    heard = [receiver.next() for _ in range(3)]
    settle(api)
    never.set()
    names = [r.json["FirstName"] for r in heard if r.query["entityId"] == [quick]]
    assert names == ["a", "b"]
    page = Console(api).get(f"/console/webhooks/{slow}").body.decode()
    assert "No complete answer within 1 s." in page


def test_nobody_listening_is_a_failure_that_is_told(api: InProcess, receiver: Receiver) -> None:
    """Connection refused; the history says that no answer came."""
    webhook_id = hook(api, receiver, "3")
    receiver.close()
    api.create(FirstName="Asha")
    settle(api)
    page = Console(api).get(f"/console/webhooks/{webhook_id}").body.decode()
    assert "No answer:" in page


def test_an_endless_answer_is_cut(make_api: Callable[..., InProcess], receiver: Receiver) -> None:
    """It is kept up to the limit, and says so; the status counts."""
    api = make_api(webhook_private_addresses=True, webhook_answer_bytes_max=1000)
    webhook_id = hook(api, receiver, "3")
    receiver.reply = lambda _: Reply(200, b"x" * 5_000_000)
    api.create(FirstName="Asha")
    delivery_id = receiver.next().delivery_id
    settle(api)
    page = Console(api).get(f"/console/webhooks/{webhook_id}/deliveries/{delivery_id}")
    assert b"only its start was recorded" in page.body
    assert b"x" * 1000 in page.body
    assert b"x" * 1001 not in page.body


def test_redelivery_sends_the_same_again(api: InProcess, receiver: Receiver) -> None:
    """The same id and the same bytes, though the lead has changed; the history has both."""
    webhook_id = hook(api, receiver, "3")
    lead_id = api.create(FirstName="Asha")
    first = receiver.next()
    settle(api)
    api.write("Lead.Update", {"FirstName": "Usha"}, leadId=lead_id)
    console = Console(api)
    target = f"/console/webhooks/{webhook_id}/deliveries/{first.delivery_id}"
    assert console.post(target + "/redeliver").status == 303
    second = receiver.next()
    assert (second.delivery_id, second.body) == (first.delivery_id, first.body)
    settle(api)
    page = console.get(target).body.decode()
    assert "Attempt 2" in page
    assert console.get(target + "/payload.txt").body == first.body
    assert console.get(target + "/attempts/2.txt").body.startswith(b'{"Status":"Success"')
    assert console.get(target + "/attempts/3.txt").status == 404


def test_history_holds_no_secret(api: InProcess, receiver: Receiver) -> None:
    """A receiver that sends back what it got does not bring a header's value into the history."""
    value = "not-for-the-history-51f0"
    webhook_id = hook(api, receiver, "3", CustomHeaders=[{"Key": "x-hook", "Value": value}])
    receiver.reply = lambda received: Reply(200, repr(dict(received.headers)).encode())
    api.create(FirstName="Asha")
    received = receiver.next()
    settle(api)
    assert received.headers["x-hook"] == value
    console = Console(api)
    pages = [
        console.get(f"/console/webhooks/{webhook_id}"),
        console.get(f"/console/webhooks/{webhook_id}/deliveries/{received.delivery_id}"),
        console.get("/console/webhooks"),
        console.get("/console/api-logs.json"),
        api.post(WEBHOOKS + "Retrieve", {}),
    ]
    assert all(value.encode() not in page.body for page in pages)
    calls = api.folder / "calls"
    assert all(value.encode() not in path.read_bytes() for path in calls.iterdir())


def test_old_deliveries_are_dropped(api: InProcess, receiver: Receiver) -> None:
    """With their attempts, whatever became of them, once they are past retention."""
    webhook_id = hook(api, receiver, "3")
    api.create(FirstName="Asha")
    receiver.next()
    settle(api)
    settle(api, 31 * 86_400 * SECOND_MS)
    page = Console(api).get(f"/console/webhooks/{webhook_id}").body.decode()
    assert "Nothing was delivered yet." in page


def test_deliveries_are_counted(api: InProcess, receiver: Receiver) -> None:
    """In the metrics: attempts by result, what waits and how long."""
    hook(api, receiver, "3")
    refusing(receiver, 200, 500)
    for name in ("a", "b"):
        api.create(FirstName=name)
        receiver.next()
        settle(api)
    settle(api, 5 * SECOND_MS)
    text = api.get("/metrics").body.decode()
    assert 'leadwire_webhook_attempts_total{result="delivered"} 1.0' in text
    assert 'leadwire_webhook_attempts_total{result="failed"} 1.0' in text
    assert "leadwire_webhook_waiting 1.0" in text
    assert "leadwire_webhook_oldest_seconds 5.0" in text


def test_an_event_that_cannot_be_printed_holds_up_nothing(
    api: InProcess, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    """Its delivery fails, says so, and the next one is sent."""
    webhook_id = hook(api, receiver, "3")
    assert api.app.workers is not None
    kept = api.app.workers.deliveries
    printer, broken = kept._printer, ["first"]

    async def print_or_fail(account_id: str, events: Sequence[Event]) -> str:
        if broken.pop() if broken else "":
            raise KeyError("a member that is gone")
        return await printer(account_id, events)

    kept._printer = print_or_fail
    api.create(FirstName="a")
    api.create(FirstName="b")
    assert receiver.next().json["FirstName"] == "b"
    settle(api)
    page = Console(api).get(f"/console/webhooks/{webhook_id}?state=failed").body.decode()
    assert "The payload could not be made." in page
    assert "cannot be made" in caplog.text


def test_a_deleted_webhook_takes_its_queue_with_it(api: InProcess, receiver: Receiver) -> None:
    """What was under way ends without a trace, and nothing follows."""
    webhook_id = hook(api, receiver, "3")
    go = threading.Event()
    receiver.reply = lambda _: Reply(after=go)
    for name in ("a", "b"):
        api.create(FirstName=name)
    receiver.next()
    assert api.get(WEBHOOKS + "Delete", webhookId=webhook_id).status == 200
    go.set()
    settle(api)
    assert receiver.nothing()
    assert Console(api).get(f"/console/webhooks/{webhook_id}").status == 404


def test_a_receiver_is_asked_on_saving(api: InProcess, receiver: Receiver) -> None:
    """By HEAD; where that is refused by a POST without a body. Both carry the headers."""
    receiver.head_status = 405
    headers = [{"Key": "x-hook", "Value": "abc"}]
    body = {"URL": receiver.url, "WebhookEvent": "3", "CustomHeaders": headers}
    answer = api.post(WEBHOOKS + "Create", body)
    asked = [receiver.probed.get(timeout=30) for _ in range(2)]
    assert [received.method for received in asked] == ["HEAD", "POST"]
    assert asked[1].body == b""
    assert {received.headers["x-hook"] for received in asked} == {"abc"}
    assert "x-leadwire-notice" not in answer.headers


def test_the_defaults_are_those_of_the_contract() -> None:
    """Three attempts, ten failures, a minute."""
    settings = Settings()
    assert settings.webhook_attempts_max == 3
    assert settings.webhook_failures_max == 10
    assert settings.webhook_group_seconds == 60
    assert settings.webhook_private_addresses is False
