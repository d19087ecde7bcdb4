"""The calls of several nodes in ClickHouse: one query protocol, each call once in every answer.

A node records into its own embedded store; a shipper (``leadwire.calls.shipper``) sends what is
durable there through a ``ClickHouseSink``; ``ClickHouseCallReader`` answers for all nodes. The
driver is an extra, imported when the first client is opened.

A batch may arrive twice. Three things keep a call from showing twice: the batch's token, by
which the server drops one it has; ReplacingMergeTree, whose merges leave one row of those with
the same key; and, until they have run, the reader. It does not ask for ``FINAL`` or
``LIMIT 1 BY``: the rows come in an order in which copies stand side by side, so it passes over
them and asks for as many again. Measured at 1.1 million calls of which a tenth lay there twice
(chDB 26.9, 2 busy cores, medians of 7): the newest 1,000 of an account took 51 ms, with
``FINAL`` 106 ms and with ``LIMIT 1 BY`` 902 ms; a common text 362, 2,965 and 3,592 ms; the
newest 1,000 of all accounts 168, 203 and 2,850 ms. The others must merge or gather the matches
of the whole range before the first page; this one stops when the page is full.
"""

from leadwire.calls.stores.clickhouse.connection import ClickHouseUnavailable, Connect, server
from leadwire.calls.stores.clickhouse.reader import ClickHouseCallReader
from leadwire.calls.stores.clickhouse.schema import TableSettings, ddl, retention_ddl
from leadwire.calls.stores.clickhouse.sink import ClickHouseSink
from leadwire.calls.stores.clickhouse.sqlite_source import SqliteCallSource
from leadwire.calls.stores.clickhouse.store import ClickHouseCallStore

__all__ = [
    "ClickHouseCallReader",
    "ClickHouseCallStore",
    "ClickHouseSink",
    "ClickHouseUnavailable",
    "Connect",
    "SqliteCallSource",
    "TableSettings",
    "ddl",
    "retention_ddl",
    "server",
]
