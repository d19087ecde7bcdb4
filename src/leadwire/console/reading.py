"""The console's way to the call store: whatever a store throws becomes an answer that says so."""

from leadwire.calls.query import CallPage, CallQuery, CallStatistics, NewCalls
from leadwire.calls.record import CallRecord
from leadwire.calls.store import LiveReader
from leadwire.console.refusals import CallLogUnreadable
from leadwire.errors import LeadwireError


class Calls:
    """LiveReader with one kind of failure. The methods block: for worker threads."""

    def __init__(self, reader: LiveReader) -> None:
        self._reader = reader

    def search(self, query: CallQuery) -> CallPage:
        """Raises QueryError for a wrong cursor, CallLogUnreadable when the store fails."""
        try:
            return self._reader.search(query)
        except LeadwireError:
            raise
        except Exception as error:
            # Which exceptions a store's driver knows is the store's affair.
            raise CallLogUnreadable("The call log can't be read.") from error

    def statistics(self, query: CallQuery) -> CallStatistics:
        """Raises CallLogUnreadable when the store fails."""
        try:
            return self._reader.statistics(query)
        except LeadwireError:
            raise
        except Exception as error:
            raise CallLogUnreadable("The call log can't be read.") from error

    def place(self) -> str:
        """Raises CallLogUnreadable when the store fails."""
        try:
            return self._reader.place()
        except LeadwireError:
            raise
        except Exception as error:
            raise CallLogUnreadable("The call log can't be read.") from error

    def since(self, query: CallQuery, place: str) -> NewCalls:
        """Raises QueryError for a wrong place, CallLogUnreadable when the store fails."""
        try:
            return self._reader.since(query, place)
        except LeadwireError:
            raise
        except Exception as error:
            raise CallLogUnreadable("The call log can't be read.") from error

    def of_account(self, call_id: str, account_id: str) -> CallRecord | None:
        """The call when it is the account's own: another's is as unknown as none."""
        record = self._get(call_id)
        return record if record and account_id and record.account_id == account_id else None

    def refused(self, call_id: str) -> CallRecord | None:
        """The call when no account can be charged with it."""
        record = self._get(call_id)
        return record if record and not record.account_id else None

    def _get(self, call_id: str) -> CallRecord | None:
        try:
            return self._reader.get(call_id)
        except LeadwireError:
            raise
        except TimeoutError as error:
            raise CallLogUnreadable(f"{error} Search for id:{call_id} to look further.") from error
        except Exception as error:
            raise CallLogUnreadable("The call log can't be read.") from error
