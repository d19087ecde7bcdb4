"""The explanation of a call as the page shows it: marks in the request, and the box on top."""

import msgspec

from leadwire.access.viewer import Viewer
from leadwire.calls.record import CallRecord
from leadwire.console.bodies import Marks
from leadwire.console.call.curl import curl_command
from leadwire.console.services import ConsoleServices
from leadwire.explain import Explanation, Mistake, without_values


def explained_to(
    viewer: Viewer, record: CallRecord, services: ConsoleServices
) -> Explanation | None:
    """Why the call failed, as far as *viewer* may see it. *record* is the whole record."""
    explanation = services.explain(record)
    if explanation is None or viewer.may_see_bodies:
        return explanation
    return without_values(explanation)


def repaired_curl(record: CallRecord, explanation: Explanation | None, *, base_url: str) -> str:
    """The corrected request as a curl command; empty without one."""
    repair = explanation.repair if explanation else None
    if repair is None:
        return ""
    headers = "\n".join(f"{name}: {value}" for name, value in repair.headers)
    corrected = msgspec.structs.replace(
        record,
        method=repair.method,
        path=repair.path,
        query_string=repair.query_string,
        request_headers=headers,
        request_body=repair.body,
        request_body_bytes=len(repair.body.encode()),
        truncated=False,
    )
    return curl_command(corrected, base_url=base_url).text


def marks_of(explanation: Explanation | None) -> Marks:
    """A sentence for each mistake, by its place in the request."""
    marks: dict[str | int, str] = {}
    for mistake in explanation.mistakes if explanation else ():
        if mistake.place is None:
            continue
        path = mistake.place.path
        # The whole body cannot be marked: the line can.
        key = mistake.place.line or path if path == "body" else path
        marks.setdefault(key, _note(mistake))
    return marks


def _note(mistake: Mistake) -> str:
    if not mistake.nearest:
        return mistake.problem
    return f"{mistake.problem} Nearest: {mistake.nearest[0]}."
