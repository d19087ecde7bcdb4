"""Where a client's keys and host come from: arguments, a profile, or the environment."""

from pathlib import Path

import httpx2
import pytest
from sdk.both import ACCESS_KEY, SECRET_KEY

from leadwire import Client, KeysMissing, Misuse

_OTHER = "u$r00000000000000000000000000000000"
PROFILES = f"""
[work]
host = "http://work.example.com"
access_key = "{ACCESS_KEY}"
secret_key = "{SECRET_KEY}"
async_key = "async-of-work-00000"
[half]
access_key = "{ACCESS_KEY}"
[odd]
accesskey = "{SECRET_KEY}"
"""


@pytest.fixture
def profiles(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "leadwire" / "profiles.toml"
    file.parent.mkdir()
    file.write_text(PROFILES)
    file.chmod(0o600)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return file


def sent_by(**options: object) -> httpx2.Request:
    """The request that a client with *options* sends."""
    seen: list[httpx2.Request] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=[])

    transport = httpx2.MockTransport(respond)
    with Client(transport=transport, **options) as client:  # type: ignore[arg-type]  # by name
        client.leads.get("x")
    return seen[0]


def test_a_profile_gives_host_and_keys(profiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By argument or variable; then neither comes from the environment."""
    del profiles
    monkeypatch.setenv("LEADWIRE_ACCESS_KEY", _OTHER)
    monkeypatch.setenv("LEADWIRE_SECRET_KEY", "0" * 40)
    monkeypatch.setenv("LEADWIRE_API_HOST", "http://other.example.com")
    named = sent_by(profile="work")
    monkeypatch.setenv("LEADWIRE_PROFILE", "work")
    for request in (named, sent_by(), sent_by(host="http://work.example.com")):
        assert request.url.host == "work.example.com"
        assert request.headers["x-lsq-accesskey"] == ACCESS_KEY
        assert request.headers["x-lsq-secretkey"] == SECRET_KEY
    given = sent_by(access_key=_OTHER, secret_key="1" * 40)
    assert given.headers["x-lsq-secretkey"] == "1" * 40
    assert given.url.host == "other.example.com"


def test_both_keys_come_from_one_place(profiles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Halves of two accounts are refused, and nothing of a profile is repeated."""
    monkeypatch.setenv("LEADWIRE_SECRET_KEY", SECRET_KEY)
    monkeypatch.setenv("LEADWIRE_API_HOST", "http://other.example.com")
    pair = {"access_key": ACCESS_KEY, "secret_key": SECRET_KEY}
    cases: list[tuple[dict[str, str], type[Misuse], str]] = [
        ({"access_key": ACCESS_KEY}, KeysMissing, "secret key is missing"),
        ({"profile": "half"}, KeysMissing, "[half] needs access_key and secret_key"),
        ({"profile": "odd"}, Misuse, "allows only host, access_key"),
        ({"profile": "none"}, Misuse, "has no profile [none]"),
        ({"profile": "work", **pair}, Misuse, "not both"),
    ]
    for options, kind, text in cases:
        with pytest.raises(kind) as caught:
            Client(**options)  # type: ignore[arg-type]  # by name
        assert text in str(caught.value)
        assert SECRET_KEY not in repr(caught.value)
    profiles.chmod(0o640)
    with pytest.raises(Misuse, match="chmod 600"):
        Client(profile="work")
