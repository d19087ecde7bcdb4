"""A receiver of webhooks, for the events of web pages."""

from webhooks.conftest import receiver

__all__ = ["receiver"]
