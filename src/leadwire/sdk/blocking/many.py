# Made by scripts/sdk from leadwire/sdk/aio/many.py: change that file instead.
"""Send batches of rows until every row has an outcome. A bad row does not affect others."""

import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence

from leadwire.sdk import errors
from leadwire.sdk.bulk import (
    AmbiguousReport,
    Batch,
    BulkResult,
    Numbered,
    OnProgress,
    RowAnswer,
    RowOutcome,
    Tally,
    all_failed,
    outcomes_of,
    row_fault,
)


class Outcomes(Iterator[RowOutcome]):
    """The outcomes of a lazy bulk write, each once its row is settled.

    A loop over it writes the rows. Without a loop it warns, like a coroutine that is never awaited.
    """

    def __init__(self, outcomes: Generator[RowOutcome, None]) -> None:
        self._outcomes = outcomes
        self._is_begun = False

    def __iter__(self) -> "Outcomes":
        self._is_begun = True
        return self

    def __next__(self) -> RowOutcome:
        self._is_begun = True
        return self._outcomes.__next__()

    def result(self) -> BulkResult:
        """Settle every row that is left. Raises BulkStopped with the outcomes so far."""
        settled: list[RowOutcome] = []
        try:
            for outcome in self:
                settled += (outcome,)  # not a comprehension: an error keeps what was settled
        except errors.SdkError as error:
            raise errors.BulkStopped(error, BulkResult(tuple(settled))) from error
        return BulkResult(tuple(settled))

    def close(self) -> None:
        """End early. Rows whose batch was not sent yet are not written."""
        self._is_begun = True
        self._outcomes.close()

    def __repr__(self) -> str:
        state = "begun" if self._is_begun else "nothing is written before a loop over it"
        return f"{type(self).__name__}({state})"

    def __del__(self) -> None:
        if not self._is_begun:
            warnings.warn(
                "A lazy bulk write was never iterated: nothing was written. Loop over it, or use "
                "the method without iter_.",
                RuntimeWarning,
                stacklevel=2,
                source=self,
            )


class Many:
    """One job. *send* sends a batch and returns an answer for each row.

    *key* is the field that finds leads, if every row must have a value of it.
    """

    def __init__(
        self,
        send: Callable[[Batch], list[RowAnswer]],
        *,
        key: str = "",
        on_progress: OnProgress | None = None,
    ) -> None:
        self._send = send
        self._key = key
        self._tally = Tally(on_progress)

    def outcomes(self, batches: Iterable[list[Numbered]]) -> Outcomes:
        """The outcome of every row, in order, as soon as its batch is settled."""
        return Outcomes(self._outcomes(batches))

    def _outcomes(self, batches: Iterable[list[Numbered]]) -> Generator[RowOutcome, None]:
        """Send the batches.

        Raises errors that concern every row, such as refused keys or a missing permission. Raises
        the last error after several batches in a row without an answer.
        """
        for batch in batches:
            settled = self._settled(batch)
            for outcome in settled:
                yield outcome
            self._tally.add(settled)

    def _settled(self, batch: Sequence[Numbered]) -> list[RowOutcome]:
        try:
            answers = self._send([item.row for item in batch])
        except errors.InvalidValue as fault:
            return self._without_invalid(batch, fault)
        except (errors.Rejected, errors.RequestMalformed) as refusal:
            if len(batch) == 1 or self._tally.refuses_every_row(refusal):
                return all_failed(batch, refusal)
            return self._in_halves(batch)
        except AmbiguousReport:
            return self._in_halves(batch)
        except (
            errors.NoAnswer,
            errors.RateLimited,
            errors.ServerFault,
            errors.AnswerUnreadable,
        ) as error:
            return all_failed(batch, error)
        return outcomes_of(batch, answers)

    def _in_halves(self, batch: Sequence[Numbered]) -> list[RowOutcome]:
        """Send each half separately, so that good rows are written despite a bad one."""
        middle = len(batch) // 2
        return [*self._settled(batch[:middle]), *self._settled(batch[middle:])]

    def _without_invalid(
        self, batch: Sequence[Numbered], fault: errors.InvalidValue
    ) -> list[RowOutcome]:
        """As ``_settled``, for the rows that can be sent. Nothing was sent yet.

        Raises *fault* if no row has it: then an argument of all rows does.
        """
        faults = {item.number: row_fault(item.row, self._key) for item in batch}
        good = [item for item in batch if faults[item.number] is None]
        if len(good) == len(batch):
            raise fault
        settled = self._settled(good) if good else []
        for item in batch:
            own = faults[item.number]
            if own is not None:
                settled += all_failed([item], own)
        return sorted(settled, key=lambda outcome: outcome.number)
