"""Accounts, users, key pairs and sessions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _accounts_and_users()
    _keys()
    _sessions()


def _accounts_and_users() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("number", sa.Integer, nullable=False, unique=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "users",
        sa.Column("user_id", sa.String(36), primary_key=True),
        sa.Column(
            "account_id",
            sa.String(36),
            sa.ForeignKey("accounts.account_id"),
            nullable=False,
            index=True,
        ),
        sa.Column("email", sa.String(200), nullable=False, unique=True),
        sa.Column("first_name", sa.String(200), nullable=False),
        sa.Column("last_name", sa.String(200), nullable=False),
        sa.Column("role", sa.String(40), nullable=False),
        sa.Column("is_active", sa.Integer, nullable=False),
        sa.Column("password_hash", sa.String(200), nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("details", sa.Text, nullable=False, server_default="{}"),
        sa.Column("modified_on", sa.BigInteger),
    )


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("key_id", sa.String(40), primary_key=True),
        sa.Column(
            "account_id", sa.String(36), sa.ForeignKey("accounts.account_id"), nullable=False
        ),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("access_key_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("secret_key_hash", sa.String(64), nullable=False),
        sa.Column("access_key_hint", sa.String(20), nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("revoked_on", sa.BigInteger),
    )
    op.create_index("keys_by_account", "keys", ["account_id"])
    op.create_table(
        "old_secrets",
        sa.Column("secret_key_hash", sa.String(64), primary_key=True),
        sa.Column(
            "key_id", sa.String(40), sa.ForeignKey("keys.key_id"), nullable=False, index=True
        ),
        sa.Column("expires_on", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "async_keys",
        sa.Column(
            "account_id", sa.String(36), sa.ForeignKey("accounts.account_id"), primary_key=True
        ),
        sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_on", sa.BigInteger, nullable=False),
    )


def _sessions() -> None:
    op.create_table(
        "sessions",
        sa.Column("token_hash", sa.String(64), primary_key=True),
        sa.Column("user_id", sa.String(36), sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("expires_on", sa.BigInteger, nullable=False),
    )
    op.create_index("sessions_by_expiry", "sessions", ["expires_on"])
