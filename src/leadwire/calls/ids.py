"""The ids in a call: of leads, activities, tasks and all else that the wire names by a GUID."""

import re
from typing import Final
from urllib.parse import unquote

from leadwire.calls.record import CallRecord

_GUID: Final = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)


def ids_in(record: CallRecord, *, ids_max: int) -> tuple[str, ...]:
    """The distinct ids in the URL and the bodies, in lower case; at most *ids_max*.

    Those of the request come first.
    """
    found: dict[str, None] = {}
    for text in (unquote(record.query_string), record.request_body, record.response_body):
        for match in _GUID.finditer(text):
            found[match[0].lower()] = None
            if len(found) == ids_max:
                return tuple(found)
    return tuple(found)
