"""The page of one lead: its fields with the calls that set them, and its timeline."""

from collections.abc import Mapping
from typing import Final, NamedTuple
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from leadwire.access.viewer import Viewer
from leadwire.calls.record import CallRecord
from leadwire.console.leads.fields import groups_of
from leadwire.console.leads.history import history_of
from leadwire.console.leads.reader import CallsAbout, Reader, asked_text
from leadwire.console.leads.timeline import (
    CALL,
    ENTRY_KINDS,
    KIND_WORDS,
    Entry,
    call_entry,
    calls_after,
    joined,
    moment_entry,
    place_of,
)
from leadwire.console.rendering import Pages
from leadwire.console.services import ConsoleServices
from leadwire.crm.leads.removal import merged_into
from leadwire.crm.leads.rows import Lead, get_lead
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.timeline import Moment, Place, moments_of_lead
from leadwire.crm.unit import Unit
from leadwire.dates import HOUR_MS

LEADS_PATH: Final = "/console/leads"
ENTRIES_SHOWN: Final = 50
_CALLS_OF_PAGE: Final = 200
"""More than a page shows: some of a place's millisecond may stand before the place."""
_GONE: Final = 410
_ID_CHARS_MAX: Final = 64


class _Asked(NamedTuple):
    """What the address asks for, and by whom."""

    viewer: Viewer
    people: Mapping[str, str]
    lead_id: str
    kinds: list[str]
    """Of the timeline; without any, all are shown."""
    place: Place | None
    """Where the timeline goes on."""
    with_empty: bool
    """Whether fields without a value are shown."""

    @property
    def shows_calls(self) -> bool:
        return not self.kinds or CALL in self.kinds


class _Found(NamedTuple):
    lead: Lead
    schema: LeadSchema
    moments: list[Moment]


class LeadPage:
    def __init__(self, services: ConsoleServices, reader: Reader, pages: Pages) -> None:
        self._services = services
        self._settings = services.settings
        self._reader = reader
        self._pages = pages

    async def page(self, request: Request) -> Response:
        """Raises HTTPException 404, whether the lead is unknown or in another account."""
        asked = await self._asked(request)

        def look(unit: Unit) -> _Found | None:
            lead = get_lead(unit, asked.lead_id)
            if lead is None:
                return None
            kinds = asked.kinds or ENTRY_KINDS
            moments = moments_of_lead(
                unit, lead.lead_id, kinds, after=asked.place, rows_max=ENTRIES_SHOWN + 1
            )
            return _Found(lead, unit.schema, moments)

        found = await self._reader.read(asked.viewer, asked.people, look)
        if found is None:
            return await self._without_lead(asked.viewer, asked.people, asked.lead_id)
        return await self._page(asked, found, await self._calls(asked.viewer, found.lead))

    async def _asked(self, request: Request) -> _Asked:
        viewer = await self._reader.viewer(request)
        given = request.query_params
        return _Asked(
            viewer,
            await self._reader.people(viewer),
            asked_text(request.path_params["lead_id"], _ID_CHARS_MAX).lower(),
            [kind for kind in given.getlist("show") if kind in ENTRY_KINDS],
            place_of(asked_text(given.get("after", ""))),
            given.get("fields") == "all",
        )

    async def _page(self, asked: _Asked, found: _Found, about: CallsAbout) -> Response:
        lead, schema = found.lead, found.schema
        sight = self._reader.sight(asked.viewer)
        history = history_of(lead, schema, about.calls)
        groups = groups_of(
            lead, schema, history, sight=sight, people=asked.people, with_empty=asked.with_empty
        )
        entries = await self._entries(asked, found, about)
        url = _Urls(asked)
        more = len(entries) > ENTRIES_SHOWN
        return self._pages.answer(
            "leads/lead.html",
            viewer=asked.viewer,
            lead=lead,
            name=sight.name_of(lead),
            sight=sight,
            groups=groups,
            fields_set=sum(row.is_set for group in groups for row in group.rows),
            fields_all=sum(not field.hidden for field in schema.fields),
            with_empty=asked.with_empty,
            made_by=history.made_by,
            about=about,
            entries=entries[:ENTRIES_SHOWN],
            kinds=asked.kinds,
            kind_words=KIND_WORDS,
            url=url,
            is_first=asked.place is None,
            older_url=url.of(after=entries[ENTRIES_SHOWN - 1].place) if more else "",
            people=asked.people,
            settings=self._settings,
            calls_url=calls_url(lead.lead_id),
        )

    async def _calls(self, viewer: Viewer, lead: Lead) -> CallsAbout:
        # No call can name a lead before it is made; a clock may have stepped since.
        return await self._reader.calls_about(
            viewer,
            lead.lead_id,
            calls_max=self._settings.lead_calls_max,
            from_ms=max(lead.created_on - HOUR_MS, 0),
        )

    async def _calls_of_page(self, asked: _Asked, about: CallsAbout) -> list[CallRecord]:
        """The calls of this page of the timeline; a further search only if it is an old page."""
        if not asked.shows_calls:
            return []
        place = asked.place
        known = calls_after(about.calls, place)
        if len(known) > ENTRIES_SHOWN or not (about.more or about.stopped):
            return known
        oldest_ms = about.calls[-1].started_at_ms if about.calls else None
        if about.stopped and (place is None or oldest_ms is None or place.at_ms >= oldest_ms):
            return known  # the same search would stop at the same call
        older = await self._reader.calls_about(
            asked.viewer,
            asked.lead_id,
            calls_max=_CALLS_OF_PAGE,
            until_ms=None if place is None else place.at_ms + 1,
        )
        return calls_after(older.calls, place)

    async def _entries(self, asked: _Asked, found: _Found, about: CallsAbout) -> list[Entry]:
        """At most one more than a page shows, newest first."""
        now_ms = self._services.clock.now_ms()
        sight = self._reader.sight(asked.viewer)
        calls = await self._calls_of_page(asked, about)
        called = [
            (
                call,
                call_entry(call, asked.lead_id, found.schema, sight=sight, people=asked.people),
            )
            for call in calls[: ENTRIES_SHOWN + 1]
        ]
        things = [
            moment_entry(moment, sight=sight, people=asked.people, now_ms=now_ms)
            for moment in found.moments
        ]
        return joined(called, things)[: ENTRIES_SHOWN + 1]

    async def _without_lead(
        self, viewer: Viewer, people: Mapping[str, str], lead_id: str
    ) -> Response:
        """A page that says what became of a lead that was merged or deleted.

        Raises HTTPException 404 if the account never had such a lead, as far as it knows.
        """
        merged = await self._reader.read(viewer, people, lambda unit: merged_into(unit, lead_id))
        about = await self._reader.calls_about(
            viewer, lead_id, calls_max=self._settings.lead_calls_max
        )
        deleted_by = next(
            (c for c in about.calls if c.operation == "Lead.Delete" and c.outcome == "success"),
            None,
        )
        if merged is None and deleted_by is None:
            raise HTTPException(status_code=404)
        return self._pages.answer(
            "leads/gone.html",
            viewer=viewer,
            status_code=_GONE,
            lead_id=lead_id,
            master_id=merged[0] if merged else "",
            deleted_by=deleted_by,
            calls=about.calls[:ENTRIES_SHOWN],
            people=people,
            calls_url=calls_url(lead_id),
        )


class _Urls:
    """Addresses of the same page with other choices."""

    def __init__(self, asked: _Asked) -> None:
        self._path = f"{LEADS_PATH}/{asked.lead_id}"
        self._kinds = asked.kinds
        self._with_empty = asked.with_empty

    def of(
        self, *, show: str | None = None, with_empty: bool | None = None, after: str = ""
    ) -> str:
        """*show* is one kind, or empty for all. What is left out stays as it is."""
        kinds = self._kinds if show is None else [show] if show else []
        query = [("show", kind) for kind in kinds]
        if self._with_empty if with_empty is None else with_empty:
            query.append(("fields", "all"))
        if after:
            query.append(("after", after))
        return f"{self._path}?{urlencode(query)}" if query else self._path


def calls_url(thing_id: str) -> str:
    """The list of the calls that name a thing."""
    return "/console/api-logs?" + urlencode({"q": thing_id})
