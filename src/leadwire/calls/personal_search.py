"""Finding a personal value where the log holds its token: a reader in front of any store's."""

from collections.abc import Iterator

import msgspec

from leadwire.calls.query import CallPage, CallQuery, CallStatistics, NewCalls
from leadwire.calls.record import CallRecord
from leadwire.calls.redaction.tokens import Tokens
from leadwire.calls.store import LiveReader


class TokenReader:
    """A ``LiveReader`` that finds, beside a text of the search, its token.

    The query that is printed, and the cursors, stay those of the text: no token is in a URL.
    """

    def __init__(self, reader: LiveReader, tokens: Tokens) -> None:
        self._reader = reader
        self._token_of = tokens.token

    def search(self, query: CallQuery) -> CallPage:
        return self._reader.search(self._with_tokens(query))

    def stream(self, query: CallQuery) -> Iterator[CallRecord]:
        return self._reader.stream(self._with_tokens(query))

    def statistics(self, query: CallQuery) -> CallStatistics:
        return self._reader.statistics(self._with_tokens(query))

    def get(self, call_id: str) -> CallRecord | None:
        return self._reader.get(call_id)

    def place(self) -> str:
        return self._reader.place()

    def since(self, query: CallQuery, place: str) -> NewCalls:
        return self._reader.since(self._with_tokens(query), place)

    def _with_tokens(self, query: CallQuery) -> CallQuery:
        return msgspec.structs.replace(query, token_of=self._token_of)
