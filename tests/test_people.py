"""Whoever is added to an account joins by a link, and nobody opens an account of others by one."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from engines import place
from sqlalchemy import Connection, Table, select
from support import StandingClock

from leadwire.access.accounts import FirstAccount, create_account, erase_account
from leadwire.access.audit import COMMAND_LINE, AuditQuery
from leadwire.access.change import Change
from leadwire.access.passwords import hash_password
from leadwire.access.sessions import Caller, Sessions
from leadwire.access.tables import METADATA, people
from leadwire.access.tables import keys as key_pairs
from leadwire.access.users import UserDraft, find_user, insert_user, invite_user, update_user
from leadwire.access.viewer import Viewer
from leadwire.clock import SystemIds
from leadwire.data_folder.making import access_store
from leadwire.database.database import transaction
from leadwire.errors import InputInvalid, ValueDuplicate

ADMIN = "admin@acme.test"
RAVI = "ravi@acme.test"
HOURS = 24
HOUR_MS = 3_600_000
CALLER = Caller("192.0.2.7", "a browser")
FIRST_WORD = "a long first password"
OTHER_WORD = "a long other password"
_OF_NO_MARK = {"accounts", "people", "users"}

R = TypeVar("R")


class Place:
    """An access store with two accounts, and its sessions."""

    def __init__(self, folder: Path) -> None:
        self.clock, ids = StandingClock(), SystemIds()
        self.store = access_store(place(folder), clock=self.clock, ids=ids)
        self.sessions = Sessions(self.store, clock=self.clock, ids=ids, session_hours=1_000)
        self.acme = self.store.account_ids()[0]
        self.other = self.change(
            lambda c: create_account(
                c,
                name="Other",
                email="boss@other.test",
                password=FIRST_WORD,
                password_hash=hash_password(FIRST_WORD),
            )
        )

    def change(self, work: Callable[[Change], R]) -> R:
        return self.store.change(COMMAND_LINE, work)

    def add(self, account_id: str, email: str = RAVI) -> tuple[str, str]:
        """The id of a new user, and the token of their link."""

        def make(change: Change) -> tuple[str, str]:
            user_id = insert_user(change, account_id, UserDraft(email=email, role="Sales_User"))
            return user_id, invite_user(change, account_id, user_id, hours=HOURS)

        return self.change(make)

    def signed_in(self, email: str, password: str) -> Viewer | None:
        token = self.sessions.sign_in(email, password, CALLER)
        return self.sessions.viewer(token) if token else None


@pytest.fixture
def two(data_folder: Path) -> Iterator[Place]:
    opened = Place(data_folder)
    yield opened
    opened.store.close()


def test_a_new_person_joins_once_with_a_password_of_their_own(two: Place) -> None:
    """The link works once; it is in no table, and neither is the password."""
    user_id, link = two.add(two.acme)
    assert two.signed_in(RAVI, "") is None
    with pytest.raises(InputInvalid, match="8 to 128"):
        two.sessions.join(link, "short", CALLER)
    token = two.sessions.join(link, FIRST_WORD, CALLER)
    assert token
    viewer = two.sessions.viewer(token)
    assert viewer
    assert (viewer.user_id, viewer.role, viewer.may_see_bodies) == (user_id, "viewer", False)
    assert two.sessions.join(link, OTHER_WORD, CALLER) is None
    assert two.signed_in(RAVI, FIRST_WORD)
    kept = repr(two.store.audit_entries(two.acme, AuditQuery(), rows_max=100))
    assert "user.joined" in kept
    assert all(secret not in kept for secret in (link, token, FIRST_WORD))


def test_a_link_ends_with_its_time_with_a_newer_one_and_with_the_user(two: Place) -> None:
    """Each is then like an unknown one."""
    user_id, old = two.add(two.acme)
    new = two.change(lambda c: invite_user(c, two.acme, user_id, hours=HOURS))
    assert two.sessions.invitation(old) is None
    assert two.sessions.invitation(new)
    two.change(lambda c: update_user(c, two.acme, user_id, UserDraft(is_active=False)))
    assert two.sessions.invitation(new) is None
    two.change(lambda c: update_user(c, two.acme, user_id, UserDraft(is_active=True)))
    two.clock.advance(HOURS * HOUR_MS)
    assert two.sessions.invitation(new) is None
    assert two.sessions.join(new, FIRST_WORD, CALLER) is None


def test_a_person_joins_a_second_account_only_with_their_password(two: Place) -> None:
    """Then they can switch; before that nothing of the other account is theirs."""
    _, first = two.add(two.acme)
    two.sessions.join(first, FIRST_WORD, CALLER)
    _, second = two.add(two.other.account_id)
    viewer = two.signed_in(RAVI, FIRST_WORD)
    assert viewer
    assert viewer.other_accounts == ()
    invitation = two.sessions.invitation(second)
    assert invitation
    assert invitation.has_password
    assert two.sessions.join(second, OTHER_WORD, CALLER) is None
    token = two.sessions.join(second, FIRST_WORD, CALLER)
    assert token
    there = two.sessions.viewer(token)
    assert there
    assert there.account_id == two.other.account_id
    assert [other.account_id for other in there.other_accounts] == [two.acme]
    assert two.sessions.switch(token, there, two.acme)
    here = two.sessions.viewer(token)
    assert here
    assert here.account_id == two.acme
    assert not two.sessions.switch(token, here, "unknown")


def test_whoever_took_an_address_first_gets_into_no_other_account(two: Place) -> None:
    """An administrator of one account knows the password of an address that is not theirs."""
    _, taken = two.add(two.other.account_id, "victim@acme.test")
    squatter = two.sessions.join(taken, FIRST_WORD, CALLER)
    assert squatter
    two.add(two.acme, "victim@acme.test")
    viewer = two.sessions.viewer(squatter)
    assert viewer
    assert viewer.other_accounts == ()
    assert not two.sessions.switch(squatter, viewer, two.acme)
    found = two.signed_in("victim@acme.test", FIRST_WORD)
    assert found
    assert found.account_id == two.other.account_id


def test_an_account_cannot_change_a_password_that_opens_another(two: Place) -> None:
    """Neither directly, nor by a link, nor by taking the address over."""
    _, first = two.add(two.acme)
    two.sessions.join(first, FIRST_WORD, CALLER)
    other_id, second = two.add(two.other.account_id)
    two.sessions.join(second, FIRST_WORD, CALLER)
    other = two.other.account_id
    for forbidden in (
        lambda c: update_user(c, other, other_id, UserDraft(password=OTHER_WORD)),
        lambda c: invite_user(c, other, other_id, hours=HOURS),
    ):
        with pytest.raises(InputInvalid, match="several accounts"):
            two.change(forbidden)
    draft = UserDraft(email=ADMIN, role="Sales_User", password=OTHER_WORD)
    with pytest.raises(ValueDuplicate):
        two.change(lambda c: insert_user(c, other, draft))
    own_id, own = two.add(other, "own@other.test")
    two.sessions.join(own, OTHER_WORD, CALLER)
    two.change(lambda c: update_user(c, other, own_id, UserDraft(email=ADMIN)))
    assert two.signed_in(ADMIN, OTHER_WORD) is None
    assert two.signed_in(RAVI, FIRST_WORD)


def test_a_new_address_keeps_the_password_of_a_person_with_one_account(two: Place) -> None:
    """And leaves nobody behind."""
    user_id, link = two.add(two.acme)
    two.sessions.join(link, FIRST_WORD, CALLER)
    two.change(lambda c: update_user(c, two.acme, user_id, UserDraft(email="New@acme.test")))
    assert two.signed_in("new@acme.test", FIRST_WORD)
    assert two.signed_in(RAVI, FIRST_WORD) is None
    with two.store.engine.connect() as connection:
        assert RAVI not in connection.execute(select(people.c.email)).scalars().all()
        assert find_user(connection, two.acme, user_id).joined_on_ms is not None


def test_own_password_needs_the_current_one_and_ends_the_other_sessions(two: Place) -> None:
    """The session at hand stays."""
    _, link = two.add(two.acme)
    current = two.sessions.join(link, FIRST_WORD, CALLER)
    other = two.sessions.sign_in(RAVI, FIRST_WORD, CALLER)
    assert current
    assert other
    viewer = two.sessions.viewer(current)
    assert viewer
    assert not two.sessions.change_password(current, viewer, "wrong", OTHER_WORD)
    with pytest.raises(InputInvalid):
        two.sessions.change_password(current, viewer, FIRST_WORD, "short")
    assert two.sessions.viewer(other)
    assert two.sessions.change_password(current, viewer, FIRST_WORD, OTHER_WORD)
    assert two.sessions.viewer(other) is None
    assert two.sessions.viewer(current)
    assert two.signed_in(RAVI, FIRST_WORD) is None
    assert two.signed_in(RAVI, OTHER_WORD)


def test_sessions_are_listed_and_ended_by_their_person_alone(two: Place) -> None:
    """Another person's session is like an unknown one."""
    _, link = two.add(two.acme)
    token = two.sessions.join(link, FIRST_WORD, CALLER)
    assert token
    second = two.sessions.sign_in(RAVI, FIRST_WORD, Caller("192.0.2.8", "bro\nwser"))
    boss_token = two.sessions.sign_in("boss@other.test", FIRST_WORD, CALLER)
    viewer, boss = two.sessions.viewer(token), two.sessions.viewer(boss_token or "")
    assert viewer
    assert boss
    listed = two.sessions.sessions_of(token, viewer)
    assert {session.caller.address for session in listed} == {"192.0.2.7", "192.0.2.8"}
    assert [session.is_current for session in listed].count(True) == 1
    assert token not in repr(listed)
    (other,) = [session for session in listed if not session.is_current]
    assert not two.sessions.revoke(boss, other.session_id)
    assert not two.sessions.revoke(viewer, "unknown")
    assert two.sessions.viewer(second or "")
    assert two.sessions.revoke(viewer, other.session_id)
    assert two.sessions.viewer(second or "") is None
    two.sessions.sign_in(RAVI, FIRST_WORD, CALLER)
    assert two.sessions.revoke_others(token, viewer) == 1
    assert two.sessions.viewer(token)
    assert two.sessions.viewer(boss_token or "")


def test_a_second_account_shares_nothing_with_the_first(two: Place, keys: FirstAccount) -> None:
    """Each has keys and users of its own."""
    here = two.store.authenticate(keys.access_key, keys.secret_key)
    there = two.store.authenticate(two.other.access_key, two.other.secret_key)
    assert (here.account_id, there.account_id) == (two.acme, two.other.account_id)
    assert {user.email for user in two.store.users(two.other.account_id)} == {"boss@other.test"}


def test_an_erased_account_leaves_no_row_in_any_table(two: Place) -> None:
    """Every row of the other account stays, and whoever is a user of both."""
    shared, _ = two.add(two.acme, "boss@other.test")
    for account_id, user_id in ((two.acme, shared), (two.other.account_id, two.other.user_id)):
        with transaction(two.store.engine) as connection:
            for table in METADATA.sorted_tables:
                fill(connection, table, account_id, user_id)
    with transaction(two.store.engine) as connection:
        erase_account(connection, two.acme)
        left = {table.name: rows(connection, table) for table in METADATA.sorted_tables}
    assert two.acme not in repr(left)
    assert ADMIN not in repr(left)
    assert "boss@other.test" in repr(left["people"])
    for name in left.keys() - _OF_NO_MARK:
        assert f"mark of {two.other.account_id}" in repr(left[name]), name


def fill(connection: Connection, table: Table, account_id: str, user_id: str) -> None:
    """Add a row of that user to *table*, unless the table is about more than one account."""
    if table.name in _OF_NO_MARK:
        return
    mark = f"mark of {account_id}"
    owned = select(key_pairs.c.key_id).where(key_pairs.c.account_id == account_id)
    known: dict[str, Any] = {
        "account_id": account_id,
        "user_id": user_id,
        "key_id": connection.execute(owned).scalars().first(),
        "group_id": f"group {mark}",
    }
    if table.name == key_pairs.name:
        known["key_id"] = f"key {mark}"
    values = {
        column.name: known.get(
            column.name, {str: mark, int: 7, bytes: mark.encode()}[column.type.python_type]
        )
        for column in table.c
        if column.name not in {"entry_id", "check_in_id"}  # numbered by the database
    }
    connection.execute(table.insert().values(**values))


def rows(connection: Connection, table: Table) -> list[tuple[Any, ...]]:
    found = connection.execute(select(table).order_by(*table.primary_key))
    return [tuple(row) for row in found]
