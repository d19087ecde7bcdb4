"""Secret keys of this server are told from other texts, also while the database changes."""

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import support
from engines import place, sqlite_only
from support import LEADS, InProcess

from leadwire.access.accounts import FirstAccount
from leadwire.access.audit import COMMAND_LINE
from leadwire.access.key_pairs import PairDraft, create_pair, revoke_pair
from leadwire.access.keys import KeyPair
from leadwire.access.own_keys import OwnKeys
from leadwire.access.store import AccessStore
from leadwire.clock import SystemClock, SystemIds
from leadwire.data_folder.making import access_store
from leadwire.folder_identity import ACCESS_NAME


@pytest.fixture
def access(data_folder: Path) -> Iterator[AccessStore]:
    store = access_store(place(data_folder), clock=SystemClock(), ids=SystemIds())
    yield store
    store.close()


@pytest.fixture
def own_keys(data_folder: Path, access: AccessStore) -> Iterator[OwnKeys]:
    opened = OwnKeys(place(data_folder).access, access.hasher)
    yield opened
    opened.close()


def new_pair(access: AccessStore) -> KeyPair:
    account_id = access.account_ids()[0]
    draft = PairDraft(access.users(account_id)[0].user_id, "another")
    return access.change(COMMAND_LINE, lambda change: create_pair(change, account_id, draft))


def test_a_key_counts_from_its_making_on_and_after_it_is_revoked(
    keys: FirstAccount, access: AccessStore, own_keys: OwnKeys
) -> None:
    """Though another connection made it a moment ago, as the command line does beside a server."""
    assert own_keys.current()(keys.secret_key)
    assert not own_keys.current()("0" * 40)
    made = new_pair(access)
    assert own_keys.current()(made.secret_key)
    access.change(COMMAND_LINE, lambda c: revoke_pair(c, keys.account_id, made.key_id))
    assert own_keys.current()(made.secret_key)


@sqlite_only
def test_every_candidate_counts_while_the_database_is_locked(
    data_folder: Path, own_keys: OwnKeys
) -> None:
    """The log may lose a digest for a moment, and keeps no key."""
    other = sqlite3.connect(data_folder / ACCESS_NAME, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert own_keys.current()("0" * 40)
    other.execute("ROLLBACK")
    other.close()
    time.sleep(1.0)  # a database that is away is asked once a second
    assert not own_keys.current()("0" * 40)


def test_another_users_key_is_removed_from_a_call_that_is_in_order(
    api: InProcess, access: AccessStore
) -> None:
    """And another digest beside it stays."""
    other = new_pair(access)
    body = f'[{{"Attribute":"mx_No","Value":"{other.secret_key} {"0" * 40}"}}]'
    record = api.record(api.call("POST", f"{LEADS}Lead.Create", body))
    assert other.secret_key not in record.request_body + record.response_body
    assert "0" * 40 in record.request_body


@pytest.mark.parametrize(("given", "kept"), [("::1", "::1"), ("10.0.0.7", "10.0.0.7"), ("<b>", "")])
def test_the_address_of_a_client_is_an_address_or_empty(
    api: InProcess, monkeypatch: pytest.MonkeyPatch, given: str, kept: str
) -> None:
    """Whatever a server in front passed on."""
    scope_of = support.scope_of

    def scope(method: str, target: str, headers: list[tuple[str, str]]) -> dict[str, Any]:
        return scope_of(method, target, headers) | {"client": (given, 1)}

    monkeypatch.setattr(support, "scope_of", scope)
    answer = api.get(f"{LEADS}Leads.GetById", id="1")
    assert api.record(answer).client_address == kept
