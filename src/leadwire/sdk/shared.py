"""Data shared by the parts of the SDK: the steps of a flow, and the state of a client."""

from collections.abc import Generator
from typing import Generic, NamedTuple, Protocol, TypeVar

from leadwire.clock import Clock, IdSource
from leadwire.operations.operation import Keys
from leadwire.sdk.answers import Failure, Reply
from leadwire.sdk.call_info import CallInfo
from leadwire.sdk.errors import SdkError
from leadwire.sdk.hooks import Attempt, Notice
from leadwire.sdk.hosts import Origin
from leadwire.sdk.keys import KeyPair
from leadwire.sdk.masking import Mask
from leadwire.sdk.pace import Throttle

T = TypeVar("T")


class Wait(NamedTuple):
    """A step of a flow: wait so long."""

    seconds: float


class Outgoing(NamedTuple):
    """A request without keys. Only the transport adds them. The ``repr`` shows no header."""

    method: str
    origin: Origin
    target: str
    """Path and query string, encoded."""
    headers: tuple[tuple[str, str], ...]
    body: bytes
    timeout_seconds: float | None
    answer_bytes_max: int
    keys: Keys
    """The keys that the transport adds."""
    mask: Mask

    def __repr__(self) -> str:
        return f"Outgoing({self.method} {self.origin}{self.target.partition('?')[0]})"


class Done(NamedTuple, Generic[T]):
    """A call that succeeded: its result, the answer as it came, and which call it was."""

    result: T
    reply: Reply
    call: CallInfo

    def __repr__(self) -> str:
        return f"Done({self.call!r})"


Step = Wait | Outgoing | Notice
Flow = Generator[Step, Reply | Failure | None, T]


class AttemptLog(Protocol):
    """Records attempts. ``CallLog`` is one."""

    @property
    def level(self) -> str:
        """What is kept of an attempt."""
        ...

    def add(
        self,
        attempt: Attempt,
        outcome: Reply | Failure,
        error: SdkError | None,
        *,
        mask: Mask,
        user_agent: str,
    ) -> None:
        """Record a finished attempt. Raises nothing."""
        ...


class Shared(NamedTuple):
    """The state that all calls of a client share."""

    keys: KeyPair
    throttle: Throttle
    clock: Clock
    ids: IdSource
    user_agent: str
    call_log: AttemptLog | None
