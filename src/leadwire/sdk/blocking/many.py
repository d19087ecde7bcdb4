# Made by scripts/sdk from leadwire/sdk/aio/many.py: change that file instead.
"""Sending batches of rows until each row is settled, whatever becomes of its neighbours."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from leadwire.sdk import errors
from leadwire.sdk.bulk import (
    Batch,
    Numbered,
    OnProgress,
    RowAnswer,
    RowOutcome,
    Tally,
    Unclear,
    all_failed,
    outcomes_of,
    unfit,
)


class Many:
    """One job: *send* sends a batch and reads an answer for each of its rows.

    *key* is the field by which leads are found, where every row must have a value of it.
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

    def outcomes(self, batches: Iterable[list[Numbered]]) -> Iterator[RowOutcome]:
        """The outcome of every row, in order, as soon as its batch is settled.

        Raises what no row is to blame for: keys that are refused, a permission that is missing;
        and, after several batches in a row without an answer, why there was none.
        """
        for batch in batches:
            settled = self._settled(batch)
            for outcome in settled:
                yield outcome
            self._tally.add(settled)

    def _settled(self, batch: Sequence[Numbered]) -> list[RowOutcome]:
        try:
            answers = self._send([item.row for item in batch])
        except errors.ValueUnfit:
            return self._without_unfit(batch)
        except (errors.Rejected, errors.RequestMalformed) as refusal:
            if len(batch) == 1 or self._tally.is_hopeless(refusal):
                return all_failed(batch, refusal)
            return self._apart(batch)
        except Unclear:
            return self._apart(batch)
        except (
            errors.NoAnswer,
            errors.RateLimited,
            errors.ServerFault,
            errors.AnswerUnreadable,
        ) as error:
            return all_failed(batch, error)
        return outcomes_of(batch, answers)

    def _apart(self, batch: Sequence[Numbered]) -> list[RowOutcome]:
        """Each half for itself: good rows must not share the fate of a bad one."""
        middle = len(batch) // 2
        return [*self._settled(batch[:middle]), *self._settled(batch[middle:])]

    def _without_unfit(self, batch: Sequence[Numbered]) -> list[RowOutcome]:
        """As ``_settled``, of the rows that can be sent; nothing was sent yet."""
        faults = {item.number: unfit(item.row, self._key) for item in batch}
        good = [item for item in batch if faults[item.number] is None]
        if len(good) == len(batch):
            raise errors.ValueUnfit("search_by names no lead field.")
        settled = self._settled(good) if good else []
        for item in batch:
            fault = faults[item.number]
            if fault is not None:
                settled += all_failed([item], fault)
        return sorted(settled, key=lambda outcome: outcome.number)
