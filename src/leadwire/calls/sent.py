"""A call as its sender saw it: one record for each attempt."""

from leadwire.calls.record import CallRecord


class SentCall(CallRecord, frozen=True, kw_only=True, gc=False):
    """A record of vantage ``sdk``.

    The attempts of one call share their ``trace_id``, which the server's records have, too. Its
    ``repr`` shows neither bodies nor parameters, which may be personal.
    """

    attempt: int = 1
    """From 1, for each call."""
    host: str = ""
    """Where it was sent: scheme, host and port."""

    def __repr__(self) -> str:
        what = self.operation or self.method
        return f"SentCall({self.call_id!r}, {what!r}, status_code={self.status_code})"
