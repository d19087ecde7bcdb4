"""The container's own command, environment and health check, run without a container."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import httpx2
from controls.conftest import SERVE

from leadwire.testing import Server

CONTAINERFILE = (Path(__file__).parents[2] / "Containerfile").read_text()
TOKEN = "a token of the test's own"  # noqa: S105  # of this test alone


def image_environment() -> dict[str, str]:
    [block] = re.findall(r"ENV PATH=(.*?)\nUSER", CONTAINERFILE, re.DOTALL)
    return dict(re.findall(r"(LEADWIRE_\w+)=(\S+)", block))


def health_check() -> list[str]:
    [command] = re.findall(r"HEALTHCHECK .*?CMD (\[.*?\])\n", CONTAINERFILE, re.DOTALL)
    return [sys.executable, *json.loads(command)[1:]]


def test_controls_work_as_in_a_container() -> None:
    """It listens on every address, its token is given, and the health check tells when."""
    inside = {**os.environ, **image_environment(), "LEADWIRE_CONTROLS_TOKEN": TOKEN}
    assert inside["LEADWIRE_HOST"] == "0.0.0.0"  # noqa: S104  # compared, not bound
    command = [*SERVE, "--ephemeral", "--controls", "--ready", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=inside) as process:  # noqa: S603  # our own
        try:
            assert process.stdout is not None
            ready = json.loads(process.stdout.readline())
            port = httpx2.URL(ready["url"]).port
            check = {**inside, "LEADWIRE_PORT": str(port)}
            assert subprocess.run(health_check(), env=check, check=False).returncode == 0  # noqa: S603  # as above
            with Server(url=f"http://localhost:{port}", token=TOKEN) as server:
                receiver = server.account.receiver()
                with server.client() as client:
                    client.webhooks.create(event="Lead_Post_Create", url=receiver.url)
                    client.leads.create(first_name="Asha")
                server.clock.advance(minutes=1)
                assert len(receiver.wait(1)) == 1
        finally:
            process.terminate()
    gone = subprocess.run(health_check(), env=check, check=False, capture_output=True)  # noqa: S603  # as above
    assert gone.returncode == 1
