"""Which blocks of a search are read in advance."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from leadwire.stores.sqlite.ahead import ReadAhead

_ALONE = 3
"""The first blocks, which a search reads itself."""


def test_a_rare_late_block_does_not_keep_the_next_blocks_from_being_read_ahead() -> None:
    """A group of failed calls is opened early, and its blocks lie far apart in time."""
    by: dict[int, str] = {}

    def read(block_id: int) -> Any:  # noqa: ANN401  # stands for a block
        by[block_id] = threading.current_thread().name
        return block_id

    failed = [(1000, 1), (400, 2), (200, 3)]
    groups = [
        [(900 - place, 10 + place) for place in range(10)],
        [(700 - place, 30 + place) for place in range(10)],
    ]
    with ThreadPoolExecutor(2, thread_name_prefix="ahead") as workers:
        ahead: Any = ReadAhead(workers, read)
        ahead.expect(failed)
        asked = [failed[0]]
        assert ahead.block(*failed[0]) == 1
        for group in groups:
            ahead.expect(group)
            for last_ms, block_id in group:
                assert ahead.block(last_ms, block_id) == block_id
            asked += group
        for last_ms, block_id in failed[1:]:
            assert ahead.block(last_ms, block_id) == block_id
            asked.append((last_ms, block_id))
        ahead.cancel()
    read_by_the_search = [block for _, block in asked if not by[block].startswith("ahead")]
    first_of_second_group = groups[1][0][1]
    assert read_by_the_search == [*[block for _, block in asked[:_ALONE]], first_of_second_group]
