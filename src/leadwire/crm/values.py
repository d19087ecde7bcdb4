"""Check a caller's value and convert it to the text form that is stored.

Lead values are stored, compared and read as text: ``1``/``0`` for a boolean, the caller's digits
for a number, ``yyyy-MM-dd`` or ``yyyy-MM-dd HH:mm:ss`` for dates.
"""

import math
import re
from collections.abc import Callable, Mapping
from typing import Final

from leadwire.crm.leads.fields import DataType, LeadField
from leadwire.dates import DATE_TIME_FORMAT, parse_date, parse_date_time
from leadwire.dialect import incorrect, too_long

Scalar = str | int | float | bool | None
LeadValue = Scalar | Mapping[str, Scalar]
"""The value of a custom field set is an object of members by name."""

GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_EMAIL: Final = re.compile(
    r"[^@\s,;<>()\[\]\\\"]+@[^@\s,;<>()\[\]\\\".]+(\.[^@\s,;<>()\[\]\\\".]+)*"
)
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ().\-]*", re.ASCII)
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)
_PHONE_DIGITS: Final = range(4, 21)
_PHONE_TAIL_DIGITS: Final = 10
_BOOLEANS: Final = {"true": "1", "1": "1", "false": "0", "0": "0"}


def kept_text(field: LeadField, value: Scalar) -> str | None:
    """The text to store for *value*; None for null and the empty text, which clear a field.

    Raises InputInvalid, with the accepted form, if the value has the wrong type.
    """
    text = scalar_text(value).strip()
    if not text:
        return None
    if field.max_length and len(text) > field.max_length:
        raise too_long(field.schema_name, field.max_length)
    check = _CHECKS.get(field.data_type)
    if check is None:
        return text
    try:
        return check(field, text)
    except ValueError:
        accepted = _ACCEPTED.get(field.render) or _ACCEPTED[field.data_type]
        raise incorrect(field.schema_name, fix=f"Send {accepted}.") from None


def scalar_text(value: Scalar) -> str:
    """A JSON scalar as text: booleans as ``true``/``false``, null as the empty text."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def parse_number(text: str) -> float:
    """A finite number in digits, with an optional sign, fraction and exponent.

    Raises ValueError for anything else, Python's own ``nan`` and ``1_000`` included.
    """
    number = float(text) if _NUMBER.fullmatch(text) else math.nan
    if not math.isfinite(number):
        raise ValueError("not a number")
    return number


def is_email(text: str) -> bool:
    return _EMAIL.fullmatch(text) is not None


def phone_digits(text: str) -> str:
    """The digits of a phone number, without an international prefix of zeros or plus."""
    return "".join(c for c in text if c in "0123456789").lstrip("0")


def phone_tail(digits: str) -> str:
    """The last digits of a number. They match with and without a country code."""
    return digits[-_PHONE_TAIL_DIGITS:]


def same_phone(one: str, other: str) -> bool:
    """Whether two digit strings are the same number. Either may lack the country code.

    If both have a country code (more digits than a national number), the codes must match.
    """
    short, long = sorted((one, other), key=len)
    if not short or len(short) > _PHONE_TAIL_DIGITS:
        return one == other
    return long.endswith(short)


def _email(_field: LeadField, text: str) -> str:
    if _EMAIL.fullmatch(text) is None:
        raise ValueError
    return text


def _phone(_field: LeadField, text: str) -> str:
    if _PHONE.fullmatch(text) is None or sum(map(str.isdigit, text)) not in _PHONE_DIGITS:
        raise ValueError
    return text


def _number(_field: LeadField, text: str) -> str:
    parse_number(text)
    return text


def _boolean(_field: LeadField, text: str) -> str:
    kept = _BOOLEANS.get(text.lower())
    if kept is None:
        raise ValueError
    return kept


def kept_date(field: LeadField, text: str) -> str:
    """The stored text of a date or date-time. Raises ValueError for an invalid form."""
    if field.render == "DateTime":
        parse_date_time(text)
    elif len(text) > len("yyyy-MM-dd"):
        parse_date_time(text)
        return text[: len("yyyy-MM-dd")]
    else:
        parse_date(text)
    return text


def _time(_field: LeadField, text: str) -> str:
    if _TIME.fullmatch(text) is None:
        raise ValueError
    return text


def _guid(_field: LeadField, text: str) -> str:
    if GUID.fullmatch(text) is None:
        raise ValueError
    return text.lower()


_CHECKS: Final[dict[DataType, Callable[[LeadField, str], str]]] = {
    "Email": _email,
    "Phone": _phone,
    "Number": _number,
    "Boolean": _boolean,
    "Date": kept_date,
    "Time": _time,
    "User": _guid,
    "Id": _guid,
}

_ACCEPTED: Final = {
    "Email": "an address of the form name@host",
    "Phone": "digits, with an optional + and country code, as +91-9000000001",
    "Number": "a number",
    "Boolean": "true or false",
    "Date": "a date of the form yyyy-MM-dd",
    "DateTime": f"a date-time of the form {DATE_TIME_FORMAT}, in UTC and without milliseconds",
    "Time": "a time of the form HH:mm:ss",
    "User": "the id of a user of the account",
    "Id": "an id of the form 00000000-0000-0000-0000-000000000000",
}
