"""The embedded call store: a folder with one SQLite file per UTC day.

``SqliteCallStore`` belongs to the one process that writes; ``SqliteCallReader`` reads the same
folder from any process at the same time.
"""

from leadwire.calls.stores.sqlite.reader import SqliteCallReader
from leadwire.calls.stores.sqlite.source import SqliteCallSource
from leadwire.calls.stores.sqlite.store import SqliteCallStore
from leadwire.calls.stores.sqlite.verify import Verification, verify

__all__ = [
    "SqliteCallReader",
    "SqliteCallSource",
    "SqliteCallStore",
    "Verification",
    "verify",
]
