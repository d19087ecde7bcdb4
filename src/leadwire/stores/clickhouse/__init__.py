"""The calls of several nodes in ClickHouse: one query protocol, each call once in every answer.

Each node records into its embedded store. A shipper (``shipper.py``) sends what is durable there
through a ``ClickHouseSink``; ``ClickHouseCallReader`` answers for all nodes. The driver is an
extra, imported when the first client is opened.

A batch may arrive twice. Three mechanisms keep a call from showing twice. The server drops a batch
whose token it knows. The merges of ReplacingMergeTree keep one row per key. Until they have run,
the reader skips copies. It does not use ``FINAL`` or ``LIMIT 1 BY``, which must merge or gather all
matches before the first page. The reader sorts so that copies are adjacent, skips them, reads as
many rows again, and stops when the page is full.

Measured with 1.1 million calls, a tenth stored twice (chDB 26.9, two shared cores, medians of 7,
ms). The last column includes repeated reads and the conversion to records:

====================================  =====  =====  ==========  ==========
1,000 newest of 7 days                plain  FINAL  LIMIT 1 BY  the reader
====================================  =====  =====  ==========  ==========
of one account                           55    102         734          90
with a common text                      129    500         505         110
of all accounts                          60    104         941         145
with a text found nowhere                25     19          32          48
====================================  =====  =====  ==========  ==========
"""

from leadwire.stores.clickhouse.connection import (
    ClickHouseTooSlow,
    ClickHouseUnavailable,
    Connect,
    server,
)
from leadwire.stores.clickhouse.reader import ClickHouseCallReader
from leadwire.stores.clickhouse.schema import (
    TableSettings,
    ddl,
    retention_ddl,
)
from leadwire.stores.clickhouse.sink import ClickHouseSink
from leadwire.stores.clickhouse.store import ClickHouseCallStore

__all__ = [
    "ClickHouseCallReader",
    "ClickHouseCallStore",
    "ClickHouseSink",
    "ClickHouseTooSlow",
    "ClickHouseUnavailable",
    "Connect",
    "TableSettings",
    "ddl",
    "retention_ddl",
    "server",
]
