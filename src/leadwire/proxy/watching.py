"""What the relay tells the recording about each call: the one interface between the two.

The relay moves bytes and knows no records. The recording sees each byte and moves none. All
methods run on the event loop and return at once.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

from leadwire.proxy.head import AnswerHead, RequestHead

Stage = Literal[
    "answered",
    "refused",
    "never_sent",
    "sent_unanswered",
    "not_understood",
    "answer_cut",
    "paced_out",
]
"""How far a call came.

- ``answered``: the upstream's whole answer was read.
- ``refused``: the proxy refused the request itself; the upstream saw nothing of it.
- ``never_sent``: no connection to the upstream, or the caller left before one was used.
- ``sent_unanswered``: at least one byte left, and no answer came. It may have been carried out.
- ``not_understood``: the upstream's answer is not HTTP. It may have been carried out.
- ``answer_cut``: the answer began and did not end. It may have been carried out.
- ``paced_out``: the call waited for its turn for too long, or too many others did.
"""


@dataclass(slots=True)
class Timings:
    """Milliseconds since the request's head had arrived. None: the call did not get that far."""

    name: float | None = None
    """The upstream's name was resolved (None on a reused connection)."""
    connect: float | None = None
    """The connection was made (None on a reused one)."""
    tls: float | None = None
    """TLS was agreed (None on a reused connection, and without TLS)."""
    sent: float | None = None
    """The request's last byte was handed to the system."""
    first_byte: float | None = None
    """The first byte of the final answer arrived."""
    end: float | None = None
    """The answer's last byte arrived, or the call ended without it."""
    held: float | None = None
    """How long the call waited for its turn. A duration, unlike the others."""


@dataclass(slots=True, eq=False)
class Ending:
    """How a call ended."""

    stage: Stage
    own_status: int = 0
    """Status of the proxy's own answer; 0: the upstream's was passed on, or there was none."""
    reason: str = ""
    """One sentence for a person; empty for ``answered``."""
    first_bytes: bytes = b""
    """The beginning of what was refused or not understood, unredacted."""
    client_gone_after_ms: float | None = None
    """When the caller closed its connection; None if it stayed for the whole answer."""
    reused_connection: bool = False
    """Whether an earlier call had used the connection to the upstream."""
    timings: Timings = field(default_factory=Timings)


class Refusal(NamedTuple):
    """A call that the recording does not admit. The caller gets *status* in the usual envelope."""

    status: int
    exception_type: str
    message: str
    call_id: str
    retry_after_seconds: int = 0


class CallWatch(Protocol):
    """The recording of one call."""

    call_id: str
    """Goes out as X-Leadwire-Proxy-Call-Id."""
    caller: str
    """Tells callers apart once ``request_head`` was called: a fingerprint of the keys, or empty."""

    def request_head(self, head: RequestHead, upstream: str) -> None:
        """*upstream* is the origin that the call goes to, as ``https://host:port``."""
        ...

    def request_body(self, payload: bytes) -> None:
        """Some of the body: without chunk framing, still content-encoded."""
        ...

    def sending(self) -> None:
        """The first byte leaves now: from here on, the call may be carried out."""
        ...

    def interim(self, head: AnswerHead) -> None:
        """An informational answer (1xx)."""
        ...

    def answer_head(self, head: AnswerHead) -> None:
        """The final answer, the upstream's or the proxy's own (``Ending.own_status``)."""
        ...

    def answer_body(self, payload: bytes) -> None:
        """Some of the answer's body: without chunk framing, still content-encoded."""
        ...

    def close(self, ending: Ending, closed: Callable[[], None]) -> None:
        """Call *closed* when the record is durable, or counted as lost: later, or at once.

        The relay holds back the last bytes of the answer until then. Raises nothing.
        """
        ...


class Recording(Protocol):
    """Watches all calls of one proxy."""

    def begin(self, peer: str) -> CallWatch | Refusal:
        """A request's head has arrived from the address *peer*, readable or not.

        A head that cannot be read is closed as ``refused`` without ``request_head``.
        """
        ...
