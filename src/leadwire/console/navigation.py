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


ENTRIES: Final = (
    Entry("/console/overview", "Overview"),
    Entry("/console/api-logs", "API Logs"),
    Entry("/console/refused-calls", "Refused", role="administrator"),
    Entry("/console/leads", "Leads"),
    Entry("/console/webhooks", "Webhooks", role="developer"),
    Entry("/console/lint", "Lint"),
    Entry("/docs", "Docs"),
    Entry("/console/settings", "Settings"),
)
"""In the order of the bar. An area that adds a page adds its entry here."""


def navigation(viewer: Viewer) -> list[Entry]:
    """The entries that *viewer* may open."""
    return [entry for entry in ENTRIES if may_open(viewer, entry.role)]
