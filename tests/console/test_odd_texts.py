"""A NUL or half of a surrogate pair in any path, query or form of a page never makes it fail."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import pytest
from starlette.routing import Mount, Route
from support import InProcess
from webhooks.steps import Console

import leadwire.console
from leadwire.console.security import WithoutNul

_TEMPLATES: Final = Path(leadwire.console.__file__).parent / "templates"
_FIELDS: Final = sorted(
    {
        name
        for template in _TEMPLATES.rglob("*.html")
        for name in re.findall(r'name="(\w+)"', template.read_text())
    }
)
_ODD: Final = ("%00", "a%00b", "%ED%A0%80")
_TYPED: Final = re.compile(r"{\w+:int}")
_PARAMETER: Final = re.compile(r"{\w+(:\w+)?}")
_FAULT: Final = 500


def routes(routed: Any) -> Iterator[Route]:  # noqa: ANN401  # an application, or a part of one
    for route in routed.routes:
        if isinstance(route, Route):
            yield route
        elif isinstance(route, Mount):
            yield from routes(route.app)


def test_no_text_makes_a_page_fail(api: InProcess) -> None:
    """Every page, each form with all its fields odd, by somebody who may do everything."""
    console = Console(api)
    api.create(FirstName="Asha")
    failed = []
    for route in routes(api.app._site):
        if route.path.endswith("/live") or route.path == "/console/sign-out":
            continue  # the first never ends, the second signs out
        for odd in _ODD:
            path = _PARAMETER.sub(odd, _TYPED.sub("1", route.path))
            query = "&".join(f"{name}={odd}" for name in (*_FIELDS, odd))
            targets = [path, f"{path}?{query}"]
            if odd == _ODD[0]:  # a page may refuse the first odd parameter, and not look further
                targets += [f"{path}?{name}={odd}" for name in _FIELDS]
            if "GET" in (route.methods or ()):
                answers = [(target, console.get(target)) for target in targets]
            else:
                form = dict.fromkeys(_FIELDS, "a\0b")
                answers = [(target, console.post(target, form)) for target in targets[:2]]
            failed += [(t, a.status, a.body[:300]) for t, a in answers if a.status >= _FAULT]
    assert failed == []


@pytest.mark.parametrize("parts", [1, 2, 3, 7, 1_000])
def test_a_nul_is_replaced_wherever_a_form_is_cut(api: InProcess, parts: int) -> None:
    """An escape may begin in one part and end in the next."""
    body = urlencode({"email": "a\0b@x.test", "password": "\0%00x\0"}).encode()
    size = max(1, len(body) // parts)
    chunks = [body[start : start + size] for start in range(0, len(body), size)]
    assert b"".join(api.run(_passed_on(chunks))) == body.replace(b"%00", b"%EF%BF%BD")


async def _passed_on(chunks: list[bytes]) -> list[bytes]:
    """What the pages receive of a form that comes in *chunks*."""
    received = []

    async def page(_scope: Any, receive: Any, _send: Any) -> None:  # noqa: ANN401
        while True:
            message = await receive()
            received.append(message["body"])
            if not message["more_body"]:
                return

    waiting = list(chunks)

    async def receive() -> dict[str, object]:
        part = waiting.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(waiting)}

    async def send(_message: object) -> None: ...

    headers = [(b"content-type", b"application/x-www-form-urlencoded")]
    scope = {"type": "http", "path": "/", "query_string": b"", "headers": headers}
    await WithoutNul(page)(scope, receive, send)  # type: ignore[arg-type]
    return received
