"""The tables of leads and what belongs to them, of lists, tasks, sales, companies, mails, webhooks.

A lead's row has columns for identity, look-ups and what the system derives; whatever callers
write is one JSON document of text values by schema name.
"""

from pathlib import Path
from typing import Final

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from leadwire.database.migrate import Schema

METADATA: Final = MetaData()

SCHEMA: Final = Schema(
    METADATA,
    version="0001",
    version_table="crm_version",
    revisions=Path(__file__).parent / "migrations",
)

leads = Table(
    "leads",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("lead_id", String(36), primary_key=True),
    Column("auto_id", BigInteger, nullable=False),
    Column("email_key", String(200)),
    Column("phone", String(50)),
    Column("phone_digits", String(50)),
    Column("phone_tail", String(10)),
    Column("mobile_digits", String(50)),
    Column("mobile_tail", String(10)),
    Column("score", Integer, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", String(36), nullable=False),
    Column("last_modified_on", BigInteger, nullable=False),
    Column("first_activity_id", String(36)),
    Column("first_activity_on", BigInteger),
    Column("last_activity_id", String(36)),
    Column("last_activity_name", String(200)),
    Column("last_activity_on", BigInteger),
    Column("fields", Text, nullable=False),
)

Index("leads_by_auto_id", leads.c.account_id, leads.c.auto_id, unique=True)
Index("leads_by_email", leads.c.account_id, leads.c.email_key)
Index("leads_by_phone", leads.c.account_id, leads.c.phone)
Index("leads_by_phone_tail", leads.c.account_id, leads.c.phone_tail)
Index("leads_by_mobile_tail", leads.c.account_id, leads.c.mobile_tail)
Index("leads_by_created", leads.c.account_id, leads.c.created_on)
Index("leads_by_last_modified", leads.c.account_id, leads.c.last_modified_on)

# Numbers that an account has given, and does not give again: the highest of a deleted lead, the
# last of an activity or opportunity, the last of a task. ``words_to``: the number of the last lead
# that the index of quick search knows.
counters = Table(
    "counters",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("last_auto_id", BigInteger, nullable=False),
    Column("last_activity_number", BigInteger, nullable=False, server_default="0"),
    Column("last_task_number", BigInteger, nullable=False, server_default="0"),
    Column("words_to", BigInteger, nullable=False, server_default="0"),
)

visitors = Table(
    "visitors",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("visitor_id", String(36), primary_key=True),
    Column("seen_on", BigInteger, nullable=False),
)

Index("visitors_by_age", visitors.c.account_id, visitors.c.seen_on)

lead_words = Table(
    "lead_words",
    METADATA,
    Column("words_id", Integer, primary_key=True),
    Column("account_id", String(36), nullable=False),
    Column("first_auto_id", BigInteger, nullable=False),
    Column("last_auto_id", BigInteger, nullable=False),
)

activities = Table(
    "activities",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("activity_id", String(36), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("lead_id", String(36), nullable=False),
    Column("event_code", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("score", Integer, nullable=False),
    Column("happened_on", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("created_by_name", String(200), nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("fields", Text, nullable=False),
    Column("data", Text, nullable=False),
    Column("modified_by", String(36)),
    Column("is_locked", Integer, nullable=False, server_default="0"),
    Column("attachments", Text, nullable=False, server_default="[]"),
    Column("opportunity_id", String(36)),
)

Index("activities_by_lead", activities.c.account_id, activities.c.lead_id, activities.c.happened_on)
Index("activities_by_modified", activities.c.account_id, activities.c.modified_on)
Index("activities_by_opportunity", activities.c.account_id, activities.c.opportunity_id)

# A lead as it was when it was merged into the lead of ``lead_id``. ``audit_id`` is the id of the
# activity that the merge left there.
merged_leads = Table(
    "merged_leads",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("audit_id", String(36), primary_key=True),
    Column("lead_id", String(36), nullable=False),
    Column("child", Text, nullable=False),
)

Index("merged_leads_by_lead", merged_leads.c.account_id, merged_leads.c.lead_id)

lead_fields = Table(
    "lead_fields",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("schema_name", String(200), primary_key=True),
    Column("position", Integer, nullable=False),
    Column("definition", Text, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
)

lists = Table(
    "lists",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("list_id", String(36), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("name_key", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("modified_on", BigInteger, nullable=False),
)

Index("lists_by_name", lists.c.account_id, lists.c.name_key, unique=True)

list_members = Table(
    "list_members",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("list_id", String(36), primary_key=True),
    Column("lead_id", String(36), primary_key=True),
    Column("added_on", BigInteger, nullable=False),
)

Index("list_members_by_lead", list_members.c.account_id, list_members.c.lead_id)

notes = Table(
    "notes",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("note_id", String(36), primary_key=True),
    Column("lead_id", String(36), nullable=False),
    Column("text", Text, nullable=False),
    Column("attachment", Text, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("created_by_name", String(200), nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", String(36), nullable=False),
)

Index("notes_by_lead", notes.c.account_id, notes.c.lead_id, notes.c.created_on)

activity_types = Table(
    "activity_types",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("event_code", Integer, primary_key=True),
    Column("type_id", String(36), nullable=False),
    Column("definition", Text, nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", String(36), nullable=False),
)

activity_changes = Table(
    "activity_changes",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("change_id", String(36), primary_key=True),
    Column("activity_id", String(36), nullable=False),
    Column("lead_id", String(36), nullable=False),
    Column("event_code", Integer, nullable=False),
    Column("score", Integer, nullable=False),
    Column("happened_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("action", String(10), nullable=False),
    Column("changed_on", BigInteger, nullable=False),
    Column("changed_by", String(36), nullable=False),
    Column("changes", Text, nullable=False),
)

Index("activity_changes_by_time", activity_changes.c.account_id, activity_changes.c.changed_on)

tasks = Table(
    "tasks",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("task_id", String(36), primary_key=True),
    Column("auto_id", BigInteger, nullable=False),
    Column("type_id", String(36), nullable=False),
    Column("related_entity", Integer, nullable=False),
    Column("related_id", String(36)),
    Column("owner_id", String(36), nullable=False),
    Column("due_on", BigInteger, nullable=False),
    Column("end_on", BigInteger, nullable=False),
    Column("is_complete", Integer, nullable=False),
    Column("completed_on", BigInteger),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", String(36), nullable=False),
    Column("details", Text, nullable=False),
    Column("remind_on", BigInteger),
)

# Reminders that are still to come, of every account.
Index("tasks_by_reminder", tasks.c.remind_on)
Index("tasks_by_auto_id", tasks.c.account_id, tasks.c.auto_id, unique=True)
Index("tasks_by_owner", tasks.c.account_id, tasks.c.owner_id, tasks.c.due_on)
Index("tasks_by_related", tasks.c.account_id, tasks.c.related_id)

opportunities = Table(
    "opportunities",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("opportunity_id", String(36), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("lead_id", String(36), nullable=False),
    Column("event_code", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("happened_on", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", String(36), nullable=False),
    Column("fields", Text, nullable=False),
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
    Column("account_id", String(36), primary_key=True),
    Column("product_id", String(36), primary_key=True),
    Column("sku", String(200), nullable=False),
    Column("sku_key", String(200), nullable=False),
    Column("name", String(200), nullable=False),
    Column("description", Text, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", String(36), nullable=False),
)

Index("products_by_sku", products.c.account_id, products.c.sku_key, unique=True)

companies = Table(
    "companies",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("company_id", String(36), primary_key=True),
    Column("number", BigInteger, nullable=False),
    Column("type_code", Integer, nullable=False),
    Column("type_name", String(200), nullable=False),
    Column("name_key", String(200), nullable=False),
    Column("identifier_key", String(200)),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", String(36), nullable=False),
    Column("fields", Text, nullable=False),
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
    Column("account_id", String(36), primary_key=True),
    Column("activity_id", String(36), primary_key=True),
    Column("company_id", String(36), nullable=False),
    Column("event_code", Integer, nullable=False),
    Column("note", Text, nullable=False),
    Column("happened_on", BigInteger, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", String(36), nullable=False),
    Column("fields", Text, nullable=False),
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
    Column("account_id", String(36), primary_key=True),
    Column("mail_id", String(36), primary_key=True),
    Column("sending_id", String(36), nullable=False),
    Column("call_id", String(36), nullable=False),
    Column("lead_id", String(36), nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("sender_name", String(200), nullable=False),
    Column("sender_email", String(200), nullable=False),
    Column("recipients", Text, nullable=False),
    Column("copies", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("html", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("details", Text, nullable=False),
    Column("due_on", BigInteger, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("next_attempt_on", BigInteger),
    Column("finished_on", BigInteger),
    Column("problem", Text, nullable=False),
)

Index("mails_by_created", mails.c.account_id, mails.c.created_on)
Index("mails_by_next_attempt", mails.c.next_attempt_on)
webhooks = Table(
    "webhooks",
    METADATA,
    Column("account_id", String(36), primary_key=True),
    Column("webhook_id", String(36), primary_key=True),
    Column("event", String(40), nullable=False),
    Column("only", String(200), nullable=False),
    Column("url", Text, nullable=False),
    Column("content_type", String(40), nullable=False),
    Column("headers", Text, nullable=False),
    Column("secret", String(80), nullable=False),
    Column("details", Text, nullable=False),
    Column("status", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("created_by", String(36), nullable=False),
    Column("modified_on", BigInteger, nullable=False),
    Column("modified_by", String(36), nullable=False),
)

webhook_deliveries = Table(
    "webhook_deliveries",
    METADATA,
    Column("sequence", Integer, primary_key=True),
    Column("delivery_id", String(36), nullable=False),
    Column("account_id", String(36), nullable=False),
    Column("webhook_id", String(36), nullable=False),
    Column("event", String(40), nullable=False),
    Column("state", String(10), nullable=False),
    Column("scheduled_on", BigInteger, nullable=False),
    Column("due_on", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("ended_on", BigInteger),
    Column("events", Integer, nullable=False),
    Column("payload", Text),
)

Index("webhook_deliveries_by_id", webhook_deliveries.c.delivery_id, unique=True)
Index(
    "webhook_deliveries_of_webhook",
    webhook_deliveries.c.webhook_id,
    webhook_deliveries.c.state,
    webhook_deliveries.c.scheduled_on,
)
# Its rows are in the order of sequence, the history's.
Index("webhook_deliveries_history", webhook_deliveries.c.webhook_id)
Index("webhook_deliveries_by_state", webhook_deliveries.c.state, webhook_deliveries.c.created_on)

webhook_events = Table(
    "webhook_events",
    METADATA,
    Column("sequence", Integer, primary_key=True),
    Column("delivery_id", String(36), nullable=False),
    Column("body", Text, nullable=False),
)

Index("webhook_events_of_delivery", webhook_events.c.delivery_id)

webhook_attempts = Table(
    "webhook_attempts",
    METADATA,
    Column("delivery_id", String(36), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("started_on", BigInteger, nullable=False),
    Column("duration_ms", Integer, nullable=False),
    Column("status_code", Integer, nullable=False),
    Column("problem", Text, nullable=False),
    Column("answer", Text, nullable=False),
    Column("answer_cut", Integer, nullable=False),
)

async_calls = Table(
    "async_calls",
    METADATA,
    Column("sequence", Integer, primary_key=True),
    Column("request_id", String(36), nullable=False),
    Column("account_id", String(36), nullable=False),
    Column("user_id", String(36), nullable=False),
    Column("key_id", String(40), nullable=False),
    Column("entity", String(20), nullable=False),
    Column("operation", String(100), nullable=False),
    Column("query", Text, nullable=False),
    Column("content_type", Text, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("client", Text, nullable=False),
    Column("state", String(10), nullable=False),
    Column("due_on", BigInteger, nullable=False),
    Column("tries", Integer, nullable=False),
    Column("created_on", BigInteger, nullable=False),
    Column("ended_on", BigInteger),
    Column("answer", LargeBinary),
    Column("reason", Text),
)

Index("async_calls_by_request", async_calls.c.request_id, unique=True)
Index("async_calls_by_state", async_calls.c.state, async_calls.c.due_on)
Index("async_calls_of_account", async_calls.c.account_id, async_calls.c.operation)
