"""Products, companies with their activities, and mails."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    _products()
    _companies()
    _company_activities()
    _mails()


def _products() -> None:
    op.create_table(
        "products",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("product_id", sa.String(36), primary_key=True),
        sa.Column("sku", sa.String(200), nullable=False),
        sa.Column("sku_key", sa.String(200), nullable=False),
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("description", sa.Text, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", sa.String(36), nullable=False),
    )
    op.create_index("products_by_sku", "products", ["account_id", "sku_key"], unique=True)


def _companies() -> None:
    op.create_table(
        "companies",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("company_id", sa.String(36), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("type_code", sa.Integer, nullable=False),
        sa.Column("type_name", sa.String(200), nullable=False),
        sa.Column("name_key", sa.String(200), nullable=False),
        sa.Column("identifier_key", sa.String(200)),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", sa.String(36), nullable=False),
        sa.Column("fields", sa.Text, nullable=False),
    )
    op.create_index("companies_by_number", "companies", ["account_id", "number"], unique=True)
    op.create_index(
        "companies_by_name", "companies", ["account_id", "type_code", "name_key"], unique=True
    )
    op.create_index(
        "companies_by_identifier", "companies", ["account_id", "identifier_key"], unique=True
    )


def _company_activities() -> None:
    op.create_table(
        "company_activities",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("activity_id", sa.String(36), primary_key=True),
        sa.Column("company_id", sa.String(36), nullable=False),
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
        "company_activities_by_company",
        "company_activities",
        ["account_id", "company_id", "happened_on"],
    )


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("mail_id", sa.String(36), primary_key=True),
        sa.Column("sending_id", sa.String(36), nullable=False),
        sa.Column("call_id", sa.String(36), nullable=False),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("sender_name", sa.String(200), nullable=False),
        sa.Column("sender_email", sa.String(200), nullable=False),
        sa.Column("recipients", sa.Text, nullable=False),
        sa.Column("copies", sa.Text, nullable=False),
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("html", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("due_on", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_attempt_on", sa.BigInteger),
        sa.Column("finished_on", sa.BigInteger),
        sa.Column("problem", sa.Text, nullable=False),
    )
    op.create_index("mails_by_created", "mails", ["account_id", "created_on"])
    op.create_index("mails_by_next_attempt", "mails", ["next_attempt_on"])
