"""Convert a table cell to the value of a lead field, or say why it is invalid."""

import re
from collections.abc import Callable
from typing import Final

from leadwire.sdk import values
from leadwire.sdk.errors import InvalidValue
from leadwire.sdk.lead_schema import kind_of
from leadwire.sdk.models.field import LeadField

_EMAIL: Final = re.compile(r"[^@\s,;<>()\[\]\\\"]+@[^@\s,;<>()\[\]\\\"]+")
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ().\-]*", re.ASCII)
_PHONE_DIGITS: Final = range(4, 21)
_NUMBER: Final = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_TIME: Final = re.compile(r"([01]\d|2[0-3]):[0-5]\d:[0-5]\d", re.ASCII)


def cell_value(field: LeadField, text: str) -> str:
    """*text* in the form that the API takes for *field*.

    Rewrites unambiguous dates, times and booleans; sends other text unchanged. Raises InvalidValue,
    with the reason, for a value that the API would refuse.
    """
    told = field.max_length or ""
    length_max = int(told) if told.isdecimal() else 0
    if length_max and len(text) > length_max:
        raise InvalidValue(f"{field.schema_name} has {len(text)} characters, at most {length_max}.")
    check = _CHECKS.get(kind_of(field))
    value = text if check is None else check(text)
    if value is None:
        raise InvalidValue(f"{field.schema_name}: {text!r} is not {_WANTED[kind_of(field)]}.")
    return value


def _email(text: str) -> str | None:
    return text if _EMAIL.fullmatch(text) else None


def _phone(text: str) -> str | None:
    digits = sum(map(str.isdigit, text))
    return text if _PHONE.fullmatch(text) and digits in _PHONE_DIGITS else None


def _number(text: str) -> str | None:
    return text if _NUMBER.fullmatch(text) else None


def _boolean(text: str) -> str | None:
    flag = values.parse_boolean(text)
    return None if flag is None else str(flag).lower()


def _date(text: str) -> str | None:
    day = values.parse_date(text)
    return None if day is None else day.isoformat()


def _moment(text: str) -> str | None:
    moment = values.parse_moment(text)
    return None if moment is None else values.date_time_text(moment)


def _time(text: str) -> str | None:
    return text if _TIME.fullmatch(text) else None


_CHECKS: Final[dict[str, Callable[[str], str | None]]] = {
    "Email": _email,
    "Phone": _phone,
    "Number": _number,
    "Boolean": _boolean,
    "Date": _date,
    "DateTime": _moment,
    "Time": _time,
}
_WANTED: Final = {
    "Email": "an address such as name@host",
    "Phone": "a phone number: digits, with an optional + and country code",
    "Number": "a number, such as 1200 or 12.5, without separators",
    "Boolean": "yes or no, true or false, 1 or 0",
    "Date": "a date of the form yyyy-MM-dd",
    "DateTime": "a UTC date-time of the form yyyy-MM-dd HH:mm:ss",
    "Time": "a time of the form HH:mm:ss",
}
