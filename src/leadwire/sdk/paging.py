"""Paginate a search while its rows change.

The API has no cursor, only a page index and a page size. When rows leave the search, later rows
move up onto pages that were read already. So each page must start with a known row. If it does not,
rows have moved, and the paginator goes back.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from leadwire.sdk.checks import whole_number
from leadwire.sdk.reading import Page
from leadwire.sdk.rows import Row

R = TypeVar("R", bound=Row)


class Paginator(Generic[R]):
    """Names the next page by *index* and *size*, and takes its rows, until ``is_over``.

    Each row comes once. A row that matches throughout is never skipped, if rows keep their order.
    Pages under eight rows cannot always overlap, so they may miss rows. *key* identifies a row; the
    keys of all seen rows stay in memory.
    """

    def __init__(self, page_size: int, key: Callable[[R], Hashable]) -> None:
        whole_number("page_size", page_size, 1)
        self.index, self.size = 1, page_size
        self.is_over = False
        self._page_size = page_size
        self._key = key
        self._met: set[Hashable] = set()
        self._overlaps = False

    def take(self, page: Page[R]) -> list[R]:
        """The new rows of the requested page."""
        start = (self.index - 1) * self.size
        if self._overlaps and not (page and self._key(page[0]) in self._met):
            self._go_to(max(start - self._page_size, 0))
            return []
        fresh = []
        for row in page:
            key = self._key(row)
            if key not in self._met:
                self._met.add(key)
                fresh.append(row)
        self.is_over = len(page) < self.size
        self._go_to(start + len(page))
        return fresh

    def _go_to(self, position: int) -> None:
        """Request a page that starts before row *position* (from 0) and reaches furthest after it.

        If no such page exists, request the page that starts at the row.
        """
        sizes = range(self._page_size, self._page_size // 2, -1)
        self.size = max(sizes, key=lambda size: size - (position % size or size))
        self._overlaps = position % self.size != 0
        self.index = position // self.size + 1
