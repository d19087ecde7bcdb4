"""The entries of the bar at the top of every page."""

from typing import Final, NamedTuple

from leadwire.access.viewer import Viewer
from leadwire.console.sessions import PageRole, may_open


class Entry(NamedTuple):
    """A link of the bar. A page belongs to it if its ``section`` is *path*."""

    path: str
    name: str
    role: PageRole = "viewer"
    """Who may open it."""
    is_of_own_api: bool = False
    """Whether it is about what leadwire's own API keeps, which a proxy has nothing of."""


ENTRIES: Final = (
    Entry("/console/overview", "Overview"),
    Entry("/console/api-logs", "API Logs"),
    Entry("/console/refused-calls", "Refused", role="administrator"),
    Entry("/console/leads", "Leads", is_of_own_api=True),
    Entry("/console/webhooks", "Webhooks", role="developer", is_of_own_api=True),
    Entry("/console/lint", "Lint"),
    Entry("/docs", "Docs"),
    Entry("/console/settings", "Settings"),
)
"""In the order of the bar. An area that adds a page adds its entry here."""


def navigation(viewer: Viewer, *, is_proxy: bool) -> list[Entry]:
    """The entries that *viewer* may open, in the console of a server or of a proxy."""
    return [
        entry
        for entry in ENTRIES
        if may_open(viewer, entry.role) and not (is_proxy and entry.is_of_own_api)
    ]
