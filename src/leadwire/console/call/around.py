"""What belongs to a call.

Other calls of its lead, client and key, other attempts of it, the mails, deliveries and
asynchronous calls that it caused, and the leads that it mentions.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.store import CallReader
from leadwire.calls.terms import And, Condition, OneOf, Text
from leadwire.calls.text import forms
from leadwire.console.call.neighbours import newer_calls, older_calls
from leadwire.console.refusals import CallLogUnreadable
from leadwire.crm.caused import Caused
from leadwire.crm.leads.mentioned import MentionedLead
from leadwire.dates import DAY_MS, SECOND_MS

CALLS_SHOWN: Final = 3
"""On each side of the call."""
_EARLIER_MS: Final = 7 * DAY_MS
_LATER_MS: Final = DAY_MS
_ATTEMPTS_MS: Final = 600 * SECOND_MS
_GUESS_MS: Final = 15 * SECOND_MS
"""How far apart two attempts may be that only their equal bodies connect."""
_ATTEMPTS_MAX: Final = 20
_GUID: Final = re.compile(
    r"(?<![0-9a-fA-F-])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9a-fA-F-])"
)
_EMAIL: Final = re.compile(r"[\w.+'-]{1,64}(?:@|%40)[\w-]{1,63}(?:\.[\w-]{1,63}){1,6}")
_READ_CHARS_MAX: Final = 200_000
"""Of each text, in the search for ids and addresses."""
_LEADS_MAX: Final = 50


class Near(NamedTuple):
    """A call, and how long before (negative) or after it began."""

    call: CallRecord
    distance_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """*calls* are newest first. *term* finds all of them; empty for a guess."""

    title: str
    note: str = ""
    calls: tuple[Near, ...]
    term: str = ""
    is_complete: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    leads: Sequence[MentionedLead]
    caused: Caused
    groups: Sequence[Group]


def mentioned_in(record: CallRecord) -> tuple[list[str], list[str]]:
    """(ids, e-mail addresses) in the texts of *record*, in order, without repeats."""
    texts = [
        text[:_READ_CHARS_MAX]
        for text in (
            record.path,
            record.query_string,
            record.request_body,
            record.response_body,
        )
    ]
    ids = {match.lower(): None for text in texts for match in _GUID.findall(text)}
    ids.pop(record.call_id, None)
    emails = {
        match.replace("%40", "@").lower(): None
        for text in texts[1:]
        for match in _EMAIL.findall(text)
    }
    return list(ids)[:_LEADS_MAX], list(emails)[:_LEADS_MAX]


def groups_around(
    reader: CallReader,
    record: CallRecord,
    *,
    account_id: str | None,
    lead: MentionedLead | None,
    now_ms: int,
) -> list[Group]:
    """The calls around *record*; groups without any are left out.

    *account_id* None: of the calls whose keys were refused.
    """
    look = _Look(reader, record, account_id, now_ms)
    found = [attempts_of(look)]
    if lead is not None:
        needle = lead.lead_id
        title = f"Of the lead {lead.name}" if lead.name else "Of the same lead"
        found.append(look.group(title, Text(needle, forms(needle)), needle))
    client = [
        OneOf("address", record.client_address, "client_address", (record.client_address,)),
        OneOf("agent", record.user_agent, "user_agent", (record.user_agent,)),
    ]
    if record.client_address:
        term = f'address:"{record.client_address}"'
        found.append(look.group("Of the same client", And(tuple(client)), term))
    if record.key_id:
        key = OneOf("key", record.key_id, "key_id", (record.key_id,))
        found.append(look.group("Of the same key", key, f'key:"{record.key_id}"'))
    return [group for group in found if group.calls]


class _Look:
    def __init__(
        self, reader: CallReader, record: CallRecord, account_id: str | None, now_ms: int
    ) -> None:
        self.reader = reader
        self.record = record
        self.now_ms = now_ms
        self._account_id = account_id

    def query(self, condition: Condition, *, from_ms: int, until_ms: int) -> CallQuery:
        return CallQuery(
            account_id=self._account_id,
            refused_keys=self._account_id is None,
            condition=condition,
            from_ms=from_ms,
            until_ms=until_ms,
        )

    def group(self, title: str, condition: Condition, term: str) -> Group:
        at_ms = self.record.started_at_ms
        query = self.query(condition, from_ms=at_ms - _EARLIER_MS, until_ms=at_ms + _LATER_MS)
        try:
            older = older_calls(self.reader, query, self.record, count=CALLS_SHOWN)
            newer = newer_calls(
                self.reader, query, self.record, count=CALLS_SHOWN, now_ms=self.now_ms
            )
        except CallLogUnreadable:
            return Group(title=title, calls=(), is_complete=False)
        calls = (*newer.calls[::-1], *older.calls)
        return Group(
            title=title,
            calls=tuple(map(self.near, calls)),
            term=term,
            is_complete=older.is_complete and newer.is_complete,
        )

    def near(self, call: CallRecord) -> Near:
        return Near(call, call.started_at_ms - self.record.started_at_ms)


def attempts_of(look: _Look) -> Group:
    """The other attempts of the same logical call.

    Attempts of the SDK share a trace id. Without one, the same request of the same key within
    seconds of a failure is taken for an attempt, and the group says that it is a guess.
    """
    record = look.record
    if record.trace_id:
        same = OneOf("trace", record.trace_id, "trace_id", (record.trace_id,))
        calls = list(_beside(look, same, _ATTEMPTS_MS))
        return Group(
            title="Attempts of this call",
            note="They share a trace id.",
            calls=tuple(map(look.near, calls)),
            term=f'trace:"{record.trace_id}"',
        )
    key = OneOf("key", record.key_id, "key_id", (record.key_id,))
    calls = [call for call in _beside(look, key, _GUESS_MS) if _is_same_request(call, record)]
    if record.outcome == "success" and all(call.outcome == "success" for call in calls):
        calls = []
    return Group(
        title="Attempts of this call",
        note="A guess: the same request of the same key, within seconds of a failure.",
        calls=tuple(map(look.near, calls)),
    )


def _beside(look: _Look, condition: Condition, distance_ms: int) -> Iterator[CallRecord]:
    """Other calls at most *distance_ms* away, newest first."""
    record, at_ms = look.record, look.record.started_at_ms
    query = look.query(condition, from_ms=at_ms - distance_ms, until_ms=at_ms + distance_ms + 1)
    try:
        older = older_calls(look.reader, query, record, count=_ATTEMPTS_MAX).calls
        newer = newer_calls(
            look.reader, query, record, count=_ATTEMPTS_MAX, now_ms=look.now_ms
        ).calls
    except CallLogUnreadable:
        return
    yield from (*newer[::-1], *older)


def _is_same_request(call: CallRecord, record: CallRecord) -> bool:
    return (
        call.method == record.method
        and call.path == record.path
        and call.query_string == record.query_string
        and call.request_body == record.request_body
    )
