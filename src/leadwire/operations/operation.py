"""What the catalogue says of one operation."""

from types import UnionType
from typing import Final, Literal

import msgspec

Evidence = Literal["D", "L", "S", "I"]
ParameterKind = Literal["text", "id", "boolean", "choice"]
LimitClass = Literal["standard", "bulk"]
Keys = Literal["pair", "pair and async", "async"]
"""What a caller proves who they are with: the key pair, the account's async key, or both."""

BASE_PATH: Final = "/v2"

EVIDENCE_MEANING: Final = {
    "D": "documented by LeadSquared",
    "L": "reported from a live account",
    "S": "seen in a third party's code",
    "I": "inferred from its siblings",
}


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of the URL. Names are matched without regard to case."""

    name: str
    help: str
    kind: ParameterKind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One named function of a service: what a caller may send and what comes back."""

    name: str
    """As callers know it: ``Lead.Capture``. Unique in the catalogue."""
    service: str
    """Empty: the path is the whole one."""
    path: str
    """Below the service, as the documentation spells it."""
    method: Literal["GET", "POST"]
    api_type: str
    """The family by which the call log filters."""
    summary: str
    parameters: tuple[Parameter, ...] = ()
    body: type | UnionType | None = None
    """The type that the request body is decoded into; None when a body is ignored."""
    body_optional: bool = False
    is_form: bool = False
    """Whether the body is a form with a file in place of JSON."""
    body_example: str = ""
    result: type
    result_example: str
    result_media: str = "application/json"
    faults: tuple[str, ...] = ()
    """Exception types beyond those that every operation may answer."""
    evidence: Evidence = "D"
    notes: tuple[str, ...] = ()
    """What the public material leaves open, and what is done here."""
    limit_class: LimitClass = "standard"
    root: str = BASE_PATH
    """What the service's path begins with."""
    gives_csv: bool = False
    """Whether a caller may ask for the result as CSV."""
    keys: Keys = "pair"
    later: str = ""
    """The operation that a call of this one only asks for, to be carried out later."""
    aliases: tuple[str, ...] = ()
    """Other spellings of the path that clients use, beyond a difference in case. With a slash in
    front: below another service, which it names."""

    @property
    def url_path(self) -> str:
        # Asynchronous calls stand below no service and no version.
        return f"{self.root}/{self.service}/{self.path}" if self.service else f"/{self.path}"

    @property
    def alias_paths(self) -> tuple[str, ...]:
        """The aliases as whole paths."""
        below = f"{BASE_PATH}/{self.service}/"
        return tuple(
            BASE_PATH + alias if alias.startswith("/") else below + alias for alias in self.aliases
        )
