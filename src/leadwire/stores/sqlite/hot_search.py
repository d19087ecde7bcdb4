"""Searching hot calls: a chunk is decoded only if its packed bytes may hold a match."""

import sqlite3
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from itertools import chain
from threading import Lock
from typing import Final

from leadwire.calls.fields import NAMED_TEXTS
from leadwire.calls.record import FIELDS
from leadwire.calls.terms import HEADER_ATTRIBUTES, TARGET, TEXT_ATTRIBUTES
from leadwire.calls.text import plus_in_body, plus_in_target, target_of
from leadwire.stores.sqlite import hot
from leadwire.stores.sqlite.damage import BlockDamaged
from leadwire.stores.sqlite.match import RowMatch
from leadwire.stores.sqlite.schema import Columns, Row
from leadwire.stores.sqlite.spellings import spellings

CHUNKS_AT_ONCE: Final = 64
_KEPT_BYTES_MAX: Final = 16_777_216
_KEPT_OVERHEAD_BYTES: Final = 200
"""Memory of an entry beside its text."""
_WITHOUT_PLUS: Final = tuple(
    name
    for name in (*TEXT_ATTRIBUTES, *NAMED_TEXTS)
    if name not in (TARGET, "path", "query_string", "request_body")
)
"""Texts that a search may look through, in which ``+`` is always itself."""
_AT: Final = {name: place for place, name in enumerate(FIELDS)}


class HotReadings:
    """The decoded texts of chunks, if decoding changes them.

    They are computed at the first search of a chunk. The most recently used are cached.
    Thread-safe.
    """

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()

    def searched_text(self, chunk: hot.Packed) -> bytes:
        """All text of a chunk, as sent and as read, in lower case. Raises BlockDamaged."""
        place, checksum, _ = chunk
        text = hot.text_of(*chunk).lower()
        with self._lock:
            read = self._kept.get((place, checksum))
            if read is not None:
                self._kept.move_to_end((place, checksum))
        if read is None:
            read = _differing(hot.unpack(*chunk))
            self._keep((place, checksum), read)
        return b"\0".join((text, read)) if read else text

    def _keep(self, key: tuple[int, int], read: bytes) -> None:
        with self._lock:
            if key not in self._kept:
                self._bytes += len(read) + _KEPT_OVERHEAD_BYTES
            self._kept[key] = read
            while self._bytes > _KEPT_BYTES_MAX:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= len(oldest) + _KEPT_OVERHEAD_BYTES


class HotSearch:
    """The matches among the hot calls of one day's file, within one read transaction."""

    def __init__(
        self, connection: sqlite3.Connection, match: RowMatch, readings: HotReadings
    ) -> None:
        self._connection = connection
        self._match = match
        self._readings = readings
        self.damaged: list[str] = []

    def runs(self) -> Iterator[list[hot.Chunk]]:
        """The chunks in the query's time range and account, newest first, some at a time."""
        where, values = self._match.sql(newest="last_ms", oldest="first_ms", with_account=False)
        found = hot.chunks(self._connection, self._match.account_id, where, values)
        for start in range(0, len(found), CHUNKS_AT_ONCE):
            yield found[start : start + CHUNKS_AT_ONCE]

    def rows(self, run: Sequence[hot.Chunk]) -> list[Row]:
        """The matches in some chunks, in no order."""
        chunks = hot.read(self._connection, [chunk.place for chunk in run])
        if self._match.searches_text:
            chunks = self._worth_decoding(chunks)
        rows: list[Row] = []
        for chunk in chunks:
            try:
                rows += filter(self._match.holds, hot.rows_of(hot.unpack(*chunk)))
            except BlockDamaged as error:
                self.damaged.append(str(error))
        return rows

    def _worth_decoding(self, chunks: Sequence[hot.Packed]) -> list[hot.Packed]:
        texts: list[tuple[hot.Packed, bytes]] = []
        for chunk in chunks:
            try:
                texts.append((chunk, self._readings.searched_text(chunk)))
            except BlockDamaged as error:
                self.damaged.append(str(error))
        # Test all chunks at once, because mostly none matches.
        if not self._may_match(b"\0".join([text for _, text in texts])):
            return []
        return [chunk for chunk, text in texts if self._may_match(text)]

    def _may_match(self, text: bytes) -> bool:
        # A needle may span path and query string, which are two columns in a chunk.
        return self._match.may_hold(
            lambda needle: all(piece in text for piece in needle.split(b"?"))
        )


def _differing(columns: Columns) -> bytes:
    """The decoded texts of a chunk, if decoding changes them."""
    paths, types = columns[_AT["path"]], columns[_AT["request_content_type"]]
    calls = len(paths)
    texts: list[str] = [
        *map(target_of, paths, columns[_AT["query_string"]]),
        *columns[_AT["request_body"]],
        *chain.from_iterable(columns[_AT[name]] for name in _WITHOUT_PLUS),
    ]
    for name in HEADER_ATTRIBUTES:
        texts += "\n".join(columns[_AT[name]]).split("\n")

    def plus_from(number: int) -> int | None:
        if number < calls:
            return plus_in_target(paths[number])
        return plus_in_body(types[number - calls]) if number < 2 * calls else None

    found = spellings(texts, "\x1f".join(texts).encode(), plus_from)
    return b"\0".join([spelling.read for spelling in found])
