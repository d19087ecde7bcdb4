"""The callers' side: reads heads of requests, and makes a call of each."""

import asyncio
import re
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from leadwire.proxy import answers
from leadwire.proxy.answers import OF_REFUSED_HEAD, own_answer
from leadwire.proxy.changes import CALL_ID
from leadwire.proxy.exchange import FIRST_BYTES_MAX, Exchange
from leadwire.proxy.framing import request_body
from leadwire.proxy.head import (
    HEAD_END,
    HEAD_TOO_LARGE,
    TLS_RECORD,
    HeadRefused,
    RequestHead,
    has_bare_line_end,
    parse_request,
)
from leadwire.proxy.sides import How
from leadwire.proxy.upstream import BUFFER_BYTES_MAX, has_hung_up
from leadwire.proxy.watching import CallWatch, Ending, Refusal
from leadwire.wire.faults import FaultKind

if TYPE_CHECKING:
    from leadwire.proxy.relay import Relay

_EMPTY_LINES: Final = re.compile(rb"\A(?:\r\n)+")
_PENDING_BYTES_MAX: Final = 65_536
"""What is read of further requests while a call is in progress."""
_LINGER_SECONDS: Final = 2.0
"""A caller that still sends after its last answer is cut after this long without a byte."""


class Door(asyncio.Protocol):
    """One connection of a caller."""

    is_gone = False
    peer = ""
    _is_stopped = False

    def __init__(self, relay: "Relay") -> None:
        self._relay = relay
        self._now = relay.shared.loop.time
        self._transport: asyncio.Transport | None = None
        self._exchange: Exchange | None = None
        self._pending = b""
        """Bytes that do not belong to a call yet."""
        self._searched = 0
        """How many of them hold no end of a head."""
        self._is_refusing = False
        """Whether a refusal is being recorded. Then nothing more is read."""
        self._is_leaving = False
        """Whether the last answer was written. Then what still arrives is dropped."""
        self._is_full = False
        self._is_paused = False
        self._has_half_closed = False
        self._since = self._now()
        """When the connection became idle, when its head began, or when it began to leave."""
        self._heard_at = self._since
        """When a byte came that was dropped."""
        self._unsent_bytes = 0
        """Bytes of the last answer that were not read when the limits were last looked at."""

    @property
    def idle_since(self) -> float | None:
        """The loop's time since when there is no call; None while there is one."""
        return None if self._exchange or self._is_refusing or self._is_leaving else self._since

    # What asyncio calls.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=BUFFER_BYTES_MAX)
        address = transport.get_extra_info("peername")
        self.peer = address[0] if isinstance(address, tuple) else ""
        self._relay.welcome(self)

    def data_received(self, data: bytes) -> None:
        if self._is_leaving:
            self._heard_at = self._now()
            return
        if self._is_refusing:
            return
        exchange = self._exchange
        if exchange is not None and not exchange.request.ended:
            taken = exchange.request_bytes(data)
            if taken == len(data):
                return
            data = data[taken:]
        if not self._pending and exchange is None:
            self._since = self._now()
        self._pending = self._pending + data if self._pending else data
        if self._exchange is None:
            self._next_call()
        elif len(self._pending) > _PENDING_BYTES_MAX:
            self.pause()

    def eof_received(self) -> bool:
        self._has_half_closed = True
        if self._exchange is not None:
            self._exchange.caller_half_closed()
            return True
        return self._is_refusing  # otherwise there is nothing to wait for

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self.is_gone = True
        if self._exchange is not None:
            self._exchange.caller_lost()
        else:
            self._relay.leave(self)

    def pause_writing(self) -> None:
        self._is_full = True
        if self._exchange is not None:
            self._exchange.caller_is_full(full=True)

    def resume_writing(self) -> None:
        self._is_full = False
        if self._exchange is not None:
            self._exchange.caller_is_full(full=False)
        else:
            self._next_call()

    # What a call asks for.

    def write(self, data: bytes) -> None:
        if self._transport is not None and not self.is_gone:
            self._transport.write(data)

    def pause(self) -> None:
        if self._transport is not None and not self.is_gone:
            self._is_paused = True
            self._transport.pause_reading()

    def resume(self) -> None:
        if self._is_paused and self._transport is not None and not self.is_gone:
            self._is_paused = False
            self._transport.resume_reading()

    @property
    def unsent_bytes(self) -> int:
        return 0 if self._transport is None else self._transport.get_write_buffer_size()

    def has_left(self) -> bool:
        return self.is_gone or self._transport is None or has_hung_up(self._transport)

    def drop(self) -> None:
        if self._transport is not None:
            self._transport.abort()

    def end_call(self, data: bytes, how: How) -> None:
        exchange, self._exchange = self._exchange, None
        if self.is_gone:
            self._relay.leave(self)
            return
        if how == "abort":
            self.drop()
            return
        if data:
            self.write(data)
        self._since = self._now()
        is_last = self._is_stopped or (self._has_half_closed and not self._pending)
        if how == "close" or is_last:
            self._leave(at_once=exchange is None or exchange.request.ended)
            return
        self.resume()
        if self._pending:
            # Not at once: the next call may end at once too, and the one after it.
            self._relay.shared.loop.call_soon(self._next_call)

    # What the relay asks for.

    def tick(self, now: float) -> None:
        """Keep the time limits. *now* is the loop's time."""
        limits = self._relay.shared.limits
        if self._exchange is not None:
            self._exchange.tick(now)
        elif self._is_refusing:
            return
        elif self._is_leaving:
            self._await_end(now)
        elif self._pending and not self._is_full:
            if now - self._since > limits.head_seconds:
                sentence = (
                    f"The request's head did not arrive within {limits.head_seconds:g} second(s)."
                )
                self._refuse(answers.TOO_SLOW, sentence)
        elif now - self._since > self._relay.keep_alive_seconds:
            self.close()

    def turn_away(self, kind: FaultKind, message: str) -> None:
        """Answer a connection that gets no place. Nothing of it is recorded."""
        retry_after_seconds = 1 if kind is answers.BUSY else 0
        answer = own_answer(kind, message, retry_after_seconds=retry_after_seconds)
        self.write(answer.wire_bytes())
        self._leave(at_once=False)

    def _await_end(self, now: float) -> None:
        """Cut a caller that does not read its last answer, or does not stop sending."""
        unsent = self.unsent_bytes
        if unsent != self._unsent_bytes:
            self._unsent_bytes = unsent
            self._since = self._heard_at = now
        is_silent = not unsent and now - self._heard_at > _LINGER_SECONDS
        if is_silent or now - self._since > self._relay.shared.limits.idle_seconds:
            self.drop()

    def close(self) -> None:
        """Close a connection without a call, once its caller has read what was written."""
        self._leave(at_once=True)

    def stop(self) -> None:
        """End at once, because the proxy ends. No call begins after it."""
        self._is_stopped = True
        if self._exchange is not None:
            self._exchange.stop()
        else:
            self.drop()

    def _leave(self, *, at_once: bool) -> None:
        self._is_leaving = True
        self._pending = b""
        self._since = self._heard_at = self._now()
        if self._transport is None:
            return
        if at_once or self._has_half_closed:
            self._transport.close()
            return
        # What is still on its way would turn a close into a reset, which drops the answer.
        if self._transport.can_write_eof():
            self._transport.write_eof()
        self.resume()

    # Requests.

    def _next_call(self) -> None:
        """Begin the next call if its head has arrived."""
        if self._pending[:2] == b"\r\n":
            self._pending = _EMPTY_LINES.sub(b"", self._pending, count=1)
        is_busy = self._exchange is not None or self._is_refusing or self._is_leaving
        if not self._pending or self._is_full or is_busy:
            return
        start = max(0, self._searched - len(HEAD_END))
        end = self._pending.find(HEAD_END, start)
        size_max = self._relay.shared.limits.head_bytes
        if end < 0 and len(self._pending) <= size_max:
            self._searched = len(self._pending)
            # The line end may have arrived by half.
            if has_bare_line_end(self._pending[start:].removeprefix(b"\n")):
                self._refuse(answers.INVALID, _sentence("a line ends without a carriage return"))
            elif self._pending.startswith(TLS_RECORD):
                self._refuse(answers.INVALID, _sentence("it is TLS, and this port has none"))
            elif self._has_half_closed:
                self.close()
            return
        self._searched = 0
        if end < 0 or end > size_max:
            kind = OF_REFUSED_HEAD[HEAD_TOO_LARGE]
            self._refuse(kind, f"The request's head is larger than {size_max} bytes.")
            return
        end += len(HEAD_END)
        try:
            head = parse_request(self._pending[:end])
        except HeadRefused as refused:
            self._refuse(OF_REFUSED_HEAD[refused.status], _sentence(str(refused)))
            return
        self._begin(head, end)

    def _begin(self, head: RequestHead, end: int) -> None:
        relay = self._relay
        watch = relay.recording.begin(relay.address_of(self.peer, head))
        if isinstance(watch, Refusal):
            self._answer_refusal(watch, with_body=head.method != b"HEAD")
            return
        upstream = relay.upstream_of(head)
        try:
            request = request_body(head, watch.request_body)
        except HeadRefused as refused:
            self._refuse(OF_REFUSED_HEAD[refused.status], _sentence(str(refused)), watch)
            return
        if upstream is None:
            sentence = "The proxy has no upstream for the host that the request names."
            self._refuse(answers.INVALID, sentence, watch)
            return
        if CALL_ID in head.names and self._is_from_us(head):
            self._refuse(answers.LOOP, "The proxy's upstream leads back to the proxy.", watch)
            return
        watch.request_head(head, upstream.name)
        rest, self._pending = self._pending[end:], b""
        exchange = self._exchange = Exchange(relay.shared, self, watch, head, upstream)
        exchange.request = request
        if rest and not request.ended:
            taken = exchange.request_bytes(rest)
            rest = rest[taken:]
        self._pending = rest
        exchange.start()
        if self._has_half_closed and not request.ended:  # the rest will not come
            exchange.caller_lost()

    def _is_from_us(self, head: RequestHead) -> bool:
        """Whether the request is a call that this proxy has sent itself, and that is open."""
        ids = {value.decode("latin-1") for value in head.values(CALL_ID)}
        return not ids.isdisjoint(self._relay.shared.open_ids)

    def _answer_refusal(self, refusal: Refusal, *, with_body: bool = True) -> None:
        kind = FaultKind(refusal.status, refusal.exception_type, "", "")
        answer = own_answer(
            kind,
            refusal.message,
            call_id=refusal.call_id,
            retry_after_seconds=refusal.retry_after_seconds,
        )
        self.write(answer.wire_bytes(with_body=with_body))
        self._leave(at_once=False)

    def _refuse(self, kind: FaultKind, message: str, watch: CallWatch | None = None) -> None:
        """Answer a request that is not passed on, once it is recorded; then close."""
        first_bytes, self._pending = self._pending[:FIRST_BYTES_MAX], b""
        if watch is None:
            begun = self._relay.recording.begin(self.peer)
            if isinstance(begun, Refusal):
                self._answer_refusal(begun)
                return
            watch = begun
        self._is_refusing = True
        own = own_answer(kind, message, call_id=watch.call_id)
        watch.answer_head(own.head)
        watch.answer_body(own.body)
        ending = Ending("refused", kind.status_code, message, first_bytes)
        self._relay.shared.begin_call(watch.call_id)
        data = own.wire_bytes(with_body=not first_bytes.startswith(b"HEAD "))
        watch.close(ending, partial(self._refused, watch.call_id, data))

    def _refused(self, call_id: str, data: bytes) -> None:
        self._relay.shared.end_call(call_id)
        self._is_refusing = False
        self.write(data)
        self._leave(at_once=False)


def _sentence(clause: str) -> str:
    return f"The proxy does not pass the request on: {clause}."
