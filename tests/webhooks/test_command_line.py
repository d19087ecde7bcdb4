"""``leadwire webhooks`` on the data folder, with and without a server that runs on it."""

import msgspec
from support import InProcess, leadwire
from webhooks.receiver import Receiver
from webhooks.steps import hook, settle

from leadwire.webhook_signature import Key, secret_of


def run(api: InProcess, *words: str, code: int = 0) -> str:
    result = leadwire("webhooks", *words, "--data", str(api.folder))
    assert result.exit_code == code, result.stderr
    return result.stdout if code == 0 else result.stderr


def test_webhooks_are_listed_shown_and_told_while_a_server_runs(
    api: InProcess, receiver: Receiver
) -> None:
    """The secret is printed by its own command alone, and the audit trail says so."""
    secret = secret_of(b"k" * 32)
    headers = [{"Key": "x-hook", "Value": "a secret value"}]
    webhook_id = hook(api, receiver, "3", SigningSecret=secret, CustomHeaders=headers)
    other = hook(api, receiver, "6")
    api.create(FirstName="Asha")
    delivery_id = receiver.next().delivery_id
    settle(api)
    (first, second) = msgspec.json.decode(run(api, "list", "--json"))["webhooks"]
    assert {first["webhook_id"], second["webhook_id"]} == {webhook_id, other}
    shown = msgspec.json.decode(run(api, "show", webhook_id, "--json"))
    assert shown["event"] == "Lead_Post_Create"
    assert shown["headers"] == ["x-hook"]
    assert [(each["delivery_id"], each["result"]) for each in shown["deliveries"]] == [
        (delivery_id, "200")
    ]
    told = "".join(run(api, *words) for words in (("list",), ("show", webhook_id)))
    assert delivery_id in told
    assert receiver.url in told
    for kept in (secret, "a secret value", "Asha"):
        assert kept not in told + repr(shown)
    assert run(api, "secret", webhook_id).strip() == secret
    assert Key.of(run(api, "secret", other).strip()) is not None
    assert "webhook.secret_seen" in repr(api.kept()["audit"])
    assert "There is no webhook" in run(api, "show", "none", code=1)
    assert "A server runs on" in run(api, "secret", webhook_id, "--new", code=1)
    assert run(api, "secret", webhook_id).strip() == secret


def test_a_delivery_is_sent_again_and_a_secret_replaced_while_no_server_runs(
    api: InProcess, receiver: Receiver
) -> None:
    """With a server that runs, both are refused with what to do instead."""
    webhook_id = hook(api, receiver, "3")
    api.create(FirstName="Asha")
    delivery_id = receiver.next().delivery_id
    settle(api)
    before = run(api, "secret", webhook_id)
    assert "use the webhook's page" in run(api, "redeliver", webhook_id, delivery_id, code=1)
    api.close()
    assert "has no delivery" in run(api, "redeliver", webhook_id, "none", code=1)
    assert delivery_id in run(api, "redeliver", webhook_id, delivery_id)
    shown = msgspec.json.decode(run(api, "show", webhook_id, "--json"))
    assert shown["deliveries"][0]["state"] == "waiting"
    new = run(api, "secret", webhook_id, "--new")
    assert new != before
    assert run(api, "secret", webhook_id) == new
