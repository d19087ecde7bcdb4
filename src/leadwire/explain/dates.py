"""What is wrong with a text that should be a date-time, and which one is meant."""

import re
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from leadwire.dates import DATE_TIME_FORMAT, format_seconds, parse_date, parse_date_time

_ISO: Final = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)(?P<sep>[T ])(?P<time>\d\d:\d\d(?::\d\d)?)"
    r"(?:[.,](?P<part>\d{1,9}))? ?(?P<zone>Z|[+-]\d\d:?\d\d)?",
    re.IGNORECASE | re.ASCII,
)
_SLASHED: Final = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?: .*)?", re.ASCII)
_NUMBER: Final = re.compile(r"\d{9,10}|\d{12,13}", re.ASCII)
_MS_DIGITS: Final = 12
_MONTHS: Final = 12
_DAY_CHARACTERS: Final = 10
_WHOLE: Final = len("00:00:00")


class Meant(NamedTuple):
    """*text* is what to send; empty if it cannot be told. *if_meant* is empty if it is certain."""

    problem: str
    text: str = ""
    if_meant: str = ""


def meant(text: str) -> Meant | None:
    """What is wrong with *text* as ``yyyy-MM-dd HH:mm:ss`` in UTC; None if nothing is."""
    text = text.strip()
    try:
        parse_date_time(text)
    except ValueError:
        return _found(text)
    return None


def meant_day(text: str) -> Meant | None:
    """What is wrong with *text* as ``yyyy-MM-dd``; None if nothing is.

    A time and its zone are left out: the day is the one that was written.
    """
    text = text.strip()
    if _is_day(text):
        return None
    if _ISO.fullmatch(text) and _is_day(text[:_DAY_CHARACTERS]):
        problem = "A time of day follows the date. This field takes the date alone."
        return Meant(problem, text[:_DAY_CHARACTERS])
    if _NUMBER.fullmatch(text):
        found = _found(text)
        day = found.text[:_DAY_CHARACTERS]
        return Meant("It is a number, not a text of the form yyyy-MM-dd.", day, found.if_meant)
    return Meant("It is not a date of the form yyyy-MM-dd.")


def _found(text: str) -> Meant:
    match = _ISO.fullmatch(text)
    if match:
        return _iso(match)
    if len(text) == _DAY_CHARACTERS and _is_day(text):
        return Meant("The time of day is missing.", f"{text} 00:00:00", "midnight UTC is meant")
    if _NUMBER.fullmatch(text):
        is_ms = len(text) >= _MS_DIGITS
        unit = "milliseconds" if is_ms else "seconds"
        at_ms = int(text) * (1 if is_ms else 1_000)
        return Meant(
            f"It is a number, not a text of the form {DATE_TIME_FORMAT}.",
            format_seconds(at_ms),
            f"it counts {unit} since 1970",
        )
    slashed = _SLASHED.fullmatch(text)
    if slashed and not (int(slashed[1]) > _MONTHS and int(slashed[2]) > _MONTHS):
        return Meant(
            f"The date is not of the form {DATE_TIME_FORMAT}. Day and month are not in a fixed "
            "order in it, so it cannot be converted."
        )
    return Meant(f"It is not of the form {DATE_TIME_FORMAT}.")


def _iso(match: re.Match[str]) -> Meant:
    time = match["time"] if len(match["time"]) == _WHOLE else f"{match['time']}:00"
    plain = f"{match['day']} {time}"
    try:
        parse_date_time(plain)
    except ValueError:
        return Meant("This day or time does not exist.")
    reasons = []
    if match["part"]:
        reasons.append("milliseconds")
    if match["sep"].upper() == "T":
        reasons.append("a T between date and time")
    if match["zone"]:
        reasons.append("a zone")
    if len(match["time"]) != _WHOLE:
        reasons.append("no seconds")
    problem = f"It has {_listed(reasons)}. The form is {DATE_TIME_FORMAT}, in UTC."
    if match["zone"]:
        moved = _in_utc(plain, match["zone"])
        return Meant(problem, moved) if moved else Meant(problem)
    if match["sep"].upper() == "T":
        return Meant(problem, plain, "the time is in UTC already, not in local time")
    return Meant(problem, plain)


def _listed(reasons: list[str]) -> str:
    return reasons[0] if len(reasons) == 1 else f"{', '.join(reasons[:-1])} and {reasons[-1]}"


def _in_utc(plain: str, zone: str) -> str:
    """*plain* of that zone in UTC; empty if there is no such time."""
    if zone.upper() == "Z":
        return plain
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    try:
        local = datetime.strptime(plain, "%Y-%m-%d %H:%M:%S")  # noqa: DTZ007  # moved by hand
        moved = local - offset if zone[0] == "+" else local + offset
    except (ValueError, OverflowError):
        return ""
    return moved.strftime("%Y-%m-%d %H:%M:%S") if moved.year >= _YEAR_MIN else ""


_YEAR_MIN: Final = 1000


def _is_day(text: str) -> bool:
    try:
        parse_date(text)
    except ValueError:
        return False
    return True
