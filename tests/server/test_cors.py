"""Pages of other origins may call the API; the console and the health pages answer as before."""

import http.server
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from console.browser.chromium import browser
from playwright.sync_api import Browser
from support import LEADS, Answer, InProcess, ServerProcess, leadwire, new_async_key

from leadwire.calls.query import CallQuery
from leadwire.folder_identity import CALLS_FOLDER
from leadwire.stores.sqlite import SqliteCallReader

FORMS = "https://forms.example"
CAPTURE = LEADS + "Lead.Capture"
ALLOW = "access-control-allow-origin"
EXPOSE = "access-control-expose-headers"


def preflight(api: InProcess, target: str = CAPTURE, **headers: str) -> Answer:
    asked = {
        "Origin": FORMS,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "Content-Type,x-lsq-accesskey, x-requested-with",
    }
    return api.call("OPTIONS", target, headers=asked | headers, keys="none")


def recorded_calls(api: InProcess) -> int:
    reader = SqliteCallReader(api.folder / CALLS_FOLDER)
    try:
        queries = (CallQuery(account_id=None), CallQuery(account_id=None, refused_keys=True))
        return len({record.call_id for query in queries for record in reader.stream(query)})
    finally:
        reader.close()


@pytest.mark.parametrize("target", [CAPTURE, "/File/Upload", "/lead/capture", "/v2/No.svc/Such"])
def test_a_preflight_is_answered_before_keys_and_is_no_call(api: InProcess, target: str):
    """It names every header that a client may send, and is not recorded."""
    answer = preflight(api, target)
    assert (answer.status, answer.body) == (204, b"")
    assert answer.headers[ALLOW] == "*"
    assert answer.headers["access-control-allow-methods"] == "GET, POST, OPTIONS"
    allowed = answer.headers["access-control-allow-headers"].split(", ")
    assert {"content-type", "x-lsq-accesskey", "x-lsq-secretkey", "x-api-key"} <= set(allowed)
    assert "x-requested-with" in allowed
    assert len(allowed) == len(set(allowed))
    assert "x-leadwire-call-id" not in answer.headers
    assert recorded_calls(api) == 0


def test_every_answer_of_the_api_can_be_read_by_a_page(make_api: Callable[..., InProcess]):
    """Results, faults of every layer, calls for later, and OPTIONS that is not a preflight."""
    api = make_api(plan="standard")
    wrong = {"x-LSQ-AccessKey": "u$r0", "x-LSQ-SecretKey": "0"}
    later = {"x-api-key": new_async_key(api.folder)}
    lead = [{"Attribute": "EmailAddress", "Value": "asha@acme.test"}]
    answers = [
        api.post(LEADS + "Lead.Create", lead),
        api.post(LEADS + "Lead.Create", lead),
        api.post(LEADS + "Lead.Create", b"["),
        api.get("/v2/No.svc/Such"),
        api.get(LEADS + "Lead.Create"),
        api.call("GET", CAPTURE, headers=wrong, keys="none"),
        api.call("POST", "/lead/capture", lead, headers=later),
        api.call("OPTIONS", CAPTURE, keys="none"),
        *(api.get(LEADS + "LeadsMetaData.Get") for _ in range(30)),
    ]
    assert {answer.status for answer in answers} >= {200, 400, 401, 404, 405, 429, 500}
    for answer in answers:
        assert answer.headers[ALLOW] == "*", answer
        exposed = answer.headers[EXPOSE].split(", ")
        assert {"X-Leadwire-Call-Id", "X-Leadwire-Notice", "Retry-After", "Link"} <= set(exposed)


@pytest.mark.parametrize("target", ["/console/", "/docs", "/errors", "/metrics", "/readyz", "/"])
def test_other_pages_say_nothing_about_origins(api: InProcess, target: str):
    """Only the API is open to pages of other origins."""
    for answer in (api.call("GET", target, headers={"Origin": FORMS}), preflight(api, target)):
        assert ALLOW not in answer.headers
        assert EXPOSE not in answer.headers


def test_a_list_of_origins_admits_those_alone(make_api: Callable[..., InProcess]):
    """And every answer says that it depends on the origin."""
    api = make_api(cors_origins=f"{FORMS}, http://127.0.0.1:3000")
    assert preflight(api).headers[ALLOW] == FORMS
    for other in ("https://forms.example.org", "null", "http://forms.example", "*"):
        refused = preflight(api, Origin=other)
        assert refused.status == 204
        assert ALLOW not in refused.headers
        assert "access-control-allow-headers" not in refused.headers
    called = api.call("GET", CAPTURE, headers={"Origin": "http://127.0.0.1:3000"})
    assert called.headers[ALLOW] == "http://127.0.0.1:3000"
    assert called.headers["vary"] == "Origin"
    assert api.get(CAPTURE).headers["vary"] == "Origin"
    assert ALLOW not in api.get(CAPTURE).headers


def test_without_origins_a_preflight_is_a_call_like_any(make_api: Callable[..., InProcess]):
    """It is refused for its keys, and recorded."""
    api = make_api(cors_origins="")
    answer = preflight(api)
    assert answer.status == 401
    assert ALLOW not in answer.headers
    assert recorded_calls(api) == 1


@pytest.mark.parametrize(
    "value",
    ["forms.example", "https://forms.example/", "*, https://forms.example", "ftp://a", "null"],
)
def test_what_is_no_origin_is_refused_at_the_start(value: str):
    """By the setting's name and its source."""
    shown = leadwire("config", "show", environment={"LEADWIRE_CORS_ORIGINS": value})
    assert shown.exit_code != 0
    assert "cors_origins (from environment)" in shown.stderr


@pytest.mark.parametrize("sent", [b"no HTTP\r\n\r\n", b"GET /" + b"a" * 70_000])
def test_a_request_that_cannot_be_read_gets_an_answer_that_a_page_can_read(
    server: ServerProcess, sent: bytes
):
    """Also before the request has reached the application."""
    with socket.create_connection(server.address) as connection:
        connection.sendall(sent)
        answer = connection.recv(65_536)
    assert answer[9:12] in (b"400", b"414")
    assert b"access-control-allow-origin: *\r\n" in answer


class _Blank(http.server.BaseHTTPRequestHandler):
    """A page of another origin: its port differs."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>Form</title>")

    def log_message(self, *_: object) -> None: ...


@pytest.fixture
def other_origin() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Blank)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as opened:
        yield opened


_FETCH = """async ([url, headers, body]) => {
    const answer = await fetch(url, {method: "POST", headers, body: JSON.stringify(body)});
    return [answer.status, await answer.json(), answer.headers.get("X-Leadwire-Call-Id")];
}"""


@pytest.mark.browser
def test_a_page_of_another_origin_makes_a_lead_and_reads_a_fault(
    server: ServerProcess, other_origin: str, chromium: Browser
):
    """As public forms do: a JSON body, keys in the query or in headers."""
    keys, api = server.keys, server.api()
    lead = [{"Attribute": "EmailAddress", "Value": "asha@acme.test"}]
    in_query = f"?accessKey={keys.access_key}&secretKey={keys.secret_key}"
    in_headers = {"x-LSQ-AccessKey": keys.access_key, "x-LSQ-SecretKey": keys.secret_key}
    json = {"Content-Type": "application/json"}
    page = chromium.new_page()
    page.goto(other_origin)
    create = server.base + LEADS + "Lead.Create"
    status, made, _ = page.evaluate(_FETCH, [create + in_query, json, lead])
    assert (status, made["Status"]) == (200, "Success")
    assert api.lead(made["Message"]["Id"])["EmailAddress"] == "asha@acme.test"
    status, fault, call_id = page.evaluate(_FETCH, [create, json | in_headers, lead])
    assert (status, fault["ExceptionType"]) == (500, "MXDuplicateEntryException")
    assert call_id
    page.close()
