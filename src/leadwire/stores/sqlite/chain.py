"""The keyed digests of the call log, and the key.

Every row of a day, its manifest, the ledger and the end mark carry one. ``verify`` detects a change
that was made without the key. The digests are keyed BLAKE2b, a message authentication code. It
resists collisions even for a holder of the key.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import msgspec

from leadwire.clock import IdSource
from leadwire.disk import RESTORE_HINT, load_key, read_key
from leadwire.errors import SetupError

KEY_NAME: Final = "chain.key"
DIGEST_BYTES: Final = 32
SHORT_DIGEST_BYTES: Final = 16
"""The digests of hot rows are short: there are many, and each lives only until sealing."""
_FINGERPRINT_BYTES: Final = 8
HOW_TO_GO_ON: Final = f"put it back, or {RESTORE_HINT}"
"""The advice for a lost or damaged file that proves the log."""
_ENCODE: Final = msgspec.msgpack.Encoder().encode


class Chain:
    """Makes the digests of one log. Pure and stateless, so for any thread."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self.fingerprint: Final = self.digest(b"fingerprint")[:_FINGERPRINT_BYTES].hex()
        """Identifies the key without giving it away."""

    def digest(self, kind: bytes, *values: object, size: int = DIGEST_BYTES) -> bytes:
        """The digest of *values*; *kind* (at most 16 bytes) keeps digests of other things apart."""
        return hashlib.blake2b(
            _ENCODE(values), key=self._key, digest_size=size, person=kind
        ).digest()

    def of_day(self, day: str) -> "DayChain":
        return DayChain(self, day)


class DayChain:
    """Makes the digests of one day's file. A row from another day does not match."""

    def __init__(self, chain: Chain, day: str) -> None:
        self._chain = chain
        self.day: Final = day
        self.start: Final = chain.digest(b"day", day)
        """The link before the first block of the day."""

    def hot(self, described: Sequence[object], packed: bytes) -> bytes:
        """The digest of a hot row: of its columns and of its calls."""
        content = hashlib.sha256(packed).digest()
        return self._chain.digest(b"hot", self.day, described, content, size=SHORT_DIGEST_BYTES)

    def block(self, previous: bytes, described: Sequence[object], frames: Sequence[bytes]) -> bytes:
        """The link of a block: a digest of the previous link and the block's content."""
        contents = [hashlib.sha256(frame).digest() for frame in frames]
        return self._chain.digest(b"block", previous, described, contents)

    def bits(self, block_id: int, bits: bytes) -> bytes:
        """The digest of the bitmap of a block without a group."""
        return self._chain.digest(b"bits", self.day, block_id, hashlib.sha256(bits).digest())

    def group(self, described: Sequence[object], slices: Sequence[tuple[int, bytes]]) -> bytes:
        """The digest of a group and its slices."""
        contents = [(number, hashlib.sha256(bits).digest()) for number, bits in slices]
        return self._chain.digest(b"group", self.day, described, contents)

    def tombstone(self, sequence: int, digest: bytes, erasure: int) -> bytes:
        """The digest of a tombstone."""
        return self._chain.digest(b"tombstone", self.day, sequence, digest, erasure)

    def manifest(self, content: bytes) -> bytes:
        return self._chain.digest(b"manifest", self.day, content)


def make_chain(folder: Path, ids: IdSource) -> Chain:
    """Make the key of a new log. Raises SetupError, OSError."""
    return Chain(load_key(folder / KEY_NAME, ids))


def read_chain(folder: Path) -> Chain:
    """Read the key of a log. Raises SetupError when it is missing or damaged."""
    path = folder / KEY_NAME
    try:
        return Chain(read_key(path))
    except FileNotFoundError:
        raise SetupError(f"{path} is missing: {HOW_TO_GO_ON}.") from None
    except OSError as error:
        raise SetupError(f"{path} cannot be read: {error.strerror}.") from None
