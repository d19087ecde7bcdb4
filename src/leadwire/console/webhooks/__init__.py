"""Webhooks: the list, the form, a webhook with its history, a delivery."""

from leadwire.console.webhooks.pages import WEBHOOKS_PATH, routes

__all__ = ["WEBHOOKS_PATH", "routes"]
