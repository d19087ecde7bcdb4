"""Copy as cURL, pasted into a shell: the server records the same call again."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

import pytest
from amounts import examples
from engines import copy_folder
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support import LEADS, Answer, ServerProcess, read_record

from leadwire.access.accounts import FirstAccount
from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.sent_body import sent_bytes
from leadwire.console.call.copies import copies_of
from leadwire.console.call.curl import curl_command
from leadwire.server.open_log import CALLS_FOLDER
from leadwire.stores.sqlite import SqliteCallReader

CREATE = LEADS + "Lead.CreateOrUpdate"
BODY = json.dumps([{"Attribute": "EmailAddress", "Value": "asha@example.com"}])
JSON = ("Content-Type", "application/json")
BODY_OF_LEAD = BODY.encode()
Sent = tuple[str, str, list[tuple[str, str]], bytes]

CALLS: dict[str, Sent] = {
    "a usual call": ("POST", CREATE, [JSON], BODY.encode()),
    "no media type": ("POST", CREATE, [], BODY.encode()),
    "a form's media type": (
        "POST", CREATE, [("Content-Type", "application/x-www-form-urlencoded")], b"a=b",
    ),
    "no body": ("POST", CREATE, [JSON], b""),
    "no headers": ("GET", LEADS + "Leads.GetById?id=x", [], b""),
    "a body of a GET": ("GET", LEADS + "Leads.GetById?id=x", [JSON], b"{}"),
    "HEAD": ("HEAD", LEADS + "Leads.GetById?id=x", [], b""),
    "HEAD with a body": ("HEAD", LEADS + "Leads.GetById?id=x", [JSON], b"{}"),
    "DELETE": ("DELETE", LEADS + "Lead.Create", [], b""),
    "OPTIONS": ("OPTIONS", CREATE, [("Origin", "https://example.com")], b""),
    "escapes in the path": ("GET", LEADS + "a%2Fb%00c%0a%ff%25%20%3F%23", [], b""),
    "dot segments": ("GET", LEADS + "../a/./b/..?c=/../d", [], b""),
    "two slashes": ("GET", "//v2//LeadManagement.svc", [], b""),
    "globs": ("GET", LEADS + "[a-c]{d,e}?x[]={1,2}&y=[1-9]", [], b""),
    "quotes and dollars": ("GET", LEADS + "a'b\"c$HOME`id`!!;&*?q='$(id)'\\", [], b""),
    "an encoded query": ("GET", LEADS + "x?a=%C5%82%C3%B3d%C5%BA+b%26c=%3D&&d&=e", [], b""),
    "a fragment's sign": ("GET", LEADS + "a#b?c#d", [], b""),
    "a body with an @": ("POST", CREATE, [JSON], b"@/etc/hostname"),
    "a body with quotes": ("POST", CREATE, [JSON], b"it's \"$HOME\" `id` \\n !! \\"),
    "line ends in a body": ("POST", CREATE, [JSON], b"a\r\nb\nc\r\n\n"),
    "letters of every script": ("POST", CREATE, [JSON], "łódź 😀 \u202e\u200b".encode()),
    "NUL in a body": ("POST", CREATE, [JSON], b"a\0b"),
    "a body that is no UTF-8": ("POST", CREATE, [JSON], b"a\xff\xfeb\x80"),
    "a body like an escape": ("POST", CREATE, [JSON], rb"a\xff\xfeb"),
    "a long body": ("POST", CREATE, [JSON], b'"' + b"x" * 200_000 + b'"'),
    "35,000 emoji": ("POST", CREATE, [JSON], "😀".encode() * 35_000),
    "an empty header": ("GET", LEADS + "x", [("X-Empty", "")], b""),
    "a header twice": ("GET", LEADS + "x", [("X-Note", "a"), ("X-Note", "b")], b""),
    "hostile headers": (
        "GET", LEADS + "x", [("X-Note", "'$(id)' \"`id`\" @file; a:b"), ("Accept", "*/*")], b"",
    ),
    "a header of letters": ("GET", LEADS + "x", [("X-Note", "\xc5\x82\xc3\xb3d\xc5\xba")], b""),
    "another host": ("GET", LEADS + "x", [("Host", "leads.example.com:8443")], b""),
    "an upper-case media type": ("POST", CREATE, [("Content-Type", "APPLICATION/JSON")], b"[]"),
}  # fmt: skip


@pytest.fixture(scope="module")
def server(
    prepared: tuple[Path, FirstAccount], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    folder = copy_folder(prepared[0], tmp_path_factory.mktemp("curl") / "data")
    process = ServerProcess(folder, prepared[1]).start()
    yield process
    process.stop()


@pytest.mark.parametrize("name", CALLS)
def test_the_copied_command_makes_the_same_record(server: ServerProcess, tmp_path: Path, name: str):
    """Method, path, query, headers and body, to the byte."""
    first = recorded(server, send(server, *CALLS[name]).call_id)
    command = curl_command(first, base_url=server.base)
    if "-request.txt" in command.text:
        sent = sent_bytes(first)
        assert sent is not None
        (tmp_path / f"{first.call_id}-request.txt").write_bytes(sent)
        assert "-request.txt" in command.note
    again = recorded(server, paste(server, command.text, tmp_path))
    assert what_was_sent(again) == what_was_sent(first)


def send(
    server: ServerProcess, method: str, target: str, headers: list[tuple[str, str]], body: bytes
) -> Answer:
    """As any client may, with nothing added but what the call needs."""
    connection = server.connect()
    has_host = any(name == "Host" for name, _ in headers)
    connection.putrequest(method, target, skip_host=has_host, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value.encode("latin-1"))
    connection.putheader("x-LSQ-AccessKey", server.keys.access_key)
    connection.putheader("x-LSQ-SecretKey", server.keys.secret_key)
    if body:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body)
    response = connection.getresponse()
    names = {name.lower(): value for name, value in response.getheaders()}
    answer = Answer(response.status, names, response.read())
    connection.close()
    return answer


def paste(server: ServerProcess, command: str, folder: Path) -> str:
    """The call id of the answer to *command*."""
    environment = {
        "PATH": os.environ["PATH"],
        "LEADWIRE_ACCESS_KEY": server.keys.access_key,
        "LEADWIRE_SECRET_KEY": server.keys.secret_key,
    }
    ran = subprocess.run(  # noqa: S603  # the page's own command
        ["/bin/bash", "-c", f"{command} --silent --show-error --dump-header - --max-time 20"],
        cwd=folder,
        env=environment,
        capture_output=True,
        check=False,
    )
    assert ran.returncode == 0, (ran.stderr, command)
    lines = ran.stdout.split(b"\r\n")
    (call_id,) = {line.split()[1] for line in lines if line.startswith(b"x-leadwire-call-id:")}
    return call_id.decode()


def recorded(server: ServerProcess, call_id: str) -> CallRecord:
    record = read_record(server.folder, call_id)
    assert record is not None
    return record


def what_was_sent(record: CallRecord) -> dict[str, object]:
    headers = record.request_headers.split("\n")
    return {
        "method": record.method,
        "path": record.path,
        "query": record.query_string,
        "content type": record.request_content_type,
        "headers": sorted(line for line in headers if not line.startswith("content-length:")),
        "body": record.request_body,
        "body bytes": record.request_body_bytes,
        "operation": record.operation,
        "answer": (record.status_code, record.exception_type),
    }


_SIGNS = st.text("abzAZ09/.%-_~!$&'()*+,;=:@[]{}|^`\"<>\\#?", max_size=20)
_ESCAPED = st.builds("%{:02X}".format, st.integers(0, 255))
_PIECES = _SIGNS | _ESCAPED | st.sampled_from(["/../", "/./", "//", "?", "#"])
_TARGETS = st.lists(_PIECES, max_size=5).map(lambda pieces: LEADS + "".join(pieces))
_VALUES = st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"))
_MEDIA_TYPES = st.sampled_from(
    ["", "application/json", "application/x-www-form-urlencoded", "text/plain; charset=utf-8"]
)
_BODIES = st.binary(max_size=40) | st.text(max_size=40).map(lambda x: x.encode("utf-8", "replace"))
_METHODS = st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"])
ANY_REQUEST = st.tuples(
    _METHODS,
    _TARGETS,
    st.tuples(_VALUES, _MEDIA_TYPES).map(
        lambda values: [
            (name, value.strip())
            for name, value in zip(("X-Note", "Content-Type"), values, strict=True)
            if value.strip()
        ]
    ),
    _BODIES,
)


@settings(
    max_examples=examples(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(ANY_REQUEST)
def test_the_copied_command_makes_the_same_record_of_any_request(
    server: ServerProcess, tmp_path: Path, sent: Sent
) -> None:
    """Whatever its target, its headers and the bytes of its body."""
    first = recorded(server, send(server, *sent).call_id)
    command = curl_command(first, base_url=server.base)
    assume(command.text)  # else it was not HTTP
    known = sent_bytes(first)
    assume(known is not None)  # else the page says that the body is not known to the byte
    if "-request.txt" in command.text:
        (tmp_path / f"{first.call_id}-request.txt").write_bytes(known or b"")
    again = recorded(server, paste(server, command.text, tmp_path))
    assert what_was_sent(again) == what_was_sent(first)


PYTHON_CALLS: dict[str, Sent] = {
    "a method": ("POST", LEADS + "Lead.Capture", [JSON], BODY_OF_LEAD),
    "a method with an id": ("POST", LEADS + "Lead.Update?leadId=x", [JSON], BODY_OF_LEAD),
    "a read": ("GET", LEADS + "Leads.GetByEmailaddress?emailaddress=a%2Bb%40example.com", [], b""),
    "no method": ("POST", LEADS + "Leads.Get", [JSON], b'{"Parameter": {"LookupName": "Score"}}'),
    "a parameter more": (
        "POST", LEADS + "Lead.Create?extra=1&extra=2", [JSON], BODY_OF_LEAD,
    ),
    "an unknown path": ("POST", "/v2/Nothing.svc/At'All", [JSON], b'[1, null, true, "\xc3\xbc"]'),
}  # fmt: skip


@pytest.mark.parametrize("name", PYTHON_CALLS)
def test_the_copied_python_makes_the_same_call(server: ServerProcess, name: str) -> None:
    """Method, path, parameters and JSON, by the method of the SDK or by ``raw``."""
    first = recorded(server, send(server, *PYTHON_CALLS[name]).call_id)
    copy = next(one for one in copies_of(first, base_url=server.base) if one.name == "python")
    ran = subprocess.run(  # noqa: S603  # the page's own text
        [sys.executable, "-c", copy.text.replace("Client(", "Client(retries=0, ")],
        env={
            "LEADWIRE_ACCESS_KEY": server.keys.access_key,
            "LEADWIRE_SECRET_KEY": server.keys.secret_key,
        },
        capture_output=True,
        check=False,
    )
    again = latest(server)
    assert again.call_id != first.call_id, ran.stderr
    assert (again.method, again.operation, again.path) == (
        first.method, first.operation, first.path,
    )  # fmt: skip
    assert parse_qsl(again.query_string) == parse_qsl(first.query_string)
    if first.request_body:
        assert json.loads(again.request_body) == json.loads(first.request_body)


def latest(server: ServerProcess) -> CallRecord:
    reader = SqliteCallReader(server.folder / CALLS_FOLDER)
    try:
        return reader.search(CallQuery(account_id=None, limit=1)).calls[0]
    finally:
        reader.close()
