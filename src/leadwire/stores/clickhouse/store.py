"""The call store of one node among several: writes locally, and reads from ClickHouse."""

import asyncio
from typing import Final

from leadwire.calls.record import CallRecord
from leadwire.calls.store import CallStore
from leadwire.stores.clickhouse.reader import ClickHouseCallReader
from leadwire.stores.clickhouse.shipper import Shipper, ShipperThread
from leadwire.stores.clickhouse.sink import ClickHouseSink
from leadwire.stores.sqlite.source import SqliteCallSource

_STOP_SECONDS_MAX: Final = 5.0


class ClickHouseCallStore:
    """Appends to this node's store *local*; *reader* reads the calls of every node.

    ``append`` has the guarantees of *local*, even while ClickHouse is down. The reader finds a call
    after shipping, about a second later. It owns its arguments and closes them.
    """

    def __init__(
        self,
        local: CallStore,
        reader: ClickHouseCallReader,
        *,
        source: SqliteCallSource,
        sink: ClickHouseSink,
        shipper: Shipper,
    ) -> None:
        self._local = local
        self.reader: Final = reader
        self._source = source
        self._sink = sink
        self._shipper = shipper
        self._thread: ShipperThread | None = ShipperThread(shipper)

    def append(self, record: CallRecord) -> asyncio.Future[None]:
        return self._local.append(record)

    def prune(self, *, before_ms: int) -> int:
        """Drop this node's old days, except days with unshipped calls.

        ClickHouse drops its days itself, after the table's retention.
        """
        kept_from_ms = self._shipper.kept_from_ms()
        if kept_from_ms is not None:
            before_ms = min(before_ms, kept_from_ms)
        return self._local.prune(before_ms=before_ms)

    def confirmed_ms(self) -> int:
        return self._local.confirmed_ms()

    def close_days(self) -> int:
        return self._local.close_days()

    def close(self) -> None:
        if self._thread is not None:
            self._thread.stop(seconds_max=_STOP_SECONDS_MAX)
            self._thread = None
        self._local.close()
        self._source.close()
        self._sink.close()
        self.reader.close()
