"""Bulk calls: each row on its own, inside one unit of work."""

from collections.abc import Callable, Iterable
from typing import Generic, TypeVar

import msgspec

from leadwire.crm.unit import Unit
from leadwire.database.savepoint import savepoint
from leadwire.errors import LeadwireError

Row = TypeVar("Row")
Result = TypeVar("Result")


class RowDone(msgspec.Struct, Generic[Result], frozen=True):
    """The outcome of a row: its result, or the error that refused it."""

    result: Result | None
    error: LeadwireError | None = None


def each_row(
    unit: Unit, rows: Iterable[Row], work: Callable[[Unit, Row], Result]
) -> list[RowDone[Result]]:
    """Do *work* for every row. A refused row changes nothing; the other rows are carried out.

    An error that is not a LeadwireError undoes the whole unit.
    """
    done: list[RowDone[Result]] = []
    for row in rows:
        try:
            with savepoint(unit.connection):
                done.append(RowDone(work(unit, row)))
        except LeadwireError as error:
            done.append(RowDone(None, error))
    return done
