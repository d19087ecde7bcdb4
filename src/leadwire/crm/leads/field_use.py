"""Choose lead fields for automatic indexes by their use in searches.

Searches are counted in memory. A field that is used often enough gets a row with the time of its
last use. The row requests an index. The number of rows and the bytes of their indexes are limited.
A field that is unused for long loses its row and its index.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from sqlalchemy import Connection, Text, cast, delete, func, insert, select, update

from leadwire.crm.leads.columns import ALWAYS_INDEXED, comparable, index_of
from leadwire.crm.leads.fields import LeadField
from leadwire.crm.leads.schema import LeadSchema
from leadwire.crm.tables import lead_field_uses, leads
from leadwire.dates import DAY_MS, HOUR_MS

_SAMPLE: Final = 1_000
_ENTRY_BYTES: Final = 64
"""Bytes of an index entry besides the value: account id, row id and SQLite's overhead."""


class IndexPolicy(NamedTuple):
    """Which lead fields get an index, as the operator's settings say."""

    names: tuple[str, ...] = ()
    """Fields that always have an index."""
    auto: bool = False
    """Whether other fields get an index by use."""
    searches: int = 5
    indexes_max: int = 20
    bytes_max: int = 268_435_456
    unused_days: int = 30


class FieldUse:
    """How often searches used each lead field. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._totals: Counter[str] = Counter()
        self._fresh: set[str] = set()

    def note(self, schema_names: Iterable[str]) -> None:
        names = [name for name in schema_names if name not in ALWAYS_INDEXED]
        if names:
            with self._lock:
                self._totals.update(names)
                self._fresh.update(names)

    def take(self) -> dict[str, int]:
        """The fields used since the last call, with their total counts."""
        with self._lock:
            fresh, self._fresh = self._fresh, set()
            return {name: self._totals[name] for name in fresh}


def fields_in_use(
    connection: Connection,
    schemas: Iterable[LeadSchema],
    used: Mapping[str, int],
    policy: IndexPolicy,
    now_ms: int,
) -> tuple[str, ...]:
    """Update the rows from *used*, and return the fields to index."""
    table = lead_field_uses
    unused_since = now_ms - policy.unused_days * DAY_MS if policy.auto else now_ms + 1
    connection.execute(delete(table).where(table.c.last_used_on < unused_since))
    rows = connection.execute(select(table)).all()
    known = {row.schema_name: row for row in rows}
    for name in used.keys() & known.keys():
        # Once an hour: a write for each search would cost more than the search.
        if now_ms - known[name].last_used_on >= HOUR_MS:
            same = table.c.schema_name == name
            connection.execute(update(table).where(same).values(last_used_on=now_ms))
    for name in sorted(used.keys() - known.keys() - {*policy.names}):
        if policy.auto and used[name] >= policy.searches:
            fields = [s.by_name[name] for s in schemas if name in s.by_name]
            _add(connection, name, _bytes(connection, fields), policy, now_ms)
    return tuple(connection.execute(select(table.c.schema_name).order_by("schema_name")).scalars())


def _add(connection: Connection, name: str, size: int, policy: IndexPolicy, now_ms: int) -> None:
    """Add a row. If there is no room, replace rows that were unused for a day."""
    table = lead_field_uses
    if not size or size > policy.bytes_max:
        return
    rows = connection.execute(select(table).order_by(table.c.last_used_on)).all()
    count, total = len(rows) + 1, sum(row.index_bytes for row in rows) + size
    dropped: list[str] = []
    for row in rows:
        if count <= policy.indexes_max and total <= policy.bytes_max:
            break
        if now_ms - row.last_used_on < DAY_MS:
            return  # every row is in use, and two fields must not evict each other for ever
        count, total = count - 1, total - row.index_bytes
        dropped.append(row.schema_name)
    if count > policy.indexes_max:
        return
    connection.execute(delete(table).where(table.c.schema_name.in_(dropped)))
    values = {"schema_name": name, "last_used_on": now_ms, "index_bytes": size}
    connection.execute(insert(table).values(values))


def _bytes(connection: Connection, fields: Iterable[LeadField]) -> int:
    """The estimated size of the indexes of *fields*; 0 if they get none."""
    count = connection.execute(select(func.count()).select_from(leads)).scalar_one()
    total = 0
    for index, field in {index_of(field, connection.dialect): field for field in fields}.items():
        if index is not None:
            some = select(comparable(field).label("value")).select_from(leads).limit(_SAMPLE)
            length = func.avg(func.length(cast(some.subquery().c.value, Text)))
            average = connection.execute(select(length)).scalar() or 0
            total += int((count + 1) * (_ENTRY_BYTES + average))
    return total
