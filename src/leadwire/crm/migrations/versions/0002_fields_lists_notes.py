"""Lead fields of an account's own, static lists and notes."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "lead_fields",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("schema_name", sa.String(200), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "lists",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("list_id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
    )
    op.create_index("lists_by_name", "lists", ["account_id", "name_key"], unique=True)
    op.create_table(
        "list_members",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("list_id", sa.String(36), primary_key=True),
        sa.Column("lead_id", sa.String(36), primary_key=True),
        sa.Column("added_on", sa.BigInteger, nullable=False),
    )
    op.create_index("list_members_by_lead", "list_members", ["account_id", "lead_id"])
    op.create_table(
        "notes",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("note_id", sa.String(36), primary_key=True),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("attachment", sa.Text, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("created_by_name", sa.String(200), nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", sa.String(36), nullable=False),
    )
    op.create_index("notes_by_lead", "notes", ["account_id", "lead_id", "created_on"])
