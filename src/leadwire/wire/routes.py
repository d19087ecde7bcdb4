"""Match a path to its operation, in any letter case."""

import re
from collections.abc import Callable
from typing import Final

from leadwire.operations import BY_NAME, BY_PATH, CATALOGUE, Operation
from leadwire.operations.operation import BASE_PATH

_LATER: Final = {operation.later: operation for operation in CATALOGUE if operation.later}

_LONGER: Final = {
    f"{operation.url_path.lower()}/": operation
    for operation in CATALOGUE
    if operation.more_segments and not operation.later
}

Identify = Callable[[str, str, bool], Operation | None]
"""The operation of a path and a host, for a call with or without an async key."""


_MISTAKEN: Final = {
    "leadmanagement.svc/activity.create": "ProspectActivity.Create",
    "leadmanagement.svc/leads.getbymobilenumber": "RetrieveLeadByPhoneNumber",
    "prospectactivity.svc/update": "CustomActivity.Update",
}
"""Wrong paths that public clients call, with the intended operation."""
_SLASHES: Final = re.compile("/{2,}")
_VERSION: Final = re.compile(r"^/v\d+(?=/)")


def find_operation(path: str) -> Operation | None:
    """The operation of *path*, in any letter case. Repeated slashes count as one."""
    if "//" in path:
        path = _SLASHES.sub("/", path)
    path = path.lower().rstrip("/")
    return BY_PATH.get(path) or _with_more_segments(path)


def _with_more_segments(path: str) -> Operation | None:
    """The operation whose path ends with segments that the caller chooses."""
    for start, operation in _LONGER.items():
        if path.startswith(start):
            count = path.count("/", len(start)) + 1
            return operation if count <= len(operation.more_segments) else None
    return None


def identify_with_async_host(async_host: str) -> Identify:
    """As ``find_operation``, for a path and a host.

    A call to *async_host* of an operation that can be carried out later is a call of its
    asynchronous form. When *async_host* is empty, no host is asynchronous. Where both forms have
    one path, a call with an async key is of the asynchronous one.
    """
    wanted = async_host.lower()

    def of_host(path: str, host: str, has_async_key: bool) -> Operation | None:
        operation = find_operation(path)
        if operation is not None and wanted and _name_of(host) == wanted:
            return _LATER.get(operation.name, operation)
        later = _LATER.get(operation.name) if operation and has_async_key else None
        if operation and later and later.url_path.lower() == operation.url_path.lower():
            return later
        return operation

    return of_host


def _name_of(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()


def nearest_path(path: str) -> str:
    """The most similar path of the catalogue, or an empty text."""
    from difflib import get_close_matches  # noqa: PLC0415  # for faults alone

    wanted = _VERSION.sub(BASE_PATH, path.lower())
    if not wanted.startswith(BASE_PATH):
        wanted = f"{BASE_PATH}/{wanted.lstrip('/')}"
    meant = _MISTAKEN.get(wanted.removeprefix(f"{BASE_PATH}/"))
    if meant is not None:
        return BY_NAME[meant].url_path
    close = get_close_matches(wanted, BY_PATH, n=1, cutoff=0.7)
    return BY_PATH[close[0]].url_path if close else ""
