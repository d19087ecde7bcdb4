"""Secrets that a rotation replaced, and until when they work."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "old_secrets",
        sa.Column("secret_key_hash", sa.String(64), primary_key=True),
        sa.Column(
            "key_id", sa.String(40), sa.ForeignKey("keys.key_id"), nullable=False, index=True
        ),
        sa.Column("expires_on", sa.BigInteger, nullable=False),
    )
