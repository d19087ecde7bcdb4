"""Putting tokens in the place of personal values, before a record is made of a call.

Two nets. By position: a parameter, member or pair that names a personal field, in the query, in
forms, in JSON at any depth and in JSON within a string. By value: what was found by position is
looked for in every text of the call, whatever it stands beside; so are e-mail addresses by their
look. Text that names a personal field and cannot be read is replaced whole: it fails closed.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote_plus, unquote, unquote_plus

import msgspec

from leadwire.calls.draft import Answer, Draft
from leadwire.calls.known_values import KnownValues, Span
from leadwire.calls.personal import EMAIL, PersonalFields, marker_of, phone_tail
from leadwire.calls.record import CallRecord
from leadwire.calls.redact import (
    DEPTH_MAX,
    FORM,
    UNDONE_TIMES_MAX,
    has_escapes,
    normal_name,
    repeats_a_name,
    unescape,
)

UNREADABLE_PERSONAL: Final = "‹redacted: holds personal values and could not be read›"  # noqa: RUF001

NAME_MEMBERS: Final = frozenset(
    ("attribute", "schemaname", "key", "name", "lookupname", "lso", "columnname", "fieldname")
)
"""Members that name the field which VALUE_MEMBERS beside them are of."""
VALUE_MEMBERS: Final = frozenset(
    ("value", "oldvalue", "newvalue", "displayvalue", "defaultvalue", "lookupvalue", "rso",
     "columnvalue", "searchbyvalue")
)  # fmt: skip
NAME_PARAMETERS: Final = ("leadidentifier", "searchby", "lookupname", "columnname", "schemaname")
"""URL parameters that name the field which VALUE_PARAMETERS are of."""
VALUE_PARAMETERS: Final = frozenset(("value", "lookupvalue", "columnvalue", "searchbyvalue"))
"""Personal unless a parameter beside them names a field that is not."""
ALWAYS_PERSONAL_PARAMETERS: Final = frozenset(("key",))
"""What a quick search looks for: a name, an address or a number."""

_SEARCH_BY_VALUE: Final = "searchbyvalue"
_HINTS: Final = (b"\\", b"%", b"\0", _SEARCH_BY_VALUE.encode())
_SQUEEZED_OUT: Final = b"_- \t\r\n"
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.){1,200})"')
_DIGITS: Final = re.compile(r"\+?\d[\d().\-/]{5,30}\d", re.ASCII)
_TOKENS_OF_UNREADABLE_MAX: Final = 64
_DEPTH_OF_A_FORM: Final = 8
"""A form within a form counts as so many levels: each is read anew."""

_normal = lru_cache(maxsize=4_096)(normal_name)


def close_call(
    draft: Draft,
    answer: Answer,
    fields: PersonalFields | None,
    *,
    ended_ns: int,
    body_bytes_max: int,
) -> CallRecord:
    """The record of a call, as ``Draft.close`` makes it, without the values of *fields*."""
    if fields is None:
        return draft.close(answer, ended_ns=ended_ns, body_bytes_max=body_bytes_max)
    redaction = PersonalRedaction(fields)
    redacted_draft, redacted_answer = redaction.redact(draft, answer)
    record = redacted_draft.close(redacted_answer, ended_ns=ended_ns, body_bytes_max=body_bytes_max)
    return msgspec.structs.replace(
        record,
        response_body_bytes=len(answer.body),
        redacted=record.redacted + redaction.count,
    )


class PersonalRedaction:
    """Redacts one call, and counts what it replaced."""

    def __init__(self, fields: PersonalFields) -> None:
        self.count = 0
        self._fields = fields
        self._known = KnownValues()
        self._searched_by_personal = True

    def redact(self, draft: Draft, answer: Answer) -> tuple[Draft, Answer]:
        """Both with markers in the place of personal values; what is given is not changed."""
        # First every position, since what stands in one may be quoted anywhere.
        query = self._placed_query(draft.query_string)
        request, response = self._placed_body(draft.body), self._placed_body(answer.body)
        redacted = replace(
            draft,
            path=self._values(draft.path),
            query_string=self._value_pairs(query),
            content_type=self._values(draft.content_type),
            body=self._values(request).encode(),
            user_agent=self._values(draft.user_agent),
            traceback=self._values(draft.traceback),
        )
        return redacted, answer._replace(
            body=self._values(response).encode(),
            exception_message=self._values(answer.exception_message),
        )

    def _placed_query(self, query_string: str) -> str:
        if not query_string:
            return ""
        text = _as_utf8(query_string)
        pairs = [tuple(map(unquote_plus, pair.split("=", 1))) for pair in text.split("&")]
        named = {normal_name(name): value[0] for name, *value in pairs if value}
        fields = [named[name] for name in NAME_PARAMETERS if name in named]
        self._searched_by_personal = not fields or any(map(self._fields.holds, fields))
        before = self.count
        placed = self._placed_pairs(text, self._is_personal_parameter, 0)
        return query_string if self.count == before else placed

    def _is_personal_parameter(self, name: str) -> bool:
        normal = _normal(name)
        return (
            normal in ALWAYS_PERSONAL_PARAMETERS
            or (normal in VALUE_PARAMETERS and self._searched_by_personal)
            or self._fields.holds(name)
        )

    def _placed_body(self, body: bytes) -> str:
        text = body.decode("utf-8", "backslashreplace")
        squeezed = body.lower().translate(None, _SQUEEZED_OUT)
        if not any(hint in squeezed for hint in (*self._fields.hints, *_HINTS)):
            return text
        try:
            tree = msgspec.json.decode(body.removeprefix(b"\xef\xbb\xbf"))
        except (ValueError, RecursionError, msgspec.DecodeError):
            return self._placed_unparsable(text, body)
        return self._placed_json(text, tree, 0)

    def _placed_json(self, text: str, tree: Any, depth: int) -> str:  # noqa: ANN401  # any JSON
        before = self.count
        placed = self._placed(tree, depth)
        if self.count == before:
            if not (self._names_a_field(text) and repeats_a_name(text)):
                return text
            self.count += 1  # of a name that is repeated only the last value is in the tree
        return msgspec.json.encode(placed).decode()

    def _placed_unparsable(self, text: str, body: bytes) -> str:
        if FORM.fullmatch(text.strip()):
            return self._placed_pairs(text, self._fields.holds, 0)
        # NULs hide a name (UTF-16).
        plain = body.replace(b"\0", b"").decode("utf-8", "ignore") if b"\0" in body else text
        return self._unreadable(plain) if self._names_a_field(plain) else text

    def _placed_pairs(self, text: str, is_personal: Callable[[str], bool], depth: int) -> str:
        pairs = text.split("&")
        for i, pair in enumerate(pairs):
            name, equals, value = pair.partition("=")
            if not value:
                continue
            plain = unquote_plus(value)
            placed = (
                self._marked(plain)
                if is_personal(unquote_plus(name).strip())
                else self._placed_string(plain, depth)
            )
            if placed != plain:
                pairs[i] = f"{name}{equals}{quote_plus(placed)}"
        return "&".join(pairs)

    def _placed(self, node: Any, depth: int, *, is_personal: bool = False) -> Any:  # noqa: ANN401
        """*node* with the values of personal fields replaced by their position.

        *is_personal*: every pair in it belongs to a custom field set that is personal.
        """
        if isinstance(node, str):
            return self._placed_string(node, depth)
        if depth > DEPTH_MAX:
            self.count += 1
            return UNREADABLE_PERSONAL
        if isinstance(node, dict):
            return self._placed_object(node, depth, is_personal=is_personal)
        if isinstance(node, list):
            return [self._placed(item, depth + 1, is_personal=is_personal) for item in node]
        return node

    def _placed_object(
        self, node: dict[str, Any], depth: int, *, is_personal: bool
    ) -> dict[str, Any]:
        holds = self._fields.holds
        names = {name: _normal(name) for name in node}
        is_personal = is_personal or any(
            normal in NAME_MEMBERS and holds(node[name]) for name, normal in names.items()
        )
        placed = {}
        for name, normal in names.items():
            value = node[name]
            if (
                holds(name)
                or (is_personal and normal in VALUE_MEMBERS)
                or (normal == _SEARCH_BY_VALUE and self._searched_by_personal)
            ):
                placed[name] = self._marked_leaves(value, depth + 1)
            else:
                of_set = is_personal and normal == "fields"
                placed[name] = self._placed(value, depth + 1, is_personal=of_set)
        return placed

    def _placed_string(self, text: str, depth: int) -> str:
        """A string may hold JSON, or a form, of its own."""
        is_json = text.lstrip()[:1] in ("{", "[", '"')
        if not (is_json or "=" in text) or not self._names_a_field(text):
            return text
        if depth > DEPTH_MAX:
            return self._unreadable(text)
        if is_json:
            try:
                tree = msgspec.json.decode(text)
            except (ValueError, RecursionError, msgspec.DecodeError):
                return self._unreadable(text)
            return self._placed_json(text, tree, depth + 1)
        return self._placed_pairs(text, self._fields.holds, depth + _DEPTH_OF_A_FORM)

    def _names_a_field(self, text: str) -> bool:
        plain = normal_name(unescape(unquote(text)) if has_escapes(text) else text)
        return any(hint.decode() in plain for hint in self._fields.hints)

    def _marked_leaves(self, value: Any, depth: int) -> Any:  # noqa: ANN401  # any JSON
        """*value* with every text and number in it replaced; null, true and false stay."""
        if depth > DEPTH_MAX:
            self.count += 1
            return UNREADABLE_PERSONAL
        if isinstance(value, dict):
            return {name: self._marked_leaves(one, depth + 1) for name, one in value.items()}
        if isinstance(value, list):
            return [self._marked_leaves(one, depth + 1) for one in value]
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, str):
            return self._marked(value)
        return self._marked(msgspec.json.encode(value).decode())

    def _marked(self, value: str) -> str:
        marker = self._fields.tokens.marker(value)
        if not marker:
            return value
        self.count += 1
        self._known.add(value)
        return marker

    def _values(self, text: str, depth: int = 0) -> str:
        """*text* with known values and e-mail addresses replaced wherever they stand."""
        spans = self._spans(text)
        hidden = has_escapes(text) and self._hides_a_value(text)
        if not spans and not hidden:
            return text
        if depth > DEPTH_MAX:
            return self._unreadable(text)
        if text.lstrip("\ufeff \t\r\n")[:1] in ("{", "[", '"'):
            with suppress(ValueError, RecursionError, msgspec.DecodeError):
                return self._value_json(text, msgspec.json.decode(text.lstrip("\ufeff")), depth)
        if FORM.fullmatch(text):
            return self._value_pairs(text, depth + _DEPTH_OF_A_FORM)
        return self._unreadable(text) if hidden else self._marked_spans(text, spans)

    def _value_json(self, text: str, tree: Any, depth: int) -> str:  # noqa: ANN401  # any JSON
        before = self.count
        clean = self._value_tree(tree, depth + 1)
        if self.count > before:
            return msgspec.json.encode(clean).decode()
        # It stands in the text and in no part of it: across two of them, or in one that a
        # repeated name hides.
        return self._unreadable(text)

    def _value_tree(self, node: Any, depth: int) -> Any:  # noqa: ANN401  # any JSON
        if depth > DEPTH_MAX:
            self.count += 1
            return UNREADABLE_PERSONAL
        if isinstance(node, dict):
            return {
                self._values(name, depth): self._value_tree(value, depth + 1)
                for name, value in node.items()
            }
        if isinstance(node, list):
            return [self._value_tree(item, depth + 1) for item in node]
        if isinstance(node, str):
            return self._values(node, depth)
        if isinstance(node, int | float) and not isinstance(node, bool):
            text = msgspec.json.encode(node).decode()
            return self._marked_spans(text, spans) if (spans := self._spans(text)) else node
        return node

    def _value_pairs(self, text: str, depth: int = 0) -> str:
        if not text or not (self._spans(text) or self._hides_a_value(text)):
            return text
        pairs = text.split("&")
        for i, pair in enumerate(pairs):
            parts = pair.split("=", 1)
            for j, part in enumerate(parts):
                plain = unquote_plus(part)
                if (clean := self._values(plain, depth)) != plain:
                    parts[j] = quote_plus(clean)
            pairs[i] = "=".join(parts)
        return "&".join(pairs)

    def _spans(self, text: str) -> list[Span]:
        spans = self._known.spans(text)
        if self._fields.with_emails and "@" in text:
            spans += (found.span() for found in EMAIL.finditer(text))
        # The longest first of those that begin together.
        return sorted(spans, key=lambda span: (span[0], -span[1]))

    def _marked_spans(self, text: str, spans: list[Span]) -> str:
        """Spans that overlap become one place; one that lies within another has no marker."""
        parts: list[str] = []
        end = 0
        for start, stop in spans:
            if stop <= end:
                continue
            if start > end:
                parts.append(text[end:start])
            parts.append(self._fields.tokens.marker(text[start:stop]))
            end = stop
            self.count += 1
        return "".join((*parts, text[end:]))

    def _hides_a_value(self, text: str) -> bool:
        """Whether a value can be read once escapes are undone, as often as they are nested."""
        for _ in range(UNDONE_TIMES_MAX):
            undone = unquote(unescape(text.replace("\0", "")))
            if undone == text:
                return False
            if self._spans(undone):
                return True
            text = undone
        return False

    def _unreadable(self, text: str) -> str:
        """In the place of all of *text*: with the tokens of what in it may be a value, so that
        the call is found all the same.
        """  # noqa: D205  # one sentence
        self.count += 1
        plain = unquote(unescape(text.replace("\0", "")))
        found = [*EMAIL.findall(plain), *filter(phone_tail, _DIGITS.findall(plain))]
        found += [plain[start:stop] for start, stop in self._spans(plain)]
        found += (one for one in _STRING.findall(plain) if not self._fields.holds(one))
        token = self._fields.tokens.token
        tokens = dict.fromkeys(filter(None, map(token, found[:_TOKENS_OF_UNREADABLE_MAX])))
        return UNREADABLE_PERSONAL + "".join(map(marker_of, tokens))


def _as_utf8(query_string: str) -> str:
    """The text of a query string whose bytes were taken for Latin-1."""
    try:
        return query_string.encode("latin-1").decode()
    except UnicodeError:
        return query_string
