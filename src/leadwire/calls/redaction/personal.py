"""Putting tokens in the place of personal values, before a record is made of a call.

Two nets. By position: a parameter, member or pair that names a personal field, in the query, in
forms, in JSON at any depth and in JSON within a string. By value: what was found by position is
looked for in every text of the call, whatever it stands beside; so are e-mail addresses by their
look. A body that names a personal field and cannot be read is replaced whole: it fails closed.
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
"""URL parameters that name the field whose value VALUE_PARAMETERS hold."""
VALUE_PARAMETERS: Final = frozenset(("value", "lookupvalue", "columnvalue", SEARCH_BY_VALUE))
"""Personal unless a parameter beside them names a field that is not."""
ALWAYS_PERSONAL_PARAMETERS: Final = frozenset(("key",))
"""What a quick search looks for: a name, an address or a number."""

_SQUEEZED_OUT: Final = str.maketrans("", "", "_- \t\r\n")
_INNER: Final = re.compile(r'=|"\s*+[\[{"]')
"""Where a string may hold a form, or JSON, of its own."""
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.){1,200})"')
_DIGITS: Final = re.compile(r"\+?\d[\d().\-/]{5,30}\d", re.ASCII)
_TOKENS_OF_UNREADABLE_MAX: Final = 64


class _Replaced:
    """The values of one call that tokens stand for."""

    def __init__(self, fields: PersonalFields) -> None:
        self.fields = fields
        self.known = KnownValues()

    def marker(self, value: str) -> str:
        marker = self.fields.tokens.marker(value)
        if not marker:
            return value
        self.known.add(value)
        return marker

    def spans(self, text: str) -> list[Span]:
        spans = self.known.spans(text)
        if self.fields.with_emails and "@" in text:
            spans += (found.span() for found in EMAIL.finditer(text))
        return spans

    def unreadable(self, text: str) -> str:
        """In the place of all of *text*, with the tokens of what in it may be a value.

        So the call is found all the same.
        """
        plain = unquote(undone_text(text))
        found = [*EMAIL.findall(plain), *filter(phone_tail, _DIGITS.findall(plain))]
        found += [plain[start:stop] for start, stop in self.spans(plain)]
        found += (one for one in _STRING.findall(plain) if not self.fields.holds(one))
        token = self.fields.tokens.token
        tokens = dict.fromkeys(filter(None, map(token, found[:_TOKENS_OF_UNREADABLE_MAX])))
        return UNREADABLE + "".join(map(marker_of, tokens))


class _ByPosition:
    """The rules of the first net."""

    replaces_leaves: Final = True
    header_lists: Final[frozenset[str]] = frozenset()
    too_deep: Final = UNREADABLE

    def __init__(self, replaced: _Replaced) -> None:
        self._replaced = replaced
        self._fields = replaced.fields
        self.is_query = False
        self.searched_by_personal = True

    def holds(self, name: str) -> bool:
        return self._fields.holds(name) or (
            self.searched_by_personal and normal_name(name) == SEARCH_BY_VALUE
        )

    def holds_parameter(self, name: str) -> bool:
        if self._fields.holds(name.strip()):
            return True
        normal = normal_name(name)
        return self.is_query and (
            normal in ALWAYS_PERSONAL_PARAMETERS
            or (normal in VALUE_PARAMETERS and self.searched_by_personal)
        )

    def marker(self, value: str) -> str:
        return self._replaced.marker(value)

    def places(self, text: str) -> list[int]:
        if not self.is_query:
            squeezed = text.lower().translate(_SQUEEZED_OUT)
            if SEARCH_BY_VALUE not in squeezed and not self._fields.are_named_in(squeezed):
                return []
        return [0, *(found.start() for found in _INNER.finditer(text))]

    def unreadable(self, text: str) -> str:
        return self._replaced.unreadable(text)

    def looks(self, text: str) -> list[Edit]:
        del text
        return []

    behind_names = looks


class _ByValue:
    """The rules of the second net."""

    replaces_leaves: Final = True
    header_lists: Final[frozenset[str]] = frozenset()
    too_deep: Final = UNREADABLE

    def __init__(self, replaced: _Replaced) -> None:
        self._replaced = replaced

    def holds(self, name: str) -> bool:
        del name
        return False

    holds_parameter = holds

    def marker(self, value: str) -> str:
        return value

    def places(self, text: str) -> list[int]:
        return sorted(start for start, _ in self._replaced.spans(text))

    def unreadable(self, text: str) -> str:
        del text
        return ""

    def looks(self, text: str) -> list[Edit]:
        marker = self._replaced.fields.tokens.marker
        return [Edit(*span, marker(text[slice(*span)])) for span in self._replaced.spans(text)]

    def behind_names(self, text: str) -> list[Edit]:
        del text
        return []


def redact_personal(parts: Parts, fields: PersonalFields) -> tuple[Parts, int]:
    """*parts* with markers in the place of personal values, and how many there are."""
    replaced = _Replaced(fields)
    rules = _ByPosition(replaced)
    positions = Walk(rules)
    # First every position, since what stands in one may be quoted anywhere.
    query = _as_utf8(parts.query_string)
    rules.searched_by_personal = _is_searched_by_personal(query, fields)
    rules.is_query = True
    placed = positions.form(query) if query else ""
    rules.is_query = False
    request, response = positions.text(parts.request_body), positions.text(parts.response_body)
    values = Walk(_ByValue(replaced))
    found = values.form(placed)
    redacted = Parts(
        path=values.text(parts.path),
        query_string=parts.query_string if found == query else found,
        content_type=values.text(parts.content_type),
        user_agent=values.text(parts.user_agent),
        exception_message=values.text(parts.exception_message),
        traceback=values.text(parts.traceback),
        request_body=values.text(request),
        response_body=values.text(response),
        request_headers=values.text(parts.request_headers),
        response_headers=values.text(parts.response_headers),
    )
    return redacted, positions.count + values.count


def _is_searched_by_personal(query: str, fields: PersonalFields) -> bool:
    """Whether what generic parameters of *query* hold is the value of a personal field."""
    pairs = [tuple(map(unquote_plus, pair.split("=", 1))) for pair in query.split("&")]
    named = {normal_name(name): value[0] for name, *value in pairs if value}
    wanted = [named[name] for name in NAME_PARAMETERS if name in named]
    return not wanted or any(map(fields.holds, wanted))


def _as_utf8(query_string: str) -> str:
    """The text of a query string whose bytes were taken for Latin-1."""
    try:
        return query_string.encode("latin-1").decode()
    except UnicodeError:
        return query_string
