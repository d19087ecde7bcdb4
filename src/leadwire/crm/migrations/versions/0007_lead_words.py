"""Which leads the index of quick search knows; numbers of leads that are noted by a trigger."""

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
    op.execute(
        "CREATE TRIGGER leads_number AFTER INSERT ON leads BEGIN "
        "INSERT INTO counters (account_id, last_auto_id) VALUES (new.account_id, new.auto_id) "
        "ON CONFLICT (account_id) DO UPDATE SET last_auto_id = excluded.last_auto_id; "
        "END"
    )
