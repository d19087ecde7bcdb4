"""Leads and everything that belongs to them."""

import sqlalchemy as sa
from alembic import op

from leadwire.database.expressions import SEQUENCE, TEXT, nulls_first

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
    _alerts()
    _async_calls()


def _leads() -> None:
    op.create_table(
        "leads",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("lead_id", TEXT, primary_key=True),
        sa.Column("auto_id", sa.BigInteger, nullable=False),
        sa.Column("email_key", TEXT),
        sa.Column("phone", TEXT),
        sa.Column("phone_digits", TEXT),
        sa.Column("phone_tail", TEXT),
        sa.Column("mobile_digits", TEXT),
        sa.Column("mobile_tail", TEXT),
        sa.Column("score", sa.BigInteger, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", TEXT, nullable=False),
        sa.Column("last_modified_on", sa.BigInteger, nullable=False),
        sa.Column("first_activity_id", TEXT),
        sa.Column("first_activity_on", sa.BigInteger),
        sa.Column("last_activity_id", TEXT),
        sa.Column("last_activity_name", TEXT),
        sa.Column("last_activity_on", sa.BigInteger),
        sa.Column("fields", TEXT, nullable=False),
    )
    op.create_index("leads_by_auto_id", "leads", ["account_id", "auto_id"], unique=True)
    op.create_index("leads_by_created", "leads", ["account_id", "created_on", "auto_id"])
    op.create_index(
        "leads_by_email", "leads", ["account_id", nulls_first(sa.column("email_key")), "auto_id"]
    )
    op.create_index(
        "leads_by_last_modified", "leads", ["account_id", "last_modified_on", "auto_id"]
    )
    op.create_index("leads_by_mobile_tail", "leads", ["account_id", "mobile_tail"])
    op.create_index(
        "leads_by_phone", "leads", ["account_id", nulls_first(sa.column("phone")), "auto_id"]
    )
    op.create_index("leads_by_phone_tail", "leads", ["account_id", "phone_tail"])


def _counters_and_fields() -> None:
    op.create_table(
        "counters",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("last_auto_id", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("last_activity_number", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("last_task_number", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("words_to", sa.BigInteger, nullable=False, server_default="0"),
    )
    op.create_table(
        "lead_words",
        sa.Column("words_id", SEQUENCE, primary_key=True),
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("first_auto_id", sa.BigInteger, nullable=False),
        sa.Column("last_auto_id", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "lead_field_uses",
        sa.Column("schema_name", TEXT, primary_key=True),
        sa.Column("last_used_on", sa.BigInteger, nullable=False),
        sa.Column("index_bytes", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "lead_fields",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("schema_name", TEXT, primary_key=True),
        sa.Column("position", sa.BigInteger, nullable=False),
        sa.Column("definition", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "merged_leads",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("audit_id", TEXT, primary_key=True),
        sa.Column("lead_id", TEXT, nullable=False),
        sa.Column("child", TEXT, nullable=False),
    )
    op.create_index("merged_leads_by_lead", "merged_leads", ["account_id", "lead_id"])


def _visitors() -> None:
    op.create_table(
        "visitors",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("visitor_id", TEXT, primary_key=True),
        sa.Column("seen_on", sa.BigInteger, nullable=False),
    )
    op.create_index("visitors_by_age", "visitors", ["account_id", "seen_on"])


def _lists_and_notes() -> None:
    op.create_table(
        "lists",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("list_id", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
    )
    op.create_index("lists_by_name", "lists", ["account_id", "name_key"], unique=True)
    op.create_table(
        "list_members",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("list_id", TEXT, primary_key=True),
        sa.Column("lead_id", TEXT, primary_key=True),
        sa.Column("added_on", sa.BigInteger, nullable=False),
    )
    op.create_index("list_members_by_lead", "list_members", ["account_id", "lead_id"])
    op.create_table(
        "notes",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("note_id", TEXT, primary_key=True),
        sa.Column("lead_id", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("attachment", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_by_name", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", TEXT, nullable=False),
    )
    op.create_index("notes_by_lead", "notes", ["account_id", "lead_id", "created_on"])


def _activities() -> None:
    op.create_table(
        "activity_types",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("event_code", sa.BigInteger, primary_key=True),
        sa.Column("type_id", TEXT, nullable=False),
        sa.Column("definition", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", TEXT, nullable=False),
    )
    op.create_table(
        "activities",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("activity_id", TEXT, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("lead_id", TEXT, nullable=False),
        sa.Column("event_code", sa.BigInteger, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("score", sa.BigInteger, nullable=False),
        sa.Column("happened_on", sa.BigInteger, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("created_by_name", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("fields", TEXT, nullable=False),
        sa.Column("data", TEXT, nullable=False),
        sa.Column("modified_by", TEXT),
        sa.Column("is_locked", sa.BigInteger, nullable=False, server_default="0"),
        sa.Column("attachments", TEXT, nullable=False, server_default="[]"),
        sa.Column("opportunity_id", TEXT),
    )
    op.create_index("activities_by_lead", "activities", ["account_id", "lead_id", "happened_on"])
    op.create_index("activities_by_modified", "activities", ["account_id", "modified_on"])
    op.create_index("activities_by_opportunity", "activities", ["account_id", "opportunity_id"])
    op.create_table(
        "activity_changes",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("change_id", TEXT, primary_key=True),
        sa.Column("activity_id", TEXT, nullable=False),
        sa.Column("lead_id", TEXT, nullable=False),
        sa.Column("event_code", sa.BigInteger, nullable=False),
        sa.Column("score", sa.BigInteger, nullable=False),
        sa.Column("happened_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("action", TEXT, nullable=False),
        sa.Column("changed_on", sa.BigInteger, nullable=False),
        sa.Column("changed_by", TEXT, nullable=False),
        sa.Column("changes", TEXT, nullable=False),
    )
    op.create_index("activity_changes_by_time", "activity_changes", ["account_id", "changed_on"])


def _tasks_and_opportunities() -> None:
    op.create_table(
        "tasks",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("task_id", TEXT, primary_key=True),
        sa.Column("auto_id", sa.BigInteger, nullable=False),
        sa.Column("type_id", TEXT, nullable=False),
        sa.Column("related_entity", sa.BigInteger, nullable=False),
        sa.Column("related_id", TEXT),
        sa.Column("owner_id", TEXT, nullable=False),
        sa.Column("due_on", sa.BigInteger, nullable=False),
        sa.Column("end_on", sa.BigInteger, nullable=False),
        sa.Column("is_complete", sa.BigInteger, nullable=False),
        sa.Column("completed_on", sa.BigInteger),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", TEXT, nullable=False),
        sa.Column("details", TEXT, nullable=False),
        sa.Column("remind_on", sa.BigInteger),
    )
    op.create_index("tasks_by_reminder", "tasks", ["remind_on"])
    op.create_index("tasks_by_auto_id", "tasks", ["account_id", "auto_id"], unique=True)
    op.create_index("tasks_by_owner", "tasks", ["account_id", "owner_id", "due_on"])
    op.create_index("tasks_by_related", "tasks", ["account_id", "related_id"])
    op.create_table(
        "opportunities",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("opportunity_id", TEXT, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("lead_id", TEXT, nullable=False),
        sa.Column("event_code", sa.BigInteger, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("happened_on", sa.BigInteger, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", TEXT, nullable=False),
        sa.Column("fields", TEXT, nullable=False),
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
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("product_id", TEXT, primary_key=True),
        sa.Column("sku", TEXT, nullable=False),
        sa.Column("sku_key", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", TEXT, nullable=False),
    )
    op.create_index("products_by_sku", "products", ["account_id", "sku_key"], unique=True)
    op.create_table(
        "companies",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("company_id", TEXT, primary_key=True),
        sa.Column("number", sa.BigInteger, nullable=False),
        sa.Column("type_code", sa.BigInteger, nullable=False),
        sa.Column("type_name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("identifier_key", TEXT),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", TEXT, nullable=False),
        sa.Column("fields", TEXT, nullable=False),
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
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("activity_id", TEXT, primary_key=True),
        sa.Column("company_id", TEXT, nullable=False),
        sa.Column("event_code", sa.BigInteger, nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("happened_on", sa.BigInteger, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", TEXT, nullable=False),
        sa.Column("fields", TEXT, nullable=False),
    )
    op.create_index(
        "company_activities_by_company",
        "company_activities",
        ["account_id", "company_id", "happened_on"],
    )


def _mails() -> None:
    op.create_table(
        "mails",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("mail_id", TEXT, primary_key=True),
        sa.Column("sending_id", TEXT, nullable=False),
        sa.Column("call_id", TEXT, nullable=False),
        sa.Column("lead_id", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("sender_name", TEXT, nullable=False),
        sa.Column("sender_email", TEXT, nullable=False),
        sa.Column("recipients", TEXT, nullable=False),
        sa.Column("copies", TEXT, nullable=False),
        sa.Column("subject", TEXT, nullable=False),
        sa.Column("html", TEXT, nullable=False),
        sa.Column("text", TEXT, nullable=False),
        sa.Column("details", TEXT, nullable=False),
        sa.Column("due_on", sa.BigInteger, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("next_attempt_on", sa.BigInteger),
        sa.Column("finished_on", sa.BigInteger),
        sa.Column("problem", TEXT, nullable=False),
    )
    op.create_index("mails_by_call", "mails", ["call_id"])
    op.create_index("mails_by_created", "mails", ["account_id", "created_on"])
    op.create_index("mails_by_lead", "mails", ["account_id", "lead_id", "created_on"])
    op.create_index("mails_by_next_attempt", "mails", ["next_attempt_on"])


def _webhooks() -> None:
    op.create_table(
        "webhooks",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("webhook_id", TEXT, primary_key=True),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("only", TEXT, nullable=False),
        sa.Column("url", TEXT, nullable=False),
        sa.Column("content_type", TEXT, nullable=False),
        sa.Column("headers", TEXT, nullable=False),
        sa.Column("secret", TEXT, nullable=False),
        sa.Column("details", TEXT, nullable=False),
        sa.Column("status", sa.BigInteger, nullable=False),
        sa.Column("failures", sa.BigInteger, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("modified_on", sa.BigInteger, nullable=False),
        sa.Column("modified_by", TEXT, nullable=False),
    )


def _deliveries() -> None:
    op.create_table(
        "webhook_deliveries",
        sa.Column("sequence", SEQUENCE, primary_key=True),
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("event", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("scheduled_on", sa.BigInteger, nullable=False),
        sa.Column("due_on", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.BigInteger, nullable=False),
        sa.Column("attempts", sa.BigInteger, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("ended_on", sa.BigInteger),
        sa.Column("events", sa.BigInteger, nullable=False),
        sa.Column("payload", TEXT),
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
        sa.Column("sequence", SEQUENCE, primary_key=True),
        sa.Column("delivery_id", TEXT, nullable=False),
        sa.Column("call_id", TEXT, nullable=False),
        sa.Column("body", TEXT, nullable=False),
    )
    op.create_index("webhook_events_by_call", "webhook_events", ["call_id"])
    op.create_index("webhook_events_of_delivery", "webhook_events", ["delivery_id"])
    op.create_table(
        "webhook_attempts",
        sa.Column("delivery_id", TEXT, primary_key=True),
        sa.Column("number", sa.BigInteger, primary_key=True),
        sa.Column("started_on", sa.BigInteger, nullable=False),
        sa.Column("duration_ms", sa.BigInteger, nullable=False),
        sa.Column("status_code", sa.BigInteger, nullable=False),
        sa.Column("problem", TEXT, nullable=False),
        sa.Column("answer", TEXT, nullable=False),
        sa.Column("answer_cut", sa.BigInteger, nullable=False),
    )


def _alerts() -> None:
    op.create_table(
        "alerts",
        sa.Column("account_id", TEXT, primary_key=True),
        sa.Column("alert_id", TEXT, primary_key=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("search", TEXT, nullable=False),
        sa.Column("calls_max", sa.BigInteger, nullable=False),
        sa.Column("minutes", sa.BigInteger, nullable=False),
        sa.Column("pause_minutes", sa.BigInteger, nullable=False),
        sa.Column("webhook_id", TEXT, nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("site", TEXT, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("check_on", sa.BigInteger, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("told_on", sa.BigInteger),
        sa.Column("calls", sa.BigInteger),
        sa.Column("counted_on", sa.BigInteger),
        sa.Column("problem", TEXT, nullable=False),
    )
    op.create_index("alerts_by_check", "alerts", ["check_on"])


def _async_calls() -> None:
    op.create_table(
        "async_calls",
        sa.Column("sequence", SEQUENCE, primary_key=True),
        sa.Column("request_id", TEXT, nullable=False),
        sa.Column("account_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.Column("key_id", TEXT, nullable=False),
        sa.Column("call_id", TEXT, nullable=False),
        sa.Column("carried_call_id", TEXT, nullable=False),
        sa.Column("entity", TEXT, nullable=False),
        sa.Column("operation", TEXT, nullable=False),
        sa.Column("query", TEXT, nullable=False),
        sa.Column("content_type", TEXT, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("client", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("due_on", sa.BigInteger, nullable=False),
        sa.Column("tries", sa.BigInteger, nullable=False),
        sa.Column("created_on", sa.BigInteger, nullable=False),
        sa.Column("ended_on", sa.BigInteger),
        sa.Column("answer", sa.LargeBinary),
        sa.Column("reason", TEXT),
    )
    op.create_index("async_calls_by_call", "async_calls", ["call_id"])
    op.create_index("async_calls_by_carried_call", "async_calls", ["carried_call_id"])
    op.create_index("async_calls_by_request", "async_calls", ["request_id"], unique=True)
    op.create_index("async_calls_by_state", "async_calls", ["state", "due_on"])
    op.create_index(
        "async_calls_of_account", "async_calls", ["account_id", "operation", "ended_on"]
    )
