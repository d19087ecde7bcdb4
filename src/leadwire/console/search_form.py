"""The search form: what was typed becomes the one address of its list.

Browsers send the whole form: the conditions so far, what was typed, and the button. The answer is a
redirect to the list's address, which has neither. Dates are read in the reader's time zone and
written in UTC, so that an address means the same for everybody.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import Final, NamedTuple

from leadwire.calls.instants import instant, instants_of, is_relative, last_instant
from leadwire.calls.language import SearchError, parse_search
from leadwire.calls.query import QueryError, condition_of
from leadwire.calls.terms import And, Condition, Last, Not, Or, Text, both, leaves, terms_of
from leadwire.console.filters import DEFAULT_RANGE, Filters, filters_from_parameters, last_phrase
from leadwire.console.moments import shortest, span_between

SENT: Final = "sent"
"""The parameter that marks an address as a form that was sent."""
_PILL_CHARS_MAX: Final = 60


class Pill(NamedTuple):
    """One condition of a search. *drop* is what its button sends to remove it."""

    label: str
    value: str
    drop: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the form shows. *pills* are its conditions so far; *text* is in its text field.

    *errors* has a sentence by field: ``q``, ``from``, ``to`` or ``last``. *mend* is a corrected
    text, or empty.
    """

    has: str
    text: str
    pills: tuple[Pill, ...]
    from_text: str
    to_text: str
    range_name: str
    errors: Mapping[str, str]
    mend: str = ""


def sent_form(
    filters: Filters, parameters: Mapping[str, str], *, now_ms: int, zone: tzinfo
) -> tuple[Filters, dict[str, str]]:
    """The filters that a sent form asks for, and a sentence for each field that is invalid.

    Invalid fields are left out of the filters.
    """
    errors: dict[str, str] = {}
    values = dict(filters.values)
    dropped = parameters.get("drop", "")
    values.pop(dropped, None)
    values["q"] = _search(parameters, dropped, errors)
    if parameters.get("range"):
        values |= {"last": parameters["range"], "from": "", "to": ""}
    elif values.get("from") or values.get("to"):
        values["last"] = ""
    for name in ("from", "to"):
        if values.get(name):
            values[name] = _date(name, values[name], now_ms, zone, errors)
    return filters_from_parameters(filters.path, {**values, "limit": filters.limit}), errors


def form_of(  # noqa: PLR0913  # each is a part of the form
    filters: Filters,
    *,
    text: str,
    errors: Mapping[str, str],
    dates: Mapping[str, str],
    names: Mapping[str, str],
    now_ms: int,
    zone: tzinfo,
) -> Form:
    """*text* and *dates* hold what was typed and could not be read.

    *names* has the names of users and keys, by their ids.
    """
    has = filters.value("q")
    return Form(
        has=has,
        text=text,
        pills=tuple(_pills(filters, names)),
        from_text=dates.get("from") or _shown_date(filters.value("from"), now_ms, zone),
        to_text=dates.get("to") or _shown_date(filters.value("to"), now_ms, zone),
        range_name=range_name(filters, now_ms=now_ms, zone=zone),
        errors=errors,
        mend=_mended(text) if "q" in errors else "",
    )


def range_name(filters: Filters, *, now_ms: int, zone: tzinfo) -> str:
    """``Last 24 hours``, ``26 Nov 09:00 to 10:30``, ``Since now-2h``."""
    first, last = filters.value("from"), filters.value("to")
    if not filters.has_range and _names_a_span(filters.value("q")):
        return "As searched"
    if not (first or last):
        return last_phrase(filters.value("last") or DEFAULT_RANGE)
    try:
        start = instants_of(first, now_ms)[0] if first else None
        end = instants_of(last, now_ms)[-1] + 1 if last else None
    except ValueError:
        return "Range"
    if start is None and end is not None:
        return f"Until {shortest(end - 1, zone)[:16]}"
    if start is not None and end is None:
        return f"Since {first if is_relative(first) else shortest(start, zone)[:16]}"
    assert start is not None and end is not None  # noqa: S101, PT018  # one of them is given
    return span_between(start, end, zone)


def _names_a_span(text: str) -> bool:
    try:
        return any(isinstance(leaf, Last) for leaf in leaves(parse_search(text)))
    except SearchError:
        return False


def _search(parameters: Mapping[str, str], dropped: str, errors: dict[str, str]) -> str:
    has, typed = parameters.get("has", "").strip(), parameters.get("q", "").strip()
    try:
        terms = terms_of(parse_search(has))
    except SearchError:
        # The form wrote these conditions; somebody changed the address.
        return has
    kept = [term for number, term in enumerate(terms) if str(number) != dropped]
    try:
        condition_of(typed)
        return str(both(*kept, parse_search(typed))) if typed else str(both(*kept))
    except QueryError as error:
        errors["q"] = str(error)
        return str(both(*kept))


def _date(name: str, text: str, now_ms: int, zone: tzinfo, errors: dict[str, str]) -> str:
    """The date in UTC; what moves with the time stays. Empty, with an error, if invalid."""
    try:
        found = instants_of(text, now_ms, zone)
    except ValueError as error:
        errors.setdefault(name, str(error))
        return ""
    if is_relative(text):
        return text
    return instant(found[0]) if name == "from" else last_instant(found[-1] + 1)


def _shown_date(text: str, now_ms: int, zone: tzinfo) -> str:
    if not text or is_relative(text):
        return text
    try:
        return shortest(instants_of(text, now_ms)[0], zone)
    except ValueError:
        return text


def _pills(filters: Filters, names: Mapping[str, str]) -> list[Pill]:
    pills = [Pill(*_parted(written), drop=name) for name, written in filters.conditions().items()]
    try:
        terms = terms_of(parse_search(filters.value("q")))
    except SearchError:
        return pills
    for number, term in enumerate(terms):
        label, value = _label(term)
        pills.append(Pill(label, _short(names.get(value, value)), drop=str(number)))
    return pills


def _label(term: Condition) -> tuple[str, str]:
    if isinstance(term, Not):
        label, value = _label(term.term)
        return f"-{label}", value
    if isinstance(term, And | Or | Text):
        return "", term.value if isinstance(term, Text) else str(term)
    return _parted(str(term))


def _parted(written: str) -> tuple[str, str]:
    label, colon, value = written.partition(":")
    return label + colon, value.removeprefix('"').removesuffix('"')


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _PILL_CHARS_MAX else f"{line[:_PILL_CHARS_MAX]}…"


def _mended(text: str) -> str:
    """*text* with its missing quote or bracket; else searched as it stands; empty if neither."""
    open_brackets = text.count("(") - text.count(")")
    tries = [f'{text}"', text + ")" * max(open_brackets, 0), '"' + text.replace('"', "") + '"']
    for mended in tries:
        try:
            parse_search(mended)
        except SearchError:
            continue
        return mended
    return ""
