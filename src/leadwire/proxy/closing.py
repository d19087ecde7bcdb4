"""The record of a proxied call, made of what passed. For any thread."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final, NamedTuple

import msgspec

from leadwire.calls.headers import HeaderRule
from leadwire.calls.record import (
    STATUS_UNAUTHORIZED,
    CallRecord,
    Outcome,
    outcome_of,
)
from leadwire.calls.redaction.redaction import Redaction
from leadwire.calls.reported import reported_failure
from leadwire.headers import CALL_ID_HEADER
from leadwire.proxy.callers import CALLER, UNKNOWN
from leadwire.proxy.decoding import Kept, Text, is_text_within, text_of
from leadwire.proxy.head import AnswerHead, RequestHead
from leadwire.proxy.watching import Ending, Stage, Timings
from leadwire.recording.draft import FILE_MARKER, FILE_MEDIA_TYPE, Answer, Draft

_CALL_ID: Final = CALL_ID_HEADER.lower().encode()
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
_BAD: Final = 400
_TIMINGS: Final = tuple(field.name for field in fields(Timings))
_KEYS_REFUSED: Final = "the upstream refused the keys"
_KEYS_REFUSED_TYPE: Final = "MXInvalidAccessDetailsException"
"""Some accounts send it with a status other than 401."""
_SENT_STAGES: Final = ("answered", "sent_unanswered", "not_understood", "answer_cut")
_FAULTS: Final[dict[Stage, str]] = {
    "refused": "RequestRefusedException",
    "never_sent": "NeverSentException",
    "sent_unanswered": "NotAnsweredException",
    "not_understood": "AnswerNotUnderstoodException",
    "answer_cut": "AnswerCutException",
    "paced_out": "PacedOutException",
}
"""The exception type of a call whose answer names none."""


@dataclass(slots=True, kw_only=True)
class Seen:
    """Everything that was seen of one call."""

    draft: Draft
    request: RequestHead | None
    """None: what came was not a request."""
    upstream: str
    caller: str
    sent: Kept
    interim: Sequence[int]
    """Statuses of informational answers."""
    answer: AnswerHead | None
    answered: Kept
    ending: Ending
    ended_ns: int


class RecordRule(NamedTuple):
    """What a record keeps, and what is removed from it."""

    headers: HeaderRule
    body_bytes_max: int
    refused_bytes_max: int
    """Of the bodies of a call whose keys were refused."""
    redaction: Redaction


def is_small(seen: Seen, bytes_max: int) -> bool:
    """Whether each body has at most that many bytes, decoded."""
    requested = _value(seen.request, b"content-encoding")
    answered = _value(seen.answer, b"content-encoding")
    return is_text_within(seen.sent, requested, bytes_max) and is_text_within(
        seen.answered, answered, bytes_max
    )


def record_of(seen: Seen, rule: RecordRule, *, account_id: str) -> CallRecord:
    """The record: redacted, and with vantage ``proxy``.

    A call belongs to no account if the upstream refused its keys, or if it was not a request.
    """
    draft, ending, head = seen.draft, seen.ending, seen.answer
    status = head.status if head else ending.own_status
    request = _request_text(seen, rule.body_bytes_max)
    answer = _answer_text(seen, rule.body_bytes_max)
    draft.is_body_whole = draft.is_body_whole and request.is_whole and answer.is_whole
    # The proxy's own answer is not encoded. The record may keep other bytes: not understood ones.
    told = seen.answered.sent if ending.own_status else answer.body
    exception_type, message = _exception(told, status, ending)
    is_refused = not ending.own_status and (
        status == STATUS_UNAUTHORIZED or exception_type == _KEYS_REFUSED_TYPE
    )
    _name_owner(seen, "" if is_refused or seen.request is None else account_id)
    if is_refused:
        draft.refusal_reason = _KEYS_REFUSED
    content_type = FILE_MEDIA_TYPE if answer.is_file else _value(head, b"content-type")
    record = draft.close(
        Answer(
            status,
            answer.body,
            content_type,
            exception_type=exception_type,
            exception_message=message,
        ),
        rule.redaction,
        headers=rule.headers,
        ended_ns=seen.ended_ns,
        body_bytes_max=rule.refused_bytes_max if is_refused else rule.body_bytes_max,
        answer_headers=head.fields if head else (),
    )
    return msgspec.structs.replace(
        record,
        vantage="proxy",
        outcome="refused" if is_refused else _outcome(status, exception_type, ending),
        response_body_bytes=seen.answered.sent_bytes,
        upstream=seen.upstream,
        stage=ending.stage,
        timings=timings_text(ending),
        body_notes=_notes(request, answer, seen.interim),
        answer_call_id=_answer_call_id(head),
    )


def _name_owner(seen: Seen, account_id: str) -> None:
    """Say in the draft whose call it is; *account_id* is empty for a call of no account."""
    seen.draft.account_id = account_id
    if seen.caller:
        seen.draft.key_id = f"{CALLER if account_id else UNKNOWN}{seen.caller}"


def timings_text(ending: Ending) -> str:
    """``connect=3.1 sent=3.4 end=25.9``, in milliseconds, and what else belongs to them."""
    timings = ending.timings
    pairs = [
        f"{name}={value:.1f}" for name in _TIMINGS if (value := getattr(timings, name)) is not None
    ]
    if ending.client_gone_after_ms is not None:
        pairs.append(f"client_gone={ending.client_gone_after_ms:.1f}")
    if ending.reused_connection:
        pairs.append("reused=1")
    return " ".join(pairs)


def _request_text(seen: Seen, bytes_max: int) -> Text:
    """What is kept of the request's body; it goes into the draft, too."""
    draft = seen.draft
    if seen.request is None:
        return Text(draft.body, is_file=False, is_whole=True, note="")
    draft.body_bytes = seen.sent.sent_bytes
    if not draft.body_bytes and seen.ending.timings.sent is not None:
        return _NOTHING
    text = text_of(
        seen.sent,
        encoding=_value(seen.request, b"content-encoding"),
        content_type=draft.content_type,
        bytes_max=bytes_max,
    )
    if seen.ending.timings.sent is None and seen.ending.stage in _SENT_STAGES:
        note = "; ".join(filter(None, (text.note, "not all of it was sent")))
        text = text._replace(is_whole=False, note=note)
    draft.body = FILE_MARKER.encode() if text.is_file else text.body
    return text


def _answer_text(seen: Seen, bytes_max: int) -> Text:
    first = seen.ending.first_bytes
    if first and seen.ending.stage == "not_understood":
        return text_of(
            Kept(first, len(first)), encoding="", content_type="", bytes_max=bytes_max
        )._replace(note="these are the first bytes that came")
    if not seen.answered.sent_bytes or seen.answer is None:
        return _NOTHING
    return text_of(
        seen.answered,
        encoding=_value(seen.answer, b"content-encoding"),
        content_type=_value(seen.answer, b"content-type"),
        bytes_max=bytes_max,
    )


_NOTHING: Final = Text(b"", is_file=False, is_whole=True, note="")


def _exception(body: bytes, status: int, ending: Ending) -> tuple[str, str]:
    """Type and message: those of the answer if it names them, else of the stage."""
    if body and (status >= _BAD or b"Exception" in body):
        found = reported_failure(body)
        if found is not None and (found.exception_type or ending.stage == "answered"):
            return found.exception_type, found.message
    if ending.stage == "answered":
        return "", ""
    return _FAULTS[ending.stage], ending.reason


def _outcome(status: int, exception_type: str, ending: Ending) -> Outcome:
    if ending.stage == "answered":
        return outcome_of(status_code=status, exception_type=exception_type)
    if ending.stage in ("refused", "paced_out"):
        return "refused"
    return "server_fault" if status and ending.client_gone_after_ms is None else "aborted"


def _notes(request: Text, answer: Text, interim: Sequence[int]) -> str:
    notes = [f"request: {request.note}"] if request.note else []
    notes += [f"answer: {answer.note}"] if answer.note else []
    notes += [f"before the answer: {', '.join(map(str, interim))}"] if interim else []
    return " | ".join(notes)


def _answer_call_id(head: AnswerHead | None) -> str:
    value = _value(head, _CALL_ID)
    return value if _ID.fullmatch(value) else ""


def _value(head: RequestHead | AnswerHead | None, name: bytes) -> str:
    """The values of a field, as one list (RFC 9110, 5.2)."""
    return b", ".join(head.values(name)).decode("latin-1") if head else ""
