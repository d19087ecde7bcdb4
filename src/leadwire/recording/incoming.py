"""The body of a call as it arrives, within bounds.

A body is read only once a layer asks for it, because the keys are checked first. A body that no
layer wants is read and dropped, up to a bound: most clients read the answer only after sending.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any, NamedTuple

from leadwire.errors import CallerGone, LeadwireError, ServerBusy
from leadwire.recording.draft import Draft

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class BodyLimits(NamedTuple):
    """In bytes: one body, all open bodies together, what is dropped, a refused call's body."""

    bytes_max: int
    together_bytes_max: int
    discard_bytes_max: int
    refused_bytes_max: int


class Bodies:
    """The memory of all open calls' bodies. *met* is told which bound cut something.

    A body that arrives in one piece is not counted: the server held all of it already.
    """

    def __init__(self, limits: BodyLimits, met: Callable[[str], None]) -> None:
        self.limits = limits
        self.met = met
        self.held_bytes = 0


class IncomingBody:
    """One call's body. ``release`` must follow, whatever happened."""

    def __init__(self, draft: Draft, receive: Receive, bodies: Bodies) -> None:
        self._draft = draft
        self._receive = receive
        self._bodies = bodies
        self._held_bytes = 0
        self._has_begun = False
        self.has_ended = False
        """Whether all of the body has arrived."""

    async def read(self) -> None:
        """Fill the draft's body; what is over the limit for one body is marked as missing.

        A second call does nothing.
        Raises CallerGone; ServerBusy when all bodies together are too large; and what the server
        found wrong with the rest of the body.
        """
        if self._has_begun:
            return
        self._has_begun = True
        chunk = await self._next()
        if self.has_ended and len(chunk) <= self._bodies.limits.bytes_max:
            self._draft.body, self._draft.body_bytes = chunk, len(chunk)
            return
        if not await self._gather(chunk, self._bodies.limits.bytes_max):
            raise ServerBusy("The bodies of the calls under way hold too much memory.")
        if not self._draft.is_body_whole:
            self._bodies.met("request_body_bytes_max")

    async def discard(self, *, is_awaited: bool) -> None:
        """Read a body that no layer asked for, and keep its beginning for the record.

        *is_awaited*: the caller waits for 100 Continue, so without it no body comes.
        Raises CallerGone.
        """
        if self._has_begun or is_awaited:
            return
        try:
            await self._gather(await self._next(), self._bodies.limits.refused_bytes_max)
        except CallerGone:
            raise
        except LeadwireError:
            return  # the call has its answer already

    def release(self) -> None:
        self._bodies.held_bytes -= self._held_bytes
        self._held_bytes = 0

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] != "http.request":
            raise message.get("fault") or CallerGone("The caller broke off.")
        self.has_ended = not message.get("more_body")
        chunk: bytes = message.get("body", b"")
        return chunk

    async def _gather(self, chunk: bytes, bytes_max: int) -> bool:
        """Read to the end; False when there is no memory for it. The draft gets what is kept."""
        draft, limits = self._draft, self._bodies.limits
        kept: list[bytes] = []
        has_room = True
        try:
            while True:
                draft.body_bytes += len(chunk)
                if draft.is_body_whole:
                    has_room = self._hold(len(chunk))
                    missing = draft.body_bytes - bytes_max if has_room else len(chunk)
                    draft.is_body_whole = missing <= 0
                    kept.append(chunk if missing <= 0 else chunk[: len(chunk) - missing])
                if self.has_ended:
                    return has_room
                if draft.body_bytes > bytes_max + limits.discard_bytes_max:
                    self._bodies.met("request_discard_bytes_max")
                    return has_room
                chunk = await self._next()
        except CallerGone:
            raise
        except LeadwireError:
            if has_room:
                raise
            return False  # it was refused before the rest failed
        finally:
            draft.body = b"".join(kept)
            if not has_room:
                draft.body = draft.body[: limits.refused_bytes_max]
                self.release()

    def _hold(self, more_bytes: int) -> bool:
        if self._bodies.held_bytes + more_bytes > self._bodies.limits.together_bytes_max:
            self._bodies.met("request_bodies_bytes_max")
            return False
        self._bodies.held_bytes += more_bytes
        self._held_bytes += more_bytes
        return True
