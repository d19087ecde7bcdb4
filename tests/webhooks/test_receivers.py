"""The receivers that docs/webhooks.md shows, each with a delivery that a server signed."""

import asyncio
import importlib
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType
from typing import Final, NamedTuple

import httpx2
import pytest
from support import InProcess, assert_fault
from webhooks.receiver import Receiver
from webhooks.steps import found, hook

from leadwire.webhooks import new_secret, verify

PAGE: Final = Path(__file__).parents[2] / "docs" / "webhooks.md"
_BLOCK: Final = re.compile(r"```python\n(# (\w+)\.py\n.*?)```", re.DOTALL)
_FRAMEWORKS: Final = ("with_starlette", "with_fastapi", "with_flask", "with_django")
Headers = dict[str, str]
Post = Callable[[Headers, bytes], int]


class Signed(NamedTuple):
    secret: str
    headers: Headers
    body: bytes


@pytest.fixture
def signed(api: InProcess, receiver: Receiver) -> Signed:
    """A delivery of a webhook whose secret the caller chose."""
    secret = new_secret()
    hook(api, receiver, "3", SigningSecret=secret)
    api.create(FirstName="Asha")
    received = receiver.next()
    names = [name for name in received.header_names if name.startswith("webhook-")]
    headers = {name: received.headers[name] for name in names}
    return Signed(secret, headers, received.body)


@pytest.fixture
def load(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, signed: Signed, api: InProcess
) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a block of the page by its name, with the server's time."""
    names = []
    for block, name in _BLOCK.findall(PAGE.read_text()):
        (tmp_path / f"{name}.py").write_text(block)
        names.append(name)
    monkeypatch.setenv("WEBHOOK_SECRET", signed.secret)
    monkeypatch.syspath_prepend(tmp_path)
    now = api.clock.now_ms() / 1000
    for module in ("verifying", "signing"):
        monkeypatch.setattr(f"leadwire.webhooks.{module}.seconds_at", lambda _: now)
    yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)


def _asgi(module: ModuleType) -> Post:
    def post(headers: Headers, body: bytes) -> int:
        async def exchange() -> int:
            transport = httpx2.ASGITransport(app=module.app)
            async with httpx2.AsyncClient(transport=transport, base_url="http://r") as client:
                return (await client.post("/hook", headers=headers, content=body)).status_code

        return asyncio.run(exchange())

    return post


def _flask(module: ModuleType) -> Post:
    client = module.app.test_client()
    return lambda headers, body: int(client.post("/hook", headers=headers, data=body).status_code)


def _django(module: ModuleType) -> Post:
    """Its view, by its URL."""
    from django.test import Client  # noqa: PLC0415  # needs settings

    client = Client()
    assert module.urlpatterns

    def post(headers: Headers, body: bytes) -> int:
        answer = client.post("/hook", body, content_type="application/json", headers=headers)
        return int(answer.status_code)

    return post


def test_each_framework_takes_a_signed_delivery_once_and_nothing_else(
    load: Callable[[str], ModuleType], signed: Signed, capsys: pytest.CaptureFixture[str]
) -> None:
    """A forged, a changed and an empty one are 400; a repeated one is 200, and not handled."""
    from django.conf import settings  # noqa: PLC0415  # once a process

    settings.configure(ROOT_URLCONF="with_django", ALLOWED_HOSTS=["*"], SECRET_KEY="-")  # noqa: S106
    kinds = dict(zip(_FRAMEWORKS, (_asgi, _asgi, _flask, _django), strict=True))
    for name, kind in kinds.items():
        for loaded in ("hooks", name):
            sys.modules.pop(loaded, None)
        post = kind(load(name))
        forged = {**signed.headers, "webhook-signature": "v1,AAAA"}
        assert post({}, b"") == 400, name
        assert post(forged, signed.body) == 400, name
        assert post(signed.headers, signed.body + b" ") == 400, name
        assert capsys.readouterr().out == ""
        assert post(signed.headers, signed.body) == 200, name
        assert capsys.readouterr().out.startswith("new ")
        assert post(signed.headers, signed.body) == 200, name
        assert capsys.readouterr().out == "", name  # a repeated one is not handled


def test_the_tests_that_the_page_shows_pass(load: Callable[[str], ModuleType]) -> None:
    """With deliveries that ``sign`` made."""
    shown = load("test_hooks")
    tests = [name for name in vars(shown) if name.startswith("test_")]
    for name in tests:
        getattr(shown, name)()
    assert len(tests) == 2


def test_a_delivery_that_could_not_be_handled_may_come_again(
    load: Callable[[str], ModuleType], signed: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The receiver forgets its id, so that the server's next attempt is handled."""
    hooks = load("hooks")
    monkeypatch.setattr(hooks, "handle", lambda _: 1 / 0)
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            hooks.accept(signed.headers, signed.body)


def test_a_secret_that_the_caller_chose_is_in_no_answer_and_no_log(
    api: InProcess, receiver: Receiver
) -> None:
    """It signs from the next delivery on, and an update without it keeps it."""
    first, second = new_secret(), new_secret()
    webhook_id = hook(api, receiver, "3", SigningSecret=first)
    change = "/v2/Webhook.svc/Update"
    answers = [
        api.post(change, {"WebhookId": webhook_id, "SigningSecret": second}),
        api.post(change, {"WebhookId": webhook_id, "Description": "keeps its secret"}),
    ]
    api.create(FirstName="Asha")
    received = receiver.next()
    now = datetime.fromtimestamp(api.clock.now_ms() / 1000, UTC)
    assert verify(second, received.headers, received.body, now=now).id == received.delivery_id
    records = [api.record(answer) for answer in answers]
    told = repr((found(api, webhook_id), answers, records))
    for secret in (first, second):
        assert secret.removeprefix("whsec_") not in told
    assert_fault(
        api.post(change, {"WebhookId": webhook_id, "SigningSecret": "short"}),
        500,
        "MXInvalidInputException",
    )
