"""Accounts, users, key pairs and sessions."""

import sqlalchemy as sa
from alembic import op

from leadwire.database.expressions import TEXT

revision = "0001"
down_revision = None


def upgrade() -> None:
    _accounts_and_users()
    _keys()
    _sessions()


def _accounts_and_users() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "users",
        sa.Column("user_id", TEXT, primary_key=True),
        sa.Column(
            "account_id",
            TEXT,
            sa.ForeignKey("accounts.account_id"),
            nullable=False,
            index=True,
        ),
        sa.Column("email", TEXT, nullable=False, unique=True),
        sa.Column("first_name", TEXT, nullable=False),
        sa.Column("last_name", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("is_active", sa.BigInteger, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("details", TEXT, nullable=False, server_default="{}"),
        sa.Column("modified_on", sa.BigInteger),
    )


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("key_id", TEXT, primary_key=True),
        sa.Column("account_id", TEXT, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("user_id", TEXT, sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("access_key_hash", TEXT, nullable=False, unique=True),
        sa.Column("secret_key_hash", TEXT, nullable=False),
        sa.Column("access_key_hint", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("revoked_on", sa.BigInteger),
    )
    op.create_index("keys_by_account", "keys", ["account_id"])
    op.create_table(
        "old_secrets",
        sa.Column("secret_key_hash", TEXT, primary_key=True),
        sa.Column("key_id", TEXT, sa.ForeignKey("keys.key_id"), nullable=False, index=True),
        sa.Column("expires_on", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "async_keys",
        sa.Column("account_id", TEXT, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("key_hash", TEXT, nullable=False, unique=True),
        sa.Column("created_on", sa.BigInteger, nullable=False),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", TEXT, primary_key=True),
        sa.Column("user_id", TEXT, sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("expires_on", sa.BigInteger, nullable=False),
    )
    op.create_index("sessions_by_expiry", "sessions", ["expires_on"])
