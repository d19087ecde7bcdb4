"""The index of quick search: which leads can contain a piece of text.

The texts of sixteen leads with consecutive numbers are one entry, so that entering a lead costs
less than writing it. An entry is never changed: it says what its leads may contain, and a search
reads those leads. Leads that are newer than ``counters.words_to`` have no entry yet, and are all
read; a lead that got other texts has an entry of its own. Each engine keeps the entries' texts in
its own kind of index: ``crm.leads.grams``.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, TextClause, bindparam, insert, select, text

from leadwire.crm.leads.grams import grams_of
from leadwire.crm.leads.schema import DEFAULT_SCHEMA
from leadwire.crm.tables import counters, lead_words, leads
from leadwire.database.expressions import upsert
from leadwire.database.prepared import Prepared

LEADS_PER_ENTRY: Final = 16
_LEADS_AT_ONCE: Final = 512
"""What one unit of work enters: about 5 ms, for which writes of callers wait."""
_ENTRIES_MAX: Final = 128
"""A text that more entries may contain is common: its leads are found by reading the newest."""
_NUMBER_MAX: Final = 2**63 - 1

_NAMES: Final = tuple(field.schema_name for field in DEFAULT_SCHEMA.quick_search)


class MayContain(msgspec.Struct, frozen=True):
    """Where leads with a text can be: in these ranges of numbers, and after *known_to*."""

    known_to: int
    ranges: Sequence[tuple[int, int]] | None
    """None: nearly everywhere."""


def leads_that_may_contain(connection: Connection, account_id: str, needle: str) -> MayContain:
    """Which of the account's leads may have *needle* in one of their texts."""
    known_to = _known_to(connection, account_id)
    if not known_to:
        return MayContain(known_to, None)
    found = grams_of(connection).entries_with(
        connection, account_id, needle, entries_max=_ENTRIES_MAX + 1
    )
    if found is None or len(found) > _ENTRIES_MAX:
        return MayContain(known_to, None)
    return MayContain(known_to, found)


def enter_texts(connection: Connection) -> bool:
    """Enter the texts of some leads that have no entry; whether there may be more of them."""
    waiting = connection.execute(_WAITING, {"entry": LEADS_PER_ENTRY}).first()
    if waiting is None or not grams_of(connection).make(connection):
        return False
    account_id = waiting.account_id
    # Locked, so that no other process changes these leads before they count as known.
    known_to = (
        connection.execute(_KNOWN_TO.with_for_update(), {"account_id": account_id}).scalar() or 0
    )
    upto = min(known_to + _LEADS_AT_ONCE, waiting.newest)
    upto -= upto % LEADS_PER_ENTRY
    rows = connection.execute(_NEXT, {"account_id": account_id, "after": known_to, "upto": upto})
    for number, group in groupby(rows, lambda row: (row.auto_id - 1) // LEADS_PER_ENTRY):
        first = number * LEADS_PER_ENTRY + 1
        last = first + LEADS_PER_ENTRY - 1
        _enter(connection, account_id, first, last, _texts(group))
    connection.execute(
        upsert(counters)
        .values(account_id=account_id, words_to=upto)
        .on_conflict_do_update(index_elements=["account_id"], set_={"words_to": upto})
    )
    return True


def merge_entries(connection: Connection) -> bool:
    """Put a little of the index in order, so that few pieces of it are read; whether more waits."""
    return grams_of(connection).merge(connection)


def enter_changed(
    connection: Connection,
    account_id: str,
    auto_id: int,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> None:
    """Keep a lead findable whose values change from *before* to *after*."""
    if all(before.get(name) == after.get(name) for name in _NAMES):
        return
    if auto_id <= _known_to(connection, account_id):
        _enter(connection, account_id, auto_id, auto_id, text_of(after))


def text_of(values: Mapping[str, str]) -> str:
    """Every text that quick search looks into, the full name first."""
    full_name = f"{values.get('FirstName', '')} {values.get('LastName', '')}"
    return "\n".join((full_name, *(values[name] for name in _NAMES if name in values)))


def _texts(rows: Iterable[Any]) -> str:
    return "\n".join(text_of(msgspec.json.decode(r.fields, type=dict[str, str])) for r in rows)


def _enter(connection: Connection, account_id: str, first: int, last: int, texts: str) -> None:
    values = {"account_id": account_id, "first_auto_id": first, "last_auto_id": last}
    [(words_id,)] = _ENTER.execute(connection, values)
    grams_of(connection).enter(connection, words_id, texts)


def _known_to(connection: Connection, account_id: str) -> int:
    return connection.execute(_KNOWN_TO, {"account_id": account_id}).scalar() or 0


def among(connection: Connection, where: MayContain, account_id: str) -> TextClause:
    """The condition for a lead to be one of those; *where* must name ranges."""
    ranges = [*(where.ranges or ()), (where.known_to + 1, _NUMBER_MAX)]
    encoded = msgspec.json.encode(ranges).decode()
    return grams_of(connection).among.bindparams(of_account=account_id, ranges=encoded)


_ENTER: Final = Prepared(
    insert(lead_words).returning(lead_words.c.words_id),
    columns=("account_id", "first_auto_id", "last_auto_id"),
)
_KNOWN_TO: Final = select(counters.c.words_to).where(
    counters.c.account_id == bindparam("account_id")
)
# Each account's first and last entry in the index on numbers, and none of those between.
_WAITING: Final = text(
    "WITH RECURSIVE own (account_id) AS (SELECT min(account_id) FROM leads UNION ALL "
    "SELECT (SELECT min(account_id) FROM leads WHERE account_id > own.account_id) "
    "FROM own WHERE own.account_id IS NOT NULL) "
    "SELECT account_id, newest FROM (SELECT own.account_id AS account_id, "
    "coalesce(counters.words_to, 0) AS words_to, "
    "(SELECT max(auto_id) FROM leads WHERE account_id = own.account_id) AS newest "
    "FROM own LEFT JOIN counters ON counters.account_id = own.account_id "
    "WHERE own.account_id IS NOT NULL) AS each WHERE newest - words_to >= :entry LIMIT 1"
)
_NEXT: Final = (
    select(leads.c.auto_id, leads.c.fields)
    .where(
        leads.c.account_id == bindparam("account_id"),
        leads.c.auto_id > bindparam("after"),
        leads.c.auto_id <= bindparam("upto"),
    )
    .order_by(leads.c.auto_id)
)
