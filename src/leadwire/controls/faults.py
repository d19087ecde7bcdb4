"""Faults that a test asks for: what to break, for which calls, how often.

A fault is decided once for a call, between Gate and Dispatch: account, operation and body are
known, and nothing is written yet. The first fault that matches and has something left is taken.
"""

import fnmatch
import re
from collections.abc import Callable
from random import Random  # noqa: TID251  # seeded: a run can be repeated
from typing import Any, Final, Literal

import msgspec

from leadwire.calls.query import CallQuery, QueryError, condition_of, matcher
from leadwire.calls.record import CallRecord
from leadwire.controls.answers import NOT_FOUND, Refused, did_you_mean, wrong
from leadwire.operations import CATALOGUE
from leadwire.operations.webhooks import WEBHOOK_EVENTS

Kind = Literal[
    "status", "exception", "rate_limit", "html", "empty",
    "delay", "hang", "reset", "close", "truncate", "slow_body",
]  # fmt: skip
When = Literal["before_write", "after_write"]
Face = Literal[429, 403, 200]

WEBHOOK: Final = "webhook:"
"""Stands before the name of an event, in place of an operation: the fault meets deliveries."""
_REFUSALS: Final[tuple[Kind, ...]] = ("exception", "rate_limit")
_SPOIL_ANSWERS: Final[tuple[Kind, ...]] = ("truncate", "slow_body", "empty")
_OF_DELIVERIES: Final[tuple[Kind, ...]] = ("status", "delay", "hang", "reset", "close")
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_HEADER_VALUE: Final = re.compile(r"[\t\x20-\x7e\xa0-\xff]*")
_FOR_EVER: Final = "forever"
_DELAY_MS_MAX: Final = 600_000
_LONGEST: Final = 10_000_000


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One fault as a test writes it."""

    kind: Kind
    operation: str = "*"
    """A name of the catalogue, with ``*`` for any letters; or ``webhook:`` and an event."""
    account: str = ""
    """Empty: any account."""
    match: str = ""
    """A search of the call log, about the request: ``request:asha@example.com``."""
    when: When | None = None
    """Before anything is written, or after. By default what the kind needs."""
    skip: int = 0
    """This many matching calls go through first."""
    times: int | Literal["forever"] = 1
    probability: float = 1.0
    seed: int | None = None
    """With a probability below 1, so that the next run meets the same calls."""
    status: int | None = None
    """By default 503, of a page of HTML 502, of an exception 500."""
    body: str | None = None
    content_type: str = ""
    headers: dict[str, str] = {}
    exception_type: str = ""
    message: str = ""
    retry_after: int = 5
    face: Face = 429
    delay_ms: int = 0
    bytes: int = 0
    """How much of the answer's body arrives."""
    chunk_bytes: int = 16
    chunk_ms: int = 50

    @property
    def moment(self) -> When:
        if self.when is not None:
            return self.when
        return "after_write" if self.kind in _SPOIL_ANSWERS else "before_write"

    @property
    def status_code(self) -> int:
        by_kind = {"html": 502, "exception": 500}
        return by_kind.get(self.kind, 503) if self.status is None else self.status

    @property
    def is_of_deliveries(self) -> bool:
        return self.operation.startswith(WEBHOOK)


class Armed(msgspec.Struct):
    """A fault that was set, and how often it was met."""

    id: str
    fault: Fault
    matches: Callable[[CallRecord], bool]
    dice: Random | None
    seen: int = 0
    met: int = 0

    @property
    def left(self) -> int | None:
        """How many calls can still meet it; None: any number."""
        times = self.fault.times
        return None if times == _FOR_EVER else int(times) - self.met

    def shown(self) -> dict[str, Any]:
        fault = msgspec.to_builtins(self.fault)
        return {"id": self.id, "left": self.left, "met": self.met, **fault}


class FaultSet:
    """The faults of a running server. Belongs to the event loop."""

    def __init__(self) -> None:
        self._armed: dict[str, Armed] = {}
        self._count = 0

    def add(self, faults: list[Fault]) -> list[Armed]:
        """Arm *faults*: all of them, or none. Raises Refused."""
        made = [_armed(fault, place) for place, fault in enumerate(faults)]
        for armed in made:
            self._count += 1
            armed.id = f"f{self._count}"
            self._armed[armed.id] = armed
        return made

    def all(self, account_id: str | None = None) -> list[Armed]:
        """Those of an account and those of every account; None: all."""
        return [
            armed
            for armed in self._armed.values()
            if account_id is None or armed.fault.account in ("", account_id)
        ]

    def remove(self, fault_id: str) -> None:
        """Raises Refused if there is no such fault."""
        if self._armed.pop(fault_id, None) is None:
            raise Refused(NOT_FOUND, "no_fault", f"There is no fault '{fault_id}'.")

    def remove_of(self, account_id: str | None) -> int:
        """Remove the faults of one account; None: all. Returns how many."""
        doomed = [
            armed.id
            for armed in self._armed.values()
            if account_id is None or armed.fault.account == account_id
        ]
        for fault_id in doomed:
            del self._armed[fault_id]
        return len(doomed)

    def for_call(
        self, operation: str, account_id: str, record: Callable[[], CallRecord]
    ) -> Armed | None:
        """The fault that this call meets. *record* describes its request."""
        for armed in self._armed.values():
            fault = armed.fault
            if fault.is_of_deliveries or not _is_about(fault, operation, account_id):
                continue
            if (not fault.match or armed.matches(record())) and _is_met(armed):
                return armed
        return None

    def for_delivery(self, event: str, account_id: str) -> Armed | None:
        """The fault that an attempt to deliver *event* meets."""
        for armed in self._armed.values():
            fault = armed.fault
            is_about = fault.is_of_deliveries and _is_about(fault, WEBHOOK + event, account_id)
            if is_about and _is_met(armed):
                return armed
        return None


def _is_about(fault: Fault, operation: str, account_id: str) -> bool:
    return fault.account in ("", account_id) and fnmatch.fnmatchcase(
        operation.lower(), fault.operation.lower()
    )


def _is_met(armed: Armed) -> bool:
    """Count a matching call. Whether it meets the fault."""
    if armed.left == 0:
        return False
    armed.seen += 1
    if armed.seen <= armed.fault.skip:
        return False
    if armed.dice is not None and armed.dice.random() >= armed.fault.probability:
        return False
    armed.met += 1
    return True


def _armed(fault: Fault, place: int) -> Armed:
    """Raises Refused for a fault whose members contradict each other."""
    at = f"[{place}]"
    _check_operation(fault, at)
    _check_numbers(fault, at)
    if fault.kind in _REFUSALS and fault.moment == "after_write":
        raise wrong("A refused call writes nothing.", at=f"{at}.when", fix="Leave 'when' out.")
    if fault.kind in _SPOIL_ANSWERS and fault.moment == "before_write":
        raise wrong(
            f"'{fault.kind}' spoils an answer, so the call is carried out first.",
            at=f"{at}.when",
            fix="Leave 'when' out.",
        )
    for name, value in fault.headers.items():
        if not _HEADER_NAME.fullmatch(name) or not _HEADER_VALUE.fullmatch(value):
            raise wrong(f"No answer can have the header {name!r}.", at=f"{at}.headers")
    if fault.kind == "exception" and not fault.exception_type:
        raise wrong("Name the exception_type.", at=f"{at}.exception_type")
    try:
        asked = CallQuery(account_id=None, condition=condition_of(fault.match))
    except QueryError as error:
        raise wrong(str(error), at=f"{at}.match") from None
    dice = None if fault.seed is None else Random(fault.seed)  # noqa: S311  # not a secret
    return Armed("", fault, matcher(asked), dice)


def _check_operation(fault: Fault, at: str) -> None:
    known = [row.name for row in CATALOGUE]
    if fault.is_of_deliveries:
        known = [WEBHOOK + event.name for event in WEBHOOK_EVENTS]
        if fault.kind not in _OF_DELIVERIES:
            raise wrong(
                f"A delivery cannot meet '{fault.kind}'.",
                at=f"{at}.kind",
                fix=f"Use one of {', '.join(_OF_DELIVERIES)}.",
            )
    pattern = fault.operation.lower()
    if pattern != "*" and not any(fnmatch.fnmatchcase(name.lower(), pattern) for name in known):
        raise wrong(
            f"There is no operation '{fault.operation}'.",
            at=f"{at}.operation",
            fix=did_you_mean(fault.operation, known),
        )


def _check_numbers(fault: Fault, at: str) -> None:
    bounds: tuple[tuple[str, float, int, int], ...] = (
        ("skip", fault.skip, 0, _LONGEST),
        ("times", 1 if fault.times == _FOR_EVER else fault.times, 1, _LONGEST),
        ("probability", fault.probability, 0, 1),
        ("status", fault.status_code, 200, 599),
        ("retry_after", fault.retry_after, 0, _LONGEST),
        ("delay_ms", fault.delay_ms, 1 if fault.kind == "delay" else 0, _DELAY_MS_MAX),
        ("bytes", fault.bytes, 0, _LONGEST),
        ("chunk_bytes", fault.chunk_bytes, 1, _LONGEST),
        ("chunk_ms", fault.chunk_ms, 0, _DELAY_MS_MAX),
    )
    for name, value, low, high in bounds:
        if not low <= value <= high:
            raise wrong(f"'{name}' is from {low:,} to {high:,}.", at=f"{at}.{name}")
    if fault.probability < 1 and fault.seed is None:
        raise wrong(
            "A probability needs a seed: without one, no run can be repeated.", at=f"{at}.seed"
        )
