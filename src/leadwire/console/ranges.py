"""The range of time of a page that counts calls: the last day, unless its address says more."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from leadwire.console.filters import DEFAULT_RANGE, Filters, filters_from_parameters, last_phrase

_NAMES: Final = ("from", "to", "last")


def range_filters(path: str, parameters: Mapping[str, str]) -> Filters:
    """The range among *parameters*; other filters are left out."""
    found = filters_from_parameters(path, parameters)
    values = {name: value for name, value in found.values.items() if name in _NAMES}
    return replace(found, values=values or {"last": DEFAULT_RANGE}, cursor="", limit="")


def range_name(filters: Filters) -> str:
    """``Last 24 hours``, or the two ends as they were written."""
    if filters.value("last"):
        return last_phrase(filters.value("last"))
    return " to ".join(filter(None, (filters.value("from"), filters.value("to"))))
