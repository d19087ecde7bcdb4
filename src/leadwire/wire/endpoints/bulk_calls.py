"""Calls that carry several rows: each row is carried out or refused on its own."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from leadwire.crm.bulk_rows import RowDone, each_row
from leadwire.crm.unit import Unit
from leadwire.dialect import invalid, not_passed
from leadwire.wire.request import Request

R = TypeVar("R")


async def done_rows(
    request: Request, work: Callable[[Unit, Any], R], *, one: str, many: str
) -> list[RowDone[R]]:
    """Run each row of the body, and return the outcomes in order.

    *one* and *many* name a row and several. Raises InputInvalid without rows, or with more than the
    operation accepts.
    """
    rows: Sequence[Any] = request.body
    if not rows:
        raise not_passed(f"any {one}", location=one, fix="Send an array.")
    most = request.operation.rows_max
    if len(rows) > most:
        raise invalid(
            one,
            f"You can not pass more than {most} {many}.",
            fix=f"Send at most {most} {many} in a call.",
        )
    done: list[RowDone[R]] = await request.write(lambda unit: each_row(unit, rows, work))
    return done
