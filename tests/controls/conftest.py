"""A server with controls, in a process of its own, as a test of another project uses it."""

import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx2
import pytest

SERVE = [sys.executable, "-c", "from leadwire.command import main; main()", "serve", "--port", "0"]
LEADS = "/v2/LeadManagement.svc/"


@dataclass
class Account:
    """An account of its own for one test, over plain HTTP."""

    controls: httpx2.Client
    api: httpx2.Client
    id: str
    made: dict[str, Any] = field(default_factory=dict)

    def ask(self, method: str, path: str, body: object = None, **query: Any) -> Any:  # noqa: ANN401  # any JSON
        """An answer of the control interface that must be a success."""
        answer = self.controls.request(method, path, json=body, params=query)
        assert answer.status_code < 300, answer.text
        return answer.json()

    def refused(self, method: str, path: str, body: object = None, **query: Any) -> Any:  # noqa: ANN401  # any JSON
        """The error of a control request that must be refused."""
        answer = self.controls.request(method, path, json=body, params=query)
        assert answer.status_code >= 400, answer.text
        return answer.json()["error"]

    def fault(self, **fault: object) -> str:
        made = self.ask("POST", "faults", {"account": self.id, **fault})
        return str(made["faults"][0]["id"])

    def create(self, email: str, **values: str) -> httpx2.Response:
        pairs = {"EmailAddress": email, **values}
        body = [{"Attribute": name, "Value": value} for name, value in pairs.items()]
        return self.api.post(LEADS + "Lead.Create", json=body)

    def find(self, email: str) -> list[dict[str, Any]]:
        answer = self.api.get(LEADS + "Leads.GetByEmailaddress", params={"emailaddress": email})
        assert answer.status_code == 200, answer.text
        return list(answer.json())

    def webhook(self, url: str, event: str = "Lead_Post_Create") -> str:
        body = {"WebhookEvent": event, "URL": url}
        answer = self.api.post("/v2/Webhook.svc/Create", json=body)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["Message"]["Id"])

    def advance(self, span: str) -> Any:  # noqa: ANN401  # any JSON
        return self.ask("POST", "clock", {"advance": span})


@dataclass
class Running:
    ready: dict[str, Any]
    controls: httpx2.Client
    clients: list[httpx2.Client] = field(default_factory=list)

    def account(self, **members: object) -> Account:
        answer = self.controls.post("accounts", json=members)
        assert answer.status_code == 201, answer.text
        made = answer.json()
        return Account(self.controls, self.api(made), made["account_id"], made)

    def api(self, account: dict[str, Any]) -> httpx2.Client:
        headers = {
            "x-LSQ-AccessKey": account["access_key"],
            "x-LSQ-SecretKey": account["secret_key"],
        }
        client = httpx2.Client(base_url=self.ready["url"], headers=headers, timeout=20)
        self.clients.append(client)
        return client

    def close(self) -> None:
        for client in (self.controls, *self.clients):
            client.close()


@pytest.fixture(scope="session")
def server() -> Iterator[Running]:
    command = [*SERVE, "--ephemeral", "--controls", "--ready", "json",
               "--webhook-group-seconds", "0"]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        headers = {"X-Leadwire-Controls": ready["token"]}
        client = httpx2.Client(base_url=ready["controls"], headers=headers, timeout=30)
        running = Running(ready, client)
        yield running
        running.close()
    finally:
        process.terminate()
        process.communicate()


@pytest.fixture
def account(server: Running) -> Iterator[Account]:
    made = server.account()
    yield made
    server.controls.delete("faults")
    server.controls.post("clock", json={"reset": True})
    server.controls.delete(f"accounts/{made.id}")
