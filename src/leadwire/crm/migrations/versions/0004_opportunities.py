"""Opportunities, and the activities that belong to them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("activities", sa.Column("opportunity_id", sa.String(36)))
    op.create_index("activities_by_opportunity", "activities", ["account_id", "opportunity_id"])
    op.create_table(
        "opportunities",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("opportunity_id", sa.String(36), primary_key=True),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("event_code", sa.Integer, nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("happened_on", sa.BigInteger, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", sa.String(36), nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
    )
    op.create_index(
        "opportunities_by_lead", "opportunities", ["account_id", "lead_id", "happened_on"]
    )
    op.create_index("opportunities_by_modified", "opportunities", ["account_id", "modified_on"])
