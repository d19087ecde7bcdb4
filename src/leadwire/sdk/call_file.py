"""Search a program's own log of calls, without the server and its libraries."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from leadwire.calls.query import CallQuery, QueryError, condition_of
from leadwire.calls.sent import SentCall
from leadwire.clock import SystemClock
from leadwire.errors import CallLogDamaged, SetupError
from leadwire.sdk.checks import whole_number
from leadwire.sdk.errors import InvalidValue, Misuse
from leadwire.stores.files.reader import FileCallReader

CALLS_MAX: Final = 1_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MS: Final = 1_000


class CallFile:
    """The calls in a file that ``JsonLinesSink`` or ``SqliteSink`` wrote, or in a folder of them.

    Also reads what ``leadwire calls export`` writes as JSON Lines and CSV. Each query reads every
    file anew, so calls that were logged meanwhile are found. Programs may go on logging. Raises
    Misuse if there is no such file.
    """

    def __init__(self, path: str | Path) -> None:
        if not isinstance(path, str | Path):
            raise Misuse(f"path must be text or a Path, not {type(path).__name__}.")
        self._path = Path(path)
        try:
            self._reader = FileCallReader(self._path)
        except SetupError as error:
            raise Misuse(str(error)) from None

    def search(
        self,
        q: str = "",
        *,
        start: datetime | None = None,
        end: datetime | None = None,
        limit: int = CALLS_MAX,
        skip_damaged: bool = False,
    ) -> list[SentCall]:
        """The calls that match *q*, newest first, at most *limit*.

        *q* is a search as in the console: ``status:5xx operation:Lead.Create last:1h``. *start* is
        included, *end* is not. Raises InvalidValue for a search that cannot be read, with its
        place, and for a naive datetime or a limit below 1. Raises CallLogDamaged, of
        ``leadwire.errors``, if a record is unreadable, because a match may be missing;
        *skip_damaged* leaves it out.
        """
        whole_number("limit", limit, 1)
        try:
            condition = condition_of(q, now_ms=SystemClock().now_ms())
        except QueryError as error:
            raise InvalidValue(f"The search cannot be read: {error}") from None
        page = self._reader.search(
            CallQuery(
                account_id=None,
                condition=condition,
                from_ms=_milliseconds(start),
                until_ms=_milliseconds(end),
                limit=limit,
            )
        )
        if page.damaged and not skip_damaged:
            raise CallLogDamaged(" ".join(page.damaged))
        return [call for call in page.calls if isinstance(call, SentCall)]

    def get(self, call_id: str) -> SentCall | None:
        """The call with that id, or with that id in the log of the server; None if unknown."""
        found = self._reader.get(call_id)
        return found if isinstance(found, SentCall) else None

    def __iter__(self) -> Iterator[SentCall]:
        """Every call, newest first. Raises as ``search``."""
        return iter(self.search())

    def __repr__(self) -> str:
        return f"CallFile({str(self._path)!r})"


def _milliseconds(moment: datetime | None) -> int | None:
    if moment is None:
        return None
    if moment.utcoffset() is None:
        raise InvalidValue("The datetime has no time zone. Set one, such as tzinfo=timezone.utc.")
    return round((moment - _EPOCH).total_seconds() * _MS)
