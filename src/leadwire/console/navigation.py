"""The entries of the bar at the top of every page."""

from typing import Final, NamedTuple

from leadwire.access.viewer import Viewer


class Entry(NamedTuple):
    """A link of the bar. A page belongs to it if its ``section`` is *path*."""

    path: str
    name: str
    for_administrators: bool = False


ENTRIES: Final = (
    Entry("/console/overview", "Overview"),
    Entry("/console/api-logs", "API Logs"),
    Entry("/console/refused-calls", "Refused", for_administrators=True),
    Entry("/console/webhooks", "Webhooks", for_administrators=True),
    Entry("/docs", "Docs"),
    Entry("/console/settings", "Settings"),
)
"""In the order of the bar. An area that adds a page adds its entry here."""


def navigation(viewer: Viewer) -> list[Entry]:
    """The entries that *viewer* may open."""
    return [e for e in ENTRIES if viewer.is_administrator or not e.for_administrators]
