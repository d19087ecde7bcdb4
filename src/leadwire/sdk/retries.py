"""Decide whether to retry a call, and after how long."""

from typing import Any, Final

import msgspec

from leadwire.operations.plans import WINDOW_SECONDS
from leadwire.sdk import errors
from leadwire.sdk.answers import NOT_RECORDED
from leadwire.sdk.calls import Call
from leadwire.sdk.numbers import is_number

RETRIES_DEFAULT: Final = 4


class RetryPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How often a call is retried, and how long to wait before.

    Always retried: a refused rate, a failed connection, and a 503. After another 5xx without an
    ``MX`` type: a call that is repeatable, or whose repeat a unique value refuses. After a lost
    connection, a timeout or a gateway timeout (504): only a repeatable call. Never retried: a
    rejection with an ``MX`` type.

    After a refused rate the wait is ``Retry-After``, or one full window. Otherwise it is
    *backoff_seconds*, doubled each time up to *backoff_seconds_max*, then randomly shortened by up
    to half.
    """

    retries: int = RETRIES_DEFAULT
    backoff_seconds: float = 0.5
    backoff_seconds_max: float = 8.0
    retry_after_seconds_max: float = 60.0
    """If the server asks for a longer wait, the call fails and the caller decides."""

    def __post_init__(self) -> None:
        """Raises Misuse for a value that is not a number, or below 0."""
        for name in self.__struct_fields__:
            value = getattr(self, name)
            whole = name == "retries"
            if not is_number(value, whole=whole):
                kind = "a whole number" if whole else "a number of seconds"
                raise errors.Misuse(f"RetryPolicy: {name} must be {kind}, 0 or more.")

    @classmethod
    def of(cls, wanted: "int | RetryPolicy | None") -> "RetryPolicy":
        """From a policy, a number of retries, or None for the default."""
        if isinstance(wanted, RetryPolicy):
            return wanted
        return cls() if wanted is None else cls(retries=wanted)

    def wait_seconds(
        self, error: errors.SdkError, call: Call[Any], *, attempt: int, chance: float
    ) -> float | None:
        """Seconds to wait after *attempt* (from 1); None if it was the last. *chance* is 0 to 1."""
        if attempt > self.retries or not _is_retryable(error, call):
            return None
        if isinstance(error, errors.Answered) and error.retry_after_seconds is not None:
            asked = error.retry_after_seconds
            return None if asked > self.retry_after_seconds_max else asked + chance / 2
        if isinstance(error, errors.RateLimited):
            return WINDOW_SECONDS + chance / 2
        doubled = self.backoff_seconds * 2.0 ** min(attempt - 1, _DOUBLED_TIMES_MAX)
        longest = min(doubled, self.backoff_seconds_max)
        return longest * (1 + chance) / 2


def _is_retryable(error: errors.SdkError, call: Call[Any]) -> bool:
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
    """Whether the work may be done: a gateway timed out, or leadwire lost the record.

    A retried create could then be refused because of its own first attempt.
    """
    return error.status == _GATEWAY_TIMEOUT or error.exception_type == NOT_RECORDED


_GATEWAY_TIMEOUT: Final = 504
_DOUBLED_TIMES_MAX: Final = 100
