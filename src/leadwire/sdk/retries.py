"""Which attempts are followed by another, and after how long."""

from typing import Any, Final

import msgspec

from leadwire.operations.plans import WINDOW_SECONDS
from leadwire.sdk import errors
from leadwire.sdk.answers import NOT_RECORDED
from leadwire.sdk.calls import Call

RETRIES_DEFAULT: Final = 4


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often a call is sent again, and how long is waited before.

    Sent again is every call whose rate was refused, whatever the status; whose connection could
    not be made; or that was answered 503. After another 5xx without an ``MX`` type only a call
    that makes no double: one that is repeatable, or whose second sending is refused for a unique
    value. After one that broke or timed out, here or behind a gateway (504), only a repeatable
    one. A rejection by type never is.

    After a refused rate as long as ``Retry-After`` says is waited, or a full window; otherwise
    *backoff_seconds*, doubled each time up to *backoff_seconds_max*, of which a random part of at
    least a half is taken.
    """

    retries: int = RETRIES_DEFAULT
    backoff_seconds: float = 0.5
    backoff_seconds_max: float = 8.0
    retry_after_seconds_max: float = 60.0
    """A server that asks for a longer wait is given up on: the caller decides."""

    @classmethod
    def of(cls, wanted: "int | RetryPolicy | None") -> "RetryPolicy":
        """A policy, a number of retries, or the default."""
        if isinstance(wanted, RetryPolicy):
            return wanted
        return cls() if wanted is None else cls(retries=wanted)

    def wait_seconds(
        self, error: errors.SdkError, call: Call[Any], *, attempt: int, chance: float
    ) -> float | None:
        """Seconds to wait after *attempt*, from 1; None: it was the last. *chance* is 0 to 1."""
        if attempt > self.retries or not _is_worth_it(error, call):
            return None
        if isinstance(error, errors.Answered) and error.retry_after_seconds is not None:
            asked = error.retry_after_seconds
            return None if asked > self.retry_after_seconds_max else asked + chance / 2
        if isinstance(error, errors.RateLimited):
            return WINDOW_SECONDS + chance / 2
        doubled = self.backoff_seconds * float(2 ** (attempt - 1))
        longest = min(doubled, self.backoff_seconds_max)
        return longest * (1 + chance) / 2


def _is_worth_it(error: errors.SdkError, call: Call[Any]) -> bool:
    if isinstance(error, errors.NoAnswer) and not error.retryable:
        return False
    if isinstance(error, errors.ServerFault):
        if not error.maybe_applied or call.repeatable:
            return True
        return call.refused_again and not _is_probably_done(error)
    if isinstance(error, errors.ConnectFailed | errors.RateLimited):
        return True
    return isinstance(error, errors.NoAnswer | errors.AnswerUnreadable) and call.repeatable


def _is_probably_done(error: errors.ServerFault) -> bool:
    """A gateway that gave up waiting; a leadwire server that did the work and lost the record.

    Sent again, a create would be told that its values are taken: by itself.
    """
    return error.status == _GATEWAY_TIMEOUT or error.exception_type == NOT_RECORDED


_GATEWAY_TIMEOUT: Final = 504
