"""One row of the catalogue: an operation."""

import re
from types import UnionType
from typing import Final, Literal

import msgspec

ParameterKind = Literal["text", "id", "boolean", "choice"]
LimitClass = Literal["standard", "bulk"]
Keys = Literal["pair", "pair and async", "async", "account code", "none"]
"""The keys of a call: the key pair, the account's async key, or both.

Web pages have no keys. They name the account by its code, or need no account at all."""
FormKind = Literal["", "file", "fields"]
"""A form with a file, which is multipart, or a form of fields, which may be urlencoded."""
Repeat = Literal["safe", "safe with a key", "refused", "unsafe"]
"""What happens when a call is carried out twice.

``safe``: the result is the same as after the first. ``safe with a key``: it is the same when the
body has a value by which the lead is found again. ``refused``: the second is refused, because the
first took a unique value. ``unsafe``: the second may do something else, or make a second thing.
"""

BASE_PATH: Final = "/v2"
DOCUMENTATION: Final = "https://apidocs.leadsquared.com"
MISSING: Final = "MXMandatoryAttributeMissingException"

EvidenceKind = Literal["documented", "reported", "seen", "inferred"]
READ_IN: Final[dict[EvidenceKind, str]] = {
    "documented": "2026-11",
    "reported": "2026-11",
    "seen": "2026-11",
    "inferred": "2026-11",
}
"""Year and month when the sources of each kind were last read as a whole.

Evidence that was read at another time says so itself."""

_SLUG: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_END_OF_SOURCE: Final = re.compile(r"[:,]")


class Evidence(msgspec.Struct, frozen=True):
    """The evidence for an operation or an exchange."""

    kind: EvidenceKind
    source: str
    """The slug of a page of LeadSquared's documentation; else who reported it, whose code shows
    it, or the operation or page that it is inferred from. What it says may follow a colon."""
    read_in: str
    """Year and month when the source was read."""

    @property
    def basis(self) -> str:
        """The page, people, code or operation, without what it says."""
        return _END_OF_SOURCE.split(self.source, maxsplit=1)[0]

    @property
    def url(self) -> str:
        """The address of the page, also of one that something is inferred from; else empty."""
        is_page = self.kind == "inferred" and _SLUG.fullmatch(self.basis)
        if self.kind == "documented" or is_page:
            return f"{DOCUMENTATION}/{self.basis}/"
        return ""

    @property
    def sentence(self) -> str:
        return f"{_MEANING[self.kind]} {self.source} ({self.read_in})"


_MEANING: Final[dict[EvidenceKind, str]] = {
    "documented": "Documented by LeadSquared:",
    "reported": "Reported from live accounts by",
    "seen": "Seen in",
    "inferred": "Inferred from",
}


def documented(slug: str, *, read_in: str = READ_IN["documented"]) -> Evidence:
    return Evidence("documented", slug, read_in)


def reported(by: str, *, read_in: str = READ_IN["reported"]) -> Evidence:
    return Evidence("reported", by, read_in)


def seen(where: str, *, read_in: str = READ_IN["seen"]) -> Evidence:
    return Evidence("seen", where, read_in)


def inferred(sibling: str, *, read_in: str = READ_IN["inferred"]) -> Evidence:
    return Evidence("inferred", sibling, read_in)


DateForm = Literal["milliseconds", "seconds", "US"]
"""``yyyy-MM-dd HH:mm:ss.SSS``, the same without milliseconds, or ``M/d/yyyy h:mm:ss AM``."""


_DATE_FORMS: Final = {
    "milliseconds": "yyyy-MM-dd HH:mm:ss.SSS",
    "seconds": "yyyy-MM-dd HH:mm:ss",
    "US": "M/d/yyyy h:mm:ss AM",
}


class RecordedDates(msgspec.Struct, frozen=True):
    """The form in which an operation prints date-times, with its evidence."""

    form: DateForm
    evidence: Evidence

    @property
    def sentence(self) -> str:
        return (
            f"With the setting dates = recorded its date-times are {_DATE_FORMS[self.form]}. "
            f"{self.evidence.sentence}."
        )


class Parameter(msgspec.Struct, frozen=True):
    """One URL parameter. Names ignore letter case."""

    name: str
    help: str
    kind: ParameterKind = "text"
    required: bool = False
    choices: tuple[str, ...] = ()
    also: tuple[str, ...] = ()
    """Other names of it that clients send."""


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One named function of a service: its request and its answer.

    A ``partial`` of this class holds what the rows of one service share.
    """

    name: str
    """Its public name, such as ``Lead.Capture``. Unique in the catalogue."""
    service: str
    """Empty if *path* is the whole path."""
    path: str
    """The path under the service, as documented."""
    api_type: str
    """The group that the call log filters by."""
    summary: str
    evidence: Evidence
    purpose: str = ""
    """What a missing parameter or member is mandatory for, as in ``updating lead``."""
    mandatory: tuple[str, ...] = ()
    """Members of the body, as ``Parameter.RelatedId``, without which a call is refused, beside
    those that the type of the body cannot be without."""
    parameters: tuple[Parameter, ...] = ()
    body: type | UnionType | None = None
    """The type of the decoded request body; None if a body is ignored."""
    body_optional: bool = False
    form: FormKind = ""
    """The kind of form that the body is; empty for JSON."""
    body_example: str = ""
    json_in_any_type: bool = False
    """Whether JSON is taken under any content type, since callers send it as a form's."""
    posts_nothing: bool = False
    """Whether it is called by POST without a body."""
    result: type
    result_example: str
    result_media: str = "application/json"
    faults: tuple[str, ...] = ()
    """Exception types beyond those that every operation may answer."""
    rows_max: int = 0
    """Maximum rows or ids per call; 0 if it takes only one."""
    page_max: int = 0
    """Maximum rows per answer; 0 without a limit."""
    repeated: Repeat | None = None
    """The effect of a repeated call, if the method does not decide it. Read ``repeat``."""
    recorded_dates: RecordedDates | None = None
    """How date-times of the answer are printed with the setting ``dates = recorded``; None: with
    milliseconds, as always without it."""
    notes: tuple[str, ...] = ()
    """What the public sources leave open, and what leadwire does."""
    limit_class: LimitClass = "standard"
    root: str = BASE_PATH
    """The prefix of the service's path."""
    gives_csv: bool = False
    """Whether the result is also available as CSV."""
    keys: Keys = "pair"
    more_segments: tuple[str, ...] = ()
    """Names of segments that may follow the path. They are not recorded."""
    redirects: bool = False
    """Whether a success may be answered with 302."""
    later: str = ""
    """The operation that a call of this one only asks for, to be carried out later."""
    in_sdk: bool = True
    """Whether the SDK has a method for it. ``client.raw`` calls the others."""
    aliases: tuple[str, ...] = ()
    """Other spellings of the path that clients use, beyond a difference in case. With a slash in
    front: below another service, which it names."""

    @property
    def method(self) -> Literal["GET", "POST"]:
        """POST if there is a body, with two exceptions in the API."""
        return "POST" if self.body is not None or self.posts_nothing else "GET"

    @property
    def is_for_pages(self) -> bool:
        """Whether web pages call it, in place of clients with keys."""
        return self.keys in ("account code", "none")

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
        # Asynchronous calls have neither service nor version in their path.
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
