"""Personal values: which fields hold them, and the token that stands for one in the log.

A token is a keyed hash of the value's normal form. Without the key, the value cannot be computed
or guessed from it. With the key, a searched value has the same token.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from hashlib import blake2b
from typing import Final

from leadwire.calls.redaction.names import normal_name

GROUP: Final = "personal"
"""In the setting, this name stands for all of GROUP_FIELDS."""
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
"""The beginning of a marker; the token follows."""

PHONE_TAIL_DIGITS: Final = 10
"""The last ten digits identify a number, with or without the code of its country."""
PHONE_DIGITS: Final = range(7, 16)
EMAIL: Final = re.compile(r"(?<![\w.!#$%*+^`~-])[\w.!#$%*+^`~-]++@[\w.-]*\w")
"""What looks like an e-mail address; found in linear time in any text."""

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
    """Two values are the same when their normal forms are equal; empty for a blank value.

    Letter case, composed or decomposed letters, and blanks, quotes, ``%`` and ``*`` around it do
    not matter. A run of blanks counts as one. Of a phone number (7 to 15 digits, with the usual
    signs) only the last ten digits count. In an e-mail address, a blank is a ``+`` that a URL lost.
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
    """The digits that identify a phone number; empty when there are too few or too many."""
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
        """What replaces *value* in a record: a marker with its token.

        A list of values, or a text with an e-mail address in it, also gets a marker for each piece,
        so that a search finds each.
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
        """Whether every e-mail address in a call is personal."""
        self._normal: Final = tuple(normal)
        self.tokens: Final = tokens
        self._holds = lru_cache(maxsize=4_096)(self._looked_up)

    def holds(self, name: object) -> bool:
        """Whether a field, member or parameter of that name has a personal value."""
        return isinstance(name, str) and self._holds(name)

    def are_named_in(self, squeezed: str) -> bool:
        """Whether a text, in lower case and without ``_``, ``-`` and blanks, may name a field."""
        return any(name in squeezed for name in self._normal)

    def _looked_up(self, name: str) -> bool:
        return normal_name(name) in self.names


def pieces(value: str) -> Iterator[str]:
    """*value*, its parts if it is a list, and the e-mail addresses in it."""
    yield value
    parts = _LIST.split(value)
    if len(parts) > 1:
        yield from parts[:_PIECES_MAX]
    if "@" in value:
        yield from EMAIL.findall(value)[:_PIECES_MAX]


def marker_of(token: str) -> str:
    return f"{PERSONAL_MARKER}{token}›"  # noqa: RUF001
