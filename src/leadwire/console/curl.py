r"""A recorded call as a curl command that can be pasted into a shell, with placeholders for keys.

The command sends what was recorded: method, path and query as they were sent, headers, and the
body byte for byte. What curl would change, fold or add by itself is turned off. A body that a
command line cannot carry comes from a file beside it: the page's download.
"""

import re
import shlex
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from leadwire.calls.record import CallRecord
from leadwire.operations import CATALOGUE
from leadwire.recording.unread import MEDIA_TYPE

INLINE_BYTES_MAX: Final = 50_000
"""The kernel bounds an argument to 131,072 bytes, and a terminal is no place for that much."""

_KEY_HEADERS: Final = (
    '-H "x-LSQ-AccessKey: $LEADWIRE_ACCESS_KEY"',
    '-H "x-LSQ-SecretKey: $LEADWIRE_SECRET_KEY"',
)
_ASYNC_KEY_HEADER: Final = '-H "x-api-key: $LEADWIRE_ASYNC_KEY"'
_KEYS: Final = {operation.name: operation.keys for operation in CATALOGUE}
_OWN_HEADERS: Final = ("accept", "content-type", "user-agent")
"""Headers that curl adds when it is not told otherwise."""
_SET_BY_CURL: Final = frozenset({"content-length", "expect", "host", "transfer-encoding"})
_DOT_SEGMENT: Final = re.compile(r"/\.{1,2}(?=[/?]|$)")
_GLOB_MARKS: Final = frozenset("[]{}")
_PLAIN_TARGET: Final = re.compile(r"/[!-\"$-~]*")
"""What curl takes in an address: no fragment, blank or letter beyond ASCII."""
_ESCAPED_BYTE: Final = re.compile(rb"\\x([89a-f][0-9a-f])")


class CurlCommand(NamedTuple):
    """*text* is empty when curl cannot send the call; *note* says what a person has to know."""

    text: str
    note: str = ""


def curl_command(record: CallRecord, *, base_url: str) -> CurlCommand:
    """The command of the call. Every part that a caller chose is quoted for a POSIX shell."""
    if record.request_content_type == MEDIA_TYPE:
        return CurlCommand("", "This was no HTTP request, so curl cannot send it again.")
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
        note = f"It reads the body from {from_file}: download it into the folder you are in."
    if record.request_body and body is None:
        note = f"{note} The kept body is not all that was sent.".strip()
    return CurlCommand(" \\\n  ".join(lines), note)


def sent_bytes(record: CallRecord) -> bytes | None:
    r"""The body as it was sent; None when not all of it is kept, or it cannot be told.

    Bytes that are no UTF-8 are kept as ``\xNN``. They are told from such text by the length.
    """
    raw = record.request_body.encode()
    if len(raw) == record.request_body_bytes:
        return raw
    decoded = _ESCAPED_BYTE.sub(lambda match: bytes([int(match[1], 16)]), raw)
    return decoded if len(decoded) == record.request_body_bytes else None


def first_call_command(base_url: str) -> str:
    """A command that creates a lead: the first call of an account whose list is still empty."""
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
        options.append("--path-as-is")  # else curl folds dot segments
    if _PLAIN_TARGET.fullmatch(target) is None:
        options += ["--request-target", shlex.quote(target)]
    if record.method == "HEAD" and not record.request_body:
        return [*options, "--head"]
    if record.method == "HEAD":
        # curl has no HEAD with a body: it must be told that no body comes back.
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
    if not record.request_headers:  # they are not kept: what else is known of them
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
    """Whether curl would add the header to this call by itself."""
    return name != "content-type" or bool(record.request_body)


def _pair(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name, value.strip()


def _header(name: str, value: str) -> str:
    # With a colon and nothing behind it curl leaves the header out.
    return f"-H {shlex.quote(f'{name}: {value}' if value else f'{name};')}"


def _is_inline(record: CallRecord, body: bytes | None) -> bool:
    """Whether a command line can carry the body: text, without NUL, and not long."""
    raw = record.request_body.encode()
    return len(raw) <= INLINE_BYTES_MAX and b"\0" not in raw and (body is None or body == raw)


def _body_arguments(record: CallRecord, from_file: str) -> list[str]:
    if from_file:
        return [f"--data-binary @{from_file}"]
    # Not -d: it would read a file when the body begins with an @.
    return [f"--data-raw {shlex.quote(record.request_body)}"]
