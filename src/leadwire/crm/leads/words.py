"""The index of quick search: which leads can contain a piece of text.

The texts of sixteen leads with consecutive numbers are one entry of SQLite's trigram index, so
that entering a lead costs less than writing it. An entry is never changed: it says what its leads
may contain, and a search reads those leads. Leads that are newer than ``counters.words_to`` have
no entry yet, and are all read; one that got other texts has an entry of its own.
"""

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

import msgspec
from sqlalchemy import (
    Connection,
    TextClause,
    bindparam,
    insert,
    select,
    text,
)

from leadwire.crm.leads.schema import DEFAULT_SCHEMA
from leadwire.crm.tables import counters, lead_words, leads
from leadwire.database.prepared import Prepared, rows_changed

LEADS_PER_ENTRY: Final = 16
_LEADS_AT_ONCE: Final = 512
"""What one unit of work enters: about 5 ms, for which writes of callers wait."""
_ENTRIES_MAX: Final = 128
"""A text that more entries may contain is common: its leads are found by reading the newest."""
_GRAM: Final = 3
_GRAMS_TRIED: Final = 12
_GRAMS_USED: Final = 8
_COMMON: Final = 4.0
"""One entry in four has such a piece: its list is long, and tells little."""
_SAMPLE: Final = 32
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
    grams = _grams(needle)
    if not known_to or not grams:
        return MayContain(known_to, None)
    chosen = _rarest(connection, grams)
    if not chosen:
        return MayContain(known_to, ())
    found = connection.execute(
        _FOUND,
        {
            "account_id": account_id,
            "grams": " AND ".join(map(_quoted, chosen)),
            "entries_max": _ENTRIES_MAX + 1,
        },
    ).all()
    if len(found) > _ENTRIES_MAX:
        return MayContain(known_to, None)
    return MayContain(known_to, [(row.first_auto_id, row.last_auto_id) for row in found])


def enter_texts(connection: Connection) -> bool:
    """Enter the texts of some leads that have no entry; whether there may be more of them."""
    waiting = connection.execute(_WAITING, {"entry": LEADS_PER_ENTRY}).first()
    if waiting is None:
        return False
    if connection.execute(_MADE).first() is None:
        connection.execute(_MAKE)
        connection.execute(_MERGE_PAIRS)
    upto = min(waiting.words_to + _LEADS_AT_ONCE, waiting.newest)
    upto -= upto % LEADS_PER_ENTRY
    rows = connection.execute(
        _NEXT, {"account_id": waiting.account_id, "after": waiting.words_to, "upto": upto}
    )
    for number, group in groupby(rows, lambda row: (row.auto_id - 1) // LEADS_PER_ENTRY):
        first = number * LEADS_PER_ENTRY + 1
        last = first + LEADS_PER_ENTRY - 1
        _enter(connection, waiting.account_id, first, last, _texts(group))
    connection.execute(_KNOWN, {"account_id": waiting.account_id, "upto": upto})
    return True


def merge_entries(connection: Connection) -> bool:
    """Put a little of the index in order, so that few pieces of it are read; whether more waits."""
    if connection.execute(_MADE).first() is None:
        return False
    before = rows_changed(connection)
    connection.execute(_MERGE)
    return rows_changed(connection) - before > 1  # the command itself counts as one


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
    connection.execute(_ENTER_TEXTS, {"words_id": words_id, "texts": texts})


def _known_to(connection: Connection, account_id: str) -> int:
    return connection.execute(_KNOWN_TO, {"account_id": account_id}).scalar() or 0


def _grams(needle: str) -> list[str]:
    """Up to twelve pieces of *needle*, from all over it; none when it is too short."""
    if "\0" in needle:  # the index's language ends there
        return []
    grams = list(dict.fromkeys(needle[at : at + _GRAM] for at in range(len(needle) - _GRAM + 1)))
    step = max(1, len(grams) // _GRAMS_TRIED)
    return grams[::step]


def _rarest(connection: Connection, grams: Sequence[str]) -> list[str]:
    """The pieces that the fewest entries have; none when one of them is in no entry.

    How rare a piece is shows in how far its first few entries reach: the lists of common ones are
    as long as there are leads, and are not read.
    """
    rareness: list[tuple[float, str]] = []
    for gram in grams:
        count, reach = connection.execute(_REACH, {"grams": _quoted(gram), "sample": _SAMPLE}).one()
        if not count:
            return []
        rare = float("inf") if count < _SAMPLE else reach / count
        rareness.append((rare, gram))
    rareness.sort(reverse=True)
    rare = [gram for rare, gram in rareness[:_GRAMS_USED] if rare > _COMMON]
    return rare or [rareness[0][1]]


def _quoted(gram: str) -> str:
    return '"' + gram.replace('"', '""') + '"'


def among(where: MayContain, account_id: str) -> TextClause:
    """The condition for a lead to be one of those; *where* must name ranges."""
    ranges = [*(where.ranges or ()), (where.known_to + 1, _NUMBER_MAX)]
    return _AMONG.bindparams(of_account=account_id, ranges=msgspec.json.encode(ranges).decode())


# Without positions, texts or lengths: sets of entries by piece, and nothing else.
_MAKE: Final = text(
    "CREATE VIRTUAL TABLE lead_grams USING fts5"
    "(texts, content='', columnsize=0, detail=none, tokenize='trigram')"
)
_MADE: Final = text("SELECT 1 FROM sqlite_master WHERE name = 'lead_grams'")
_MERGE: Final = text("INSERT INTO lead_grams (lead_grams, rank) VALUES ('merge', 64)")
_MERGE_PAIRS: Final = text("INSERT INTO lead_grams (lead_grams, rank) VALUES ('usermerge', 2)")
_ENTER: Final = Prepared(
    insert(lead_words).returning(lead_words.c.words_id),
    columns=("account_id", "first_auto_id", "last_auto_id"),
)
_ENTER_TEXTS: Final = text("INSERT INTO lead_grams (rowid, texts) VALUES (:words_id, :texts)")
_REACH: Final = text(
    "SELECT count(*), max(rowid) FROM "
    "(SELECT rowid FROM lead_grams WHERE lead_grams MATCH :grams LIMIT :sample)"
)
_FOUND: Final = text(
    "SELECT DISTINCT first_auto_id, last_auto_id FROM lead_words "
    "WHERE account_id = :account_id AND words_id IN "
    "(SELECT rowid FROM lead_grams WHERE lead_grams MATCH :grams) "
    "LIMIT :entries_max"
)
# From the ranges to the leads: planned the other way round, it would read every lead.
_AMONG: Final = text(
    "leads.rowid IN (SELECT own.rowid FROM json_each(:ranges) AS span CROSS JOIN leads AS own "
    "WHERE own.account_id = :of_account AND own.auto_id BETWEEN "
    "json_extract(span.value, '$[0]') AND json_extract(span.value, '$[1]'))"
)
_KNOWN_TO: Final = select(counters.c.words_to).where(
    counters.c.account_id == bindparam("account_id")
)
_KNOWN: Final = text(
    "INSERT INTO counters (account_id, last_auto_id, words_to) VALUES (:account_id, 0, :upto) "
    "ON CONFLICT (account_id) DO UPDATE SET words_to = excluded.words_to"
)
# Each account's first and last entry in the index on numbers, and none of those between.
_WAITING: Final = text(
    "WITH RECURSIVE own (account_id) AS (SELECT min(account_id) FROM leads UNION ALL "
    "SELECT (SELECT min(account_id) FROM leads WHERE account_id > own.account_id) "
    "FROM own WHERE own.account_id IS NOT NULL) "
    "SELECT own.account_id AS account_id, coalesce(counters.words_to, 0) AS words_to, "
    "(SELECT max(auto_id) FROM leads WHERE account_id = own.account_id) AS newest "
    "FROM own LEFT JOIN counters USING (account_id) WHERE own.account_id IS NOT NULL "
    "AND newest - coalesce(counters.words_to, 0) >= :entry LIMIT 1"
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
