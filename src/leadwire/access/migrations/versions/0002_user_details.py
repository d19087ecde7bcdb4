"""What is known of a user beyond name, address and role."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column("users", sa.Column("details", sa.Text, nullable=False, server_default="{}"))
    op.add_column("users", sa.Column("modified_on", sa.BigInteger))
