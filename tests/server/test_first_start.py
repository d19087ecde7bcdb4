"""A first start: who waits for the server to be ready finds the secrets that it printed."""

import json
import os
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from pathlib import Path

from support import LEADWIRE

_SECONDS_MAX = 60


def test_a_server_is_ready_only_once_its_first_secrets_are_printed(tmp_path: Path) -> None:
    """Scripts wait for ``/readyz`` and then read the output. Until then it answers 503."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    printed = tmp_path / "printed.txt"
    serve = [*LEADWIRE, "serve", "--data", str(tmp_path / "data"), "--port", str(port)]
    with printed.open("w") as output:
        # As in a container: the output is a file, and Python would hold lines back.
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONUNBUFFERED"}
        server = subprocess.Popen(serve, stdout=output, env=environment)  # noqa: S603  # our own
        try:
            reasons = _wait_until_ready(f"http://127.0.0.1:{port}/readyz", server)
            found = printed.read_text()
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(_SECONDS_MAX)
    assert "Secret key" in found
    assert reasons <= {"There is no account yet."}


def _wait_until_ready(url: str, server: subprocess.Popen[bytes]) -> set[str]:
    """Ask again and again. Returns the reasons that were given for not being ready."""
    reasons: set[str] = set()
    while server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=_SECONDS_MAX):  # noqa: S310  # our own
                return reasons
        except urllib.error.HTTPError as refused:
            reasons |= set(json.loads(refused.read())["reasons"])
        except urllib.error.URLError:
            continue  # it does not listen yet
    raise AssertionError("The server ended.")
