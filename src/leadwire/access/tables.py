"""The tables of accounts, users, key pairs and console sessions."""

from pathlib import Path
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
)

from leadwire.database.migrate import Schema

METADATA: Final = MetaData()

SCHEMA: Final = Schema(
    METADATA,
    version="0001",
    version_table="access_version",
    revisions=Path(__file__).parent / "migrations",
)

accounts = Table(
    "accounts",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("name", String(200), nullable=False),
    Column("created_on", BigInteger, nullable=False),
)

users = Table(
    "users",
    METADATA,
    Column("user_id", String(36), primary_key=True),
    Column("account_id", String(36), ForeignKey("accounts.account_id"), nullable=False, index=True),
    Column("email", String(200), nullable=False, unique=True),
    Column("first_name", String(200), nullable=False),
    Column("last_name", String(200), nullable=False),
    Column("role", String(40), nullable=False),
    Column("is_active", Integer, nullable=False),
    Column("password_hash", String(200), nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("details", Text, nullable=False, server_default="{}"),
    Column("modified_on", BigInteger),
)

keys = Table(
    "keys",
    METADATA,
    Column("key_id", String(40), primary_key=True),
    Column("account_id", String(36), ForeignKey("accounts.account_id"), nullable=False),
    Column("user_id", String(36), ForeignKey("users.user_id"), nullable=False),
    Column("access_key_hash", String(64), nullable=False, unique=True),
    Column("secret_key_hash", String(64), nullable=False),
    Column("access_key_hint", String(20), nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("revoked_on", BigInteger),
)

old_secrets = Table(
    "old_secrets",
    METADATA,
    Column("secret_key_hash", String(64), primary_key=True),
    Column("key_id", String(40), ForeignKey("keys.key_id"), nullable=False, index=True),
    Column("expires_on", BigInteger, nullable=False),
)
"""Secrets replaced by a rotation. They stay, so that the log can recognise them."""

sessions = Table(
    "sessions",
    METADATA,
    Column("token_hash", String(64), primary_key=True),
    Column("user_id", String(36), ForeignKey("users.user_id"), nullable=False),
    Column("expires_on", BigInteger, nullable=False),
)

async_keys = Table(
    "async_keys",
    METADATA,
    Column("account_id", String(36), ForeignKey("accounts.account_id"), primary_key=True),
    Column("key_hash", String(64), nullable=False, unique=True),
    Column("created_on", BigInteger, nullable=False),
)

Index("keys_by_account", keys.c.account_id)
Index("sessions_by_expiry", sessions.c.expires_on)
