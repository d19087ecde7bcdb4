"""The tables of leads and what belongs to them, of lists, tasks, sales, companies, mails, webhooks.

A lead's row has columns for its identity, look-ups and derived values. Written values are one JSON
document of texts by schema name.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    LargeBinary,
    MetaData,
    Table,
)

from leadwire.database.expressions import DERIVED, SEQUENCE, TEXT, nulls_first
from leadwire.database.migrate import Schema

METADATA: Final = MetaData()

SCHEMA: Final = Schema(
    METADATA,
    version="0001",
    readable_since="0001",
    version_table="crm_version",
    revisions=Path(__file__).parent / "migrations",
)

leads = Table(
    "leads",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("lead_id", TEXT, primary_key=True),
    Column("auto_id", BigInteger, nullable=False),
    Column("email_key", TEXT),
    Column("phone", TEXT),
    Column("phone_digits", TEXT),
    Column("phone_tail", TEXT),
    Column("mobile_digits", TEXT),
    Column("mobile_tail", TEXT),
    Column("score", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", TEXT, nullable=False),
    Column("last_modified_on", BigInteger, nullable=False),
    Column("first_activity_id", TEXT),
    Column("first_activity_on", BigInteger),
    Column("last_activity_id", TEXT),
    Column("last_activity_name", TEXT),
    Column("last_activity_on", BigInteger),
    Column("fields", TEXT, nullable=False),
)

Index("leads_by_auto_id", leads.c.account_id, leads.c.auto_id, unique=True)
Index("leads_by_email", leads.c.account_id, nulls_first(leads.c.email_key), leads.c.auto_id)
Index("leads_by_phone", leads.c.account_id, nulls_first(leads.c.phone), leads.c.auto_id)
Index("leads_by_phone_tail", leads.c.account_id, leads.c.phone_tail)
Index("leads_by_mobile_tail", leads.c.account_id, leads.c.mobile_tail)
Index("leads_by_created", leads.c.account_id, leads.c.created_on, leads.c.auto_id)
Index("leads_by_last_modified", leads.c.account_id, leads.c.last_modified_on, leads.c.auto_id)

# Used numbers of an account, so that none is reused: the highest of a deleted lead, the last of an
# activity or opportunity, the last of a task. ``words_to`` is the number of the last lead in the
# quick-search index.
counters = Table(
    "counters",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("last_auto_id", BigInteger, nullable=False, server_default="0"),
    Column("last_activity_number", BigInteger, nullable=False, server_default="0"),
    Column("last_task_number", BigInteger, nullable=False, server_default="0"),
    Column("words_to", BigInteger, nullable=False, server_default="0", info=DERIVED),
)

visitors = Table(
    "visitors",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("visitor_id", TEXT, primary_key=True),
    Column("seen_on", BigInteger, nullable=False),
)

Index("visitors_by_age", visitors.c.account_id, visitors.c.seen_on)

lead_words = Table(
    "lead_words",
    METADATA,
    Column("words_id", SEQUENCE, primary_key=True),
    Column("account_id", TEXT, nullable=False),
    Column("first_auto_id", BigInteger, nullable=False),
    Column("last_auto_id", BigInteger, nullable=False),
    info=DERIVED,
)

# Fields with an automatic index, their last use in a search, and the size of the index.
lead_field_uses = Table(
    "lead_field_uses",
    METADATA,
    Column("schema_name", TEXT, primary_key=True),
    Column("last_used_on", BigInteger, nullable=False),
    Column("index_bytes", BigInteger, nullable=False),
)

activities = Table(
    "activities",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("activity_id", TEXT, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("lead_id", TEXT, nullable=False),
    Column("event_code", BigInteger, nullable=False),
    Column("note", TEXT, nullable=False),
    Column("score", BigInteger, nullable=False),
    Column("happened_on", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("created_by_name", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("fields", TEXT, nullable=False),
    Column("data", TEXT, nullable=False),
    Column("modified_by", TEXT),
    Column("is_locked", BigInteger, nullable=False, server_default="0"),
    Column("attachments", TEXT, nullable=False, server_default="[]"),
    Column("opportunity_id", TEXT),
)

Index("activities_by_lead", activities.c.account_id, activities.c.lead_id, activities.c.happened_on)
Index("activities_by_modified", activities.c.account_id, activities.c.modified_on)
Index("activities_by_opportunity", activities.c.account_id, activities.c.opportunity_id)

# A lead as it was before its merge into the lead of ``lead_id``. ``audit_id`` is the id of the
# merge activity.
merged_leads = Table(
    "merged_leads",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("audit_id", TEXT, primary_key=True),
    Column("lead_id", TEXT, nullable=False),
    Column("child", TEXT, nullable=False),
)

Index("merged_leads_by_lead", merged_leads.c.account_id, merged_leads.c.lead_id)

lead_fields = Table(
    "lead_fields",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("schema_name", TEXT, primary_key=True),
    Column("position", BigInteger, nullable=False),
    Column("definition", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
)

lists = Table(
    "lists",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("list_id", TEXT, primary_key=True),
    Column("name", TEXT, nullable=False),
    Column("name_key", TEXT, nullable=False),
    Column("description", TEXT, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
)

Index("lists_by_name", lists.c.account_id, lists.c.name_key, unique=True)

list_members = Table(
    "list_members",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("list_id", TEXT, primary_key=True),
    Column("lead_id", TEXT, primary_key=True),
    Column("added_on", BigInteger, nullable=False),
)

Index("list_members_by_lead", list_members.c.account_id, list_members.c.lead_id)

notes = Table(
    "notes",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("note_id", TEXT, primary_key=True),
    Column("lead_id", TEXT, nullable=False),
    Column("text", TEXT, nullable=False),
    Column("attachment", TEXT, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("created_by_name", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", TEXT, nullable=False),
)

Index("notes_by_lead", notes.c.account_id, notes.c.lead_id, notes.c.created_on)

activity_types = Table(
    "activity_types",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("event_code", BigInteger, primary_key=True),
    Column("type_id", TEXT, nullable=False),
    Column("definition", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", TEXT, nullable=False),
)

activity_changes = Table(
    "activity_changes",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("change_id", TEXT, primary_key=True),
    Column("activity_id", TEXT, nullable=False),
    Column("lead_id", TEXT, nullable=False),
    Column("event_code", BigInteger, nullable=False),
    Column("score", BigInteger, nullable=False),
    Column("happened_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("action", TEXT, nullable=False),
    Column("changed_on", BigInteger, nullable=False),
    Column("changed_by", TEXT, nullable=False),
    Column("changes", TEXT, nullable=False),
)

Index("activity_changes_by_time", activity_changes.c.account_id, activity_changes.c.changed_on)

tasks = Table(
    "tasks",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("task_id", TEXT, primary_key=True),
    Column("auto_id", BigInteger, nullable=False),
    Column("type_id", TEXT, nullable=False),
    Column("related_entity", BigInteger, nullable=False),
    Column("related_id", TEXT),
    Column("owner_id", TEXT, nullable=False),
    Column("due_on", BigInteger, nullable=False),
    Column("end_on", BigInteger, nullable=False),
    Column("is_complete", BigInteger, nullable=False),
    Column("completed_on", BigInteger),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", TEXT, nullable=False),
    Column("details", TEXT, nullable=False),
    Column("remind_on", BigInteger),
)

# Future reminders of all accounts.
Index("tasks_by_reminder", tasks.c.remind_on)
Index("tasks_by_auto_id", tasks.c.account_id, tasks.c.auto_id, unique=True)
Index("tasks_by_owner", tasks.c.account_id, tasks.c.owner_id, tasks.c.due_on)
Index("tasks_by_related", tasks.c.account_id, tasks.c.related_id)

opportunities = Table(
    "opportunities",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("opportunity_id", TEXT, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("lead_id", TEXT, nullable=False),
    Column("event_code", BigInteger, nullable=False),
    Column("note", TEXT, nullable=False),
    Column("happened_on", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", TEXT, nullable=False),
    Column("fields", TEXT, nullable=False),
)

Index(
    "opportunities_by_lead",
    opportunities.c.account_id,
    opportunities.c.lead_id,
    opportunities.c.happened_on,
)
Index("opportunities_by_number", opportunities.c.account_id, opportunities.c.number, unique=True)
Index("opportunities_by_modified", opportunities.c.account_id, opportunities.c.modified_on)

products = Table(
    "products",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("product_id", TEXT, primary_key=True),
    Column("sku", TEXT, nullable=False),
    Column("sku_key", TEXT, nullable=False),
    Column("name", TEXT, nullable=False),
    Column("description", TEXT, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", TEXT, nullable=False),
)

Index("products_by_sku", products.c.account_id, products.c.sku_key, unique=True)

companies = Table(
    "companies",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("company_id", TEXT, primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("type_code", BigInteger, nullable=False),
    Column("type_name", TEXT, nullable=False),
    Column("name_key", TEXT, nullable=False),
    Column("identifier_key", TEXT),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", TEXT, nullable=False),
    Column("fields", TEXT, nullable=False),
)

Index("companies_by_number", companies.c.account_id, companies.c.number, unique=True)
Index(
    "companies_by_name",
    companies.c.account_id,
    companies.c.type_code,
    companies.c.name_key,
    unique=True,
)
Index("companies_by_identifier", companies.c.account_id, companies.c.identifier_key, unique=True)

company_activities = Table(
    "company_activities",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("activity_id", TEXT, primary_key=True),
    Column("company_id", TEXT, nullable=False),
    Column("event_code", BigInteger, nullable=False),
    Column("note", TEXT, nullable=False),
    Column("happened_on", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", TEXT, nullable=False),
    Column("fields", TEXT, nullable=False),
)

Index(
    "company_activities_by_company",
    company_activities.c.account_id,
    company_activities.c.company_id,
    company_activities.c.happened_on,
)

mails = Table(
    "mails",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("mail_id", TEXT, primary_key=True),
    Column("sending_id", TEXT, nullable=False),
    Column("call_id", TEXT, nullable=False),
    Column("lead_id", TEXT, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("sender_name", TEXT, nullable=False),
    Column("sender_email", TEXT, nullable=False),
    Column("recipients", TEXT, nullable=False),
    Column("copies", TEXT, nullable=False),
    Column("subject", TEXT, nullable=False),
    Column("html", TEXT, nullable=False),
    Column("text", TEXT, nullable=False),
    Column("details", TEXT, nullable=False),
    Column("due_on", BigInteger, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("next_attempt_on", BigInteger),
    Column("finished_on", BigInteger),
    Column("problem", TEXT, nullable=False),
)

Index("mails_by_call", mails.c.call_id)
Index("mails_by_created", mails.c.account_id, mails.c.created_on)
Index("mails_by_lead", mails.c.account_id, mails.c.lead_id, mails.c.created_on)
Index("mails_by_next_attempt", mails.c.next_attempt_on)
webhooks = Table(
    "webhooks",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("webhook_id", TEXT, primary_key=True),
    Column("event", TEXT, nullable=False),
    Column("only", TEXT, nullable=False),
    Column("url", TEXT, nullable=False),
    Column("content_type", TEXT, nullable=False),
    Column("headers", TEXT, nullable=False),
    Column("secret", TEXT, nullable=False),
    Column("details", TEXT, nullable=False),
    Column("status", BigInteger, nullable=False),
    Column("failures", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", TEXT, nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    METADATA,
    Column("sequence", SEQUENCE, primary_key=True),
    Column("delivery_id", TEXT, nullable=False),
    Column("account_id", TEXT, nullable=False),
    Column("webhook_id", TEXT, nullable=False),
    Column("event", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("scheduled_on", BigInteger, nullable=False),
    Column("due_on", BigInteger, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("attempts", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("ended_on", BigInteger),
    Column("events", BigInteger, nullable=False),
    Column("payload", TEXT),
)

Index("webhook_deliveries_by_id", webhook_deliveries.c.delivery_id, unique=True)
Index(
    "webhook_deliveries_of_webhook",
    webhook_deliveries.c.webhook_id,
    webhook_deliveries.c.state,
    webhook_deliveries.c.scheduled_on,
)
# Deliveries of a webhook in order of sequence, for the history.
Index("webhook_deliveries_history", webhook_deliveries.c.webhook_id)
Index("webhook_deliveries_by_state", webhook_deliveries.c.state, webhook_deliveries.c.created_on)

alerts = Table(
    "alerts",
    METADATA,
    Column("account_id", TEXT, primary_key=True),
    Column("alert_id", TEXT, primary_key=True),
    Column("name", TEXT, nullable=False),
    Column("search", TEXT, nullable=False),
    Column("calls_max", BigInteger, nullable=False),
    Column("minutes", BigInteger, nullable=False),
    Column("pause_minutes", BigInteger, nullable=False),
    Column("webhook_id", TEXT, nullable=False),
    Column("email", TEXT, nullable=False),
    Column("site", TEXT, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", TEXT, nullable=False),
    Column("check_on", BigInteger, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("told_on", BigInteger),
    Column("calls", BigInteger),
    Column("counted_on", BigInteger),
    Column("problem", TEXT, nullable=False),
)

Index("alerts_by_check", alerts.c.check_on)

webhook_events = Table(
    "webhook_events",
    METADATA,
    Column("sequence", SEQUENCE, primary_key=True),
    Column("delivery_id", TEXT, nullable=False),
    Column("call_id", TEXT, nullable=False),
    Column("body", TEXT, nullable=False),
)

Index("webhook_events_by_call", webhook_events.c.call_id)
Index("webhook_events_of_delivery", webhook_events.c.delivery_id)

webhook_attempts = Table(
    "webhook_attempts",
    METADATA,
    Column("delivery_id", TEXT, primary_key=True),
    Column("number", BigInteger, primary_key=True),
    Column("started_on", BigInteger, nullable=False),
    Column("duration_ms", BigInteger, nullable=False),
    Column("status_code", BigInteger, nullable=False),
    Column("problem", TEXT, nullable=False),
    Column("answer", TEXT, nullable=False),
    Column("answer_cut", BigInteger, nullable=False),
)

async_calls = Table(
    "async_calls",
    METADATA,
    Column("sequence", SEQUENCE, primary_key=True),
    Column("request_id", TEXT, nullable=False),
    Column("account_id", TEXT, nullable=False),
    Column("user_id", TEXT, nullable=False),
    Column("key_id", TEXT, nullable=False),
    Column("call_id", TEXT, nullable=False),
    Column("carried_call_id", TEXT, nullable=False),
    Column("entity", TEXT, nullable=False),
    Column("operation", TEXT, nullable=False),
    Column("query", TEXT, nullable=False),
    Column("content_type", TEXT, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("client", TEXT, nullable=False),
    Column("state", TEXT, nullable=False),
    Column("due_on", BigInteger, nullable=False),
    Column("tries", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("ended_on", BigInteger),
    Column("answer", LargeBinary),
    Column("reason", TEXT),
)

Index("async_calls_by_call", async_calls.c.call_id)
Index("async_calls_by_carried_call", async_calls.c.carried_call_id)
Index("async_calls_by_request", async_calls.c.request_id, unique=True)
Index("async_calls_by_state", async_calls.c.state, async_calls.c.due_on)
Index(
    "async_calls_of_account",
    async_calls.c.account_id,
    async_calls.c.operation,
    async_calls.c.ended_on,
)
