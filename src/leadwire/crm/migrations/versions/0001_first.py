"""Leads and everything that belongs to them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    _leads()
    _counters_and_fields()
    _visitors()
    _lists_and_notes()
    _activities()
    _tasks_and_opportunities()
    _sales()
    _mails()
    _webhooks()
    _deliveries()
    _async_calls()


def _leads() -> None:
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
    op.create_index("leads_by_auto_id", "leads", ["account_id", "auto_id"], unique=True)
    op.create_index("leads_by_created", "leads", ["account_id", "created_on"])
    op.create_index("leads_by_email", "leads", ["account_id", "email_key"])
    op.create_index("leads_by_last_modified", "leads", ["account_id", "last_modified_on"])
    op.create_index("leads_by_mobile_tail", "leads", ["account_id", "mobile_tail"])
    op.create_index("leads_by_phone", "leads", ["account_id", "phone"])
    op.create_index("leads_by_phone_tail", "leads", ["account_id", "phone_tail"])


def _counters_and_fields() -> None:
    op.create_table(
        "counters",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("last_auto_id", sa.BigInteger, nullable=False),
        sa.Column("last_activity_number", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("last_task_number", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("words_to", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "lead_words",
        sa.Column("words_id", sa.Integer, primary_key=True),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("first_auto_id", sa.BigInteger, nullable=False),
        sa.Column("last_auto_id", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "lead_fields",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("schema_name", sa.String(200), primary_key=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("definition", sa.Text, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "merged_leads",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("audit_id", sa.String(36), primary_key=True),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("child", sa.Text, nullable=False),
    )
    op.create_index("merged_leads_by_lead", "merged_leads", ["account_id", "lead_id"])


def _visitors() -> None:
    op.create_table(
        "visitors",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("visitor_id", sa.String(36), primary_key=True),
        sa.Column("seen_on", sa.BigInteger, nullable=False),
    )
    op.create_index("visitors_by_age", "visitors", ["account_id", "seen_on"])


def _lists_and_notes() -> None:
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


def _activities() -> None:
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
        "activities",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("activity_id", sa.String(36), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
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
        sa.Column("modified_by", sa.String(36)),
        sa.Column("is_locked", sa.Integer, nullable=False, server_default="0"),
        sa.Column("attachments", sa.Text, nullable=False, server_default="[]"),
        sa.Column("opportunity_id", sa.String(36)),
    )
    op.create_index("activities_by_lead", "activities", ["account_id", "lead_id", "happened_on"])
    op.create_index("activities_by_modified", "activities", ["account_id", "modified_on"])
    op.create_index("activities_by_opportunity", "activities", ["account_id", "opportunity_id"])
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


def _tasks_and_opportunities() -> None:
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
        sa.Column("remind_on", sa.BigInteger),
    )
    op.create_index("tasks_by_reminder", "tasks", ["remind_on"])
    op.create_index("tasks_by_auto_id", "tasks", ["account_id", "auto_id"], unique=True)
    op.create_index("tasks_by_owner", "tasks", ["account_id", "owner_id", "due_on"])
    op.create_index("tasks_by_related", "tasks", ["account_id", "related_id"])
    op.create_table(
        "opportunities",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("opportunity_id", sa.String(36), primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
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
    op.create_index(
        "opportunities_by_number", "opportunities", ["account_id", "number"], unique=True
    )
    op.create_index("opportunities_by_modified", "opportunities", ["account_id", "modified_on"])


def _sales() -> None:
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
    op.create_index(
        "companies_by_identifier", "companies", ["account_id", "identifier_key"], unique=True
    )
    op.create_index(
        "companies_by_name", "companies", ["account_id", "type_code", "name_key"], unique=True
    )
    op.create_index("companies_by_number", "companies", ["account_id", "number"], unique=True)
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


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("account_id", sa.String(36), primary_key=True),
        sa.Column("webhook_id", sa.String(36), primary_key=True),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("only", sa.String(200), nullable=False),
        sa.Column("url", sa.Text, nullable=False),
        sa.Column("content_type", sa.String(40), nullable=False),
        sa.Column("headers", sa.Text, nullable=False),
        sa.Column("secret", sa.String(80), nullable=False),
        sa.Column("details", sa.Text, nullable=False),
        sa.Column("status", sa.Integer, nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", sa.String(36), nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", sa.String(36), nullable=False),
    )


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("webhook_id", sa.String(36), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("scheduled_on", sa.BigInteger, nullable=False),
        sa.Column("due_on", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("ended_on", sa.BigInteger),
        sa.Column("events", sa.Integer, nullable=False),
        sa.Column("payload", sa.Text),
    )
    op.create_index("webhook_deliveries_by_id", "webhook_deliveries", ["delivery_id"], unique=True)
    op.create_index("webhook_deliveries_by_state", "webhook_deliveries", ["state", "created_on"])
    op.create_index("webhook_deliveries_history", "webhook_deliveries", ["webhook_id"])
    op.create_index(
        "webhook_deliveries_of_webhook",
        "webhook_deliveries",
        ["webhook_id", "state", "scheduled_on"],
    )
    op.create_table(
        "webhook_events",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("delivery_id", sa.String(36), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("webhook_events_of_delivery", "webhook_events", ["delivery_id"])
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", sa.String(36), primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True),
        sa.Column("started_on", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.Integer, nullable=False),
        sa.Column("status_code", sa.Integer, nullable=False),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("answer", sa.Text, nullable=False),
        sa.Column("answer_cut", sa.Integer, nullable=False),
    )


def _async_calls() -> None:
    op.create_table(
        "async_calls",
        sa.Column("sequence", sa.Integer, primary_key=True),
        sa.Column("request_id", sa.String(36), nullable=False),
        sa.Column("account_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("key_id", sa.String(40), nullable=False),
        sa.Column("entity", sa.String(20), nullable=False),
        sa.Column("operation", sa.String(100), nullable=False),
        sa.Column("query", sa.Text, nullable=False),
        sa.Column("content_type", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("client", sa.Text, nullable=False),
        sa.Column("state", sa.String(10), nullable=False),
        sa.Column("due_on", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("ended_on", sa.BigInteger),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("reason", sa.Text),
    )
    op.create_index("async_calls_by_request", "async_calls", ["request_id"], unique=True)
    op.create_index("async_calls_by_state", "async_calls", ["state", "due_on"])
    op.create_index("async_calls_of_account", "async_calls", ["account_id", "operation"])
