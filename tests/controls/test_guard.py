"""Who may use the control interface, and when there is none."""

import subprocess
from pathlib import Path

import httpx2
import pytest
from controls.conftest import SERVE, Running


def refused(server: Running, **headers: str) -> str:
    """The message to a reset with the token and *headers*."""
    sent = {"X-Leadwire-Controls": server.ready["token"]} | headers
    answer = httpx2.post(server.ready["controls"] + "reset", headers=sent, content=b"{}")
    assert answer.status_code in (401, 403, 415), answer.text
    assert "access-control-allow-origin" not in answer.headers
    return str(answer.json()["error"]["message"])


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ({"X-Leadwire-Controls": ""}, "Send the header X-Leadwire-Controls"),
        ({"X-Leadwire-Controls": "lwt_wrong"}, "Send the header X-Leadwire-Controls"),
        ({"Host": "evil.example"}, "The Host 'evil.example' is not a name of this server."),
        ({"Host": "evil.example:8080"}, "The Host 'evil.example:8080' is not a name"),
        ({"Origin": "https://evil.example"}, "Controls do not answer web pages"),
        ({"Origin": "null"}, "Controls do not answer web pages"),
        ({"Sec-Fetch-Site": "cross-site"}, "Controls do not answer web pages."),
        ({"Sec-Fetch-Site": "same-site"}, "Controls do not answer web pages."),
        ({"Content-Type": "text/plain"}, "Send the body with Content-Type: application/json."),
        ({"Content-Type": "application/x-www-form-urlencoded"}, "Send the body with Content-Type"),
    ],
)
def test_a_web_page_cannot_reset_a_server(
    server: Running, headers: dict[str, str], message: str
) -> None:
    """Neither without the token, nor by a name of its own, nor as a form."""
    assert message in refused(server, **{"Content-Type": "application/json", **headers})


def test_a_preflight_is_refused(server: Running) -> None:
    """So a page cannot send the header with the token."""
    headers = {"Origin": "https://evil.example", "Access-Control-Request-Method": "POST"}
    answer = httpx2.request("OPTIONS", server.ready["controls"] + "reset", headers=headers)
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost", "[::1]:80", "leadwire:8080"])
def test_a_container_reaches_the_controls(server: Running, host: str) -> None:
    """By an address, by localhost, and by the one-word name of a container network."""
    headers = {"X-Leadwire-Controls": server.ready["token"], "Host": host}
    assert httpx2.get(server.ready["controls"], headers=headers).status_code == 200


def test_a_server_without_controls_has_no_such_path(tmp_path: Path) -> None:
    """Whatever the token: the API's ordinary 404."""
    command = [*SERVE, "--data", str(tmp_path / "data"), "--ready", "json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603  # our own
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert '"token"' not in line
        url = line.split('"url":"')[1].split('"')[0]
        assert httpx2.post(f"{url}/__leadwire/reset").status_code in (401, 404)
    finally:
        process.terminate()
        process.communicate()


def test_a_folder_that_was_not_made_for_tests_is_never_reset(tmp_path: Path) -> None:
    """The worst accident: controls on the data of a real server."""
    data = str(tmp_path / "data")
    made = subprocess.run([*SERVE[:3], "init", "--data", data], check=True, capture_output=True)  # noqa: S603  # our own
    assert made.returncode == 0
    done = subprocess.run(  # noqa: S603  # our own
        [*SERVE, "--data", data, "--controls"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{data} was not made for tests: a reset would erase it for good." in done.stderr


@pytest.mark.parametrize(
    ("variables", "flags", "message"),
    [
        ({}, ["--host", "192.0.2.1"], "Set LEADWIRE_CONTROLS_TOKEN"),
        ({"LEADWIRE_CONTROLS_TOKEN": "short"}, [], "has 5 characters. Use at least 16"),
        ({"LEADWIRE_MAIL_SMTP_HOST": "mail.example"}, [], "the setting mail_smtp_host exclude"),
        ({"LEADWIRE_DATABASE_URL": "postgresql://x/y"}, [], "the setting database_url exclude"),
        (
            {"LEADWIRE_CALLS_CLICKHOUSE_URL": "https://x.example"},
            [],
            "the setting calls_clickhouse_url exclude",
        ),
    ],
)
def test_controls_that_could_do_harm_do_not_start(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    flags: list[str],
    message: str,
) -> None:
    """Open to a network without a token of one's own, or joined to what is not the test's."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    command = [*SERVE, "--data", str(tmp_path / "data"), "--controls", *flags]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603  # our own
    assert done.returncode == 1
    assert message in done.stderr
    assert not (tmp_path / "data").exists()


def test_the_interface_describes_itself(server: Running) -> None:
    """Every path of the description answers, and the public description has none of them."""
    document = server.controls.get("openapi.json").json()
    assert "/__leadwire/reset" in document["paths"]
    public = httpx2.get(server.ready["url"] + "/openapi.json").text
    assert "__leadwire" not in public


def test_control_requests_are_noted_apart(server: Running) -> None:
    """They are in the interface's own log, and not in that of the calls."""
    server.controls.post("bogus", json={})
    noted = server.controls.get("log").json()["requests"]
    assert {"method": "POST", "path": "bogus", "status_code": 404} in noted
    assert server.controls.get("").json()["controls"] == 1
