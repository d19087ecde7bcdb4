"""The names of leadwire's own headers."""

from typing import Final

CALL_ID_HEADER: Final = "X-Leadwire-Call-Id"
"""In every answer: the id of the call in the log."""
PROXY_CALL_ID_HEADER: Final = "X-Leadwire-Proxy-Call-Id"
"""What `leadwire proxy` adds to each request and answer: the id of the call in its log."""
IGNORED_HEADER: Final = "X-Leadwire-Ignored"
"""In a write's answer: the derived attributes that were ignored."""
NOTICE_HEADER: Final = "X-Leadwire-Notice"
"""What the body cannot say, such as a page that was cut."""
