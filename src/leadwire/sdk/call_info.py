"""Which call a result or an error came from."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec


class CallInfo(msgspec.Struct, frozen=True, kw_only=True):
    """The call that a result or an error came from. Holds no key and cannot be changed.

    *operation* is the name in the catalogue; empty for another path. *host* is scheme, name and
    port. *path* has no query. *call_id* finds the call in the log of the leadwire server that
    answered, else in this client's call log. *attempt_id* is the last attempt's id in this client's
    call log, and *trace_id* is the same in both logs. *attempts* counts how often the call was
    sent. *duration_seconds* runs from the start of the call to the end of its last attempt, with
    all waits. *status* is None, and *headers* are empty, if no answer came. The names of headers
    are in lower case.
    """

    operation: str = ""
    method: str = ""
    host: str = ""
    path: str = ""
    status: int | None = None
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    call_id: str = ""
    attempt_id: str = ""
    trace_id: str = ""
    attempts: int = 1
    duration_seconds: float = 0.0

    def __repr__(self) -> str:
        what = self.operation or self.path
        return (
            f"CallInfo({self.method} {what}, status={self.status}, call_id={self.call_id!r}, "
            f"attempts={self.attempts}, duration_seconds={self.duration_seconds:.3f})"
        )

    def to_dict(self) -> dict[str, Any]:
        """All members as plain values, for a log line."""
        return msgspec.structs.asdict(self) | {"headers": dict(self.headers)}


NO_CALL: Final = CallInfo(attempts=0)
"""For an object or an error that no call made, such as one that a test makes."""
