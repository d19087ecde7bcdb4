"""Lint: habits of clients that cost calls, as a page and as JSON."""

from leadwire.console.lint.page import LINT_PATH, routes

__all__ = ["LINT_PATH", "routes"]
