"""Data shared by the parts of the SDK: the steps of a flow, and the state of a client."""

from collections.abc import Generator
from typing import Any, NamedTuple, Protocol, TypeVar

from leadwire.clock import Clock, IdSource
from leadwire.operations.operation import Keys
from leadwire.sdk.answers import Failure, Reply
from leadwire.sdk.calls import Call
from leadwire.sdk.errors import SdkError
from leadwire.sdk.hosts import Origin
from leadwire.sdk.keys import KeyPair
from leadwire.sdk.pace import Throttle

T = TypeVar("T")


class Wait(NamedTuple):
    seconds: float


class Outgoing(NamedTuple):
    """A request without keys. Only the transport adds them."""

    method: str
    origin: Origin
    target: str
    """Path and query string, encoded."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_seconds: float | None
    keys: Keys
    """The keys that the transport adds."""


Flow = Generator[Wait | Outgoing, Reply | Failure | None, T]


class Attempt:
    """One attempt of a call, in progress."""

    __slots__ = ("call", "number", "origin", "started_at_ms", "started_ns", "trace_id")

    def __init__(self, call: Call[Any], *, origin: Origin, number: int, trace_id: str) -> None:
        self.call = call
        self.origin = origin
        self.number = number
        self.trace_id = trace_id
        self.started_at_ms = 0
        self.started_ns = 0

    def begin(self, clock: Clock) -> None:
        self.started_at_ms = clock.now_ms()
        self.started_ns = clock.elapsed_ns()


class AttemptLog(Protocol):
    """Records attempts. ``CallLog`` is one."""

    @property
    def level(self) -> str: ...

    def add(
        self,
        attempt: Attempt,
        outcome: Reply | Failure,
        error: SdkError | None,
        shared: "Shared",
    ) -> None: ...


class Shared(NamedTuple):
    """The state that all calls of a client share."""

    keys: KeyPair
    throttle: Throttle
    clock: Clock
    ids: IdSource
    user_agent: str
    call_log: AttemptLog | None
