"""The end of the log, from the files and the end mark, without reading calls."""

import time
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

from leadwire.stores.sqlite.chain import read_chain
from leadwire.stores.sqlite.days import DayFolder
from leadwire.stores.sqlite.end_mark import read_end_mark
from leadwire.stores.sqlite.ledger import read_ledger
from leadwire.stores.sqlite.schema import last_sequence, open_readable

SETTLE_SECONDS: Final = 0.1
"""A running server writes the mark of a commit within this time, by far."""


class LogEnd(NamedTuple):
    found: int
    """The greatest sequence in the files or the pruned days; 0 without calls."""
    marked: int
    """The number in the end mark."""


def read_log_end(folder: Path) -> LogEnd:
    """The end of the log, also while a server writes. Raises SetupError and sqlite3.Error."""
    chain = read_chain(folder)
    # Read the mark first, so that the files, read later, include its number.
    mark = read_end_mark(folder, chain)
    days = DayFolder(folder)
    found = read_ledger(folder).pruned_sequence
    for path in map(days.path, days.days()):
        with closing(open_readable(path)) as connection:
            found = max(found, last_sequence(connection))
    if found > mark.sequence:
        time.sleep(SETTLE_SECONDS)
        if read_end_mark(folder, chain).number != mark.number:
            found = mark.sequence  # a server is recording, so the mark is not behind
    return LogEnd(found, mark.sequence)
