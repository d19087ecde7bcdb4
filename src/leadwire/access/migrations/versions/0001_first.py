"""Accounts, users, their groups and check-ins, key pairs, sessions and the audit trail."""

import sqlalchemy as sa
from alembic import op

from leadwire.database.expressions import SEQUENCE, TEXT

revision = "0001"
down_revision = None


def upgrade() -> None:
    _accounts_and_users()
    _sales_groups()
    _check_ins()
    _keys()
    _sessions()
    _settings()
    _pins()
    _views()
    _caller_names()
    _audit()


def _accounts_and_users() -> None:
    op.create_table(
        "accounts",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False, unique=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "people",
        sa.Column("email", TEXT, primary_key=True),
        sa.Column("password_hash", TEXT, nullable=False),
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
        sa.Column("email", TEXT, sa.ForeignKey("people.email"), nullable=False, index=True),
        sa.Column("first_name", TEXT, nullable=False),
        sa.Column("last_name", TEXT, nullable=False),
        sa.Column("role", TEXT, nullable=False),
        sa.Column("is_developer", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("may_see_bodies", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("is_active", sa.BigInteger, nullable=False),
        sa.Column("joined_on", sa.BigInteger),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("details", TEXT, nullable=False, server_default="{}"),
        sa.Column("modified_on", sa.BigInteger),
    )
    op.create_index("users_by_address", "users", ["account_id", "email"], unique=True)


def _sales_groups() -> None:
    op.create_table(
        "sales_groups",
        sa.Column("group_id", TEXT, primary_key=True),
        sa.Column("account_id", TEXT, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
    )
    op.create_index("sales_groups_by_name", "sales_groups", ["account_id", "name_key"], unique=True)
    op.create_table(
        "group_users",
        sa.Column("group_id", TEXT, sa.ForeignKey("sales_groups.group_id"), primary_key=True),
        sa.Column("user_id", TEXT, sa.ForeignKey("users.user_id"), primary_key=True, index=True),
        sa.Column("added_on", sa.BigInteger, nullable=False),
        sa.Column("permissions", TEXT, nullable=False),
    )


def _check_ins() -> None:
    op.create_table(
        "check_ins",
        sa.Column("check_in_id", SEQUENCE, primary_key=True),
        sa.Column("account_id", TEXT, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("user_id", TEXT, sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("checked_on", sa.BigInteger, nullable=False),
        sa.Column("is_in", sa.BigInteger, nullable=False),
        sa.Column("details", TEXT, nullable=False),
    )
    op.create_index("check_ins_by_user", "check_ins", ["account_id", "user_id", "checked_on"])


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("key_id", TEXT, primary_key=True),
        sa.Column("account_id", TEXT, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("user_id", TEXT, sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("access_key_hash", TEXT, nullable=False, unique=True),
        sa.Column("access_key_hint", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("ends_on", sa.BigInteger),
        sa.Column("revoked_on", sa.BigInteger),
    )
    op.create_index("keys_by_account", "keys", ["account_id"])
    op.create_table(
        "secrets",
        sa.Column("secret_key_hash", TEXT, primary_key=True),
        sa.Column("key_id", TEXT, sa.ForeignKey("keys.key_id"), nullable=False, index=True),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("is_old", sa.BigInteger, nullable=False),
        sa.Column("ends_on", sa.BigInteger),
        sa.Column("used_on", sa.BigInteger),
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
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("browser", TEXT, nullable=False),
    )
    op.create_index("sessions_by_user", "sessions", ["user_id"])
    op.create_index("sessions_by_expiry", "sessions", ["expires_on"])
    op.create_table(
        "invitations",
        sa.Column("token_hash", TEXT, primary_key=True),
        sa.Column("user_id", TEXT, sa.ForeignKey("users.user_id"), nullable=False),
        sa.Column("expires_on", sa.BigInteger, nullable=False),
    )


def _settings() -> None:
    op.create_table(
        "chosen_settings",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("value", TEXT, nullable=False),
    )


def _pins() -> None:
    op.create_table(
        "pinned_calls",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("call_id", TEXT, primary_key=True),
        sa.Column("pinned_on", sa.BigInteger, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("record", sa.LargeBinary, nullable=False),
    )


def _views() -> None:
    op.create_table(
        "saved_views",
        sa.Column("view_id", TEXT, primary_key=True),
        sa.Column("account_id", TEXT, sa.ForeignKey("accounts.account_id"), nullable=False),
        sa.Column("path", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("query", TEXT, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("saved_on", sa.BigInteger, nullable=False),
    )
    op.create_index(
        "saved_views_by_name", "saved_views", ["account_id", "path", "name"], unique=True
    )


def _caller_names() -> None:
    op.create_table(
        "caller_names",
        sa.Column("account_id", TEXT, sa.ForeignKey("accounts.account_id"), primary_key=True),
        sa.Column("key_id", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
    )


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("entry_id", SEQUENCE, primary_key=True),
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("who", TEXT, nullable=False),
        sa.Column("address", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("thing", TEXT, nullable=False),
        sa.Column("note", TEXT, nullable=False),
    )
    op.create_index("audit_by_account", "audit", ["account_id", "entry_id"])
    op.create_index("audit_by_age", "audit", ["at"])
