"""Texts that a database or UTF-8 cannot hold are refused or kept: they never make a server fail.

Each place of a text in the golden requests gets them, one at a time: a NUL, and half of a surrogate
pair.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import pytest
from amounts import each
from contract import golden
from support import Answer, InProcess, new_async_key

from leadwire.access.accounts import FirstAccount
from leadwire.wire.faults import UNHANDLED

_NUL, _HALF = "a\0b", "a\ue000b"
"""The second stands for half of a pair, which no JSON library writes."""
_ESCAPED_HALF: Final = (msgspec.json.encode("\ue000")[1:-1], b"\\ud800")
_IN_QUERY: Final = ("a%00b", "a%ED%A0%80b")
_PARAMETER: Final = re.compile(r"([?&][^=&]+=)([^&]*)")
_EXCHANGES_MAX: Final = 2
"""Of an operation in a file: the others have texts in the same places."""
Place = tuple[object, ...]


def places(value: object, at: Place = ()) -> Iterator[Place]:
    """Where a text is in *value*: the keys that lead to it. Only one element of each list."""
    if isinstance(value, str):
        yield at
    elif isinstance(value, dict):
        for key, member in value.items():
            yield from places(member, (*at, key))
    elif isinstance(value, list) and value:
        # Rows of attributes differ by their first member.
        for number, element in enumerate(value[:6]):
            yield from places(element, (*at, number))


def replaced(value: Any, at: Place, text: str) -> Any:  # noqa: ANN401  # any JSON
    if not at:
        return text
    copy = value.copy()
    copy[at[0]] = replaced(value[at[0]], at[1:], text)
    return copy


def odd_bodies(body: object) -> Iterator[bytes]:
    for at in places(body):
        for text in (_NUL, _HALF):
            yield msgspec.json.encode(replaced(body, at, text)).replace(*_ESCAPED_HALF)
            # A document in a text, as in advanced searches.
            inner = _document(body, at)
            if inner is not None:
                for part in places(inner):
                    kept = msgspec.json.encode(replaced(inner, part, text)).replace(*_ESCAPED_HALF)
                    yield msgspec.json.encode(replaced(body, at, kept.decode()))


def _document(body: Any, at: Place) -> object:  # noqa: ANN401  # any JSON
    for key in at:
        body = body[key]
    try:
        found = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return found if isinstance(found, dict | list) else None


def odd_targets(target: str) -> Iterator[str]:
    for parameter in _PARAMETER.finditer(target):
        for text in _IN_QUERY:
            yield target[: parameter.start(2)] + text + target[parameter.end(2) :]
    path, _, query = target.partition("?")
    for text in _IN_QUERY:
        yield f"{path}{text}?{query}"
        yield f"{target}{'&' if query else '?'}{text}={text}"


@pytest.mark.parametrize("path", each(golden.FILES, every=3), ids=lambda path: path.stem)
def test_no_text_makes_the_server_fail(
    path: Path, make_api: Callable[..., InProcess], keys: FirstAccount
) -> None:
    """Whatever the place; and the server goes on to answer."""
    conversation = golden.load(path)
    api = make_api(**conversation.settings)
    names = golden.known(keys) | {"async_key": new_async_key(api.folder)}
    failed, seen = [], Counter[str]()

    def check(method: str, target: str, body: Any, headers: Any) -> None:  # noqa: ANN401
        answer = api.call(method, target, body, headers=headers)
        if UNHANDLED.exception_type.encode() in answer.body:
            failed.append((method, target, body, answer.body))

    for exchange in conversation.exchanges:
        request = golden.fill(exchange.request, names)
        method, target = request["method"], request["target"]
        body, headers = request.get("body", request.get("text", "")), request.get("headers")
        answer = api.call(method, target, body, headers=headers)
        for name, value in _bound(exchange.body, answer):
            names[name] = value
        seen[exchange.operation] += 1
        if seen[exchange.operation] > _EXCHANGES_MAX:
            continue
        for odd in odd_targets(target):
            check(method, odd, body, headers)
        if not isinstance(body, str):
            for odd_body in odd_bodies(body):
                check(method, target, odd_body, headers)
    assert failed == []


def _bound(expected: object, answer: Answer) -> Iterator[tuple[str, str]]:
    """The ids that the answer binds, as far as it has the shape of the golden one."""
    try:
        found = answer.json
    except ValueError:
        return
    stack = [(expected, found)]
    while stack:
        one, other = stack.pop()
        if isinstance(one, str) and (match := re.fullmatch(r"<[a-z-]+:(\w+)>", one)):
            yield match[1], str(other)
        elif isinstance(one, dict) and isinstance(other, dict):
            stack += [(one[key], other[key]) for key in one if key in other]
        elif isinstance(one, list) and isinstance(other, list):
            stack += list(zip(one, other, strict=False))
