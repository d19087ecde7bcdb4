"""Run an import batch by batch. It can be killed at any point and run again."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import msgspec

from leadwire.sdk import errors
from leadwire.sdk.blocking.client import Client
from leadwire.sdk.bulk import RowOutcome, is_unanswered
from leadwire.sdk.transfer.columns import LEAD_ID
from leadwire.sdk.transfer.journal import BatchDone, Journal
from leadwire.sdk.transfer.plan import ImportPlan, PlannedRow

_ROUNDS_MAX: Final = 3
_SEARCH_BY_ID: Final = "ProspectId"
_OPEN: Final = (
    "Not sent again: an earlier call was interrupted, and without a unique value a second call "
    "might duplicate the lead. Check for the lead before you import this row."
)


class ImportReport(msgspec.Struct, kw_only=True):
    """Counts of the settled rows so far. *resent* counts rows of interrupted calls."""

    rows: int = 0
    created: int = 0
    updated: int = 0
    present: int = 0
    rejected: int = 0
    skipped: int = 0
    """Rows that an earlier run settled. They count above as well."""
    resent: int = 0

    def add(self, batch: Sequence[PlannedRow], done: BatchDone) -> None:
        """Count the rows of a settled batch."""
        self.rows += len(batch)
        self.created += done.created
        self.updated += done.updated
        self.present += done.present
        self.rejected += len(done.rejected)


class LeadImport:
    """An import in progress. *journal* holds the progress of earlier runs."""

    def __init__(self, plan: ImportPlan, client: Client, journal: Journal) -> None:
        self._plan = plan
        self._client = client
        self._journal = journal
        self.report = ImportReport()

    def run(self, on_progress: Callable[[ImportReport], None] | None = None) -> ImportReport:
        """Write every row that is not written yet. Calls *on_progress* after each batch.

        Raises an SdkError if no row can be written. After that, or an interruption, run the same
        import again to continue.
        """
        for number, batch in enumerate(self._plan.batches(), 1):
            done = self._journal.done.get(number)
            if done is None:
                done = self._written(number, batch)
                self._journal.note_done(number, done)
            else:
                self.report.skipped += len(batch)
            self.report.add(batch, done)
            if on_progress is not None:
                on_progress(self.report)
        return self.report

    def rejected(self) -> Iterator[tuple[PlannedRow, str]]:
        """The rows that were not written, with reasons, in table order."""
        for number, batch in enumerate(self._plan.batches(), 1):
            done = self._journal.done.get(number)
            reasons = dict(done.rejected) if done is not None else {}
            for planned in batch:
                if planned.row.number in reasons:
                    yield planned, reasons[planned.row.number]

    def _written(self, number: int, batch: Sequence[PlannedRow]) -> BatchDone:
        """The result of a batch, once every row is settled."""
        rejected = {row.row.number: row.reason for row in batch if row.reason}
        waiting = [row for row in batch if not row.reason]
        was_under_way = number in self._journal.under_way
        open_rows = {row.row.number for row in waiting} if was_under_way else set()
        counts = dict.fromkeys(("created", "updated", "present"), 0)
        for round_number in range(1, _ROUNDS_MAX + 1):
            waiting = self._without_doubles(waiting, open_rows, rejected)
            unanswered = []
            for row, outcome in self._sent(number, waiting, is_open=bool(open_rows)):
                if outcome.ok:
                    counts[outcome.status] += 1
                elif is_unanswered(outcome):
                    unanswered.append((row, outcome))
                elif row.row.number in open_rows and isinstance(outcome.error, errors.Duplicate):
                    counts["present"] += 1
                else:
                    rejected[row.row.number] = str(outcome.error)
            if not unanswered:
                break
            open_rows |= {row.row.number for row, out in unanswered if out.status == "unknown"}
            waiting = [row for row, _ in unanswered]
            error = unanswered[-1][1].error
            if round_number == _ROUNDS_MAX and error is not None:
                if not open_rows:
                    self._journal.note_unsent(number)
                raise error
        return BatchDone(**counts, rejected=tuple(sorted(rejected.items())))

    def _without_doubles(
        self, waiting: Sequence[PlannedRow], open_rows: set[int], rejected: dict[int, str]
    ) -> list[PlannedRow]:
        """The rows that are safe to send. Rows that might be duplicated are rejected."""
        kept = []
        for row in waiting:
            if row.row.number not in open_rows:
                kept.append(row)
            elif self._plan.is_found_again(row.values):
                kept.append(row)
                self.report.resent += 1
            else:
                rejected[row.row.number] = _OPEN
        return kept

    def _sent(
        self, number: int, rows: Sequence[PlannedRow], *, is_open: bool
    ) -> list[tuple[PlannedRow, RowOutcome]]:
        if not rows:
            return []
        self._journal.note_sent(number)
        try:
            outcomes = list(self._outcomes([row.values for row in rows]))
        except (errors.Refused, errors.Misuse):
            # Refused as a whole, so a later run can send it again safely.
            if not is_open:
                self._journal.note_unsent(number)
            raise
        return list(zip(rows, outcomes, strict=True))

    def _outcomes(self, rows: Sequence[Mapping[str, str]]) -> Iterator[RowOutcome]:
        leads, search_by = self._client.leads, self._plan.search_by
        # The search key has another spelling than the field.
        search_by = _SEARCH_BY_ID if search_by == LEAD_ID else search_by
        if self._plan.options.mode == "create":
            return leads.iter_create_many(rows)
        if self._plan.options.mode == "upsert":
            return leads.iter_upsert_many(rows, search_by=search_by or None)
        return leads.iter_update_many(rows, search_by=search_by)
