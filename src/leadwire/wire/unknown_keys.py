"""Bounds the calls with wrong keys from one address, and lets good keys from there through."""

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from leadwire.dates import MINUTE_MS
from leadwire.errors import LimitExceeded

_WINDOW_SECONDS: Final = 60
_WINDOW_MS: Final = MINUTE_MS
_ADDRESSES_MAX: Final = 10_000


class UnknownKeys:
    """Counts in memory, in windows of a minute. *met* is told when the bound is reached."""

    def __init__(self, calls_max: int, met: Callable[[str, str], None]) -> None:
        self._calls_max = calls_max
        self._met = met
        self._counts: OrderedDict[tuple[str, int], int] = OrderedDict()

    def count(self, address: str, now_ms: int) -> None:
        """Count a call whose keys were looked up and refused. Raises LimitExceeded beyond it."""
        window = now_ms // _WINDOW_MS
        entry = (address, window)
        self._counts[entry] = calls = self._counts.pop(entry, 0) + 1
        if len(self._counts) > _ADDRESSES_MAX:
            self._counts.popitem(last=False)
        if calls > self._calls_max:
            self._met("unknown_keys_per_address_max", f"calls from {address}")
            raise LimitExceeded(
                calls_max=self._calls_max,
                window_seconds=_WINDOW_SECONDS,
                retry_after_seconds=-((now_ms - (window + 1) * _WINDOW_MS) // 1_000),
            )
