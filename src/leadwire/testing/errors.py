"""What can go wrong in a test: each is an exception of its own."""

from leadwire.errors import LeadwireError
from leadwire.testing.shapes import Call


class ServerFailed(LeadwireError):
    """The server could not start. The text is its error output."""


class ControlRefused(LeadwireError):
    """The control interface refused a request. The text says what is wrong, and where."""


class UnmetFaults(AssertionError):
    """No call met a fault that the test had set: it does not test what it seems to."""


class NotMet(AssertionError):
    """The calls were not those that the test expected. The text shows what came instead."""

    def __init__(self, message: str, *, calls: list[Call], nearest: list[Call]) -> None:
        lines = [message, *(f"  {call}" for call in (calls or nearest))]
        super().__init__("\n".join(lines))
        self.calls = calls
        """The calls that matched."""
        self.nearest = nearest
        """Other calls of the account."""
