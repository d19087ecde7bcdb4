"""Read the next blocks of a search in advance, while it searches the current one.

Only reading and decompressing run ahead, because they release the interpreter's lock. Searching
holds it, so a second thread would slow the search down.
"""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, Future, wait
from heapq import heappop, heappush
from typing import Final

from leadwire.stores.sqlite.block import Block

_AHEAD_BLOCKS: Final = 2
_ALONE_BLOCKS: Final = 2
"""Most searches end within two blocks, so reading ahead begins after these."""


_Turn = tuple[int, int]
"""(minus the newest instant, id) of a block, in the order in which the search asks for blocks."""


class ReadAhead:
    """Blocks by id, some of them read before they are needed, by *workers*.

    Without workers nothing is read ahead. Belongs to one search. Call ``cancel`` before the
    connection of the search is given back.
    """

    def __init__(self, workers: Executor | None, read: Callable[[int], Block]) -> None:
        self._workers = workers
        self._read = read
        self._queue: list[_Turn] = []
        """A heap, which may still have taken blocks."""
        self._expected: set[int] = set()
        """The blocks that are neither taken nor under way."""
        self._under_way: dict[_Turn, Future[Block]] = {}
        self._taken = 0

    def expect(self, blocks: Iterable[tuple[int, int]]) -> None:
        """The search will ask for these blocks: (newest instant, id).

        It asks for all expected blocks newest first, whichever group they are in.
        """
        for last_ms, block_id in blocks:
            heappush(self._queue, (-last_ms, block_id))
            self._expected.add(block_id)

    def block(self, last_ms: int, block_id: int) -> Block:
        """The result of ``read`` for the block, or its exception."""
        self._taken += 1
        self._expected.discard(block_id)
        future = self._under_way.pop((-last_ms, block_id), None)
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
        """Let the next blocks be read, also while a block that comes later waits to be taken."""
        while self._queue:
            turn = self._queue[0]
            if turn[1] in self._expected:
                if sum(other < turn for other in self._under_way) >= _AHEAD_BLOCKS:
                    break
                self._expected.remove(turn[1])
                self._under_way[turn] = workers.submit(self._read, turn[1])
            heappop(self._queue)
