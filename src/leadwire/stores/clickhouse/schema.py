"""The table of calls in ClickHouse: its columns, its statements, and how a record becomes a row.

Pure functions: nothing here talks to a server. Every field of the record has a column of the same
name. A column ``node`` is added because a sequence counts the calls of one node only.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from leadwire.calls.fields import NAMED_TEXTS
from leadwire.calls.record import FIELDS, NUMBER_FIELDS, CallRecord
from leadwire.calls.terms import HEADER_ATTRIBUTES, TARGET, TEXT_ATTRIBUTES, Reading
from leadwire.calls.text import fold
from leadwire.errors import SetupError

RETENTION_DAYS_MAX: Final = 36_500
"""A longer retention would pass 2149, where ClickHouse's dates wrap to 1970."""

NOW: Final = "SELECT toUnixTimestamp64Milli(now64(3))"
"""The server's clock, in milliseconds."""
ARRIVAL: Final = "arrived_at_ms"
"""By the server's clock, before a batch is sent. A row is visible a little later."""
# As wide as what the embedded store accepts: ClickHouse refuses a row that is out of range, and
# then every later batch waits for ever. Zeros cost nothing once compressed.
_NUMBER_TYPES: Final = {int: "Int64", float: "Float64", bool: "Bool"}

READ_TEXT: Final = "read_text"
"""The decoded texts of ``TEXT_ATTRIBUTES`` and of the headers, one part each.

A part is empty if decoding changes nothing. The part of headers has only the lines that decoding
changes. The shipper decodes, because ClickHouse cannot.
"""
READ_FIELDS: Final = "read_fields"
"""The same for text that a condition can name and free text does not search."""
READ_PARTS: Final = {
    READ_TEXT: (*TEXT_ATTRIBUTES, *HEADER_ATTRIBUTES),
    READ_FIELDS: NAMED_TEXTS,
}
COLUMNS: Final = ("node", ARRIVAL, *FIELDS, *READ_PARTS)
_PART_END: Final = "\x1f"
"""Ends a part. Decoded texts and search forms hold no control characters."""
_READ_GROWTH_MAX: Final = 4
"""A part that grows by more than this is left out, as for ``\ufdfa`` alone."""

# No needle holds a control character, so none spans two fields or two header lines. The index below
# and every search must use the same expression, or the index is not used.
SEARCHED_TEXT: Final = (
    "concat(lower(concat(path, if(empty(query_string), '', '?'), query_string, "
    + ", ".join(f"'\\x1F', {name}" for name in READ_PARTS[READ_TEXT] if name != TARGET)
    + f")), '\\x1F', {READ_TEXT})"
)

_WORD: Final = "LowCardinality(String)"
_TYPES: Final = {
    **dict.fromkeys((*FIELDS, *READ_PARTS), "String"),
    **dict.fromkeys(
        (
            "node",
            "vantage",
            "api_type",
            "operation",
            "method",
            "path",
            "request_content_type",
            "outcome",
            "exception_type",
            "user_agent",
            "upstream",
            "stage",
            "body_notes",
        ),
        _WORD,
    ),
    **{name: _NUMBER_TYPES[kind] for name, kind in NUMBER_FIELDS.items()},
    ARRIVAL: "Int64",
}
_CODECS: Final = {
    ARRIVAL: "Delta, ZSTD(1)",
    "sequence": "Delta, ZSTD(1)",
    "started_at_ms": "Delta, ZSTD(1)",
    "request_headers": "ZSTD(3)",
    "request_body": "ZSTD(3)",
    "response_headers": "ZSTD(3)",
    "response_body": "ZSTD(3)",
    "traceback": "ZSTD(3)",
    **dict.fromkeys(READ_PARTS, "ZSTD(3)"),
}
COLUMN_TYPES: Final = tuple(_TYPES[name] for name in COLUMNS)

_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_CLUSTER_NAME: Final = re.compile(r"[A-Za-z0-9_.-]*", re.ASCII)
_BY_ARRIVAL: Final = f"INDEX by_arrival {ARRIVAL} TYPE minmax GRANULARITY 1"
_STARTED_AT: Final = "toDateTime(intDiv(started_at_ms, 1000), 'UTC')"


class TableSettings(msgspec.Struct, frozen=True, kw_only=True):
    """The table's settings. Raises SetupError for an invalid name or number."""

    database: str = "leadwire"
    table: str = "calls"
    cluster: str = ""
    """A cluster in the servers' configuration. Empty means one server without replicas."""
    retention_days: int = 30
    text_index: bool = True
    """Keep the n-gram index, about 60 bytes per call. Without it a search reads every text."""
    fsync: bool = True
    """Whether the server syncs a batch to its disk before it confirms it."""

    def __post_init__(self) -> None:
        for name in (self.database, self.table):
            if not _NAME.fullmatch(name):
                raise SetupError(f"'{name}' is not a name for ClickHouse: use A-Z, a-z, 0-9, _.")
        if not _CLUSTER_NAME.fullmatch(self.cluster):
            raise SetupError(f"'{self.cluster}' is not the name of a ClickHouse cluster.")
        if not 1 <= self.retention_days <= RETENTION_DAYS_MAX:
            raise SetupError(f"ClickHouse can keep calls for 1 to {RETENTION_DAYS_MAX} days.")

    @property
    def stored_table(self) -> str:
        """The table that stores rows. A cluster has one on every server."""
        return f"{self.table}_local" if self.cluster else self.table

    @property
    def asked_table(self) -> str:
        """The table for inserts and queries, with its database."""
        return f"{self.database}.{self.table}"


def ddl(settings: TableSettings) -> list[str]:
    """The statements that create the database and tables, in order. Each is repeatable.

    They do not change an existing table: ``retention_ddl`` changes its retention.
    """
    statements = [
        f"CREATE DATABASE IF NOT EXISTS {settings.database}{_on_cluster(settings)}",
        _create_stored_table(settings),
    ]
    if settings.cluster:
        # All copies of a call go to the same server, whose merges keep one.
        statements.append(
            f"CREATE TABLE IF NOT EXISTS {settings.asked_table}{_on_cluster(settings)}\n"
            f"AS {settings.database}.{settings.stored_table}\n"
            f"ENGINE = Distributed(`{settings.cluster}`, {settings.database}, "
            f"{settings.stored_table}, sipHash64(call_id))"
        )
    return statements


def retention_ddl(settings: TableSettings) -> str:
    """The statement that sets the retention of an existing table from *settings*."""
    return (
        f"ALTER TABLE {settings.database}.{settings.stored_table}{_on_cluster(settings)}\n"
        f"MODIFY TTL {_ttl(settings)}"
    )


def retention_mark(settings: TableSettings) -> str:
    """The text in a table's definition that shows the retention of *settings*."""
    return f"toIntervalDay({settings.retention_days + 1})"


def row_of(record: CallRecord, node: str, arrived_at_ms: int) -> Sequence[Any]:
    """A record's values in the order of ``COLUMNS``."""
    reading = Reading(record)
    read = (_read_parts(reading, attributes) for attributes in READ_PARTS.values())
    return (node, arrived_at_ms, *msgspec.structs.astuple(record), *read)


def is_number(column: str) -> bool:
    return column in NUMBER_FIELDS


def _read_parts(reading: Reading, attributes: Sequence[str]) -> str:
    parts = [_read_part(reading, name) for name in attributes]
    return _PART_END.join(parts) if any(parts) else ""


def _read_part(reading: Reading, name: str) -> str:
    texts = reading.texts(name)
    if name in HEADER_ATTRIBUTES:
        lines = [fold(line) for line in reading.value(name).split("\n")]
        sent, read = b"\n".join(lines), b"\n".join(line for line in texts if line not in lines)
    else:
        sent, read = texts[0], texts[-1]
    is_left_out = read == sent or len(read) > _READ_GROWTH_MAX * len(sent)
    return "" if is_left_out else read.decode()


def read_part(attribute: str) -> str:
    """The SQL of *attribute*'s decoded text; empty if decoding changes nothing."""
    for column, attributes in READ_PARTS.items():
        if attribute in attributes:
            return f"splitByChar('\\x1F', {column})[{attributes.index(attribute) + 1}]"
    raise LookupError(attribute)


def record_of(row: Sequence[Any]) -> CallRecord:
    """The record of a row with the columns ``FIELDS``."""
    return CallRecord(**dict(zip(FIELDS, row, strict=True)))


def _create_stored_table(settings: TableSettings) -> str:
    parts = [f"    {name} {_TYPES[name]}{_codec(name)}" for name in COLUMNS]
    # For manual queries. It is computed when read, so it costs no space.
    parts.append(
        "    started_at DateTime64(3, 'UTC') ALIAS fromUnixTimestamp64Milli(started_at_ms, 'UTC')"
    )
    parts.append("    INDEX by_call_id call_id TYPE bloom_filter(0.01) GRANULARITY 1")
    parts.append(f"    {_BY_ARRIVAL}")
    if settings.text_index:
        parts.append(
            f"    INDEX by_text {SEARCHED_TEXT} TYPE ngrambf_v1(5, 65536, 1, 7) GRANULARITY 1"
        )
    columns = ",\n".join(parts)
    return (
        f"CREATE TABLE IF NOT EXISTS {settings.database}.{settings.stored_table}"
        f"{_on_cluster(settings)} (\n{columns}\n)\n"
        f"ENGINE = {_engine(settings)}\n"
        f"PARTITION BY toYYYYMMDD({_STARTED_AT})\n"
        "ORDER BY (account_id, started_at_ms, call_id)\n"
        f"TTL {_ttl(settings)}\n"
        f"SETTINGS {_table_settings(settings)}"
    )


def _codec(name: str) -> str:
    return f" CODEC({_CODECS.get(name, 'ZSTD(1)')})"


def _on_cluster(settings: TableSettings) -> str:
    return f" ON CLUSTER `{settings.cluster}`" if settings.cluster else ""


def _engine(settings: TableSettings) -> str:
    if not settings.cluster:
        return "ReplacingMergeTree"
    path = f"/clickhouse/tables/{{shard}}/{settings.database}/{settings.stored_table}"
    return f"ReplicatedReplacingMergeTree('{path}', '{{replica}}')"


def _ttl(settings: TableSettings) -> str:
    # A day is dropped once all of it is past retention, as in the embedded store.
    return f"toDate({_STARTED_AT}, 'UTC') + {retention_mark(settings)}"


def _table_settings(settings: TableSettings) -> str:
    values: dict[str, int] = {"index_granularity": 1024, "ttl_only_drop_parts": 1}
    if settings.cluster:
        values |= {
            "replicated_deduplication_window": 10_000,
            "replicated_deduplication_window_seconds": 604_800,
        }
    else:
        values["non_replicated_deduplication_window"] = 10_000
    if settings.fsync:
        # Off by default in ClickHouse. Without them a power loss can lose a confirmed batch.
        values |= {
            "fsync_after_insert": 1,
            "fsync_part_directory": 1,
            "min_rows_to_fsync_after_merge": 1,
            "min_compressed_bytes_to_fsync_after_fetch": 1,
        }
    return ", ".join(f"{name} = {value}" for name, value in values.items())
