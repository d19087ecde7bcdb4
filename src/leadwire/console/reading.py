"""Reading the call log for a page: a failure of the store becomes one kind of error."""

from collections.abc import Iterator
from contextlib import contextmanager

from leadwire.calls.record import CallRecord
from leadwire.calls.store import CallReader
from leadwire.console.refusals import CallLogUnreadable
from leadwire.errors import LeadwireError


@contextmanager
def reading_calls() -> Iterator[None]:
    """Around every question to the store. Raises CallLogUnreadable when the store fails.

    leadwire's own errors, such as QueryError for a wrong cursor, pass unchanged.
    """
    try:
        yield
    except LeadwireError:
        raise
    except Exception as error:
        # Each store has a driver with exceptions of its own; a page need not know them.
        raise CallLogUnreadable("The call log can't be read.") from error


def call_of_account(calls: CallReader, call_id: str, account_id: str) -> CallRecord | None:
    """The call if it belongs to the account; None also for a call of another account.

    Raises CallLogUnreadable.
    """
    record = _get(calls, call_id)
    return record if record and account_id and record.account_id == account_id else None


def refused_call(calls: CallReader, call_id: str) -> CallRecord | None:
    """The call if its keys were refused, so that it belongs to no account.

    Raises CallLogUnreadable.
    """
    record = _get(calls, call_id)
    return record if record and not record.account_id else None


def _get(calls: CallReader, call_id: str) -> CallRecord | None:
    with reading_calls():
        try:
            return calls.get(call_id)
        except TimeoutError as error:
            raise CallLogUnreadable(f"{error} Search for id:{call_id} to look further.") from error
