"""The access store: accounts, users and key pairs in one small database.

The command line changes it while a server runs. So it uses a rollback journal, which allows several
writing processes. Methods are synchronous and thread-safe.
"""

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple, TypeVar

from sqlalchemy import Connection, RowMapping, bindparam, delete, func, insert, select, update

from leadwire.access.audit import (
    COMMAND_LINE,
    Action,
    AuditQuery,
    Doer,
    Entry,
    add_entry,
    drop_entries,
    entries,
)
from leadwire.access.keys import (
    Hasher,
    KeyInfo,
    KeyPair,
    Principal,
    generate_pair,
)
from leadwire.access.passwords import generate_password, hash_password
from leadwire.access.roles import ADMINISTRATOR
from leadwire.access.sales_groups import Permissions, join_groups
from leadwire.access.tables import SCHEMA, accounts, async_keys, keys, old_secrets, users
from leadwire.access.unit import AccessUnit
from leadwire.access.users import KeptUser, UserDraft, insert_user, update_user, users_of
from leadwire.clock import Clock, IdSource
from leadwire.database.database import Database, transaction
from leadwire.database.migrate import upgrade
from leadwire.dates import format_seconds
from leadwire.errors import KeysRefused, SetupError

_FIRST_ACCOUNT_NUMBER: Final = 1001
_CODE_DIGITS_MAX: Final = 18
WEB_KEY_ID: Final = "web"
"""The key id in the record of a web page's call, which has no keys."""
_HINT_DIGITS: Final = 4
_ASYNC_KEY_DIGITS: Final = 40

R = TypeVar("R")


class FirstAccount(NamedTuple):
    """What ``leadwire init`` prints once. It cannot be read back later."""

    access_key: str
    secret_key: str
    user_email: str
    password: str
    account_id: str
    user_id: str


class AccountInfo(NamedTuple):
    account_id: str
    number: int
    name: str
    created_on_ms: int


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
        by: Doer = COMMAND_LINE,
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
        account_id, user_id = self._ids.guid(), self._ids.guid()
        now_ms = self._clock.now_ms()
        with transaction(self.engine) as connection:
            number = connection.execute(select(func.max(accounts.c.number))).scalar()
            if number is not None:
                raise SetupError("This data folder has an account already; nothing was changed.")
            connection.execute(
                insert(accounts).values(
                    account_id=account_id,
                    number=_FIRST_ACCOUNT_NUMBER,
                    name=account_name,
                    created_on=now_ms,
                )
            )
            connection.execute(
                insert(users).values(
                    user_id=user_id,
                    account_id=account_id,
                    email=email.lower(),
                    first_name="Administrator",
                    last_name="",
                    role=ADMINISTRATOR,
                    may_see_bodies=1,
                    is_active=1,
                    password_hash=password_hash,
                    created_on=now_ms,
                )
            )
            pair = self._insert_pair(connection, account_id, user_id)
            first = FirstAccount(
                pair.access_key, pair.secret_key, email.lower(), password, account_id, user_id
            )
            self._audit_first(connection, first, account_name, pair.key_id, by)
            if show is not None:
                show(first)
        return first

    def _audit_first(
        self,
        connection: Connection,
        first: FirstAccount,
        account_name: str,
        key_id: str,
        by: Doer,
    ) -> None:
        made: tuple[tuple[Action, str, str], ...] = (
            ("account.created", first.account_id, account_name),
            ("user.created", first.user_id, f"{first.user_email}: administrator, sees bodies"),
            ("key.created", key_id, f"acts as {first.user_email}"),
        )
        for action, thing, note in made:
            add_entry(
                connection,
                by,
                action,
                account_id=first.account_id,
                at_ms=self._clock.now_ms(),
                thing=thing,
                note=note,
            )

    def authenticate(self, access_key: str, secret_key: str) -> Principal:
        """The owner of the pair. Raises KeysRefused with the operator's reason."""
        if not access_key or not secret_key:
            has_one = bool(access_key or secret_key)
            raise KeysRefused("one key of the pair is missing" if has_one else "no keys")
        digest = self.hasher.digest(access_key)
        with self.engine.connect() as connection:
            row = connection.execute(_BY_ACCESS_KEY, {"digest": digest}).mappings().first()
        if row is None:
            fingerprint = self.hasher.fingerprint(access_key)
            raise KeysRefused("unknown access key", key_id=f"unknown:{fingerprint}")
        if not self._is_secret(secret_key, row):
            raise KeysRefused("wrong secret key", key_id=row["key_id"])
        if row["revoked_on"] is not None:
            raise KeysRefused("revoked key", key_id=row["key_id"])
        if not row["is_active"]:
            raise KeysRefused("inactive user", key_id=row["key_id"])
        return Principal(
            account_id=row["account_id"],
            user_id=row["user_id"],
            user_name=_user_info(row).name,
            user_email=row["email"],
            key_id=row["key_id"],
        )

    def _is_secret(self, secret_key: str, row: RowMapping) -> bool:
        """Whether *secret_key* is the pair's current secret, or the previous one if still valid."""
        if self.hasher.matches(secret_key, row["secret_key_hash"]):
            return True
        with self.engine.connect() as connection:
            old = connection.execute(
                select(old_secrets.c.secret_key_hash).where(
                    old_secrets.c.key_id == row["key_id"],
                    old_secrets.c.expires_on > self._clock.now_ms(),
                )
            ).scalars()
            return any(self.hasher.matches(secret_key, digest) for digest in old)

    def account(self, account_id: str) -> AccountInfo:
        with self.engine.connect() as connection:
            row = connection.execute(
                select(accounts).where(accounts.c.account_id == account_id)
            ).one()
        return AccountInfo(row.account_id, row.number, row.name, row.created_on)

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

    def create_user(
        self,
        account_id: str,
        draft: UserDraft,
        *,
        by: Doer,
        groups: Mapping[str, Permissions] | None = None,
        show: Callable[[], object] | None = None,
    ) -> str:
        """The id of a new user, who has no keys yet. Raises what ``insert_user`` raises.

        The user joins *groups*, by their ids. Raises Missing for one that does not exist.
        *show* is called before the commit, as in ``set_up``.
        """
        user_id = self._ids.guid()
        with transaction(self.engine) as connection:
            now_ms = self._clock.now_ms()
            insert_user(connection, account_id, draft, by=by, user_id=user_id, now_ms=now_ms)
            if groups:
                join_groups(self._unit(connection, account_id, user_id), groups)
            if show is not None:
                show()
        self.changes += 1
        return user_id

    def update_user(
        self,
        account_id: str,
        user_id: str,
        draft: UserDraft,
        *,
        by: Doer,
        show: Callable[[], object] | None = None,
    ) -> None:
        """Apply *draft*; None keeps a value. Raises what ``users.update_user`` raises.

        *show* is called before the commit, as in ``set_up``.
        """
        with transaction(self.engine) as connection:
            update_user(connection, account_id, user_id, draft, by=by, now_ms=self._clock.now_ms())
            if show is not None:
                show()
        self.changes += 1

    def account_ids(self) -> list[str]:
        """All accounts, oldest first. Raises SetupError if there is none."""
        with self.engine.connect() as connection:
            found = connection.execute(select(accounts.c.account_id).order_by(accounts.c.number))
            ids = list(found.scalars())
        if not ids:
            raise SetupError("This data folder has no account. Run 'leadwire init'.")
        return ids

    def create_key(
        self,
        user_email: str | None,
        *,
        by: Doer,
        show: Callable[[KeyPair], object] | None = None,
    ) -> KeyPair:
        """A new pair for the user with that address. None: for the first administrator.

        *show* gets the pair before the commit, as in ``set_up``. Raises SetupError if there is no
        such active user.
        """
        wanted = select(users).where(users.c.is_active == 1).order_by(users.c.created_on)
        if user_email is not None:
            wanted = wanted.where(users.c.email == user_email.lower())
        else:
            wanted = wanted.where(users.c.role == ADMINISTRATOR)
        with transaction(self.engine) as connection:
            user = connection.execute(wanted.limit(1)).first()
            if user is None:
                who = f"the address {user_email}" if user_email else "an administrator's role"
                raise SetupError(
                    f"There is no active user with {who} in this data folder. List users with "
                    "'leadwire users list'."
                )
            pair = self._insert_pair(connection, user.account_id, user.user_id)
            self._audit_key(connection, by, "key.created", pair.key_id, f"acts as {user.email}")
            if show is not None:
                show(pair)
        return pair

    def create_async_key(self, *, by: Doer, show: Callable[[str], object] | None = None) -> str:
        """A new async key for the first account. It replaces the previous one.

        *show* gets the key before the commit, as in ``set_up``. Raises SetupError without an
        account.
        """
        account_id = self.account_ids()[0]
        key = f"async_{self._ids.hex_digits(_ASYNC_KEY_DIGITS)}"
        with transaction(self.engine) as connection:
            connection.execute(delete(async_keys).where(async_keys.c.account_id == account_id))
            connection.execute(
                insert(async_keys).values(
                    account_id=account_id,
                    key_hash=self.hasher.digest(key),
                    created_on=self._clock.now_ms(),
                )
            )
            add_entry(
                connection,
                by,
                "async_key.created",
                account_id=account_id,
                at_ms=self._clock.now_ms(),
            )
            if show is not None:
                show(key)
        return key

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

    def list_keys(self) -> list[KeyInfo]:
        """Every pair ever made, oldest first."""
        live = (
            select(old_secrets.c.key_id, func.max(old_secrets.c.expires_on).label("until"))
            .where(old_secrets.c.expires_on > self._clock.now_ms())
            .group_by(old_secrets.c.key_id)
            .subquery()
        )
        wanted = (
            select(keys, users.c.email, live.c.until)
            .select_from(keys.join(users).outerjoin(live, live.c.key_id == keys.c.key_id))
            .order_by(keys.c.created_on, keys.c.key_id)
        )
        with self.engine.connect() as connection:
            return [
                KeyInfo(r.key_id, r.access_key_hint, r.email, r.created_on, r.revoked_on, r.until)
                for r in connection.execute(wanted)
            ]

    def rotate_key(
        self, key_id: str, *, by: Doer, old_works_ms: int, show: Callable[[str], object]
    ) -> None:
        """Give the pair a new secret. The old one works for *old_works_ms* more.

        At most two secrets are valid: an even older one stops now. *show* gets the new secret
        before the commit, as in ``set_up``. Raises SetupError if the pair is unknown or revoked.
        """
        secret = generate_pair(self._ids).secret_key
        now_ms = self._clock.now_ms()
        with transaction(self.engine) as connection:
            kept = connection.execute(
                select(keys.c.secret_key_hash).where(
                    keys.c.key_id == key_id, keys.c.revoked_on.is_(None)
                )
            ).scalar()
            if kept is None:
                raise SetupError(
                    f"There is no active key '{key_id}'. List keys with 'leadwire keys list'."
                )
            connection.execute(
                update(old_secrets)
                .where(old_secrets.c.key_id == key_id, old_secrets.c.expires_on > now_ms)
                .values(expires_on=now_ms)
            )
            connection.execute(
                insert(old_secrets).values(
                    secret_key_hash=kept, key_id=key_id, expires_on=now_ms + old_works_ms
                )
            )
            connection.execute(
                update(keys)
                .where(keys.c.key_id == key_id)
                .values(secret_key_hash=self.hasher.digest(secret))
            )
            until = f"the old secret works until {format_seconds(now_ms + old_works_ms)}"
            self._audit_key(connection, by, "key.rotated", key_id, until)
            show(secret)

    def revoke_key(self, key_id: str, *, by: Doer) -> None:
        """Revoke at once. A running server follows when its key cache expires.

        Raises SetupError if the pair is unknown or revoked already.
        """
        with transaction(self.engine) as connection:
            changed = connection.execute(
                update(keys)
                .where(keys.c.key_id == key_id, keys.c.revoked_on.is_(None))
                .values(revoked_on=self._clock.now_ms())
            )
            if changed.rowcount == 0:
                raise SetupError(
                    f"There is no active key '{key_id}'. List keys with 'leadwire keys list'."
                )
            self._audit_key(connection, by, "key.revoked", key_id)

    def audit(
        self, account_id: str, by: Doer, action: Action, *, thing: str = "", note: str = ""
    ) -> None:
        """Add an entry for something that is not stored in the access data."""
        with transaction(self.engine) as connection:
            add_entry(
                connection,
                by,
                action,
                account_id=account_id,
                at_ms=self._clock.now_ms(),
                thing=thing,
                note=note,
            )

    def audit_entries(self, account_id: str, query: AuditQuery, *, rows_max: int) -> list[Entry]:
        """The newest entries of the account that match, newest first."""
        with self.engine.connect() as connection:
            return entries(connection, account_id, query, rows_max=rows_max)

    def drop_audit_entries(self, *, before_ms: int) -> int:
        """Remove older entries of every account. Returns how many."""
        with transaction(self.engine) as connection:
            return drop_entries(connection, before_ms=before_ms)

    def _audit_key(
        self, connection: Connection, by: Doer, action: Action, key_id: str, note: str = ""
    ) -> None:
        account_id = connection.execute(
            select(keys.c.account_id).where(keys.c.key_id == key_id)
        ).scalar_one()
        add_entry(
            connection,
            by,
            action,
            account_id=account_id,
            at_ms=self._clock.now_ms(),
            thing=key_id,
            note=note,
        )

    def _insert_pair(self, connection: Connection, account_id: str, user_id: str) -> KeyPair:
        pair = generate_pair(self._ids)
        connection.execute(
            insert(keys).values(
                key_id=pair.key_id,
                account_id=account_id,
                user_id=user_id,
                access_key_hash=self.hasher.digest(pair.access_key),
                secret_key_hash=self.hasher.digest(pair.secret_key),
                access_key_hint=f"u$r…{pair.access_key[-_HINT_DIGITS:]}",
                created_on=self._clock.now_ms(),
            )
        )
        return pair


_BY_ACCESS_KEY: Final = (
    select(keys, users).join(users).where(keys.c.access_key_hash == bindparam("digest"))
)


def _user_info(row: RowMapping) -> UserInfo:
    return UserInfo(
        row["user_id"],
        row["email"],
        row["first_name"],
        row["last_name"],
        row["role"],
        bool(row["is_active"]),
    )
