"""The audit trail says who did what, also on the command line, and keeps no secret."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from engines import place
from support import InProcess, StandingClock, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.access.audit import COMMAND_LINE, AuditQuery, Doer, Entry
from leadwire.access.store import AccessStore
from leadwire.clock import SystemIds
from leadwire.data_folder.making import access_store
from leadwire.database.database import DATABASE_ERRORS

RAVI = "ravi@acme.test"
ROWS_MAX = 100
LATE_MS = 10**14


@pytest.fixture
def access(data_folder: Path) -> Iterator[AccessStore]:
    store = access_store(place(data_folder), clock=StandingClock(), ids=SystemIds())
    yield store
    store.close()


def trail(store: AccessStore, **conditions: object) -> list[Entry]:
    query = AuditQuery(**conditions)  # type: ignore[arg-type]  # its fields
    return store.audit_entries(store.account_ids()[0], query, rows_max=ROWS_MAX)


def said(*words: str) -> dict[str, str]:
    result = leadwire(*words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_every_command_that_changes_access_is_in_the_trail(
    data_folder: Path, access: AccessStore
) -> None:
    """With the command line as who, the system's user as where, and no secret."""
    data = ("--data", str(data_folder))
    secrets = [
        said("users", "create", RAVI, "--role", "viewer", *data)["password"],
        said("users", "password", RAVI, *data)["password"],
    ]
    said("users", "role", RAVI, "developer", "--bodies", *data)
    said("users", "deactivate", RAVI, *data)
    said("users", "activate", RAVI, *data)
    pair = said("keys", "create", "--user", RAVI, *data)
    secrets += [pair["access_key"], pair["secret_key"]]
    secrets.append(said("keys", "rotate", pair["key_id"], *data)["secret_key"])
    said("keys", "revoke", pair["key_id"], *data)
    secrets.append(said("keys", "async", *data)["async_key"])
    found = trail(access)
    assert [entry.action for entry in reversed(found)] == [
        "account.created",
        "user.created",
        "key.created",
        "user.created",
        "user.password_changed",
        "user.changed",
        "user.deactivated",
        "user.activated",
        "key.created",
        "key.rotated",
        "key.revoked",
        "async_key.created",
    ]
    assert {entry.doer.who for entry in found} == {"command line"}
    assert all(entry.doer.address for entry in found[:-3])
    assert all(secret not in repr(found) for secret in secrets)
    (changed,) = trail(access, action="user.changed")
    assert "viewer, does not see bodies → developer, sees bodies" in changed.note


def test_a_refused_change_leaves_no_entry(data_folder: Path, access: AccessStore) -> None:
    """The entry and the change are one transaction."""
    before = trail(access)
    refused = leadwire("users", "deactivate", "admin@acme.test", "--data", str(data_folder))
    assert refused.exit_code == 1
    assert leadwire("keys", "revoke", "key_none", "--data", str(data_folder)).exit_code == 1
    assert trail(access) == before


def test_a_user_changed_by_a_call_is_in_the_trail_with_its_caller(
    api: InProcess, access: AccessStore
) -> None:
    """Their address is the client's."""
    user = {"FirstName": "Ravi", "EmailAddress": RAVI, "Role": "Sales_User", "Password": "x" * 12}
    api.call("POST", "/v2/UserManagement.svc/User/Create", json.dumps(user))
    (entry, *_) = trail(access, action="user.created")
    assert entry.doer.who == "admin@acme.test"
    assert entry.doer.address
    assert entry.note == f"{RAVI}: viewer, does not see bodies"
    assert "x" * 12 not in repr(trail(access))


@pytest.mark.parametrize(
    "text", ["a\0b", "a\ud800b", "x" * 10_000, "\u202etxt", "'; DROP TABLE audit"]
)
def test_any_text_can_be_kept(access: AccessStore, text: str) -> None:
    """Long ones are cut, and what no database keeps is replaced."""
    account_id = access.account_ids()[0]
    access.audit(account_id, Doer("", text, text), "body.seen", thing=text, note=text)
    entry = trail(access)[0]
    assert entry.action == "body.seen"
    assert 0 < len(entry.note) <= 500


def test_entries_are_found_by_person_action_and_time_and_only_in_their_account(
    keys: FirstAccount, access: AccessStore
) -> None:
    """Newest first, a page at a time."""
    for number in range(5):
        doer = COMMAND_LINE if number % 2 else Doer("u-1", RAVI, "192.0.2.7")
        access.audit(keys.account_id, doer, "body.seen", thing=str(number))
    assert [entry.thing for entry in trail(access, who=RAVI)] == ["4", "2", "0"]
    assert trail(access, who=RAVI, action="key.created") == []
    newest, *older = trail(access, action="body.seen")
    assert trail(access, action="body.seen", before_id=newest.entry_id) == older
    assert trail(access, from_ms=LATE_MS) == trail(access, to_ms=0) == []
    assert access.audit_entries("another", AuditQuery(), rows_max=ROWS_MAX) == []


def test_only_age_removes_an_entry(access: AccessStore) -> None:
    """From that instant on all stay."""
    kept = trail(access)
    assert access.drop_audit_entries(before_ms=min(entry.at_ms for entry in kept)) == 0
    assert trail(access) == kept
    assert access.drop_audit_entries(before_ms=max(e.at_ms for e in kept) + 1) == len(kept)
    assert trail(access) == []


def test_an_entry_that_cannot_be_stored_raises(access: AccessStore) -> None:
    """So that nothing is shown or done without it."""
    with access.engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE audit")
        connection.commit()
    with pytest.raises(DATABASE_ERRORS):
        access.audit("a", COMMAND_LINE, "body.seen")
