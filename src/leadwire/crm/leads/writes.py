"""Find, create and update leads, and derive fields from each write."""

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from sqlalchemy import (
    JSON,
    BigInteger,
    bindparam,
    cast,
    column,
    delete,
    exists,
    func,
    literal_column,
    select,
    update,
)

from leadwire.crm.activities.activities import Happening, post_activity
from leadwire.crm.activities.types import STAGE_CHANGE
from leadwire.crm.leads.attributes import LeadWrite, require_for_new
from leadwire.crm.leads.columns import LEAD_AGE, comparable, field_text
from leadwire.crm.leads.field_sets import merged_set
from leadwire.crm.leads.fields import COMPANY_TYPE, COMPANY_TYPE_NAME, STAGES, LeadField
from leadwire.crm.leads.rows import Lead, first_lead, get_lead, lead_from_row, leads_by
from leadwire.crm.leads.trigram_index import index_changed_lead
from leadwire.crm.notes import create_note
from leadwire.crm.phones import normal_phone
from leadwire.crm.tables import companies, counters, leads, visitors
from leadwire.crm.unit import Unit
from leadwire.crm.values import parse_number, phone_digits, phone_tail
from leadwire.crm.webhooks.announcing import announce, listens
from leadwire.database.batch import RowInsert, open_batch
from leadwire.database.expressions import Sql, greatest, number_operand, upsert
from leadwire.database.prepared import Prepared
from leadwire.dialect import incorrect
from leadwire.errors import Missing, ValueDuplicate
from leadwire.operations.webhooks import EventKind

_UPDATES: Final[tuple[EventKind, ...]] = (
    "lead_updated",
    "lead_field_changed",
    "lead_owner_changed",
    "lead_stage_changed",
)
_UNIQUE_COLUMNS: Final = {"email_key": "EmailAddress", "phone": "Phone"}


def find_lead(unit: Unit, schema_name: str, value: str | None) -> Lead | None:
    """The lead with exactly *value* in *schema_name*. Of several leads, the oldest.

    Case is ignored in e-mail addresses. Phones are compared as text, in the account's form.
    """
    if value is None:
        return None
    if schema_name == "ProspectID":
        return get_lead(unit, value)
    if schema_name == "EmailAddress":
        return first_lead(unit, _BY_EMAIL, value.lower())
    if schema_name == "Phone":
        return first_lead(unit, _BY_PHONE, normal_phone(value, unit.schema.rules.country_code))
    if schema_name == "ProspectAutoId":
        return first_lead(unit, _BY_AUTO_ID, int(value)) if value.isdecimal() else None
    return _find_by_field(unit, unit.schema.by_name[schema_name], value)


def create_lead(unit: Unit, write: LeadWrite, *, lead_id: str | None = None) -> str:
    """Create a lead and return its id: *lead_id* if given.

    Raises ParameterMissing without a contact field, and ValueDuplicate if another lead has a unique
    value.
    """
    require_for_new(unit.schema, write)
    _check_owner(unit, write.values)
    written = {**write.values, **_of_company(unit, write.values)}
    values = {
        "Origin": "API",
        "ProspectStage": STAGES[0],
        "OwnerId": unit.actor.user_id,
    } | _changed(unit, {}, written)
    new_id = lead_id or unit.ids.guid()
    row = {
        "account_id": unit.actor.account_id,
        "lead_id": new_id,
        "score": 0,
        "created_on": unit.now_ms,
        "created_by": unit.actor.user_id,
        "modified_on": unit.now_ms,
        "modified_by": unit.actor.user_id,
        "last_modified_on": unit.now_ms,
        **_kept(values),
    }
    _insert(unit, row)
    if lead_id is not None:
        # The visitor is now a lead.
        unit.connection.execute(
            delete(visitors).where(
                visitors.c.account_id == unit.actor.account_id, visitors.c.visitor_id == lead_id
            )
        )
    if listens(unit, "lead_created"):
        announce(unit, "lead_created", new_id, after=get_lead(unit, new_id))
    return new_id


def update_lead(unit: Unit, lead: Lead, changes: Mapping[str, str | None]) -> None:
    """Write *changes*; None clears a field. Sets dates, and records a change of stage.

    Raises ValueDuplicate if another lead has a unique value.
    """
    _check_owner(unit, changes)
    kept = _changed(unit, lead.values, {**changes, **_of_company(unit, changes)})
    row = {
        "of_account": unit.actor.account_id,
        "of_lead": lead.lead_id,
        "modified_on": unit.now_ms,
        "modified_by": unit.actor.user_id,
        "last_modified_on": unit.now_ms,
        **_kept(kept),
    }
    _check_unique(unit, row, before=_kept(lead.values))
    _UPDATE.execute(unit.connection, row)
    index_changed_lead(unit.connection, unit.actor.account_id, lead.auto_id, lead.values, kept)
    before, after = lead.values.get("ProspectStage"), kept.get("ProspectStage")
    if before != after:
        post_activity(
            unit,
            lead.lead_id,
            Happening(
                event_code=STAGE_CHANGE,
                data=(("PreviousStage", before), ("CurrentStage", after), ("Comment", "")),
            ),
        )
    if listens(unit, *_UPDATES):
        _announce_update(unit, lead)


def update_lead_by_id(unit: Unit, lead_id: str, write: LeadWrite) -> None:
    """Update a lead. Raises Missing if it does not exist."""
    update_lead(unit, require_lead(unit, lead_id, "query.leadId"), write.values)


def _announce_update(unit: Unit, before: Lead) -> None:
    lead_id, after = before.lead_id, get_lead(unit, before.lead_id)
    was, now = before.values, after.values if after else {}
    changed = sorted(name for name in was.keys() | now.keys() if was.get(name) != now.get(name))
    announce(unit, "lead_updated", lead_id, before=before, after=after)
    for name in changed:
        announce(unit, "lead_field_changed", lead_id, before=before, after=after, of=name)
    if "OwnerId" in changed:
        announce(unit, "lead_owner_changed", lead_id, before=before, after=after)
    if "ProspectStage" in changed:
        announce(unit, "lead_stage_changed", lead_id, before=before, after=after)


def require_lead(unit: Unit, lead_id: str, location: str) -> Lead:
    """The lead. Raises Missing, naming *location* in the request."""
    lead = get_lead(unit, lead_id)
    if lead is None:
        raise Missing(
            "lead", location=location, fix="Send the ProspectID of a lead of this account."
        )
    return lead


def _find_by_field(unit: Unit, field: LeadField, value: str) -> Lead | None:
    if field.data_type == "Phone":
        value = normal_phone(value, unit.schema.rules.country_code)
    compared: Any = value
    if field.data_type == "Number":
        try:
            parse_number(value)
        except ValueError:
            return None
        compared = number_operand(comparable(field), value)
    unit.sought.append(field.schema_name)
    # The first condition matches too much, but only it can use an index.
    row = unit.connection.execute(
        select(leads)
        .where(
            leads.c.account_id == unit.actor.account_id,
            comparable(field) == compared,
            field_text(field) == value,
        )
        .order_by(LEAD_AGE)
        .limit(1)
    ).first()
    return lead_from_row(row) if row else None


_BY_EMAIL: Final = leads_by(leads.c.email_key)
_BY_PHONE: Final = leads_by(leads.c.phone)
_BY_AUTO_ID: Final = leads_by(leads.c.auto_id)

_KEPT_COLUMNS: Final = (
    "email_key",
    "phone",
    "phone_digits",
    "phone_tail",
    "mobile_digits",
    "mobile_tail",
    "fields",
)
_MODIFIED_COLUMNS: Final = ("modified_on", "modified_by", "last_modified_on")
# The insert computes the number: a separate counter would add a third to its cost.
_OF_SAME: Final = leads.alias("own")
_LAST_AUTO_ID: Final = greatest(
    func.coalesce(
        select(func.max(_OF_SAME.c.auto_id))
        .where(_OF_SAME.c.account_id == bindparam("of_account"))
        .scalar_subquery(),
        literal_column("0"),
    ),
    func.coalesce(
        select(counters.c.last_auto_id)
        .where(counters.c.account_id == bindparam("of_account"))
        .scalar_subquery(),
        literal_column("0"),
    ),
)
_NEW_COLUMNS: Final = (
    *("account_id", "lead_id", "score", "created_on", "created_by"),
    *_MODIFIED_COLUMNS,
    *_KEPT_COLUMNS,
)


def _insert(unit: Unit, row: Mapping[str, Any]) -> None:
    """Insert a lead. Raises ValueDuplicate if another lead has its id or a unique value."""
    batch, inserting = open_batch(unit.connection), _inserting(unit.schema.unique)
    if batch is not None:
        keys = [(name, row[name]) for name in ("lead_id", *_UNIQUE_COLUMNS) if row[name]]
        batch.add(inserting, unit.actor.account_id, row, keys)
        return
    if not inserting.one.execute(unit.connection, {"of_account": unit.actor.account_id, **row}):
        _check_unique(unit, row, before={})
        raise _duplicate(unit, "ProspectID")


@cache
def _inserting(unique: frozenset[str]) -> RowInsert:
    """How to make leads, unless another has the same id or the same value of a *unique* field.

    One statement: asking before it would cost a round trip to PostgreSQL for each field.
    """
    one = {name: cast(bindparam(name), leads.c[name].type) for name in _NEW_COLUMNS}
    columns = [column(name, leads.c[name].type) for name in _NEW_COLUMNS]
    columns.append(column("place", BigInteger))
    rows = func.json_to_recordset(cast(bindparam("rows"), JSON)).table_valued(*columns, name="new")
    many = dict(rows.render_derived(with_types=True).c)
    return RowInsert(
        one=_insert_from(one, unique, place=literal_column("1")),
        many=_insert_from(many, unique, place=many["place"]),
    )


def _insert_from(new: Mapping[str, Sql], unique: frozenset[str], *, place: Sql) -> Prepared:
    """Insert *new*, values by column. *place* numbers the leads of the statement from 1."""
    # With OFFSET, PostgreSQL looks each lead up in an index. Else it might read the whole account.
    is_free: list[Sql] = [
        ~exists(
            select(literal_column("1"))
            .where(_OF_SAME.c.account_id == bindparam("of_account"), _OF_SAME.c[name] == new[name])
            .offset(literal_column("0"))
        )
        for name, schema_name in _UNIQUE_COLUMNS.items()
        if schema_name in unique
    ]
    # SQLite needs a WHERE to tell this ON CONFLICT from the ON of a join.
    found = select(*(new[name] for name in _NEW_COLUMNS), _LAST_AUTO_ID + place).where(
        literal_column("1 = 1"), *is_free
    )
    return Prepared(
        upsert(leads)
        .from_select([*_NEW_COLUMNS, "auto_id"], found)
        .on_conflict_do_nothing(index_elements=["account_id", "lead_id"])
        .returning(leads.c.auto_id)
    )


_UPDATE: Final = Prepared(
    update(leads).where(
        leads.c.account_id == bindparam("of_account"), leads.c.lead_id == bindparam("of_lead")
    ),
    columns=(*_MODIFIED_COLUMNS, *_KEPT_COLUMNS),
)


def _changed(
    unit: Unit, before: Mapping[str, str], changes: Mapping[str, str | None]
) -> dict[str, str]:
    values = {**before, **changes}
    if unit.schema.sets:
        for name in unit.schema.sets & changes.keys():
            values[name] = merged_set(before.get(name), changes[name])
    return {name: value for name, value in values.items() if value is not None}


def _kept(values: Mapping[str, str]) -> dict[str, str | None]:
    """The columns to store: the document of *values*, and the indexed values."""
    email, phone, mobile = (values.get(name) for name in ("EmailAddress", "Phone", "Mobile"))
    digits = phone_digits(phone) if phone else None
    mobile_digits = phone_digits(mobile) if mobile else None
    return {
        "email_key": email.lower() if email else None,
        "phone": phone,
        "phone_digits": digits,
        "phone_tail": phone_tail(digits) if digits else None,
        "mobile_digits": mobile_digits,
        "mobile_tail": phone_tail(mobile_digits) if mobile_digits else None,
        "fields": msgspec.json.encode(values).decode(),
    }


def _check_owner(unit: Unit, values: Mapping[str, str | None]) -> None:
    owner_id = values.get("OwnerId")
    if owner_id is not None and owner_id not in unit.actor.people:
        raise incorrect("OwnerId", fix="Send the id of a user (Users.Get).")


def _of_company(unit: Unit, values: Mapping[str, str | None]) -> dict[str, str | None]:
    """The value derived from a lead's company: the company's type, which never changes.

    Raises InputInvalid for an unknown company.
    """
    if "RelatedCompanyId" not in values:
        return {}
    company_id = values["RelatedCompanyId"]
    if company_id is None:
        return {COMPANY_TYPE: None, COMPANY_TYPE_NAME: None}
    row = unit.connection.execute(
        select(companies.c.type_code, companies.c.type_name).where(
            companies.c.account_id == unit.actor.account_id,
            companies.c.company_id == company_id,
        )
    ).first()
    if row is None:
        raise incorrect(
            "RelatedCompanyId", fix="Send the id of a company of this account (Company.Get)."
        )
    return {COMPANY_TYPE: str(row.type_code), COMPANY_TYPE_NAME: row.type_name}


def _check_unique(unit: Unit, row: Mapping[str, Any], *, before: Mapping[str, str | None]) -> None:
    """Raise ValueDuplicate if another lead has a unique value of *row*.

    Units that write run in sequence, so no write comes between the check and this write.
    """
    for name, schema_name in _UNIQUE_COLUMNS.items():
        value = row[name]
        if value is None or value == before.get(name) or schema_name not in unit.schema.unique:
            continue
        holder = find_lead(unit, schema_name, value)
        if holder is not None and holder.lead_id != row.get("of_lead"):
            raise _duplicate(unit, schema_name)


def _duplicate(unit: Unit, schema_name: str) -> ValueDuplicate:
    field = unit.schema.by_name[schema_name]
    return ValueDuplicate(schema_name=schema_name, display_name=field.display_name)


def mark_email(unit: Unit, email: str, *, is_valid: bool, reason: str) -> None:
    """Allow or forbid e-mail to the lead with that address. Stores *reason* as a note.

    Raises Missing, and InputInvalid for a reason that is too long.
    """
    lead = find_lead(unit, "EmailAddress", email)
    if lead is None:
        raise Missing(
            "lead",
            location="body.EmailAddress",
            fix="Send the e-mail address of a lead of this account.",
        )
    update_lead(unit, lead, {"DoNotEmail": "0" if is_valid else "1"})
    if reason:
        create_note(unit, lead.lead_id, reason)
