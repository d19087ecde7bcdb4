"""Inserting a node's calls into ClickHouse, so that sending a batch again adds nothing."""

from collections.abc import Sequence
from threading import Lock
from typing import Any

from leadwire.calls.record import CallRecord
from leadwire.stores.clickhouse.connection import Connect, Connection
from leadwire.stores.clickhouse.schema import (
    COLUMN_TYPES,
    COLUMNS,
    NOW,
    TableSettings,
    ddl,
    retention_ddl,
    retention_mark,
    row_of,
)


class ClickHouseSink:
    """Where a shipper sends its batches. Makes the tables before the first, if asked to.

    Raises ClickHouseUnavailable while the server is away or refuses. Even then the batch may have
    arrived.
    """

    def __init__(self, connect: Connect, *, settings: TableSettings, make_tables: bool) -> None:
        self._connection = Connection(connect)
        self._settings = settings
        self._is_made = not make_tables
        self._making = Lock()

    def insert(self, records: Sequence[CallRecord], *, node: str, token: str) -> None:
        """Returns when ClickHouse has the batch on disk, on a majority of the replicas.

        *token* names the batch: one that was inserted before is not inserted again.
        """
        self.make_tables()
        with self._connection.use() as client:
            arrived_at_ms = client.query(NOW).result_rows[0][0]
            client.insert(
                self._settings.asked_table,
                [row_of(record, node, arrived_at_ms) for record in records],
                column_names=COLUMNS,
                column_type_names=COLUMN_TYPES,
                settings=self._insert_settings(token),
            )

    def make_tables(self) -> None:
        """Make what is not there, and bring up to date what is, once."""
        with self._making:
            if self._is_made:
                return
            settings = self._settings
            with self._connection.use() as client:
                for statement in ddl(settings):
                    client.command(statement)
                definition = client.query(
                    "SELECT create_table_query FROM system.tables "
                    "WHERE database = {database:String} AND name = {name:String}",
                    parameters={"database": settings.database, "name": settings.stored_table},
                ).result_rows[0][0]
                if retention_mark(settings) not in definition:
                    client.command(retention_ddl(settings))
            self._is_made = True

    def close(self) -> None:
        self._connection.close()

    def _insert_settings(self, token: str) -> dict[str, Any]:
        settings: dict[str, Any] = {
            "insert_deduplication_token": token,
            # Gathering batches in the server's memory is the default of newer versions.
            "async_insert": 0,
            # The calls of quiet months may lie on more days than the default allows a batch.
            "max_partitions_per_insert_block": 0,
        }
        if self._settings.cluster:
            # Without the first, a server confirms what it has only queued for the others.
            settings |= {"distributed_foreground_insert": 1, "insert_quorum": "auto"}
        return settings
