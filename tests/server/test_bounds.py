"""Whoever tries to pass a bound is answered, or cut, and counted; the others go on.

No time is asserted, but that every good caller is answered.
"""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from amounts import each
from engines import copy_folder
from server.good_callers import GOOD_CALLERS, GoodCallers
from support import ENVELOPE, LEADS, ServerProcess, read_record

from leadwire.access.accounts import FirstAccount

MIB = 1_048_576
FLAGS = (
    *("--request-headers-seconds-max", "1", "--request-body-seconds-max", "1"),
    *("--request-bodies-bytes-max", str(16 * MIB), "--connections-max", "80"),
    *("--unknown-keys-per-address-max", "20"),
    *("--connections-per-address-max", "60", "--request-discard-bytes-max", str(2 * MIB)),
)


@pytest.fixture(scope="module")
def server(
    prepared: tuple[Path, FirstAccount], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[ServerProcess]:
    """A server with small bounds, for all of these tests."""
    folder = copy_folder(prepared[0], tmp_path_factory.mktemp("bounds") / "data")
    process = ServerProcess(folder, prepared[1], *FLAGS).start()
    yield process
    process.stop()


def reached(server: ServerProcess) -> dict[str, float]:
    """How often each bound cut something, by its setting."""
    text = server.api().call("GET", "/metrics", keys="none").body.decode()
    pattern = r'^leadwire_bounds_reached_total\{setting="(\w+)"\} (\S+)$'
    return {name: float(count) for name, count in re.findall(pattern, text, re.MULTILINE)}


def memory_mib(server: ServerProcess) -> float:
    status = Path(f"/proc/{server.process_id}/status").read_text()
    (kib,) = re.findall(r"VmRSS:\s+(\d+) kB", status)
    return int(kib) / 1_024


def keys(server: ServerProcess) -> bytes:
    pair = server.keys
    return f"x-LSQ-AccessKey: {pair.access_key}\r\nx-LSQ-SecretKey: {pair.secret_key}\r\n".encode()


def post(length: int, more: bytes = b"") -> bytes:
    line = f"POST {LEADS}Lead.Create HTTP/1.1\r\nHost: h\r\nContent-Length: {length}\r\n"
    return line.encode() + more + b"\r\n"


def send_all(connection: socket.socket, data: bytes, times: int = 1) -> None:
    try:
        for _ in range(times):
            connection.sendall(data)
    except OSError:
        return  # it is closed before all is sent


def answers(server: ServerProcess, *, count: int, data: bytes, times: int = 1) -> list[bytes]:
    """What comes back to each of *count* callers, who are all there at once."""
    with ExitStack() as stack:
        connections = [
            stack.enter_context(socket.create_connection(server.address, timeout=30))
            for _ in range(count)
        ]
        senders = [
            threading.Thread(target=send_all, args=(connection, data, times))
            for connection in connections
        ]
        for sender in senders:
            sender.start()
        got = [read_all(connection) for connection in connections]
        for sender in senders:
            sender.join()
        return got


def read_all(connection: socket.socket) -> bytes:
    answer = b""
    try:
        while read := connection.recv(65_536):
            answer += read
    except ConnectionResetError:
        pass
    return answer


def statuses(got: list[bytes]) -> set[bytes]:
    return {answer[9:12] for answer in got if answer}


def endless_headers(server: ServerProcess) -> None:
    got = answers(server, count=2, data=post(0)[:-2] + b"A: b\r\n" * 200_000, times=20)
    assert statuses(got) <= {b"431"}


def endless_trailers(server: ServerProcess) -> None:
    chunked = keys(server) + b"Transfer-Encoding: chunked\r\n"
    head = post(0, chunked).replace(b"Content-Length: 0\r\n", b"")
    got = answers(server, count=2, data=head + b"2\r\n[]\r\n0\r\n" + b"A: b\r\n" * 200_000)
    assert statuses(got) <= {b"431"}


def endless_url(server: ServerProcess) -> None:
    got = answers(server, count=2, data=b"GET /" + b"a" * MIB, times=20)
    assert statuses(got) <= {b"414"}


def slow_heads(server: ServerProcess) -> None:
    got = answers(server, count=20, data=post(10)[:-2])
    assert statuses(got) == {b"408"}


def slow_bodies(server: ServerProcess) -> None:
    got = answers(server, count=20, data=post(10, keys(server)) + b"[")
    assert statuses(got) == {b"408"}
    call_id = re.findall(rb"x-leadwire-call-id: (\S+)", got[0])[0].decode()
    record = read_record(server.folder, call_id)
    assert record is not None
    assert (record.account_id, record.request_body) == (server.keys.account_id, "[")
    assert record.outcome == "refused"


def many_bodies(server: ServerProcess) -> None:
    before = memory_mib(server)
    got = answers(server, count=40, data=post(9 * MIB, keys(server)) + b" " * MIB)
    assert b"503" in statuses(got)
    assert statuses(got) <= {b"408", b"503"}
    busy = next(answer for answer in got if answer[9:12] == b"503")
    assert b"\r\nretry-after: 1\r\n" in busy
    assert list(msgspec.json.decode(busy.partition(b"\r\n\r\n")[2])) == ENVELOPE
    assert memory_mib(server) - before < 100


def keyless_bodies(server: ServerProcess) -> None:
    before = memory_mib(server)
    got = answers(server, count=40, data=post(9 * MIB) + b" " * MIB)
    assert statuses(got) <= {b"401"}
    assert memory_mib(server) - before < 50


def half_sent_heads(server: ServerProcess) -> None:
    with ExitStack() as stack:
        for _ in range(400):
            connection = stack.enter_context(socket.create_connection(server.address, timeout=30))
            send_all(connection, post(10)[:-2])
        assert server.api().call("GET", "/healthz", keys="none").status == 200


def wrong_keys(server: ServerProcess) -> None:
    for number in range(100):
        pair = {"x-LSQ-AccessKey": f"u$r{number:032x}", "x-LSQ-SecretKey": "0" * 40}
        answer = server.api().call("GET", LEADS + "X", headers=pair, keys="none")
        if answer.status == 429:
            return
    pytest.fail("a hundred wrong keys in a row")


def sign_in_flood(server: ServerProcess) -> None:
    got: list[int] = []

    def try_it(number: int) -> None:
        form = f"email=person-{number}%40acme.test&password=guess"
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answer = server.api().call("POST", "/console/sign-in", form, headers=headers, keys="none")
        got.append(answer.status)

    threads = [threading.Thread(target=try_it, args=(number,)) for number in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(got) <= {401, 429, 503}
    assert len(got) == 40


ATTACKS: dict[str, tuple[Callable[[ServerProcess], None], str]] = {
    "headers without end": (endless_headers, "request_headers_bytes_max"),
    "trailers without end": (endless_trailers, "request_headers_bytes_max"),
    "a URL without end": (endless_url, "request_url_bytes_max"),
    "heads that do not end": (slow_heads, "request_headers_seconds_max"),
    "bodies that do not end": (slow_bodies, "request_body_seconds_max"),
    "bodies that fill the memory": (many_bodies, "request_bodies_bytes_max"),
    "bodies without keys": (keyless_bodies, ""),
    "many half-sent requests": (half_sent_heads, "connections_per_address_max"),
    "many wrong keys": (wrong_keys, "unknown_keys_per_address_max"),
    "many sign-ins": (sign_in_flood, "sign_in_waiting_per_address_max"),
}


@pytest.mark.parametrize("name", each(list(ATTACKS), every=2))
def test_whoever_tries_to_pass_a_bound_disturbs_nobody(server: ServerProcess, name: str):
    """Sixteen callers are answered all the while, and the bound is counted."""
    attack, setting = ATTACKS[name]
    before = reached(server)
    with GoodCallers(server).at_work() as good:
        time.sleep(0.2)
        attack(server)
    assert good.errors == []
    assert set(good.statuses) == {200}
    assert len(good.statuses) >= GOOD_CALLERS
    if setting:
        assert reached(server).get(setting, 0) > before.get(setting, 0)
        assert setting in server.errors.read_text()


def test_few_open_files_bound_the_connections(prepared: tuple[Path, FirstAccount], tmp_path: Path):
    """The server says so, and goes on answering."""
    folder = copy_folder(prepared[0], tmp_path / "data")
    process = ServerProcess(folder, prepared[1], open_files_max=128).start()
    try:
        half_sent_heads(process)
        assert "may open only 128 files" in process.errors.read_text()
    finally:
        process.stop()
