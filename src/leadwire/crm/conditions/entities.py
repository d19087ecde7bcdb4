"""The fields of each kind of record, and the lead that a record belongs to."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Table, case, func, select, union

from leadwire.crm.activities.custom_types import types_of_account
from leadwire.crm.activities.fields import NOTE_FIELD, SLOTS, ActivityField
from leadwire.crm.companies.fields import FIELDS as COMPANY_FIELDS
from leadwire.crm.companies.fields import is_field as is_company_field
from leadwire.crm.conditions.comparing import Column
from leadwire.crm.conditions.model import Compare, EntityName, ValueKind
from leadwire.crm.leads.columns import LOWER, comparable, field_text, plain
from leadwire.crm.leads.field_sets import SET_TYPE, split_member
from leadwire.crm.leads.fields import LeadField
from leadwire.crm.opportunities.types import OPPORTUNITY_TYPES
from leadwire.crm.tables import (
    activities,
    companies,
    company_activities,
    leads,
    list_members,
    lists,
    opportunities,
    tasks,
)
from leadwire.crm.tasks import LEAD, OPPORTUNITY
from leadwire.crm.unit import Unit
from leadwire.database.expressions import Sql, as_number, member_of_text, member_text, without_case

TABLES: Final[Mapping[EntityName, Table]] = {
    "lead": leads,
    "activity": activities,
    "opportunity": opportunities,
    "task": tasks,
    "company": companies,
    "company activity": company_activities,
    "list": lists,
}
_SLOTS_AND_SYSTEM: Final = {name.lower(): name for name in (*SLOTS, "Status", "Owner")}
_COMPANY_NAMES: Final = {name.lower(): name for name in COMPANY_FIELDS}
_KINDS: Final[Mapping[str, ValueKind]] = {
    "Number": "number",
    "DateTime": "moment text",
    "Date": "date text",
}
_SOUGHT: Final = frozenset({"eq", "in", "between", "gt", "gte", "lt", "lte"})
"""Operators that an index can answer."""
_PERSONS: Final = {
    "owneridname": "OwnerId",
    "ownername": "Owner",
    "createdbyname": "CreatedBy",
    "modifiedbyname": "ModifiedBy",
}
"""By the name of a field with a user's name, in lower case: the field with the user's id."""


def column_of(unit: Unit, entity: EntityName, part: Compare) -> Column:
    """The column that *part* compares; its name may be in any letter case.

    Raises InputInvalid for an unknown name.
    """
    held_by = _PERSONS.get(part.name.lower())
    column = _COLUMN[entity](unit, held_by or part.name, part)
    if held_by is not None and column is not None:
        return _person(unit, column)
    if column is None:
        raise part.place.below("LSO").wrong(
            f"LSO '{part.name}' is no field of a{'n' if entity[0] in 'ao' else ''} {entity}",
            "the schema name of a field",
        )
    return column


def leads_with(unit: Unit, entity: EntityName, condition: Sql) -> Sql:
    """Select the ids of leads with an *entity* that meets *condition*."""
    table = TABLES[entity]
    own = table.c.account_id == unit.actor.account_id
    if entity == "task":
        return _leads_with_task(own, condition)
    if entity == "list":
        found = select(lists.c.list_id).where(own, condition).correlate(None)
        found = select(list_members.c.lead_id).where(
            list_members.c.account_id == unit.actor.account_id, list_members.c.list_id.in_(found)
        )
    elif entity in ("company", "company activity"):
        company_id = comparable(unit.schema.by_name["RelatedCompanyId"])
        found = select(table.c.company_id).where(own, condition).correlate(None)
        found = select(leads.c.lead_id).where(
            leads.c.account_id == unit.actor.account_id, company_id.in_(found)
        )
    else:
        found = select(table.c.lead_id).where(own, condition)
    return found.correlate(None)


def _leads_with_task(own: Sql, condition: Sql) -> Sql:
    """Select leads by their tasks. A task names its lead, or an opportunity of the lead."""
    about = select(tasks.c.related_id).where(own, condition).correlate(None)
    of_opportunity = select(opportunities.c.lead_id).where(
        opportunities.c.account_id == tasks.c.account_id,
        opportunities.c.opportunity_id == tasks.c.related_id,
        tasks.c.related_entity == OPPORTUNITY,
        own,
        condition,
    )
    return union(about.where(tasks.c.related_entity == LEAD), of_opportunity.correlate(None))


def _text(sql: Sql) -> Column:
    return Column(without_case(sql), "text")


def _of_kind(sql: Sql, kind: ValueKind) -> Column:
    if kind == "number":
        return Column(as_number(sql), kind, text=sql)
    return _text(sql) if kind == "text" else Column(sql, kind)


def _person(unit: Unit, column: Column) -> Column:
    names = {user_id: person.name for user_id, person in unit.actor.people.items()}
    return _text(case(names, value=column.sql, else_=None))


def _member(sql: Sql, member: str) -> Sql:
    """The member of a custom field set. The set is stored as the text of a JSON object."""
    return member_of_text(sql, member)


def _of_lead(unit: Unit, name: str, part: Compare) -> Column | None:
    name, member = split_member(name)
    field = unit.schema.sought(name)
    if field is None or field.hidden or member is None:
        return None
    if member:
        if field.data_type != SET_TYPE:
            return None
        return _of_kind(_member(field_text(field), member), part.hint or "text")
    if part.operator in _SOUGHT:
        unit.sought.append(field.schema_name)
    return _lead_column(field)


def _lead_column(field: LeadField) -> Column:
    sql = comparable(field)
    if field.data_type == "Number":
        return Column(sql, "number", text=plain(field))
    if field.data_type == "Date":
        if field.derived:
            return Column(sql, "moment")
        return Column(sql, "moment text" if field.render == "DateTime" else "date text")
    return Column(
        sql,
        "text",
        is_boolean=field.data_type == "Boolean",
        is_phone=field.data_type == "Phone",
        lower=field.schema_name in LOWER,
    )


Columns = Mapping[str, tuple[Sql, ValueKind]]
"""By name, in lower case."""


def _json_field(
    table: Table, name: str, declared: Sequence[ActivityField], part: Compare
) -> Column | None:
    """A slot, the status or the owner. Its type is the declared one, else the caller's hint.

    *declared* are the fields of the types that the record can be of. The name becomes part of
    the statement, so it must be a known name.
    """
    holder, member = split_member(name)
    name = _SLOTS_AND_SYSTEM.get(holder.lower(), "")
    if not name or member is None:
        return None
    sql: Sql = member_text(table.c.fields, name)
    if member:
        return _of_kind(_member(sql, member), part.hint or "text")
    types = {field.data_type for field in declared if field.schema_name == name}
    known = [_KINDS.get(one, "text") for one in types]
    return _of_kind(sql, known[0] if len(known) == 1 else part.hint or "text")


def _fixed(columns: Columns, name: str) -> Column | None:
    found = columns.get(name.lower())
    return None if found is None else _of_kind(*found)


def _of_activity(unit: Unit, name: str, part: Compare) -> Column | None:
    if (found := _fixed(_ACTIVITY, name)) is not None:
        return found
    types = types_of_account(unit)
    declared = [
        f for kind in types.values() if str(kind.event_code) in part.events for f in kind.fields
    ]
    return _json_field(activities, name, declared, part)


def _of_opportunity(_unit: Unit, name: str, part: Compare) -> Column | None:
    if (found := _fixed(_OPPORTUNITY, name)) is not None:
        return found
    declared = [f for kind in OPPORTUNITY_TYPES.values() for f in kind.fields]
    return _json_field(opportunities, name, declared, part)


def _of_task(_unit: Unit, name: str, _part: Compare) -> Column | None:
    return _fixed(_TASK, name)


def _of_company(_unit: Unit, name: str, part: Compare) -> Column | None:
    if (found := _fixed(_COMPANY, name)) is not None:
        return found
    name = _COMPANY_NAMES.get(name.lower(), name)
    if not is_company_field(name):
        return None
    sql: Sql = member_text(companies.c.fields, name)
    known = COMPANY_FIELDS.get(name)
    kind = part.hint or "text" if known is None else _KINDS.get(known.data_type, "text")
    return _of_kind(sql, kind)


def _of_company_activity(_unit: Unit, name: str, part: Compare) -> Column | None:
    if (found := _fixed(_COMPANY_ACTIVITY, name)) is not None:
        return found
    return _json_field(company_activities, name, (), part)


def _of_list(_unit: Unit, name: str, _part: Compare) -> Column | None:
    return _fixed(_LIST, name)


_ACTIVITY: Final[Columns] = {
    "prospectactivityid": (activities.c.activity_id, "text"),
    "relatedprospectid": (activities.c.lead_id, "text"),
    "activityevent": (activities.c.event_code, "number"),
    "score": (activities.c.score, "number"),
    "activitytime": (activities.c.happened_on, "moment"),
    "createdon": (activities.c.happened_on, "moment"),
    "pacreatedon": (activities.c.happened_on, "moment"),
    "createdby": (activities.c.created_by, "text"),
    "pacreatedbyname": (activities.c.created_by, "text"),
    "modifiedon": (activities.c.modified_on, "moment"),
    "pamodifiedon": (activities.c.modified_on, "moment"),
    "modifiedby": (func.coalesce(activities.c.modified_by, activities.c.created_by), "text"),
    "note": (activities.c.note, "text"),
    NOTE_FIELD.lower(): (activities.c.note, "text"),
}
_OPPORTUNITY: Final[Columns] = {
    "opportunityid": (opportunities.c.opportunity_id, "text"),
    "prospectopportunityid": (opportunities.c.opportunity_id, "text"),
    "prospectactivityid": (opportunities.c.opportunity_id, "text"),
    "relatedprospectid": (opportunities.c.lead_id, "text"),
    "opportunityeventcode": (opportunities.c.event_code, "number"),
    "opportunityevent": (opportunities.c.event_code, "number"),
    "activityevent": (opportunities.c.event_code, "number"),
    "activitytime": (opportunities.c.happened_on, "moment"),
    "createdon": (opportunities.c.happened_on, "moment"),
    "pacreatedon": (opportunities.c.happened_on, "moment"),
    "createdby": (opportunities.c.created_by, "text"),
    "modifiedon": (opportunities.c.modified_on, "moment"),
    "pamodifiedon": (opportunities.c.modified_on, "moment"),
    "modifiedby": (opportunities.c.modified_by, "text"),
    "opportunitynote": (opportunities.c.note, "text"),
    "note": (opportunities.c.note, "text"),
    NOTE_FIELD.lower(): (opportunities.c.note, "text"),
}
_TASK: Final[Columns] = {
    "usertaskid": (tasks.c.task_id, "text"),
    "tasktype": (tasks.c.type_id, "text"),
    "name": (member_text(tasks.c.details, "name"), "text"),
    "description": (member_text(tasks.c.details, "description"), "text"),
    "ownerid": (tasks.c.owner_id, "text"),
    "owner": (tasks.c.owner_id, "text"),
    "duedate": (tasks.c.due_on, "moment"),
    "enddate": (tasks.c.end_on, "moment"),
    "statuscode": (tasks.c.is_complete, "number"),
    "completedon": (tasks.c.completed_on, "moment"),
    "createdon": (tasks.c.created_on, "moment"),
    "createdby": (tasks.c.created_by, "text"),
    "modifiedon": (tasks.c.modified_on, "moment"),
    "modifiedby": (tasks.c.modified_by, "text"),
}
_COMPANY: Final[Columns] = {
    "companyid": (companies.c.company_id, "text"),
    "companynumber": (companies.c.number, "number"),
    "companytype": (companies.c.type_code, "number"),
    "companytypename": (companies.c.type_name, "text"),
    "createdon": (companies.c.created_on, "moment"),
    "createdby": (companies.c.created_by, "text"),
    "modifiedon": (companies.c.modified_on, "moment"),
    "modifiedby": (companies.c.modified_by, "text"),
}
_COMPANY_ACTIVITY: Final[Columns] = {
    "companyactivityid": (company_activities.c.activity_id, "text"),
    "relatedcompanyid": (company_activities.c.company_id, "text"),
    "activityevent": (company_activities.c.event_code, "number"),
    "activitytime": (company_activities.c.happened_on, "moment"),
    "createdon": (company_activities.c.happened_on, "moment"),
    "createdby": (company_activities.c.created_by, "text"),
    "modifiedon": (company_activities.c.modified_on, "moment"),
    "modifiedby": (company_activities.c.modified_by, "text"),
    NOTE_FIELD.lower(): (company_activities.c.note, "text"),
}
_LIST: Final[Columns] = {
    "listid": (lists.c.list_id, "text"),
    "lists": (lists.c.list_id, "text"),
    "id": (lists.c.list_id, "text"),
    "listname": (lists.c.name, "text"),
    "name": (lists.c.name, "text"),
}
_COLUMN: Final[Mapping[EntityName, Callable[[Unit, str, Compare], Column | None]]] = {
    "lead": _of_lead,
    "activity": _of_activity,
    "opportunity": _of_opportunity,
    "task": _of_task,
    "company": _of_company,
    "company activity": _of_company_activity,
    "list": _of_list,
}
