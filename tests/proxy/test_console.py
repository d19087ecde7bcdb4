"""The proxy as it is composed: callers' port and console, over one log, in this process."""

import asyncio
import http.client
import json
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from engines import copy_folder
from engines import settings as server_settings
from proxy.calls import PAIR
from support import Api, LoopThread, exchange, leadwire, read_record
from webhooks.steps import Console

from leadwire.access.accounts import FirstAccount
from leadwire.calls.record import CallRecord
from leadwire.headers import PROXY_CALL_ID_HEADER
from leadwire.server.callers_port import callers_sockets
from leadwire.server.proxying import ProxyApp

CREATE = "/v2/LeadManagement.svc/Lead.Create"
MX = b'{"Status":"Error","ExceptionType":"MXDuplicateEntryException","ExceptionMessage":"A Lead."}'
ANSWERS = {
    b"/cookie": (b"200 OK", b"Set-Cookie: upstream=for-one-caller\r\n", b"{}"),
    b"/html": (b"500 Oops", b"Content-Type: text/html\r\n", b"<script>alert(1)</script>"),
    b"/twice": (b"500 Oops", b"Content-Type: application/json\r\n", MX),
    b"/keys": (b"401 No", b"", b"{}"),
}
BROKEN = {
    b"/garbage": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    b"/cut": b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"a":"b"',
    b"/silent": b"",
}
"""What some paths get, before the connection is closed."""
OWN_PAGES = ("leads", "webhooks", "outbox", "settings/keys", "settings/plan", "settings/fields")


class Proxy(NamedTuple):
    app: ProxyApp
    folder: Path
    port: int
    heads: list[bytes]
    """The heads that the upstream got."""
    console: Console

    def call(self, target: str, body: bytes = b"[]", **headers: str) -> http.client.HTTPResponse:
        """A call through the proxy, whose answer is read."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("POST", target, body, {**dict(PAIR), **headers})
        answer = connection.getresponse()
        with suppress(http.client.IncompleteRead), closing(connection):
            answer.read()
        return answer

    def record(self, answer: http.client.HTTPResponse) -> CallRecord:
        call_id = answer.headers[PROXY_CALL_ID_HEADER]
        record = read_record(self.folder, call_id)
        assert record is not None
        return record


async def serve(heads: list[bytes], reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.split(b"\r\n") if line.startswith(b"Content-Length"))
    await reader.readexactly(int(length.split(b":")[1]))
    heads.append(head)
    path = head.split(b" ")[1]
    broken = next((BROKEN[end] for end in BROKEN if path.endswith(end)), None)
    if broken is not None:
        writer.write(broken)
        writer.close()
        return
    found = next((ANSWERS[end] for end in ANSWERS if path.endswith(end)), (b"200 OK", b"", b"{}"))
    status, lines, body = found
    length = b"Content-Length: %d\r\n\r\n" % len(body)
    writer.write(b"HTTP/1.1 " + status + b"\r\nConnection: close\r\n" + lines + length + body)
    await writer.drain()
    writer.close()


@pytest.fixture(scope="module")
def proxy(
    prepared: tuple[Path, FirstAccount],
    loop_thread: LoopThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    heads: list[bytes] = []

    async def listen() -> asyncio.Server:
        return await asyncio.start_server(lambda r, w: serve(heads, r, w), "127.0.0.1", 0)

    upstream = loop_thread.run(listen())
    up_port = upstream.sockets[0].getsockname()[1]
    folder = copy_folder(prepared[0], tmp_path_factory.mktemp("proxied") / "data")
    settings = server_settings(
        folder,
        upstream=f"http://127.0.0.1:{up_port},gone.test=http://127.0.0.1:1",
        port=0,
        calls_redact_fields="EmailAddress",
    )
    app = ProxyApp(settings)
    loop_thread.run(app.open())
    sockets = callers_sockets(settings)
    loop_thread.run(app.listen(sockets))
    port = sockets[0].getsockname()[1]
    app.address = f"http://127.0.0.1:{port}"
    api = Api(lambda *call: loop_thread.run(exchange(app, *call)), prepared[1])
    yield Proxy(app, folder, port, heads, Console(api))
    loop_thread.run(app.drain(is_over=lambda: True))
    loop_thread.run(app.close())
    upstream.close()


def test_a_proxied_call_is_listed_found_and_shown_with_its_stages(proxy: Proxy) -> None:
    """List, filters by caller, upstream and stage, View Data, JSON, and the command line."""
    record = proxy.record(proxy.call(f"{CREATE}/twice", b'[{"Attribute":"FirstName"}]'))
    gone = proxy.record(proxy.call(CREATE, Host="gone.test"))
    logs = "/console/api-logs"
    for search, found, missing in (
        (f"key:{record.key_id}", record, None),
        (f"caller:{record.key_id}", record, None),
        ("stage:never_sent", gone, record),
        ('upstream:"http://127.0.0.1:1"', gone, record),
        ("exception:Duplicate", record, gone),
    ):
        listed = proxy.console.get(f"{logs}.json?q={search}").body.decode()
        assert found.call_id in listed, search
        assert missing is None or missing.call_id not in listed, search
    page = proxy.console.get(f"{logs}/{record.call_id}").body.decode()
    for words in ("Stages", "Waited for the answer", record.upstream, record.key_id, "MXDuplicate"):
        assert words in page, words
    assert "Run again" not in page
    page = proxy.console.get(f"{logs}/{gone.call_id}").body.decode()
    assert "The call never reached the upstream" in page
    assert "Tried to reach the upstream" in page
    explained = json.loads(proxy.console.get(f"{logs}/{gone.call_id}/explanation.json").body)
    assert "Nothing was sent" in explained["meaning"]
    shown = leadwire("calls", "show", gone.call_id, "--data", str(proxy.folder), "--json")
    assert json.loads(shown.stdout)["stage"] == "never_sent"
    lint = leadwire("calls", "lint", "--data", str(proxy.folder))
    assert lint.exit_code == 0, lint.output


def test_an_administrator_names_callers_and_the_console_uses_the_names(proxy: Proxy) -> None:
    """The name stands in lists and facts; the audit trail says who gave it."""
    record = proxy.record(proxy.call(CREATE))
    callers = "/console/settings/callers"
    assert record.key_id in proxy.console.get(callers).body.decode()
    wrong = proxy.console.post(f"{callers}/{record.key_id}", {"name": "x" * 81})
    assert wrong.status == 422
    assert proxy.console.post(f"{callers}/someone", {"name": "x"}).status == 404
    named = proxy.console.post(f"{callers}/{record.key_id}", {"name": "Night import"})
    assert named.status == 303
    for page in (callers, "/console/api-logs", f"/console/api-logs/{record.call_id}"):
        assert "Night import" in proxy.console.get(page).body.decode(), page
    assert "caller.named" in proxy.console.get("/console/settings/audit.csv").body.decode()
    proxy.console.post(f"{callers}/{record.key_id}", {"name": ""})
    assert "Night import" not in proxy.console.get(callers).body.decode()


def test_the_console_has_no_page_of_leadwires_own_api_and_does_not_serve_it(proxy: Proxy) -> None:
    """Leads, webhooks and keys are the upstream's. The other port answers the API."""
    for page in OWN_PAGES:
        assert proxy.console.get(f"/console/{page}").status == 404, page
        assert f'href="/console/{page}"' not in proxy.console.get("/console/overview").body.decode()
    answer = proxy.console.get(CREATE)
    assert answer.status == 404
    assert b"other port" in answer.body
    for page in ("overview", "api-logs", "refused-calls", "lint", "alerts", "settings/about"):
        assert proxy.console.get(f"/console/{page}").status == 200, page
    assert proxy.console.get("/docs/Lead.Create").status == 200
    metrics = proxy.console.get("/metrics").body.decode()
    assert 'leadwire_proxy_calls_total{stage="answered"}' in metrics
    assert json.loads(proxy.console.get("/readyz").body)["status"] == "ready"


def test_callers_paths_are_the_upstreams_whatever_they_are(proxy: Proxy) -> None:
    """No page, no metric and no health of ours on the callers' port."""
    for path in ("/", "/console/", "/console/..%2fmetrics", "/metrics", "/readyz", "/docs"):
        before = len(proxy.heads)
        assert proxy.record(proxy.call(path)).path == path
        assert proxy.heads[before].startswith(f"POST {path} HTTP/1.1".encode())


def test_no_cookie_goes_where_it_does_not_belong(proxy: Proxy) -> None:
    """One caller's never to another, the console's never to the upstream, none to the record."""
    first = proxy.call(f"{CREATE}/cookie")
    assert first.headers["Set-Cookie"] == "upstream=for-one-caller"
    proxy.call(CREATE)
    assert b"cookie" not in proxy.heads[-1].lower()
    own = proxy.console._cookie
    assert own.startswith("leadwire_proxy_")
    record = proxy.record(proxy.call(CREATE, Cookie=f"a=1; {own}; b=2"))
    assert b"Cookie: a=1; b=2\r\n" in proxy.heads[-1]
    proxy.call(CREATE, Cookie=own)
    assert b"cookie" not in proxy.heads[-1].lower()
    assert "cookie" not in (record.request_headers + proxy.record(first).response_headers).lower()


def test_a_page_of_the_upstream_is_shown_as_text(proxy: Proxy) -> None:
    """It never runs in the console."""
    record = proxy.record(proxy.call(f"{CREATE}/html"))
    page = proxy.console.get(f"/console/api-logs/{record.call_id}").body.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<script>alert(1)" not in page


def test_each_way_to_fail_has_its_stage_and_says_what_may_have_happened(proxy: Proxy) -> None:
    """In the record, and in plain English on the page."""
    for path, stage, status, words in (
        ("/garbage", "not_understood", 502, "The answer is not HTTP"),
        ("/cut", "answer_cut", 200, "The answer broke off"),
        ("/silent", "sent_unanswered", 502, "The call was sent, and no answer came"),
    ):
        proxy.call(CREATE + path)
        listed = json.loads(proxy.console.get(f"/console/api-logs.json?q=stage:{stage}").body)
        (call,) = listed["calls"]
        assert (call["path"], call["status_code"]) == (CREATE + path, status)
        page = proxy.console.get(f"/console/api-logs/{call['call_id']}").body.decode()
        assert words in page
        assert "may have been carried out" in page
    assert (
        "SSH-2.0"
        in proxy.console.get("/console/api-logs.json?q=stage:not_understood").body.decode()
    )


def test_personal_values_are_tokens_in_the_log_alone(proxy: Proxy) -> None:
    """The upstream gets the value; the log is searched by it and does not have it."""
    email = "asha.personal@example.com"
    body = json.dumps([{"Attribute": "EmailAddress", "Value": email}]).encode()
    record = proxy.record(proxy.call(CREATE, body))
    assert "personal:" in record.request_body
    found = proxy.console.get(f"/console/api-logs.json?q={email}").body.decode()
    assert record.call_id in found
    for path in proxy.folder.rglob("*"):
        assert not path.is_file() or email.encode() not in path.read_bytes(), path


def test_refused_keys_are_among_the_refused_calls(proxy: Proxy) -> None:
    """The upstream decides. Such a call belongs to no account."""
    record = proxy.record(proxy.call(f"{CREATE}/keys"))
    assert record.call_id not in proxy.console.get("/console/api-logs.json").body.decode()
    assert record.call_id in proxy.console.get("/console/refused-calls.json").body.decode()
