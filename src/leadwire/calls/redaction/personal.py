"""Replacing personal values by tokens, before a record is made of a call.

Two steps, each a walk over the texts of the call:

1. By position. A parameter, a member or a pair names a personal field: its value is replaced. This
   covers the query, forms, JSON at any depth, and JSON within a string.
2. By value. Each value from step 1 is replaced wherever else it stands in the call. So are e-mail
   addresses, which are known by their look.

A body that names a personal field and cannot be read is replaced whole: no value may slip through.
"""

import re
from typing import Final
from urllib.parse import unquote, unquote_plus

from leadwire.calls.redaction.escapes import Span, undone_text
from leadwire.calls.redaction.json_walk import SEARCH_BY_VALUE
from leadwire.calls.redaction.known_values import KnownValues
from leadwire.calls.redaction.names import normal_name
from leadwire.calls.redaction.parts import Parts
from leadwire.calls.redaction.rules import Edit
from leadwire.calls.redaction.tokens import EMAIL, PersonalFields, marker_of, phone_tail
from leadwire.calls.redaction.walk import Walk

UNREADABLE: Final = "‹redacted: holds personal values and could not be read›"  # noqa: RUF001

NAME_PARAMETERS: Final = ("leadidentifier", "searchby", "lookupname", "columnname", "schemaname")
"""URL parameters that name a field; a VALUE_PARAMETER beside them holds its value."""
VALUE_PARAMETERS: Final = frozenset(("value", "lookupvalue", "columnvalue", SEARCH_BY_VALUE))
"""Personal, unless a parameter beside them names a field that is not personal."""
ALWAYS_PERSONAL_PARAMETERS: Final = frozenset(("key",))
"""The text of a quick search: a name, an e-mail address or a phone number."""

_SQUEEZED_OUT: Final = str.maketrans("", "", "_- \t\r\n")
_INNER: Final = re.compile(r'=|"\s*+[\[{"]')
"""Where a form, or JSON in a string, may begin."""
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.){1,200})"')
_DIGITS: Final = re.compile(r"\+?\d[\d().\-/]{5,30}\d", re.ASCII)
_TOKENS_OF_UNREADABLE_MAX: Final = 64


class _ValuesOfCall:
    """The personal values that were found in one call, and their markers."""

    def __init__(self, fields: PersonalFields) -> None:
        self.fields = fields
        self.known = KnownValues()

    def marker(self, value: str) -> str:
        """What replaces *value*, which is looked for everywhere from now on."""
        marker = self.fields.tokens.marker(value)
        if not marker:
            return value  # nothing but blanks or quotes
        self.known.add(value)
        return marker

    def spans(self, text: str) -> list[Span]:
        """Where in *text* a value stands that is known, or that is an e-mail address."""
        spans = self.known.spans(text)
        if self.fields.with_emails and "@" in text:
            spans += (found.span() for found in EMAIL.finditer(text))
        return spans

    def unreadable(self, text: str) -> str:
        """What replaces all of *text*: a marker, and the tokens of what may be a value in it.

        The tokens let a search for the value still find the call.
        """
        plain = unquote(undone_text(text))
        found = [*EMAIL.findall(plain), *filter(phone_tail, _DIGITS.findall(plain))]
        found += [plain[start:stop] for start, stop in self.spans(plain)]
        found += (one for one in _STRING.findall(plain) if not self.fields.holds(one))
        token = self.fields.tokens.token
        tokens = dict.fromkeys(filter(None, map(token, found[:_TOKENS_OF_UNREADABLE_MAX])))
        return UNREADABLE + "".join(map(marker_of, tokens))


class _ByPosition:
    """Step 1, for a ``Walk``: replace what stands behind the name of a personal field."""

    replaces_leaves: Final = True
    header_lists: Final[frozenset[str]] = frozenset()
    too_deep: Final = UNREADABLE

    def __init__(self, values: _ValuesOfCall, *, searched_by_personal: bool) -> None:
        self._values = values
        self._fields = values.fields
        self._searched_by_personal = searched_by_personal
        self.is_query = False
        """Whether the text is the query string: only there have some parameters a meaning."""

    def holds(self, name: str) -> bool:
        return self._fields.holds(name) or (
            self._searched_by_personal and normal_name(name) == SEARCH_BY_VALUE
        )

    def holds_parameter(self, name: str) -> bool:
        if self._fields.holds(name.strip()):
            return True
        normal = normal_name(name)
        return self.is_query and (
            normal in ALWAYS_PERSONAL_PARAMETERS
            or (normal in VALUE_PARAMETERS and self._searched_by_personal)
        )

    def marker(self, value: str) -> str:
        return self._values.marker(value)

    def places(self, text: str) -> list[int]:
        # Most texts name no personal field. One quick look spares them the walk.
        if not self.is_query:
            squeezed = text.lower().translate(_SQUEEZED_OUT)
            if SEARCH_BY_VALUE not in squeezed and not self._fields.are_named_in(squeezed):
                return []
        return [0, *(found.start() for found in _INNER.finditer(text))]

    def unreadable(self, text: str) -> str:
        return self._values.unreadable(text)

    def looks(self, text: str) -> list[Edit]:
        del text  # by their look, values are found in step 2
        return []

    behind_names = looks


class _ByValue:
    """Step 2, for a ``Walk``: replace the known values wherever they stand."""

    replaces_leaves: Final = True
    header_lists: Final[frozenset[str]] = frozenset()
    too_deep: Final = UNREADABLE

    def __init__(self, values: _ValuesOfCall) -> None:
        self._values = values

    def holds(self, name: str) -> bool:
        del name  # a name says nothing here
        return False

    holds_parameter = holds

    def marker(self, value: str) -> str:
        return value

    def places(self, text: str) -> list[int]:
        return sorted(start for start, _ in self._values.spans(text))

    def unreadable(self, text: str) -> str:
        del text  # a known value is found in any text, so none is replaced whole
        return ""

    def looks(self, text: str) -> list[Edit]:
        marker = self._values.fields.tokens.marker
        return [Edit(*span, marker(text[slice(*span)])) for span in self._values.spans(text)]

    def behind_names(self, text: str) -> list[Edit]:
        del text
        return []


def redact_personal(parts: Parts, fields: PersonalFields) -> tuple[Parts, int]:
    """*parts* with markers in place of personal values, and how many there are."""
    values = _ValuesOfCall(fields)
    query = _as_utf8(parts.query_string)
    rules = _ByPosition(values, searched_by_personal=_is_searched_by_personal(query, fields))
    step_1 = Walk(rules)
    # Step 1 comes first for every part: what it finds in one may be quoted in any other.
    rules.is_query = True
    placed = step_1.form(query) if query else ""
    rules.is_query = False
    request, response = step_1.text(parts.request_body), step_1.text(parts.response_body)

    step_2 = Walk(_ByValue(values))
    found = step_2.form(placed)
    redacted = Parts(
        path=step_2.text(parts.path),
        # Without a value the query keeps its bytes, which the record has as Latin-1.
        query_string=parts.query_string if found == query else found,
        content_type=step_2.text(parts.content_type),
        user_agent=step_2.text(parts.user_agent),
        exception_message=step_2.text(parts.exception_message),
        exception_location=step_2.text(parts.exception_location),
        exception_fix=step_2.text(parts.exception_fix),
        traceback=step_2.text(parts.traceback),
        request_body=step_2.text(request),
        response_body=step_2.text(response),
        request_headers=step_2.text(parts.request_headers),
        response_headers=step_2.text(parts.response_headers),
    )
    return redacted, step_1.count + step_2.count


def _is_searched_by_personal(query: str, fields: PersonalFields) -> bool:
    """Whether a parameter like ``value`` in *query* holds the value of a personal field.

    It does when a parameter beside it names such a field, and also when nothing is named.
    """
    pairs = [tuple(map(unquote_plus, pair.split("=", 1))) for pair in query.split("&")]
    named = {normal_name(name): value[0] for name, *value in pairs if value}
    wanted = [named[name] for name in NAME_PARAMETERS if name in named]
    return not wanted or any(map(fields.holds, wanted))


def _as_utf8(query_string: str) -> str:
    """A query string read as UTF-8; it arrives as Latin-1, a character for each byte."""
    try:
        return query_string.encode("latin-1").decode()
    except UnicodeError:
        return query_string
