"""What a search finds, in plain Python, written from ``docs/search.md`` alone.

Nothing of the product's text, language or conditions is used, and nothing is done for speed: the
tests ask every reader for what this says. Questions are small tuples:

``("all", …)`` ``("any", …)`` ``("not", question)``
``("text", text)``
``("part", field, value, is_quoted)`` ``("whole", field, value, is_quoted)``
``("number", field, sign, number)``
``("status", word)``
``("has", field)``
``("member", side, name, sign, value)``, where the sign is empty for text
"""

import operator
import unicodedata
from functools import lru_cache

from leadwire.calls.record import CallRecord

Question = tuple

SEARCHED = (
    "request_body", "response_body", "exception_message", "exception_type", "operation",
    "client_address", "user_agent", "user_id", "key_id", "trace_id", "call_id",
)  # fmt: skip
FIELDS = {
    "operation": "operation", "type": "api_type", "exception": "exception_type",
    "method": "method", "path": "path", "query": "query_string", "user": "user_id",
    "key": "key_id", "id": "call_id", "address": "client_address", "agent": "user_agent",
    "request": "request_body", "response": "response_body", "content": "request_content_type",
    "trace": "trace_id", "status": "status_code", "duration": "duration_ms",
    "sent": "request_body_bytes", "answered": "response_body_bytes", "sequence": "sequence",
}  # fmt: skip
SIGNS = {">": operator.gt, "<": operator.lt, ">=": operator.ge, "<=": operator.le}
INVISIBLE = (
    (0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x115F, 0x1160), (0x17B4, 0x17B5),
    (0x180B, 0x180F), (0x200B, 0x200F), (0x202A, 0x202E), (0x2060, 0x206F), (0x3164, 0x3164),
    (0xFE00, 0xFE0F), (0xFEFF, 0xFEFF), (0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8),
    (0x1BCA0, 0x1BCA3), (0x1D173, 0x1D17A), (0xE0000, 0xE0FFF),
)  # fmt: skip
"""Unicode's Default_Ignorable_Code_Point."""
HEX = set("0123456789abcdefABCDEF")


@lru_cache(maxsize=20_000)
def as_sent(text: str) -> str:
    return "".join(sign.lower() if "A" <= sign <= "Z" else sign for sign in text)


@lru_cache(maxsize=20_000)
def as_read(text: str, plus_from: int | None = None) -> str:
    if plus_from is not None:
        text = text[:plus_from] + text[plus_from:].replace("+", " ")
    for _ in range(4):
        text = _without_backslashes(_without_percent(text))
    return "".join(" " if _is_control(sign) else sign for sign in _casefolded(text))


def _is_control(sign: str) -> bool:
    return unicodedata.category(sign) == "Cc" or sign in "\u2028\u2029"


def _without_percent(text: str) -> str:
    read, place = "", 0
    while place < len(text):
        sent = b""
        while text[place] == "%" and len(hexes := text[place + 1 : place + 3]) == 2:
            if not set(hexes) <= HEX:
                break
            sent += bytes([int(hexes, 16)])
            place += 3
            if place == len(text):
                break
        read += sent.decode("utf-8", "backslashreplace")
        if not sent:
            read += text[place]
            place += 1
    return read


def _without_backslashes(text: str) -> str:
    read, place = "", 0
    while place < len(text):
        if text[place] != "\\":
            read += text[place]
            place += 1
            continue
        while text[place : place + 1] == "\\":
            place += 1
        sign = text[place : place + 1]
        if sign and sign in '"/':
            read, place = read + sign, place + 1
        elif sign and sign in "bfnrt":
            read, place = read + " ", place + 1
        elif (number := _number_at(text, place)) is None:
            read += "\\"
        elif not 0xD800 <= number <= 0xDFFF:
            read, place = read + chr(number), place + 5
        else:
            behind = place + 5
            while text[behind : behind + 1] == "\\":
                behind += 1
            low = _number_at(text, behind) if behind > place + 5 else None
            if number <= 0xDBFF and low is not None and 0xDC00 <= low <= 0xDFFF:
                read += chr(0x10000 + (number - 0xD800) * 0x400 + low - 0xDC00)
                place = behind + 5
            else:
                read, place = read + "\\" + text[place : place + 5], place + 5
    return read


def _number_at(text: str, place: int) -> int | None:
    hexes = text[place + 1 : place + 5]
    is_number = text[place : place + 1] == "u" and len(hexes) == 4 and set(hexes) <= HEX
    return int(hexes, 16) if is_number else None


def _visible(text: str) -> str:
    return "".join(
        sign for sign in text if not any(first <= ord(sign) <= last for first, last in INVISIBLE)
    )


def _casefolded(text: str) -> str:
    parted, marks = "", 0
    for sign in _visible(text):
        marks = marks + 1 if unicodedata.category(sign)[0] == "M" or sign in "\uff9e\uff9f" else 0
        if marks == 31:
            parted, marks = parted + "\u034f", 1
        parted += sign
    for _ in range(2):
        parted = unicodedata.normalize("NFKC", parted.casefold())
    return _visible(parted)


def _json_with(needle: str, blank: str) -> str:
    """*needle* without blanks outside of its strings, and *blank* behind each colon and comma."""
    laid_out, is_inside, is_escaped = "", False, False
    for sign in needle:
        if is_inside or sign == '"':
            if sign == '"' and not is_escaped:
                is_inside = not is_inside
            is_escaped = sign == "\\" and not is_escaped
            laid_out += sign
        elif not sign.isspace():
            laid_out += sign + (blank if sign in ":," else "")
    return laid_out


def needles_of(needle: str) -> list[str]:
    found = [as_read(needle)]
    if not any(map(_is_control, needle)):
        found.append(as_sent(needle))
    if '"' in needle:
        found += [as_read(_json_with(needle, blank)) for blank in ("", " ")]
    return found


def texts_of(record: CallRecord, attribute: str) -> list[str]:
    text, plus_from = getattr(record, attribute), None
    media_type = record.request_content_type.lower()
    is_form = media_type.startswith("application/x-www-form-urlencoded")
    if attribute == "query_string" or (attribute == "request_body" and is_form):
        plus_from = 0
    return [as_sent(text), as_read(text, plus_from)]


def every_text(record: CallRecord) -> list[str]:
    query = record.query_string
    target = f"{record.path}?{query}" if query else record.path
    texts = [as_sent(target), as_read(target, len(record.path) + 1)]
    for attribute in SEARCHED:
        texts += texts_of(record, attribute)
    for line in f"{record.request_headers}\n{record.response_headers}".split("\n"):
        texts += [as_sent(line), as_read(line)]
    return texts


def is_found(record: CallRecord, question: Question) -> bool:
    """Whether *record* is what *question* asks for."""
    return _MEANINGS[question[0]](record, *question[1:])


def _is_text(record: CallRecord, text: str) -> bool:
    return any(needle in found for needle in needles_of(text) for found in every_text(record))


def _ways(value: str, *, is_quoted: bool) -> list[list[str]]:
    if is_quoted or "*" not in value:
        return [[needle] for needle in needles_of(value)]
    pieces = value.split("*")
    ways = [[as_read(piece) for piece in pieces]]
    if not any(map(_is_control, value)):
        ways.append([as_sent(piece) for piece in pieces])
    return ways


def _stand_in_order(pieces: list[str], text: str) -> bool:
    """By trying every place of the first."""
    if not pieces:
        return True
    first, *others = pieces
    return any(
        text.startswith(first, place) and _stand_in_order(others, text[place + len(first) :])
        for place in range(len(text) + 1)
    )


def _is_whole(pieces: list[str], text: str) -> bool:
    if len(pieces) == 1:
        return text == pieces[0]
    first, *middle, last = pieces
    inner = text[len(first) : len(text) - len(last)]
    fits = len(first) + len(last) <= len(text)
    return (
        fits and text.startswith(first) and text.endswith(last) and _stand_in_order(middle, inner)
    )


def _is_part(record: CallRecord, field: str, value: str, is_quoted: bool) -> bool:
    return any(
        _stand_in_order(pieces, text)
        for pieces in _ways(value, is_quoted=is_quoted)
        for text in texts_of(record, FIELDS[field])
    )


def _is_whole_field(
    record: CallRecord,
    field: str,
    value: str,
    is_quoted: bool,
) -> bool:
    return any(
        _is_whole(pieces, text)
        for pieces in _ways(value, is_quoted=is_quoted)
        for text in texts_of(record, FIELDS[field])
    )


def _is_number(record: CallRecord, field: str, sign: str, number: float) -> bool:
    return SIGNS[sign](getattr(record, FIELDS[field]), number)


def _is_status(record: CallRecord, word: str) -> bool:
    if word in ("success", "error"):
        return (record.outcome == "success") is (word == "success")
    if word.endswith("xx"):
        return record.status_code // 100 == int(word[0])
    return record.status_code == int(word)


def _has(record: CallRecord, field: str) -> bool:
    return bool(getattr(record, FIELDS[field]))


def _is_member(record: CallRecord, side: str, name: str, sign: str, value: str) -> bool:
    body = texts_of(record, f"{side}_body")[1]
    literal = f'"{as_read(value)}"' if '"' in as_read(value) and "*" not in value else ""
    found = [
        *_direct_values(body, as_read(name), literal),
        *_paired_values(body, as_read(name), literal),
    ]
    if value == "*" and not sign:
        return any(one not in ("null", '""') for one in found)
    if sign:
        return any(SIGNS[sign](number, float(value)) for number in _numbers(found))
    pieces = [as_read(piece) for piece in value.split("*")]
    in_quotes = [f'"{pieces[0]}', *pieces[1:]]
    in_quotes[-1] += '"'
    return any(_is_whole(in_quotes, one) or _is_whole(pieces, one) for one in found)


def _numbers(values: list[str]) -> list[float]:
    plain = [value.strip('"') for value in values]
    return [float(one) for one in plain if one.lstrip("-").replace(".", "", 1).isdecimal()]


def _places(part: str, text: str) -> list[int]:
    return [place for place in range(len(text)) if text.startswith(part, place)]


def _behind_colon(text: str) -> str | None:
    rest = text.lstrip(" ")
    return rest[1:].lstrip(" ") if rest.startswith(":") else None


def _value_of(text: str, literal: str) -> tuple[str, str]:
    """(the value with which *text* begins, what is behind it).

    *literal*, a value with a quote in it, is one as a whole, before ``,``, ``}``, ``]`` or the end.
    """
    if literal:
        rest = text[len(literal) :]
        ends = rest.lstrip(" ")[:1] in ("", ",", "}", "]")
        return (literal, rest) if text.startswith(literal) and ends else ("", "")
    if text.startswith('"'):
        end = text.find('"', 1)
        return (text[: end + 1], text[end + 1 :]) if end > 0 else ("", "")
    if text[:1] and text[0] in "{[":
        return text[0], text[1:]
    end = 0
    while end < len(text) and text[end] not in '", {}[]':
        end += 1
    return text[:end], text[end:]


def _direct_values(body: str, name: str, literal: str) -> list[str]:
    found = []
    for place in _places(f'"{name}"', body):
        rest = _behind_colon(body[place + len(name) + 2 :])
        if rest is not None:
            found.append(_value_of(rest, literal)[0])
    return [value for value in found if value]


def _paired_values(body: str, name: str, literal: str) -> list[str]:
    found = []
    for beside in ("attribute", "schemaname"):
        for place in _places(f'"{beside}"', body):
            rest = _behind_colon(body[place + len(beside) + 2 :])
            if rest is None or not rest.startswith(f'"{name}"'):
                continue
            behind = rest[len(name) + 2 :].lstrip(" ")
            if behind.startswith(","):
                between, _, behind = behind[1:].partition('"value"')
                value = _behind_colon(behind)
                if value is not None and len(between) <= 200 and not set(between) & set("{}"):
                    found.append(_value_of(value, literal)[0])
    for place in _places('"value"', body):
        rest = _behind_colon(body[place + 7 :])
        value, behind = ("", "") if rest is None else _value_of(rest, literal)
        behind = behind.lstrip(" ")
        if not value or not behind.startswith(","):
            continue
        for beside in ("attribute", "schemaname"):
            between, _, tail = behind[1:].partition(f'"{beside}"')
            told = _behind_colon(tail)
            near = len(between) <= 200 and not set(between) & set("{}")
            if near and told is not None and told.startswith(f'"{name}"'):
                found.append(value)
    return [value for value in found if value]


_MEANINGS = {
    "all": lambda record, *parts: all(is_found(record, part) for part in parts),
    "any": lambda record, *parts: any(is_found(record, part) for part in parts),
    "not": lambda record, part: not is_found(record, part),
    "text": _is_text,
    "part": _is_part,
    "whole": _is_whole_field,
    "number": _is_number,
    "status": _is_status,
    "has": _has,
    "member": _is_member,
}


def typed(question: Question) -> str:
    """*question* as a person types it."""
    kind, *parts = question
    return _SPELLINGS[kind](*parts)


def _typed_field(field: str, value: str, is_quoted: bool) -> str:
    return f"{field}:{_quoted(value) if is_quoted else value}"


def _typed_member(side: str, name: str, sign: str, value: str) -> str:
    return f"{side}.{name}:{sign}{value if sign or '*' in value else _quoted(value)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


_SPELLINGS = {
    "all": lambda *parts: " AND ".join(f"({typed(part)})" for part in parts),
    "any": lambda *parts: " OR ".join(f"({typed(part)})" for part in parts),
    "not": lambda part: f"NOT ({typed(part)})",
    "text": _quoted,
    "part": _typed_field,
    "whole": _typed_field,
    "number": "{}:{}{}".format,
    "status": "status:{}".format,
    "has": "{}:*".format,
    "member": _typed_member,
}
