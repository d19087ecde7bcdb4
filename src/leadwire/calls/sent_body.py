r"""The body of a recorded call as it was sent.

Bytes that are not UTF-8 are recorded as ``\xNN``. The length tells them from the same text.
"""

import re
from typing import Final

from leadwire.calls.record import CallRecord

_ESCAPED_BYTE: Final = re.compile(rb"\\x([89a-f][0-9a-f])")


def sent_bytes(record: CallRecord) -> bytes | None:
    """The body as sent; None if it is incomplete or ambiguous."""
    raw = record.request_body.encode("utf-8", "surrogatepass")
    if len(raw) == record.request_body_bytes:
        return raw
    decoded = _ESCAPED_BYTE.sub(lambda match: bytes([int(match[1], 16)]), raw)
    return decoded if len(decoded) == record.request_body_bytes else None
