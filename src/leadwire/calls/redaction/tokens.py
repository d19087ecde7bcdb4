"""Personal values: which fields hold them, and the token that stands for one in the log.

A token is a keyed hash of the value's normal form. Without the key nobody can tell the value from
it, or try values against it; with the key the same value, looked for, has the same token.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from leadwire.calls.redaction.names import normal_name

GROUP: Final = "personal"
"""Among the names of fields: all of GROUP_FIELDS."""
GROUP_FIELDS: Final = (
    "EmailAddress",
    "Phone",
    "Mobile",
    "Fax",
    "FirstName",
    "LastName",
    "mx_Street1",
    "mx_Street2",
    "mx_Zip",
    "mx_DOB",
    "mx_FaceBookURL",
    "mx_TwitterURL",
    "SkypeId",
    "GTalkId",
    "LinkedInId",
    "TwitterId",
    "FacebookId",
    "PhotoUrl",
    "SourceIPAddress",
    "Latitude",
    "Longitude",
    "PhoneMain",
    "PhoneMobile",
    "PhoneOthers",
    "AssociatedPhoneNumbers",
    "ActivityOwnerEmail",
    "OwnerIdEmailAddress",
)

PERSONAL_MARKER: Final = "‹personal:"  # noqa: RUF001  # stands out from what callers send
"""How a marker begins; the token follows."""

PHONE_TAIL_DIGITS: Final = 10
"""A number with the country's code, and without it, are one number: as for leads by phone."""
PHONE_DIGITS: Final = range(7, 16)
EMAIL: Final = re.compile(r"(?<![\w.!#$%*+^`~-])[\w.!#$%*+^`~-]++@[\w.-]*\w")
"""The look of an e-mail address, wherever it stands; found in linear time in any text."""

_EMAIL_FIELD: Final = "emailaddress"
_COLUMN_PREFIX: Final = "p"
"""``P_EmailAddress`` is the lead's EmailAddress beside an activity."""
_TOKEN_BYTES: Final = 10
_PERSON: Final = b"leadwire call"
_AROUND: Final = " \t\r\n\"'%*"
_PHONE: Final = re.compile(r"\+?[\d\s().\-/]{7,40}", re.ASCII)
_LIST: Final = re.compile(r"[,;|]")
_PIECES_MAX: Final = 50


def normal_form(value: str) -> str:
    """What *value* is compared by; empty for one that says nothing.

    Letter case, composed and decomposed letters, and blanks, quotes, ``%`` and ``*`` around make
    no difference, runs of blanks are one. Of a phone number (7 to 15 digits, with the usual
    signs) the last ten digits count. In an e-mail address a blank is the ``+`` that a URL lost.
    """
    text = unicodedata.normalize("NFKC", value).strip(_AROUND).casefold()
    if _PHONE.fullmatch(text):
        digits = phone_tail(text)
        if digits:
            return digits
    text = " ".join(text.split())
    if "@" in text and EMAIL.fullmatch(joined := text.replace(" ", "+")):
        return joined
    return text


def phone_tail(text: str) -> str:
    """The digits by which a phone number is known; empty when they are too few or too many."""
    digits = "".join(filter(str.isdecimal, text))
    if len(digits) not in PHONE_DIGITS:
        return ""
    return digits.lstrip("0")[-PHONE_TAIL_DIGITS:]


class Tokens:
    """Makes the tokens of values, with the key of a data folder."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def token(self, value: str) -> str:
        """The token of *value*; empty when its normal form is empty."""
        form = normal_form(value)
        if not form:
            return ""
        raw = form.encode("utf-8", "surrogatepass")
        return blake2b(raw, key=self._key, digest_size=_TOKEN_BYTES, person=_PERSON).hexdigest()

    def marker(self, value: str) -> str:
        """What stands for *value* in a record: a marker with its token.

        A list of values, or text around an address, has a marker for each of its pieces as well,
        so that each is found.
        """
        tokens = {token: None for piece in pieces(value) if (token := self.token(piece))}
        return "".join(map(marker_of, tokens))


class PersonalFields:
    """The fields whose values are personal, and the tokens that take their places."""

    def __init__(self, names: str, tokens: Tokens) -> None:
        """*names* are separated by commas; ``personal`` stands for GROUP_FIELDS."""
        given = {normal_name(name): None for name in names.split(",")}
        if GROUP in given:
            given |= dict.fromkeys(map(normal_name, GROUP_FIELDS))
        normal = [name for name in given if name not in ("", GROUP)]
        self.names: Final = frozenset((*normal, *(_COLUMN_PREFIX + name for name in normal)))
        self.with_emails: Final = _EMAIL_FIELD in self.names
        """Then every e-mail address is personal, wherever it stands."""
        self._normal: Final = tuple(normal)
        self.tokens: Final = tokens
        self._holds = lru_cache(maxsize=4_096)(self._looked_up)

    def holds(self, name: object) -> bool:
        """Whether a field, member or parameter of that name has a personal value."""
        return isinstance(name, str) and self._holds(name)

    def are_named_in(self, squeezed: str) -> bool:
        """Whether a text may name such a field: in lower case, without ``_``, ``-`` and blanks."""
        return any(name in squeezed for name in self._normal)

    def _looked_up(self, name: str) -> bool:
        return normal_name(name) in self.names


def pieces(value: str) -> Iterator[str]:
    """*value*, what its list is made of, and the addresses in it."""
    yield value
    parts = _LIST.split(value)
    if len(parts) > 1:
        yield from parts[:_PIECES_MAX]
    if "@" in value:
        yield from EMAIL.findall(value)[:_PIECES_MAX]


def marker_of(token: str) -> str:
    return f"{PERSONAL_MARKER}{token}›"  # noqa: RUF001
