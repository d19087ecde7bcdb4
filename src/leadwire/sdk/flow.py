"""The steps of a call, without I/O: prepare, wait for the rate, send, judge, retry.

A flow is a generator. It yields a Wait, a Notice for hooks, or an Outgoing, and receives a Reply or
a Failure for the last. A blocking and an asynchronous driver carry flows out. All decisions are
made here.
"""

import logging
import re
from collections.abc import Generator
from contextlib import suppress
from itertools import count
from typing import Any, Final, Generic, NamedTuple, TypeVar

from leadwire.clock import IdSource
from leadwire.headers import CALL_ID_HEADER, NOTICE_HEADER
from leadwire.operations.plans import WINDOW_SECONDS
from leadwire.sdk import errors
from leadwire.sdk.answers import (
    Failure,
    Reply,
    UnexpectedShape,
    Verdict,
    judge,
    unreadable,
)
from leadwire.sdk.call_info import CallInfo
from leadwire.sdk.calls import Call
from leadwire.sdk.hooks import Attempt, after, before, notify
from leadwire.sdk.hosts import Origin, origin_for
from leadwire.sdk.masking import Mask, MaskedHeaders
from leadwire.sdk.options import Options
from leadwire.sdk.rows import FromCall
from leadwire.sdk.shared import Done, Flow, Outgoing, Shared, Step, Wait
from leadwire.visible import visible

T = TypeVar("T")

_NS: Final = 1_000_000_000
_CHANCE_DIGITS: Final = 4
_TRACE_DIGITS, _SPAN_DIGITS = 32, 16
_TRACE_PARTS: Final = 4
_CALL_ID: Final = CALL_ID_HEADER.lower()
_NOTICE: Final = NOTICE_HEADER.lower()
_logger = logging.getLogger("leadwire.sdk")
_IS_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}").fullmatch
"""No spelling of a key has this form, apart from a key that is itself a UUID."""


def carry_out(call: Call[T], options: Options, shared: Shared, origin: Origin) -> Flow[Done[T]]:
    """The flow of *call*. Returns the result with its call, or raises an SdkError."""
    shared.keys.check(call.keys)
    origin = origin_for(origin, call.keys, call.api_type)
    path = origin.prefix + call.path
    trace = _trace_parts(options.headers, shared.ids)
    # Only the path of a raw call can hold a key.
    shown = path if call.operation else options.mask.without(path)
    course = _Course(call, options, shared, started_ns=shared.clock.elapsed_ns())
    maybe_applied = False
    for number in count(1):
        ticket = yield from _admitted(call, shared)
        attempt = Attempt(call, origin=origin, path=shown, number=number)
        attempt.trace_id = trace.trace_id
        attempt.begin(shared.clock, shared.ids)
        outcome = yield from _sent(course, attempt, path, trace, ticket)
        # No variable may hold a key once a call has failed: error trackers record local variables.
        settled = _settled(course, attempt, outcome)
        outcome, error = settled.outcome, settled.verdict.error
        if error is not None:
            attempt.error = error
            attempt.retry_in_seconds = _pause(settled.verdict, call, options, shared, number)
            # A lost attempt stays uncertain, however later attempts end.
            maybe_applied = error.maybe_applied = maybe_applied or error.maybe_applied
        _log(course, attempt, outcome)
        if options.hooks:
            yield after(options.hooks, attempt)
        if settled.done is not None:
            return settled.done
        if attempt.retry_in_seconds is None:
            assert error is not None  # noqa: S101  # a success has returned
            raise error
        yield Wait(attempt.retry_in_seconds)
    raise AssertionError  # count() never ends


class _Course(NamedTuple):
    """What all attempts of one call share."""

    call: Call[Any]
    options: Options
    shared: Shared
    started_ns: int

    def mask(self, attempt: Attempt) -> Mask:
        """The client's mask, and the secrets that hooks added to *attempt*."""
        return self.options.mask.also(attempt.headers.items())

    def info(self, attempt: Attempt, reply: Reply | None) -> CallInfo:
        """The facts of the call after *attempt*. Also notes how long the attempt took."""
        mask = self.mask(attempt)
        now_ns = self.shared.clock.elapsed_ns()
        attempt.duration_seconds = (now_ns - attempt.started_ns) / _NS
        answered = "" if reply is None else reply.headers.get(_CALL_ID, "")
        if answered and (mask.has(answered) or not _IS_UUID(answered)):
            answered = mask.without(answered)
        return CallInfo(
            operation=attempt.operation,
            method=attempt.method,
            host=attempt.host,
            path=attempt.path,
            status=None if reply is None else reply.status,
            headers={} if reply is None else MaskedHeaders(reply.headers, mask),
            call_id=answered or attempt.id,
            attempt_id=attempt.id,
            trace_id=attempt.trace_id,
            attempts=attempt.number,
            duration_seconds=(now_ns - self.started_ns) / _NS,
        )


def _admitted(call: Call[Any], shared: Shared) -> Generator[Wait, Any, int]:
    """Wait for the call's turn under the account's rate. Returns its ticket."""
    throttle, clock, kind = shared.throttle, shared.clock, call.limit_class
    ticket = throttle.enter(kind)
    try:
        while wait_ns := throttle.wait_ns(kind, ticket, clock.elapsed_ns()):
            yield Wait(wait_ns / _NS)
    finally:
        # Also if the caller gives up waiting, so that the queue moves on.
        throttle.leave(kind, ticket)
    return ticket


def _sent(
    course: _Course, attempt: Attempt, path: str, trace: "_TraceParts", ticket: int
) -> Generator[Step, Reply | Failure | None, Reply | Failure]:
    """Send one attempt, with the hooks before it."""
    hooks, shared = course.options.hooks, course.shared
    try:
        if hooks:
            yield before(hooks, attempt)
        span = shared.ids.hex_digits(_SPAN_DIGITS)
        outcome = yield _outgoing(course, attempt, path, trace.header(span))
    except BaseException:
        # The driver was interrupted or cancelled during the call.
        lost = Failure(errors.ConnectionLost, "cancelled by the caller", sent=True)
        settled = _settled(course, attempt, lost)
        attempt.error = settled.verdict.error
        _log(course, attempt, lost)
        notify(after(hooks, attempt))
        raise
    finally:
        now_ns = shared.clock.elapsed_ns()
        shared.throttle.arrived(course.call.limit_class, ticket, now_ns)
    assert outcome is not None  # noqa: S101  # every driver answers an Outgoing
    return outcome


class _Settled(NamedTuple, Generic[T]):
    """The end of an attempt. Neither the error nor the outcome holds a key."""

    outcome: Reply | Failure
    verdict: Verdict
    done: Done[T] | None = None

    def __repr__(self) -> str:
        return f"_Settled({self.verdict.error or 'success'})"


def _settled(course: _Course, attempt: Attempt, outcome: Reply | Failure) -> _Settled[Any]:
    call, mask = course.call, course.mask(attempt)
    info = course.info(attempt, outcome if isinstance(outcome, Reply) else None)
    attempt.call = info
    if isinstance(outcome, Failure):
        verdict = _unanswered(outcome, call, info)
    else:
        verdict = judge(outcome, call, info, mask, now_ms=course.shared.clock.now_ms())
        if verdict.error is None:
            with suppress(UnexpectedShape):
                result = call.read(verdict.tree)
                if isinstance(result, FromCall):
                    result.came_from(info)
                _tell_notice(info)
                return _Settled(outcome, verdict, Done(result, outcome, info))
            verdict = unreadable(outcome, call, info, mask)
        outcome = verdict.reply or outcome
    if verdict.error is not None:
        attempt.call = verdict.error.call
    return _Settled(outcome, verdict)


def _tell_notice(info: CallInfo) -> None:
    """Log what a leadwire server says beside a body, such as the name of an unknown field."""
    notice = info.headers.get(_NOTICE)
    if notice:
        what = info.operation or info.path
        _logger.warning("%s: %s (call %s)", what, visible(notice), info.call_id)


def _unanswered(outcome: Failure, call: Call[Any], info: CallInfo) -> Verdict:
    text = f"{call.operation or info.path} at {info.host}: {outcome.message}"
    text += f" ({info.attempts} attempts)" if info.attempts > 1 else ""
    text += "; it may have been carried out" if outcome.sent and not call.repeatable else ""
    error = outcome.error(text, call=info, maybe_applied=outcome.sent)
    error.retryable = not outcome.lasting
    return Verdict(error=error)


def _pause(
    verdict: Verdict, call: Call[Any], options: Options, shared: Shared, number: int
) -> float | None:
    """Seconds until the next attempt; None if this was the last. Also holds other calls back."""
    error = verdict.error
    assert error is not None  # noqa: S101  # the caller has checked
    chance = int(shared.ids.hex_digits(_CHANCE_DIGITS), 16) / 16**_CHANCE_DIGITS
    seconds = options.retry.wait_seconds(error, call, attempt=number, chance=chance)
    now_ns = shared.clock.elapsed_ns()
    if verdict.rate is not None and verdict.rate.window_seconds <= WINDOW_SECONDS:
        shared.throttle.learn(
            call.limit_class, verdict.rate.calls_max, float(verdict.rate.window_seconds), now_ns
        )
    if isinstance(error, errors.RateLimited):
        asked = error.retry_after_seconds
        held = min(WINDOW_SECONDS if asked is None else asked, WINDOW_SECONDS)
        shared.throttle.hold(call.limit_class, now_ns + int(held * _NS))
    return seconds


def _log(course: _Course, attempt: Attempt, outcome: Reply | Failure) -> None:
    log = course.shared.call_log
    if log is not None and log.level != "off":
        user_agent = course.shared.user_agent
        log.add(attempt, outcome, attempt.error, mask=course.mask(attempt), user_agent=user_agent)


def _outgoing(course: _Course, attempt: Attempt, path: str, traceparent: str) -> Outgoing:
    call, options = course.call, course.options
    own = [
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip, deflate"),
        ("User-Agent", course.shared.user_agent),
    ]
    if call.body or call.method != "GET":
        own.append(("Content-Type", call.media_type))
    # The later of two headers of one name is sent. The caller's trace id is in our traceparent.
    named = {name.lower(): (name, value) for name, value in (*own, *options.headers)}
    named["traceparent"] = ("traceparent", traceparent)
    named |= {name: (name, value) for name, value in attempt.headers.items()}
    return Outgoing(
        method=call.method,
        origin=attempt.origin,
        target=f"{path}?{call.query}" if call.query else path,
        headers=tuple(named.values()),
        body=call.body,
        timeout_seconds=options.timeout_seconds,
        answer_bytes_max=options.answer_bytes_max,
        keys=call.keys,
        mask=course.mask(attempt),
    )


class _TraceParts(NamedTuple):
    """The W3C Trace Context: the caller's trace if there is one, else a new one."""

    trace_id: str
    flags: str

    def header(self, span_id: str) -> str:
        return f"00-{self.trace_id}-{span_id}-{self.flags}"


def _trace_parts(headers: tuple[tuple[str, str], ...], ids: IdSource) -> _TraceParts:
    given = next((value for name, value in headers if name.lower() == "traceparent"), "")
    parts = given.strip().split("-")
    if len(parts) == _TRACE_PARTS and len(parts[1]) == _TRACE_DIGITS and parts[1].isalnum():
        return _TraceParts(parts[1], parts[3])
    return _TraceParts(ids.hex_digits(_TRACE_DIGITS), "01")
