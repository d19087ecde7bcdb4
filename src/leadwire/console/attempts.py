"""Slows the guessing of passwords: few failed sign-ins in a window, whatever is varied.

Failures are counted for an address with an e-mail address, for the address alone (many people
tried from one place), and for the e-mail address alone (one person tried from many places). A
browser in which that person signed in before is counted by itself, so that whoever else is
guessing does not lock it out. Attempts that are refused are not counted: a wait ends.
"""

from collections import OrderedDict
from typing import Final, NamedTuple

from leadwire.clock import Clock

ENTRIES_MAX: Final = 10_000
_NS: Final = 1_000_000_000


class AttemptLimits(NamedTuple):
    """Failures that are admitted in a window."""

    failures_max: int = 10
    """With one address and one e-mail address."""
    per_address_max: int = 30
    per_email_max: int = 50
    window_seconds: int = 300


class Attempts:
    """Counts in memory, for one process. For the event loop's thread."""

    def __init__(self, clock: Clock, limits: AttemptLimits) -> None:
        self._clock = clock
        self._limits = limits
        self._failures: OrderedDict[tuple[str, ...], list[int]] = OrderedDict()

    def begin(self, address: str, email: str, *, is_known: bool) -> tuple[int, str]:
        """0 when the attempt is admitted, else the seconds until one is, and the bound's name.

        An admitted attempt counts as failed until ``succeeded``, so that attempts at once are
        not more than those in a row. *is_known*: this person signed in before in this browser.
        """
        bounds = self._bounds(address, email, is_known=is_known)
        now_ns = self._clock.elapsed_ns()
        for key, failures_max, setting in bounds:
            recent = self._recent(key, now_ns)
            if len(recent) >= failures_max:
                frees_ns = recent[-failures_max] + self._limits.window_seconds * _NS
                return max(1, -((now_ns - frees_ns) // _NS)), setting
        for key, _, _ in bounds:
            self._failures[key] = [*self._recent(key, now_ns), now_ns]
            self._failures.move_to_end(key)
        while len(self._failures) > ENTRIES_MAX:
            self._failures.popitem(last=False)
        return 0, ""

    def succeeded(self, address: str, email: str, *, is_known: bool) -> None:
        """The attempt that began last was no failure, nor are those before it of this pair."""
        (pair, _, _), *others = self._bounds(address, email, is_known=is_known)
        self._failures.pop(pair, None)
        for key, _, _ in others:
            failures = self._failures.get(key)
            if failures:
                failures.pop()

    def _bounds(
        self, address: str, email: str, *, is_known: bool
    ) -> list[tuple[tuple[str, ...], int, str]]:
        limits, email = self._limits, email.lower()
        if is_known:
            return [(("known", email), limits.failures_max, "sign_in_failures_max")]
        return [
            (("pair", address, email), limits.failures_max, "sign_in_failures_max"),
            (("address", address), limits.per_address_max, "sign_in_failures_per_address_max"),
            (("email", email), limits.per_email_max, "sign_in_failures_per_email_max"),
        ]

    def _recent(self, key: tuple[str, ...], now_ns: int) -> list[int]:
        since_ns = now_ns - self._limits.window_seconds * _NS
        return [at_ns for at_ns in self._failures.get(key, ()) if at_ns > since_ns]
