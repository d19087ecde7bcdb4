"""Read the next blocks of a search in advance, while it searches the current one.

Only reading and decompressing run ahead, because they release the interpreter's lock. Searching
holds it, so a second thread would slow the search down.
"""

from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, wait
from contextlib import suppress
from typing import Final

from leadwire.stores.sqlite.block import Block

_AHEAD_BLOCKS: Final = 2
_ALONE_BLOCKS: Final = 2
"""Most searches end within two blocks, so reading ahead begins after these."""


class ReadAhead:
    """Blocks by id, some of them read before they are needed, by *workers*.

    Without workers nothing is read ahead. Belongs to one search. Call ``cancel`` before the
    connection of the search is given back.
    """

    def __init__(self, workers: Executor | None, read: Callable[[int], Block]) -> None:
        self._workers = workers
        self._read = read
        self._expected: deque[int] = deque()
        self._under_way: dict[int, Future[Block]] = {}
        self._taken = 0

    def expect(self, block_ids: Iterable[int]) -> None:
        """These blocks come next, in this order, before those expected so far."""
        self._expected.extendleft(reversed(list(block_ids)))

    def block(self, block_id: int) -> Block:
        """The result of ``read`` for the block, or its exception."""
        self._taken += 1
        with suppress(ValueError):
            self._expected.remove(block_id)
        future = self._under_way.pop(block_id, None)
        if self._workers is not None and self._taken > _ALONE_BLOCKS:
            self._fill(self._workers)
        return self._read(block_id) if future is None else future.result()

    def cancel(self) -> None:
        """Wait for running reads and discard them."""
        for future in self._under_way.values():
            future.cancel()
        wait(self._under_way.values())
        self._under_way.clear()

    def _fill(self, workers: Executor) -> None:
        while self._expected and len(self._under_way) < _AHEAD_BLOCKS:
            block_id = self._expected.popleft()
            self._under_way[block_id] = workers.submit(self._read, block_id)
