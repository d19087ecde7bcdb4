"""The table of secrets: the names and the looks by which a value is a secret.

Every rule stands here, as data. ``docs/redaction.md`` prints the table, and a test pins it.
"""

import re
from base64 import b64decode
from binascii import Error as Base64Error
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Final, NamedTuple

from leadwire.calls.redaction.escapes import LEVELS_MAX, Span, undone_text
from leadwire.calls.redaction.names import (
    is_plain_words,
    name_around,
    normal_name,
    parts_of,
    words_of,
)

MARKER: Final = "‹redacted›"  # noqa: RUF001  # stands out from what callers send
TOO_DEEP_MARKER: Final = "‹redacted: escaped or nested too often to be read›"  # noqa: RUF001

ANYWHERE: Final = (
    "password", "passwd", "passphrase", "passcode", "secret", "token", "credential",
    "authorization", "authorisation", "cookie", "bearer", "sessionid", "sessid", "sessionkey",
    "authcode", "authkey", "csrf", "otpcode", "passw0rd", "pswd", "pwd", "jwt", "xsrf",
)  # fmt: skip
"""A name that contains one of these, in any case, is secret: ``newpassword2``."""

WORDS: Final = (
    "otp", "totp", "mfa", "mpin", "cvv", "cvc", "auth", "oauth", "cred",
    "creds", "pass word", "pass phrase", "pass code",
)  # fmt: skip
"""A name that contains one of these as whole words is secret: ``login_otp``, ``authData``."""

LAST_WORDS: Final = ("authentication", "pass", "pin", "sig", "sas", "signature", "session")
"""A name is secret that ends in one of these, or has one of TAILS after it: ``session_id``.

Elsewhere they are harmless: ``PinCode``, ``SessionDate``, ``PassPercentage``.
"""
TAILS: Final = ("id", "key", "hash", "value", "data", "header", "number")

KEYS: Final = (
    "access", "account", "api", "app", "application", "cipher", "client", "consumer", "crypto",
    "deploy", "encrypt", "encrypted", "encryption", "hmac", "license", "master", "private",
    "shared", "sign", "signing", "ssh", "storage", "subscription",
)  # fmt: skip
"""A ``key`` is secret after one of these: ``api_key``, ``SharedAccessKey``. Alone it is not."""

HARMLESS: Final = frozenset(
    {
        "authmethod", "authmode", "authstatus", "authtype", "cachedtokens", "completiontokens",
        "continuationtoken", "cookieconsent", "cookiepolicy", "cookiesenabled", "emailsignature",
        "inputtokens", "maxtokens", "mintokens", "nextpagetoken", "nexttoken", "outputtokens",
        "pagetoken", "passwordchangedat", "passwordchangedon", "passwordlength", "passwordpolicy",
        "prompttokens", "reasoningtokens", "tokenbudget", "tokencount", "tokenexpiresat",
        "tokenexpiresin", "tokenexpiry", "tokenlength", "tokenlimit", "tokensused", "tokentype",
        "totaltokens",
    }
)  # fmt: skip
"""Exceptions: names that match a rule above and are harmless; as ``normal_name`` writes them."""

HARMLESS_WORDS: Final = ("secretary", "secretariat")
"""Words that contain a piece of a secret's name by chance."""

HARMLESS_AS_WRITTEN: Final = frozenset({"SessionId"})
"""The SessionId of an activity, as the dialect spells it. Other spellings are credentials."""

HEADER_LISTS: Final = frozenset({"customheaders"})
"""Members that hold headers for another server: names stay, and every value is removed."""

LINE_NAMES: Final = frozenset({"authorization", "proxyauthorization", "cookie", "setcookie"})
"""Names whose value is the rest of the line, with blanks and semicolons."""


class Look(NamedTuple):
    """*pattern* finds a secret by its look. Its last group, or else all of it, is removed."""

    name: str
    pattern: re.Pattern[str]


BASIC: Final = "Basic …"
BEARER: Final = "Bearer …"
PEM: Final = "a PEM block"
LOOKS: Final = (
    Look("an access key: u$r…", re.compile(r"u\$r[0-9a-f]{32,}", re.IGNORECASE)),
    Look("an async key: async_…", re.compile(r"async_[0-9a-f]{40,}", re.IGNORECASE)),
    Look("a signing secret: whsec_…", re.compile(r"whsec_[\w+/=-]{16,}", re.ASCII)),
    Look(
        "a JSON Web Token",
        re.compile(r"(?<![\w-])eyJ[\w-]{8,}+\.[\w-]{4,}+(?:\.[\w-]*+)?", re.ASCII),
    ),
    Look(BEARER, re.compile(r"(?<!\w)bearer\s{1,4}([\w.~+/=:-]{6,}+)", re.IGNORECASE | re.ASCII)),
    Look(BASIC, re.compile(r"(?<!\w)basic\s{1,4}([\w+/=-]{6,}+)", re.IGNORECASE | re.ASCII)),
    Look("https://user:password@host", re.compile(r"""://([^/\s?#@"'\\<>]++)@""")),
    Look(PEM, re.compile(r"-----BEGIN [A-Z0-9 ]{1,40}-----")),
    Look(
        "curl -u user:password",
        re.compile(
            r"""(?<!\S)(?:-u|-U|--user|--proxy-user)[ =]{0,4}["']?([^\s"':]{0,200}:[^\s"']+)"""
        ),
    ),
)
"""Each is found in linear time in any text."""

_PEM_END: Final = re.compile(r"-----END [A-Z0-9 ]{1,40}-----")
_GLUED_KEYS: Final = "|".join(KEYS)
_ANYWHERE: Final = re.compile(f"{'|'.join(ANYWHERE)}|(?:{_GLUED_KEYS})keys?")
_IN_WORDS: Final = re.compile(
    rf"\b(?:{'|'.join(WORDS)})\b"
    rf"|\b(?:{_GLUED_KEYS}) keys?\b"
    rf"|\b(?:{'|'.join(LAST_WORDS)})s?(?: \d+)?(?: (?:{'|'.join(TAILS)}))?$"
)
_STEMS: Final = (
    "pass|pwd|secret|token|cred|auth|cookie|bearer|sess|jwt|otp|pin|cvv|cvc|sig|sas|srf|mfa|pswd"
    rf"|custom[_\s-]?headers|(?:{_GLUED_KEYS})[^a-z0-9]{{0,2}}key"
)
"""Every secret's name contains one of these, in lower case."""
_HINT: Final = (
    r"k(?:e[ny]|ie)|w(?:d|ord|t|get)|v(?:v|(?<=cv)c)|h(?:eaders|(?<=uth))|j(?<=eyj)"
    r"|b(?:ear|asi|egin )|p(?:ass|in|(?<=otp))|g(?<=sig)"
    r"|c(?:re[dt]|(?<=async)_|(?<=whsec)_|url)|s(?:ess|as|rf)|mfa"
    r"|\$"
)
"""What every stem and look holds, found by its rarest letter: this is looked for in every call."""
_USER_HINT: Final = r"://[^/\s?#@\"'\\<>]+@"
"""The same of ``https://user:password@host``, which is as long as the password."""
_ESCAPED: Final = r"%[2-7][0-9a-f]|\\(?:u00[2-7]|x[2-7]|/(?<=:\\/)\\/)|\x00|&(?:#|quot;|amp;)"
_ESCAPE_SIGNS: Final = b"%\\\0&"
"""Escapes that may hide a name or a secret; ``\\u00fc`` cannot."""
_HEX: Final = re.compile(r"[0-9a-fA-F]{40,}")
_KEY: Final = re.compile(r"u\$r[0-9a-f]{32}|(?:async_)?[0-9a-f]{40}")
_BASE64: Final = re.compile(r"[A-Za-z0-9]{54,}={0,2}")
_RUN: Final = b"x" * 40
_IN_RUNS: Final = bytes(120 if code < 128 and chr(code).isalnum() else 32 for code in range(256))  # noqa: PLR2004
KEY_DIGITS: Final = 40
KEY_DIGITS_MAX: Final = 60
"""How many letters that are digits, too, a key may touch: ``Leads.GetById`` and the key."""
_RAW_USER: Final = re.compile(_USER_HINT.encode())
_WINDOW_BYTES: Final = 65_536
"""A search cannot be interrupted. In a larger body it would stop all other calls for too long."""
_OVERLAP_BYTES_MIN: Final = 64
"""No match of a hint is longer, but for names that the settings add."""
_NAMES_CACHED: Final = 4_096
_NAME_CACHED_CHARACTERS_MAX: Final = 100


class SecretNames:
    """The names of secrets: the names of the table, and what the settings add or allow.

    Names are compared without regard to case, ``_``, ``-`` and blanks.
    """

    def __init__(self, *, added: Iterable[str] = (), allowed: Iterable[str] = ()) -> None:
        self._added = frozenset(filter(None, map(normal_name, added)))
        self._allowed = frozenset(filter(None, map(normal_name, allowed)))
        own = [r"[_\s-]?".join(map(re.escape, name)) for name in sorted(self._added)]
        self.stems: Final = re.compile("|".join((*own, _STEMS)))
        """Finds a piece of every secret's name in a text in lower case."""
        self.hint: Final = re.compile("|".join((_HINT, _USER_HINT, *own)))
        """Found in every text in lower case that holds a secret's name or look, escapes aside."""
        self._raw_hint = re.compile("|".join((*own, _HINT, _ESCAPED)).encode())
        self._raw_words = re.compile("|".join((_HINT, *own)).encode())
        self._overlap_bytes = max(_OVERLAP_BYTES_MIN, *(2 * len(name) for name in own), 0)
        self._cached = lru_cache(maxsize=_NAMES_CACHED)(self._looked_up)

    def is_clean(self, raw: bytes, known: tuple[bytes, ...] = ()) -> bool:
        """Whether *raw* holds nothing that may be a secret, nor *known*, however it is escaped."""
        for _ in range(LEVELS_MAX):
            lowered = raw.lower()
            if (known and any(key in raw for key in known)) or _RAW_USER.search(lowered):
                return False
            found = self._first(self._raw_hint, lowered, 0)
            if found is None:
                return _RUN not in raw.translate(_IN_RUNS)
            if found[0][:1] not in _ESCAPE_SIGNS or _RUN in raw.translate(_IN_RUNS):
                return False
            if self._first(self._raw_words, lowered, found.start()):
                return False
            text = undone_text(raw.decode("utf-8", "replace"), plus=True)
            undone = text.encode("utf-8", "surrogatepass")
            if undone == raw:
                return True
            raw = undone
        return False

    def _first(self, pattern: re.Pattern[bytes], raw: bytes, start: int) -> re.Match[bytes] | None:
        """The first match from *start* on. Other threads may run between two windows of *raw*."""
        for place in range(start, len(raw), _WINDOW_BYTES):
            found = pattern.search(raw, place, place + _WINDOW_BYTES + self._overlap_bytes)
            if found is not None:
                return found
        return None

    def holds(self, name: str) -> bool:
        """Whether a member, parameter, header or field of that name holds a secret."""
        if len(name) > _NAME_CACHED_CHARACTERS_MAX:
            return self._looked_up(name)
        return self._cached(name)

    def _looked_up(self, name: str) -> bool:
        normal = normal_name(name)
        if normal in self._added:
            return True
        if normal in HARMLESS or normal in self._allowed or name in HARMLESS_AS_WRITTEN:
            return False
        parts = parts_of(name)
        glued = (_without_harmless_words(part.lower()) for part in parts)
        if any(map(_ANYWHERE.search, glued)):
            return True
        words = " ".join(word for part in parts for word in words_of(part))
        return _IN_WORDS.search(words) is not None

    def spans_of_names(self, text: str, lowered: str) -> Iterator[Span]:
        """Where the names of secrets stand in plain text, whole."""
        passed = 0
        for stem in self.stems.finditer(lowered):
            if stem.start() < passed:
                continue
            start, end = name_around(text, *stem.span())
            start, passed = max(start, passed), max(end, passed)
            name = text[start:end].strip(".-[]$")
            if self.holds(name) or normal_name(name) in HEADER_LISTS:
                yield start, end


def _without_harmless_words(part: str) -> str:
    for word in HARMLESS_WORDS:
        part = part.replace(word, "")
    return part


def spans_by_look(text: str) -> list[Span]:
    """Where secrets are that are known by their look."""
    found: list[Span] = []
    for look in LOOKS:
        for match in look.pattern.finditer(text):
            start, end = match.span(match.lastindex or 0)
            if look.name == PEM:
                if found and start < found[-1][1]:
                    continue  # it lies within the block before
                closing = _PEM_END.search(text, end)
                end = closing.end() if closing else len(text)
            elif (look.name == BEARER and is_plain_words(text[start:end])) or (
                look.name == BASIC and not _is_basic(text[start:end])
            ):
                continue
            found.append((start, end))
    return found


def _is_basic(text: str) -> bool:
    """Whether *text* may follow ``Basic``: a name and a password in Base64."""
    try:
        return b":" in b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (Base64Error, ValueError):
        return not is_plain_words(text)


@lru_cache(maxsize=1_024)  # a caller sends the same keys with every call
def odd_keys(keys: tuple[str, ...]) -> tuple[bytes, ...]:
    """The *keys* that have no look of a secret, so that their values must be searched for."""
    return tuple(key.encode("utf-8", "surrogatepass") for key in keys if not _KEY.fullmatch(key))


def has_long_run(text: str) -> bool:
    """Whether forty letters and digits stand in a row: a secret key may be among them."""
    return _RUN in text.encode("utf-8", "surrogatepass").translate(_IN_RUNS)


def hex_runs(text: str) -> Iterator[Span]:
    """Runs of forty and more hexadecimal digits, which may be or hold a secret key."""
    return (run.span() for run in _HEX.finditer(text))


def encoded_runs(text: str) -> Iterator[tuple[Span, str]]:
    """Runs of Base64 that may encode a secret key, each with its decoded text."""
    for run in _BASE64.finditer(text):
        digits = run[0].rstrip("=")
        try:
            decoded = b64decode(digits + "=" * (-len(digits) % 4), validate=True).decode()
        except (Base64Error, ValueError):
            continue
        yield run.span(), decoded


def candidates_of(run: str) -> Iterator[str]:
    """The possible secret keys in a run of hexadecimal digits: every forty in a row."""
    for start in range(len(run) - KEY_DIGITS + 1):
        yield run[start : start + KEY_DIGITS].lower()
