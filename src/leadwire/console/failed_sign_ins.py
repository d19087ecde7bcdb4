"""Limits failed sign-ins, to slow password guessing.

Failures count per address and e-mail address, per address (many users tried from one place), and
per e-mail address (one user tried from many places). A browser with an earlier sign-in of the user
counts separately, so a guesser cannot lock it out. Refused sign-ins do not count, so every wait
ends.
"""

from leadwire.clock import Clock
from leadwire.settings import Settings
from leadwire.sliding_window import Key, SlidingWindow


class FailedSignIns:
    """For the event loop's thread."""

    def __init__(self, settings: Settings, *, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._window = SlidingWindow(settings.sign_in_window_seconds)

    def begin(self, address: str, email: str, *, is_known: bool) -> tuple[int, str]:
        """0 admits the sign-in. Else the seconds to wait, and the name of the limit.

        An admitted sign-in counts as failed until ``succeeded``, so parallel attempts gain nothing.
        *is_known*: the user signed in before in this browser.
        """
        bounds = self._bounds(address, email, is_known=is_known)
        now_ns = self._clock.elapsed_ns()
        for key, failures_max, setting in bounds:
            if wait_seconds := self._window.wait(key, failures_max, now_ns):
                return wait_seconds, setting
        for key, failures_max, _ in bounds:
            self._window.hit(key, failures_max, now_ns)
        return 0, ""

    def succeeded(self, address: str, email: str, *, is_known: bool) -> None:
        """The last sign-in succeeded: remove it and earlier failures of this pair."""
        (pair, _, _), *others = self._bounds(address, email, is_known=is_known)
        self._window.forget(pair)
        for key, _, _ in others:
            self._window.take_back(key)

    def _bounds(self, address: str, email: str, *, is_known: bool) -> list[tuple[Key, int, str]]:
        settings, email = self._settings, email.lower()
        pair_max = settings.sign_in_failures_max
        if is_known:
            return [(("known", email), pair_max, "sign_in_failures_max")]
        address_max = settings.sign_in_failures_per_address_max
        email_max = settings.sign_in_failures_per_email_max
        return [
            (("pair", address, email), pair_max, "sign_in_failures_max"),
            (("address", address), address_max, "sign_in_failures_per_address_max"),
            (("email", email), email_max, "sign_in_failures_per_email_max"),
        ]
