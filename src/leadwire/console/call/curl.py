r"""A recorded call as a curl command for a shell, with placeholders for keys.

The command repeats method, path, query, headers and body exactly as recorded. It turns off
everything that curl would change or add. A body unfit for a command line comes from a file, which
the page offers as a download.
"""

import re
import shlex
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from leadwire.calls.record import CallRecord
from leadwire.calls.sent_body import sent_bytes
from leadwire.operations import CATALOGUE
from leadwire.recording.unread import MEDIA_TYPE

INLINE_BYTES_MAX: Final = 50_000
"""Linux limits an argument to 131,072 bytes, and terminals cope badly with long ones."""

_KEY_HEADERS: Final = (
    '-H "x-LSQ-AccessKey: $LEADWIRE_ACCESS_KEY"',
    '-H "x-LSQ-SecretKey: $LEADWIRE_SECRET_KEY"',
)
_ASYNC_KEY_HEADER: Final = '-H "x-api-key: $LEADWIRE_ASYNC_KEY"'
_KEYS: Final = {operation.name: operation.keys for operation in CATALOGUE}
_OWN_HEADERS: Final = ("accept", "content-type", "user-agent")
"""Headers that curl adds by default."""
_SET_BY_CURL: Final = frozenset({"content-length", "expect", "host", "transfer-encoding"})
_DOT_SEGMENT: Final = re.compile(r"/\.{1,2}(?=[/?]|$)")
_GLOB_MARKS: Final = frozenset("[]{}")
_PLAIN_TARGET: Final = re.compile(r"/[!-\"$-~]*")
"""The addresses that curl sends unchanged: no fragment, blank or non-ASCII character."""


class CurlCommand(NamedTuple):
    """*text* is empty if curl cannot send the call. *note* is advice for the reader."""

    text: str
    note: str = ""


def curl_command(record: CallRecord, *, base_url: str) -> CurlCommand:
    """The command. Everything that a caller chose is quoted for a POSIX shell."""
    if record.request_content_type == MEDIA_TYPE:
        return CurlCommand("", "This was not an HTTP request, so curl cannot send it again.")
    body = sent_bytes(record)
    target = record.path + (f"?{record.query_string}" if record.query_string else "")
    lines = [
        " ".join(("curl", *_options(record, target), _address(base_url, target))),
        *_keys(record),
        *_headers(record, base_url),
    ]
    from_file = ""
    if record.request_body:
        from_file = "" if _is_inline(record, body) else f"{record.call_id}-request.txt"
        lines += _body_arguments(record, from_file)
    note = ""
    if from_file:
        note = f"The command reads the body from {from_file}: download it into your current folder."
    if record.request_body and body is None:
        note = f"{note} The recorded body is incomplete.".strip()
    return CurlCommand(" \\\n  ".join(lines), note)


def first_call_command(base_url: str) -> str:
    """A command that creates a lead: a first call for an account without any."""
    return " \\\n  ".join(
        (
            f"curl {shlex.quote(base_url.rstrip('/') + '/v2/LeadManagement.svc/Lead.Capture')}",
            *_KEY_HEADERS,
            "-H 'Content-Type: application/json'",
            """-d '[{"Attribute":"EmailAddress","Value":"first.lead@example.com"}]'""",
        )
    )


def _options(record: CallRecord, target: str) -> list[str]:
    options = []
    if _GLOB_MARKS & set(target):
        options.append("--globoff")  # else curl expands brackets and braces
    if _DOT_SEGMENT.search(record.path):
        options.append("--path-as-is")  # else curl removes dot segments
    if _PLAIN_TARGET.fullmatch(target) is None:
        options += ["--request-target", shlex.quote(target)]
    if record.method == "HEAD" and not record.request_body:
        return [*options, "--head"]
    if record.method == "HEAD":
        # curl cannot send HEAD with a body. These end its wait for a response body.
        options += ["--ignore-content-length", "-H 'Connection: close'"]
    return [*options, "-X", shlex.quote(record.method)]


def _address(base_url: str, target: str) -> str:
    plain = target if _PLAIN_TARGET.fullmatch(target) else "/"
    return shlex.quote(base_url.rstrip("/") + plain)


def _keys(record: CallRecord) -> list[str]:
    keys = _KEYS.get(record.operation, "pair")
    lines = list(_KEY_HEADERS) if keys != "async" else []
    return lines if keys == "pair" else [*lines, _ASYNC_KEY_HEADER]


def _headers(record: CallRecord, base_url: str) -> list[str]:
    if not record.request_headers:  # not recorded, only known from other fields
        known = [("Content-Type", record.request_content_type), ("User-Agent", record.user_agent)]
        pairs = [(name, value) for name, value in known if value]
        unwanted: tuple[str, ...] = ("content-type",)
    else:
        pairs = [_pair(line) for line in record.request_headers.split("\n")]
        unwanted = _OWN_HEADERS
    sent = {name.lower() for name, _ in pairs}
    host = urlsplit(base_url).netloc
    lines = [
        _header(name, value)
        for name, value in pairs
        if name.lower() not in _SET_BY_CURL or (name.lower() == "host" and value != host)
    ]
    lines += [f"-H '{name}:'" for name in unwanted if name not in sent and _is_added(name, record)]
    if record.request_body_bytes > INLINE_BYTES_MAX:
        lines.append("-H 'expect:'")
    return lines


def _is_added(name: str, record: CallRecord) -> bool:
    """Whether curl adds this header to the call by default."""
    return name != "content-type" or bool(record.request_body)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.strip()


def _header(name: str, value: str) -> str:
    # curl drops a header without a value unless it ends with a semicolon.
    return f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}"


def _is_inline(record: CallRecord, body: bytes | None) -> bool:
    """Whether the body fits a command line: text, without NUL, and short."""
    raw = record.request_body.encode()
    return len(raw) <= INLINE_BYTES_MAX and b"\0" not in raw and (body is None or body == raw)


def _body_arguments(record: CallRecord, from_file: str) -> list[str]:
    if from_file:
        return [f"--data-binary @{from_file}"]
    # Not -d: it reads a file if the body starts with an @.
    return [f"--data-raw {shlex.quote(record.request_body)}"]
