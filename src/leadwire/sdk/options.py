"""The options of a client, and their validation."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from leadwire.sdk.headers import header_fault
from leadwire.sdk.hooks import Hook, hooks_fault
from leadwire.sdk.masking import Mask
from leadwire.sdk.numbers import is_number
from leadwire.sdk.retries import RetryPolicy

TIMEOUT_SECONDS_DEFAULT: Final = 30.0
ANSWER_BYTES_MAX_DEFAULT: Final = 268_435_456
_TIMEOUT_SECONDS_MAX: Final = 1_000_000


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Options that may differ from call to call. The ``repr`` shows no header."""

    timeout_seconds: float | None
    retry: RetryPolicy
    mask: Mask
    headers: tuple[tuple[str, str], ...] = ()
    hooks: tuple[Hook, ...] = ()
    answer_bytes_max: int = ANSWER_BYTES_MAX_DEFAULT
    takes_coroutines: bool = False
    """Whether a hook may have ``async def`` methods."""

    def __repr__(self) -> str:
        return f"Options(timeout_seconds={self.timeout_seconds}, retry={self.retry})"


def options_of(
    before: Options,
    *,
    timeout: object,
    retries: object,
    headers: object,
    hooks: object,
    answer_bytes_max: object,
) -> Options | str:
    """*before* with these options; or the first fault, as a sentence that says what to write.

    UNSET keeps the option. *headers* and *hooks* are added. The fault is returned, not raised: a
    traceback from here would hold the headers, which may be secret.
    """
    given: dict[str, Any] = {
        "timeout": timeout, "retries": retries, "headers": headers, "hooks": hooks,
        "answer_bytes_max": answer_bytes_max,
    }  # fmt: skip
    given = {name: value for name, value in given.items() if value is not msgspec.UNSET}
    fault = _fault(given, takes_coroutines=before.takes_coroutines)
    if fault:
        return fault
    added = tuple((given.get("headers") or {}).items())
    return msgspec.structs.replace(
        before,
        timeout_seconds=given.get("timeout", before.timeout_seconds),
        retry=RetryPolicy.of(given["retries"]) if "retries" in given else before.retry,
        mask=before.mask.also(added),
        headers=(*before.headers, *added),
        hooks=(*before.hooks, *(given.get("hooks") or ())),
        answer_bytes_max=given.get("answer_bytes_max", before.answer_bytes_max),
    )


def _fault(given: Mapping[str, Any], *, takes_coroutines: bool) -> str:
    timeout, retries = given.get("timeout"), given.get("retries")
    if not (timeout is None or (is_number(timeout) and 0 < timeout <= _TIMEOUT_SECONDS_MAX)):
        return (
            f"timeout must be a number of seconds above 0 and up to {_TIMEOUT_SECONDS_MAX:,}, such "
            "as 5 or 0.5, or None to wait for ever."
        )
    if not (retries is None or isinstance(retries, RetryPolicy) or is_number(retries, whole=True)):
        return "retries must be a whole number, 0 or more, or a RetryPolicy."
    answer_bytes_max = given.get("answer_bytes_max", 1)
    if not is_number(answer_bytes_max, whole=True) or answer_bytes_max < 1:
        return "answer_bytes_max must be a whole number of bytes, 1 or more."
    hooks = given.get("hooks")
    fault = "" if hooks is None else hooks_fault(hooks, takes_coroutines=takes_coroutines)
    return fault or _headers_fault(given.get("headers"))


def _headers_fault(headers: object) -> str:
    if headers is None:
        return ""
    if not isinstance(headers, Mapping):
        return "headers must be a mapping of names to values, such as {'X-Job': 'nightly'}."
    return next((fault for pair in headers.items() if (fault := header_fault(*pair))), "")
