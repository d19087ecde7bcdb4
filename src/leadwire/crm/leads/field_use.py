"""Which lead fields get an index by themselves: those that searches use often enough.

Searches are counted in memory. Once a field is used often enough, a row says that it is to have an
index, and when it was last used. Rows are bounded in number and in the bytes of their indexes. A
row goes when its field was not used for long; the index goes with it.
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
"""Of an index entry beside the value: the account's id, the lead's row, and SQLite's own."""


class IndexPolicy(NamedTuple):
    """Which lead fields get an index, as the operator's settings say."""

    names: tuple[str, ...] = ()
    """Fields that always have one."""
    auto: bool = False
    """Whether others get one when they are used."""
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
        """The fields that were used since the last call, and how often they were in all."""
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
    """Bring the rows up to date with *used*, and return the fields that are to have an index."""
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
    """Add a row, in place of those that were not used for a day where there is no room."""
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
            return  # all are in use: two fields must not take each other's place for ever
        count, total = count - 1, total - row.index_bytes
        dropped.append(row.schema_name)
    if count > policy.indexes_max:
        return
    connection.execute(delete(table).where(table.c.schema_name.in_(dropped)))
    values = {"schema_name": name, "last_used_on": now_ms, "index_bytes": size}
    connection.execute(insert(table).values(values))


def _bytes(connection: Connection, fields: Iterable[LeadField]) -> int:
    """About how large the indexes of *fields* would be; 0: they get none."""
    count = connection.execute(select(func.count()).select_from(leads)).scalar_one()
    total = 0
    for index, field in {index_of(field, connection.dialect): field for field in fields}.items():
        if index is not None:
            some = select(comparable(field).label("value")).select_from(leads).limit(_SAMPLE)
            length = func.avg(func.length(cast(some.subquery().c.value, Text)))
            average = connection.execute(select(length)).scalar() or 0
            total += int((count + 1) * (_ENTRY_BYTES + average))
    return total
