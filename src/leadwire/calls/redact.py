"""Removing secrets from what is recorded, before it can touch a disk.

Two nets: by value, since the caller's own keys are known and must not stand anywhere; and by
name, for secrets that a body, a query or a form carries for somebody else. Text that holds a
secret's name and cannot be read is replaced whole: it fails closed.
"""

import json
import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote, quote_plus, unquote, unquote_plus

import msgspec

MARKER: Final = "‹redacted›"  # noqa: RUF001  # stands out from what callers send
UNREADABLE_MARKER: Final = "‹redacted: holds a secret's name and could not be read›"  # noqa: RUF001

KEY_PARAMETERS: Final = {"accesskey": 0, "secretkey": 1}
"""Query parameters that carry the key pair; the value is the place in the pair."""

SECRET_NAMES: Final = frozenset(
    {
        "accesskey",
        "accesstoken",
        "apikey",
        "authorization",
        "clientsecret",
        "password",
        "passwd",
        "privatekey",
        "pwd",
        "refreshtoken",
        "secret",
        "secretkey",
        "token",
        "xapikey",
        "xlsqaccesskey",
        "xlsqsecretkey",
    }
)
"""Names whose values are removed, compared in lower case without ``_``, ``-`` and spaces."""

HEADER_LISTS: Final = frozenset({"customheaders"})
"""Members that hold headers of somebody else's: names stay, every value is removed."""

_NAME_MEMBERS: Final = ("Attribute", "SchemaName", "Key", "Name", "name", "key")
_HINTS: Final = (
    b"u$r",
    b"key",
    b"token",
    b"secret",
    b"pass",
    b"pwd",
    b"authorization",
    b"headers",
    b"\\u",
    b"%",
    b"\0",
)
FORM: Final = re.compile(r'[^\x00-\x20"<>\\{}]+=[^\x00-\x20"<>\\{}]*')
"""What a form may look like as it is sent; nothing of several lines, such as multipart."""
DEPTH_MAX: Final = 64
UNDONE_TIMES_MAX: Final = 4
_ACCESS_KEY: Final = re.compile(r"u(?:\$|%24)r[0-9a-f]{32}")
"""The look of an access key: found wherever it stands, whoever's it is."""
_USER_INFO: Final = re.compile(r"""(://[^/\s:@"'\\]*:)[^/\s@"'\\]+(?=@)""")
"""The password in an address: ``https://user:password@host``."""
_SEPARATORS: Final = re.compile(r"[_\-\s]")
_URL_REST: Final = re.compile(r"[?#]")


class Redactor:
    """Redacts the parts of one call, and counts what it removed."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self.count = 0
        self._secrets = tuple(filter(None, secrets))
        self._spellings, self._spellings_bytes = _spellings(self._secrets)

    def text(self, text: str) -> str:
        """*text* without the caller's keys; replaced whole when one is hidden by escapes."""
        for spelling in self._spellings:
            if spelling in text:
                self.count += text.count(spelling)
                text = text.replace(spelling, MARKER)
        if ("$r" in text or "%24r" in text) and _ACCESS_KEY.search(text):
            text, found = _ACCESS_KEY.subn(MARKER, text)
            self.count += found
        if "://" in text and "@" in text:
            text, found = _USER_INFO.subn(rf"\1{MARKER}", text)
            self.count += found
        if has_escapes(text) and self._hides_a_key(text):
            self.count += 1
            return UNREADABLE_MARKER
        return text

    def query(self, query_string: str) -> str:
        """A query string with the values of secret names removed, otherwise as sent."""
        if not query_string:
            return ""
        return self.text(self._pairs(query_string))

    def body(self, body: bytes, bytes_max: int) -> str:
        """The kept text of a body: redacted first and cut to *bytes_max* afterwards."""
        if not body:
            return ""
        lowered = body.lower()
        hinted = any(hint in lowered for hint in _HINTS)
        text = self._by_name(body) if hinted else body.decode("utf-8", "backslashreplace")
        hinted = hinted or (b"://" in body and b"@" in body)
        if hinted or any(spelling in body for spelling in self._spellings_bytes):
            text = self.text(text)
        if len(text) > bytes_max // 4 and len(text.encode()) > bytes_max:
            text = text.encode()[:bytes_max].decode("utf-8", "ignore")
        return text

    def _hides_a_key(self, text: str) -> bool:
        """Whether a key can be read once escapes are undone, as often as they are nested."""
        for _ in range(UNDONE_TIMES_MAX):
            undone = unquote(unescape(text.replace("\0", "")))
            if any(secret in undone for secret in self._secrets):
                return True
            if undone == text:
                return False
            text = undone
        return False

    def _by_name(self, body: bytes) -> str:
        text = body.decode("utf-8", "backslashreplace")
        try:
            tree = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
        except (ValueError, RecursionError, msgspec.DecodeError):
            return self._unreadable(body, text)
        return self._json(text, tree, 0)

    def _json(self, text: str, tree: Any, depth: int) -> str:  # noqa: ANN401  # any JSON
        before = self.count
        clean = self._tree(tree, depth)
        if self.count == before:
            if not (names_a_secret(text) and repeats_a_name(text)):
                return text
            self.count += 1  # of a name that is repeated only the last value is in the tree
        return msgspec.json.encode(clean).decode()

    def _unreadable(self, body: bytes, text: str) -> str:
        if FORM.fullmatch(text.strip()):
            return self._pairs(text)
        # NULs and escapes may hide a name (UTF-16, \u0073ecret): look without them.
        plain = body.replace(b"\0", b"").decode("utf-8", "ignore")
        normal = normal_name(unescape(plain))
        hidden = any(spelling in normal for spelling in map(normal_name, self._spellings))
        if hidden or names_a_secret(plain):
            self.count += 1
            return UNREADABLE_MARKER
        return text

    def _pairs(self, text: str) -> str:
        pairs = text.split("&")
        for i, pair in enumerate(pairs):
            name, equals, value = pair.partition("=")
            # The first pair of a URL stands behind the rest of it.
            own_name = _URL_REST.split(unquote_plus(name))[-1]
            if value and is_secret_name(own_name):
                self.count += 1
                pairs[i] = f"{name}{equals}{quote_plus(MARKER)}"
            else:
                pairs[i] = self.text(pair)
        return "&".join(pairs)

    def _tree(self, node: Any, depth: int) -> Any:  # noqa: ANN401  # any JSON
        if depth > DEPTH_MAX:
            self.count += 1
            return UNREADABLE_MARKER
        if isinstance(node, dict):
            named = any(is_secret_name(node.get(member)) for member in _NAME_MEMBERS)
            return {
                self.text(name): self._secret(value)
                if is_secret_name(name) or (named and name in ("Value", "value"))
                else self._headers(value)
                if normal_name(name) in HEADER_LISTS
                else self._tree(value, depth + 1)
                for name, value in node.items()
            }
        if isinstance(node, list):
            return [self._tree(item, depth + 1) for item in node]
        if isinstance(node, str):
            return self._string(node, depth)
        return node

    def _headers(self, node: Any) -> Any:  # noqa: ANN401  # any JSON
        """A list of headers with their names alone; anything else is no list of headers."""
        if not isinstance(node, list) or not all(isinstance(item, dict) for item in node):
            return self._secret(node)
        return [
            {
                self.text(name): self.text(value)
                if name.lower() in ("key", "name") and isinstance(value, str)
                else self._secret(value)
                for name, value in item.items()
            }
            for item in node
        ]

    def _string(self, text: str, depth: int) -> str:
        """A string may hold JSON, or a form, of its own."""
        text = self.text(text)
        if text[:1] in ("{", "["):
            try:
                tree = msgspec.json.decode(text)
            except (ValueError, RecursionError, msgspec.DecodeError):
                return self._unreadable(text.encode(), text)
            return self._json(text, tree, depth + 1)
        if "=" in text:
            return self._pairs(text)
        return text

    def _secret(self, value: Any) -> Any:  # noqa: ANN401  # any JSON
        if value is None or value == "":
            return value
        self.count += 1
        return MARKER


def is_secret_name(name: object) -> bool:
    return isinstance(name, str) and normal_name(name) in SECRET_NAMES


def names_a_secret(text: str) -> bool:
    """Whether the name of a secret stands anywhere in *text*, in whatever spelling."""
    plain = normal_name(unescape(text))
    return any(name in plain for name in (*SECRET_NAMES, *HEADER_LISTS))


def repeats_a_name(text: str) -> bool:
    """Whether an object in the JSON of *text* has two members of one name."""
    repeated = []

    def look(pairs: list[tuple[str, Any]]) -> None:
        if len(dict(pairs)) != len(pairs):
            repeated.append(True)

    try:
        json.loads(text.removeprefix("\ufeff"), object_pairs_hook=look)
    except (ValueError, RecursionError):
        return True
    return bool(repeated)


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
            # A raw + is no space here: no key holds a space.
            keys[place] = keys[place] or unquote_plus(
                value.decode("latin-1").replace("+", "%2B"), errors="replace"
            )
    return b"&".join(kept), keys


@lru_cache(maxsize=64)  # a caller's keys are the same in call after call
def _spellings(secrets: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[bytes, ...]]:
    """How *secrets* may be written: raw, in a URL and in JSON; as text and as bytes.

    The longest first: one spelling may be part of another.
    """
    found = {
        spelling
        for secret in secrets
        if secret
        for spelling in (secret, quote(secret, safe=""), quote(secret), _json_text(secret))
    }
    ordered = tuple(sorted(found, key=len, reverse=True))
    return ordered, tuple(spelling.encode() for spelling in ordered)


def normal_name(name: str) -> str:
    """*name* as names are compared: without ``_``, ``-`` and blanks, in lower case."""
    return _SEPARATORS.sub("", name).lower()


def _json_text(secret: str) -> str:
    return msgspec.json.encode(secret).decode()[1:-1]


_ESCAPE: Final = re.compile(r"\\+u([0-9a-fA-F]{4})")  # several backslashes: JSON within JSON


def has_escapes(text: str) -> bool:
    return "%" in text or "\\u" in text or "\0" in text


def unescape(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(int(match[1], 16)), text)
