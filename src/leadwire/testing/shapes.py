"""The answers of the control interface, as a test reads them."""

from typing import Any

import msgspec

_TEXT_MAX = 80


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A recorded call."""

    call_id: str
    sequence: int
    started_at: str
    """``yyyy-MM-dd HH:mm:ss.fff``, UTC."""
    operation: str
    method: str
    path: str
    query: str
    request_body: str
    status_code: int
    response_body: str
    outcome: str
    exception_type: str
    exception_message: str
    duration_ms: float
    fault: str
    """The fault that it met, and what was delivered; empty if it met none."""

    @property
    def request(self) -> Any:  # noqa: ANN401  # any JSON
        """The request's JSON. An array of ``Attribute`` and ``Value`` is read as a dict.

        Raises ValueError if the body is not JSON.
        """
        return _read(self.request_body)

    @property
    def response(self) -> Any:  # noqa: ANN401  # any JSON
        """The answer's JSON, read as ``request``."""
        return _read(self.response_body)

    def __str__(self) -> str:
        told = self.exception_type or self.fault or self.request_body[:_TEXT_MAX]
        return f"{self.started_at}  {self.status_code}  {self.operation or self.path}  {told}"


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """What a receiver of webhooks got."""

    event: str
    webhook_id: str
    delivery_id: str
    attempt: int
    headers: dict[str, str]
    body: str
    answered: int
    """The status that the receiver answered."""

    @property
    def json(self) -> Any:  # noqa: ANN401  # any JSON
        """The body's JSON."""
        return msgspec.json.decode(self.body)


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """Where the clock stands, and what happened on the way."""

    now: str
    """``yyyy-MM-dd HH:mm:ss.fff``, UTC."""
    frozen: bool
    steps: int = 0
    fired: dict[str, int] = {}
    """Jobs that ran, by queue: webhooks, async_calls, reminders, mails."""
    waiting: dict[str, str] = {}
    """When the next job of each queue is due."""
    complete: bool = True
    """False: the time for the advance was up before it got there."""


def _read(body: str) -> Any:  # noqa: ANN401  # any JSON
    value = msgspec.json.decode(body)
    pairs = value if isinstance(value, list) else []
    if pairs and all(isinstance(pair, dict) and "Attribute" in pair for pair in pairs):
        return {pair["Attribute"]: pair.get("Value") for pair in pairs}
    return value
