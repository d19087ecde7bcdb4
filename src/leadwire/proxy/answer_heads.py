"""The heads of an answer, as their bytes arrive."""

from leadwire.proxy.head import (
    HEAD_END,
    AnswerHead,
    NotUnderstood,
    may_become_answer,
    parse_answer,
)


class AnswerHeads:
    """Interim answers come before the final one. *bytes_max* bounds each head."""

    def __init__(self, bytes_max: int) -> None:
        self._bytes_max = bytes_max
        self._raw = b""
        self._searched = 0
        """How many bytes hold no end of a head."""
        self._taken = 0
        """How many bytes belong to the head that was taken last."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing but the head that was taken last."""
        return len(self._raw) == self._taken

    def add(self, data: bytes) -> None:
        self._raw = self._raw[self._taken :] + data if self._raw else data
        self._taken = 0

    def take(self) -> AnswerHead | None:
        """The next head; None if it has not arrived whole. Raises NotUnderstood."""
        if self._taken:
            self._raw, self._taken = self._raw[self._taken :], 0
        end = self._raw.find(HEAD_END, max(0, self._searched - len(HEAD_END)))
        if end < 0:
            self._searched = len(self._raw)
            if self._searched > self._bytes_max:
                raise NotUnderstood("its head does not end")
            if not may_become_answer(self._raw):
                raise NotUnderstood("it is not HTTP/1.1")
            return None
        self._searched = 0
        self._taken = end + len(HEAD_END)
        return parse_answer(self._raw[: self._taken])

    def rest(self) -> bytes:
        """What came after the head that was taken last. It is given once."""
        rest, self._raw, self._taken = self._raw[self._taken :], b"", 0
        return rest

    def first_bytes(self, count: int) -> bytes:
        """The beginning of what could not be read."""
        return self._raw[:count]
