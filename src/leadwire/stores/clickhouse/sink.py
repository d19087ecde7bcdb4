"""Insert a node's calls into ClickHouse. A repeated batch adds nothing."""

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
    """The target of a shipper's batches. Can create the tables before the first batch.

    Raises ClickHouseUnavailable if the server is unreachable or refuses. The batch may still have
    arrived.
    """

    def __init__(self, connect: Connect, *, settings: TableSettings, make_tables: bool) -> None:
        self._connection = Connection(connect)
        self._settings = settings
        self._is_made = not make_tables
        self._making = Lock()

    def insert(self, records: Sequence[CallRecord], *, node: str, token: str) -> None:
        """Returns once a majority of the replicas has the batch on disk.

        *token* names the batch. ClickHouse ignores a token that it knows.
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
        """Create missing tables and update existing ones, once."""
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
            # Newer versions collect batches in the server's memory by default.
            "async_insert": 0,
            # A batch from quiet months may span more days than the default allows.
            "max_partitions_per_insert_block": 0,
        }
        if self._settings.cluster:
            # Without the first, a server confirms a batch before other servers have it.
            settings |= {"distributed_foreground_insert": 1, "insert_quorum": "auto"}
        return settings
