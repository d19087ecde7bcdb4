"""Records and folders for the tests of call stores."""

from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.clock import SystemIds
from leadwire.dates import DAY_MS

NOON_MS = 1_795_435_200_000 // DAY_MS * DAY_MS + DAY_MS // 2
_IDS = SystemIds()


class FixedClock:
    def __init__(self, at_ms: int = NOON_MS) -> None:
        self.at_ms = at_ms

    def now_ms(self) -> int:
        return self.at_ms

    def elapsed_ns(self) -> int:
        return self.at_ms * 1_000_000


def call(at_ms: int = NOON_MS, **fields: object) -> CallRecord:
    """An ordinary successful call of account ``a1`` with a fresh id."""
    values = {
        "call_id": _IDS.call_id(at_ms),
        "started_at_ms": at_ms,
        "duration_ms": 1.5,
        "account_id": "a1",
        "api_type": "Lead",
        "operation": "Lead.Capture",
        "method": "POST",
        "path": "/v2/LeadManagement.svc/Lead.Capture",
        "status_code": 200,
        "outcome": "success",
    }
    return CallRecord(**(values | fields))


def every(**fields: object) -> CallQuery:
    return CallQuery(**({"account_id": None} | fields))
