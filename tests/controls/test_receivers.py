"""Receivers of webhooks in the server itself, and deliveries that meet faults."""

import json

import httpx2
from controls.conftest import Account, Running


def got(account: Account, count: int) -> dict[str, list[dict[str, object]]]:
    return dict(
        account.ask("GET", f"receivers/{account.id}/deliveries", wait=count, within_ms=5000)
    )


def test_a_receiver_gets_what_the_server_posts(account: Account) -> None:
    """Event, headers and body; the probe of the new webhook is counted apart."""
    url = account.ask("PUT", f"receivers/{account.id}", {})["url"]
    webhook_id = account.webhook(url)
    account.create("asha@example.com")
    found = got(account, 1)
    [delivery] = found["deliveries"]
    assert found["probes"] >= 1
    assert delivery["webhook_id"] == webhook_id
    assert delivery["attempt"] == 1
    assert "asha@example.com" in json.dumps(delivery["body"])
    assert "webhook-signature" in delivery["headers"]


def test_a_receiver_answers_as_told(account: Account) -> None:
    """First 500, then 200: two attempts of one delivery."""
    respond = [{"status": 500}, {"status": 200, "delay_ms": 20}]
    url = account.ask("PUT", f"receivers/{account.id}", {"respond": respond})["url"]
    account.webhook(url)
    account.ask("POST", "clock", {"freeze": "now"})
    account.create("asha@example.com")
    account.advance("5m")
    deliveries = got(account, 2)["deliveries"]
    assert [(each["attempt"], each["answered"]) for each in deliveries] == [(1, 500), (2, 200)]
    assert deliveries[0]["delivery_id"] == deliveries[1]["delivery_id"]
    assert deliveries[0]["body"] == deliveries[1]["body"]


def test_only_the_receiver_is_exempt_from_the_rule_on_private_addresses(
    server: Running, account: Account
) -> None:
    """Exactly its own address: nothing else on this machine."""
    for url in (server.ready["url"], server.ready["controls"] + "hooks/0/x"):
        body = {"WebhookEvent": "Lead_Post_Create", "URL": url}
        answer = account.api.post("/v2/Webhook.svc/Create", json=body)
        assert answer.status_code == 500, answer.text
        assert "URL value is not correct" in answer.text


def test_a_delivery_meets_a_fault(account: Account) -> None:
    """Lost before it is sent, and after: the receiver sees it once or twice."""
    url = account.ask("PUT", f"receivers/{account.id}", {})["url"]
    account.webhook(url)
    account.ask("POST", "clock", {"freeze": "now"})
    account.fault(operation="webhook:*", kind="reset", when="before_write")
    account.fault(operation="webhook:*", kind="close", when="after_write")
    account.create("asha@example.com")
    account.advance("5m")
    deliveries = got(account, 2)["deliveries"]
    assert len(deliveries) == 2
    assert len({each["delivery_id"] for each in deliveries}) == 1


def test_a_receiver_without_its_token_is_not_found(server: Running, account: Account) -> None:
    """Nobody else can post to it."""
    account.ask("PUT", "receivers/mine", {})
    answer = httpx2.post(f"{server.ready['controls']}hooks/0000/mine", content=b"{}")
    assert answer.status_code == 404
    error = account.refused("GET", "receivers/min/deliveries")
    assert "There is no receiver 'min'" in error["message"]
