"""A lead's calls, activities, tasks, notes, mails, opportunities and lists in one order.

The address of an older page names the last entry of the page before, so entries that come in
between move nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final

from leadwire.calls.ids import ids_in
from leadwire.calls.record import CallRecord
from leadwire.console.leads.sight import Sight
from leadwire.console.leads.writes import lead_writes
from leadwire.console.numbers import whole_number
from leadwire.crm.activities.activities import KeptActivity
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.mails.outbox import OutboxMail
from leadwire.crm.notes import Note
from leadwire.crm.opportunities.reads import Opportunity
from leadwire.crm.tasks import Task
from leadwire.crm.timeline import MOMENT_KINDS, Membership, Moment, Place, Thing
from leadwire.dates import SECOND_MS
from leadwire.operations import BY_NAME

CALL: Final = "call"
ENTRY_KINDS: Final = (CALL, *MOMENT_KINDS)
KIND_WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "call": ("Call", "Calls"),
    "activity": ("Activity", "Activities"),
    "task": ("Task", "Tasks"),
    "note": ("Note", "Notes"),
    "mail": ("Mail", "Mails"),
    "opportunity": ("Opportunity", "Opportunities"),
    "list": ("List", "Lists"),
}
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIELDS_NAMED_MAX: Final = 4
_IDS_OF_CALL_MAX: Final = 100
_TIME_DIGITS_MAX: Final = 16
_ID_CHARS_MAX: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the timeline."""

    kind: str
    at_ms: int
    entry_id: str
    title: str
    text: str = ""
    url: str = ""
    outcome: str = ""
    """Of a call."""
    made: tuple["Entry", ...] = ()
    """What the call made, if it is shown with it."""

    @property
    def day(self) -> str:
        """``Thursday 26 November 2026``, in UTC."""
        at = _EPOCH + timedelta(milliseconds=self.at_ms)
        return f"{at:%A} {at.day} {at:%B} {at.year}"

    @property
    def place(self) -> str:
        """What the address of the page after this entry says."""
        return f"{self.at_ms}.{self.kind}.{self.entry_id}"

    @property
    def order(self) -> tuple[int, int, str]:
        # Of two calls in a millisecond, the one with the greater id came later.
        own = _descending(self.entry_id) if self.kind == CALL else self.entry_id
        return (-self.at_ms, ENTRY_KINDS.index(self.kind), own)


def _descending(text: str) -> str:
    return "".join(chr(0xFFFF - ord(letter)) for letter in text)


def joined(calls: Sequence[tuple[CallRecord, Entry]], things: Sequence[Entry]) -> list[Entry]:
    """All entries, newest first. A thing that a call made stands in the entry of the call."""
    made: dict[str, list[Entry]] = {entry.entry_id: [] for _, entry in calls}
    maker_of: dict[str, CallRecord] = {}
    for call, _ in reversed(calls):  # a thing is made before it is read or changed
        if call.outcome == "success":
            for thing_id in ids_in(call, ids_max=_IDS_OF_CALL_MAX):
                maker_of.setdefault(thing_id, call)
    alone = []
    for thing in things:
        maker = maker_of.get(thing.entry_id)
        if maker is not None and _is_made_by(thing, maker):
            made[maker.call_id].append(thing)
        else:
            alone.append(thing)
    entries = [replace(entry, made=tuple(made[entry.entry_id])) for _, entry in calls] + alone
    return sorted(entries, key=lambda entry: entry.order)


def _is_made_by(thing: Entry, call: CallRecord) -> bool:
    """Whether the call was under way when the thing was made: else it only read it."""
    ends_ms = call.started_at_ms + call.duration_ms + SECOND_MS
    return call.started_at_ms <= thing.at_ms <= ends_ms


def place_of(text: str) -> Place | None:
    """The place that an address names; None for an invalid one, which is the first page."""
    time, _, rest = text.partition(".")
    kind, _, entry_id = rest.partition(".")
    at_ms = whole_number(time, digits_max=_TIME_DIGITS_MAX)
    if at_ms is None or kind not in ENTRY_KINDS or not 0 < len(entry_id) <= _ID_CHARS_MAX:
        return None
    return Place(at_ms, kind, entry_id)


def calls_after(calls: Sequence[CallRecord], place: Place | None) -> list[CallRecord]:
    """Those of *calls*, newest first, that follow a place."""
    if place is None:
        return list(calls)
    if place.kind != CALL:  # a call stands before all else of its millisecond
        return [call for call in calls if call.started_at_ms < place.at_ms]
    return [
        call for call in calls if (call.started_at_ms, call.call_id) < (place.at_ms, place.thing_id)
    ]


def call_entry(
    call: CallRecord, lead_id: str, schema: LeadSchema, *, sight: Sight, people: Mapping[str, str]
) -> Entry:
    who = people.get(call.user_id, "")
    if call.exception_type:
        # The message may repeat what the caller wrote.
        message = f": {call.exception_message}" if sight.is_whole else ""
        text = call.exception_type + message
    else:
        text = _carried_out(call, lead_id, schema)
    return Entry(
        kind=CALL,
        at_ms=call.started_at_ms,
        entry_id=call.call_id,
        title=call.operation or call.path,
        text=", ".join(part for part in (text, who) if part),
        url=f"/console/api-logs/{call.call_id}",
        outcome=call.outcome,
    )


def _carried_out(call: CallRecord, lead_id: str, schema: LeadSchema) -> str:
    """``City and Phone`` for a write, ``Read`` for a call that changes nothing."""
    names = list(
        dict.fromkeys(
            schema.by_name[name].display_name if name in schema.by_name else name
            for write in lead_writes(call, lead_id, schema.unique)
            for name in write.values
        )
    )
    if names:
        more = len(names) - _FIELDS_NAMED_MAX
        return ", ".join(names[:_FIELDS_NAMED_MAX]) + (f" and {more} more" if more > 0 else "")
    operation = BY_NAME.get(call.operation)
    return operation.summary if operation else ""


def moment_entry(moment: Moment, *, sight: Sight, people: Mapping[str, str], now_ms: int) -> Entry:
    title, text, url = _WORDS[moment.kind](moment.thing, sight, people, now_ms)
    return Entry(
        kind=moment.kind,
        at_ms=moment.at_ms,
        entry_id=moment.thing_id,
        title=title,
        text=text,
        url=url,
    )


Words = tuple[str, str, str]
"""Title, text and address."""


def _activity(thing: Thing, sight: Sight, _people: Mapping[str, str], _now_ms: int) -> Words:
    assert isinstance(thing, KeptActivity)  # noqa: S101  # by its kind
    changes = ", ".join(f"{key}: {value}" for key, value in thing.data if value)
    text = (thing.note or changes) if sight.is_whole else ""
    score = f"Score {thing.score:+d}" if thing.score else ""
    return (
        thing.type.name,
        ", ".join(filter(None, (text, score))),
        f"/console/activities/{thing.activity_id}",
    )


def _task(thing: Thing, sight: Sight, people: Mapping[str, str], now_ms: int) -> Words:
    assert isinstance(thing, Task)  # noqa: S101  # by its kind
    name = thing.details.name if sight.is_whole else ""
    owner = people.get(thing.owner_id, "")
    text = ", ".join(filter(None, (thing.state(now_ms), owner)))
    return name or thing.type.name, text, f"/console/tasks/{thing.task_id}"


def _note(thing: Thing, sight: Sight, _people: Mapping[str, str], _now_ms: int) -> Words:
    assert isinstance(thing, Note)  # noqa: S101  # by its kind
    text = thing.text if sight.is_whole else ""
    return f"Note by {thing.created_by_name}" if thing.created_by_name else "Note", text, ""


def _mail(thing: Thing, sight: Sight, _people: Mapping[str, str], _now_ms: int) -> Words:
    assert isinstance(thing, OutboxMail)  # noqa: S101  # by its kind
    subject = thing.subject if sight.is_whole else ""
    return subject or "Mail", thing.problem or thing.state, f"/console/outbox/{thing.mail_id}"


def _opportunity(thing: Thing, sight: Sight, _people: Mapping[str, str], _now_ms: int) -> Words:
    assert isinstance(thing, Opportunity)  # noqa: S101  # by its kind
    name = thing.fields.get("mx_Custom_1") if sight.is_whole else ""
    return (
        name or thing.type.name,
        thing.fields.get("Status") or "",
        f"/console/opportunities/{thing.opportunity_id}",
    )


def _membership(thing: Thing, _sight: Sight, _people: Mapping[str, str], _now_ms: int) -> Words:
    assert isinstance(thing, Membership)  # noqa: S101  # by its kind
    return thing.name, "Added to the list", f"/console/lists/{thing.list_id}"


_WORDS: Final[Mapping[str, Callable[[Thing, Sight, Mapping[str, str], int], Words]]] = {
    "activity": _activity,
    "task": _task,
    "note": _note,
    "mail": _mail,
    "opportunity": _opportunity,
    "list": _membership,
}
