"""One call while it passes: what is kept of it for its record."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from leadwire.proxy.closing import Seen
from leadwire.proxy.decoding import Kept
from leadwire.proxy.head import AnswerHead, RequestHead
from leadwire.proxy.room import HeldBytes
from leadwire.proxy.watching import Ending
from leadwire.recording.draft import Draft, Keys, Start

if TYPE_CHECKING:
    from leadwire.proxy.recording import ProxyRecording


class Prefix:
    """The first bytes of a body, up to a bound; the rest is counted."""

    __slots__ = ("_left", "_memory", "_pieces", "taken", "total")

    def __init__(self, bytes_max: int, memory: HeldBytes) -> None:
        self._left = bytes_max
        self._memory = memory
        self._pieces: list[bytes] = []
        self.taken = 0
        self.total = 0

    def add(self, payload: bytes) -> None:
        self.total += len(payload)
        if not self._left:
            return
        wanted = min(len(payload), self._left)
        taken = self._memory.take(wanted)
        self._left = self._left - taken if taken == wanted else 0
        self.taken += taken
        self._pieces.append(payload if taken == len(payload) else payload[:taken])

    @property
    def kept(self) -> Kept:
        return Kept(b"".join(self._pieces), self.total)


class WatchedCall:
    """A call that the relay tells about: see ``CallWatch``."""

    def __init__(self, recording: "ProxyRecording", start: Start, peer: str) -> None:
        self._recording = recording
        self.start = start
        self._peer = peer
        self._draft: Draft | None = None
        self._head: RequestHead | None = None
        self._upstream = ""
        self._sent = recording.prefix()
        self._answered = recording.prefix()
        self._interim: list[int] = []
        self._answer: AnswerHead | None = None
        self.note: int | None = None
        """The slot of its note, while there is one."""
        self._closed: Callable[[], None] | None = None
        self.call_id = start.call_id
        self.caller = ""

    def request_head(self, head: RequestHead, upstream: str) -> None:
        recording = self._recording
        self._head = head
        self._draft = recording.reader.draft(head, start=self.start, peer=self._peer)
        self._upstream = upstream
        self.caller = recording.callers.fingerprint(self._draft.keys)

    def request_body(self, payload: bytes) -> None:
        self._sent.add(payload)

    def sending(self) -> None:
        if self._draft is not None and self.note is None:
            self.note = self._recording.note(self._draft, self.caller, self._upstream)

    def interim(self, head: AnswerHead) -> None:
        self._interim.append(head.status)

    def answer_head(self, head: AnswerHead) -> None:
        self._answer = head

    def answer_body(self, payload: bytes) -> None:
        self._answered.add(payload)

    def close(self, ending: Ending, closed: Callable[[], None]) -> None:
        self._closed = closed
        self._recording.keep(self, ending)

    # What the recording asks for.

    @property
    def keys(self) -> Keys:
        return self._draft.keys if self._draft is not None else Keys()

    def seen(self, ending: Ending) -> Seen:
        """Everything that was seen of the call, which has ended."""
        recording = self._recording
        draft = self._draft or recording.reader.unread_draft(
            ending.first_bytes, ending.reason, start=self.start, peer=self._peer
        )
        return Seen(
            draft=draft,
            request=self._head,
            upstream=self._upstream,
            caller=self.caller or recording.callers.fingerprint(draft.keys),
            sent=self._sent.kept,
            interim=self._interim,
            answer=self._answer,
            answered=self._answered.kept,
            ending=ending,
            ended_ns=recording.clock.elapsed_ns(),
        )

    def kept(self) -> None:
        """The record is durable, or the call is counted as lost."""
        self._recording.memory.give_back(self._sent.taken + self._answered.taken)
        closed, self._closed = self._closed, None
        if closed is not None:
            closed()
