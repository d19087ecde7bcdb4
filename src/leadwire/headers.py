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
COOKIE_PREFIX: Final = "leadwire_"
"""Begins the names of the console's cookies."""
PROXY_COOKIE_PREFIX: Final = "leadwire_proxy_"
"""Begins those of a proxy's console. Browsers send cookies to every port of a host, so they would
go to the upstream, too."""
