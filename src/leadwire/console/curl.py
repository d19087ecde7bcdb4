"""A recorded call as a curl command that can be pasted into a shell, with placeholders for keys."""

import shlex
from typing import Final

from leadwire.calls.record import CallRecord

_BODY_CHARS_MAX: Final = 50_000
"""Shells and the kernel bound a command line; a longer body comes from a file."""

_GLOB_MARKS: Final = frozenset("[]{}")

_KEY_HEADERS: Final = (
    '-H "x-LSQ-AccessKey: $LEADWIRE_ACCESS_KEY"',
    '-H "x-LSQ-SecretKey: $LEADWIRE_SECRET_KEY"',
)


def curl_command(record: CallRecord, *, base_url: str) -> str:
    """The command of the call. Every part that a caller chose is quoted for a POSIX shell."""
    address = base_url.rstrip("/") + record.path
    if record.query_string:
        address += f"?{record.query_string}"
    # Without --globoff curl would expand brackets and braces of the address itself.
    globoff = "--globoff " if _GLOB_MARKS & set(address) else ""
    lines = [f"curl {globoff}-X {shlex.quote(record.method)} {shlex.quote(address)}"]
    lines += _KEY_HEADERS
    if record.request_content_type:
        lines.append(f"-H {shlex.quote(f'Content-Type: {record.request_content_type}')}")
    if record.request_body:
        lines.append(_body_argument(record))
    return " \\\n  ".join(lines)


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


def _body_argument(record: CallRecord) -> str:
    if len(record.request_body) > _BODY_CHARS_MAX:
        return f"--data-binary @{record.call_id}-request.txt"
    # Not -d: it would read a file when the body begins with an @.
    return f"--data-raw {shlex.quote(record.request_body)}"
