"""Alerts: searches whose matches are counted, and who is told of too many."""

from leadwire.console.alerts.page import ALERTS_PATH, routes

__all__ = ["ALERTS_PATH", "routes"]
