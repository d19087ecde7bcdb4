"""The list of leads: what its address asks for, and the page that answers."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from leadwire.access.viewer import Viewer
from leadwire.calls.instants import instants_of
from leadwire.console.leads.fields import shown_value
from leadwire.console.leads.lead_page import LEADS_PATH
from leadwire.console.leads.reader import Reader, asked_text
from leadwire.console.leads.sight import Sight
from leadwire.console.numbers import whole_number
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.crm.leads.browse import COUNTED_MAX, LeadBrowse, LeadsFound, browse_leads
from leadwire.crm.leads.fields import LeadField
from leadwire.crm.leads.rows import Lead, value_of
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.lists import LeadList, get_list
from leadwire.crm.pages import Slice
from leadwire.crm.unit import Unit
from leadwire.errors import LeadwireError

COLUMNS_SHOWN: Final = (
    *("ProspectStage", "OwnerId", "Source", "EmailAddress", "Phone"),
    *("CreatedOn", "LeadLastModifiedOn"),
)
NEWEST: Final = "-CreatedOn"
_VALUE_FILTERS: Final = {"stage": "ProspectStage", "owner": "OwnerId", "source": "Source"}
_RANGES: Final = ("created_from", "created_to", "modified_from", "modified_to")
_PLAIN: Final = ("q", *_VALUE_FILTERS, *_RANGES, "field", "value", "list", "sort")
_COLUMNS_MAX: Final = 12
_PAGES_MAX: Final = COUNTED_MAX
_BAD_REQUEST: Final = 400
_PAGE_DIGITS_MAX: Final = 5


class AskedWrong(Exception):  # named for what is wrong
    """A filter has an invalid value. *name* is the parameter, the text is for the reader."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """What the address says, as it was written. The address is the whole state of the page."""

    values: Mapping[str, str]
    columns: tuple[str, ...]
    page: int = 1

    def value(self, name: str) -> str:
        return self.values.get(name, "")

    @property
    def is_filtered(self) -> bool:
        return any(name != "sort" for name in self.values)

    def url(self, *, page: int = 1, **changes: str) -> str:
        """The list with these filters and changes. An empty value removes a filter."""
        merged = {**self.values, **changes}
        query = [(name, value) for name, value in merged.items() if value]
        if self.columns != COLUMNS_SHOWN:
            query += [("column", name) for name in self.columns]
        if page > 1:
            query.append(("page", str(page)))
        return f"{LEADS_PATH}?{urlencode(query)}" if query else LEADS_PATH

    def sorted_by(self, schema_name: str) -> str:
        """The list sorted by a column: the other way round if it is sorted by it already."""
        current = self.value("sort") or NEWEST
        return self.url(sort=f"-{schema_name}" if current == schema_name else schema_name)

    def direction_of(self, schema_name: str) -> str:
        """``ascending`` or ``descending`` for the column that the list is sorted by; else empty."""
        current = self.value("sort") or NEWEST
        if current.lstrip("-") != schema_name:
            return ""
        return "descending" if current.startswith("-") else "ascending"


class Cell(NamedTuple):
    text: str
    at_ms: int | None
    is_hidden: bool = False
    is_number: bool = False


class Line(NamedTuple):
    """One lead of the list."""

    lead: Lead
    name: str
    cells: list[Cell]


class _Read(NamedTuple):
    schema: LeadSchema
    found: LeadsFound | None
    members_of: LeadList | None
    error: AskedWrong | None


class LeadListPage:
    def __init__(self, services: ConsoleServices, reader: Reader, pages: Pages) -> None:
        self._services = services
        self._reader = reader
        self._pages = pages

    async def page(self, request: Request) -> Response:
        viewer = await self._reader.viewer(request)
        people = await self._reader.people(viewer)
        state = _state_of(request)
        sight = self._reader.sight(viewer)

        def look(unit: Unit) -> _Read:
            members_of = None
            try:
                if state.value("list"):
                    members_of = _list(unit, state.value("list"))
                return _Read(unit.schema, self._browse(unit, state, sight), members_of, None)
            except AskedWrong as error:
                return _Read(unit.schema, None, members_of, error)

        read = await self._reader.read(viewer, people, look)
        return self._answer(viewer, people, state, read, sight=sight)

    def _browse(self, unit: Unit, state: ListState, sight: Sight) -> LeadsFound:
        """Raises AskedWrong."""
        rows_max = self._services.settings.leads_shown_max
        sort = state.value("sort") or NEWEST
        schema_name = _seen_field(unit.schema, sort.lstrip("-"), sight, "sort").schema_name
        part = Slice(
            (state.page - 1) * rows_max, rows_max + 1, schema_name, descending=sort.startswith("-")
        )
        wanted = _browse_of(state, unit.schema, sight, now_ms=self._services.clock.now_ms())
        try:
            return browse_leads(unit, wanted, part)
        except LeadwireError as error:
            name = "value" if state.value("field") else "list"
            raise AskedWrong(name, str(error)) from None

    def _answer(
        self,
        viewer: Viewer,
        people: Mapping[str, str],
        state: ListState,
        read: _Read,
        *,
        sight: Sight,
    ) -> Response:
        schema, rows_max = read.schema, self._services.settings.leads_shown_max
        found = list(read.found.leads) if read.found else []
        columns = [f for name in state.columns if (f := schema.by_name.get(name)) is not None]
        return self._pages.answer(
            "leads/list.html",
            viewer=viewer,
            status_code=_BAD_REQUEST if read.error else 200,
            state=state,
            error=read.error,
            members_of=read.members_of,
            lines=[
                Line(lead, sight.name_of(lead), [_cell(lead, f, sight, people) for f in columns])
                for lead in found[:rows_max]
            ],
            columns=columns,
            fields=[field for field in schema.fields if not field.hidden],
            seen_fields=[f for f in schema.fields if not f.hidden and not sight.hides(f)],
            stages=schema.by_name["ProspectStage"].options,
            sources=schema.by_name["Source"].options,
            people=people,
            sight=sight,
            count=read.found.count if read.found else 0,
            counted_max=COUNTED_MAX,
            first_number=(state.page - 1) * rows_max + 1,
            newer_url=state.url(page=state.page - 1) if state.page > 1 else "",
            older_url=state.url(page=state.page + 1) if len(found) > rows_max else "",
        )


def _state_of(request: Request) -> ListState:
    given = request.query_params
    values = {name: asked_text(given.get(name, "")).strip() for name in _PLAIN}
    columns = tuple(dict.fromkeys(given.getlist("column")))[:_COLUMNS_MAX]
    number = whole_number(given.get("page", ""), digits_max=_PAGE_DIGITS_MAX) or 1
    return ListState(
        values={name: value for name, value in values.items() if value},
        columns=columns or COLUMNS_SHOWN,
        page=min(number, _PAGES_MAX),
    )


def _list(unit: Unit, list_id: str) -> LeadList:
    try:
        return get_list(unit, list_id.lower())
    except LeadwireError as error:
        raise AskedWrong("list", str(error)) from None


def _browse_of(state: ListState, schema: LeadSchema, sight: Sight, *, now_ms: int) -> LeadBrowse:
    """Raises AskedWrong."""
    words = state.value("q")
    if words and not sight.is_whole:
        raise AskedWrong("q", "Searching by words needs the right to see bodies.")
    values = [(name, state.value(key)) for key, name in _VALUE_FILTERS.items() if state.value(key)]
    if state.value("field"):
        field = _seen_field(schema, state.value("field"), sight, "field")
        values.append((field.schema_name, state.value("value")))
    ends: dict[str, Any] = {}
    for name in _RANGES:
        if state.value(name):
            try:
                span = instants_of(state.value(name), now_ms)
            except ValueError as error:
                raise AskedWrong(name, str(error)) from None
            what, _, end = name.partition("_")
            ends[f"{what}_from_ms" if end == "from" else f"{what}_until_ms"] = (
                span[0] if end == "from" else span[-1] + 1
            )
    browse = LeadBrowse(
        words=words, values=tuple(values), list_id=state.value("list").lower(), **ends
    )
    for what in ("created", "modified"):
        from_ms, until_ms = ends.get(f"{what}_from_ms"), ends.get(f"{what}_until_ms")
        if from_ms is not None and until_ms is not None and from_ms >= until_ms:
            raise AskedWrong(f"{what}_from", "The start of the range is after its end.")
    return browse


def _seen_field(schema: LeadSchema, name: str, sight: Sight, parameter: str) -> LeadField:
    """Raises AskedWrong for an unknown field, and for one that the viewer must not see."""
    field = schema.sought(name)
    if field is None or field.hidden:
        raise AskedWrong(parameter, f"There is no lead field '{name}'.")
    if sight.hides(field):
        raise AskedWrong(parameter, f"{field.display_name} needs the right to see bodies.")
    return field


def _cell(lead: Lead, field: LeadField, sight: Sight, people: Mapping[str, str]) -> Cell:
    value = value_of(lead, field)
    if sight.hides(field):
        return Cell("", None, is_hidden=value not in (None, ""))
    text, at_ms, _ = shown_value(value, field, people)
    return Cell(text, at_ms, is_number=field.data_type == "Number")
