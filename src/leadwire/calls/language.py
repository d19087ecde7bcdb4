r"""The language of a search: reads what a person typed, and points at what cannot be understood.

::

    query     = either
    either    = all ("OR" all)*
    all       = condition ("AND"? condition)*
    condition = ("NOT" | "-")* (group | term)
    group     = "(" either ")"
    term      = word | "\"" phrase "\"" | field ":" value | field (">=" | ">" | "<=" | "<") value
              | ("request" | "response") "." member ":" value

What people paste is text: JSON, a cURL line, a user agent, a phone number with brackets, the
query string of a URL, an address between ``<`` and ``>``.
"""

import re
from functools import lru_cache
from typing import Final, NamedTuple

from leadwire.calls import fields
from leadwire.calls.fields import ALIASES, ANYTHING, FIELDS, SIDES, proposal
from leadwire.calls.terms import EVERY_CALL, Condition, Text, both, either, not_, quoted
from leadwire.calls.text import forms
from leadwire.errors import LeadwireError

TERMS_MAX: Final = 64
"""A search has at most this many conditions."""
_GROUPS_MAX: Final = 64
"""Brackets within brackets."""


class SearchError(LeadwireError):
    """What cannot be understood; *position* counts characters from 0."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


@lru_cache(maxsize=256)
def parse_search(text: str) -> Condition:
    """The condition that *text* asks for. Raises SearchError, at the place of a mistake."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        # Half a surrogate pair: no stored text can contain it.
        raise SearchError("The text is not valid Unicode", error.start) from None
    stripped = text.strip()
    if not stripped:
        return EVERY_CALL
    start = text.index(stripped[0])
    if _is_pasted(stripped):
        return _text(stripped.rstrip(",;"), start)
    return _Parser(text).query()


def phrase(text: str) -> str:
    """The search for exactly *text*, whatever it holds; empty for no text."""
    return quoted(text) if text.strip() else ""


_JSON_START: Final = re.compile(r'[\[{]\s*["\[{\]}]')
_CURL: Final = re.compile(r"curl\s+\S")
_PHONE: Final = re.compile(r"\+?[0-9]*\s?\(\+?[0-9]{1,5}\)[\s0-9.\-/]*[0-9]")
_PRODUCT: Final = r"[A-Za-z][\w.+-]*/[\w.+-]+"
_COMMENT: Final = r"\((?![^()]*\b(?:AND|OR|NOT)\b)[^()]*\)"
_USER_AGENT: Final = re.compile(
    rf"{_PRODUCT}\s+{_COMMENT}(?:\s+(?:{_PRODUCT}|{_COMMENT}))*(?=\s|\)|$)", re.ASCII
)
_MEMBER_VALUE: Final = r'(?:"(?:[^"\\]|\\.)*+"|-?[0-9][0-9.eE+-]*|true|false|null)'
_JSON_MEMBER: Final = rf'"(?:[^"\\]|\\.)*+"\s*+:\s*+{_MEMBER_VALUE}'
_JSON_MEMBERS: Final = re.compile(
    rf"{_JSON_MEMBER}(?:\s*+,\s*+{_JSON_MEMBER})*+(?=[\s,;)]|$)", re.DOTALL
)
_QUOTES: Final = {'"': '"', "“": '”“"', "”": '”"', "„": '“”"', "«": "»", "»": "«"}
"""What begins a phrase, and what may end it. Editors and mails change straight quotes."""
_PHRASE: Final = re.compile(r'"((?:[^"\\]|\\.)*+)"', re.DOTALL)
_KEYWORD: Final = re.compile(r"(AND|OR|NOT)(?=[\s()]|$)")
_OTHER_OPERATOR: Final = re.compile(r"(&&?|\|\|?)(?=\s|$)|!(?=[\w(\"\s]|$)")
_SIGN: Final = re.compile(r"[<>]=?|!?==?")
_WRITE: Final = {"&": "AND", "&&": "AND", "|": "OR", "||": "OR", "!": "NOT"}
_NAMED: Final = re.compile(
    r"(@?[A-Za-z_]\w*)(?:\.([\w$-]+(?:\.[\w$-]+)*|\"[^\"]+\"))?(:|>=|<=|>|<|!=|==?)", re.ASCII
)
_REGEX: Final = re.compile(r"/(?:.*[\\^$|\[\]{}()+?*].*|[^/]*\.[^/]*)/")
_SHELL_OPERATOR: Final = re.compile(r"&&|\|\|")
_UNIT: Final = re.compile(r"\s+(?:ms|s|m|min)(?=[\s)]|$)", re.IGNORECASE)
_NUMBER_AT_END: Final = re.compile(r"[0-9]$")
_APOSTROPHES: Final = "'\u2018\u2019"
_STRAY_BEFORE: Final = f"<{_APOSTROPHES}{''.join(_QUOTES)}"
_STRAY_BEHIND: Final = f">,;{_APOSTROPHES}{''.join(_QUOTES)}"
_LOWER_CASE: Final = ("and", "or", "not")
_SHOWN_MAX: Final = 80
"""A message repeats at most this many characters of what was typed."""
_SIGNS: Final = (":", ">=", "<=", ">", "<")


def _is_pasted(text: str) -> bool:
    return (
        _JSON_START.match(text) is not None
        or _CURL.match(text) is not None
        or _PHONE.fullmatch(text) is not None
    )


class _Token(NamedTuple):
    """A word of the language: AND, OR, NOT, a bracket, or a condition."""

    kind: str
    start: int
    condition: Condition | None = None
    is_named: bool = False
    word: str = ""


class _Parser:
    """Reads one text, from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._open: list[int] = []
        self._terms = 0
        self._before: _Token | None = None
        self._token: _Token | None = None
        self._next()

    def query(self) -> Condition:
        found = self._either()
        if self._token is not None:
            raise SearchError(
                "There is no ( for this ). Put text with brackets in quotes", self._token.start
            )
        return found

    def _either(self) -> Condition:
        found = [self._all()]
        while self._takes("OR"):
            found.append(self._all())
        return either(*found)

    def _all(self) -> Condition:
        found = [self._one()]
        while self._token is not None and self._token.kind not in ("OR", ")"):
            self._takes("AND")
            found.append(self._one())
        return both(*found)

    def _one(self) -> Condition:
        negated = False
        while self._takes("NOT"):
            negated = not negated
        token = self._token
        if token is None or token.kind in ("AND", "OR", ")"):
            raise self._missing(token)
        found = self._group(token) if token.kind == "(" else self._leaf(token)
        return not_(found) if negated else found

    def _leaf(self, token: _Token) -> Condition:
        self._terms += 1
        if self._terms > TERMS_MAX:
            raise SearchError(f"A search has at most {TERMS_MAX} conditions", token.start)
        self._next()
        return token.condition or EVERY_CALL

    def _group(self, opening: _Token) -> Condition:
        if len(self._open) >= _GROUPS_MAX:
            raise SearchError(f"At most {_GROUPS_MAX} brackets may be open", opening.start)
        self._open.append(opening.start)
        self._next()
        found = self._either()
        if self._token is None:
            raise SearchError(
                "The bracket is not closed: end it with ), or put text with brackets in quotes",
                opening.start,
            )
        self._open.pop()
        self._next()
        return found

    def _missing(self, token: _Token | None) -> SearchError:
        before = self._before
        if before is not None and before.kind == "(" and token is not None and token.kind == ")":
            return SearchError("The brackets are empty", before.start)
        operator = before if before is not None and before.kind in ("AND", "OR", "NOT") else token
        if operator is None or operator.kind == ")":
            if operator is not None and not self._open:
                return SearchError(
                    "There is no ( for this ). Put text with brackets in quotes", operator.start
                )
            return SearchError("A condition is missing here", len(self._text))
        sides = "behind it" if operator.kind == "NOT" else "on both sides"
        return SearchError(
            f'{operator.kind} needs a condition {sides}. For the word write "{operator.kind}"',
            operator.start,
        )

    def _takes(self, kind: str) -> bool:
        if self._token is None or self._token.kind != kind:
            return False
        self._next()
        return True

    def _next(self) -> None:
        self._before = self._token
        while self._at < len(self._text) and self._text[self._at].isspace():
            self._at += 1
        self._token = self._read() if self._at < len(self._text) else None
        _refuse_lower_case(self._before, self._token)

    def _read(self) -> _Token:
        return self._operator(self._at) or self._pasted(self._at) or self._term(self._at)

    def _operator(self, start: int) -> _Token | None:
        """A bracket, AND, OR, NOT or a minus; raises SearchError for another language's."""
        text = self._text
        kind = ""
        if text[start] in "()":
            kind, self._at = text[start], start + 1
        elif keyword := _KEYWORD.match(text, start):
            kind, self._at = keyword[1], keyword.end()
        elif text[start] == "-" and text[start + 1 : start + 2].strip().strip("-"):
            kind, self._at = "NOT", start + 1
        elif other := _OTHER_OPERATOR.match(text, start):
            write = _WRITE[other[0]]
            raise SearchError(f'Write {write} for {other[0]}, or "{other[0]}" in quotes', start)
        self._refuse_spaced_sign(start)
        return _Token(kind, start) if kind else None

    def _pasted(self, start: int) -> _Token | None:
        """What is one text, though it holds blanks, brackets or quotes."""
        for look in (_USER_AGENT, _JSON_MEMBERS):
            if found := look.match(self._text, start):
                return self._condition(start, found.end(), _text(found[0], start))
        return None

    def _term(self, start: int) -> _Token:
        if self._text[start] in _QUOTES and (end := self._phrase_end(start)):
            return self._condition(start, end, _text(self._phrase(start, end), start))
        named = _NAMED.match(self._text, start)
        return self._named(named) if named else self._word(start)

    def _condition(self, start: int, end: int, found: Condition, *, named: bool = False) -> _Token:
        """A condition that ends at *end*, behind which a comma or a semicolon may stand."""
        while self._text[end : end + 1] in (",", ";"):
            end += 1
        following = self._text[end : end + 1]
        if following.strip(")") and not following.isspace():
            raise SearchError(
                'Leave a blank after the closing quote; for a quote in the text write \\"', end
            )
        self._at = end
        return _Token("term", start, found, named)

    def _refuse_spaced_sign(self, start: int) -> None:
        """``status >= 500`` looks like a condition, and would be three words."""
        name = self._before.word if self._before is not None else ""
        sign = _SIGN.match(self._text, start)
        if sign is not None and name.lower() in (*FIELDS, *ALIASES):
            write = sign[0] if sign[0] in (">", "<", ">=", "<=") else ":"
            raise SearchError(
                f'Write {name}{write}VALUE without blanks, or "{name}" in quotes', start
            )

    def _phrase_end(self, start: int) -> int:
        """Behind the quote that closes the one at *start*; 0 for a sign that begins no phrase."""
        opening = self._text[start]
        if opening == '"':
            found = _PHRASE.match(self._text, start)
            if found is None:
                raise SearchError('The quote is not closed: end it with "', start)
            return found.end()
        ends = [self._text.find(sign, start + 1) for sign in _QUOTES[opening]]
        return min((end for end in ends if end > start + 1), default=-1) + 1

    def _phrase(self, start: int, end: int) -> str:
        inside = self._text[start + 1 : end - 1]
        if not inside.strip():
            raise SearchError("The quotes are empty", start)
        return re.sub(r"\\([\"\\])", r"\1", inside) if self._text[start] == '"' else inside

    def _word_end(self, start: int) -> int:
        """The end of a word: at a blank, or at a bracket that closes none of the word's own."""
        depth = 0
        for place in range(start, len(self._text)):
            sign = self._text[place]
            if sign.isspace() or (sign == ")" and not depth):
                return place
            depth += (sign == "(") - (sign == ")")
        return len(self._text)

    def _word(self, start: int) -> _Token:
        end = self._word_end(start)
        word = self._text[start:end]
        if _REGEX.fullmatch(word) or _SHELL_OPERATOR.search(word):
            what = (
                "AND and OR stand between blanks" if word[0] != "/" else "A * stands for anything"
            )
            raise SearchError(f"{what}; for the text write {quoted(_short(word))}", start)
        self._at = end
        clean = word.lstrip(_STRAY_BEFORE).rstrip(_STRAY_BEHIND) or word
        return _Token("term", start, _starred(clean, start), word=word)

    def _named(self, named: re.Match[str]) -> _Token:
        start, name, inner, sign = named.start(), named[1].lower(), named[2] or "", named[3]
        word = self._text[start : self._word_end(start)]
        known = name in SIDES if inner else name in FIELDS or name in ALIASES
        if not known or (sign not in _SIGNS and "&" in word):
            if not known and sign == ":":
                _refuse_unknown(named, word)
            return self._word(start)
        if sign not in _SIGNS:
            raise SearchError(
                f"Write {'-' if sign == '!=' else ''}{_short(word.replace(sign, ':', 1))} for "
                f"the condition, or {quoted(_short(word))} for the text",
                start,
            )
        value, literal, end = self._value(named.end(), name)
        try:
            found = _condition_of(named, value, literal=literal)
        except ValueError as error:
            raise SearchError(str(error), start) from None
        return self._condition(start, end, found, named=True)

    def _value(self, start: int, field: str) -> tuple[str, bool, int]:
        """(value, whether it was in quotes, where it ends)."""
        if self._text[start : start + 1] in _QUOTES and (end := self._phrase_end(start)):
            return self._phrase(start, end), True, end
        end = self._word_end(start)
        value = self._text[start:end].rstrip(",;")
        if field == "duration" and _NUMBER_AT_END.search(value):
            unit = _UNIT.match(self._text, end)
            if unit:
                return value + unit[0].strip(), False, unit.end()
        return value, False, end


def _condition_of(named: re.Match[str], value: str, *, literal: bool) -> Condition:
    """The condition that *named*, a field or member with its sign, begins.

    Raises ValueError with a sentence.
    """
    name, inner, sign = named[1].lower(), named[2] or "", named[3]
    shown = _short(named[0][: -len(sign)])
    if not value:
        raise ValueError(f"{shown}: needs a value behind it, without a blank")
    if value[0] == "(" and not literal:
        raise ValueError(
            f"Name the field before each value, as ({shown}:a OR {shown}:b); "
            f"a value with brackets stands in quotes, as {shown}:{quoted(_short(value))}"
        )
    if sign != ":":
        if literal or not (inner or FIELDS[ALIASES.get(name, name)].compares):
            raise ValueError(f"{shown} has no order: write {shown}:{quoted(_short(value))}")
        value = sign + value
    if inner[:1] == '"':
        inner = inner[1:-1]
    elif "." in inner:
        last = inner.rpartition(".")[2]
        raise ValueError(f"Name a member without its parents, as {named[1]}.{last}:{value}")
    try:
        if inner:
            return fields.member(SIDES[name], inner, value, literal=literal)
        return fields.condition(name, value, literal=literal)
    except ValueError as error:
        raise ValueError(f"'{_short(value)}' is not a value of {shown}: {error}") from None


def _short(text: str) -> str:
    """The beginning of *text*, for a message."""
    return text if len(text) <= _SHOWN_MAX else f"{text[:_SHOWN_MAX]}…"


def _refuse_unknown(named: re.Match[str], word: str) -> None:
    """For a name before a colon that is not a field, unless it only looks like one."""
    name, inner = named[1], named[2]
    behind = _short(word[len(named[0]) :])
    if name.startswith("@"):
        proposed = f" Write request.{name[1:]}:{behind} or response.{name[1:]}:{behind}."
    elif inner:
        sides = proposal(name, (*SIDES, "req", "resp", "res", "body"))
        if not sides:
            return
        proposed = f" Write request.{inner}:{behind} or response.{inner}:{behind}."
    elif behind.startswith("//") or (len(name) == 1 and behind[:1] in ("\\", "/")):
        return  # a URL, or a path of Windows
    else:
        proposed = proposal(name.lower(), (*FIELDS, *ALIASES)) or (
            f" For a member of a body write request.{name}:{behind}."
        )
    raise SearchError(
        f"There is no field '{_short(named[0][:-1])}'.{proposed} "
        f"For the text write {quoted(_short(word))}",
        named.start(),
    )


def _refuse_lower_case(before: _Token | None, token: _Token | None) -> None:
    """``and`` beside a condition with a field looks like an operator, and would be a word."""
    if before is None or token is None:
        return
    for word, beside, bracket in ((token, before, ")"), (before, token, "(")):
        if word.word in _LOWER_CASE and (beside.is_named or beside.kind == bracket):
            raise SearchError(
                f'Write {word.word.upper()} in capitals, or "{word.word}" for the word', word.start
            )


def _text(value: str, start: int) -> Text:
    found = forms(value)
    if not found:
        raise SearchError("There is nothing to look for: the text is blank or invisible", start)
    return Text(value, found)


def _starred(word: str, start: int) -> Text:
    """Free text is found by any part, so that a star at an end changes nothing."""
    inside = word.strip(ANYTHING)
    if not inside:
        raise SearchError(
            'A * alone stands for every call: leave it out, or write "*" for the sign', start
        )
    if ANYTHING in inside:
        raise SearchError(
            f"A * in the middle of a word needs a field, as request:{_short(word)}; "
            f"for the sign itself write {quoted(_short(word))}",
            start,
        )
    return _text(inside, start)
