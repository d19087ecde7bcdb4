"""The options of a client, and their validation."""

import math
import re
from collections.abc import Mapping
from typing import Final

import msgspec

from leadwire.sdk.retries import RetryPolicy

_KEY_HEADERS: Final = ("x-lsq-", "x-api-key")
_FRAMING_HEADERS: Final = frozenset({"content-length", "transfer-encoding", "connection"})
_HEADER_NAME: Final = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_HEADER_VALUE: Final = re.compile(r"(?:[!-~](?:[ -~\t]*[!-~])?)?")


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """Options that may differ from call to call."""

    timeout_seconds: float | None
    retry: RetryPolicy
    headers: tuple[tuple[str, str], ...] = ()


def options_fault(timeout: object, retries: object, headers: Mapping[str, str] | None) -> str:
    """The fault in a client's options as a sentence; empty if there is none.

    Returned, not raised: a traceback from here would hold the headers, which may be secret.
    """
    if not (timeout is None or _is_time(timeout)):
        return "timeout must be a number of seconds above 0, or None to wait for ever."
    if not (retries is None or isinstance(retries, RetryPolicy) or _is_count(retries)):
        return "retries must be a whole number, 0 or more, or a RetryPolicy."
    if headers is not None and not isinstance(headers, Mapping):
        return "headers must be a mapping of names to values."
    return next((fault for pair in (headers or {}).items() if (fault := _header_fault(*pair))), "")


def _is_time(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return math.isfinite(value) and value > 0


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _header_fault(name: object, value: object) -> str:
    if not (isinstance(name, str) and _HEADER_NAME.fullmatch(name)):
        return "headers contains an invalid HTTP header name."
    if name.lower().startswith(_KEY_HEADERS):
        return "Pass keys as access_key=, secret_key= and async_key=, not as headers."
    if name.lower() in _FRAMING_HEADERS:
        return f"The client sets the header {name} itself."
    if not (isinstance(value, str) and _HEADER_VALUE.fullmatch(value)):
        return f"The header {name} must be printable ASCII without a blank at its start or end."
    return ""
