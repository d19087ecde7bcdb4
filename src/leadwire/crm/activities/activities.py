"""Posting an activity on a lead, with what follows for the lead."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from sqlalchemy import bindparam, case, insert, literal_column, or_, update

from leadwire.crm.activities.types import ACTIVITY_TYPES, HISTORY, ActivityType
from leadwire.crm.leads.rows import Lead, get_lead
from leadwire.crm.tables import activities, counters, leads
from leadwire.crm.unit import Unit
from leadwire.crm.webhooks.announcing import announce, listens
from leadwire.database.expressions import upsert
from leadwire.database.prepared import Prepared
from leadwire.errors import LeadReferenceMissing

_NEXT_NUMBER: Final = Prepared(
    upsert(counters)
    .values(account_id=bindparam("account_id"), last_activity_number=literal_column("1"))
    .on_conflict_do_update(
        index_elements=["account_id"],
        set_={"last_activity_number": counters.c.last_activity_number + literal_column("1")},
    )
    .returning(counters.c.last_activity_number)
)

KeyValues = tuple[tuple[str, str | None], ...]


class Happening(msgspec.Struct, frozen=True):
    """An activity to post."""

    event_code: int
    note: str = ""
    happened_on: int | None = None
    """None: now."""
    fields: Mapping[str, str | None] = {}
    data: KeyValues = ()
    """What the system records about it, in order."""
    score: int | None = None
    """Points for the lead's score. None: the score of the type."""
    type: ActivityType | None = None
    """The activity type. None: the standard type with this code."""
    opportunity_id: str | None = None
    """The id of its opportunity."""


class Attachment(msgspec.Struct, frozen=True):
    """A link from an activity to a file at *url*. The file is stored elsewhere."""

    attachment_id: str
    name: str
    description: str
    url: str


class KeptActivity(msgspec.Struct, frozen=True):
    activity_id: str
    number: int
    """Number within the account, from 1, shared with opportunities. Never reused."""
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
    """Store an activity, and update the lead's score, dates and last activity.

    An activity without an owner belongs to the caller, except for the system's history entries.
    Raises LeadReferenceMissing if the lead does not exist.
    """
    kept = _new(unit, lead_id, happening)
    scored = kept.score != 0 and listens(unit, "lead_score_changed")
    before = get_lead(unit, lead_id) if scored else None
    lead_score = _follow(unit, kept)
    _INSERT.execute(
        unit.connection,
        {
            "account_id": unit.actor.account_id,
            "activity_id": kept.activity_id,
            "number": kept.number,
            "lead_id": lead_id,
            "event_code": kept.type.event_code,
            "note": kept.note,
            "score": kept.score,
            "happened_on": kept.happened_on,
            "created_on": unit.now_ms,
            "created_by": kept.created_by,
            "created_by_name": kept.created_by_name,
            "modified_on": kept.modified_on,
            "fields": msgspec.json.encode(kept.fields).decode(),
            "data": msgspec.json.encode(kept.data).decode(),
            "opportunity_id": happening.opportunity_id,
        },
    )
    if before is not None or listens(unit, "activity_created"):
        _announce(unit, kept, before)
    return Posted(kept.activity_id, lead_score)


def next_number(unit: Unit) -> int:
    """Allocate the next number for an activity or opportunity of the account."""
    account = {"account_id": unit.actor.account_id}
    [(number,)] = _NEXT_NUMBER.execute(unit.connection, account)
    return int(number)


def _new(unit: Unit, lead_id: str, happening: Happening) -> KeptActivity:
    kind = happening.type or ACTIVITY_TYPES[happening.event_code]
    fields = dict(happening.fields)
    if kind.event_code not in HISTORY:
        fields["Owner"] = fields.get("Owner") or unit.actor.user_id
    return KeptActivity(
        activity_id=unit.ids.guid(),
        number=next_number(unit),
        lead_id=lead_id,
        type=kind,
        note=happening.note,
        score=kind.score if happening.score is None else happening.score,
        happened_on=unit.now_ms if happening.happened_on is None else happening.happened_on,
        created_by=unit.actor.user_id,
        created_by_name=unit.actor.name,
        modified_on=unit.now_ms,
        modified_by=unit.actor.user_id,
        fields=fields,
        data=happening.data,
        is_locked=False,
        attachments=(),
    )


def _follow(unit: Unit, kept: KeptActivity) -> int:
    """Apply the activity to the lead, and return the lead's new score."""
    followed = _FOLLOW.execute(
        unit.connection,
        {
            "of_account": unit.actor.account_id,
            "of_lead": kept.lead_id,
            "of_id": kept.activity_id,
            "of_name": kept.type.name,
            "of_moment": kept.happened_on,
            "of_score": kept.score,
            "now": unit.now_ms,
            # Only a real event becomes the lead's last activity. A history entry does not.
            "counts": kept.type.event_code not in HISTORY,
        },
    )
    if not followed:
        raise LeadReferenceMissing(
            "Lead not found",
            location="body.RelatedProspectId",
            fix="Send the ProspectID of a lead of this account.",
        )
    return int(followed[0][0])


def _announce(unit: Unit, kept: KeptActivity, before: Lead | None) -> None:
    """*before* is the lead with its old score, if a webhook listens for score changes."""
    lead, code = get_lead(unit, kept.lead_id), str(kept.type.event_code)
    announce(unit, "activity_created", kept.activity_id, after=kept, lead=lead, of=code)
    if before is not None:
        announce(unit, "lead_score_changed", kept.lead_id, before=before, after=lead)


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


_FOLLOW: Final = Prepared(
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
_INSERT: Final = Prepared(
    insert(activities),
    columns=(
        *("account_id", "activity_id", "number", "lead_id", "event_code", "note", "score"),
        *("happened_on", "created_on", "created_by", "created_by_name", "modified_on"),
        *("fields", "data", "opportunity_id"),
    ),
)
