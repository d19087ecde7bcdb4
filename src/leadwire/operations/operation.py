"""What the catalogue says of one operation."""

from types import UnionType
from typing import Final, Literal

import msgspec

ParameterKind = Literal["text", "id", "boolean", "choice"]
LimitClass = Literal["standard", "bulk"]
Keys = Literal["pair", "pair and async", "async"]
"""What a caller proves its identity with: the key pair, the account's async key, or both."""
Repeat = Literal["safe", "safe with a key", "refused", "unsafe"]
"""What happens when a call is carried out twice.

``safe``: the result is the same as after the first. ``safe with a key``: it is the same when the
body has a value by which the lead is found again. ``refused``: the second is refused, because the
first took a unique value. ``unsafe``: the second may do something else, or make a second thing.
"""

BASE_PATH: Final = "/v2"
DOCUMENTATION: Final = "https://apidocs.leadsquared.com"
READ_IN: Final = "2026-11"
MISSING: Final = "MXMandatoryAttributeMissingException"


class Evidence(msgspec.Struct, frozen=True):
    """Where the form of an operation, or of an exchange, is known from."""

    kind: Literal["documented", "reported", "seen", "inferred"]
    source: str
    """The slug of a page of LeadSquared's documentation; else who reported it, whose code shows
    it, or the operation that it is inferred from."""
    read_in: str = READ_IN
    """Year and month in which the source was read."""

    @property
    def url(self) -> str:
        """The page's address; empty for other evidence."""
        return f"{DOCUMENTATION}/{self.source}/" if self.kind == "documented" else ""

    @property
    def sentence(self) -> str:
        return f"{_MEANING[self.kind]} {self.source} ({self.read_in})"


_MEANING: Final = {
    "documented": "Documented by LeadSquared:",
    "reported": "Reported from live accounts by",
    "seen": "Seen in",
    "inferred": "Inferred from",
}


def documented(slug: str) -> Evidence:
    return Evidence("documented", slug)


def reported(by: str) -> Evidence:
    return Evidence("reported", by)


def seen(where: str) -> Evidence:
    return Evidence("seen", where)


def inferred(sibling: str) -> Evidence:
    return Evidence("inferred", sibling)


DateForm = Literal["milliseconds", "seconds", "US"]
"""``yyyy-MM-dd HH:mm:ss.SSS``, the same without milliseconds, or ``M/d/yyyy h:mm:ss AM``."""


_DATE_FORMS: Final = {
    "milliseconds": "yyyy-MM-dd HH:mm:ss.SSS",
    "seconds": "yyyy-MM-dd HH:mm:ss",
    "US": "M/d/yyyy h:mm:ss AM",
}


class RecordedDates(msgspec.Struct, frozen=True):
    """The form in which an operation is documented, or was seen, to print date-times."""

    form: DateForm
    evidence: Evidence

    @property
    def sentence(self) -> str:
        return (
            f"With the setting dates = recorded its date-times are {_DATE_FORMS[self.form]}. "
            f"{self.evidence.sentence}."
        )


class Parameter(msgspec.Struct, frozen=True):
    """One parameter of the URL. Names are matched without regard to case."""

    name: str
    help: str
    kind: ParameterKind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Other names of it that clients send."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One named function of a service: what a caller may send and what comes back.

    Rows of one service are made by a ``partial`` of this class, which holds what they share.
    """

    name: str
    """As callers know it: ``Lead.Capture``. Unique in the catalogue."""
    service: str
    """Empty: the path is the whole one."""
    path: str
    """Below the service, as the documentation spells it."""
    api_type: str
    """The family by which the call log filters."""
    summary: str
    evidence: Evidence
    purpose: str = ""
    """What a missing parameter or member is mandatory for, as in ``updating lead``."""
    mandatory: tuple[str, ...] = ()
    """Members of the body, as ``Parameter.RelatedId``, without which a call is refused, beside
    those that the type of the body cannot be without."""
    parameters: tuple[Parameter, ...] = ()
    body: type | UnionType | None = None
    """The type that the request body is decoded into; None when a body is ignored."""
    body_optional: bool = False
    is_form: bool = False
    """Whether the body is a form with a file in place of JSON."""
    body_example: str = ""
    json_in_any_type: bool = False
    """Whether JSON is taken under any content type, since callers send it as a form's."""
    posts_nothing: bool = False
    """Whether it is called by POST although it has no body."""
    result: type
    result_example: str
    result_media: str = "application/json"
    faults: tuple[str, ...] = ()
    """Exception types beyond those that every operation may answer."""
    rows_max: int = 0
    """Rows, or ids, that one call takes at most; 0: it does not take several."""
    page_max: int = 0
    """Rows that one answer has at most; 0: it has no limit of its own."""
    repeated: Repeat | None = None
    """What a repeated call does, where the method does not tell; read ``repeat``."""
    recorded_dates: RecordedDates | None = None
    """How date-times of the answer are printed with the setting ``dates = recorded``; None: with
    milliseconds, as always without it."""
    notes: tuple[str, ...] = ()
    """What the public material leaves open, and what is done here."""
    limit_class: LimitClass = "standard"
    root: str = BASE_PATH
    """What the service's path begins with."""
    gives_csv: bool = False
    """Whether a caller may ask for the result as CSV."""
    keys: Keys = "pair"
    more_segments: tuple[str, ...] = ()
    """Names of segments that may follow the path. They are not recorded."""
    later: str = ""
    """The operation that a call of this one only asks for, to be carried out later."""
    in_sdk: bool = True
    """Whether the SDK has a method for it. ``client.raw`` calls the others."""
    aliases: tuple[str, ...] = ()
    """Other spellings of the path that clients use, beyond a difference in case. With a slash in
    front: below another service, which it names."""

    @property
    def method(self) -> Literal["GET", "POST"]:
        """POST exactly when there is something to post, with two exceptions of the API."""
        return "POST" if self.body is not None or self.posts_nothing else "GET"

    @property
    def repeat(self) -> Repeat:
        """What a repeated call does: a GET is safe and a POST unsafe unless the row differs."""
        return self.repeated or ("safe" if self.method == "GET" else "unsafe")

    @property
    def all_faults(self) -> tuple[str, ...]:
        """The faults of the row, and that of what it calls mandatory."""
        if not self.purpose or MISSING in self.faults:
            return self.faults
        return (*self.faults, MISSING)

    @property
    def remarks(self) -> tuple[str, ...]:
        """The limits in words, then the notes."""
        limits = []
        if self.rows_max:
            limits.append(f"A call takes at most {self.rows_max:,} rows.")
        if self.page_max:
            limits.append(f"An answer has at most {self.page_max:,} rows.")
        if self.recorded_dates is not None:
            limits.append(self.recorded_dates.sentence)
        return (*limits, *self.notes)

    @property
    def url_path(self) -> str:
        # Asynchronous calls stand below no service and no version.
        return f"{self.root}/{self.service}/{self.path}" if self.service else f"/{self.path}"

    @property
    def alias_paths(self) -> tuple[str, ...]:
        """The aliases as whole paths."""
        if not self.service:
            return tuple(f"/{alias}" for alias in self.aliases)
        below = f"{BASE_PATH}/{self.service}/"
        return tuple(
            BASE_PATH + alias if alias.startswith("/") else below + alias for alias in self.aliases
        )
