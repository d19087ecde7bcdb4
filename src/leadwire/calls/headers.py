"""Which headers of a call are recorded: line by line, without credentials."""

from collections.abc import Iterable
from typing import Final

from leadwire.calls.redaction.redactor import CREDENTIAL_HEADERS, HOP_BY_HOP_HEADERS

ALL: Final = "all"
NONE: Final = "none"

_MORE_BYTES: Final = 3
"""The colon, the blank and the end of a line."""
_CONNECTION: Final = b"connection"
_LEFT_OUT: Final = frozenset(name.encode() for name in HOP_BY_HOP_HEADERS | CREDENTIAL_HEADERS)
_KNOWN_OPTIONS: Final = frozenset({b"close", b"keep-alive"})


class HeaderRule:
    """*wanted* is ``all``, ``none`` or names, separated by commas.

    Of a request's headers, and of an answer's, *bytes_max* bytes are recorded, in whole lines.
    """

    def __init__(self, wanted: str, bytes_max: int) -> None:
        names = {name.strip().lower().encode() for name in wanted.split(",")}
        self._keeps_none = wanted.strip().lower() == NONE
        self._names = None if wanted.strip().lower() == ALL else names
        self._bytes_max = bytes_max

    def lines(self, headers: Iterable[tuple[bytes, bytes]]) -> tuple[str, bool]:
        """``name: value`` for each header that is recorded, and whether some were cut off.

        *headers* have names in lower case. Credentials, and what belongs to the connection alone,
        are left out. Secrets in the rest are still to be redacted.
        """
        if self._keeps_none:
            return "", False
        kept, left_bytes = [], self._bytes_max
        left_out = _LEFT_OUT
        for name, value in headers if self._names is None else self._wanted(headers):
            if name in left_out:
                if name == _CONNECTION and value.lower() not in _KNOWN_OPTIONS:
                    left_out = left_out | {option.strip().lower() for option in value.split(b",")}
                continue
            left_bytes -= len(name) + len(value) + _MORE_BYTES
            kept.append((name, value))
        if left_out is not _LEFT_OUT:
            kept = [header for header in kept if header[0] not in left_out]
        is_cut = left_bytes < 0
        if is_cut:
            kept = self._first(kept)
        text = b"\n".join([b"%b: %b" % header for header in kept])
        return text.decode("utf-8", "backslashreplace"), is_cut

    def _wanted(self, headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        names = self._names or ()
        return [header for header in headers if header[0] in names or header[0] == _CONNECTION]

    def _first(self, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
        """As many whole headers, from the first on, as may be kept."""
        left_bytes = self._bytes_max
        for number, (name, value) in enumerate(headers):
            left_bytes -= len(name) + len(value) + _MORE_BYTES
            if left_bytes < 0:
                return headers[:number]
        return headers
