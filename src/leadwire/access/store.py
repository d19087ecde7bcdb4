"""The access store: accounts, users and key pairs in one small database.

The command line changes it while a server runs. So it uses a rollback journal, which allows several
writing processes. Methods are synchronous and thread-safe.
"""

from collections.abc import Callable, Iterable
from hmac import compare_digest
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import Connection, RowMapping, select

from leadwire.access.accounts import AccountInfo, FirstAccount, accounts_of, create_account
from leadwire.access.audit import (
    COMMAND_LINE,
    Action,
    AuditQuery,
    Doer,
    Entry,
    drop_entries,
    entries,
    people,
)
from leadwire.access.callers import caller_names_of
from leadwire.access.change import Change
from leadwire.access.key_pairs import SecretUse, find_pair, pairs_of, store_uses
from leadwire.access.keys import Hasher, KeyInfo, Principal
from leadwire.access.passwords import generate_password, hash_password
from leadwire.access.roles import ADMINISTRATOR
from leadwire.access.tables import SCHEMA, accounts, async_keys, users
from leadwire.access.unit import AccessUnit
from leadwire.access.users import KeptUser, users_of
from leadwire.clock import Clock, IdSource
from leadwire.database.database import Database, transaction
from leadwire.database.migrate import upgrade
from leadwire.errors import KeysRefused, SetupError

_CODE_DIGITS_MAX: Final = 18
WEB_KEY_ID: Final = "web"
"""The key id in the record of a web page's call, which has no keys."""

R = TypeVar("R")


class UserInfo(NamedTuple):
    user_id: str
    email: str
    first_name: str
    last_name: str
    role: str
    is_active: bool

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class AccessStore:
    """Opens and migrates the access data. *key*: the key of the hashes.

    Raises SetupError if a newer leadwire made the tables, and what ``DATABASE_ERRORS`` names.
    """

    def __init__(self, database: Database, key: bytes, *, clock: Clock, ids: IdSource) -> None:
        self._clock = clock
        self._ids = ids
        self.changes = 0
        """Counts user changes by this process, for caches."""
        self.place: Final = database.place
        """The name of its database in messages."""
        self.engine = database.shared()
        upgrade(self.engine, SCHEMA)
        self.hasher = Hasher(key)

    def close(self) -> None:
        self.engine.dispose()

    def is_set_up(self) -> bool:
        with self.engine.connect() as connection:
            return connection.execute(select(accounts.c.account_id).limit(1)).first() is not None

    def set_up(
        self,
        *,
        account_name: str,
        email: str,
        show: Callable[[FirstAccount], object] | None = None,
        quickly: bool = False,
    ) -> FirstAccount:
        """Make the first account, its administrator and a key pair, in one transaction.

        *show* gets the secrets before the commit. If it raises or the process dies, nothing is
        stored. So no account exists whose secrets were not shown. Raises SetupError, and changes
        nothing, if there is an account. *quickly* is for test data (``hash_password``).
        """
        password = generate_password(self._ids)
        # Slow by design, so before the database is locked.
        password_hash = hash_password(password, quickly=quickly)

        def make(change: Change) -> FirstAccount:
            if accounts_of(change.connection):
                raise SetupError("This data folder has an account already; nothing was changed.")
            first = create_account(
                change,
                name=account_name,
                email=email,
                password=password,
                password_hash=password_hash,
            )
            if show is not None:
                show(first)
            return first

        return self.change(COMMAND_LINE, make)

    def change(self, by: Doer, work: Callable[[Change], R]) -> R:
        """Run *work* in one transaction. If it raises, nothing is stored.

        Whatever shows a new secret does so in *work*: then none is stored that was not shown.
        """
        with transaction(self.engine) as connection:
            done = work(Change(connection, by, self._clock.now_ms(), self._ids, self.hasher))
        self.changes += 1
        return done

    def authenticate(self, access_key: str, secret_key: str) -> Principal:
        """The owner of the pair. Raises KeysRefused with the operator's reason."""
        if not access_key or not secret_key:
            has_one = bool(access_key or secret_key)
            raise KeysRefused("one key of the pair is missing" if has_one else "no keys")
        now_ms = self._clock.now_ms()
        with self.engine.connect() as connection:
            found = find_pair(connection, self.hasher.digest(access_key), now_ms=now_ms)
        if not found:
            fingerprint = self.hasher.fingerprint(access_key)
            raise KeysRefused("unknown access key", key_id=f"unknown:{fingerprint}")
        sent = self.hasher.digest(secret_key)
        matching = [row for row in found if compare_digest(sent, row.secret_key_hash)]
        if not matching:
            raise KeysRefused("wrong secret key", key_id=found[0].key_id)
        row = matching[0]
        if row.revoked_on is not None:
            raise KeysRefused("revoked key", key_id=row.key_id)
        if row.ends_on is not None and row.ends_on <= now_ms:
            raise KeysRefused("ended key", key_id=row.key_id)
        if not row.is_active:
            raise KeysRefused("inactive user", key_id=row.key_id)
        return Principal(
            account_id=row.account_id,
            user_id=row.user_id,
            user_name=f"{row.first_name} {row.last_name}".strip(),
            user_email=row.email,
            key_id=row.key_id,
            secret_digest=row.secret_key_hash,
        )

    def accounts(self) -> list[AccountInfo]:
        """All accounts, oldest first. The users of the first one run the server."""
        with self.engine.connect() as connection:
            return accounts_of(connection)

    def account(self, account_id: str) -> AccountInfo:
        return next(found for found in self.accounts() if found.account_id == account_id)

    def users(self, account_id: str) -> list[UserInfo]:
        with self.engine.connect() as connection:
            rows = connection.execute(
                select(users)
                .where(users.c.account_id == account_id)
                .order_by(users.c.created_on, users.c.user_id)
            )
            return [_user_info(row) for row in rows.mappings()]

    def user_details(self, account_id: str) -> list[KeptUser]:
        """All details of the account's users, oldest first."""
        with self.engine.connect() as connection:
            return users_of(connection, account_id)

    def read(self, account_id: str, user_id: str, work: Callable[[AccessUnit], R]) -> R:
        """Run *work*, which only reads, for that user."""
        with self.engine.connect() as connection:
            return work(self._unit(connection, account_id, user_id))

    def write(self, account_id: str, user_id: str, work: Callable[[AccessUnit], R]) -> R:
        """Run *work* in one transaction. It must not change users or keys.

        If it raises, nothing is stored.
        """
        with transaction(self.engine) as connection:
            return work(self._unit(connection, account_id, user_id))

    def _unit(self, connection: Connection, account_id: str, user_id: str) -> AccessUnit:
        return AccessUnit(connection, account_id, user_id, self._clock.now_ms(), self._ids)

    def account_ids(self) -> list[str]:
        """All accounts, oldest first. Raises SetupError if there is none."""
        ids = [account.account_id for account in self.accounts()]
        if not ids:
            raise SetupError("This data folder has no account. Run 'leadwire init'.")
        return ids

    def account_of_async_key(self, key: str) -> str:
        """The account's id. Raises KeysRefused with the operator's reason."""
        if not key:
            raise KeysRefused("no async key")
        with self.engine.connect() as connection:
            account_id = connection.execute(
                select(async_keys.c.account_id).where(
                    async_keys.c.key_hash == self.hasher.digest(key)
                )
            ).scalar()
        if account_id is None:
            fingerprint = self.hasher.fingerprint(key)
            raise KeysRefused("unknown async key", key_id=f"unknown:{fingerprint}")
        return str(account_id)

    def account_of_code(self, code: str) -> Principal:
        """The account with that code, and its first active administrator.

        Raises KeysRefused with the operator's reason.
        """
        with self.engine.connect() as connection:
            account_id = None
            if code.isascii() and code.isdecimal() and len(code) <= _CODE_DIGITS_MAX:
                account_id = connection.execute(
                    select(accounts.c.account_id).where(accounts.c.number == int(code))
                ).scalar()
        if account_id is None:
            raise KeysRefused("unknown account code", key_id=WEB_KEY_ID)
        for user in self.users(account_id):
            if user.is_active and user.role == ADMINISTRATOR:
                return Principal(account_id, user.user_id, user.name, user.email, WEB_KEY_ID)
        raise KeysRefused("no active administrator", key_id=WEB_KEY_ID)

    def caller_names(self, account_id: str) -> dict[str, str]:
        """The names of a proxy's callers, by key id."""
        with self.engine.connect() as connection:
            return caller_names_of(connection, account_id)

    def key_pairs(self, account_id: str) -> list[KeyInfo]:
        """Every pair of the account ever made, oldest first."""
        with self.engine.connect() as connection:
            return pairs_of(connection, account_id, now_ms=self._clock.now_ms())

    def store_uses(self, uses: Iterable[SecretUse]) -> None:
        """Store when secret keys were last used."""
        with transaction(self.engine) as connection:
            store_uses(connection, uses)

    def audit(
        self, account_id: str, by: Doer, action: Action, *, thing: str = "", note: str = ""
    ) -> None:
        """Add an entry for something that is not stored in the access data."""
        with transaction(self.engine) as connection:
            change = Change(connection, by, self._clock.now_ms(), self._ids, self.hasher)
            change.audit(account_id, action, thing=thing, note=note)

    def audit_people(self, account_id: str) -> list[str]:
        """Everybody who has an entry in the account, in alphabetical order."""
        with self.engine.connect() as connection:
            return people(connection, account_id)

    def audit_entries(self, account_id: str, query: AuditQuery, *, rows_max: int) -> list[Entry]:
        """The newest entries of the account that match, newest first."""
        with self.engine.connect() as connection:
            return entries(connection, account_id, query, rows_max=rows_max)

    def drop_audit_entries(self, *, before_ms: int) -> int:
        """Remove older entries of every account. Returns how many."""
        with transaction(self.engine) as connection:
            return drop_entries(connection, before_ms=before_ms)


def _user_info(row: RowMapping) -> UserInfo:
    return UserInfo(
        row["user_id"],
        row["email"],
        row["first_name"],
        row["last_name"],
        row["role"],
        bool(row["is_active"]),
    )
