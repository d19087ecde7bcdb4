"""Follow a node's calls as they are recorded. A place is the last sequence read."""

from itertools import islice
from pathlib import Path
from typing import Final

from leadwire.calls.query import CallQuery, NewCalls, matcher
from leadwire.stores.opaque import content_of, place_at
from leadwire.stores.sqlite.source import SqliteCallSource

_VERSION: Final = 1
_LOOKED_AT_MAX: Final = 2_000
"""Maximum of calls read at once, over all accounts, matching or not."""


class SqliteFollower:
    """``place`` and ``since`` of a ``LiveReader``, for one folder. Thread-safe."""

    def __init__(self, folder: Path) -> None:
        self._source = SqliteCallSource(folder)

    def place(self) -> str:
        return place_at(_VERSION, self._source.last_sequence())

    def since(self, query: CallQuery, place: str) -> NewCalls:
        holds = matcher(query)
        last = self._source.last_sequence()
        # A place beyond the end comes from a previous log, so the folder was replaced.
        done = min(content_of(place, _VERSION, int), last)
        if done == last:
            return NewCalls(calls=(), place=place_at(_VERSION, last))
        batch = self._source.after(done, limit=_LOOKED_AT_MAX)
        # An empty batch means that the calls up to the end are unreadable.
        done = batch[-1].sequence if batch else last
        calls = tuple(islice(filter(holds, batch), query.limit))
        if len(calls) == query.limit:
            done = calls[-1].sequence
        return NewCalls(calls=calls, place=place_at(_VERSION, done), more=done < last)

    def close(self) -> None:
        """Close every file. The next query opens them again."""
        self._source.close()
