"""The names of leadwire's own headers."""

from typing import Final

CALL_ID_HEADER: Final = "X-Leadwire-Call-Id"
"""Of every answer: the id of the call in the log."""
IGNORED_HEADER: Final = "X-Leadwire-Ignored"
"""Of a write: the derived attributes that were sent and ignored."""
NOTICE_HEADER: Final = "X-Leadwire-Notice"
"""What the answer's body has no place for, such as a page that was cut."""
