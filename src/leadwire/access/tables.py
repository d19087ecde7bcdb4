"""The tables of accounts, users, groups, check-ins, key pairs, sessions and the audit trail."""

from pathlib import Path
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    MetaData,
    Table,
)

from leadwire.database.expressions import SEQUENCE, TEXT
from leadwire.database.migrate import Schema

METADATA: Final = MetaData()

SCHEMA: Final = Schema(
    METADATA,
    version="0001",
    readable_since="0001",
    version_table="access_version",
    revisions=Path(__file__).parent / "migrations",
)

accounts = Table(
    "accounts",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("number", BigInteger, nullable=False, unique=True),
    Column("name", TEXT, nullable=False),
    Column("created_on", BigInteger, nullable=False),
)

people = Table(
    "people",
    METADATA,
    Column("email", TEXT, primary_key=True),
    Column("password_hash", TEXT, nullable=False),
)
"""Who can sign in. One person may be a user of several accounts."""

users = Table(
    "users",
    METADATA,
    Column("user_id", TEXT, primary_key=True),
    Column("account_id", TEXT, ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("email", TEXT, ForeignKey("people.email"), nullable=False, index=True),
    Column("first_name", TEXT, nullable=False),
    Column("last_name", TEXT, nullable=False),
    Column("role", TEXT, nullable=False),
    Column("is_developer", BigInteger, nullable=False, server_default="0"),
    Column("may_see_bodies", BigInteger, nullable=False, server_default="0"),
    Column("is_active", BigInteger, nullable=False),
    Column("joined_on", BigInteger),
    Column("created_on", BigInteger, nullable=False),
    Column("details", TEXT, nullable=False, server_default="{}"),
    Column("modified_on", BigInteger),
)

sales_groups = Table(
    "sales_groups",
    METADATA,
    Column("group_id", TEXT, primary_key=True),
    Column("account_id", TEXT, ForeignKey("accounts.account_id"), nullable=False),
    Column("name", TEXT, nullable=False),
    Column("name_key", TEXT, nullable=False),
    Column("description", TEXT, nullable=False),
    Column("created_on", BigInteger, nullable=False),
)

group_users = Table(
    "group_users",
    METADATA,
    Column("group_id", TEXT, ForeignKey("sales_groups.group_id"), primary_key=True),
    Column("user_id", TEXT, ForeignKey("users.user_id"), primary_key=True, index=True),
    Column("added_on", BigInteger, nullable=False),
    Column("permissions", TEXT, nullable=False),
)

check_ins = Table(
    "check_ins",
    METADATA,
    Column("check_in_id", SEQUENCE, primary_key=True),
    Column("account_id", TEXT, ForeignKey("accounts.account_id"), nullable=False),
    Column("user_id", TEXT, ForeignKey("users.user_id"), nullable=False),
    Column("checked_on", BigInteger, nullable=False),
    Column("is_in", BigInteger, nullable=False),
    Column("details", TEXT, nullable=False),
)

keys = Table(
    "keys",
    METADATA,
    Column("key_id", TEXT, primary_key=True),
    Column("account_id", TEXT, ForeignKey("accounts.account_id"), nullable=False),
    Column("user_id", TEXT, ForeignKey("users.user_id"), nullable=False),
    Column("name", TEXT, nullable=False),
    Column("access_key_hash", TEXT, nullable=False, unique=True),
    Column("access_key_hint", TEXT, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("ends_on", BigInteger),
    Column("revoked_on", BigInteger),
)

secrets = Table(
    "secrets",
    METADATA,
    Column("secret_key_hash", TEXT, primary_key=True),
    Column("key_id", TEXT, ForeignKey("keys.key_id"), nullable=False, index=True),
    Column("created_on", BigInteger, nullable=False),
    Column("is_old", BigInteger, nullable=False),
    Column("ends_on", BigInteger),
    Column("used_on", BigInteger),
)
"""The secret keys of pairs. Those that stopped working stay, so that the log recognises them."""

sessions = Table(
    "sessions",
    METADATA,
    Column("token_hash", TEXT, primary_key=True),
    Column("user_id", TEXT, ForeignKey("users.user_id"), nullable=False),
    Column("expires_on", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("address", TEXT, nullable=False),
    Column("browser", TEXT, nullable=False),
)

invitations = Table(
    "invitations",
    METADATA,
    Column("token_hash", TEXT, primary_key=True),
    Column("user_id", TEXT, ForeignKey("users.user_id"), nullable=False),
    Column("expires_on", BigInteger, nullable=False),
)

async_keys = Table(
    "async_keys",
    METADATA,
    Column("account_id", TEXT, ForeignKey("accounts.account_id"), primary_key=True),
    Column("key_hash", TEXT, nullable=False, unique=True),
    Column("created_on", BigInteger, nullable=False),
)

chosen_settings = Table(
    "chosen_settings",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("name", TEXT, primary_key=True),
    Column("value", TEXT, nullable=False),
)
"""Settings that were chosen in the console, as JSON. *account_id* is empty for the server's."""

pinned_calls = Table(
    "pinned_calls",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("call_id", TEXT, primary_key=True),
    Column("pinned_on", BigInteger, nullable=False),
    Column("who", TEXT, nullable=False),
    Column("note", TEXT, nullable=False),
    Column("record", LargeBinary, nullable=False),
)
"""Copies of calls. *account_id* is empty for a call whose keys were refused."""

saved_views = Table(
    "saved_views",
    METADATA,
    Column("view_id", TEXT, primary_key=True),
    Column("account_id", TEXT, ForeignKey("accounts.account_id"), nullable=False),
    Column("path", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("query", TEXT, nullable=False),
    Column("who", TEXT, nullable=False),
    Column("saved_on", BigInteger, nullable=False),
)
"""Searches of the lists of calls, with a name that is unique in its list."""

caller_names = Table(
    "caller_names",
    METADATA,
    Column("account_id", TEXT, ForeignKey("accounts.account_id"), primary_key=True),
    Column("key_id", TEXT, primary_key=True),
    Column("name", TEXT, nullable=False),
)
"""Names that people gave to the callers of a proxy, by ``caller:`` and their fingerprint."""

audit = Table(
    "audit",
    METADATA,
    Column("entry_id", SEQUENCE, primary_key=True),
    Column("account_id", TEXT, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("user_id", TEXT, nullable=False),
    Column("who", TEXT, nullable=False),
    Column("address", TEXT, nullable=False),
    Column("action", TEXT, nullable=False),
    Column("thing", TEXT, nullable=False),
    Column("note", TEXT, nullable=False),
)
"""Entries outlive the users and accounts that they name, so nothing refers to those tables."""

Index(
    "saved_views_by_name",
    saved_views.c.account_id,
    saved_views.c.path,
    saved_views.c.name,
    unique=True,
)
Index("audit_by_account", audit.c.account_id, audit.c.entry_id)
Index("audit_by_age", audit.c.at)
Index("sales_groups_by_name", sales_groups.c.account_id, sales_groups.c.name_key, unique=True)
Index("check_ins_by_user", check_ins.c.account_id, check_ins.c.user_id, check_ins.c.checked_on)
Index("keys_by_account", keys.c.account_id)
Index("users_by_address", users.c.account_id, users.c.email, unique=True)
Index("sessions_by_user", sessions.c.user_id)
Index("sessions_by_expiry", sessions.c.expires_on)
