"""Webhooks, what is to be delivered to them, and calls that are carried out later."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    _make_webhooks()
    _make_deliveries()
    _make_async_calls()


def _make_webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("webhook_id", sa.String(36), primary_key=True),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("only", sa.String(200), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("content_type", sa.String(40), nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("secret", sa.String(80), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", sa.String(36), nullable=False),
    )


def _make_deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("webhook_id", sa.String(36), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("scheduled_on", sa.BigInteger, nullable=False),
        sa.Column("due_on", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("ended_on", sa.BigInteger),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text),
    )
    op.create_index("webhook_deliveries_by_id", "webhook_deliveries", ["delivery_id"], unique=True)
    op.create_index(
        "webhook_deliveries_of_webhook",
        "webhook_deliveries",
        ["webhook_id", "state", "scheduled_on"],
    )
    op.create_index("webhook_deliveries_history", "webhook_deliveries", ["webhook_id"])
    op.create_index("webhook_deliveries_by_state", "webhook_deliveries", ["state", "created_on"])
    op.create_table(
        "webhook_events",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("webhook_events_of_delivery", "webhook_events", ["delivery_id"])
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("started_on", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("status_code", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answer_cut", sa.Integer, nullable=False),
    )


def _make_async_calls() -> None:
    op.create_table(
        "async_calls",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("request_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("entity", sa.String(20), nullable=False),
        sa.Column("operation", sa.String(100), nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_on", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("ended_on", sa.BigInteger),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("reason", sa.Text),
        sa.Column("steps", sa.Text, nullable=False),
    )
    op.create_index("async_calls_by_request", "async_calls", ["request_id"], unique=True)
    op.create_index("async_calls_by_state", "async_calls", ["state", "due_on"])
    op.create_index("async_calls_of_account", "async_calls", ["account_id", "entity"])
