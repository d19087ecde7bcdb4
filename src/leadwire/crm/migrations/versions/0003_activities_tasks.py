"""Activity types of accounts, change histories of activities, and tasks."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.add_column("activities", sa.Column("modified_by", sa.String(36)))
    op.add_column(
        "activities", sa.Column("is_locked", sa.Integer, nullable=False, server_default="0")
    )
    op.add_column(
        "activities", sa.Column("attachments", sa.Text, nullable=False, server_default="[]")
    )
    op.create_index("activities_by_modified", "activities", ["account_id", "modified_on"])
    op.create_table(
        "activity_types",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("event_code", sa.Integer, primary_key=True),
        sa.Column("type_id", sa.String(36), nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", sa.String(36), nullable=False),
    )
    op.create_table(
        "activity_changes",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("change_id", sa.String(36), primary_key=True),
        sa.Column("activity_id", sa.String(36), nullable=False),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("event_code", sa.Integer, nullable=False),
        sa.Column("score", sa.Integer, nullable=False),
        sa.Column("happened_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("action", sa.String(10), nullable=False),
        sa.Column("changed_on", sa.BigInteger, nullable=False),
        sa.Column("changed_by", sa.String(36), nullable=False),
        sa.Column("changes", sa.Text, nullable=False),
    )
    op.create_index("activity_changes_by_time", "activity_changes", ["account_id", "changed_on"])
    op.create_table(
        "tasks",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("task_id", sa.String(36), primary_key=True),
        sa.Column("auto_id", sa.BigInteger, nullable=False),
        sa.Column("type_id", sa.String(36), nullable=False),
        sa.Column("related_entity", sa.Integer, nullable=False),
        sa.Column("related_id", sa.String(36)),
        sa.Column("owner_id", sa.String(36), nullable=False),
        sa.Column("due_on", sa.BigInteger, nullable=False),
        sa.Column("end_on", sa.BigInteger, nullable=False),
        sa.Column("is_complete", sa.Integer, nullable=False),
        sa.Column("completed_on", sa.BigInteger),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", sa.String(36), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
    )
    op.create_index("tasks_by_auto_id", "tasks", ["account_id", "auto_id"], unique=True)
    op.create_index("tasks_by_owner", "tasks", ["account_id", "owner_id", "due_on"])
    op.create_index("tasks_by_related", "tasks", ["account_id", "related_id"])
