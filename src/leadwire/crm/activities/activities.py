"""Posting an activity on a lead, with what follows for the lead."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, case, insert, or_, update

from leadwire.crm.activities.types import ACTIVITY_TYPES, STAGE_CHANGE, ActivityType
from leadwire.crm.leads.rows import Lead, get_lead
from leadwire.crm.tables import activities, leads
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import announce, listens
from leadwire.errors import LeadReferenceMissing

KeyValues = tuple[tuple[str, str | None], ...]


class Happening(msgspec.Struct, frozen=True):
    """An activity to be posted."""

    event_code: int
    note: str = ""
    happened_on: int | None = None
    """None: now."""
    fields: Mapping[str, str | None] = {}
    data: KeyValues = ()
    """What the system notes about it, in order."""
    score: int | None = None
    """Added to the lead's score; None: the type's."""
    type: ActivityType | None = None
    """The type of the code; None: the one that every account has."""
    opportunity_id: str | None = None
    """The opportunity that it belongs to."""


class Attachment(msgspec.Struct, frozen=True):
    """A file that belongs to an activity; the file itself is kept elsewhere, at *url*."""

    attachment_id: str
    name: str
    description: str
    url: str


class KeptActivity(msgspec.Struct, frozen=True):
    activity_id: str
    lead_id: str
    type: ActivityType
    note: str
    score: int
    happened_on: int
    created_by: str
    created_by_name: str
    modified_on: int
    modified_by: str
    fields: dict[str, str | None]
    data: KeyValues
    is_locked: bool
    attachments: tuple[Attachment, ...]


class Posted(msgspec.Struct, frozen=True):
    activity_id: str
    lead_score: int


def post_activity(unit: Unit, lead_id: str, happening: Happening) -> Posted:
    """Keep an activity and bring the lead's score, dates and last activity up to date.

    Raises LeadReferenceMissing when there is no such lead.
    """
    kind = happening.type or ACTIVITY_TYPES[happening.event_code]
    activity_id = unit.ids.guid()
    happened_on = unit.now_ms if happening.happened_on is None else happening.happened_on
    score = kind.score if happening.score is None else happening.score
    scored = score != 0 and listens(unit, "lead_score_changed")
    before = get_lead(unit, lead_id) if scored else None
    lead_score = unit.connection.execute(
        _FOLLOW,
        {
            "of_account": unit.actor.account_id,
            "of_lead": lead_id,
            "of_id": activity_id,
            "of_name": kind.name,
            "of_moment": happened_on,
            "of_score": score,
            "now": unit.now_ms,
            # A stage's history is no activity of the lead's own.
            "counts": kind.event_code != STAGE_CHANGE,
        },
    ).scalar()
    if lead_score is None:
        raise LeadReferenceMissing(
            "Lead not found",
            location="body.RelatedProspectId",
            fix="Send the ProspectID of a lead of this account.",
        )
    unit.connection.execute(
        insert(activities),
        {
            "account_id": unit.actor.account_id,
            "activity_id": activity_id,
            "lead_id": lead_id,
            "event_code": kind.event_code,
            "note": happening.note,
            "score": score,
            "happened_on": happened_on,
            "created_on": unit.now_ms,
            "created_by": unit.actor.user_id,
            "created_by_name": unit.actor.name,
            "modified_on": unit.now_ms,
            "fields": msgspec.json.encode(happening.fields).decode(),
            "data": msgspec.json.encode(happening.data).decode(),
            "opportunity_id": happening.opportunity_id,
        },
    )
    if before is not None or listens(unit, "activity_created"):
        kept = _kept(unit, activity_id, lead_id, kind, happening, score)
        _announce(unit, kept, before)
    return Posted(activity_id, lead_score)


def _announce(unit: Unit, kept: KeptActivity, before: Lead | None) -> None:
    """*before*: the lead as it was, where its score has changed and somebody listens."""
    lead, code = get_lead(unit, kept.lead_id), str(kept.type.event_code)
    announce(unit, "activity_created", kept.activity_id, after=kept, lead=lead, of=code)
    if before is not None:
        announce(unit, "lead_score_changed", kept.lead_id, before=before, after=lead)


def _kept(
    unit: Unit, activity_id: str, lead_id: str, kind: ActivityType, posted: Happening, score: int
) -> KeptActivity:
    """The activity as it is read back, at the moment of its posting."""
    return KeptActivity(
        activity_id=activity_id,
        lead_id=lead_id,
        type=kind,
        note=posted.note,
        score=score,
        happened_on=unit.now_ms if posted.happened_on is None else posted.happened_on,
        created_by=unit.actor.user_id,
        created_by_name=unit.actor.name,
        modified_on=unit.now_ms,
        modified_by=unit.actor.user_id,
        fields=dict(posted.fields),
        data=posted.data,
        is_locked=False,
        attachments=(),
    )


def _when_newest(column: Any, parameter: str) -> Any:  # noqa: ANN401  # SQL expressions
    newest = or_(
        leads.c.last_activity_on.is_(None), leads.c.last_activity_on <= bindparam("of_moment")
    )
    return case((bindparam("counts") & newest, bindparam(parameter)), else_=column)


def _when_oldest(column: Any, parameter: str) -> Any:  # noqa: ANN401  # SQL expressions
    oldest = or_(
        leads.c.first_activity_on.is_(None), leads.c.first_activity_on > bindparam("of_moment")
    )
    return case((bindparam("counts") & oldest, bindparam(parameter)), else_=column)


_FOLLOW: Final = (
    update(leads)
    .where(leads.c.account_id == bindparam("of_account"), leads.c.lead_id == bindparam("of_lead"))
    .values(
        score=leads.c.score + bindparam("of_score"),
        last_modified_on=bindparam("now"),
        last_activity_id=_when_newest(leads.c.last_activity_id, "of_id"),
        last_activity_name=_when_newest(leads.c.last_activity_name, "of_name"),
        last_activity_on=_when_newest(leads.c.last_activity_on, "of_moment"),
        first_activity_id=_when_oldest(leads.c.first_activity_id, "of_id"),
        first_activity_on=_when_oldest(leads.c.first_activity_on, "of_moment"),
    )
    .returning(leads.c.score)
)
