"""The console's pages about webhooks: who may see them, what they show, what their buttons do."""

import re

import pytest
from support import LEADS, InProcess, attributes
from webhooks.receiver import Receiver, Reply
from webhooks.steps import WEBHOOKS, Console, found, hook, settle

EVIL = "</pre><script>alert(1)</script>"


def test_the_way_to_the_page_is_the_documented_one(api: InProcess, receiver: Receiver) -> None:
    """From any page to the webhooks; and from there to a delivery's payload."""
    console = Console(api)
    assert b'href="/console/webhooks"' in console.get("/console/settings/profile").body
    assert b"No webhooks yet" in console.get("/console/webhooks").body
    webhook_id = hook(api, receiver, "3", Description="Lead sync")
    page = console.get("/console/webhooks").body.decode()
    assert "Lead sync" in page
    assert "Nothing was delivered yet" in page
    lead_id = api.create(FirstName="Asha")
    receiver.next()
    settle(api)
    page = console.get("/console/webhooks").body.decode()
    assert f'href="/console/webhooks/{webhook_id}"' in page
    assert "Delivered" in page
    page = console.get(f"/console/webhooks/{webhook_id}?state=delivered").body.decode()
    target = re.search(r'href="(/console/webhooks/[^"]+/deliveries/[^"]+)"', page)[1]
    shown = console.get(target).body.decode()
    assert lead_id in shown
    assert "StatusReason" in shown
    page = console.get(f"/console/webhooks/{webhook_id}?state=failed").body.decode()
    assert "No delivery is failed." in page


def test_buttons_enable_disable_and_delete(api: InProcess, receiver: Receiver) -> None:
    """Each leads back to a page that shows what became of it."""
    webhook_id = hook(api, receiver, "3")
    console = Console(api)
    here = f"/console/webhooks/{webhook_id}"
    for action, status in (("disable", 1), ("enable", 0)):
        answer = console.post(f"{here}/{action}")
        assert (answer.status, answer.headers["location"]) == (303, here)
        assert found(api, webhook_id)["StatusCode"] == status
    answer = console.post(f"{here}/delete")
    assert (answer.status, answer.headers["location"]) == (303, "/console/webhooks")
    assert api.post(WEBHOOKS + "Retrieve", {}).json == {"RecordCount": 0}


@pytest.mark.parametrize("action", ["enable", "disable", "delete", "secret"])
def test_no_button_works_from_another_site_or_by_get(
    api: InProcess, receiver: Receiver, action: str
) -> None:
    """As every form of the console."""
    webhook_id = hook(api, receiver, "3")
    console = Console(api)
    target = f"/console/webhooks/{webhook_id}/{action}"
    before = found(api, webhook_id)
    assert console.post(target, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert console.get(target).status == 405
    assert found(api, webhook_id) == before


def test_only_administrators_see_webhooks(api: InProcess, receiver: Receiver) -> None:
    """Others are told so, and strangers are sent to the sign-in."""
    webhook_id = hook(api, receiver, "3")
    person = {
        "FirstName": "Ben",
        "EmailAddress": "ben@example.com",
        "Role": "Sales_User",
        "Password": "a long password",
    }
    assert api.post("/v2/UserManagement.svc/User/Create", person).status == 200
    ben = Console(api, email="ben@example.com", password="a long password")  # noqa: S106
    for target in ("/console/webhooks", f"/console/webhooks/{webhook_id}"):
        assert ben.get(target).status == 403
        assert api.call("GET", target, keys="none").status == 303
    assert ben.post(f"/console/webhooks/{webhook_id}/delete").status == 403
    assert b"/console/webhooks" not in ben.get("/console/settings").body
    assert found(api, webhook_id)["StatusCode"] == 0


@pytest.mark.parametrize("path", ["x", "x/deliveries/y", "x/deliveries/y/payload.txt"])
def test_what_does_not_exist_is_not_there(api: InProcess, path: str) -> None:
    """404 for a webhook and for a delivery."""
    assert Console(api).get(f"/console/webhooks/{path}").status == 404
    assert Console(api).post("/console/webhooks/x/delete").status == 404


def test_a_delivery_of_another_webhook_is_not_shown(api: InProcess, receiver: Receiver) -> None:
    """Its address names both."""
    one, other = hook(api, receiver, "3"), hook(api, receiver, "6")
    api.create(FirstName="Asha")
    delivery_id = receiver.next().delivery_id
    settle(api)
    console = Console(api)
    assert console.get(f"/console/webhooks/{one}/deliveries/{delivery_id}").status == 200
    assert console.get(f"/console/webhooks/{other}/deliveries/{delivery_id}").status == 404
    assert (
        console.post(f"/console/webhooks/{other}/deliveries/{delivery_id}/redeliver").status == 404
    )


def test_a_receivers_text_is_never_markup(api: InProcess, receiver: Receiver) -> None:
    """Nor is a description, a URL or a lead's name."""
    webhook_id = hook(api, receiver, "3", Description=EVIL)
    receiver.reply = lambda _: Reply(500, EVIL.encode())
    api.create(FirstName=EVIL)
    delivery_id = receiver.next().delivery_id
    settle(api)
    console = Console(api)
    here = f"/console/webhooks/{webhook_id}"
    for target in ("/console/webhooks", here, f"{here}/deliveries/{delivery_id}"):
        answer = console.get(target)
        assert answer.status == 200
        assert b"<script>alert" not in answer.body


def test_a_long_history_has_pages(api: InProcess, receiver: Receiver) -> None:
    """A hundred at a time, newest first; every one is on exactly one page."""
    webhook_id = hook(api, receiver, "3")
    for number in range(103):
        api.create(FirstName=str(number))
    settle(api)
    console = Console(api)
    target = f"/console/webhooks/{webhook_id}"
    pages = []
    while target:
        pages.append(console.get(target).body.decode())
        before, _, _ = pages[-1].partition('" rel="next"')
        target = "" if before == pages[-1] else before.rpartition('href="')[2]
    ids = [
        part.partition('"')[0]
        for page in pages
        for part in page.split(f"/console/webhooks/{webhook_id}/deliveries/")[1:]
    ]
    assert len(pages) == 2
    assert len(ids) == len(set(ids)) == 103


def test_what_a_call_caused_is_linked_in_both_directions(
    api: InProcess, receiver: Receiver
) -> None:
    """Its lead, its delivery, the calls of the lead; and back from the delivery."""
    webhook_id = hook(api, receiver, "3")
    answer = api.post(LEADS + "Lead.Create", attributes({"EmailAddress": "mira@example.com"}))
    lead_id = answer.json["Message"]["Id"]
    again = api.post(LEADS + "Lead.Create", attributes({"EmailAddress": "mira@example.com"}))
    assert again.status == 500
    receiver.next()
    settle(api)
    console = Console(api)
    page = console.get(f"/console/api-logs/{answer.call_id}/around").body.decode()
    assert f'href="/console/leads/{lead_id}"' in page
    delivery = re.search(rf"/console/webhooks/{webhook_id}/deliveries/[0-9a-f-]+", page)
    assert delivery
    back = console.get(delivery[0]).body.decode()
    assert f'href="/console/api-logs/{answer.call_id}"' in back
    failed = console.get(f"/console/api-logs/{again.call_id}/around").body.decode()
    assert f'href="/console/leads/{lead_id}"' in failed, "the lead behind the duplicate"
    assert f'href="/console/api-logs/{answer.call_id}"' in failed
    assert "A guess: the same request" in failed
    assert delivery[0] not in failed
