"""What is not a call, or passes a bound, is answered in the contract's form and recorded."""

import re
import socket
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from engines import copy_folder
from support import ENVELOPE, LEADS, ServerProcess, read_record

from leadwire.access.accounts import FirstAccount
from leadwire.calls.query import CallQuery
from leadwire.server.open_log import CALLS_FOLDER
from leadwire.stores.sqlite import SqliteCallReader


@pytest.fixture(scope="module")
def server(
    prepared: tuple[Path, FirstAccount], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """One server for all of these tests: each looks at its own calls alone."""
    folder = copy_folder(prepared[0], tmp_path_factory.mktemp("refused") / "data")
    process = ServerProcess(folder, prepared[1]).start()
    yield process
    process.stop()


GET = LEADS + "Leads.GetByEmailaddress"
HOST = "Host: leads.example.com\r\n"


def exchange(server: ServerProcess, *pieces: bytes, half_close: bool = False) -> bytes:
    """All that comes back until the server closes, however much it has read."""
    with socket.create_connection(server.address, timeout=30) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.01)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it closes before all is sent; the answer is there
        answer = b""
        while read := connection.recv(65_536):
            answer += read
    return answer


class Refused(msgspec.Struct):
    status: int
    envelope: dict[str, str]
    call_id: str


def refused(answer: bytes) -> Refused:
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    names = dict(line.lower().split(": ", 1) for line in lines[1:])
    envelope = msgspec.json.decode(body, type=dict[str, str])
    assert list(envelope) == ENVELOPE
    assert names["content-type"] == "application/json; charset=utf-8"
    return Refused(int(lines[0].split()[1]), envelope, names["x-leadwire-call-id"])


def head(line: str, *headers: str) -> bytes:
    return "\r\n".join([line, HOST.strip(), *headers, "", ""]).encode()


POST = f"POST {LEADS}Lead.Create HTTP/1.1"
UNREADABLE: dict[str, tuple[int, Sequence[bytes]]] = {
    "letters beyond ASCII": (400, [head(f"GET {GET}?emailaddress=łódź@example.com HTTP/1.1")]),
    "a blank in the URL": (400, [head(f"GET {GET}?emailaddress=a b HTTP/1.1")]),
    "a tab in the URL": (400, [head(f"GET {GET}?emailaddress=a\tb HTTP/1.1")]),
    "a NUL in the URL": (400, [head(f"GET {GET}?emailaddress=a\0b HTTP/1.1")]),
    "a NUL in a header": (400, [head(f"GET {GET} HTTP/1.1", "X-Note: a\0b")]),
    "a bare line feed": (400, [f"GET {GET} HTTP/1.1\n{HOST}\n".encode()]),
    "an unknown method": (400, [head(f"FETCH {GET} HTTP/1.1")]),
    "a method in small letters": (400, [head(f"get {GET} HTTP/1.1")]),
    "an unknown version": (400, [head(f"GET {GET} HTTP/3.7")]),
    "HTTP/2": (400, [b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]),
    "a target that is no path": (400, [head("OPTIONS * HTTP/1.1")]),
    "a tunnel": (400, [head("CONNECT example.com:443 HTTP/1.1")]),
    "two lengths": (400, [head(POST, "Content-Length: 2", "Content-Length: 3") + b"{}"]),
    "a length and chunks": (
        400,
        [head(POST, "Content-Length: 2", "Transfer-Encoding: chunked") + b"0\r\n\r\n"],
    ),
    "a length that is no number": (400, [head(POST, "Content-Length: two")]),
    "a header without a colon": (400, [head(f"GET {GET} HTTP/1.1", "X-Note a")]),
    "TLS": (400, [b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(500)]),
    "noise": (400, [bytes(range(256)) * 4]),
    "a long URL": (414, [head(f"GET {GET}?emailaddress={'a' * 70_000} HTTP/1.1")]),
    "a URL without end": (414, [f"GET {GET}?a=".encode(), *[b"a" * 65_536] * 40]),
    "large headers": (431, [head(f"GET {GET} HTTP/1.1", *[f"X-Note: {'a' * 8_000}"] * 10)]),
    "many headers": (431, [head(f"GET {GET} HTTP/1.1", *["A: b"] * 20_000)]),
    "a header without end": (431, [head(POST)[:-2] + b"A: ", *[b"a" * 65_536] * 40]),
}


def served(server: ServerProcess) -> dict[str, float]:
    text = server.api().call("GET", "/metrics", keys="none").body.decode()
    found = re.findall(r"^leadwire_calls_(\w+)_total (\S+)$", text, re.MULTILINE)
    return {name: float(value) for name, value in found}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_call_is_answered_and_recorded(server: ServerProcess, kind: str):
    """The three members and a call id; the record has the reason and the first bytes."""
    status, pieces = UNREADABLE[kind]
    before = served(server)
    answer = refused(exchange(server, *pieces))
    assert answer.status == status
    record = read_record(server.folder, answer.call_id)
    assert record is not None
    assert (record.status_code, record.outcome) == (status, "refused")
    assert record.exception_type == answer.envelope["ExceptionType"]
    assert record.refusal_reason
    assert record.request_body_bytes >= len(pieces[0])
    sent = b"".join(pieces)[:500].decode("utf-8", "backslashreplace")
    assert record.request_body.startswith(sent)
    served_now = served(server)
    assert (served_now["served"], served_now["recorded"]) == (before["served"] + 1,) * 2
    assert "uvicorn" not in server.errors.read_text()


@pytest.mark.parametrize("place", ["header", "query"])
@pytest.mark.parametrize("good", [True, False])
def test_what_is_no_call_keeps_no_keys(server: ServerProcess, place: str, good: bool):
    """Of a caller with good keys it stands in the account's own log."""
    secret = server.keys.secret_key if good else "f" * 40
    pair = (server.keys.access_key, secret)
    lines = [f"x-LSQ-AccessKey: {pair[0]}", f"x-LSQ-SecretKey: {pair[1]}"]
    query = "&accessKey={}&secretKey={}".format(*pair) if place == "query" else ""
    target = f"{GET}?emailaddress=łódź@example.com{query}"
    sent = head(f"GET {target} HTTP/1.1", *(lines if place == "header" else []))
    answer = refused(exchange(server, sent))
    assert answer.status == 400
    record = read_record(server.folder, answer.call_id)
    assert record is not None
    assert bool(record.account_id) == good
    assert record.path == GET
    assert "łódź" in record.request_body
    kept = msgspec.json.encode(record).decode()
    assert pair[0] not in kept
    assert pair[1] not in kept


def test_a_request_behind_a_good_one_is_refused_alone(server: ServerProcess):
    """The good one is carried out and answered first."""
    good = head("GET /healthz HTTP/1.1")
    answer = exchange(server, good + good + b"GET /no bl\xc3\xa4nk HTTP/1.1\r\n\r\n")
    first, second, third = answer.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200 OK")
    assert second.startswith(b"200 OK")
    assert refused(b"HTTP/1.1 " + third).status == 400


@pytest.mark.parametrize("has_keys", [True, False])
def test_a_body_that_breaks_its_framing_is_refused(server: ServerProcess, has_keys: bool):
    """The call's record says who sent it, and what had arrived."""
    pair = [
        f"x-LSQ-AccessKey: {server.keys.access_key}",
        f"x-LSQ-SecretKey: {server.keys.secret_key}",
    ]
    answer = refused(
        exchange(
            server,
            head(POST, "Transfer-Encoding: chunked", *(pair if has_keys else [])) + b"3\r\n[{}\r\n",
            b"zz\r\nno chunk\r\n",
        )
    )
    record = read_record(server.folder, answer.call_id)
    assert record is not None
    assert answer.status == (400 if has_keys else 401)
    assert bool(record.account_id) == has_keys
    assert record.operation == "Lead.Create"
    assert record.request_body == "[{}"


def test_half_a_head_at_the_end_is_refused(server: ServerProcess):
    """A caller that closes its side inside the head is told so."""
    answer = refused(exchange(server, head(POST)[:-7], half_close=True))
    assert answer.status == 400
    assert "ends inside" in answer.envelope["ExceptionMessage"]


@pytest.mark.parametrize(
    "path", ["/docsX", "/console.svc/X", "/errorsfoo", "/metricsX", "/consolé"]
)
def test_a_path_that_begins_like_a_pages_is_a_call(server: ServerProcess, path: str):
    """Whole segments count."""
    answer = server.api().call("GET", path.replace("é", "%C3%A9"))
    assert answer.status == 404
    record = read_record(server.folder, answer.call_id)
    assert record is not None
    assert record.path == path.replace("é", "%C3%A9")


@pytest.mark.parametrize(
    "path", ["a%2Fb", "a%00b", "%ff%fe", "a%0ab", "a/../b", "a//b", "%7e~", "a%25"]
)
def test_the_path_is_kept_as_it_was_sent(server: ServerProcess, path: str):
    """So that the call can be found, and sent again."""
    answer = server.api().call("GET", LEADS + path)
    record = read_record(server.folder, answer.call_id)
    assert record is not None
    assert record.path == LEADS + path


def test_an_upload_that_its_caller_aborts_stands_in_the_callers_own_log(server: ServerProcess):
    """The keys are known before the body is."""
    pair = [
        f"x-LSQ-AccessKey: {server.keys.access_key}",
        f"x-LSQ-SecretKey: {server.keys.secret_key}",
    ]
    with socket.create_connection(server.address, timeout=30) as connection:
        connection.sendall(head(POST, "Content-Length: 1000", *pair) + b'[{"Attribute"')
        time.sleep(0.1)
    assert server.api().get(LEADS + "Leads.GetById", id="x").status != 401
    assert _outcomes(server, server.keys.account_id).get("aborted") == 1
    assert "aborted" not in _outcomes(server, "")


def _outcomes(server: ServerProcess, account_id: str) -> dict[str, int]:
    reader = SqliteCallReader(server.folder / CALLS_FOLDER)
    try:
        histogram = reader.statistics(CallQuery(account_id=account_id)).histogram
        return {outcome: calls for _, outcome, calls in histogram}
    finally:
        reader.close()
