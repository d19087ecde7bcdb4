"""``leadwire users`` and ``leadwire keys rotate``, beside a running server."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import place
from sqlalchemy import select
from support import USERS, InProcess, StandingClock, leadwire

from leadwire.access.audit import COMMAND_LINE
from leadwire.access.key_pairs import (
    PairDraft,
    create_pair,
    retire_secret,
    revoke_pair,
    rotate_pair,
)
from leadwire.access.keys import KeyPair
from leadwire.access.sessions import Caller, Sessions
from leadwire.access.store import AccessStore
from leadwire.access.tables import METADATA
from leadwire.access.users import UserDraft, update_user
from leadwire.clock import SystemIds
from leadwire.data_folder.making import access_store
from leadwire.dates import format_seconds
from leadwire.errors import InputInvalid, KeysRefused, SetupError

HOUR_MS = 3_600_000


def signed_in(folder: Path, email: str, password: str) -> str | None:
    """The token of a session, or None when address or password is wrong."""
    clock, ids = StandingClock(), SystemIds()
    store = access_store(place(folder), clock=clock, ids=ids)
    try:
        return Sessions(store, clock=clock, ids=ids, session_hours=1).sign_in(
            email, password, Caller("192.0.2.7", "a browser")
        )
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
    assert "shown only once" in second.stdout
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


@pytest.fixture
def opened(data_folder: Path) -> Iterator[tuple[AccessStore, StandingClock]]:
    clock = StandingClock()
    store = access_store(place(data_folder), clock=clock, ids=SystemIds())
    yield store, clock
    store.close()


def new_pair(store: AccessStore, *, ends_on_ms: int | None = None) -> KeyPair:
    account_id = store.account_ids()[0]
    draft = PairDraft(store.users(account_id)[0].user_id, "form", ends_on_ms)
    return store.change(COMMAND_LINE, lambda change: create_pair(change, account_id, draft))


def works(store: AccessStore, pair: KeyPair, secrets: list[str]) -> list[bool]:
    found = []
    for secret in secrets:
        try:
            found.append(store.authenticate(pair.access_key, secret).key_id == pair.key_id)
        except KeysRefused:
            found.append(False)
    return found


def test_the_old_secret_works_until_it_expires(
    opened: tuple[AccessStore, StandingClock],
) -> None:
    """Of a rotated key: the new one at once, the old one until it expires, an older one never."""
    store, clock = opened
    pair = new_pair(store)
    account_id = store.account_ids()[0]
    secrets = [pair.secret_key]

    def rotate(old_works_ms: int) -> None:
        secrets.append(
            store.change(
                COMMAND_LINE,
                lambda c: rotate_pair(c, account_id, pair.key_id, old_works_ms=old_works_ms),
            )
        )

    rotate(HOUR_MS)
    assert works(store, pair, secrets) == [True, True]
    (info,) = [info for info in store.key_pairs(account_id) if info.key_id == pair.key_id]
    assert info.old_secret is not None
    assert info.old_secret.ends_on_ms == clock.now_ms() + HOUR_MS
    rotate(HOUR_MS)
    assert works(store, pair, secrets) == [False, True, True]
    clock.advance(HOUR_MS - 1)
    assert works(store, pair, secrets) == [False, True, True]
    clock.advance(1)
    assert works(store, pair, secrets) == [False, False, True]
    rotate(0)
    assert works(store, pair, secrets) == [False, False, False, True]
    store.change(COMMAND_LINE, lambda c: revoke_pair(c, account_id, pair.key_id))
    with pytest.raises(KeysRefused, match="Invalid Access"):
        store.authenticate(pair.access_key, secrets[-1])


def test_the_old_secret_works_until_it_is_retired(
    opened: tuple[AccessStore, StandingClock],
) -> None:
    """However long that takes; retiring it once more says that there is only one."""
    store, clock = opened
    pair = new_pair(store)
    account_id = store.account_ids()[0]
    new = store.change(COMMAND_LINE, lambda c: rotate_pair(c, account_id, pair.key_id))
    clock.advance(1_000 * HOUR_MS)
    assert works(store, pair, [pair.secret_key, new]) == [True, True]
    store.change(COMMAND_LINE, lambda c: retire_secret(c, account_id, pair.key_id))
    assert works(store, pair, [pair.secret_key, new]) == [False, True]
    with pytest.raises(SetupError, match="only one secret"):
        store.change(COMMAND_LINE, lambda c: retire_secret(c, account_id, pair.key_id))


def test_a_key_with_an_end_works_until_then(opened: tuple[AccessStore, StandingClock]) -> None:
    """And is refused from that instant on."""
    store, clock = opened
    pair = new_pair(store, ends_on_ms=clock.now_ms() + HOUR_MS)
    clock.advance(HOUR_MS - 1)
    assert works(store, pair, [pair.secret_key]) == [True]
    clock.advance(1)
    assert works(store, pair, [pair.secret_key]) == [False]


def test_the_key_of_another_account_is_an_unknown_one(
    opened: tuple[AccessStore, StandingClock],
) -> None:
    """For every change, with the same words."""
    store, _ = opened
    pair = new_pair(store)
    for change in (rotate_pair, retire_secret, revoke_pair):
        said = []
        for key_id in (pair.key_id, "key_none"):
            with pytest.raises(SetupError) as refused:
                store.change(COMMAND_LINE, lambda c, k=key_id, do=change: do(c, "another", k))
            said.append(str(refused.value).replace(key_id, "?"))
        assert said[0] == said[1]


def test_keys_rotate_prints_a_secret_that_a_running_server_takes(api: InProcess) -> None:
    """Beside the old one; a key that is unknown or revoked is not rotated."""
    data = ("--data", str(api.folder))
    pair = made("keys", "create", *data)
    new = made("keys", "rotate", pair["key_id"], *data)
    for secret in (pair["secret_key"], new["secret_key"]):
        headers = {"x-LSQ-AccessKey": pair["access_key"], "x-LSQ-SecretKey": secret}
        assert api.call("GET", USERS, headers=headers, keys="none").status == 200
    assert "old secret until retired" in leadwire("keys", "list", *data).stdout
    assert leadwire("keys", "retire", pair["key_id"], *data).exit_code == 0
    assert leadwire("keys", "retire", pair["key_id"], *data).exit_code == 1
    api.clock.advance(1_000)
    for secret, status in ((pair["secret_key"], 401), (new["secret_key"], 200)):
        headers = {"x-LSQ-AccessKey": pair["access_key"], "x-LSQ-SecretKey": secret}
        assert api.call("GET", USERS, headers=headers, keys="none").status == status
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


def test_when_a_secret_was_last_used_is_known_of_each(api: InProcess) -> None:
    """Also after the server stopped, and never earlier than it was."""
    data = ("--data", str(api.folder))
    pair = made("keys", "create", "--name", "form", *data)
    new = made("keys", "rotate", pair["key_id"], *data)
    used = []
    for secret in (new["secret_key"], pair["secret_key"]):
        headers = {"x-LSQ-AccessKey": pair["access_key"], "x-LSQ-SecretKey": secret}
        assert api.call("GET", USERS, headers=headers, keys="none").status == 200
        used.append(format_seconds(api.clock.now_ms()))
        api.clock.advance(HOUR_MS)
    api.close()
    found = [key for key in made("keys", "list", *data)["keys"] if key["name"] == "form"]
    assert [secret["used_on"] for secret in found[0]["secrets"]] == used


def test_one_person_in_two_accounts_has_one_password(data_folder: Path) -> None:
    """Which an administrator of one of them cannot change; the operator can."""
    data = ("--data", str(data_folder))
    email = "admin@acme.test"
    password = made("users", "password", email, *data)["password"]
    second = made("account", "create", "Second", "--email", email, *data)
    assert second["password"] == ""
    assert signed_in(data_folder, email, password)
    accounts = made("account", "list", *data)["accounts"]
    assert [account["number"] for account in accounts] == [1001, 1002]
    store = access_store(place(data_folder), clock=StandingClock(), ids=SystemIds())
    try:
        with pytest.raises(InputInvalid, match="several accounts"):
            store.change(
                COMMAND_LINE,
                lambda change: update_user(
                    change, second["account_id"], second["user_id"], UserDraft(password="x" * 12)
                ),
            )
    finally:
        store.close()
    assert signed_in(data_folder, email, password)
    refused = leadwire("users", "create", "new@acme.test", *data)
    assert (refused.exit_code, "--account" in refused.stderr) == (1, True)
    made("users", "create", "new@acme.test", "--account", "1002", *data)
