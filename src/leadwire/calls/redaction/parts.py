"""The parts of a call that hold what a caller sent or was answered: as texts."""

from typing import NamedTuple


class Parts(NamedTuple):
    """What is redacted of a call. Bodies are whole: they are cut afterwards."""

    path: str = ""
    query_string: str = ""
    content_type: str = ""
    user_agent: str = ""
    exception_message: str = ""
    traceback: str = ""
    request_headers: str = ""
    """A ``name: value`` on each line, as in *response_headers*."""
    response_headers: str = ""
    request_body: str = ""
    response_body: str = ""
