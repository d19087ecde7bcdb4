"""One call: from its head until the last byte of its answer.

Bytes of both directions pass on as they arrive. Only the last ones of the answer wait, until the
call's record is durable. Nothing is ever sent twice.
"""

from functools import partial
from typing import TYPE_CHECKING, Final

from leadwire.proxy import answers, changes
from leadwire.proxy.answer_heads import AnswerHeads
from leadwire.proxy.answers import own_answer
from leadwire.proxy.connecting import Unreachable
from leadwire.proxy.framing import NO_BODY, Body, FramingBroken, answer_body
from leadwire.proxy.head import AnswerHead, NotUnderstood, RequestHead
from leadwire.proxy.pace import Turn
from leadwire.proxy.sides import Caller, How, Shared
from leadwire.proxy.upstream import BUFFER_BYTES_MAX, Upstream, UpstreamConnection
from leadwire.proxy.watching import CallWatch, Ending, Stage, Timings
from leadwire.wire.faults import FaultKind

if TYPE_CHECKING:
    import asyncio

FIRST_BYTES_MAX: Final = 16_384
"""What is kept of bytes that could not be read."""
_FIRST_FINAL_STATUS: Final = 200
_SWITCHING_PROTOCOLS: Final = 101
_INTERIM_ANSWERS_MAX: Final = 100
_NS_PER_MS: Final = 1_000_000


class Exchange:
    """A call that is passed on to *upstream*. *request* is its body as it arrives."""

    __slots__ = (
        "_answer",
        "_began_ns",
        "_body",
        "_caller",
        "_closes",
        "_connection",
        "_early",
        "_early_bytes",
        "_gone_ms",
        "_gone_since",
        "_head",
        "_heads",
        "_interims",
        "_is_caller_full",
        "_is_heard",
        "_is_over",
        "_is_upstream_full",
        "_may_reuse",
        "_moved",
        "_now_ns",
        "_opening",
        "_reused",
        "_shared",
        "_since",
        "_timings",
        "_turn",
        "_unheard_bytes",
        "_unsent_bytes",
        "_upstream",
        "_watch",
        "request",
    )

    def __init__(
        self,
        shared: Shared,
        caller: Caller,
        watch: CallWatch,
        head: RequestHead,
        upstream: Upstream,
    ) -> None:
        self._shared = shared
        self._caller = caller
        self._watch = watch
        self._head = head
        self._upstream = upstream
        self._now_ns = shared.clock.elapsed_ns
        self._began_ns = self._now_ns()
        self._timings = Timings()
        self.request: Body = NO_BODY
        self._early: list[bytes] = []
        self._early_bytes = 0
        self._turn: Turn | None = None
        self._opening: asyncio.Task[None] | None = None
        self._connection: UpstreamConnection | None = None
        self._reused = False
        self._is_heard = False
        """Whether the upstream sent anything."""
        self._interims = 0
        self._heads = AnswerHeads(shared.limits.head_bytes)
        self._answer: AnswerHead | None = None
        self._body: Body = NO_BODY
        self._closes = head.closes
        self._may_reuse = False
        """Whether the answer leaves the connection to the upstream fit for another call."""
        self._is_upstream_full = False
        self._is_caller_full = False
        self._gone_ms: float | None = None
        self._gone_since: float | None = None
        self._unheard_bytes = 0
        self._is_over = False
        self._moved = True
        self._unsent_bytes = (0, 0)
        """What the caller and the upstream had not taken at the last look."""
        self._since = 0.0
        shared.begin_call(watch.call_id)

    # The caller's side.

    def start(self) -> None:
        """Send the call on, in its turn."""
        if self._is_over:  # the part of its body that came with its head was refused
            return
        pace = self._shared.pace
        if pace is None:
            self._connect()
        else:
            turn = self._turn = pace.ask(self._watch.caller, self)
            if turn.state == "waiting" and not self.request.ended:
                self._caller.pause()  # what is held is not read

    def request_bytes(self, data: bytes) -> int:
        """How many bytes at the start of *data* belong to this call."""
        if self._is_over:
            return len(data)
        self._moved = True
        try:
            taken = self.request.feed(data)
        except FramingBroken as broken:
            self._refuse_body(str(broken))
            return len(data)
        piece = data if taken == len(data) else data[:taken]
        if self._connection is not None:
            self._connection.write(piece)
            if self.request.ended:
                self._timings.sent = self._elapsed_ms()
        else:
            self._early.append(piece)
            self._early_bytes += taken
            if self._early_bytes >= BUFFER_BYTES_MAX:
                self._caller.pause()
        return taken

    def caller_is_full(self, *, full: bool) -> None:
        """The caller does not read as fast as it is answered; or it does again."""
        self._is_caller_full = full
        self._moved = True
        if self._connection is None:
            return
        if full:
            self._connection.pause()
        else:
            self._connection.resume()

    def caller_half_closed(self) -> None:
        """The caller sends nothing more. It may have left, or wait for its answer."""
        self._gone_ms = self._elapsed_ms()
        is_held = self._turn is not None and self._turn.state == "waiting"
        if is_held or not self.request.ended:
            self.caller_lost()

    def caller_lost(self) -> None:
        """The caller's connection is lost. A call that was sent whole is read on to its end."""
        if self._gone_ms is None:
            self._gone_ms = self._elapsed_ms()
        if self._is_over:
            return
        if self._connection is None:
            self._end("never_sent", "The caller left before the call was sent on.")
        elif not self.request.ended:
            reason = "The caller left before its request was complete."
            self._end("answer_cut" if self._answer else "sent_unanswered", reason)
        else:
            self._connection.resume()

    def stop(self) -> None:
        """End at once, because the proxy ends."""
        if not self._is_over:
            self._end(self._stage(), "The proxy was stopped.", how="abort")

    def tick(self, now: float) -> None:
        """Keep the time limits. *now* is the loop's time."""
        if self._is_over or self._connection is None:
            return
        if self._caller.is_gone:
            if self._gone_since is None:
                self._gone_since = now
            elif now - self._gone_since > self._shared.limits.gone_seconds:
                self._stop_reading_on()
        elif self._has_moved(self._connection):
            self._since = now
        else:
            self._check_wait(now - self._since)

    def _has_moved(self, connection: UpstreamConnection) -> bool:
        """Whether a side sent bytes, or took some, since the last look."""
        unsent = self._caller.unsent_bytes, connection.unsent_bytes
        has_moved = self._moved or unsent != self._unsent_bytes
        self._moved, self._unsent_bytes = False, unsent
        return has_moved

    def _check_wait(self, waited: float) -> None:
        limits = self._shared.limits
        if not self.request.ended:
            if waited > limits.idle_seconds:
                self._give_up_request()
        elif self._answer is None:
            if waited > limits.first_byte_seconds:
                self._fail(
                    "sent_unanswered",
                    answers.ANSWER_TIMEOUT,
                    f"{self._upstream.name} did not answer within "
                    f"{limits.first_byte_seconds:g} second(s).",
                )
        elif waited > limits.idle_seconds:
            if self._is_caller_full:
                self._caller.drop()
            else:
                self._cut(f"No byte came within {limits.idle_seconds:g} second(s).")

    # Sending.

    def turn_came(self, turn: Turn, held_ms: float) -> None:
        self._turn = turn
        self._timings.held = held_ms
        if held_ms and not self.request.ended:
            if self._caller.has_left():
                self.caller_lost()
                return
            self._caller.resume()
        self._connect()

    def turn_lost(self, held_ms: float, reason: str, retry_after_seconds: int) -> None:
        self._timings.held = held_ms
        self._fail("paced_out", answers.PACED_OUT, reason, retry_after_seconds=retry_after_seconds)

    def _connect(self) -> None:
        connection = self._upstream.take(self._shared.loop.time())
        if connection is not None:
            self._send(connection)
            return
        self._opening = self._shared.run(self._open())

    async def _open(self) -> None:
        try:
            connection = await self._upstream.open(self._timings, self._elapsed_ms)
        except Unreachable as error:
            kind = answers.CONNECT_TIMEOUT if error.timed_out else answers.UNREACHABLE
            self._opening = None
            self._fail("never_sent", kind, str(error))
            return
        self._opening = None
        self._send(connection)

    def _send(self, connection: UpstreamConnection) -> None:
        if not connection.is_open:
            sentence = f"{self._upstream.name} closed a new connection before it was used."
            self._fail("never_sent", answers.UNREACHABLE, sentence)
            return
        self._connection = connection
        self._reused = connection.uses > 0
        connection.user = self
        connection.uses += 1
        head = changes.request_head(
            self._head, authority=self._upstream.authority, call_id=self._watch.call_id
        )
        if self._turn is not None:
            self._turn.sent()
        self._watch.sending()
        connection.write(b"".join((head, *self._early)))
        self._early.clear()
        self._moved = True
        if self.request.ended:
            self._timings.sent = self._elapsed_ms()
        elif not self._is_upstream_full:
            self._caller.resume()

    # The upstream's side.

    def upstream_is_full(self, *, full: bool) -> None:
        self._is_upstream_full = full
        self._moved = True
        if self.request.ended:
            return
        if full:
            self._caller.pause()
        else:
            self._caller.resume()

    def answer_bytes(self, data: bytes) -> None:
        self._moved = self._is_heard = True
        if self._caller.is_gone:
            self._unheard_bytes += len(data)
            if self._unheard_bytes > self._shared.limits.gone_bytes:
                self._stop_reading_on()
                return
        try:
            if self._answer is None:
                self._read_heads(data)
            else:
                self._read_body(data, b"")
        except NotUnderstood as why:
            self._not_understand(str(why))

    def upstream_ended(self, error: Exception | None) -> None:
        if self._answer is not None:
            if self._body.ends_at_close and error is None:
                self._answered(b"", is_all=False)
            else:
                self._cut("The upstream closed the connection before the answer's end.")
        elif not self._heads.is_empty:
            self._not_understand("it ended within its head")
        elif self._reused and not self._is_heard:
            # A new connection would have told the caller the same: nothing but its end.
            self._end(
                "sent_unanswered",
                "The upstream closed a connection that was used before, without an answer.",
                how="close",
            )
        else:
            self._fail(
                "sent_unanswered",
                answers.UNANSWERED,
                f"{self._upstream.name} closed the connection without an answer.",
            )

    def _read_heads(self, data: bytes) -> None:
        if self._heads.is_empty:
            self._timings.first_byte = self._elapsed_ms()
        self._heads.add(data)
        while (head := self._heads.take()) is not None:
            if head.status >= _FIRST_FINAL_STATUS:
                self._begin_answer(head)
                return
            self._pass_interim(head)
            self._timings.first_byte = None if self._heads.is_empty else self._elapsed_ms()

    def _pass_interim(self, head: AnswerHead) -> None:
        if head.status == _SWITCHING_PROTOCOLS:
            raise NotUnderstood("it switches to a protocol that was not asked for")
        self._interims += 1
        if self._interims > _INTERIM_ANSWERS_MAX:
            raise NotUnderstood(f"more than {_INTERIM_ANSWERS_MAX} interim answers came before it")
        self._watch.interim(head)
        if self._head.version == b"HTTP/1.1" and not self._caller.is_gone:
            call_id = self._watch.call_id
            self._caller.write(changes.answer_head(head, call_id=call_id, closes=False))

    def _begin_answer(self, head: AnswerHead) -> None:
        self._body = answer_body(head, self._head.method, self._watch.answer_body)
        self._answer = head
        is_unclear = self._body.ends_at_close or _can_be_read_in_two_ways(head)
        self._may_reuse = not (is_unclear or head.closes)
        self._closes = (
            self._closes or is_unclear or not self.request.ended or self._shared.is_draining
        )
        self._watch.answer_head(head)
        raw = changes.answer_head(head, call_id=self._watch.call_id, closes=self._closes)
        self._read_body(self._heads.rest(), raw)

    def _read_body(self, data: bytes, head: bytes) -> None:
        """Pass *data* on after *head*; hold both back if the answer ends with them."""
        try:
            taken = self._body.feed(data)
        except FramingBroken as broken:
            self._caller.write(head + data)
            self._cut(f"The answer's chunks cannot be read: {broken}.")
            return
        if self._body.ended:
            held = head + (data if taken == len(data) else data[:taken])
            self._answered(held, is_all=taken == len(data))
        elif not self._caller.is_gone:
            self._caller.write(head + data if head else data)

    # Ending.

    def _answered(self, held: bytes, *, is_all: bool) -> None:
        """The answer has ended. *is_all*: the upstream sent nothing after it."""
        connection, answer = self._connection, self._answer
        if connection is not None and answer is not None:
            self._connection = None
            is_clean = is_all and self.request.ended and not connection.unsent_bytes
            if is_clean and self._may_reuse:
                connection.note_keep_alive(answer)
                connection.resume()
                self._upstream.give(connection, self._shared.loop.time())
            else:
                connection.abort()
        self._end("answered", "", data=held, how="close" if self._closes else "keep")

    def _refuse_body(self, why: str) -> None:
        stage: Stage = "refused" if self._connection is None else "sent_unanswered"
        message = f"The chunks of the request's body cannot be read: {why}."
        if self._answer is not None:
            self._cut(message)
        else:
            self._fail(stage, answers.INVALID, message)

    def _give_up_request(self) -> None:
        seconds = f"{self._shared.limits.idle_seconds:g} second(s)"
        if self._answer is not None:
            self._cut(f"No byte came within {seconds}.")
        elif self._is_upstream_full:
            sentence = f"{self._upstream.name} did not read the request for {seconds}."
            self._fail("sent_unanswered", answers.ANSWER_TIMEOUT, sentence)
        else:
            sentence = f"No byte of the request's body came for {seconds}."
            self._fail("sent_unanswered", answers.TOO_SLOW, sentence)

    def _not_understand(self, why: str) -> None:
        self._fail(
            "not_understood",
            answers.NOT_UNDERSTOOD,
            f"The answer of {self._upstream.name} cannot be read: {why}.",
            first_bytes=self._heads.first_bytes(FIRST_BYTES_MAX),
        )

    def _stop_reading_on(self) -> None:
        stage: Stage = "answer_cut" if self._answer else "sent_unanswered"
        self._end(stage, "The caller had left, and the answer did not end within the limits.")

    def _cut(self, reason: str) -> None:
        """End an answer that has begun, so that the caller sees that it is not whole."""
        how: How = "abort" if self._body.ends_at_close else "close"
        self._end("answer_cut", reason, how=how)

    def _fail(
        self,
        stage: Stage,
        kind: FaultKind,
        message: str,
        *,
        first_bytes: bytes = b"",
        retry_after_seconds: int = 0,
    ) -> None:
        """Answer the call ourselves. The upstream's answer has not begun."""
        closes = self._closes or not self.request.ended or self._shared.is_draining
        if self._caller.is_gone:
            self._end(stage, message, first_bytes=first_bytes)
            return
        own = own_answer(
            kind,
            message,
            call_id=self._watch.call_id,
            closes=closes,
            retry_after_seconds=retry_after_seconds,
        )
        self._watch.answer_head(own.head)
        self._watch.answer_body(own.body)
        self._end(
            stage,
            message,
            own_status=kind.status_code,
            first_bytes=first_bytes,
            data=own.wire_bytes(with_body=self._head.method != b"HEAD"),
            how="close" if closes else "keep",
        )

    def _end(
        self,
        stage: Stage,
        reason: str,
        *,
        data: bytes = b"",
        how: How = "abort",
        own_status: int = 0,
        first_bytes: bytes = b"",
    ) -> None:
        self._is_over = True
        self._timings.end = self._elapsed_ms()
        if self._turn is not None:
            self._turn.cancel()
        if self._opening is not None:
            self._opening.cancel()
        if self._connection is not None:
            self._connection.abort()
            self._connection = None
        ending = Ending(
            stage,
            own_status,
            reason,
            first_bytes,
            self._gone_ms,
            self._reused,
            self._timings,
        )
        self._watch.close(ending, partial(self._closed, data, how))

    def _closed(self, data: bytes, how: How) -> None:
        self._shared.end_call(self._watch.call_id)
        self._caller.end_call(data, how)

    def _stage(self) -> Stage:
        if self._connection is None:
            return "never_sent"
        return "answer_cut" if self._answer else "sent_unanswered"

    def _elapsed_ms(self) -> float:
        return (self._now_ns() - self._began_ns) / _NS_PER_MS


def _can_be_read_in_two_ways(head: AnswerHead) -> bool:
    """Whether the answer has chunks, and a length or a version without chunks.

    It is passed on, and both connections close.
    """
    return b"transfer-encoding" in head.names and (
        b"content-length" in head.names or head.version != b"HTTP/1.1"
    )
