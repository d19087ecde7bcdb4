"""The index behind quick search: build it and keep it up to date.

Quick search looks for a piece of text anywhere in a few fields of a lead. A trigram index answers
such a search: it lists, for each three characters in a row, the entries that hold them.

**An entry covers a block of sixteen leads with consecutive numbers.** Its text joins their texts.
One entry for a block costs less to write than one for each lead, and is precise enough: a search
reads the sixteen leads of each entry that it finds. ``lead_words`` holds the range of numbers of
each entry. The table of texts differs by engine: see ``grams``.

**Entries are only added.** An entry may hold old text of its leads, so a search checks every lead
that it reads. There are three cases:

* A new lead has no entry. ``counters.words_to`` is the last number with an entry; a search reads
  all leads after it. ``index_next_leads`` advances it in the background, by whole blocks.
* A changed lead up to that number gets a separate entry, besides its block's entry.
* A deleted lead leaves its entry behind. The entry's number then matches no lead.
"""

from collections.abc import Mapping
from itertools import groupby
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, text

from leadwire.crm.leads.grams import grams_of
from leadwire.crm.leads.schema import DEFAULT_SCHEMA
from leadwire.crm.tables import counters, lead_words, leads
from leadwire.database.database import SQLITE
from leadwire.database.expressions import upsert
from leadwire.database.prepared import Prepared

LEADS_PER_ENTRY: Final = 16
_LEADS_AT_ONCE: Final = 512
"""Leads indexed in one unit of work. It delays callers' writes by about 5 ms."""
_FIELDS: Final = tuple(field.schema_name for field in DEFAULT_SCHEMA.quick_search)


def index_next_leads(connection: Connection) -> bool:
    """Index some blocks of new leads. Returns False when no whole block is left.

    Works for one account at a time. Leads of an incomplete block wait.
    """
    waiting = connection.execute(_WAITING, {"block": LEADS_PER_ENTRY}).first()
    if waiting is None or not grams_of(connection).make(connection):
        return False
    account_id = waiting.account_id
    # Locked, so that no other process changes these leads before they count as indexed.
    locked = connection.execute(_INDEXED_TO.with_for_update(), {"account_id": account_id})
    indexed = locked.scalar() or 0
    last = min(indexed + _LEADS_AT_ONCE, waiting.newest)
    last -= last % LEADS_PER_ENTRY  # whole blocks only
    rows = connection.execute(_LEADS, {"account_id": account_id, "after": indexed, "upto": last})
    for block, of_block in groupby(rows, lambda row: (row.auto_id - 1) // LEADS_PER_ENTRY):
        first = block * LEADS_PER_ENTRY + 1
        documents = [msgspec.json.decode(row.fields, type=dict[str, str]) for row in of_block]
        indexed_text = "\n".join(map(_text_of, documents))
        _add_entry(connection, account_id, first, first + LEADS_PER_ENTRY - 1, indexed_text)
    connection.execute(
        upsert(counters)
        .values(account_id=account_id, words_to=last)
        .on_conflict_do_update(index_elements=["account_id"], set_={"words_to": last})
    )
    return True


def index_changed_lead(
    connection: Connection,
    account_id: str,
    auto_id: int,
    before: Mapping[str, str],
    after: Mapping[str, str],
) -> None:
    """Add an entry if a change gives a lead new text. *before* and *after* are its values."""
    if all(before.get(name) == after.get(name) for name in _FIELDS):
        return
    if auto_id <= indexed_to(connection, account_id):
        _add_entry(connection, account_id, auto_id, auto_id, _text_of(after))


def tidy_index(connection: Connection) -> bool:
    """Merge some segments of the index. Returns False when nothing is left to merge.

    A search reads every segment, so fewer segments are faster.
    """
    return grams_of(connection).merge(connection)


def indexed_to(connection: Connection, account_id: str) -> int:
    """The highest indexed lead number of the account; 0 if no lead is indexed."""
    found = _INDEXED_TO_NOW.execute(connection, {"account_id": account_id})
    return int(found[0][0]) if found else 0


def forget_words(connection: Connection, account_id: str) -> None:
    """Remove every text of the account's leads from the index."""
    of_account = select(lead_words.c.words_id).where(lead_words.c.account_id == account_id)
    words = list(connection.execute(of_account).scalars())
    if not words:
        return
    if connection.dialect.name == SQLITE:
        # FTS5 without texts cannot drop single entries. All accounts' are made anew.
        connection.execute(delete(lead_words))
        connection.exec_driver_sql("INSERT INTO lead_grams (lead_grams) VALUES ('delete-all')")
        connection.exec_driver_sql("UPDATE counters SET words_to = 0")
        return
    connection.execute(delete(lead_words).where(lead_words.c.account_id == account_id))
    grams = text("DELETE FROM lead_grams WHERE words_id = ANY(:words)")
    connection.execute(grams, {"words": words})


def _add_entry(
    connection: Connection, account_id: str, first: int, last: int, indexed_text: str
) -> None:
    numbers = {"account_id": account_id, "first_auto_id": first, "last_auto_id": last}
    [(entry_id,)] = _ADD_NUMBERS.execute(connection, numbers)
    grams_of(connection).enter(connection, entry_id, indexed_text)


def _text_of(values: Mapping[str, str]) -> str:
    """The searchable text of a lead: the full name, then each quick-search field."""
    full_name = f"{values.get('FirstName', '')} {values.get('LastName', '')}"
    return "\n".join((full_name, *(values[name] for name in _FIELDS if name in values)))


_ADD_NUMBERS: Final = Prepared(
    insert(lead_words).returning(lead_words.c.words_id),
    columns=("account_id", "first_auto_id", "last_auto_id"),
)
_INDEXED_TO: Final = select(counters.c.words_to).where(
    counters.c.account_id == bindparam("account_id")
)
_INDEXED_TO_NOW: Final = Prepared(_INDEXED_TO)
# One account with a whole block of leads that have no entry. The recursion steps from account to
# account through an index, and reads the first and the last lead of each: no lead between them.
_WAITING: Final = text(
    "WITH RECURSIVE own (account_id) AS (SELECT min(account_id) FROM leads UNION ALL "
    "SELECT (SELECT min(account_id) FROM leads WHERE account_id > own.account_id) "
    "FROM own WHERE own.account_id IS NOT NULL) "
    "SELECT account_id, newest FROM (SELECT own.account_id AS account_id, "
    "coalesce(counters.words_to, 0) AS words_to, "
    "(SELECT max(auto_id) FROM leads WHERE account_id = own.account_id) AS newest "
    "FROM own LEFT JOIN counters ON counters.account_id = own.account_id "
    "WHERE own.account_id IS NOT NULL) AS each WHERE newest - words_to >= :block LIMIT 1"
)
_LEADS: Final = (
    select(leads.c.auto_id, leads.c.fields)
    .where(
        leads.c.account_id == bindparam("account_id"),
        leads.c.auto_id > bindparam("after"),
        leads.c.auto_id <= bindparam("upto"),
    )
    .order_by(leads.c.auto_id)
)
