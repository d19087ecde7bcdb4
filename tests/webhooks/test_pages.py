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


def test_no_number_in_an_address_breaks_a_page(api: InProcess, receiver: Receiver) -> None:
    """Also one that no database can hold, and one that Python does not read."""
    webhook_id = hook(api, receiver, "3")
    console = Console(api)
    api.create(FirstName="Asha")
    settle(api)
    here = f"/console/webhooks/{webhook_id}"
    delivery = re.search(r"/deliveries/[^\"]+", console.get(here).body.decode())[0]
    for number in ("0", "-1", "9" * 19, "9" * 5_000, "\u0663"):
        for path in (f"{here}?before={number}", f"{here}{delivery}/attempts/{number}.txt"):
            assert console.get(path).status in (200, 404), path[:200]


@pytest.mark.parametrize("action", ["enable", "disable", "delete", "secret", "test"])
def test_no_button_works_from_another_site_or_by_get(
    api: InProcess, receiver: Receiver, action: str
) -> None:
    """As every form of the console."""
    webhook_id = hook(api, receiver, "3")
    console = Console(api)
    target = f"/console/webhooks/{webhook_id}/{action}"
    before = found(api, webhook_id)
    assert console.post(target, **{"Sec-Fetch-Site": "cross-site"}).status == 403
    assert console.post(target, Referer="https://elsewhere.example/").status == 403
    assert console.get(target).status == 405
    assert found(api, webhook_id) == before


def test_a_viewer_sees_no_webhooks(api: InProcess, receiver: Receiver) -> None:
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
    assert b"/console/webhooks" not in ben.get("/console/settings/profile").body
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


def form(receiver: Receiver, **values: str) -> dict[str, str]:
    """The form of a webhook as a browser sends it."""
    return {
        "event": "lead_created",
        "only": "",
        "url": receiver.url,
        "content_type": "application/json",
        "headers": "",
        "description": "",
    } | values


def made(console: Console, sent: dict[str, str]) -> tuple[str, str]:
    """The id of a webhook that the form makes, and the signing secret that the page shows."""
    answer = console.post("/console/webhooks", sent)
    assert answer.status == 200, answer.body
    page = answer.body.decode()
    webhook_id = page.partition("/test")[0].rpartition("/console/webhooks/")[2]
    return webhook_id, page.partition('id="new-secret">')[2].partition("<")[0]


def test_the_form_makes_a_webhook_that_delivers_at_once(api: InProcess, receiver: Receiver) -> None:
    """Its secret is shown once; a test and the first event are in its history, which updates."""
    console = Console(api)
    assert console.get("/console/webhooks/new").status == 200
    sent = form(receiver, headers="X-Team: north\nAuthorization: Bearer s3cret-header")
    webhook_id, secret = made(console, sent)
    here = f"/console/webhooks/{webhook_id}"
    assert secret.startswith("whsec_")
    assert console.post(f"{here}/test").headers["location"] == f"{here}?done=tested#history"
    test = receiver.next()
    assert b'"IsTest":"true"' in test.body
    assert test.headers["authorization"] == "Bearer s3cret-header"
    lead_id = api.create(FirstName="Asha")
    assert lead_id.encode() in receiver.next().body
    settle(api)
    part = console.get(f"{here}/history").body.decode()
    assert "<html" not in part
    assert part.count("Delivered") >= 2
    for target in ("/console/webhooks", here, f"{here}/edit", f"{here}/history"):
        page = console.get(target).body.decode()
        assert secret not in page
        assert "s3cret-header" not in page


def test_a_form_that_is_sent_again_makes_no_second_webhook(
    api: InProcess, receiver: Receiver
) -> None:
    """As a browser does at a reload; neither does it make another secret."""
    console = Console(api)
    sent = form(receiver)
    webhook_id, _ = made(console, sent)
    again = console.post("/console/webhooks", sent)
    assert again.status == 422
    assert b"exists already" in again.body
    page = console.get(f"/console/webhooks/{webhook_id}").body.decode()
    since = page.partition('name="since" value="')[2].partition('"')[0]
    api.clock.advance(1)
    first = console.post(f"/console/webhooks/{webhook_id}/secret", {"since": since})
    assert b"whsec_" in first.body
    second = console.post(f"/console/webhooks/{webhook_id}/secret", {"since": since})
    assert b"whsec_" not in second.body


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"event": "everything"}, "event"),
        ({"event": "lead_field_changed", "only": "mx_Nothing"}, "only"),
        ({"event": "activity_created", "only": "call"}, "only"),
        ({"event": "activity_created", "only": "999999"}, "only"),
        ({"url": "ftp://example.com"}, "url"),
        ({"url": "javascript:alert(1)"}, "url"),
        ({"url": "https://example.com/" + "x" * 3_000}, "url"),
        ({"content_type": "text/html"}, "content_type"),
        ({"headers": "no colon"}, "headers"),
        ({"headers": "Host: example.com"}, "headers"),
        ({"headers": "X-A: b\u00e9"}, "headers"),
        ({"description": "x" * 3_000}, "description"),
    ],
)
def test_a_wrong_form_says_what_is_wrong_beside_the_field(
    api: InProcess, receiver: Receiver, values: dict[str, str], field: str
) -> None:
    """And keeps what was written; no webhook is made."""
    sent = form(receiver, description="Kept text") | values
    answer = Console(api).post("/console/webhooks", sent)
    assert answer.status == 422
    page = answer.body.decode()
    assert f'id="{field}-error"' in page
    assert sent["description"] in page
    assert api.post(WEBHOOKS + "Retrieve", {}).json == {"RecordCount": 0}


def test_a_change_keeps_the_headers_that_the_form_does_not_show(
    api: InProcess, receiver: Receiver
) -> None:
    """Their values stay, unless another one is written."""
    console = Console(api)
    webhook_id, _ = made(console, form(receiver, headers="X-One: first\nX-Two: second"))
    kept = "X-One: ********\nX-Two: changed"
    changed = form(receiver, headers=kept, description="Changed")
    answer = console.post(f"/console/webhooks/{webhook_id}", changed)
    assert answer.status == 303
    api.create(FirstName="Asha")
    received = receiver.next()
    assert (received.headers["x-one"], received.headers["x-two"]) == ("first", "changed")
    assert b"Changed" in console.get(f"/console/webhooks/{webhook_id}").body
