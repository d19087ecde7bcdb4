"""``leadwire login`` and ``logout``: the keys end in one file, and nowhere else."""

import json
import os
import pty
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from support import LEADWIRE, ServerProcess, is_readable, leadwire

from leadwire.cli import main
from leadwire.cli.login import _without, other_region
from leadwire.sdk.profiles import find_profile


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    for name in ("PROFILE", "API_HOST", "ACCESS_KEY", "SECRET_KEY"):
        monkeypatch.delenv(f"LEADWIRE_{name}", raising=False)
    return tmp_path / "leadwire" / "profiles.toml"


def login(*words: str, given: object) -> Result:
    text = given if isinstance(given, str) else json.dumps(given)
    return CliRunner().invoke(main, ["login", "--from-stdin", *words], input=text)


def test_a_login_saves_a_profile_that_the_other_commands_use(
    shared_server: ServerProcess, home: Path
) -> None:
    """It takes the line of ``keys create --json``; only the owner reads the file."""
    keys = shared_server.keys
    pair = {"key_id": "x", "access_key": keys.access_key, "secret_key": keys.secret_key}
    saved = login("--api-host", shared_server.base, "--json", given=pair)
    assert saved.exit_code == 0, saved.output
    document = json.loads(saved.stdout)
    assert document == {
        "profile": "default",
        "host": shared_server.base,
        "user": keys.user_email,
        "path": str(home),
    }
    assert (home.stat().st_mode & 0o777, home.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert leadwire("call", "Users.Get").exit_code == 0
    assert login("--profile", "second", given={**pair, "host": shared_server.base}).exit_code == 0
    assert leadwire("call", "Users.Get", "--profile", "second").exit_code == 0
    listed = leadwire("profiles", "list")
    assert "default" in listed.stdout
    assert "second" in listed.stdout
    for result in (saved, listed):
        assert keys.secret_key not in result.output
        assert keys.access_key not in result.output
    assert leadwire("logout").exit_code == 0
    assert "[default]" not in home.read_text()
    assert leadwire("call", "Users.Get", "--profile", "second").exit_code == 0
    assert leadwire("logout").exit_code == 1


def test_wrong_keys_are_not_saved(shared_server: ServerProcess, home: Path) -> None:
    """Unless nothing is to be checked."""
    pair = {"access_key": "u$r" + "0" * 32, "secret_key": "0" * 40}
    words = ("--api-host", shared_server.base)
    refused = login(*words, given=pair)
    assert refused.exit_code == 1
    assert pair["secret_key"] not in refused.output
    assert not home.exists()
    assert login(*words, "--no-check", given=pair).exit_code == 0
    assert find_profile("default", home).secret_key == pair["secret_key"]


def test_keys_of_another_region_are_told_apart() -> None:
    """Every region of LeadSquared answers the call that tries them, and says which one is right."""
    user = {"LSQCommonServiceURLs": {"api": "api-in21.leadsquared.com"}}
    assert other_region("https://api.leadsquared.com", user) == "api-in21.leadsquared.com"
    assert other_region("https://api-in21.leadsquared.com", user) == ""
    assert other_region("http://127.0.0.1:8080", user) == ""
    assert other_region("https://api.leadsquared.com", {"LSQCommonServiceURLs": "x"}) == ""


def test_unusable_input_is_a_usage_error(home: Path) -> None:
    """And is not repeated."""
    for given in ("", "SECRET", '{"access_key": "SECRET"}', {"access_key": "a", "secret_key": "b"}):
        result = login(given=given)
        assert result.exit_code == 2, result.output
        assert "SECRET" not in result.output
    assert not home.exists()


def test_a_login_keeps_the_rest_of_the_file(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Comments, other profiles, and the order."""
    pair = {"access_key": "new", "secret_key": "new", "host": "https://new.example"}
    home.parent.mkdir()
    home.write_text(
        '# mine\n[one]\nhost = "a"\n# inner\naccess_key = "x"\n\n# of two\n[ two ]\nhost = "b"\n'
    )
    home.chmod(0o600)
    assert login("--profile", "one", "--no-check", given=pair).exit_code == 0
    text = home.read_text()
    assert text.startswith('# mine\n\n# of two\n[ two ]\nhost = "b"\n\n[one]\n')
    assert "inner" not in text
    assert leadwire("logout", "--profile", "two").exit_code == 0
    assert leadwire("logout", "--profile", "one").exit_code == 0
    assert home.read_text() == "# mine\n\n# of two\n"
    home.write_text("one.access_key = 'x'\n")
    refused = login("--profile", "one", "--no-check", given=pair)
    assert refused.exit_code == 1
    assert "Change it with an editor" in refused.stderr
    home.write_text("")
    home.chmod(0o644)
    assert "chmod 600" in login("--no-check", given=pair).stderr
    assert home.read_text() == ""
    home.chmod(0o600)
    monkeypatch.setenv("LEADWIRE_PROFILE", "own")
    assert login("--no-check", given=pair).exit_code == 0
    assert find_profile("own", home).host == "https://new.example"
    assert _without("[a]\nx = 1\n", "a") == "\n"


def test_keys_are_typed_unseen(shared_server: ServerProcess, home: Path) -> None:
    """On a terminal host and keys are asked for, and the keys do not appear on it."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(  # noqa: S603  # our own command
        [*LEADWIRE, "login"], stdin=theirs, stdout=theirs, stderr=theirs, env={**os.environ}
    )
    os.close(theirs)
    keys, seen = shared_server.keys, b""
    for prompt, typed in (
        (b"Host (", shared_server.base),
        (b"Access key: ", keys.access_key),
        (b"Secret key: ", keys.secret_key),
        (b"Logged in to", ""),
    ):
        end = time.monotonic() + 30
        while prompt not in seen and time.monotonic() < end:
            if is_readable(ours, seconds=0.2):
                seen += os.read(ours, 4_096)
        assert prompt in seen, seen
        os.write(ours, f"{typed}\n".encode() if typed else b"")
    assert process.wait(30) == 0
    os.close(ours)
    assert keys.secret_key.encode() not in seen
    assert keys.access_key.encode() not in seen
    assert find_profile("default", home).host == shared_server.base
