"""Activities, tasks, opportunities and lists: a list of each, and a page for one.

All lists look alike, and so do all single pages: a table of facts, the fields, the calls that name
the thing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leadwire.access.viewer import Viewer
from leadwire.console.leads.lead_page import LEADS_PATH, calls_url
from leadwire.console.leads.reader import Reader, asked_text
from leadwire.console.leads.sight import Sight
from leadwire.console.numbers import whole_number
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.crm.activities.activities import KeptActivity
from leadwire.crm.activities.reads import find_activities, get_activity
from leadwire.crm.leads.search import leads_by_ids
from leadwire.crm.lists import LeadList, all_lists, get_list
from leadwire.crm.opportunities.reads import Opportunity, find_opportunities, get_opportunity
from leadwire.crm.pages import Slice
from leadwire.crm.tasks import LEAD, Task, all_tasks, get_task
from leadwire.crm.unit import Unit
from leadwire.errors import LeadwireError

_CALLS_SHOWN: Final = 50
_ID_CHARS_MAX: Final = 64
_PAGE_DIGITS_MAX: Final = 6


class Value(NamedTuple):
    """A cell or fact: text, a time, or the text of a link."""

    text: str = ""
    at_ms: int | None = None
    url: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One row of a list, or the subject of a page."""

    thing_id: str
    title: str
    lead_id: str = ""
    cells: Sequence[Value] = ()
    """One for each column of its kind, after the title."""
    facts: Sequence[tuple[str, Value]] = ()
    fields: Sequence[tuple[str, Value]] = ()
    """Names and values of the thing's own fields."""


class Context(NamedTuple):
    """What it takes to show a thing."""

    sight: Sight
    people: Mapping[str, str]
    now_ms: int


class Kind(NamedTuple):
    """A kind of thing: its words, its columns, and how to read it."""

    path: str
    one: str
    many: str
    columns: Sequence[str]
    page: Callable[[Unit, Slice, Context], tuple[int, list[Thing]]]
    get: Callable[[Unit, str, Context], Thing]
    """Raises LeadwireError if the account has no such thing."""


class ThingPages:
    """The list and the single page of one kind."""

    def __init__(self, kind: Kind, services: ConsoleServices, reader: Reader, pages: Pages) -> None:
        self._kind = kind
        self._services = services
        self._reader = reader
        self._pages = pages

    async def list(self, request: Request) -> Response:
        viewer, context = await self._context(request)
        rows_max = self._services.settings.leads_shown_max
        number = _page_number(request)
        part = Slice((number - 1) * rows_max, rows_max)

        def look(unit: Unit) -> tuple[int, list[Thing], Mapping[str, str]]:
            count, things = self._kind.page(unit, part, context)
            return count, things, _names_of_leads(unit, things, context.sight)

        count, things, names = await self._reader.read(viewer, context.people, look)
        return self._pages.answer(
            "leads/things.html",
            viewer=viewer,
            kind=self._kind,
            things=things,
            lead_names=names,
            count=count,
            first_number=(number - 1) * rows_max + 1,
            newer_url=f"{self._kind.path}?page={number - 1}" if number > 1 else "",
            older_url=f"{self._kind.path}?page={number + 1}" if count > number * rows_max else "",
        )

    async def one(self, request: Request) -> Response:
        """Raises HTTPException 404, whether the thing is unknown or in another account."""
        viewer, context = await self._context(request)
        thing_id = asked_text(request.path_params["thing_id"], _ID_CHARS_MAX).lower()

        def look(unit: Unit) -> tuple[Thing, Mapping[str, str]] | None:
            try:
                thing = self._kind.get(unit, thing_id, context)
            except LeadwireError:
                return None
            return thing, _names_of_leads(unit, [thing], context.sight)

        found = await self._reader.read(viewer, context.people, look)
        if found is None:
            raise HTTPException(status_code=404)
        thing, names = found
        about = await self._reader.calls_about(viewer, thing.thing_id, calls_max=_CALLS_SHOWN)
        return self._pages.answer(
            "leads/thing.html",
            viewer=viewer,
            kind=self._kind,
            thing=thing,
            lead_names=names,
            about=about,
            people=context.people,
            calls_url=calls_url(thing.thing_id),
        )

    async def _context(self, request: Request) -> tuple[Viewer, Context]:
        viewer = await self._reader.viewer(request)
        people = await self._reader.people(viewer)
        now_ms = self._services.clock.now_ms()
        return viewer, Context(self._reader.sight(viewer), people, now_ms)


def _page_number(request: Request) -> int:
    return whole_number(request.query_params.get("page", ""), digits_max=_PAGE_DIGITS_MAX) or 1


def _names_of_leads(unit: Unit, things: Sequence[Thing], sight: Sight) -> Mapping[str, str]:
    """The names of the things' leads, by id; deleted leads are left out."""
    ids = [thing.lead_id for thing in things if thing.lead_id]
    _, found = leads_by_ids(unit, ids, Slice(0, len(ids)))
    return {lead.lead_id: sight.name_of(lead) for lead in found}


def _person(user_id: str, context: Context) -> Value:
    return Value(context.people.get(user_id, user_id))


def _words(text: str | None, context: Context) -> Value:
    """Text that people wrote: it may hold personal values."""
    return Value(text or "") if context.sight.is_whole else Value(hidden=bool(text))


def _pairs(
    values: Mapping[str, str | None], names: Mapping[str, str], context: Context
) -> list[tuple[str, Value]]:
    return [
        (names.get(name, name), _words(value, context)) for name, value in values.items() if value
    ]


def _activity(found: KeptActivity, context: Context) -> Thing:
    names = {field.schema_name: field.display_name for field in found.type.fields}
    created_by = Value(found.created_by_name or context.people.get(found.created_by, ""))
    note = _words(found.note, context)
    return Thing(
        thing_id=found.activity_id,
        title=found.type.name,
        lead_id=found.lead_id,
        cells=(note, created_by, Value(at_ms=found.happened_on)),
        facts=(
            ("Type", Value(f"{found.type.name}, code {found.type.event_code}")),
            ("Number", Value(f"{found.number:,}")),
            ("Score", Value(f"{found.score:+d}" if found.score else "0")),
            ("Happened", Value(at_ms=found.happened_on)),
            ("Made by", created_by),
            ("Changed", Value(at_ms=found.modified_on)),
            ("Changed by", _person(found.modified_by, context)),
            ("Locked", Value("Yes" if found.is_locked else "No")),
            ("Attachments", Value(f"{len(found.attachments):,}")),
            ("Note", note),
        ),
        fields=[*_pairs(found.fields, names, context), *_pairs(dict(found.data), {}, context)],
    )


def _task(found: Task, context: Context) -> Thing:
    details = found.details
    name = details.name if context.sight.is_whole else ""
    is_about_lead = found.related_entity == LEAD
    return Thing(
        thing_id=found.task_id,
        title=name or found.type.name,
        lead_id=found.related_id or "" if is_about_lead else "",
        cells=(
            Value(found.state(context.now_ms)),
            _person(found.owner_id, context),
            Value(at_ms=found.due_on),
        ),
        facts=(
            ("Type", Value(found.type.name)),
            ("Number", Value(f"{found.auto_id:,}")),
            ("State", Value(found.state(context.now_ms))),
            ("Owner", _person(found.owner_id, context)),
            ("Due", Value(at_ms=found.due_on)),
            ("Ends", Value(at_ms=found.end_on)),
            ("Completed", Value(at_ms=found.completed_on)),
            ("Made", Value(at_ms=found.created_on)),
            ("Made by", _person(found.created_by, context)),
            ("Changed", Value(at_ms=found.modified_on)),
            ("Changed by", _person(found.modified_by, context)),
            ("Description", _words(details.description, context)),
            ("Location", _words(details.location, context)),
            ("Opportunity", _of_opportunity(found)),
        ),
        fields=_pairs(details.custom, {}, context),
    )


def _of_opportunity(task: Task) -> Value:
    if task.related_entity in (0, LEAD) or not task.related_id:
        return Value()
    return Value(task.related_id, url=f"{OPPORTUNITIES.path}/{task.related_id}")


def _opportunity(found: Opportunity, context: Context) -> Thing:
    names = {field.schema_name: field.display_name for field in found.type.fields}
    status = Value(found.fields.get("Status") or "")
    name = found.fields.get("mx_Custom_1") if context.sight.is_whole else ""
    return Thing(
        thing_id=found.opportunity_id,
        title=name or found.type.name,
        lead_id=found.lead_id,
        cells=(status, _words(found.note, context), Value(at_ms=found.happened_on)),
        facts=(
            ("Type", Value(f"{found.type.name}, code {found.type.event_code}")),
            ("Number", Value(f"{found.number:,}")),
            ("Status", status),
            ("Happened", Value(at_ms=found.happened_on)),
            ("Made by", _person(found.created_by, context)),
            ("Changed", Value(at_ms=found.modified_on)),
            ("Changed by", _person(found.modified_by, context)),
            ("Note", _words(found.note, context)),
        ),
        fields=_pairs(found.fields, names, context),
    )


def _activities(unit: Unit, part: Slice, context: Context) -> tuple[int, list[Thing]]:
    count, found = find_activities(unit, [], part)
    return count, [_activity(one, context) for one in found]


def _tasks(unit: Unit, part: Slice, context: Context) -> tuple[int, list[Thing]]:
    count, found = all_tasks(unit, part)
    return count, [_task(one, context) for one in found]


def _opportunities(unit: Unit, part: Slice, context: Context) -> tuple[int, list[Thing]]:
    count, found = find_opportunities(unit, [], part)
    return count, [_opportunity(one, context) for one in found]


def _list(found: LeadList) -> Thing:
    return Thing(
        thing_id=found.list_id,
        title=found.name,
        cells=(Value(found.kind), Value(f"{found.members:,}"), Value(found.description)),
        facts=(
            ("Kind", Value(found.kind)),
            ("Leads", Value(f"{found.members:,}", url=f"{LEADS_PATH}?list={found.list_id}")),
            ("Description", Value(found.description)),
        ),
    )


def _lists(unit: Unit, part: Slice, _context: Context) -> tuple[int, list[Thing]]:
    found = all_lists(unit)
    return len(found), [_list(one) for one in found[part.offset : part.offset + part.rows_max]]


ACTIVITIES: Final = Kind(
    "/console/activities",
    "Activity",
    "Activities",
    ("Note", "Made by", "Happened"),
    _activities,
    lambda unit, thing_id, context: _activity(get_activity(unit, thing_id), context),
)
TASKS: Final = Kind(
    "/console/tasks",
    "Task",
    "Tasks",
    ("State", "Owner", "Due"),
    _tasks,
    lambda unit, thing_id, context: _task(get_task(unit, thing_id), context),
)
OPPORTUNITIES: Final = Kind(
    "/console/opportunities",
    "Opportunity",
    "Opportunities",
    ("Status", "Note", "Happened"),
    _opportunities,
    lambda unit, thing_id, context: _opportunity(get_opportunity(unit, thing_id), context),
)
LISTS: Final = Kind(
    "/console/lists",
    "List",
    "Lists",
    ("Kind", "Leads", "Description"),
    _lists,
    lambda unit, thing_id, _context: _list(get_list(unit, thing_id)),
)
