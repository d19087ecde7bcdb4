"""A client looks a lead up before each write, though the write finds it by itself."""

from collections import deque
from typing import Final

from leadwire.dates import SECOND_MS
from leadwire.lint.recent import Recent
from leadwire.lint.report import Found, Rule, RuleInfo
from leadwire.lint.seen import Seen

SPAN_MS: Final = 10 * SECOND_MS
WRITES: Final = 10
"""The habit is judged by this many of a key's last writes."""
WITH_READ_MIN: Final = 6

_READS: Final = frozenset(
    {"Leads.GetByEmailaddress", "RetrieveLeadByPhoneNumber", "Leads.GetByQuickSearch"}
)
_FINDS_ITSELF: Final = frozenset({"Lead.Create", "Lead.Capture", "Lead.CreateOrUpdate"})
_BETTER: Final = "Lead.CreateOrUpdate"


class _Write:
    """A write, and the read that came right before it, if any."""

    def __init__(self, write: Seen, read: Seen | None) -> None:
        self.write = write
        self.read = read
        self.is_reported = False


def reads_before_writes() -> Rule:
    reads: Recent[tuple[str, str], Seen] = Recent()
    habits: Recent[str, deque[_Write]] = Recent()
    found: list[Found] = []
    while True:
        call = yield found
        found = []
        if call.operation in _READS:
            for value in _asked(call):
                reads.set((call.key_id, value), call)
        elif call.operation in _FINDS_ITSELF and call.lead:
            read = reads.get((call.key_id, call.lead))
            reads.drop((call.key_id, call.lead))
            if read is not None and call.at_ms - read.at_ms > SPAN_MS:
                read = None
            habit = habits.get(call.key_id) or deque(maxlen=WRITES)
            habit.append(_Write(call, read))
            habits.set(call.key_id, habit)
            found = _reported(habit)


def _reported(habit: deque[_Write]) -> list[Found]:
    """The reads of a habit that were not reported yet."""
    with_read = [one for one in habit if one.read is not None]
    if len(with_read) < WITH_READ_MIN:
        return []
    found = [
        Found([one.read], one.write)
        for one in with_read
        if one.read is not None and not one.is_reported
    ]
    for one in with_read:
        one.is_reported = True
    return found


def _asked(call: Seen) -> list[str]:
    names = ("emailaddress", "phone", "key")
    return [value.strip().lower() for name, value in call.parameters if name in names and value]


READS_BEFORE_WRITES: Final = RuleInfo(
    name="read_before_write",
    title="A read before every create",
    says=f"At least {WITH_READ_MIN} of {WRITES} writes of a key came right after a read of the "
    "same e-mail address or phone. The write finds the lead by itself, so the read is a call too "
    "many. Between the two another client can write.",
    do="Call Lead.CreateOrUpdate, with SearchBy if it is not the e-mail address, and leave the "
    "read out. Its answer says whether the lead is new.",
    start=reads_before_writes,
    better=lambda _operation: _BETTER,
)
