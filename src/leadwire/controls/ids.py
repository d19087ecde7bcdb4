"""Ids from a seed, so that two runs of the same serial calls print the same ids."""

from random import Random  # noqa: TID251  # seeded: a run can be repeated
from typing import Final

from leadwire.clock import IdSource

_GUID_BYTES: Final = 10


class SeededIds:
    """*real* ids until a seed is given.

    The ids of equal, serial calls under a frozen clock are then equal. Calls at the same time, and
    background work, take ids in no fixed order.
    """

    def __init__(self, real: IdSource) -> None:
        self._real = real
        self._random: Random | None = None
        self._stamp = 0

    def seed(self, seed: int | None) -> None:
        """Begin the sequence of *seed*; None: real ids again."""
        self._random = None if seed is None else Random(seed)  # noqa: S311  # not a secret
        self._stamp = 0

    def call_id(self, at_ms: int) -> str:
        if self._random is None:
            return self._real.call_id(at_ms)
        return self._uuid7(at_ms, self._random.randbytes(_GUID_BYTES).hex())

    def guid(self) -> str:
        if self._random is None:
            return self._real.guid()
        # A count in place of the time: new ids sort behind older ones, as real ids do.
        self._stamp += 1
        return self._uuid7(self._stamp, self._random.randbytes(_GUID_BYTES).hex())

    def hex_digits(self, count: int) -> str:
        if self._random is None:
            return self._real.hex_digits(count)
        return self._random.randbytes(count // 2).hex()

    @staticmethod
    def _uuid7(stamp_number: int, noise: str) -> str:
        stamp = f"{stamp_number:012x}"
        variant = "89ab"[int(noise[0], 16) & 3]
        return f"{stamp[:8]}-{stamp[8:]}-7{noise[1:4]}-{variant}{noise[4:7]}-{noise[7:19]}"
