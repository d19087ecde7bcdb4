"""Overview, the landing page: what happened in a range of time, counted and drawn."""

from leadwire.console.overview_page.page import OVERVIEW_PATH, routes

__all__ = ["OVERVIEW_PATH", "routes"]
