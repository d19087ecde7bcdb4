"""The keys that asynchronous calls want beside the key pair."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "async_keys",
        sa.Column(
            "account_id", sa.String(36), sa.ForeignKey("accounts.account_id"), primary_key=True
        ),
        sa.Column("key_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("created_on", sa.BigInteger, nullable=False),
    )
