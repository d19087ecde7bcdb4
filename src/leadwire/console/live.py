"""New calls of lists as server-sent events; each event has table rows, and the list's counts.

One stream may follow several lists, so that all tabs of a browser share one. Streams of the same
list, zone and columns share a channel: it polls the store, counts and renders once for all.

A stream ends after some minutes. The browser then reconnects with the last event's id, which has
the position of each list in the log. A call may come twice, and the page drops it by its id. No
call is missed.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import parse_qs, urlsplit

import anyio
import msgspec
from anyio import to_thread
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from leadwire.access.viewer import Viewer
from leadwire.calls.record import CallRecord
from leadwire.console.call_list import CallList
from leadwire.console.filters import Filters, filters_from_parameters
from leadwire.console.finding import API_LOGS_PATH
from leadwire.console.preferences import preferences
from leadwire.console.reading import reading_calls
from leadwire.console.services import ConsoleServices
from leadwire.errors import LeadwireError

LIVE_PATH: Final = "/console/live"
POLL_SECONDS: Final = 1
HEARTBEAT_POLLS: Final = 15
RETRY_MS: Final = 2_000
ROWS_MAX: Final = 200
"""Per event. Further calls follow at once in the next event."""
STREAMS_MAX: Final = 100
LISTS_MAX: Final = 20
"""A stream follows at most this many lists."""
_WAITING_MAX: Final = 50
"""At most this many events wait for a slow reader. Then its stream ends, and it asks again."""
_COUNTING_SHARE: Final = 20
_PAUSE_SECONDS_MAX: Final = 5

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One list of a stream. *key* is equal for lists whose events are the same."""

    calls: CallList
    viewer: Viewer
    filters: Filters
    key: Key


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """What followed a position. *more*: another poll would find calls now."""

    calls: tuple[CallRecord, ...]
    place: str
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """The JSON of new calls up to *place*; without calls None."""

    place: str
    content: msgspec.Raw | None


class Channel:
    """Polls for one list and sends each event to all its streams. On the event loop's thread."""

    def __init__(self, live: "Live", followed: Followed, place: str) -> None:
        self._live = live
        self._followed = followed
        self._place = place
        self._streams: dict[asyncio.Queue[tuple[int, Event | None]], int] = {}
        self._task = asyncio.create_task(self._run())

    def join(self, stream: asyncio.Queue[tuple[int, Event | None]], number: int) -> None:
        """Each event arrives in *stream* as (*number*, event); None ends the stream."""
        self._streams[stream] = number

    def leave(self, stream: asyncio.Queue[tuple[int, Event | None]]) -> bool:
        """Whether nobody follows the list any more; its polling has then ended."""
        self._streams.pop(stream, None)
        if not self._streams:
            self._task.cancel()
        return not self._streams

    async def _run(self) -> None:
        try:
            while True:
                fresh = await to_thread.run_sync(self._live.look, self._followed, self._place)
                self._place, pause = fresh.place, float(POLL_SECONDS)
                if fresh.calls:
                    started = anyio.current_time()
                    self._send(await to_thread.run_sync(self._live.event, self._followed, fresh))
                    # Counting must not cost the server more than a small part of its time.
                    pause = max(pause, _COUNTING_SHARE * (anyio.current_time() - started))
                else:
                    self._send(Event(place=fresh.place, content=None))
                if not fresh.more:
                    await anyio.sleep(min(pause, _PAUSE_SECONDS_MAX))
        except LeadwireError:
            # The log can't be read. The browsers ask again, and that answer says why.
            self._send(None)

    def _send(self, event: Event | None) -> None:
        for stream, number in self._streams.items():
            if stream.full():
                stream.get_nowait()
                event = None
            stream.put_nowait((number, event))


class Live:
    """``stream`` runs on the event loop's thread."""

    def __init__(self, services: ConsoleServices, lists: tuple[CallList, ...]) -> None:
        self._services = services
        self._lists = {calls.path: calls for calls in lists}
        self._channels: dict[Key, Channel] = {}
        self._open = 0

    async def stream(self, request: Request) -> Response:
        """New calls of each ``list`` after ``Last-Event-ID``, else after its ``after``, else from
        now on. A ``list`` is the address of its page.
        """  # noqa: D205  # one thought
        if self._open >= STREAMS_MAX:
            raise HTTPException(status_code=429)
        # Before the response starts, so that an invalid filter or an ended session gets its status.
        followed, first = await to_thread.run_sync(self._first, request)
        return StreamingResponse(
            self._events(request, followed, first),
            media_type="text/event-stream",
            headers={"X-Accel-Buffering": "no"},
        )

    def look(self, followed: Followed, place: str) -> Fresh:
        """The calls after *place*, newest first. Raises QueryError or CallLogUnreadable."""
        asked = followed.calls.finder.asked(followed.viewer, followed.filters, rows_max=ROWS_MAX)
        with reading_calls():
            new = self._services.calls.since(asked.query, place or self._services.calls.place())
        calls = sorted(new.calls, key=lambda call: (call.started_at_ms, call.sequence))[::-1]
        return Fresh(calls=tuple(calls), place=new.place, more=new.more)

    def event(self, followed: Followed, fresh: Fresh) -> Event:
        content = followed.calls.live_parts(followed.viewer, followed.filters, fresh.calls)
        return Event(place=fresh.place, content=msgspec.Raw(msgspec.json.encode(content)))

    def _first(self, request: Request) -> tuple[list[Followed], list[Fresh]]:
        self._lists[API_LOGS_PATH].finder.viewer(request)
        addresses = request.query_params.getlist("list")
        if not 0 < len(addresses) <= LISTS_MAX:
            raise HTTPException(status_code=400)
        after = request.headers.get("last-event-id", "").split(",")
        followed, first = [], []
        for number, address in enumerate(addresses):
            path, parameters = _parted(address)
            calls = self._lists.get(path)
            if calls is None:
                raise HTTPException(status_code=404)
            viewer = calls.finder.viewer(request)
            filters = replace(
                filters_from_parameters(path, parameters), cursor="", limit="", trail=()
            )
            chosen = preferences()
            account = "" if calls.finder.refused else viewer.account_id
            one = Followed(
                calls=calls,
                viewer=viewer,
                filters=filters,
                key=(
                    account, path, tuple(filters.values.items()), viewer.may_see_bodies,
                    chosen.zone_name, chosen.columns,
                ),
            )  # fmt: skip
            place = after[number] if len(after) == len(addresses) else ""
            followed.append(one)
            first.append(self.look(one, place or parameters.get("after", "")))
        return followed, first

    async def _events(
        self, request: Request, followed: list[Followed], first: list[Fresh]
    ) -> AsyncIterator[bytes]:
        self._open += 1
        arrived: asyncio.Queue[tuple[int, Event | None]] = asyncio.Queue(_WAITING_MAX)
        places = [fresh.place for fresh in first]
        try:
            yield f"retry: {RETRY_MS}\nid: {','.join(places)}\n\n".encode()
            # Joined before catching up, so that nothing falls between the two.
            known = [
                self._join(*each, arrived) for each in enumerate(zip(followed, first, strict=True))
            ]
            for number, (one, fresh) in enumerate(zip(followed, first, strict=True)):
                async for event in self._missed(one, fresh, until_now=known[number]):
                    yield _sent(number, event, places)
            with suppress(LeadwireError):
                async for sent in self._live(request, followed, arrived, places):
                    yield sent
        finally:
            self._open -= 1
            for one in followed:
                channel = self._channels.get(one.key)
                if channel is not None and channel.leave(arrived):
                    del self._channels[one.key]

    def _join(
        self,
        number: int,
        asked: tuple[Followed, Fresh],
        arrived: asyncio.Queue[tuple[int, Event | None]],
    ) -> bool:
        """Whether the list's channel is older than the stream, so that it may be further on."""
        followed, fresh = asked
        channel = self._channels.get(followed.key)
        is_known = channel is not None
        if channel is None:
            channel = self._channels[followed.key] = Channel(self, followed, fresh.place)
        channel.join(arrived, number)
        return is_known

    async def _missed(
        self, followed: Followed, fresh: Fresh, *, until_now: bool
    ) -> AsyncIterator[Event]:
        """Events of what followed the stream's own position: *fresh*, or all *until_now*."""
        while True:
            if fresh.calls:
                yield await to_thread.run_sync(self.event, followed, fresh)
            if not (fresh.more and until_now):
                return
            fresh = await to_thread.run_sync(self.look, followed, fresh.place)

    async def _live(
        self,
        request: Request,
        followed: list[Followed],
        arrived: asyncio.Queue[tuple[int, Event | None]],
        places: list[str],
    ) -> AsyncIterator[bytes]:
        """What the channels send. Raises NotSignedIn when the session ends."""
        ends_at = anyio.current_time() + POLL_SECONDS * self._services.settings.calls_live_looks_max
        polls = 0
        while anyio.current_time() < ends_at and not self._services.stopping():
            with anyio.move_on_after(POLL_SECONDS):
                number, event = await arrived.get()
                if event is None:
                    return
                if event.content is None:
                    places[number] = event.place
                    continue
                await to_thread.run_sync(followed[number].calls.finder.viewer, request)
                yield _sent(number, event, places)
                continue
            polls += 1
            await to_thread.run_sync(followed[0].calls.finder.viewer, request)
            if polls % HEARTBEAT_POLLS == 0:
                # Sent with the positions, so that the next poll skips calls that did not match.
                yield f": nothing new\nid: {','.join(places)}\n\n".encode()


def _parted(address: str) -> tuple[str, dict[str, str]]:
    """(path, parameters) of a page's address."""
    parts = urlsplit(address)
    return parts.path, {name: values[-1] for name, values in parse_qs(parts.query).items()}


def _sent(number: int, event: Event, places: list[str]) -> bytes:
    """The bytes of an event of list *number*; its position is then the last."""
    places[number] = event.place
    # JSON has no raw line breaks, which would end the event's field.
    data = msgspec.json.encode({"list": number, "parts": event.content})
    return b"id: %b\nevent: calls\ndata: %b\n\n" % (",".join(places).encode(), data)
