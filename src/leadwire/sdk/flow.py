"""The steps of a call, without I/O: prepare, wait for the rate, send, judge, retry.

A flow is a generator. It yields a Wait or an Outgoing and receives None, a Reply or a Failure. A
blocking and an asynchronous driver carry flows out. All decisions are made here.
"""

from collections.abc import Generator
from contextlib import suppress
from itertools import count
from typing import Any, Final, Generic, NamedTuple, TypeVar

from leadwire.clock import IdSource
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
from leadwire.sdk.calls import Call
from leadwire.sdk.hosts import Origin, origin_for
from leadwire.sdk.keys import KeyPair
from leadwire.sdk.options import Options
from leadwire.sdk.shared import Attempt, Flow, Outgoing, Shared, Wait

T = TypeVar("T")

_NS: Final = 1_000_000_000
_CHANCE_DIGITS: Final = 4
_TRACE_DIGITS, _SPAN_DIGITS = 32, 16
_TRACE_PARTS: Final = 4


def carry_out(call: Call[T], options: Options, shared: Shared, origin: Origin) -> Flow[T]:
    """The flow of *call*. Returns the result or raises an SdkError."""
    shared.keys.check(call.keys)
    origin = origin_for(origin, call.keys, call.api_type)
    parts = _trace_parts(options.headers, shared.ids)
    maybe_applied = False
    for number in count(1):
        yield from _admitted(call, shared)
        span = shared.ids.hex_digits(_SPAN_DIGITS)
        attempt = Attempt(call, origin=origin, number=number, trace_id=parts.trace_id)
        outgoing = _outgoing(call, options, shared, origin, parts.header(span))
        outcome = yield from _sent(outgoing, attempt, shared)
        # No variable may hold a key once a call has failed: error trackers record local variables.
        settled = _settled(outcome, call, number, origin, shared.keys)
        outcome, verdict = settled.outcome, settled.verdict
        _log(attempt, outcome, verdict.error, shared)
        if verdict.error is None:
            return settled.result  # type: ignore[return-value]  # the type that read returned, None included
        seconds = _pause(verdict, call, options, shared, number)
        # A lost attempt stays uncertain, however later attempts end.
        maybe_applied = maybe_applied or verdict.error.maybe_applied
        if seconds is None:
            verdict.error.maybe_applied = maybe_applied
            raise verdict.error
        yield Wait(seconds)
    raise AssertionError  # count() never ends


def _admitted(call: Call[Any], shared: Shared) -> Generator[Wait, Any, None]:
    """Wait for the call's turn under the account's rate."""
    throttle, clock, kind = shared.throttle, shared.clock, call.limit_class
    ticket = throttle.enter(kind)
    try:
        while wait_ns := throttle.wait_ns(kind, ticket, clock.elapsed_ns()):
            yield Wait(wait_ns / _NS)
    finally:
        # Also if the caller gives up waiting, so that the queue moves on.
        throttle.leave(kind, ticket)


def _sent(
    outgoing: Outgoing, attempt: Attempt, shared: Shared
) -> Generator[Outgoing, Reply | Failure | None, Reply | Failure]:
    attempt.begin(shared.clock)
    try:
        outcome = yield outgoing
    except BaseException:
        # The driver was interrupted or cancelled during the call.
        _log(attempt, Failure(errors.ConnectionLost, "cancelled by the caller", sent=True), None,
             shared)  # fmt: skip
        raise
    assert outcome is not None  # noqa: S101  # every driver answers an Outgoing
    return outcome


class _Settled(NamedTuple, Generic[T]):
    """The result of an attempt. Neither the error nor the outcome holds a key."""

    outcome: Reply | Failure
    verdict: Verdict
    result: T | None = None


def _settled(
    outcome: Reply | Failure, call: Call[T], number: int, origin: Origin, keys: KeyPair
) -> _Settled[T]:
    if isinstance(outcome, Failure):
        verdict = _unanswered(outcome, call, number, origin)
    else:
        verdict = judge(outcome, call, number, keys)
        if verdict.error is None:
            with suppress(UnexpectedShape):
                return _Settled(outcome, verdict, call.read(verdict.tree))
            verdict = unreadable(outcome, call, number, keys)
        outcome = verdict.reply or outcome
    error = verdict.error
    assert error is not None  # noqa: S101  # a success has returned
    error.args = (keys.without(str(error)),)  # the text names the path of a raw call
    return _Settled(outcome, verdict)


def _unanswered(outcome: Failure, call: Call[Any], number: int, origin: Origin) -> Verdict:
    text = f"{call.operation or call.path} at {origin}: {outcome.message}"
    text += f" ({number} attempts)" if number > 1 else ""
    text += "; it may have been carried out" if outcome.sent and not call.repeatable else ""
    error = outcome.error(
        text, operation=call.operation, attempts=number, maybe_applied=outcome.sent
    )
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
    if verdict.rate is not None and verdict.rate.window_seconds <= WINDOW_SECONDS:
        shared.throttle.learn(
            call.limit_class, verdict.rate.calls_max, float(verdict.rate.window_seconds)
        )
    if isinstance(error, errors.RateLimited):
        asked = error.retry_after_seconds
        held = min(WINDOW_SECONDS if asked is None else asked, WINDOW_SECONDS)
        until_ns = shared.clock.elapsed_ns() + int(held * _NS)
        shared.throttle.hold(call.limit_class, until_ns)
    return seconds


def _log(
    attempt: Attempt, outcome: Reply | Failure, error: errors.SdkError | None, shared: Shared
) -> None:
    log = shared.call_log
    if log is not None and log.level != "off":
        log.add(attempt, outcome, error, shared)


def _outgoing(
    call: Call[Any], options: Options, shared: Shared, origin: Origin, traceparent: str
) -> Outgoing:
    path = origin.prefix + call.path
    own = {name.lower() for name, _ in options.headers}
    headers = [
        ("Accept", "application/json"),
        ("Accept-Encoding", "gzip, deflate"),
        ("User-Agent", shared.user_agent),
    ]
    if call.body or call.method != "GET":
        headers.append(("Content-Type", call.media_type))
    kept = [(name, value) for name, value in headers if name.lower() not in own]
    return Outgoing(
        method=call.method,
        origin=origin,
        target=f"{path}?{call.query}" if call.query else path,
        headers=(
            *kept,
            *(pair for pair in options.headers if pair[0].lower() != "traceparent"),
            ("traceparent", traceparent),
        ),
        body=call.body,
        timeout_seconds=options.timeout_seconds,
        keys=call.keys,
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
