"""Hooks: your code before and after each attempt of a call."""

import inspect
import logging
from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

from leadwire.clock import Clock, IdSource
from leadwire.sdk.call_info import CallInfo
from leadwire.sdk.calls import Call
from leadwire.sdk.errors import Misuse, SdkError
from leadwire.sdk.headers import header_fault
from leadwire.sdk.hosts import Origin

_log = logging.getLogger("leadwire.sdk")

_REDACTED: Final = "REDACTED"
_TRACE_PARTS: Final = 4


class Attempt:
    """One attempt of a call. It holds no keys.

    Before and after: *operation*, *method*, *host*, *path* without a query, *number* (from 1), *id*
    (the attempt's id in the client's call log) and *trace_id*. After: *call*, the facts that
    results and errors carry; *error*, why the attempt failed, else None; *duration_seconds* of this
    attempt alone; *retry_in_seconds*, the wait before the next attempt, None if this was the last.
    """

    call: CallInfo | None

    def __init__(self, call: Call[Any], *, origin: Origin, path: str, number: int) -> None:
        self.operation = call.operation
        self.method = call.method
        self.host = f"{origin.scheme}://{origin.authority}"
        self.path = path
        self.number = number
        self.id = ""
        self.trace_id = ""
        self.call = None
        self.error: SdkError | None = None
        self.duration_seconds = 0.0
        self.retry_in_seconds: float | None = None
        self.headers: dict[str, str] = {}
        """What ``add_header`` added."""
        self.sent = call
        self.origin = origin
        self.started_at_ms = 0
        self.started_ns = 0

    def __repr__(self) -> str:
        return f"Attempt({self.operation or self.path}, number={self.number}, id={self.id!r})"

    @property
    def url(self) -> str:
        """The URL with REDACTED in place of each value in its query."""
        names = [part.partition("=")[0] for part in self.sent.query.split("&") if part]
        query = "&".join(f"{name}={_REDACTED}" for name in names)
        return f"{self.host}{self.path}" + (f"?{query}" if query else "")

    def add_header(self, name: str, value: str) -> None:
        """Send a header with this attempt. Call it before the attempt only.

        ``traceparent`` replaces the client's own. Raises Misuse for an invalid or reserved header.
        """
        fault = header_fault(name, value)
        if fault:
            raise Misuse(fault)
        self.headers[name.lower()] = value
        parts = value.split("-")
        if name.lower() == "traceparent" and len(parts) == _TRACE_PARTS:
            self.trace_id = parts[1]

    def begin(self, clock: Clock, ids: IdSource) -> None:
        """Note when the attempt begins."""
        self.started_at_ms = clock.now_ms()
        self.started_ns = clock.elapsed_ns()
        self.id = ids.call_id(self.started_at_ms)


class Hook:
    """Your code around each attempt. Override one method or both.

    ``AsyncClient`` also takes ``async def`` methods. A hook sees no keys and cannot stop the call:
    its exceptions are ignored, and their types logged to ``leadwire.sdk``. If the caller cancels
    the call, only plain methods run. Hooks run in the order of the list, after the pace's wait.
    """

    def before_attempt(self, attempt: Attempt) -> object:
        """Called before the request is sent. May call ``attempt.add_header``."""

    def after_attempt(self, attempt: Attempt) -> object:
        """Called when the attempt has ended, however it ended."""


class Notice(NamedTuple):
    """A step of a flow: the driver calls these methods of hooks with the attempt."""

    methods: tuple[Callable[[Attempt], object], ...]
    attempt: Attempt


def hooks_fault(hooks: object, *, takes_coroutines: bool) -> str:
    """The fault in the option ``hooks`` as a sentence; empty if there is none."""
    if not isinstance(hooks, Sequence) or not all(isinstance(hook, Hook) for hook in hooks):
        return "hooks must be a list of objects whose class derives from leadwire.Hook."
    if not takes_coroutines and any(
        inspect.iscoroutinefunction(method)
        for hook in hooks
        for method in (hook.before_attempt, hook.after_attempt)
    ):
        return "Client takes hooks with plain methods. Use AsyncClient for hooks with async def."
    return ""


def before(hooks: Sequence[Hook], attempt: Attempt) -> Notice:
    """The notice of an attempt that begins."""
    return Notice(tuple(hook.before_attempt for hook in hooks), attempt)


def after(hooks: Sequence[Hook], attempt: Attempt) -> Notice:
    """The notice of an attempt that ended."""
    return Notice(tuple(hook.after_attempt for hook in hooks), attempt)


def notify(notice: Notice) -> None:
    """Call the plain methods of a notice. What they raise is logged, and the call goes on."""
    for method in notice.methods:
        if not inspect.iscoroutinefunction(method):
            try:
                method(notice.attempt)
            except Exception as fault:  # noqa: BLE001  # a hook may raise anything
                _log_fault(fault)


async def notify_waiting(notice: Notice) -> None:
    """As ``notify``, also for methods whose answer must be awaited."""
    for method in notice.methods:
        try:
            answer = method(notice.attempt)
            if inspect.isawaitable(answer):
                await answer
        except Exception as fault:  # noqa: BLE001
            _log_fault(fault)


def _log_fault(fault: Exception) -> None:
    # Only the type: the text may hold anything.
    _log.error("a hook raised %s; the call goes on", type(fault).__name__)
