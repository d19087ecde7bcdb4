"""The calls of several nodes in ClickHouse: one query protocol, each call once in every answer.

A node records into its own embedded store. A shipper (``shipper.py``) sends what is durable there
through a ``ClickHouseSink``; ``ClickHouseCallReader`` answers for all nodes. The driver is an
extra, imported when the first client is opened.

A batch may arrive twice. Three things keep a call from showing twice: the batch's token, by
which the server drops one it has; ReplacingMergeTree, whose merges leave one row of those with
the same key; and, until they have run, the reader. It does not ask for ``FINAL`` or
``LIMIT 1 BY``: the rows come in an order in which copies stand side by side, so it passes over
them and asks for as many again. The others must merge or gather the matches of the whole range
before the first page; this stops when the page is full.

Measured at 1.1 million calls of which a tenth lay there twice (chDB 26.9, two shared cores,
medians of 7, ms; the last column has the asking again and the making of records in it):

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
