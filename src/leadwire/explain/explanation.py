"""What an explanation says: plain data, the same for page, JSON and command line.

Sentences hold no value of a body or of a lead, only names and rules. Values have members of their
own, which ``without_values`` removes.
"""

from typing import Final, Literal

import msgspec

Part = Literal["method", "path", "query", "header", "body"]


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where in the request something is."""

    part: Part
    path: str
    """``body[0].Value``, ``query.leadId``, ``header.Content-Type``, ``path`` or ``method``."""
    line: int = 0
    """Of the body as sent, from 1. 0: the place is not in a body, or the body is not text."""
    column: int = 0
    """In characters, from 1."""
    start: int = 0
    end: int = 0
    """The characters of the recorded body: ``body[start:end]``."""


class Mistake(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that is wrong with a request, or with a row of a bulk call."""

    problem: str
    fix: str = ""
    """What would be accepted."""
    place: Place | None = None
    row: int = 0
    """The row of a bulk call, from 1."""
    value: str = ""
    """What was sent there."""
    is_quote: bool = False
    """Whether *problem* quotes the answer, which may hold values."""
    nearest: tuple[str, ...] = ()
    """Existing names, paths or ids most like what was sent. The nearest is first."""


class DiffLine(msgspec.Struct, frozen=True):
    sign: Literal["-", "+", " "]
    text: str


class Repair(msgspec.Struct, frozen=True, kw_only=True):
    """A corrected request. Its keys are the reader's own."""

    says: str
    method: str
    path: str
    query_string: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""
    fill_in: tuple[str, ...] = ()
    """Placeholders in the request that the reader must replace."""
    if_meant: str = ""
    """A condition that only the reader can judge. Empty: the repair follows with certainty."""
    diff: tuple[DiffLine, ...] = ()

    @property
    def is_certain(self) -> bool:
        return not self.fill_in and not self.if_meant

    @property
    def target(self) -> str:
        return self.path + (f"?{self.query_string}" if self.query_string else "")


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """The lead that has a unique value already."""

    lead_id: str
    name: str
    schema_name: str
    since_ms: int
    call_id: str = ""
    """The call that made the lead; empty if the log does not have it."""
    operation: str = ""
    user_id: str = ""
    would_change: tuple[str, ...] = ()
    """The fields that the body would change on that lead."""


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """The limit that a refused call exceeded."""

    calls_max: int
    window_seconds: int
    frees_at_ms: int
    calls_before: int = -1
    """Recorded calls of the account in the window before this call; -1 if they were not counted."""


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """How the request differs from the last one of its operation that succeeded."""

    call_id: str
    started_at_ms: int
    only_here: tuple[str, ...] = ()
    only_there: tuple[str, ...] = ()
    other_types: tuple[tuple[str, str, str], ...] = ()
    """(name, type here, type there)"""

    @property
    def is_empty(self) -> bool:
        return not (self.only_here or self.only_there or self.other_types)


class Link(msgspec.Struct, frozen=True):
    text: str
    address: str


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """Why a call failed, and what to do."""

    call_id: str
    title: str
    meaning: str
    is_certain: bool = True
    """False: the record does not show the cause, and *meaning* says so."""
    is_our_fault: bool = False
    mistakes: tuple[Mistake, ...] = ()
    repair: Repair | None = None
    no_repair: str = ""
    """Why there is no corrected request."""
    holder: Holder | None = None
    limit: Limit | None = None
    difference: Difference | None = None
    links: tuple[Link, ...] = ()


def without_values(explanation: Explanation) -> Explanation:
    """The same for a reader who may not see bodies: rules and places, but no text of the caller."""
    holder = explanation.holder
    return msgspec.structs.replace(
        explanation,
        mistakes=tuple(
            msgspec.structs.replace(
                mistake,
                problem=_WITHHELD if mistake.is_quote else mistake.problem,
                fix="" if mistake.is_quote else mistake.fix,
                place=mistake.place and _without_names(mistake.place),
                value="",
                nearest=(),
            )
            for mistake in explanation.mistakes
        ),
        difference=None,
        repair=None,
        no_repair="The corrected request holds values of the body. Your role does not show bodies."
        if explanation.repair
        else explanation.no_repair,
        holder=holder and msgspec.structs.replace(holder, name=""),
    )


def _without_names(place: Place) -> Place:
    """The line and column alone: the caller chose the names in the body."""
    return msgspec.structs.replace(place, path="body") if place.part == "body" else place


_WITHHELD: Final = "The answer says what is wrong. Your role does not show it."
