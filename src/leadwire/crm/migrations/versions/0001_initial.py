"""Leads, their counters and activities."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "leads",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("lead_id", sa.String(36), primary_key=True),
        sa.Column("auto_id", sa.BigInteger, nullable=False),
        sa.Column("email_key", sa.String(200)),
        sa.Column("phone", sa.String(50)),
        sa.Column("phone_digits", sa.String(50)),
        sa.Column("phone_tail", sa.String(10)),
        sa.Column("mobile_digits", sa.String(50)),
        sa.Column("mobile_tail", sa.String(10)),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", sa.String(36), nullable=False),
        sa.Column("last_modified_on", sa.BigInteger, nullable=False),
        sa.Column("first_activity_id", sa.String(36)),
        sa.Column("first_activity_on", sa.BigInteger),
        sa.Column("last_activity_id", sa.String(36)),
        sa.Column("last_activity_name", sa.String(200)),
        sa.Column("last_activity_on", sa.BigInteger),
        sa.Column("fields", sa.Text, nullable=False),
    )
    for name, column, unique in (
        ("leads_by_auto_id", "auto_id", True),
        ("leads_by_email", "email_key", True),
        ("leads_by_phone", "phone", True),
        ("leads_by_phone_tail", "phone_tail", False),
        ("leads_by_mobile_tail", "mobile_tail", False),
        ("leads_by_created", "created_on", False),
        ("leads_by_last_modified", "last_modified_on", False),
    ):
        op.create_index(name, "leads", ["account_id", column], unique=unique)
    op.create_table(
        "counters",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("last_auto_id", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "activities",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("activity_id", sa.String(36), primary_key=True),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("event_code", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("happened_on", sa.BigInteger, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("created_by_name", sa.String(200), nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
        sa.Column("data", sa.Text, nullable=False),
    )
    op.create_index("activities_by_lead", "activities", ["account_id", "lead_id", "happened_on"])
