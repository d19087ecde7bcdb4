"""Which operation a path stands for. Paths are matched without regard to case."""

from collections.abc import Callable
from typing import Final

from leadwire.calls.recorder import Identified
from leadwire.operations import CATALOGUE
from leadwire.operations.operation import BASE_PATH, Keys, LimitClass, Operation

OTHER: Final = "Other"
"""The API type of a call to a path that is no operation's."""

_BY_PATH: Final[dict[str, Operation]] = {
    path.lower(): operation
    for operation in CATALOGUE
    for path in (
        operation.url_path,
        *operation.alias_paths,
    )
}
_BY_NAME: Final = {operation.name: operation for operation in CATALOGUE}
_LATER: Final = {operation.later: operation for operation in CATALOGUE if operation.later}
_UNKNOWN: Final = Identified("", OTHER)


def find_operation(path: str) -> Operation | None:
    return _BY_PATH.get(path.lower().rstrip("/"))


def keys_of(operation_name: str) -> Keys:
    operation = _BY_NAME.get(operation_name)
    return "pair" if operation is None else operation.keys


def operation_named(name: str) -> Operation | None:
    return _BY_NAME.get(name)


def identify(path: str) -> Identified:
    """The operation's name and API type, for the record; of any path."""
    operation = find_operation(path)
    return _UNKNOWN if operation is None else Identified(operation.name, operation.api_type)


def identify_with_async_host(async_host: str) -> Callable[[str, str], Identified]:
    """As ``identify``, of a path and a host: to *async_host*, calls are accepted for later.

    An empty *async_host* is nobody's.
    """
    wanted = async_host.lower()

    def of_host(path: str, host: str) -> Identified:
        known = identify(path)
        if wanted and _name_of(host) == wanted:
            later = _LATER.get(known.operation)
            return known if later is None else Identified(later.name, later.api_type)
        return known

    return of_host


def _name_of(host: str) -> str:
    """A Host header without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdecimal() else host).lower()


def limit_class_of(operation_name: str) -> LimitClass:
    operation = _BY_NAME.get(operation_name)
    return "standard" if operation is None else operation.limit_class


def nearest_path(path: str) -> str:
    """The catalogue's path that *path* is most like, or the empty text when none is."""
    from difflib import get_close_matches  # noqa: PLC0415  # for faults alone

    wanted = path.lower()
    if not wanted.startswith(BASE_PATH):
        wanted = f"{BASE_PATH}/{wanted.lstrip('/')}"
    close = get_close_matches(wanted, _BY_PATH, n=1, cutoff=0.7)
    return _BY_PATH[close[0]].url_path if close else ""
