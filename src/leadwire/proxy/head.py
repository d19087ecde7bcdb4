"""Heads of requests and answers: each line as it was sent, and its fields to decide by.

Reading is strict where two readers could differ, because then one could be made to see a request
that the other does not see. Everything else is kept as it is, valid or not.
"""

import re
from typing import Final

Field = tuple[bytes, bytes]
"""A header's name in lower case, and its value without the blanks around it."""

HEAD_END: Final = b"\r\n\r\n"
HEADERS_MAX: Final = 200
METHOD_CHARS_MAX: Final = 32
"""Longer than any method, and shorter than any key: a method is recorded as it is."""
TLS_RECORD: Final = b"\x16\x03"
BAD_REQUEST: Final = 400
HEAD_TOO_LARGE: Final = 431
NOT_IMPLEMENTED: Final = 501

# What follows a repeat is never a part of it. So no repeat gives back what it took ("++", "*+").
_TOKEN: Final = rb"[!#$%&'*+\-.^_`|~0-9A-Za-z]++"
_LINES: Final = rb"(?:" + _TOKEN + rb":[^\x00\r\n]*+\r\n)*+\r\n"
_NAMES: Final = re.compile(rb"\r\n([^:\r]+):")
_REQUEST: Final = re.compile(
    rb"(" + _TOKEN + rb") ([^\x00-\x20\x7f]++) (HTTP/1\.[01])\r\n" + _LINES, re.DOTALL
)
_ANSWER: Final = re.compile(
    rb"(HTTP/1\.[01]) ([1-9]\d\d)(?: ([^\x00\r\n]*+))?\r\n" + _LINES, re.DOTALL
)
_REQUEST_LINE: Final = re.compile(_TOKEN + rb" [^\x00-\x20\x7f]+ HTTP/1\.[01]", re.DOTALL)
_STATUS_LINE: Final = re.compile(rb"HTTP/1\.[01] [1-9]\d\d(?: [^\x00\r\n]*)?", re.DOTALL)
_ABSOLUTE: Final = re.compile(rb"[hH][tT][tT][pP][sS]?://([^/?#@]+)((?:[/?#].*)?)", re.DOTALL)


class HeadRefused(Exception):
    """A request's head that is not passed on. ``str()`` is a clause that says why."""

    def __init__(self, reason: str, *, status: int = BAD_REQUEST) -> None:
        super().__init__(reason)
        self.status = status


class NotUnderstood(Exception):
    """Bytes of the upstream that are not an answer in HTTP/1.1. ``str()`` is a clause."""


class _Head:
    """A head as it was sent."""

    __slots__ = ("lines", "names", "raw", "version")

    def __init__(self, raw: bytes, version: bytes) -> None:
        self.raw = raw
        """With the empty line that ends it."""
        self.version = version
        """``HTTP/1.1`` or ``HTTP/1.0``."""
        self.lines = raw.split(b"\r\n")[1:-2]
        """The header lines as they were sent, without their line ends."""
        self.names = _NAMES.findall(raw.lower())
        """The name of each of *lines*, in lower case."""

    @property
    def fields(self) -> tuple[Field, ...]:
        """The name and value of each of *lines*."""
        return tuple(
            [(name, _value(line, name)) for line, name in zip(self.lines, self.names, strict=True)]
        )

    def values(self, wanted: bytes) -> list[bytes]:
        """The values of the headers called *wanted*, in lower case."""
        count = self.names.count(wanted)
        if count <= 1:  # the usual case, without a loop
            if not count:
                return []
            return [_value(self.lines[self.names.index(wanted)], wanted)]
        return [
            _value(line, name)
            for line, name in zip(self.lines, self.names, strict=True)
            if name == wanted
        ]

    @property
    def closes(self) -> bool:
        """Whether its sender uses the connection for nothing else after this message."""
        return self.version != b"HTTP/1.1" or (
            b"connection" in self.names and b"close" in listed(self.values(b"connection"))
        )


class RequestHead(_Head):
    __slots__ = ("method", "target")

    def __init__(self, raw: bytes, version: bytes, method: bytes, target: bytes) -> None:
        super().__init__(raw, version)
        self.method = method
        self.target = target
        """As it was sent: a path with its query, or an absolute URI."""


class AnswerHead(_Head):
    __slots__ = ("reason", "status")

    def __init__(self, raw: bytes, version: bytes, status: int, reason: bytes) -> None:
        super().__init__(raw, version)
        self.status = status
        self.reason = reason
        """The reason phrase as it was sent; may be empty."""


def _value(line: bytes, name: bytes) -> bytes:
    return line[len(name) + 1 :].strip(b" \t")


def listed(values: list[bytes]) -> set[bytes]:
    """The members of headers that hold lists, in lower case."""
    if len(values) == 1 and b"," not in values[0]:  # the usual case, without a loop
        return {values[0].lower()}
    return {word.strip(b" \t").lower() for value in values for word in value.split(b",")}


def parse_request(raw: bytes) -> RequestHead:
    """Read a head with the empty line that ends it. Raises HeadRefused."""
    found = _REQUEST.fullmatch(raw)
    if found is None:
        raise HeadRefused(_why_no_request(raw))
    if raw.count(b"\r\n") - 2 > HEADERS_MAX:
        raise HeadRefused(f"there are more than {HEADERS_MAX} headers", status=HEAD_TOO_LARGE)
    method, target, version = found.groups()
    head = RequestHead(raw, version, method, target)
    _check_request(head)
    return head


def parse_answer(raw: bytes) -> AnswerHead:
    """Read a head with the empty line that ends it. Raises NotUnderstood."""
    found = _ANSWER.fullmatch(raw)
    if found is None:
        first, _, rest = raw.partition(b"\r\n")
        if _STATUS_LINE.fullmatch(first) is None:
            raise NotUnderstood("its first line is not a status line of HTTP/1.1")
        raise NotUnderstood(_why_no_headers(rest[:-2]))
    version, status, reason = found.groups()
    return AnswerHead(raw, version, int(status), reason or b"")


def may_become_answer(raw: bytes) -> bool:
    """Whether *raw*, whose head has not ended, can be the beginning of an answer."""
    start = b"HTTP/1."
    return raw[: len(start)] == start[: len(raw)] and not has_bare_line_end(raw)


def has_bare_line_end(raw: bytes) -> bool:
    """Whether a line feed stands without its carriage return."""
    return raw.count(b"\n") != raw.count(b"\r\n")


def origin_form(target: bytes) -> bytes:
    """The path and query of *target*; an asterisk stays."""
    found = None if target.startswith(b"/") else _ABSOLUTE.fullmatch(target)
    if found is None:
        return target
    rest = found[2]
    return rest if rest.startswith(b"/") else b"/" + rest


def called_host(head: RequestHead) -> bytes:
    """The host that the caller named, perhaps with a port: of an absolute URI, else of Host."""
    found = None if head.target.startswith(b"/") else _ABSOLUTE.fullmatch(head.target)
    if found is not None:
        return found[1]
    hosts = head.values(b"host")
    return hosts[0] if hosts else b""


def _check_request(head: RequestHead) -> None:
    if len(head.method) > METHOD_CHARS_MAX:
        reason = f"its method is longer than {METHOD_CHARS_MAX} characters"
        raise HeadRefused(reason, status=NOT_IMPLEMENTED)
    if head.method == b"CONNECT":
        raise HeadRefused("CONNECT is not offered here", status=NOT_IMPLEMENTED)
    is_origin_form = head.target.startswith(b"/") or head.target == b"*"
    if not is_origin_form and _ABSOLUTE.fullmatch(head.target) is None:
        raise HeadRefused("its target is neither a path nor an absolute URI")
    hosts = head.names.count(b"host")
    if hosts > 1 or (not hosts and head.version == b"HTTP/1.1"):
        raise HeadRefused("it has two Host headers" if hosts else "it has no Host header")
    # A server may ignore an offer to upgrade. Some clients offer h2c with each plain call.
    if b"upgrade" in head.names and listed(head.values(b"upgrade")) - {b"h2c"}:
        raise HeadRefused("Upgrade is not offered", status=NOT_IMPLEMENTED)


def _why_no_request(raw: bytes) -> str:
    line, _, rest = raw.partition(b"\r\n")
    if _REQUEST_LINE.fullmatch(line) is not None:
        return _why_no_headers(rest[:-2])
    if has_bare_line_end(line + b"\r\n"):
        return "a line ends without a carriage return"
    if line.count(b" ") > 2:  # noqa: PLR2004  # between method, target and version
        return "its target holds a blank"
    return "its first line is not a request line of HTTP/1.1"


def _why_no_headers(block: bytes) -> str:
    if b"\x00" in block:
        return "a header holds a NUL byte"
    for line in block.split(b"\r\n"):
        if line[:1] in (b" ", b"\t"):
            return "a header is folded over two lines"
        if b"\n" in line or b"\r" in line:
            return "a line does not end with a carriage return and a line feed"
    return "the name of a header is not a token followed by a colon"
