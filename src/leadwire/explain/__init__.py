"""Explains a recorded call: what went wrong, where in the request, and what to send instead.

``explain`` makes an ``Explanation`` from a record, the catalogue and the account. ``with_history``
adds what the call log knows.
"""

from leadwire.explain.account import Account, UnitAccount
from leadwire.explain.explain import explain
from leadwire.explain.explanation import Explanation, Mistake, Place, Repair, without_values
from leadwire.explain.history import with_history

__all__ = [
    "Account",
    "Explanation",
    "Mistake",
    "Place",
    "Repair",
    "UnitAccount",
    "explain",
    "with_history",
    "without_values",
]
