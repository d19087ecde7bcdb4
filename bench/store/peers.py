"""The store and its peers behind one small interface: load, and the questions of the budgets."""

import asyncio
import sqlite3
import time
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from bench.store.corpus import ACCOUNT, COLUMNS, FROM_MS, UNTIL_MS, arrow
from leadwire.calls.language import phrase
from leadwire.calls.query import CallQuery, condition_of
from leadwire.calls.record import CallRecord
from leadwire.clock import SystemClock
from leadwire.dates import DAY_MS
from leadwire.stores.sqlite import SqliteCallStore
from leadwire.stores.sqlite.schema import open_readable
from leadwire.stores.sqlite.seal import CALLS_PER_BLOCK, hot_counts

TEXT = (
    "path || '?' || query_string || ' ' || request_body || ' ' || response_body || ' ' || "
    "exception_type || ' ' || exception_message || ' ' || call_id || ' ' || user_agent || ' ' "
    "|| client_address"
)
ROWS = 1000
_MERGED_PARTS_WAIT_S = 90
_DAYS_IN_WORK = 2
"""A batch may fall into two days."""
_LOOK_AGAIN_SECONDS = 0.02
"""Looking takes CPU too, which counts as the store's."""
NAMES = ", ".join(COLUMNS)


class Peer(Protocol):
    """``append`` returns when the records are on disk; ``finish`` does what it left for later."""

    name: str

    def __init__(self, folder: Path) -> None: ...
    def append(self, records: list[CallRecord]) -> None: ...
    def finish(self) -> None: ...
    def settle(self) -> None: ...
    def newest(self, *, status: int | None = None, text: str = "") -> int: ...
    def by_id(self, call_id: str) -> int: ...
    def histogram(self) -> int: ...
    def percentiles(self) -> int: ...
    def close(self) -> None: ...


class Leadwire:
    name = "leadwire"

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._store = SqliteCallStore(folder, clock=SystemClock())

    def append(self, records: list[CallRecord]) -> None:
        self._loop.run_until_complete(self._recorded(records))

    def finish(self) -> None:
        for path in sorted(self._folder.glob("*.sqlite"))[-_DAYS_IN_WORK:]:
            connection = open_readable(path)
            try:
                while _has_whole_block(connection):
                    time.sleep(_LOOK_AGAIN_SECONDS)
            finally:
                connection.close()

    def settle(self) -> None:
        self._store.close_days()

    def newest(self, *, status: int | None = None, text: str = "") -> int:
        query = _query(status=str(status or ""), text=phrase(text))
        return len(self._store.reader.search(query).calls)

    def by_id(self, call_id: str) -> int:
        return int(self._store.reader.get(call_id) is not None)

    def histogram(self) -> int:
        return len(self._store.reader.statistics(_query()).histogram)

    def percentiles(self) -> int:
        return len(self._store.reader.statistics(_query()).durations)

    def close(self) -> None:
        self._store.close()
        self._loop.close()

    async def _recorded(self, records: list[CallRecord]) -> None:
        await asyncio.gather(*map(self._store.append, records))


class PlainSqlite:
    """A file a day, a column a field, the indexes that the questions need."""

    name = "sqlite"
    trigram = False

    def __init__(self, folder: Path) -> None:
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._days: dict[int, sqlite3.Connection] = {}
        for path in folder.glob("*.sqlite"):
            self._open(int(path.stem))

    def append(self, records: list[CallRecord]) -> None:
        days: dict[int, list[tuple[Any, ...]]] = {}
        for record in records:
            row = tuple([getattr(record, name) for name in COLUMNS])
            days.setdefault(record.started_at_ms // DAY_MS, []).append(row)
        for day, rows in days.items():
            connection = self._days.get(day) or self._open(day)
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(
                f"INSERT INTO calls VALUES ({','.join('?' * len(COLUMNS))})", rows
            )
            if self.trigram:
                connection.execute(
                    f"INSERT INTO found (rowid, text) SELECT rowid, {TEXT} FROM calls "
                    f"ORDER BY rowid DESC LIMIT {len(rows)}"
                )
            connection.execute("COMMIT")

    def finish(self) -> None:
        pass

    def settle(self) -> None:
        for connection in self._days.values():
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")

    def newest(self, *, status: int | None = None, text: str = "") -> int:
        where, values = "account_id = ? AND started_at_ms >= ? AND started_at_ms < ?", []
        if status is not None:
            where += f" AND status_code = {status}"
        if text and self.trigram:
            where += " AND rowid IN (SELECT rowid FROM found WHERE text MATCH ?)"
            values.append('"' + text.replace('"', '""') + '"')
        elif text:
            where += f" AND instr(lower({TEXT}), ?) > 0"
            values.append(text)
        rows: list[Any] = []
        for connection in self._newest_first():
            rows += connection.execute(
                f"SELECT {NAMES} FROM calls WHERE {where} ORDER BY started_at_ms DESC LIMIT ?",
                (ACCOUNT, FROM_MS, UNTIL_MS, *values, ROWS - len(rows)),
            ).fetchall()
            if len(rows) >= ROWS:
                break
        return len(_records(rows))

    def by_id(self, call_id: str) -> int:
        return sum(
            len(c.execute(f"SELECT {NAMES} FROM calls WHERE call_id = ?", (call_id,)).fetchall())
            for c in self._newest_first()
        )

    def histogram(self) -> int:
        return sum(
            len(c.execute(
                "SELECT started_at_ms / 3600000, outcome, count(*) FROM calls WHERE account_id = ? "
                "AND started_at_ms >= ? AND started_at_ms < ? GROUP BY 1, 2",
                (ACCOUNT, FROM_MS, UNTIL_MS),
            ).fetchall())
            for c in self._newest_first()
        )  # fmt: skip

    def percentiles(self) -> int:
        times: dict[str, list[float]] = {}
        for connection in self._newest_first():
            for operation, duration in connection.execute(
                "SELECT operation, duration_ms FROM calls WHERE account_id = ? "
                "AND started_at_ms >= ? AND started_at_ms < ?",
                (ACCOUNT, FROM_MS, UNTIL_MS),
            ):
                times.setdefault(operation, []).append(duration)
        return len([sorted(values)[len(values) // 2] for values in times.values()])

    def close(self) -> None:
        for connection in self._days.values():
            connection.close()

    def _newest_first(self) -> list[sqlite3.Connection]:
        wanted = range(UNTIL_MS // DAY_MS - 1, FROM_MS // DAY_MS - 1, -1)
        return [self._days[day] for day in wanted if day in self._days]

    def _open(self, day: int) -> sqlite3.Connection:
        connection = sqlite3.connect(self._folder / f"{day}.sqlite", isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        self._days[day] = connection
        if connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'calls'").fetchone():
            return connection
        connection.execute(f"CREATE TABLE calls ({NAMES})")
        connection.execute("CREATE INDEX by_account ON calls (account_id, started_at_ms)")
        connection.execute(
            "CREATE INDEX by_status ON calls (account_id, status_code, started_at_ms)"
        )
        connection.execute("CREATE INDEX by_id ON calls (call_id)")
        if self.trigram:
            connection.execute(
                "CREATE VIRTUAL TABLE found USING fts5 "
                "(text, content='', detail=none, tokenize='trigram')"
            )
        return connection


class TrigramSqlite(PlainSqlite):
    """As before, with SQLite's own trigram index. ``detail=none`` finds candidates only."""

    name = "sqlite_fts5_trigram"
    trigram = True

    def newest(self, *, status: int | None = None, text: str = "") -> int:
        grams = [text[start : start + 3] for start in range(len(text) - 2)]
        if not text:
            return super().newest(status=status)
        match = " AND ".join('"' + gram.replace('"', '""') + '"' for gram in grams)
        rows: list[Any] = []
        for connection in self._newest_first():
            rows += connection.execute(
                f"SELECT {NAMES} FROM calls WHERE account_id = ? AND rowid IN "
                f"(SELECT rowid FROM found WHERE found MATCH ?) AND instr(lower({TEXT}), ?) > 0 "
                "ORDER BY started_at_ms DESC LIMIT ?",
                (ACCOUNT, match, text, ROWS - len(rows)),
            ).fetchall()
            if len(rows) >= ROWS:
                break
        return len(_records(rows))


class _Columnar:
    """What DuckDB and chDB have in common: one table, and SQL that both understand."""

    def _rows(self, sql: str) -> list[Any]:
        raise NotImplementedError

    def finish(self) -> None:
        pass

    def newest(self, *, status: int | None = None, text: str = "") -> int:
        where = self._where()
        if status is not None:
            where += f" AND status_code = {status}"
        if text:
            where += f" AND text LIKE '%{text}%'"
        return len(
            _records(
                self._rows(
                    f"SELECT {NAMES} FROM calls WHERE {where} "
                    f"ORDER BY started_at_ms DESC LIMIT {ROWS}"
                )
            )
        )

    def by_id(self, call_id: str) -> int:
        return len(self._rows(f"SELECT {NAMES} FROM calls WHERE call_id = '{call_id}'"))

    def _where(self) -> str:
        return (
            f"account_id = '{ACCOUNT}' AND started_at_ms >= {FROM_MS} "
            f"AND started_at_ms < {UNTIL_MS}"
        )


class DuckDb(_Columnar):
    name = "duckdb"

    def __init__(self, folder: Path) -> None:
        import duckdb  # noqa: PLC0415  # a peer that need not be installed

        folder.mkdir(exist_ok=True)
        path = folder / "calls.duckdb"
        self._is_made = path.exists()
        self._connection = duckdb.connect(str(path))

    def append(self, records: list[CallRecord]) -> None:
        batch = arrow(records)  # noqa: F841  # found by its name
        if not self._is_made:
            self._connection.execute("CREATE TABLE calls AS SELECT * FROM batch LIMIT 0")
            self._is_made = True
        self._connection.execute("INSERT INTO calls SELECT * FROM batch")

    def settle(self) -> None:
        self._connection.execute("CHECKPOINT")

    def newest(self, *, status: int | None = None, text: str = "") -> int:
        where = self._where() + (f" AND status_code = {status}" if status is not None else "")
        if text:
            where += f" AND contains(lower({TEXT}), '{text}')"
        return len(
            _records(
                self._rows(
                    f"SELECT {NAMES} FROM calls WHERE {where} "
                    f"ORDER BY started_at_ms DESC LIMIT {ROWS}"
                )
            )
        )

    def histogram(self) -> int:
        return len(
            self._rows(
                "SELECT started_at_ms // 3600000, outcome, count(*) FROM calls "
                f"WHERE {self._where()} GROUP BY 1, 2"
            )
        )

    def percentiles(self) -> int:
        return len(
            self._rows(
                "SELECT operation, approx_quantile(duration_ms, [0.5, 0.95, 0.99]) FROM calls "
                f"WHERE {self._where()} GROUP BY 1"
            )
        )

    def close(self) -> None:
        self._connection.close()

    def _rows(self, sql: str) -> list[Any]:
        rows: list[Any] = self._connection.execute(sql).fetchall()
        return rows


class ChDb(_Columnar):
    name = "chdb"
    index = ""

    def __init__(self, folder: Path) -> None:
        # A peer that need not be installed, and has no types.
        self._session = import_module("chdb.session").Session(str(folder))
        types = {"started_at_ms": "Int64", "duration_ms": "Float64", "status_code": "Int32"}
        low = {"account_id", "user_id", "key_id", "api_type", "operation", "method", "path",
               "request_content_type", "outcome", "exception_type", "user_agent"}  # fmt: skip
        columns = [
            f"{n} {types.get(n, 'LowCardinality(String)' if n in low else 'String')}"
            for n in COLUMNS
        ]
        self._session.query("CREATE DATABASE IF NOT EXISTS b")
        self._session.query(
            f"CREATE TABLE IF NOT EXISTS b.calls ({', '.join(columns)}, "
            f"text String ALIAS lower({TEXT}){self.index}) "
            "ENGINE = MergeTree PARTITION BY intDiv(started_at_ms, 86400000) "
            "ORDER BY (account_id, started_at_ms) SETTINGS index_granularity = 1024, "
            "fsync_after_insert = 1, fsync_part_directory = 1"
        )

    def append(self, records: list[CallRecord]) -> None:
        batch = arrow(records)  # noqa: F841  # found by its name
        self._session.query(f"INSERT INTO b.calls ({NAMES}) SELECT {NAMES} FROM Python(batch)")

    def settle(self) -> None:
        self._session.query("OPTIMIZE TABLE b.calls FINAL")
        # What was merged stays on disk for some minutes: it is not what the calls take.
        self._session.query("ALTER TABLE b.calls MODIFY SETTING old_parts_lifetime = 1")
        self._wait_for_merged_parts()

    def histogram(self) -> int:
        return len(
            self._rows(
                "SELECT intDiv(started_at_ms, 3600000) h, outcome, count() FROM calls "
                f"WHERE {self._where()} GROUP BY h, outcome"
            )
        )

    def percentiles(self) -> int:
        return len(
            self._rows(
                "SELECT operation, quantiles(0.5, 0.95, 0.99)(duration_ms) FROM calls "
                f"WHERE {self._where()} GROUP BY operation"
            )
        )

    def close(self) -> None:
        self._session.close()

    def _wait_for_merged_parts(self) -> None:
        left = "SELECT count() AS parts FROM system.parts WHERE table = 'calls' AND NOT active"
        until_s = time.monotonic() + _MERGED_PARTS_WAIT_S
        while time.monotonic() < until_s:
            if not int(str(self._session.query(left)).strip() or 0):
                return
            time.sleep(0.5)

    def _rows(self, sql: str) -> list[Any]:
        sql = sql.replace("FROM calls", "FROM b.calls") + " SETTINGS use_query_condition_cache = 0"
        return [tuple(row.values()) for row in self._session.query(sql, "ArrowTable").to_pylist()]


class ChDbIndexed(ChDb):
    name = "chdb_ngram"
    index = f", INDEX grams lower({TEXT}) TYPE ngrambf_v1(5, 65536, 1, 7) GRANULARITY 1"


PEERS = (Leadwire, PlainSqlite, TrigramSqlite, DuckDb, ChDb, ChDbIndexed)


def _has_whole_block(connection: sqlite3.Connection) -> bool:
    """Whether hot calls of the day's file are still to be sealed."""
    return max(hot_counts(connection).values(), default=0) >= CALLS_PER_BLOCK


def _records(rows: list[Any]) -> list[CallRecord]:
    """Every engine answers with records: that is what a page is made of."""
    return [CallRecord(**dict(zip(COLUMNS, row, strict=True))) for row in rows]


def _query(text: str = "", status: str = "") -> CallQuery:
    return CallQuery(
        account_id=ACCOUNT,
        condition=condition_of(text, status=status),
        from_ms=FROM_MS,
        until_ms=UNTIL_MS,
    )
