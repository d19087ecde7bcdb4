"""What happened to a lead besides calls, in one order: newest first."""

from collections.abc import Callable, Collection, Sequence
from typing import Any, Final, Literal, NamedTuple, get_args

from sqlalchemy import Column, Row, Table, and_, or_, select

from leadwire.crm.activities.activities import KeptActivity
from leadwire.crm.activities.custom_types import types_of_account
from leadwire.crm.activities.reads import activity_from_row
from leadwire.crm.lists import STARRED_LEADS
from leadwire.crm.mails.outbox import OutboxMail, mail_from_row
from leadwire.crm.notes import Note, note_from_row
from leadwire.crm.opportunities.reads import Opportunity, opportunity_from_row
from leadwire.crm.tables import (
    activities,
    list_members,
    lists,
    mails,
    notes,
    opportunities,
    tasks,
)
from leadwire.crm.tasks import LEAD, Task, task_from_row
from leadwire.crm.unit import Unit
from leadwire.database.expressions import Sql

MomentKind = Literal["activity", "task", "note", "mail", "opportunity", "list"]
MOMENT_KINDS: Final[tuple[MomentKind, ...]] = get_args(MomentKind)
"""In the order in which those of one millisecond stand."""


class Membership(NamedTuple):
    """A lead's place in a static list."""

    list_id: str
    name: str


Thing = KeptActivity | Task | Note | OutboxMail | Opportunity | Membership


class Moment(NamedTuple):
    """One thing of a lead, at the time when it happened or was made."""

    kind: MomentKind
    at_ms: int
    thing_id: str
    thing: Thing


class Place(NamedTuple):
    """A place between two moments: what follows it is older, or stands later in its millisecond."""

    at_ms: int
    kind: str
    """A MomentKind, or a text that stands before or after all of them."""
    thing_id: str


class _Source(NamedTuple):
    table: Table
    at: Column[int]
    thing_id: Column[str]
    things: Callable[[Unit, Sequence[Row[Any]]], list[Thing]]


def moments_of_lead(
    unit: Unit, lead_id: str, kinds: Collection[str], *, after: Place | None, rows_max: int
) -> list[Moment]:
    """At most *rows_max* moments of *kinds*, newest first, beginning after a place."""
    found: list[Moment] = []
    for kind in MOMENT_KINDS:
        if kind in kinds:
            found += _moments(unit, lead_id, kind, after=after, rows_max=rows_max)
    found.sort(key=order_of)
    return found[:rows_max]


def order_of(moment: Moment) -> tuple[int, int, str]:
    """The place of a moment among others, as a key to sort by."""
    return (-moment.at_ms, MOMENT_KINDS.index(moment.kind), moment.thing_id)


def _moments(
    unit: Unit, lead_id: str, kind: MomentKind, *, after: Place | None, rows_max: int
) -> list[Moment]:
    source = _SOURCES[kind]
    statement = select(source.table).where(
        source.table.c.account_id == unit.actor.account_id, *_of_lead(source.table, lead_id)
    )
    if source.table is list_members:
        statement = statement.add_columns(lists.c.name).join(
            lists,
            and_(
                lists.c.account_id == list_members.c.account_id,
                lists.c.list_id == list_members.c.list_id,
            ),
            isouter=True,  # Starred Leads has members and no row
        )
    if after is not None:
        statement = statement.where(_follows(source, kind, after))
    rows = unit.connection.execute(
        statement.order_by(source.at.desc(), source.thing_id).limit(rows_max)
    ).all()
    return [
        Moment(kind, getattr(row, source.at.key), getattr(row, source.thing_id.key), thing)
        for row, thing in zip(rows, source.things(unit, rows), strict=True)
    ]


def _of_lead(table: Table, lead_id: str) -> list[Sql]:
    if table is tasks:
        return [tasks.c.related_entity == LEAD, tasks.c.related_id == lead_id]
    return [table.c.lead_id == lead_id]


def _follows(source: _Source, kind: MomentKind, place: Place) -> Sql:
    if kind == place.kind:
        same_time = and_(source.at == place.at_ms, source.thing_id > place.thing_id)
        return or_(source.at < place.at_ms, same_time)
    others = {one: number for number, one in enumerate(MOMENT_KINDS)}
    stands_later = others[kind] > others.get(place.kind, -1)  # type: ignore[call-overload]
    return source.at <= place.at_ms if stands_later else source.at < place.at_ms


def _activities(unit: Unit, rows: Sequence[Row[Any]]) -> list[Thing]:
    types = types_of_account(unit) if rows else {}
    return [activity_from_row(row, types) for row in rows]


def _each(thing: Callable[[Row[Any]], Thing]) -> Callable[[Unit, Sequence[Row[Any]]], list[Thing]]:
    return lambda _unit, rows: [thing(row) for row in rows]


_SOURCES: Final[dict[MomentKind, _Source]] = {
    "activity": _Source(
        activities, activities.c.happened_on, activities.c.activity_id, _activities
    ),
    "task": _Source(tasks, tasks.c.created_on, tasks.c.task_id, _each(task_from_row)),
    "note": _Source(notes, notes.c.created_on, notes.c.note_id, _each(note_from_row)),
    "mail": _Source(mails, mails.c.created_on, mails.c.mail_id, _each(mail_from_row)),
    "opportunity": _Source(
        opportunities,
        opportunities.c.happened_on,
        opportunities.c.opportunity_id,
        _each(opportunity_from_row),
    ),
    "list": _Source(
        list_members,
        list_members.c.added_on,
        list_members.c.list_id,
        _each(lambda row: Membership(row.list_id, row.name or STARRED_LEADS)),
    ),
}
