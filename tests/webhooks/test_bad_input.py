"""Bad input to Webhook.svc: a clear fault, nothing made and nothing changed."""

import pytest
from support import InProcess, assert_fault
from webhooks.receiver import Receiver
from webhooks.steps import WEBHOOKS, found, hook

INVALID = "MXInvalidInputException"
HEADERS = "CustomHeaders value is not correct."


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({"URL": "http://[::1"}, "URL value is not correct."),
        ({"URL": "https://example.com/" + "x" * 2048}, "URL can not be longer"),
        ({"Method": "GET"}, "Method value is not correct."),
        ({"ContentType": "application/xml"}, "ContentType value is not correct."),
        ({"Description": "x" * 2001}, "Description can not be longer"),
        ({"CustomHeaders": [{"Key": "", "Value": "x"}]}, HEADERS),
        ({"CustomHeaders": [{"Key": "x y", "Value": "x"}]}, HEADERS),
        ({"CustomHeaders": [{"Key": "x", "Value": "a\r\nHost: b"}]}, HEADERS),
        ({"CustomHeaders": [{"Key": "x", "Value": "é"}]}, HEADERS),
        ({"CustomHeaders": [{"Key": "Host", "Value": "example.com"}]}, HEADERS),
        ({"CustomHeaders": [{"Key": "content-length", "Value": "1"}]}, HEADERS),
        ({"CustomHeaders": [{"Key": "webhook-id", "Value": "1"}]}, HEADERS),
        ({"CustomHeaders": [{"Key": "x", "Value": "v" * 4097}]}, HEADERS),
        ({"WebhookEvent": "18"}, "Webhook Event not found"),
        ({"WebhookEvent": "Lead_Post_Nothing"}, "Webhook Event not found"),
        ({"WebhookEvent": "5", "WebhookProperties": "[1]"}, "not a valid JSON"),
        ({"WebhookEvent": "26", "WebhookProperties": '{"SchemaName":7}'}, "is not found"),
        ({"WebhookEvent": "33", "WebhookProperties": "{}"}, "is not found"),
        ({"WebhookEvent": "26", "ChangedLeadField": " "}, "is not found"),
        ({"WebhookEvent": "1", "IsSpecificLandingPage": True}, "LandingPageUrls value is not"),
    ],
)
def test_a_wrong_member_is_named(
    api: InProcess, receiver: Receiver, members: dict[str, object], message: str
) -> None:
    """By Create and by Update alike; the receiver is not even asked."""
    webhook_id = hook(api, receiver, "3")
    before = found(api, webhook_id)
    body = {"URL": receiver.url, "WebhookEvent": "3", **members}
    assert_fault(api.post(WEBHOOKS + "Create", body), 500, INVALID, message)
    answer = api.post(WEBHOOKS + "Update", {"WebhookId": webhook_id, **members})
    assert_fault(answer, 500, INVALID, message)
    assert receiver.probed.empty()
    assert found(api, webhook_id) == before
    assert api.post(WEBHOOKS + "Retrieve", {}).json["RecordCount"] == 1


@pytest.mark.parametrize(
    "members",
    [
        {"CustomHeaders": {"x": "not-for-the-log-9d"}},
        {"CustomHeaders": [["x", "not-for-the-log-9d"]]},
        {"CustomHeaders": [{"Key": "x", "Value": {"a": "not-for-the-log-9d"}}]},
        {"WebhookProperties": {"SchemaName": "mx_City"}},
        {"URL": 7},
        {"WebhookEvent": []},
    ],
)
def test_a_member_of_another_type_is_misshapen(api: InProcess, members: dict[str, object]) -> None:
    """400; and what stood where headers stand is not in the call's record."""
    body = {"URL": "http://127.0.0.1:9/", "WebhookEvent": "3", **members}
    answer = api.post(WEBHOOKS + "Create", body)
    assert_fault(answer, 400, "JsonSerializationException")
    record = api.record(answer)
    assert "not-for-the-log" not in record.request_body + record.response_body
    assert api.post(WEBHOOKS + "Retrieve", {}).json == {"RecordCount": 0}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"Parameter": {"StatusCode": 7}}, "StatusCode value is not correct."),
        ({"Parameter": {"StatusCode": "on"}}, "StatusCode value is not correct."),
        ({"Parameter": {"WebhookEvent": "999"}}, "Webhook Event not found"),
        ({"Paging": {"PageSize": 1001}}, "PageSize can not be more than 1000."),
        ({"Paging": {"PageIndex": 0}}, "PageIndex value is not correct."),
    ],
)
def test_a_wrong_search_is_refused(api: InProcess, body: object, message: str) -> None:
    """In the dialect's words."""
    assert_fault(api.post(WEBHOOKS + "Retrieve", body), 500, INVALID, message)


def test_a_status_that_no_caller_sets_is_refused(api: InProcess, receiver: Receiver) -> None:
    """2 is for a webhook that failed too often."""
    webhook_id = hook(api, receiver, "3")
    answer = api.post(WEBHOOKS + "Update", {"WebhookId": webhook_id, "StatusCode": 2})
    assert_fault(answer, 500, INVALID, "StatusCode value is not correct.")


def test_an_account_has_two_hundred_webhooks_at_most(api: InProcess, receiver: Receiver) -> None:
    """The one beyond is refused."""
    for _ in range(200):
        hook(api, receiver, "3")
    answer = api.post(WEBHOOKS + "Create", {"URL": receiver.url, "WebhookEvent": "3"})
    assert_fault(answer, 500, INVALID, "more than 200 webhooks")


@pytest.mark.parametrize("operation", ["Create", "Update", "Retrieve", "Delete"])
def test_webhooks_are_for_administrators(
    api: InProcess, receiver: Receiver, operation: str
) -> None:
    """Whoever makes one gets everything that happens in the account."""
    webhook_id = hook(api, receiver, "3")
    admin = api.keys.user_id
    person = {"FirstName": "Ravi", "EmailAddress": "ravi@example.com", "Role": "Administrator"}
    users = "/v2/UserManagement.svc/User/"
    assert api.post(users + "Create", person).status == 200
    assert api.post(users + "Update", {"UserId": admin, "Role": "Sales_User"}).status == 200
    if operation == "Delete":
        answer = api.get(WEBHOOKS + operation, webhookId=webhook_id)
    else:
        body = {"WebhookId": webhook_id, "URL": receiver.url, "WebhookEvent": "3"}
        answer = api.post(WEBHOOKS + operation, body)
    assert_fault(answer, 500, "MXUnAuthorizedAccessException")
