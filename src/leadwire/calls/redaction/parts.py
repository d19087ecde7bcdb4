"""The parts of a call that hold text of the caller or of the answer."""

from typing import NamedTuple


class Parts(NamedTuple):
    """The texts of a call that are redacted. Bodies are whole: they are cut afterwards."""

    path: str = ""
    query_string: str = ""
    content_type: str = ""
    user_agent: str = ""
    exception_message: str = ""
    exception_location: str = ""
    exception_fix: str = ""
    traceback: str = ""
    request_headers: str = ""
    """A ``name: value`` on each line, as in *response_headers*."""
    response_headers: str = ""
    request_body: str = ""
    response_body: str = ""
