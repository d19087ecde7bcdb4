"""Redacting the parts of a call: secrets by their name, by their look, and known keys."""

import re
from collections.abc import Callable, Iterable
from typing import Final
from urllib.parse import unquote_plus

from leadwire.calls.redaction.escapes import Span
from leadwire.calls.redaction.names import normal_name, same_length_lower
from leadwire.calls.redaction.prose import value_behind
from leadwire.calls.redaction.rules import Edit
from leadwire.calls.redaction.secrets import (
    HEADER_LISTS,
    KEY_DIGITS_MAX,
    LINE_NAMES,
    MARKER,
    TOO_DEEP_MARKER,
    SecretNames,
    candidates_of,
    encoded_runs,
    has_long_run,
    hex_runs,
    odd_keys,
    spans_by_look,
)
from leadwire.calls.redaction.walk import Walk

IsOurs = Callable[[str], bool]
"""Whether a text is a secret key of this server, live or revoked. Cheap, and never raises."""
OwnKeys = Callable[[], IsOurs]
"""Gives the current IsOurs. Called at most once a call, and only if there is a candidate."""

KEY_PARAMETERS: Final = {"accesskey": 0, "secretkey": 1}
"""Query parameters that carry the key pair; the value is the place in the pair."""
HOP_BY_HOP_HEADERS: Final = frozenset(
    {
        "connection", "http2-settings", "keep-alive", "proxy-connection", "te", "trailer",
        "transfer-encoding", "upgrade",
    }
)  # fmt: skip
"""Headers of one connection, not of the call (RFC 9110, 7.6.1)."""
CREDENTIAL_HEADERS: Final = frozenset(
    {
        "authorization", "cookie", "proxy-authenticate", "proxy-authorization", "set-cookie",
        "www-authenticate", "x-api-key", "x-lsq-access-key", "x-lsq-accesskey",
        "x-lsq-secret-key", "x-lsq-secretkey",
    }
)  # fmt: skip
"""Headers that hold only a credential: name and value are left out."""

KNOWN_CHARACTERS_MIN: Final = 6
"""A shorter key is not searched by value: it would replace ordinary text."""
CANDIDATES_MAX: Final = 20_000
"""At most this many runs of digits of a call are compared with the keys. All others are removed."""

_UTF8_BYTES_MAX: Final = 4

TABLE_NAMES: Final = SecretNames()
"""The names of the table, without settings."""


class SecretRules:
    """The rules of secrets for one call."""

    replaces_leaves: Final = False
    header_lists: Final = HEADER_LISTS
    too_deep: Final = TOO_DEEP_MARKER

    def __init__(
        self, names: SecretNames, *, known: tuple[str, ...], own_keys: OwnKeys, all_keys_go: bool
    ) -> None:
        self._names = names
        self._known = known
        self._own_keys = own_keys
        self._is_ours: IsOurs | None = None
        self._all_keys_go = all_keys_go
        self._no_keys: set[str] = set()
        self._text = ""
        self._found: tuple[list[Span], list[Span]] = [], []

    def holds(self, name: str) -> bool:
        return self._names.holds(name)

    def holds_parameter(self, name: str) -> bool:
        return self._names.holds(name)

    def marker(self, value: str) -> str:
        return MARKER if value.strip() else value

    def unreadable(self, text: str) -> str:
        del text
        return ""

    def places(self, text: str) -> list[int]:
        names, secrets = self._look(text)
        return sorted({start for start, _ in (*names, *secrets)})

    def looks(self, text: str) -> list[Edit]:
        return [Edit(start, end, MARKER) for start, end in self._look(text)[1]]

    def behind_names(self, text: str) -> list[Edit]:
        names, _ = self._look(text)
        edits = []
        passed = 0
        for name in names:
            if name[0] < passed:
                continue
            is_line = normal_name(text[slice(*name)]) in LINE_NAMES
            value = value_behind(text, name, is_line=is_line)
            if value is not None:
                edits.append(Edit(*value, MARKER))
                passed = value[1]
        return edits

    def _look(self, text: str) -> tuple[list[Span], list[Span]]:
        """Where in *text* a name of a secret, or a secret, is."""
        if text != self._text:
            self._text = text
            lowered = same_length_lower(text)
            is_hinted = self._names.hint.search(lowered) is not None
            self._found = (
                list(self._names.spans_of_names(text, lowered)) if is_hinted else [],
                [*self._known_spans(text), *(spans_by_look(text) if is_hinted else ())],
            )
            if has_long_run(text):
                self._found[1].extend(self._key_spans(text))
        return self._found

    def _known_spans(self, text: str) -> list[Span]:
        return [
            match.span()
            for key in self._known
            if key in text
            for match in re.finditer(re.escape(key), text)
        ]

    def _key_spans(self, text: str) -> list[Span]:
        """Runs of digits that are a secret key, in Base64 as well."""
        found = [span for span in hex_runs(text) if self._holds_key(text[slice(*span)])]
        for span, decoded in encoded_runs(text):
            if any(self._holds_key(decoded[slice(*run)]) for run in hex_runs(decoded)):
                found.append(span)
        return found

    def _holds_key(self, run: str) -> bool:
        if self._all_keys_go and len(run) <= KEY_DIGITS_MAX:
            return True
        if self._is_ours is None:
            self._is_ours = self._own_keys()
        for candidate in candidates_of(run):
            if candidate in self._no_keys:
                continue
            if len(self._no_keys) >= CANDIDATES_MAX or self._is_ours(candidate):
                return True
            self._no_keys.add(candidate)
        return False


def no_own_keys() -> IsOurs:
    """For a redactor without a server, as the SDK's: no key is ours."""
    return lambda _candidate: False


class Redactor:
    """Redacts the parts of one call, and counts what it removed.

    *keys* are known, and go wherever they stand. *all_keys_go*: so does whatever may be a secret
    key, since the call's own pair is not where it belongs.
    """

    def __init__(
        self,
        keys: Iterable[str],
        *,
        names: SecretNames = TABLE_NAMES,
        own_keys: OwnKeys = no_own_keys,
        all_keys_go: bool = False,
    ) -> None:
        known = tuple(key for key in keys if len(key) >= KNOWN_CHARACTERS_MIN)
        self._names = names
        self._odd_keys = odd_keys(known)
        rules = SecretRules(names, known=known, own_keys=own_keys, all_keys_go=all_keys_go)
        self._walk = Walk(rules)

    @property
    def count(self) -> int:
        """How many values were replaced."""
        return self._walk.count

    def is_clean(self, raw: bytes) -> bool:
        """Whether *raw* surely holds no secret. True for most calls, and found quickly."""
        return self._names.is_clean(raw, self._odd_keys)

    def text(self, text: str) -> str:
        """Plain text, a path or a URL without its secrets."""
        if self.is_clean(text.encode("utf-8", "surrogatepass")):
            return text
        return self._walk.text(text)

    def query(self, query_string: str) -> str:
        """A query string with the values of secrets removed, otherwise as sent."""
        if self.is_clean(query_string.encode("utf-8", "surrogatepass")):
            return query_string
        return self._walk.form(query_string)

    def header_value(self, name: str, value: str) -> str:
        """The value of a header, or a marker if a header of that name holds a secret."""
        if value and self._names.holds(name):
            self._walk.count += 1
            return MARKER
        return self.text(value)

    def body(self, body: bytes, bytes_max: int) -> str:
        """The kept text of a body: redacted first and cut to *bytes_max* afterwards."""
        text = body.decode("utf-8", "backslashreplace")
        if not self.is_clean(body):
            text = self._walk.text(text)
        return cut(text, bytes_max)


def cut(text: str, bytes_max: int) -> str:
    """*text* cut to at most that many bytes of UTF-8, between two characters."""
    if len(text) <= bytes_max // _UTF8_BYTES_MAX or len(text.encode()) <= bytes_max:
        return text
    return text.encode()[:bytes_max].decode("utf-8", "ignore")


def redact_headers(lines: str, redactor: Redactor) -> str:
    """The headers of a request or an answer, each ``name: value`` on a line of its own.

    The value of a name of a secret is replaced by a marker; the rest is redacted like any text
    of the call.
    """
    redacted = []
    for line in lines.split("\n"):
        name, colon, value = line.partition(": ")
        redacted.append(f"{redactor.text(name)}{colon}{redactor.header_value(name, value)}")
    return "\n".join(redacted)


def lift_keys(query_string: bytes) -> tuple[bytes, list[str]]:
    """The query string without the key pair, and the pair: access key, secret key.

    Names are matched in any case and any percent-encoding. Of a repeated key the first counts;
    all are taken out.
    """
    keys = ["", ""]
    kept = []
    for pair in query_string.split(b"&"):
        name, _, value = pair.partition(b"=")
        place = KEY_PARAMETERS.get(unquote_plus(name.decode("latin-1")).lower())
        if place is None:
            kept.append(pair)
        else:
            # A raw + is not a space here: no key holds a space.
            keys[place] = keys[place] or unquote_plus(
                value.decode("latin-1").replace("+", "%2B"), errors="replace"
            )
    return b"&".join(kept), keys
