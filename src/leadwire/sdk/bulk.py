"""Bulk writes of leads: cut rows into batches, and read the outcome of each row.

Pure functions. The drivers in ``aio`` and ``blocking`` send the batches.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple

import msgspec

from leadwire.sdk import checks, errors, writing
from leadwire.sdk.call_info import CallInfo
from leadwire.sdk.models.lead import BulkReport, LeadRow, UnchangedLead
from leadwire.sdk.rows import Rows, plain
from leadwire.sdk.values import field_value
from leadwire.sdk.writing import FieldValue

LeadValues = Mapping[str, FieldValue]
Batch = Sequence[LeadValues]
RowStatus = Literal["created", "updated", "failed", "unknown"]

BULK_RETRIES: Final = 8
"""Enough to outlive a server restart: about half a minute with the default backoff."""
BATCHES_UNANSWERED_MAX: Final = 3
"""After this many batches in a row without an answer, the job stops."""


class RowOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome of one row.

    *number* is the row's position in the input, from 1. *status* ``unknown`` means that the row was
    sent and its answer was lost. Sending it again is safe for an update, or if a unique value finds
    the row; a plain create may make a duplicate. *error* says why a row failed or is unknown; it
    was not raised.
    """

    number: int
    row: LeadValues
    status: RowStatus
    lead_id: str = ""
    """Always set for a created row; for others if the API reports it."""
    error: errors.SdkError | None = None
    call: CallInfo | None = None
    """The call that carried the row; None if it was not sent."""

    @property
    def ok(self) -> bool:
        """Whether the row was written."""
        return self.error is None

    def to_dict(self) -> dict[str, Any]:
        """The outcome ready for JSON, with the row; the error is its type and its text."""
        error = self.error and {"type": type(self.error).__name__, "text": str(self.error)}
        return {
            "number": self.number,
            "status": self.status,
            "lead_id": self.lead_id,
            "error": error,
            "call_id": "" if self.call is None else self.call.call_id,
            "row": plain(self.row),
        }

    def __repr__(self) -> str:
        return f"RowOutcome(number={self.number}, status={self.status!r})"


class BulkProgress(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the settled rows so far."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    failed: int = 0
    unknown: int = 0


OnProgress = Callable[[BulkProgress], None]

_FAILURES_TOLD: Final = 5


class BulkResult(msgspec.Struct, frozen=True):
    """The outcome of every settled row, in order."""

    rows: tuple[RowOutcome, ...]

    @property
    def counts(self) -> BulkProgress:
        """The rows by status."""
        by_status: Counter[str] = Counter(row.status for row in self.rows)
        return BulkProgress(rows=len(self.rows), **by_status)

    @property
    def failures(self) -> list[RowOutcome]:
        """The rows that failed or whose answer was lost."""
        return [outcome for outcome in self.rows if not outcome.ok]

    @property
    def ok(self) -> bool:
        """Whether every row was written."""
        return all(outcome.ok for outcome in self.rows)

    def raise_for_failures(self) -> None:
        """Raises BulkFailed if a row failed or its answer was lost. It names the first rows."""
        if not self.ok:
            raise errors.BulkFailed(self)

    def to_dict(self) -> dict[str, Any]:
        """The result ready for JSON: its counts, and the ``to_dict`` of each row."""
        counts = msgspec.structs.asdict(self.counts)
        return {"counts": counts, "rows": [outcome.to_dict() for outcome in self.rows]}

    def told(self) -> str:
        """How many rows were not written, and why the first of them were not."""
        failures = self.failures
        reasons = [f"row {one.number}: {one.error}" for one in failures[:_FAILURES_TOLD]]
        more = len(failures) - len(reasons)
        rest = [f"and {more} more"] if more else []
        return f"{len(failures)} of {len(self)} rows were not written. " + "; ".join(
            [*reasons, *rest]
        )

    def __iter__(self) -> Iterator[RowOutcome]:
        return iter(self.rows)

    def __getitem__(self, index: int) -> RowOutcome:
        return self.rows[index]

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        c = self.counts
        return (
            f"BulkResult({c.rows} rows: {c.created} created, {c.updated} updated, "
            f"{c.failed} failed, {c.unknown} unknown)"
        )


class RowAnswer(NamedTuple):
    """What the API reported for one row of a batch."""

    status: RowStatus
    lead_id: str = ""
    error: errors.SdkError | None = None
    call: CallInfo | None = None


class Numbered(NamedTuple):
    """A row with its position in the input, from 1."""

    number: int
    row: LeadValues


class AmbiguousReport(Exception):
    """A report does not say which rows of the batch failed. Send smaller batches."""


class Tally:
    """Counts outcomes and detects when to stop."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self._on_progress = on_progress
        self._counts: dict[RowStatus, int] = dict.fromkeys(
            ("created", "updated", "failed", "unknown"), 0
        )
        self._refusal = ""
        self._unanswered = 0

    def add(self, outcomes: Sequence[RowOutcome]) -> None:
        """Count the rows of a batch and report progress.

        Raises the rows' error after too many batches in a row without an answer.
        """
        for outcome in outcomes:
            self._counts[outcome.status] += 1
        if self._on_progress is not None:
            self._on_progress(BulkProgress(rows=sum(self._counts.values()), **self._counts))
        lost = [outcome.error for outcome in outcomes if is_unanswered(outcome)]
        self._unanswered = self._unanswered + 1 if len(lost) == len(outcomes) else 0
        refusals = {str(outcome.error) for outcome in outcomes}
        if len(outcomes) > 1 and len(refusals) == 1 and not outcomes[0].ok:
            self._refusal = refusals.pop()
        if self._unanswered == BATCHES_UNANSWERED_MAX and lost[0] is not None:
            raise lost[0]

    def refuses_every_row(self, refusal: BaseException) -> bool:
        """Whether this refusal has already hit every row of a batch, each sent alone."""
        return bool(self._refusal) and str(refusal) == self._refusal


def is_unanswered(outcome: RowOutcome) -> bool:
    """Whether the row may succeed if it is sent again unchanged."""
    return outcome.error is not None and (outcome.status == "unknown" or outcome.error.retryable)


def batches(
    rows: Iterable[LeadValues], *, rows_max: int, key: str = ""
) -> Iterator[list[Numbered]]:
    """Numbered rows in batches of at most *rows_max*. Reads *rows* lazily.

    With *key*, no batch has the same value of that field twice, because reports name rows by it.
    Raises InvalidValue at once if *rows* is no iterable of rows.
    """
    checks.listed("rows", rows)
    return _batches(rows, rows_max, key)


def _batches(rows: Iterable[LeadValues], rows_max: int, key: str) -> Iterator[list[Numbered]]:
    batch: list[Numbered] = []
    seen: set[str] = set()
    for number, row in enumerate(rows, 1):
        value = key_value(row, key) if key else ""
        if len(batch) == rows_max or (value and value in seen):
            yield batch
            batch, seen = [], set()
        batch.append(Numbered(number, row))
        seen.add(value)
    if batch:
        yield batch


def key_value(row: LeadValues, key: str) -> str:
    """The row's value of the field *key* as text for comparing; empty if it has none."""
    wanted = key.lower()
    given: object = row  # a caller may pass anything
    for name, value in given.items() if isinstance(given, Mapping) else ():
        if _known_name(name).lower() == wanted and not isinstance(value, Mapping):
            return str(_written(value)).strip().lower()
    return ""


def with_key(row: LeadValues, key: str) -> LeadValues:
    """*row* with its key spelled exactly as the search expects.

    Raises InvalidValue if it has no value of *key*, because the API would skip the row silently; or
    if it has two.
    """
    checks.mapping("A row", row)
    if not key_value(row, key):
        raise errors.InvalidValue(f"The row has no value of {key}, which finds its lead.")
    wanted = key.lower()
    return checks.named_once(
        row.items(), lambda name: key if _known_name(name).lower() == wanted else name
    )


def row_fault(row: LeadValues, key: str = "") -> errors.InvalidValue | None:
    """Why *row* cannot be sent; None if it can."""
    try:
        writing.lead_attributes(with_key(row, key) if key else row, {})
    except errors.InvalidValue as error:
        return error
    return None


def outcomes_of(batch: Sequence[Numbered], answers: Sequence[RowAnswer]) -> list[RowOutcome]:
    """The outcome of each row of a batch, from its answer."""
    return [
        RowOutcome(
            number=item.number,
            row=item.row,
            status=answer.status,
            lead_id=answer.lead_id,
            error=answer.error,
            call=answer.call,
        )
        for item, answer in zip(batch, answers, strict=True)
    ]


def all_failed(batch: Sequence[Numbered], error: errors.SdkError) -> list[RowOutcome]:
    """Every row ``failed`` with *error*, or ``unknown`` if the call may have worked."""
    status: RowStatus = "unknown" if error.maybe_applied else "failed"
    return outcomes_of(batch, [RowAnswer(status, error=error, call=error.call)] * len(batch))


def answers_of_rows(rows: Rows[LeadRow], count: int) -> list[RowAnswer]:
    """One answer for each of *count* rows, matched by the API's row numbers."""
    by_number = {row.row_number or place: row for place, row in enumerate(rows, 1)}
    return [_answer(by_number.get(place), rows.call) for place in range(1, count + 1)]


def answers_of_report(report: BulkReport, batch: Batch, key: str) -> list[RowAnswer]:
    """One answer for each row of an update. The report names only unchanged rows.

    Raises AmbiguousReport if its names and counts do not match the batch.
    """
    unchanged = [
        *((lead, errors.Rejected) for lead in report.details.failed),
        *((lead, errors.NotFound) for lead in report.details.unprocessed),
    ]
    by_value = {(lead.value or "").strip().lower(): (lead, kind) for lead, kind in unchanged}
    found = [by_value.get(key_value(row, key)) for row in batch]
    succeeded = report.counts.succeeded
    named = sum(entry is not None for entry in found)
    if len(batch) == 1 and not named and (unchanged or not succeeded):
        found = [unchanged[0] if unchanged else (UnchangedLead({}), errors.Rejected)]
    elif named != len(unchanged) or (succeeded is not None and succeeded != len(batch) - named):
        raise AmbiguousReport
    return [
        RowAnswer("updated", call=report.call)
        if entry is None
        else RowAnswer(
            "failed", error=_unchanged(entry[0], entry[1], report.call), call=report.call
        )
        for entry in found
    ]


def _answer(row: LeadRow | None, call: CallInfo) -> RowAnswer:
    if row is None:
        text = f"{call.operation}: the answer does not mention this row."
        error = errors.AnswerUnreadable(text, call=call, maybe_applied=True)
        return RowAnswer("unknown", error=error, call=call)
    if row.ok and row.lead_id:
        return RowAnswer("created" if row.is_created else "updated", row.lead_id, call=call)
    kind = errors.BY_TYPE.get(row.exception_type or "", errors.Rejected)
    message = row.message or "the row was not written, and the answer does not say why"
    said = f" ({row.exception_type})" if row.exception_type else ""
    refusal = kind(
        f"{call.operation}: {message}{said}",
        call=call,
        body=msgspec.json.encode(dict(row)),
        exception_type=row.exception_type or "",
        message=row.message or "",
    )
    return RowAnswer("failed", row.lead_id or "", refusal, call)


def _unchanged(lead: UnchangedLead, kind: type[errors.Rejected], call: CallInfo) -> errors.Rejected:
    reason = lead.reason or "the lead was not changed, and the answer does not say why"
    return kind(
        f"{call.operation}: {reason}",
        call=call,
        body=msgspec.json.encode(dict(lead)),
        message=reason,
    )


def _known_name(name: str) -> str:
    return writing.LEAD_NAMES.get(name, str(name))


def _written(value: FieldValue) -> object:
    if value is None or isinstance(value, Mapping):
        return ""
    try:
        return field_value(value)
    except errors.InvalidValue:
        return ""
