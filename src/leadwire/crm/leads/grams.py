"""The trigram index of each engine, which holds the texts of quick search's entries.

``trigram_index`` says what an entry is. ``lead_grams`` is an FTS5 table on SQLite, and a table with
a pg_trgm index on PostgreSQL. The first entry creates it.

**On SQLite, rare trigrams decide.** An entry that contains a text contains each of its trigrams. A
common trigram has a long list and excludes few entries. So a search samples a few trigrams and
looks entries up by the rarest. PostgreSQL chooses trigrams itself.
"""

from collections.abc import Sequence
from typing import Final, Protocol

from sqlalchemy import Connection, TextClause, text

from leadwire.database.database import SQLITE
from leadwire.database.expressions import ascii_lower
from leadwire.database.prepared import run
from leadwire.database.sqlite import rows_changed

Ranges = list[tuple[int, int]]
"""First and last number of the leads of each entry."""

_GRAM: Final = 3
_SAMPLED_MAX: Final = 12
"""Sampled trigrams per text, whose frequency is estimated."""
_USED_MAX: Final = 8
"""Trigrams used for the lookup."""
_COMMON: Final = 4.0
"""A trigram in a quarter of the entries or more is common, so it is left out."""
_SAMPLE: Final = 32
"""Entries of a trigram that are read to estimate its frequency."""


class Grams(Protocol):
    among: TextClause
    """Match leads of *of_account* in *ranges*, a JSON array of number pairs."""

    def make(self, connection: Connection) -> bool:
        """Create the index if it is missing. Returns whether it exists now."""
        ...

    def enter(self, connection: Connection, words_id: int, texts: str) -> None: ...

    def merge(self, connection: Connection) -> bool:
        """Merge some segments of the index. Returns False when nothing is left to merge."""
        ...

    def entries_with(
        self, connection: Connection, account_id: str, needle: str, *, entries_max: int
    ) -> Ranges | None:
        """At most *entries_max* entries that may contain *needle*; None: the index cannot tell."""
        ...


def grams_of(connection: Connection) -> Grams:
    return _FTS5 if connection.dialect.name == SQLITE else _TRGM


class _Fts5:
    # CROSS JOIN makes SQLite go from the ranges to the leads. Otherwise it would read every lead.
    among: TextClause = text(
        "leads.rowid IN (SELECT own.rowid FROM json_each(:ranges) AS span CROSS JOIN leads AS own "
        "WHERE own.account_id = :of_account AND own.auto_id BETWEEN "
        "json_extract(span.value, '$[0]') AND json_extract(span.value, '$[1]'))"
    )

    def make(self, connection: Connection) -> bool:
        if not self._is_made(connection):
            run(connection, _MAKE_FTS5)
            run(connection, _MERGE_PAIRS)
        return True

    def enter(self, connection: Connection, words_id: int, texts: str) -> None:
        run(connection, _ENTER_FTS5, (words_id, texts))

    def merge(self, connection: Connection) -> bool:
        if not self._is_made(connection):
            return False
        before = rows_changed(connection)
        run(connection, _MERGE)
        return rows_changed(connection) - before > 1  # the command itself counts as one change

    def entries_with(
        self, connection: Connection, account_id: str, needle: str, *, entries_max: int
    ) -> Ranges | None:
        grams = _sampled_trigrams(needle)
        if not grams:
            return None
        chosen = _rarest(connection, grams)
        if not chosen:
            return []
        wanted = " AND ".join(map(_quoted, chosen))
        found = run(connection, _FOUND_FTS5, (account_id, wanted, entries_max)).fetchall()
        return [(first, last) for first, last in found]

    def _is_made(self, connection: Connection) -> bool:
        return bool(run(connection, _MADE_FTS5).fetchone())


class _Trgm:
    # An array, because the planner expects many leads of a join, and would read the whole account.
    among: TextClause = text(
        "leads.ctid = ANY (ARRAY("
        "SELECT own.ctid FROM json_array_elements(CAST(:ranges AS json)) AS span, "
        "LATERAL (SELECT ctid FROM leads WHERE account_id = :of_account AND auto_id "
        "BETWEEN CAST(span ->> 0 AS bigint) AND CAST(span ->> 1 AS bigint)) AS own))"
    )

    def make(self, connection: Connection) -> bool:
        if not run(connection, "SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'").fetchone():
            return False  # the server's start reported it
        for statement in _MAKE_TRGM:
            run(connection, statement)
        return True

    def enter(self, connection: Connection, words_id: int, texts: str) -> None:
        run(connection, "INSERT INTO lead_grams VALUES (%s, %s)", (words_id, ascii_lower(texts)))

    def merge(self, connection: Connection) -> bool:  # noqa: ARG002  # autovacuum does it
        return False

    def entries_with(
        self, connection: Connection, account_id: str, needle: str, *, entries_max: int
    ) -> Ranges | None:
        if len(needle) < _GRAM:
            return None
        pattern = ascii_lower(needle).replace("/", "//").replace("%", "/%").replace("_", "/_")
        found = run(connection, _FOUND_TRGM, (account_id, f"%{pattern}%", entries_max)).fetchall()
        return [(first, last) for first, last in found]


def _sampled_trigrams(wanted: str) -> list[str]:
    """About twelve trigrams spread over *wanted*; empty if the text is too short."""
    if "\0" in wanted:  # FTS5 would end its query there
        return []
    starts = range(len(wanted) - _GRAM + 1)
    distinct = list(dict.fromkeys(wanted[start : start + _GRAM] for start in starts))
    return distinct[:: max(1, len(distinct) // _SAMPLED_MAX)]


def _rarest(connection: Connection, trigrams: Sequence[str]) -> list[str]:
    """The rarest of *trigrams*, at least one. Empty if a trigram is in no entry.

    The ids of a trigram's first entries tell how rare it is: 32 entries within the first 64 ids
    belong to a common one, 32 within 3,200 to one in a hundred. Its whole list is not read.
    """
    rareness: list[tuple[float, str]] = []
    for trigram in trigrams:
        count, highest_id = run(connection, _REACH, (_quoted(trigram), _SAMPLE)).fetchone()
        if not count:
            return []
        is_whole_list = count < _SAMPLE
        rareness.append((float("inf") if is_whole_list else highest_id / count, trigram))
    rareness.sort(reverse=True)
    rare = [trigram for ids_per_entry, trigram in rareness[:_USED_MAX] if ids_per_entry > _COMMON]
    return rare or [rareness[0][1]]


def _quoted(trigram: str) -> str:
    """Quote *text* for FTS5's query language."""
    return '"' + trigram.replace('"', '""') + '"'


# The smallest FTS5 table that lists entries by trigram: it keeps neither texts nor positions.
_MAKE_FTS5: Final = (
    "CREATE VIRTUAL TABLE lead_grams USING fts5"
    "(texts, content='', columnsize=0, detail=none, tokenize='trigram')"
)
_MADE_FTS5: Final = "SELECT 1 FROM sqlite_master WHERE name = 'lead_grams'"
# FTS5 takes commands as inserts into a column with the table's name. 64 is a number of pages.
_MERGE: Final = "INSERT INTO lead_grams (lead_grams, rank) VALUES ('merge', 64)"
_MERGE_PAIRS: Final = "INSERT INTO lead_grams (lead_grams, rank) VALUES ('usermerge', 2)"
_ENTER_FTS5: Final = "INSERT INTO lead_grams (rowid, texts) VALUES (?, ?)"
_REACH: Final = (
    "SELECT count(*), max(rowid) FROM "
    "(SELECT rowid FROM lead_grams WHERE lead_grams MATCH ? LIMIT ?)"
)
_FOUND_FTS5: Final = (
    "SELECT DISTINCT first_auto_id, last_auto_id FROM lead_words "
    "WHERE account_id = ? AND words_id IN "
    "(SELECT rowid FROM lead_grams WHERE lead_grams MATCH ?) LIMIT ?"
)
_MAKE_TRGM: Final = (
    'CREATE TABLE IF NOT EXISTS lead_grams (words_id bigint PRIMARY KEY, texts text COLLATE "C")',
    "CREATE INDEX IF NOT EXISTS lead_grams_texts ON lead_grams USING gin (texts gin_trgm_ops)",
)
_FOUND_TRGM: Final = (
    "SELECT DISTINCT first_auto_id, last_auto_id FROM lead_words JOIN lead_grams USING (words_id) "
    "WHERE account_id = %s AND texts LIKE %s ESCAPE '/' LIMIT %s"
)
_FTS5: Final = _Fts5()
_TRGM: Final = _Trgm()
