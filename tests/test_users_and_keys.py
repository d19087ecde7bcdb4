"""``leadwire users`` and ``leadwire keys rotate``, beside a running server."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from engines import place
from sqlalchemy import select
from support import USERS, InProcess, StandingClock, leadwire

from leadwire.access.audit import COMMAND_LINE
from leadwire.access.sessions import Sessions
from leadwire.access.tables import METADATA
from leadwire.clock import SystemIds
from leadwire.data_folder.making import access_store
from leadwire.errors import KeysRefused

HOUR_MS = 3_600_000


def signed_in(folder: Path, email: str, password: str) -> str | None:
    """The token of a session, or None when address or password is wrong."""
    clock, ids = StandingClock(), SystemIds()
    store = access_store(place(folder), clock=clock, ids=ids)
    try:
        return Sessions(store, clock=clock, ids=ids, session_hours=1).sign_in(email, password)
    finally:
        store.close()


def everything(folder: Path) -> list[list[tuple[object, ...]]]:
    """Every row about accounts, users, keys and sessions."""
    store = access_store(place(folder), clock=StandingClock(), ids=SystemIds())
    try:
        with store.engine.connect() as connection:
            return [
                [tuple(row) for row in connection.execute(select(table))]
                for table in METADATA.sorted_tables
            ]
    finally:
        store.close()


def made(*words: str) -> dict[str, str]:
    result = leadwire(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_lost_password_is_replaced(data_folder: Path) -> None:
    """The new one is printed once and signs in; the old one does not."""
    data = ("--data", str(data_folder))
    first = made("users", "password", "ADMIN@acme.test", *data)
    assert signed_in(data_folder, "admin@acme.test", first["password"])
    second = leadwire("users", "password", "admin@acme.test", *data)
    assert "Shown once" in second.stdout
    assert signed_in(data_folder, "admin@acme.test", first["password"]) is None
    unknown = leadwire("users", "password", "nobody@acme.test", *data)
    assert unknown.exit_code == 1
    assert "users list" in unknown.stderr


def test_a_user_is_created_listed_and_deactivated(api: InProcess) -> None:
    """They sign in and call, and then they do neither; the server follows within a second."""
    data = ("--data", str(api.folder))
    user = made("users", "create", "Ravi@acme.test", "--first-name", "Ravi", *data)
    assert signed_in(api.folder, user["email"], user["password"])
    rows = made("users", "list", *data)["users"]
    assert [(row["email"], row["role"], row["is_active"]) for row in rows] == [
        ("admin@acme.test", "administrator", True),
        ("ravi@acme.test", "administrator", True),
    ]
    pair = made("keys", "create", "--user", "ravi@acme.test", *data)
    headers = {"x-LSQ-AccessKey": pair["access_key"], "x-LSQ-SecretKey": pair["secret_key"]}
    assert api.call("GET", USERS, headers=headers, keys="none").status == 200
    assert leadwire("users", "deactivate", "ravi@acme.test", *data).exit_code == 0
    api.clock.advance(1_000)
    assert api.call("GET", USERS, headers=headers, keys="none").status == 401
    assert signed_in(api.folder, user["email"], user["password"]) is None
    assert "inactive" in leadwire("users", "list", *data).stdout
    assert leadwire("users", "activate", "ravi@acme.test", *data).exit_code == 0
    assert signed_in(api.folder, user["email"], user["password"])


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("create", "admin@acme.test"), 1, "already"),
        (("create", "nobody"), 2, "not an e-mail address"),
        (("create", "a@acme.test", "--role", "King"), 2, "King"),
        (("deactivate", "admin@acme.test"), 1, "last active administrator"),
        (("deactivate", "nobody@acme.test"), 1, "no user with the address"),
    ],
)
def test_a_refused_command_says_why_and_changes_nothing(
    data_folder: Path, words: tuple[str, ...], code: int, said: str
) -> None:
    """With the exit code of docs/cli.md."""
    before = everything(data_folder)
    result = leadwire("users", *words, "--data", str(data_folder))
    assert (result.exit_code, result.stdout) == (code, "")
    assert said in result.stderr
    assert everything(data_folder) == before


def test_the_old_secret_works_until_it_expires(data_folder: Path) -> None:
    """Of a rotated key: the new one at once, the old one until it expires, an older one never."""
    clock = StandingClock()
    store = access_store(place(data_folder), clock=clock, ids=SystemIds())
    try:
        pair = store.create_key(None, by=COMMAND_LINE)
        secrets = [pair.secret_key]

        def works() -> list[bool]:
            found = []
            for secret in secrets:
                try:
                    found.append(store.authenticate(pair.access_key, secret).key_id == pair.key_id)
                except KeysRefused:
                    found.append(False)
            return found

        store.rotate_key(pair.key_id, by=COMMAND_LINE, old_works_ms=HOUR_MS, show=secrets.append)
        assert works() == [True, True]
        (info,) = [info for info in store.list_keys() if info.key_id == pair.key_id]
        assert info.old_secret_until_ms == clock.now_ms() + HOUR_MS
        store.rotate_key(pair.key_id, by=COMMAND_LINE, old_works_ms=HOUR_MS, show=secrets.append)
        assert works() == [False, True, True]
        clock.advance(HOUR_MS - 1)
        assert works() == [False, True, True]
        clock.advance(1)
        assert works() == [False, False, True]
        store.rotate_key(pair.key_id, by=COMMAND_LINE, old_works_ms=0, show=secrets.append)
        assert works() == [False, False, False, True]
        store.revoke_key(pair.key_id, by=COMMAND_LINE)
        with pytest.raises(KeysRefused, match="Invalid Access"):
            store.authenticate(pair.access_key, secrets[-1])
    finally:
        store.close()


def test_keys_rotate_prints_a_secret_that_a_running_server_takes(api: InProcess) -> None:
    """Beside the old one; a key that is unknown or revoked is not rotated."""
    data = ("--data", str(api.folder))
    pair = made("keys", "create", *data)
    new = made("keys", "rotate", pair["key_id"], *data)
    for secret in (pair["secret_key"], new["secret_key"]):
        headers = {"x-LSQ-AccessKey": pair["access_key"], "x-LSQ-SecretKey": secret}
        assert api.call("GET", USERS, headers=headers, keys="none").status == 200
    assert "old secret until" in leadwire("keys", "list", *data).stdout
    assert leadwire("keys", "revoke", pair["key_id"], *data).exit_code == 0
    for key_id in (pair["key_id"], "key_nobody"):
        refused = leadwire("keys", "rotate", key_id, *data)
        assert (refused.exit_code, refused.stdout) == (1, "")
        assert key_id in refused.stderr


def test_the_package_runs_as_a_module() -> None:
    """As the command does."""
    for words in (["--version"], ["keys", "rotate", "--help"]):
        finished = subprocess.run(  # noqa: S603  # our own command
            [sys.executable, "-m", "leadwire", *words], capture_output=True, check=False, text=True
        )
        assert finished.returncode == 0
        assert "leadwire" in finished.stdout


def test_the_log_redacts_a_rotated_secret(api: InProcess) -> None:
    """It is removed wherever a caller puts it, as one that works is."""
    data = ("--data", str(api.folder))
    pair = made("keys", "create", *data)
    made("keys", "rotate", pair["key_id"], "--old-works-hours", "0", *data)
    answer = api.get(f"/v2/X.svc/Y/{pair['secret_key']}?note={pair['secret_key']}")
    assert pair["secret_key"] not in repr(api.record(answer))
