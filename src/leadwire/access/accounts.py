"""Accounts: make one with its first administrator and key pair, list them, erase one."""

from typing import Final, NamedTuple

from sqlalchemy import Connection, delete, exists, func, insert, select

from leadwire.access.change import Change
from leadwire.access.key_pairs import PairDraft, create_pair
from leadwire.access.people import add_person, has_password, set_password
from leadwire.access.roles import ADMINISTRATOR
from leadwire.access.tables import METADATA, accounts, people, users
from leadwire.access.users import UserDraft, insert_user

_FIRST_ACCOUNT_NUMBER: Final = 1001
_FIRST_KEY_NAME: Final = "first key"


class FirstAccount(NamedTuple):
    """The secrets of a new account. They are shown once and cannot be read back later."""

    access_key: str
    secret_key: str
    user_email: str
    password: str
    """Empty if the administrator has a password from another account."""
    account_id: str
    user_id: str


class AccountInfo(NamedTuple):
    account_id: str
    number: int
    name: str
    created_on_ms: int


def create_account(
    change: Change, *, name: str, email: str, password: str, password_hash: str
) -> FirstAccount:
    """Make an account with an administrator and a key pair.

    *password* is for an administrator who has none yet. Its hash takes long to make, so the caller
    makes it before the database is locked.
    """
    connection, email = change.connection, email.lower()
    account_id = change.ids.guid()
    last = connection.execute(select(func.max(accounts.c.number))).scalar()
    connection.execute(
        insert(accounts).values(
            account_id=account_id,
            number=_FIRST_ACCOUNT_NUMBER if last is None else last + 1,
            name=name,
            created_on=change.now_ms,
        )
    )
    change.audit(account_id, "account.created", thing=account_id, note=name)
    keeps_password = has_password(connection, email)
    if not keeps_password:
        add_person(connection, email)
        set_password(connection, email, password_hash)
    administrator = UserDraft(email=email, first_name="Administrator", role=ADMINISTRATOR)
    user_id = insert_user(change, account_id, administrator, has_joined=True)
    pair = create_pair(change, account_id, PairDraft(user_id=user_id, name=_FIRST_KEY_NAME))
    return FirstAccount(
        pair.access_key,
        pair.secret_key,
        email,
        "" if keeps_password else password,
        account_id,
        user_id,
    )


def accounts_of(connection: Connection) -> list[AccountInfo]:
    """All accounts, oldest first."""
    rows = connection.execute(select(accounts).order_by(accounts.c.number))
    return [AccountInfo(row.account_id, row.number, row.name, row.created_on) for row in rows]


def erase_account(connection: Connection, account_id: str) -> None:
    """Remove the account with every row that belongs to it, its audit trail too.

    A person goes with the last account that has them as a user.
    """
    own_users = select(users.c.email).where(users.c.account_id == account_id)
    emails = connection.execute(own_users.distinct()).scalars().all()
    # A row that refers to another goes before it.
    for table in reversed(METADATA.sorted_tables):
        if "account_id" in table.c:
            connection.execute(delete(table).where(table.c.account_id == account_id))
            continue
        for key in table.foreign_keys:
            parent = key.column.table
            owned = select(key.column).where(parent.c.account_id == account_id)
            connection.execute(delete(table).where(key.parent.in_(owned)))
    is_user = exists().where(users.c.email == people.c.email)
    connection.execute(delete(people).where(people.c.email.in_(emails), ~is_user))
