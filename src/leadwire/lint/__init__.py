"""Integration lint: habits of clients that cost calls, found in the call log.

``lint`` walks the calls of a query once, oldest first, and asks every rule about each of them.
"""

from leadwire.lint.report import Example, Finding, LintReport
from leadwire.lint.rules import RULES
from leadwire.lint.walk import lint

__all__ = ["RULES", "Example", "Finding", "LintReport", "lint"]
