"""The embedded call store: a folder with one SQLite file per UTC day.

``SqliteCallStore`` belongs to the one process that writes; ``SqliteCallReader`` reads the same
folder from any process at the same time.
"""

from leadwire.stores.sqlite.anchor import parse_anchor
from leadwire.stores.sqlite.reader import SqliteCallReader
from leadwire.stores.sqlite.source import SqliteCallSource
from leadwire.stores.sqlite.store import SqliteCallStore
from leadwire.stores.sqlite.verify import Verification, take_anchor, verify

__all__ = [
    "SqliteCallReader",
    "SqliteCallSource",
    "SqliteCallStore",
    "Verification",
    "parse_anchor",
    "take_anchor",
    "verify",
]
