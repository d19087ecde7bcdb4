"""What tests of webhooks do again and again."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from support import Answer, Api, InProcess
from webhooks.receiver import Receiver

WEBHOOKS = "/v2/Webhook.svc/"


def hook(api: Api, receiver: Receiver, event: str, **members: object) -> str:
    """The id of a new webhook for *event*; it must be accepted, and the receiver was asked."""
    body = {"URL": receiver.url, "WebhookEvent": event, **members}
    answer = api.post(WEBHOOKS + "Create", body)
    assert answer.status == 200, answer.body
    assert receiver.probed.get(timeout=30).method == "HEAD"
    return answer.json["Message"]["Id"]


def found(api: Api, webhook_id: str) -> dict[str, Any]:
    (row,) = api.post(WEBHOOKS + "Retrieve", {"Parameter": {"WebhookId": webhook_id}}).json[
        "Response"
    ]
    return row


def settle(api: InProcess, ms: int = 0) -> None:
    """Let *ms* pass, and everything be sent that is due then."""
    api.clock.advance(ms)
    assert api.app.workers is not None
    api.run(api.app.workers.deliverer.settled())


class Console:
    """A person signed in to the console of *api*."""

    def __init__(self, api: Api, *, email: str = "", password: str = "") -> None:
        self._api = api
        form = {
            "email": email or api.keys.user_email,
            "password": password or api.keys.password,
        }
        answer = self.post("/console/sign-in", form)
        assert answer.status == 303, answer.body
        self._cookie = answer.headers["set-cookie"].partition(";")[0]

    _cookie = ""

    def get(self, target: str) -> Answer:
        return self._api.call("GET", target, headers={"Cookie": self._cookie}, keys="none")

    def post(self, target: str, form: Mapping[str, str] | None = None, **headers: str) -> Answer:
        sent = {"Content-Type": "application/x-www-form-urlencoded", "Cookie": self._cookie}
        return self._api.call(
            "POST", target, urlencode(form or {}), headers=sent | headers, keys="none"
        )
