"""The copy of a pinned call."""

from typing import NamedTuple

from leadwire.access.pins import Pin, pin_of
from leadwire.access.store import AccessStore
from leadwire.calls.packed import unpacked
from leadwire.calls.record import CallRecord


class Pinned(NamedTuple):
    pin: Pin
    call: CallRecord


def pinned_call(access: AccessStore, account_id: str, call_id: str) -> Pinned | None:
    """The copy of a pinned call. *account_id* is empty for a call whose keys were refused."""
    with access.engine.connect() as connection:
        pin = pin_of(connection, account_id, call_id)
    return None if pin is None else Pinned(pin, unpacked(pin.record))
