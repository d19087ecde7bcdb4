"""Anchors: one line of text that later proves the present content of the log.

An anchor holds a digest of each day, over the digests of its calls in order of sequence. A call's
digest has no key and does not depend on storage. So sealing, closing and erasing other calls do not
change it. A holder of the chain's key can forge files that ``verify`` accepts. An anchor kept
elsewhere detects them.
"""

import base64
import binascii
import hashlib
from array import array
from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np

from leadwire.calls.record import FIELDS
from leadwire.errors import SetupError
from leadwire.stores.sqlite.schema import Row

_VERSION: Final = "leadwire1"
_DAY_DIGEST_BYTES: Final = 24
_CHECK_BYTES: Final = 6
_CALL_DIGEST_BYTES: Final = 32
_SEQUENCE_AT: Final = FIELDS.index("sequence")
_DURATION_AT: Final = FIELDS.index("duration_ms")
_TRUNCATED_AT: Final = FIELDS.index("truncated")
_ENCODE: Final = msgspec.msgpack.Encoder().encode
_ENTRY: Final = np.dtype([("sequence", "<i8"), ("digest", f"V{_CALL_DIGEST_BYTES}")])


class DayAnchor(msgspec.Struct, frozen=True):
    """One day of an anchor."""

    day: str
    calls: int
    digest: str


class Anchor(msgspec.Struct, frozen=True):
    """The content of the log when call number *sequence* was the newest."""

    sequence: int
    days: tuple[DayAnchor, ...]

    def text(self) -> str:
        """One line, without blanks."""
        days = (f"{one.day}.{one.calls}.{one.digest}" for one in self.days)
        body = ":".join((_VERSION, str(self.sequence), *days))
        return f"{body}:{_check(body)}"


def parse_anchor(text: str) -> Anchor:
    """Raises SetupError if *text* is not a complete anchor."""
    body, _, check = text.strip().rpartition(":")
    if not text.strip().startswith(f"{_VERSION}:"):
        raise SetupError(
            f"This is not an anchor: it begins with '{_VERSION}:', as 'leadwire calls anchor' "
            "printed it."
        )
    if check != _check(body):
        raise SetupError("The anchor was cut or mistyped: copy the whole line.")
    _, sequence, *days = body.split(":")
    found = []
    for one in days:
        day, calls, digest = one.split(".")
        found.append(DayAnchor(day, int(calls), digest))
    return Anchor(int(sequence), tuple(found))


def call_digest(row: Row) -> bytes:
    """The digest of a call: the same for a hot call and for a sealed one."""
    values = list(row)
    # A block returns flags as numbers, a hot row as stored in the record.
    values[_DURATION_AT] = float(values[_DURATION_AT])
    values[_TRUNCATED_AT] = int(values[_TRUNCATED_AT])
    return hashlib.blake2b(
        _ENCODE(values), digest_size=_CALL_DIGEST_BYTES, person=b"leadwire call"
    ).digest()


class DayDigests:
    """The digests of a day's calls, erased calls included."""

    def __init__(self) -> None:
        self._sequences = array("q")
        self._digests = bytearray()
        self._erased: list[int] = []

    def add_rows(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self.add(row[_SEQUENCE_AT], call_digest(row))

    def add_erased(self, sequence: int, digest: bytes) -> None:
        """Add the digest of an erased call."""
        self._erased.append(sequence)
        self.add(sequence, digest)

    def erased_until(self, sequence: int) -> int:
        """The number of erased calls up to that sequence."""
        return sum(one <= sequence for one in self._erased)

    def add(self, sequence: int, digest: bytes) -> None:
        self._sequences.append(sequence)
        self._digests += digest.ljust(_CALL_DIGEST_BYTES, b"\0")[:_CALL_DIGEST_BYTES]

    def anchor(self, day: str, *, until: int) -> DayAnchor:
        """The anchor of the calls up to sequence *until*."""
        entries = np.empty(len(self._sequences), _ENTRY)
        entries["sequence"] = np.frombuffer(self._sequences, np.int64)
        entries["digest"] = np.frombuffer(self._digests, f"V{_CALL_DIGEST_BYTES}")
        entries = entries[entries["sequence"] <= until]
        entries = entries[np.argsort(entries["sequence"], kind="stable")]
        digest = hashlib.blake2b(
            entries.tobytes(), digest_size=_DAY_DIGEST_BYTES, person=b"leadwire day"
        ).digest()
        return DayAnchor(day, len(entries), base64.urlsafe_b64encode(digest).decode())


def _check(body: str) -> str:
    digest = hashlib.blake2b(body.encode(), digest_size=_CHECK_BYTES).digest()
    return binascii.hexlify(digest).decode()
