"""Which leads the index of quick search knows."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column(
        "counters", sa.Column("words_to", sa.BigInteger, nullable=False, server_default="0")
    )
    op.create_table(
        "lead_words",
        sa.Column("words_id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("first_auto_id", sa.BigInteger, nullable=False),
        sa.Column("last_auto_id", sa.BigInteger, nullable=False),
    )
