"""Writing any number of leads: cut into batches, and what became of each row.

Pure: the drivers of ``aio`` and ``blocking`` send the batches that are cut here, and read what was
answered with the functions below.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import msgspec

from leadwire.sdk import errors, writing
from leadwire.sdk.models.lead import BulkReport, LeadRow, UnchangedLead
from leadwire.sdk.values import field_value
from leadwire.sdk.writing import FieldValue

LeadValues = Mapping[str, FieldValue]
Batch = Sequence[LeadValues]
RowStatus = Literal["created", "updated", "failed", "unknown"]

BULK_RETRIES: Final = 8
"""A long job outlives a server's restart: with the default backoff, about half a minute."""
BATCHES_UNANSWERED_MAX: Final = 3
"""After as many batches in a row that nobody answered, the rest is not tried."""

_OK: Final = 200


class RowOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of one row.

    *number* is its place among the rows that were passed, from 1. *status* ``unknown``: it was
    sent, and no answer tells whether it was written; sent again, an update, or a row that is found
    by a value of its own, makes no double, while a plain create may. *error* tells why a row
    failed or is unknown; nobody raised it.
    """

    number: int
    row: LeadValues
    status: RowStatus
    lead_id: str = ""
    """Of a created row always; of others when the API tells."""
    error: errors.SdkError | None = None

    @property
    def ok(self) -> bool:
        return self.error is None


class BulkProgress(msgspec.Struct, frozen=True, kw_only=True):
    """The rows that are settled so far, counted."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    failed: int = 0
    unknown: int = 0


OnProgress = Callable[[BulkProgress], None]


class RowAnswer(NamedTuple):
    """What the API said of one row of a batch."""

    status: RowStatus
    lead_id: str = ""
    error: errors.SdkError | None = None


class Numbered(NamedTuple):
    number: int
    row: LeadValues


class Unclear(Exception):
    """A report does not tell which rows of the batch failed: a smaller batch will."""


class Tally:
    """Counts outcomes, and remembers what makes it pointless to go on."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self._on_progress = on_progress
        self._counts: dict[RowStatus, int] = dict.fromkeys(
            ("created", "updated", "failed", "unknown"), 0
        )
        self._refusal = ""
        self._unanswered = 0

    def add(self, outcomes: Sequence[RowOutcome]) -> None:
        """Count the rows of a batch and report them.

        Raises their error when too many batches in a row had no answer.
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

    def is_hopeless(self, refusal: BaseException) -> bool:
        """Whether every row of a batch was refused for this before, each for itself."""
        return bool(self._refusal) and str(refusal) == self._refusal


def is_unanswered(outcome: RowOutcome) -> bool:
    """Whether the row may be written when it is sent again later, as it is."""
    return outcome.error is not None and (outcome.status == "unknown" or outcome.error.retryable)


def batches(
    rows: Iterable[LeadValues], *, rows_max: int, key: str = ""
) -> Iterator[list[Numbered]]:
    """The rows in batches of at most *rows_max*, numbered; *rows* is read as they are taken.

    With *key*, no batch holds the same value of that field twice: reports name rows by it.
    """
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
    """The text that *row* has for the field *key*, for comparing; empty when it has none."""
    wanted = key.lower()
    for name, value in row.items():
        if _known_name(name).lower() == wanted and not isinstance(value, Mapping):
            return str(_written(value)).strip().lower()
    return ""


def with_key(row: LeadValues, key: str) -> LeadValues:
    """*row* with its key under the very name by which it is searched.

    Raises ValueUnfit when it has no value of it: the API would pass the row over in silence.
    """
    if not key_value(row, key):
        raise errors.ValueUnfit(f"The row has no value of {key}, by which its lead is found.")
    wanted = key.lower()
    return {
        key if _known_name(name).lower() == wanted else name: value for name, value in row.items()
    }


def unfit(row: LeadValues, key: str = "") -> errors.ValueUnfit | None:
    """Why *row* cannot be sent; None when it can."""
    try:
        writing.lead_attributes(with_key(row, key) if key else row, {})
    except errors.ValueUnfit as error:
        return error
    return None


def outcomes_of(batch: Sequence[Numbered], answers: Sequence[RowAnswer]) -> list[RowOutcome]:
    return [
        RowOutcome(
            number=item.number,
            row=item.row,
            status=answer.status,
            lead_id=answer.lead_id,
            error=answer.error,
        )
        for item, answer in zip(batch, answers, strict=True)
    ]


def all_failed(batch: Sequence[Numbered], error: errors.SdkError) -> list[RowOutcome]:
    """Every row refused with *error*, or left open by it."""
    status: RowStatus = "unknown" if error.maybe_applied else "failed"
    return outcomes_of(batch, [RowAnswer(status, error=error)] * len(batch))


def answers_of_rows(rows: Sequence[LeadRow], count: int, operation: str) -> list[RowAnswer]:
    """One answer for each of *count* rows, by the numbers that the API gave them."""
    by_number = {row.row_number or place: row for place, row in enumerate(rows, 1)}
    return [_answer(by_number.get(place), operation) for place in range(1, count + 1)]


def answers_of_report(report: BulkReport, batch: Batch, key: str) -> list[RowAnswer]:
    """One answer for each row of an update; the report names only those that were not changed.

    Raises Unclear when what it names does not add up.
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
        raise Unclear
    return [
        RowAnswer("updated")
        if entry is None
        else RowAnswer("failed", error=_unchanged(entry[0], entry[1]))
        for entry in found
    ]


def _answer(row: LeadRow | None, operation: str) -> RowAnswer:
    if row is None:
        text = f"{operation}: the answer says nothing of this row."
        error = errors.AnswerUnreadable(
            text, status=_OK, body=b"", operation=operation, maybe_applied=True
        )
        return RowAnswer("unknown", error=error)
    if row.ok and row.lead_id:
        return RowAnswer("created" if row.is_created else "updated", row.lead_id)
    kind = errors.BY_TYPE.get(row.exception_type or "", errors.Rejected)
    message = row.message or "the row was not written, and the answer does not say why"
    said = f" ({row.exception_type})" if row.exception_type else ""
    return RowAnswer(
        "failed",
        row.lead_id or "",
        kind(
            f"{operation}: {message}{said}",
            status=_OK,
            body=msgspec.json.encode(dict(row)),
            exception_type=row.exception_type or "",
            message=row.message or "",
            operation=operation,
        ),
    )


def _unchanged(lead: UnchangedLead, kind: type[errors.Rejected]) -> errors.Rejected:
    operation = "Lead.BulkUpdateV2"
    reason = lead.reason or "the lead was not changed, and the answer does not say why"
    return kind(
        f"{operation}: {reason}",
        status=_OK,
        body=msgspec.json.encode(dict(lead)),
        message=reason,
        operation=operation,
    )


def _known_name(name: str) -> str:
    return writing.LEAD_NAMES.get(name, name)


def _written(value: FieldValue) -> object:
    if value is None or isinstance(value, Mapping):
        return ""
    try:
        return field_value(value)
    except errors.ValueUnfit:
        return ""
