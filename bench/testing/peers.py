"""The same of other servers for tests: a start, a reset of 1,000 things, a test of four calls.

What each one keeps differs: objects of S3 in moto, stubs in WireMock, expectations in
pytest-httpserver. So the figures say what a test of its own kind costs there.
"""

import json
import socket
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from time import monotonic, perf_counter, sleep
from typing import Final

import httpx2

_THINGS: Final = 1_000
_READY_SECONDS: Final = 60
_ROUNDS: Final = 10
_KEY: Final = "AWS4-HMAC-SHA256 Credential=bench/20260101/us-east-1/s3/aws4_request"

_HTTPSERVER: Final = """
import json, time, urllib.request
from pytest_httpserver import HTTPServer
def ms(work):
    began = time.perf_counter(); work(); return (time.perf_counter() - began) * 1000
server = HTTPServer()
start = ms(server.start)
def fill():
    for number in range(1000):
        server.expect_request(f"/{number}").respond_with_json({})
def four():
    server.expect_request("/lead").respond_with_json({})
    for _ in range(4):
        urllib.request.urlopen(server.url_for("/lead")).read()
    server.check_assertions(); assert len(server.log) == 4; server.clear()
resets = []
for _ in range(10):
    fill(); resets.append(ms(server.clear))
tests = sorted(ms(four) for _ in range(10))
print(json.dumps({"start_ms": start, "reset_ms": sorted(resets)[5], "test_ms": tests[5]}))
server.stop()
"""


def pytest_httpserver(python: Path) -> dict[str, float]:
    """In the process of the tests. *python* has it installed."""
    command = [str(python), "-c", _HTTPSERVER]
    done = subprocess.run(command, check=True, capture_output=True, text=True)  # noqa: S603  # above
    found: dict[str, float] = json.loads(done.stdout)
    return found


def moto(program: Path) -> dict[str, float]:
    """``moto_server`` with 1,000 objects of S3."""

    def fill(http: httpx2.Client) -> None:
        http.put("/bucket").raise_for_status()
        for number in range(_THINGS):
            http.put(f"/bucket/{number}", content=b"x").raise_for_status()

    def test(http: httpx2.Client) -> None:
        http.put("/other").raise_for_status()
        http.put("/other/lead", content=b"x").raise_for_status()
        http.get("/other/lead").raise_for_status()
        http.delete("/other/lead").raise_for_status()
        http.post("/moto-api/reset").raise_for_status()

    port = _free_port()
    command = [str(program), "-H", "127.0.0.1", "-p", str(port)]
    headers = {"Authorization": _KEY, "x-amz-content-sha256": "UNSIGNED-PAYLOAD"}
    return _measured(command, port, "/moto-api/", headers, "/moto-api/reset", fill, test, fills=1)


def wiremock(jar: Path) -> dict[str, float]:
    """WireMock with 1,000 stubs."""

    def stub(path: str) -> dict[str, object]:
        return {"request": {"url": path}, "response": {"status": 200, "body": "{}"}}

    def fill(http: httpx2.Client) -> None:
        mappings = [stub(f"/{number}") for number in range(_THINGS)]
        http.post("/__admin/mappings/import", json={"mappings": mappings}).raise_for_status()

    def test(http: httpx2.Client) -> None:
        http.post("/__admin/mappings", json=stub("/lead")).raise_for_status()
        for _ in range(4):
            http.get("/lead").raise_for_status()
        counted = http.post("/__admin/requests/count", json={"url": "/lead"})
        assert counted.json()["count"] == 4  # noqa: S101, PLR2004  # else nothing was measured
        http.post("/__admin/reset").raise_for_status()

    port = _free_port()
    command = ["java", "-jar", str(jar), "--port", str(port), "--bind-address", "127.0.0.1"]
    return _measured(
        command, port, "/__admin/mappings", {}, "/__admin/reset", fill, test, fills=_ROUNDS
    )


def _measured(  # noqa: PLR0913, PLR0917  # what one peer differs in from another
    command: Sequence[str],
    port: int,
    ready: str,
    headers: dict[str, str],
    reset: str,
    fill: Callable[[httpx2.Client], None],
    test: Callable[[httpx2.Client], None],
    *,
    fills: int,
) -> dict[str, float]:
    began = perf_counter()
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, stdout=quiet, stderr=quiet)  # noqa: S603  # named by the caller
    base = f"http://127.0.0.1:{port}"
    try:
        with httpx2.Client(base_url=base, headers=headers, timeout=60, trust_env=False) as http:
            _wait(http, ready)
            start_ms = (perf_counter() - began) * 1_000
            test(http)
            resets = []
            for _ in range(fills):
                fill(http)
                began = perf_counter()
                http.post(reset).raise_for_status()
                resets.append((perf_counter() - began) * 1_000)
            tests = []
            for _ in range(_ROUNDS):
                began = perf_counter()
                test(http)
                tests.append((perf_counter() - began) * 1_000)
    finally:
        process.terminate()
        process.wait()
    return {
        "start_ms": start_ms,
        "reset_ms": sorted(resets)[len(resets) // 2],
        "test_ms": sorted(tests)[len(tests) // 2],
    }


def _wait(http: httpx2.Client, path: str) -> None:
    ends_at = monotonic() + _READY_SECONDS
    while monotonic() < ends_at:
        with suppress(httpx2.HTTPError):
            http.get(path)
            return
        sleep(0.02)
    raise TimeoutError(path)


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port
