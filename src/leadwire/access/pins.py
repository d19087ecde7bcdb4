"""Pinned calls: whole copies that retention does not remove.

The call log drops whole days. A pinned call is copied here first, as it is in the log, so neither
retention nor the proof of the log has to know of it. The record is opaque here.
"""

from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, select

from leadwire.access.change import Change
from leadwire.access.tables import pinned_calls
from leadwire.errors import InputInvalid


class Pin(NamedTuple):
    call_id: str
    pinned_on: int
    who: str
    """E-mail address of who pinned it."""
    note: str
    record: bytes


def pin_call(
    change: Change, *, account_id: str, call_id: str, record: bytes, note: str, pins_max: int
) -> None:
    """Keep *record*. Does nothing if the call is pinned. Raises InputInvalid at *pins_max*.

    *account_id* is empty for a call whose keys were refused.
    """
    if pin_of(change.connection, account_id, call_id) is not None:
        return
    own = pinned_calls.c.account_id == account_id
    count = select(func.count()).select_from(pinned_calls).where(own)
    if change.connection.execute(count).scalar_one() >= pins_max:
        raise InputInvalid(
            f"{pins_max:,} calls are pinned, the most that the setting calls_pinned_max allows: "
            "unpin another one first."
        )
    change.connection.execute(
        insert(pinned_calls).values(
            account_id=account_id,
            call_id=call_id,
            pinned_on=change.now_ms,
            who=change.by.who,
            note=note,
            record=record,
        )
    )


def unpin_call(change: Change, *, account_id: str, call_id: str) -> bool:
    """Drop the copy. False if the call was not pinned."""
    return bool(
        change.connection.execute(
            delete(pinned_calls).where(
                pinned_calls.c.account_id == account_id, pinned_calls.c.call_id == call_id
            )
        ).rowcount
    )


def pin_of(connection: Connection, account_id: str, call_id: str) -> Pin | None:
    row = connection.execute(
        _PINS.where(pinned_calls.c.account_id == account_id, pinned_calls.c.call_id == call_id)
    ).first()
    return None if row is None else Pin(*row)


def pins_of(connection: Connection, account_id: str) -> list[Pin]:
    """Newest calls first: their ids begin with their time."""
    found = connection.execute(
        _PINS.where(pinned_calls.c.account_id == account_id).order_by(pinned_calls.c.call_id.desc())
    )
    return [Pin(*row) for row in found]


def erase_pins(connection: Connection, doomed: Callable[[bytes], bool]) -> int:
    """Remove the copies of all accounts whose record is *doomed*; the number of them."""
    ids = [
        row.call_id
        for row in connection.execute(select(pinned_calls.c.call_id, pinned_calls.c.record))
        if doomed(row.record)
    ]
    for call_id in ids:
        connection.execute(delete(pinned_calls).where(pinned_calls.c.call_id == call_id))
    return len(ids)


def count_pins(connection: Connection, doomed: Callable[[bytes], bool]) -> int:
    """How many copies ``erase_pins`` would remove."""
    records = connection.execute(select(pinned_calls.c.record)).scalars()
    return sum(doomed(record) for record in records)


_PINS = select(
    pinned_calls.c.call_id,
    pinned_calls.c.pinned_on,
    pinned_calls.c.who,
    pinned_calls.c.note,
    pinned_calls.c.record,
)
