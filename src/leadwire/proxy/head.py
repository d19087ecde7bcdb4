"""Heads of requests and answers: each line as it was sent, and its fields to decide by."""

from dataclasses import dataclass

Field = tuple[bytes, bytes]
"""A header's name in lower case, and its value without the blanks around it."""


@dataclass(frozen=True, slots=True)
class RequestHead:
    method: bytes
    target: bytes
    """As it was sent: a path with its query, or an absolute URI."""
    version: bytes
    """``HTTP/1.1`` or ``HTTP/1.0``."""
    lines: tuple[bytes, ...]
    """The header lines as they were sent, without their line ends."""
    fields: tuple[Field, ...]
    """One for each of *lines*."""


@dataclass(frozen=True, slots=True)
class AnswerHead:
    version: bytes
    status: int
    reason: bytes
    """The reason phrase as it was sent; may be empty."""
    lines: tuple[bytes, ...]
    """The header lines as they were sent, without their line ends."""
    fields: tuple[Field, ...]
    """One for each of *lines*."""
