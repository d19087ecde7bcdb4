"""Search the trigram index for leads that can contain a text.

The answer names ranges of leads, and every lead that has no entry yet. It may name too many leads,
never too few, so a search reads those leads and checks each. ``trigram_index`` says what an entry
is.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec
from sqlalchemy import Connection, TextClause

from leadwire.crm.leads.grams import grams_of
from leadwire.crm.leads.trigram_index import indexed_to

_ENTRIES_MAX: Final = 128
"""With more entries the text is common, so a scan of the newest leads finds it soon."""
_NUMBER_MAX: Final = 2**63 - 1


class Candidates(NamedTuple):
    """The leads that can contain a text."""

    indexed_to: int
    """The last number with an entry: all leads after it are candidates."""
    ranges: Sequence[tuple[int, int]] | None
    """Ranges of numbers, both ends included; None: the index rules out too few leads."""


def candidates(connection: Connection, account_id: str, wanted: str) -> Candidates:
    """The account's leads that can contain *wanted*, without regard to case."""
    last = indexed_to(connection, account_id)
    if not last:
        return Candidates(last, None)
    found = grams_of(connection).entries_with(
        connection, account_id, wanted, entries_max=_ENTRIES_MAX + 1
    )
    if found is None or len(found) > _ENTRIES_MAX:
        return Candidates(last, None)
    return Candidates(last, found)


def is_candidate(connection: Connection, found: Candidates, account_id: str) -> TextClause:
    """Match the leads of *found*, which must have ranges."""
    ranges = [*(found.ranges or ()), (found.indexed_to + 1, _NUMBER_MAX)]
    encoded = msgspec.json.encode(ranges).decode()
    return grams_of(connection).among.bindparams(of_account=account_id, ranges=encoded)
