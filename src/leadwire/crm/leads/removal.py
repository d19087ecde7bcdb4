"""Delete leads with their records, and merge one lead into another."""

from typing import Any, Final

import msgspec
from sqlalchemy import ColumnElement, Table, delete, func, insert, select, update

from leadwire.crm.activities.activities import Happening, post_activity
from leadwire.crm.activities.types import LEADS_MERGED, STAGE_CHANGE
from leadwire.crm.leads.rows import Lead, get_lead
from leadwire.crm.leads.writes import require_lead
from leadwire.crm.tables import (
    activities,
    activity_changes,
    counters,
    leads,
    list_members,
    merged_leads,
    notes,
    opportunities,
    tasks,
)
from leadwire.crm.tasks import LEAD, NOTHING, OPPORTUNITY
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import announce, listens
from leadwire.database.expressions import greatest, member_text, upsert
from leadwire.dialect import incorrect

_BELONGINGS: Final[tuple[Table, ...]] = (
    activities,
    activity_changes,
    notes,
    opportunities,
    list_members,
    merged_leads,
)
"""Tables whose rows are deleted with the lead of their ``lead_id``."""
_MOVING: Final[tuple[Table, ...]] = (
    activities,
    activity_changes,
    notes,
    opportunities,
    merged_leads,
)
"""Tables whose rows move to another lead by a change of ``lead_id`` only."""


def delete_lead(unit: Unit, lead_id: str) -> None:
    """Delete a lead with its activities, opportunities, notes and memberships. Raises Missing.

    Its tasks and the tasks of its opportunities stay, without an entity.
    """
    lead = require_lead(unit, lead_id, "query.leadId")
    _keep_number(unit)
    of_lead = _of_lead(unit, opportunities, lead_id)
    unit.connection.execute(
        update(tasks)
        .where(
            tasks.c.account_id == unit.actor.account_id,
            tasks.c.related_entity == OPPORTUNITY,
            tasks.c.related_id.in_(select(opportunities.c.opportunity_id).where(*of_lead)),
        )
        .values(related_entity=NOTHING, related_id=None)
    )
    for table in (*_BELONGINGS, leads):
        unit.connection.execute(delete(table).where(*_of_lead(unit, table, lead_id)))
    _relate_tasks(unit, lead_id, related_entity=NOTHING, related_id=None)
    announce(unit, "lead_deleted", lead_id, before=lead)


def merge_leads(unit: Unit, master_id: str, child_id: str) -> None:
    """Give the child's activities, opportunities, notes, tasks, lists and score to the master.

    The child is deleted; ``merged_children`` reads it. The master's values do not change. Raises
    Missing, and InputInvalid if both are the same lead.
    """
    if master_id == child_id:
        raise incorrect("childId", fix="Send two different leads.")
    master = require_lead(unit, master_id, "query.masterId")
    child = require_lead(unit, child_id, "query.childId")
    for table in _MOVING:
        unit.connection.execute(
            update(table).where(*_of_lead(unit, table, child_id)).values(lead_id=master_id)
        )
    _move_memberships(unit, master_id, child_id)
    _keep_number(unit)
    _relate_tasks(unit, child_id, related_entity=LEAD, related_id=master_id)
    unit.connection.execute(delete(leads).where(*_of_lead(unit, leads, child_id)))
    unit.connection.execute(
        update(leads)
        .where(*_of_lead(unit, leads, master_id))
        .values(
            score=leads.c.score + child.score,
            modified_on=unit.now_ms,
            modified_by=unit.actor.user_id,
            last_modified_on=unit.now_ms,
            **_activity_ends(master, child),
        )
    )
    _keep_merged(unit, master_id, child)
    if listens(unit, "leads_merged", "lead_score_changed"):
        merged = get_lead(unit, master_id)
        announce(unit, "leads_merged", master_id, before=child, after=merged)
        if child.score:
            announce(unit, "lead_score_changed", master_id, before=master, after=merged)


def merged_children(unit: Unit, audit_id: str) -> list[Lead]:
    """The leads that this merge deleted, as before the merge. None for an unknown audit id."""
    found = unit.connection.execute(
        select(merged_leads.c.child).where(
            merged_leads.c.account_id == unit.actor.account_id,
            merged_leads.c.audit_id == audit_id,
        )
    )
    return [msgspec.json.decode(child, type=Lead) for child in found.scalars()]


def merged_into(unit: Unit, lead_id: str) -> tuple[str, str] | None:
    """The id of the lead that *lead_id* was merged into, and of the merge's activity."""
    found = unit.connection.execute(
        select(merged_leads.c.lead_id, merged_leads.c.audit_id).where(
            merged_leads.c.account_id == unit.actor.account_id,
            member_text(merged_leads.c.child, "lead_id") == lead_id,
        )
    ).first()
    return None if found is None else (found.lead_id, found.audit_id)


def _keep_merged(unit: Unit, master_id: str, child: Lead) -> None:
    """Post the merge activity, and store the child under the activity's id."""
    happening = Happening(event_code=LEADS_MERGED, data=(("MergedProspectId", child.lead_id),))
    audit_id = post_activity(unit, master_id, happening).activity_id
    unit.connection.execute(
        insert(merged_leads).values(
            account_id=unit.actor.account_id,
            audit_id=audit_id,
            lead_id=master_id,
            child=msgspec.json.encode(child).decode(),
        )
    )


def delete_stage_history(
    unit: Unit, lead_id: str, *, from_ms: int | None, to_ms: int | None
) -> None:
    """Delete the lead's stage changes in an inclusive range; None leaves an end open.

    Raises Missing.
    """
    require_lead(unit, lead_id, "body.ProspectId")
    wanted = [*_of_lead(unit, activities, lead_id), activities.c.event_code == STAGE_CHANGE]
    if from_ms is not None:
        wanted.append(activities.c.happened_on >= from_ms)
    if to_ms is not None:
        wanted.append(activities.c.happened_on <= to_ms)
    unit.connection.execute(delete(activities).where(*wanted))


def _keep_number(unit: Unit) -> None:
    """Store a deleted lead's number, so that no new lead gets it."""
    account_id = unit.actor.account_id
    newest = select(func.max(leads.c.auto_id)).where(leads.c.account_id == account_id)
    kept = upsert(counters).values(account_id=account_id, last_auto_id=newest.scalar_subquery())
    unit.connection.execute(
        kept.on_conflict_do_update(
            index_elements=["account_id"],
            set_={"last_auto_id": greatest(counters.c.last_auto_id, kept.excluded.last_auto_id)},
        )
    )


def _of_lead(unit: Unit, table: Table, lead_id: str) -> list[ColumnElement[bool]]:
    return [table.c.account_id == unit.actor.account_id, table.c.lead_id == lead_id]


def _relate_tasks(unit: Unit, lead_id: str, **values: Any) -> None:  # noqa: ANN401  # columns
    unit.connection.execute(
        update(tasks)
        .where(
            tasks.c.account_id == unit.actor.account_id,
            tasks.c.related_entity == LEAD,
            tasks.c.related_id == lead_id,
        )
        .values(**values)
    )


def _move_memberships(unit: Unit, master_id: str, child_id: str) -> None:
    account_id = unit.actor.account_id
    already = select(list_members.c.list_id).where(*_of_lead(unit, list_members, master_id))
    unit.connection.execute(
        update(list_members)
        .where(
            list_members.c.account_id == account_id,
            list_members.c.lead_id == child_id,
            list_members.c.list_id.not_in(already),
        )
        .values(lead_id=master_id)
    )
    unit.connection.execute(delete(list_members).where(*_of_lead(unit, list_members, child_id)))


def _activity_ends(master: Lead, child: Lead) -> dict[str, Any]:
    """The master's first and last activity, with the child's activities included."""
    columns: dict[str, Any] = {}
    if child.first_activity_on is not None and (
        master.first_activity_on is None or child.first_activity_on < master.first_activity_on
    ):
        columns |= {
            "first_activity_id": child.first_activity_id,
            "first_activity_on": child.first_activity_on,
        }
    if child.last_activity_on is not None and (
        master.last_activity_on is None or child.last_activity_on > master.last_activity_on
    ):
        columns |= {
            "last_activity_id": child.last_activity_id,
            "last_activity_name": child.last_activity_name,
            "last_activity_on": child.last_activity_on,
        }
    return columns
