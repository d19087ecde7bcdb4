"""What clients do at the edges of HTTP/1.1, over real connections."""

import itertools
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

import pytest
from support import LEADS, ServerProcess


@pytest.fixture(scope="module")
def server(shared_server: ServerProcess) -> ServerProcess:
    """One server for all of these tests: each writes leads of its own."""
    return shared_server


_NUMBERS = itertools.count(1)

BODY = '[{"Attribute":"EmailAddress","Value":"%s@example.com"}]'
CREATE = LEADS + "Lead.CreateOrUpdate"


def post(server: ServerProcess, *lines: str) -> bytes:
    """A request that writes a new lead, with *lines* as further headers."""
    body = BODY % next(_NUMBERS)
    head = [
        f"POST {CREATE} HTTP/1.1",
        "Host: leads.example.com",
        f"x-LSQ-AccessKey: {server.keys.access_key}",
        f"x-LSQ-SecretKey: {server.keys.secret_key}",
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        *lines,
    ]
    return ("\r\n".join(head) + "\r\n\r\n" + body).encode()


UPGRADE = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABk")


def talk(server: ServerProcess, pieces: Sequence[bytes], *, half_close: bool = True) -> bytes:
    """All that comes back for *pieces*, sent one by one, until the server closes."""
    with socket.create_connection(server.address, timeout=30) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for piece in pieces:
            connection.sendall(piece)
            if len(pieces) > 1:
                time.sleep(0.002)  # so that the server reads them one by one
        if half_close:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while read := connection.recv(65_536):
            answer += read
    return answer


def leads_of(server: ServerProcess) -> int:
    return len(server.api().leads())


@pytest.mark.skipif(shutil.which("javac") is None, reason="no Java compiler here")
def test_javas_standard_client_posts_at_its_defaults(server: ServerProcess):
    """It asks for HTTP/2 in every request over http://, and goes on when nothing comes of it."""
    before = leads_of(server)
    made = subprocess.run(  # noqa: S603  # our own program
        [
            shutil.which("java") or "java",
            str(Path(__file__).with_name("Caller.java")),
            server.base + CREATE,
            *(server.keys.access_key, server.keys.secret_key, BODY % "java"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert [line[:23] for line in made.stdout.splitlines()] == ['200 {"Status":"Success"'] * 3
    assert leads_of(server) == before + 1
    assert server.errors.read_text() == ""


def test_curl_may_ask_for_http2(server: ServerProcess):
    """The answer is HTTP/1.1's, of the body that was sent."""
    before = leads_of(server)
    made = subprocess.run(  # noqa: S603  # our own server
        [
            *(
                shutil.which("curl") or "curl",
                "-sS",
                "--http2",
                server.base + CREATE,
                "-d",
                BODY % "curl",
            ),
            *("-H", f"x-LSQ-AccessKey: {server.keys.access_key}"),
            *("-H", f"x-LSQ-SecretKey: {server.keys.secret_key}"),
            *("-H", "Content-Type: application/json", "-w", "\n%{http_version} %{http_code}"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert made.stdout.splitlines()[-1] == "1.1 200"
    assert leads_of(server) == before + 1
    assert server.errors.read_text() == ""


@pytest.mark.parametrize("size", [1, 7, 64, 10_000])
def test_a_wish_to_upgrade_is_ignored_in_whatever_pieces_it_comes(server: ServerProcess, size: int):
    """Also with requests before and after it on the same connection."""
    before = leads_of(server)
    requests = (
        post(server)
        + post(server, *UPGRADE)
        + post(server, "Connection: keep-alive, upgrade", "Upgrade: websocket")
        + post(server)
    )
    pieces = [requests[at : at + size] for at in range(0, len(requests), size)]
    answers = talk(server, pieces)
    assert answers.count(b"HTTP/1.1 200 OK") == 4
    assert answers.count(b'"Status":"Success"') == 4
    assert leads_of(server) == before + 4


def test_a_body_in_chunks_is_read_beside_a_wish_to_upgrade(server: ServerProcess):
    """A client that does not know the length of its body."""
    before = leads_of(server)
    head, _, body = post(server, *UPGRADE).partition(b"\r\n\r\n")
    lines = [line for line in head.split(b"\r\n") if not line.startswith(b"Content-Length")]
    head = b"\r\n".join([*lines, b"Transfer-Encoding: chunked"])
    chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
    assert b"200 OK" in talk(server, [head + b"\r\n\r\n", chunks])
    assert leads_of(server) == before + 1


def test_a_caller_that_closes_its_side_gets_its_answer(server: ServerProcess):
    """As ``nc -N`` does; the connection ends with the answer."""
    answer = talk(server, [post(server)])
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert b'"Status":"Success"' in answer


@pytest.mark.parametrize("cut", [1, 40])
def test_a_caller_that_closes_its_side_inside_the_body_gets_no_answer(
    server: ServerProcess, cut: int
):
    """What is not whole is not carried out."""
    before = leads_of(server)
    assert talk(server, [post(server)[:-cut]]) == b""
    assert leads_of(server) == before


def test_an_idle_connection_is_closed_when_its_caller_closes(server: ServerProcess):
    """Nobody waits for anything."""
    assert talk(server, []) == b""


def test_a_tunnel_is_refused(server: ServerProcess):
    """Not taken for a request to upgrade."""
    answer = talk(server, [b"CONNECT example.com:443 HTTP/1.1\r\nHost: example.com\r\n\r\nx"])
    assert answer.startswith(b"HTTP/1.1 400 ")


def test_an_answer_is_one_packet_and_one_to_head_has_no_body(server: ServerProcess):
    """Two packets would cost server and caller a system call and a wake-up more."""
    with socket.create_connection(server.address, timeout=30) as connection:
        for _ in range(10):
            connection.sendall(post(server))
            answer = connection.recv(65_536)
            head, _, body = answer.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 ")
            assert b"content-length: %d\r\n" % len(body) in head.lower() + b"\r\n"
            assert body
        for target in (b"/healthz", b"/console/sign-in"):
            connection.sendall(b"HEAD %b HTTP/1.1\r\nHost: leads.example.com\r\n\r\n" % target)
            assert connection.recv(65_536).endswith(b"\r\n\r\n")
        connection.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        last = b""
        while read := connection.recv(65_536):
            last += read
        assert last.startswith(b"HTTP/1.1 ")
        assert last.endswith(b"\r\n\r\n")
