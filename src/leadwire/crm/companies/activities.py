"""Activities of companies. Their codes are separate from those for leads."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import Row, insert, select

from leadwire.crm.activities.custom_types import event_invalid
from leadwire.crm.companies.companies import get_company
from leadwire.crm.pages import Slice, counted_page
from leadwire.crm.tables import company_activities
from leadwire.crm.unit import Unit
from leadwire.errors import ActivityMissing

EVENTS: Final = {10_001: "Meeting", 10_002: "Phone Call"}
"""The fixed types of every account. No call creates more."""


class CompanyActivity(msgspec.Struct, frozen=True):
    activity_id: str
    company_id: str
    event_code: int
    note: str
    happened_on: int
    created_on: int
    created_by: str
    modified_on: int
    modified_by: str
    fields: dict[str, str | None]


def post_company_activity(
    unit: Unit,
    company_id: str,
    event_code: int | None,
    *,
    note: str,
    happened_on: int | None,
    fields: Mapping[str, str | None],
) -> str:
    """Post an activity and return its id. Raises Missing, ActivityEventInvalid."""
    if event_code not in EVENTS:
        raise event_invalid("the page of this operation below /docs")
    company = get_company(unit, company_id, location="body.RelatedCompanyId")
    activity_id = unit.ids.guid()
    kept = {"Status": "Active", "Owner": unit.actor.user_id} | dict(fields)
    unit.connection.execute(
        insert(company_activities).values(
            account_id=unit.actor.account_id,
            activity_id=activity_id,
            company_id=company.company_id,
            event_code=event_code,
            note=note,
            happened_on=unit.now_ms if happened_on is None else happened_on,
            created_on=unit.now_ms,
            created_by=unit.actor.user_id,
            modified_on=unit.now_ms,
            modified_by=unit.actor.user_id,
            fields=msgspec.json.encode(kept).decode(),
        )
    )
    return activity_id


def activities_of_company(
    unit: Unit, company_id: str, *, from_ms: int | None, to_ms: int | None, part: Slice
) -> tuple[int, list[CompanyActivity]]:
    """Count the activities from *from_ms* to *to_ms* inclusive, and read a slice, newest first.

    Raises Missing.
    """
    company = get_company(unit, company_id, location="query.companyId")
    table = company_activities
    wanted = [table.c.company_id == company.company_id]
    if from_ms is not None:
        wanted.append(table.c.happened_on >= from_ms)
    if to_ms is not None:
        wanted.append(table.c.happened_on <= to_ms)
    total, rows = counted_page(unit, table, wanted, order=table.c.happened_on, part=part)
    return total, [_from_row(row) for row in rows]


def get_company_activity(unit: Unit, activity_id: str) -> CompanyActivity:
    """Read an activity. Raises ActivityMissing if no company has one with the id."""
    table = company_activities
    row = unit.connection.execute(
        select(table).where(
            table.c.account_id == unit.actor.account_id,
            table.c.activity_id == activity_id.lower(),
        )
    ).first()
    if row is None:
        raise ActivityMissing(
            "Activity does not exist.",
            location="query.activityId",
            fix="Send the id of a company's activity.",
        )
    return _from_row(row)


def _from_row(row: Row[Any]) -> CompanyActivity:
    return CompanyActivity(
        row.activity_id,
        row.company_id,
        row.event_code,
        row.note,
        row.happened_on,
        row.created_on,
        row.created_by,
        row.modified_on,
        row.modified_by,
        msgspec.json.decode(row.fields, type=dict[str, str | None]),
    )
