"""The texts of quick search's entries, in the index on pieces of text that each engine has.

``lead_grams`` is a table of FTS5 on SQLite, and a table with an index of pg_trgm on PostgreSQL. It
is made when the first entry is.
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
_GRAMS_TRIED: Final = 12
_GRAMS_USED: Final = 8
_COMMON: Final = 4.0
"""One entry in four has such a piece: its list is long, and tells little."""
_SAMPLE: Final = 32


class Grams(Protocol):
    among: TextClause
    """The condition for a lead to be one of *of_account*'s in *ranges*, a JSON array of pairs."""

    def make(self, connection: Connection) -> bool:
        """Make the index if it is missing; whether there is one now."""
        ...

    def enter(self, connection: Connection, words_id: int, texts: str) -> None: ...

    def merge(self, connection: Connection) -> bool:
        """Put a little of the index in order; whether more waits."""
        ...

    def entries_with(
        self, connection: Connection, account_id: str, needle: str, *, entries_max: int
    ) -> Ranges | None:
        """At most *entries_max* entries that may contain *needle*; None: the index cannot tell."""
        ...


def grams_of(connection: Connection) -> Grams:
    return _FTS5 if connection.dialect.name == SQLITE else _TRGM


class _Fts5:
    # From the ranges to the leads: planned the other way round, it would read every lead.
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
        return rows_changed(connection) - before > 1  # the command itself counts as one

    def entries_with(
        self, connection: Connection, account_id: str, needle: str, *, entries_max: int
    ) -> Ranges | None:
        grams = _pieces(needle)
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
    among: TextClause = text(
        "leads.ctid IN (SELECT own.ctid FROM json_array_elements(CAST(:ranges AS json)) AS span, "
        "LATERAL (SELECT ctid FROM leads WHERE account_id = :of_account AND auto_id "
        "BETWEEN CAST(span ->> 0 AS bigint) AND CAST(span ->> 1 AS bigint)) AS own)"
    )

    def make(self, connection: Connection) -> bool:
        if not run(connection, "SELECT 1 FROM pg_extension WHERE extname = 'pg_trgm'").fetchone():
            return False  # the start of the server has said so
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


def _pieces(needle: str) -> list[str]:
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
        count, reach = run(connection, _REACH, (_quoted(gram), _SAMPLE)).fetchone()
        if not count:
            return []
        rare = float("inf") if count < _SAMPLE else reach / count
        rareness.append((rare, gram))
    rareness.sort(reverse=True)
    rare = [gram for rare, gram in rareness[:_GRAMS_USED] if rare > _COMMON]
    return rare or [rareness[0][1]]


def _quoted(gram: str) -> str:
    return '"' + gram.replace('"', '""') + '"'


# Without positions, texts or lengths: sets of entries by piece, and nothing else.
_MAKE_FTS5: Final = (
    "CREATE VIRTUAL TABLE lead_grams USING fts5"
    "(texts, content='', columnsize=0, detail=none, tokenize='trigram')"
)
_MADE_FTS5: Final = "SELECT 1 FROM sqlite_master WHERE name = 'lead_grams'"
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
