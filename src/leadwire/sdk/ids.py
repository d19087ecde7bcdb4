"""Ids for any number of threads: the system's source behind a lock."""

import threading

from leadwire.clock import SystemIds
from leadwire.sdk.forks import follow


class SharedIds(SystemIds):
    """As SystemIds, with ``call_id`` for any thread too."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        follow(self)

    def after_fork(self) -> None:
        self._lock = threading.Lock()

    def call_id(self, at_ms: int) -> str:
        with self._lock:
            return super().call_id(at_ms)
