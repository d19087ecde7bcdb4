"""The explanation of a call as the page shows it: marks in the request, and the box on top."""

from leadwire.access.viewer import Viewer
from leadwire.calls.record import CallRecord
from leadwire.console.bodies import Marks
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
