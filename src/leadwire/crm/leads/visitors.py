"""Visitors of web pages before they become leads, and the forms that they submit."""

from typing import Final

import msgspec
from sqlalchemy import delete, func, insert, select

from leadwire.crm.activities.activities import Happening, post_activity
from leadwire.crm.activities.types import FORM_SUBMITTED
from leadwire.crm.leads.attributes import LeadWrite
from leadwire.crm.leads.capture import Captured, create_or_change
from leadwire.crm.leads.rows import get_lead
from leadwire.crm.leads.writes import create_lead, update_lead_by_id
from leadwire.crm.tables import visitors
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import announce, listens
from leadwire.database.expressions import Sql

LANDING_PAGE: Final = "landing_page_submitted"


class Submission(msgspec.Struct, frozen=True):
    """A form of a web page. Webhooks compare *page_key*, a normal form of *page_url*."""

    page_url: str
    page_key: str
    page_title: str
    landing_page_id: str = ""
    """Empty: the page is not a landing page."""


def note_visitor(unit: Unit, visitor_id: str, *, visitors_max: int) -> None:
    """Store a visitor's id. Deletes the oldest visitors beyond *visitors_max*."""
    if get_lead(unit, visitor_id) is not None or is_visitor(unit, visitor_id):
        return
    own = visitors.c.account_id == unit.actor.account_id
    count = unit.connection.execute(
        select(func.count()).select_from(visitors).where(own)
    ).scalar_one()
    if count >= visitors_max:
        oldest = (
            select(visitors.c.visitor_id)
            .where(own)
            .order_by(visitors.c.seen_on, visitors.c.visitor_id)
            .limit(count - visitors_max + 1)
        )
        unit.connection.execute(delete(visitors).where(own, visitors.c.visitor_id.in_(oldest)))
    unit.connection.execute(
        insert(visitors).values(
            account_id=unit.actor.account_id, visitor_id=visitor_id, seen_on=unit.now_ms
        )
    )


def is_visitor(unit: Unit, visitor_id: str) -> bool:
    """Whether the id belongs to a visitor who is not yet a lead."""
    found = unit.connection.execute(select(visitors).where(*_one(unit, visitor_id))).first()
    return found is not None


def convert_visitor(unit: Unit, lead_id: str, write: LeadWrite) -> None:
    """Create a lead with the visitor's id, or update the lead that has it.

    Raises Missing for an unknown id, and the errors of creating and updating.
    """
    if is_visitor(unit, lead_id):
        create_lead(unit, write, lead_id=lead_id)
    else:
        update_lead_by_id(unit, lead_id, write)


def submit_form(unit: Unit, write: LeadWrite, submission: Submission) -> Captured:
    """Create or update the lead of a form, and post its activity.

    Finds the lead like Lead.Capture. Raises the errors of creating and updating.
    """
    captured = create_or_change(unit, write, None)
    page = (
        ("WebPublishedURL", submission.page_url),
        ("WebContentName", submission.page_title),
        ("IsLandingPage", "true" if submission.landing_page_id else "false"),
    )
    data = tuple((name, value) for name, value in page if value)
    post_activity(unit, captured.lead_id, Happening(event_code=FORM_SUBMITTED, data=data))
    if submission.landing_page_id and listens(unit, LANDING_PAGE):
        lead = get_lead(unit, captured.lead_id)
        announce(unit, LANDING_PAGE, captured.lead_id, after=lead, of=submission.page_key)
    return captured


def _one(unit: Unit, visitor_id: str) -> tuple[Sql, Sql]:
    return visitors.c.account_id == unit.actor.account_id, visitors.c.visitor_id == visitor_id
