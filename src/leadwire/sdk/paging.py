"""The way through the pages of a search whose rows change meanwhile.

The API knows no cursor: a page is a number of rows and an index. When rows before a page leave the
search, those behind move up, onto pages that were read already. So each page is made to begin with
a row that was met before; when it does not, rows have moved, and the way goes back.
"""

from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

from leadwire.sdk.errors import ValueUnfit
from leadwire.sdk.reading import Page
from leadwire.sdk.rows import Row

R = TypeVar("R", bound=Row)


class Walk(Generic[R]):
    """Asks for page *index* of *size* rows, and is given it, until it ``is_over``.

    Each row is handed out once, and none that is there all the time is passed over, however many
    others come and go, as long as those that stay keep their order. Pages of less than eight rows
    cannot always overlap: with these, rows may be missed. *key* tells rows apart; the keys of
    those that were met are held.
    """

    def __init__(self, page_size: int, key: Callable[[R], Hashable]) -> None:
        if page_size < 1:
            raise ValueUnfit("page_size is at least 1.")
        self.index, self.size = 1, page_size
        self.is_over = False
        self._page_size = page_size
        self._key = key
        self._met: set[Hashable] = set()
        self._overlaps = False

    def take(self, page: Page[R]) -> list[R]:
        """The rows of the page that was asked for which are new."""
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
        """Ask for the page that begins before row *position*, from 0, and has most rows after it.

        Without such a page, for the one that has the row.
        """
        sizes = range(self._page_size, self._page_size // 2, -1)
        self.size = max(sizes, key=lambda size: size - (position % size or size))
        self._overlaps = position % self.size != 0
        self.index = position // self.size + 1
