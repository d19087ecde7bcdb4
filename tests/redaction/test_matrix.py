"""Names of secrets in every place of a call: nothing of them is left, and nothing else is lost."""

import json
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, unquote

import pytest
from amounts import each, examples
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from redaction.plants import IN_BODIES, NAMES, NOT_IN, escaped, misplaced, percent

from leadwire.calls.redaction.redactor import Redactor, lift_keys
from leadwire.calls.redaction.secrets import MARKER

PLANT = "plant7f3a0b"
ACCESS_KEY = "u$r0123456789abcdef0123456789abcdef"
SECRET_KEY = "fedcba9876543210fedcba9876543210fedcba98"  # noqa: S105  # made up
_MAX = 20_000_000


def kept(text: str) -> str:
    return Redactor(()).body(text.encode(), _MAX)


@pytest.mark.parametrize("place", IN_BODIES)
def test_no_name_keeps_its_value_in_a_body(place: str) -> None:
    """Whole or cut off, in JSON, forms, XML, parts and text, and in each of them in a string."""
    names = [name for name in NAMES if name not in NOT_IN.get(place, ())]
    assert len(names) >= 60
    left = [name for name in names if PLANT in unescaped(kept(IN_BODIES[place](name, PLANT)))]
    assert left == []


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig"])
def test_no_encoding_keeps_a_value(encoding: str) -> None:
    """UTF-16 has NULs between the letters of a name, and a mark may stand before the text."""
    for name in NAMES:
        body = json.dumps([{"Attribute": name, "Value": PLANT}, {name: PLANT}]).encode(encoding)
        assert PLANT not in Redactor(()).body(body, _MAX).replace("\0", ""), name


@pytest.mark.parametrize("spell", [str, quote, percent, lambda text: quote(quote(text))])
def test_no_name_keeps_its_value_in_a_query(spell: Callable[[str], str]) -> None:
    """As a parameter, as JSON, as a URL in a parameter; encoded once, twice or wholly."""
    for name in NAMES:
        for query in (
            f"a=1&{quote(name)}={spell(PLANT)}&b=2",
            f"a={spell(json.dumps({name: PLANT}))}&b=2",
            f"a={spell(f'https://example.com/?{quote(name)}={PLANT}')}",
        ):
            left = Redactor(()).query(query)
            assert PLANT not in unquote(unquote(unquote(left))), (name, query)


@pytest.mark.parametrize("way", misplaced(ACCESS_KEY, SECRET_KEY))
def test_a_misplaced_pair_is_in_no_part_of_a_call(way: str) -> None:
    """The redactor is not told the keys: they are known by look and name alone."""
    target, headers, body = misplaced(ACCESS_KEY, SECRET_KEY)[way]
    path, _, query = target.partition("?")
    left, _ = lift_keys(query.encode())
    redactor = Redactor((), all_keys_go=True)
    texts = [
        redactor.text(unquote(path)),
        redactor.text(path),
        redactor.query(left.decode()),
        *map(redactor.text, headers.values()),
        redactor.body(body.encode(), _MAX),
    ]
    if "Cookie" in headers or "secretKey" in headers:
        texts[3:-1] = []  # such headers are left out by their names
    for text in texts:
        assert SECRET_KEY not in unescaped(text).lower()
        assert ACCESS_KEY not in unescaped(text).lower()


def test_a_key_of_this_server_goes_wherever_it_stands() -> None:
    """In a call whose own pair is in its place, and beside other digests, which stay."""
    other = "0" * 40
    for text in (
        f'{{"note":"{SECRET_KEY}","sha1":"{other}"}}',
        f"x={SECRET_KEY.upper()}&sha1={other}",
        f'{{"a":"{escaped(SECRET_KEY)}","sha1":"{other}"}}',
        f"x={percent(SECRET_KEY)}&sha1={other}",
        f"GetByIdabc{SECRET_KEY}def {other}",
    ):
        redactor = Redactor((), own_keys=lambda: SECRET_KEY.__eq__)
        clean = redactor.body(text.encode(), _MAX)
        assert SECRET_KEY not in unescaped(clean).lower()
        assert other in clean
        assert redactor.count == 1


@pytest.mark.parametrize(
    "text",
    [
        "see Bearer {} ok",
        "password: {}",
        "curl -u a:{} https://example.com",
        "https://{}@example.com/x",
        "https://asha:{}@example.com/x",
        "postgres://app:{}@db:5432/x",
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        "eyJhbGciOiJIUzI1NiJ9.{}aaaa.bbbb",
        "whsec_{}aaaabbbbcccc",
        "async_" + "0" * 40 + " {:.0}",
        "/v2/token/{}",
        "Authorization: Digest username=a, response={}",
        "Cookie: a=b; c={}",
        "run --api-key {} --verbose",
    ],
)
def test_a_secret_is_known_by_its_look_or_surroundings(text: str) -> None:
    """In plain text, in a string of JSON, and in a traceback."""
    planted = text.format(PLANT)
    for body in (planted, json.dumps({"Note": planted}), f'File "x.py"\n  {planted}\n'):
        left = kept(body)
        assert PLANT not in left
        assert "async_0" not in left
        assert MARKER in unquote(left)


HARMLESS = (
    '{"a": 1.10, "b":100.00,"c":1e2,"d":"\\u00fc\\/","e":"Basic information","f":"Bearer of news"}',
    '[ {"Attribute" : "FirstName", "Value" : "Ren\\u00e9e = 100% & more"} ]',
    '{"Key":"mx_City","Value":"Pune","KeyValues":[["a","b"]],"SessionId":"5"}',
    '{"Note":"Author: Asha, Designation: Head, PIN Code: 560001, keyword=x"}',
    '{"sha1":"da39a3ee5e6b4b0d3255bfef95601890afd80709","md5":"d41d8cd98f00b204e9800998ecf8427e"}',
    '{"password":null,"token":"","secret":false,"pin":{}}',
    '{"usage":{"total_tokens":512,"token_type":"x"}}',
    "emailaddress=a%40example.com&note=a%20b+c&x=%2B91",
    "https://example.com/auth/callback?x=1",
    "Please give your password, or sign in with a token. Session expired (pin).",
    "<r><City>Pune</City></r>",
)


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays_byte_for_byte(text: str) -> None:
    """A body and a query without a secret are kept as they were sent."""
    redactor = Redactor(())
    assert redactor.body(text.encode(), _MAX) == text
    assert redactor.query(text) == text
    assert redactor.count == 0


def test_all_but_the_secret_stays_byte_for_byte() -> None:
    """Blanks, escapes, the spelling of numbers, names that are repeated, and what comes after."""
    before = '{ "a" : 1.10,"b":[100.00, 1e2,-0.0],"c":"\\u00fc\\/\\n", "a":1 , "password" : '
    after = ' ,\n "d":{"password":"%s","e":12345678901234567890}}'
    text = f'{before}"{PLANT}"{after % PLANT}'
    assert kept(text) == f'{before}"{MARKER}"{after % MARKER}'
    number = f"{before}123456{after % PLANT}"
    assert kept(number) == f'{before}"{MARKER}"{after % MARKER}'


def test_a_body_that_cannot_be_read_loses_its_secrets_alone() -> None:
    """Not nine megabytes for three letters that stand there by chance."""
    noise = "".join(chr(97 + (number * number) % 26) for number in range(500_000))
    text = f"{noise} spin otp shopping {noise} password={PLANT} {noise}"
    left = kept(text)
    assert PLANT not in left
    assert left == text.replace(PLANT, MARKER)


_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def planted(draw: st.DrawFn) -> str:
    """A secret by its name, anywhere in JSON, in strings, forms and URLs, in any spelling."""
    name = draw(st.sampled_from([name for name in NAMES if name != "user[password]"]))
    node: Any = draw(
        st.sampled_from(
            [{name: PLANT}, {"Attribute": name, "Value": PLANT}, {"value": PLANT, "name": name},
             [name, PLANT], {name: [{"x": PLANT}]}]
        )
    )  # fmt: skip
    for _ in range(draw(st.integers(0, 4))):
        wrap = draw(st.sampled_from(["object", "array", "string", "form"]))
        if wrap == "object":
            node = {draw(st.text(max_size=5)): node, "other": draw(_TREES)}
        elif wrap == "array":
            node = [draw(_TREES), node, draw(_TREES)]
        else:
            node = json.dumps(node, ensure_ascii=draw(st.booleans()))
            if wrap == "form":
                node = f"a=1&b={quote(node, safe=draw(st.sampled_from(['', '/:,'])))}"
    text = json.dumps(node, ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):
        text = text.replace(PLANT, escaped(PLANT))
    return text


@given(text=planted())
@budget(max_examples=examples(600))
def test_no_encoding_of_a_call_keeps_a_secret(text: str) -> None:
    """JSON in a form in JSON, escaped or not, to the depth that people write."""
    left = kept(text)
    assert PLANT not in unescaped(left)
    assert MARKER in unquote(unquote(unquote(left)))


@given(tree=_TREES, indent=st.sampled_from([None, 1]), ascii_only=st.booleans())
@budget(max_examples=examples(300))
def test_json_without_a_secret_stays_byte_for_byte(
    tree: object, indent: int | None, *, ascii_only: bool
) -> None:
    """Though a secret stands beside it."""
    inner = json.dumps(tree, indent=indent, ensure_ascii=ascii_only)
    text = f'{{"x":{inner},"password":"{PLANT}"}}'
    expected = text.replace(PLANT, MARKER)
    assert (
        Redactor(()).body(text.encode("utf-8", "replace"), _MAX)
        == expected.encode("utf-8", "replace").decode()
    )


@given(st.text(max_size=80), st.text('{}[]":,\\/%&=u0041 pastokn', max_size=80))
@budget(max_examples=examples(400))
def test_any_text_can_be_redacted(text: str, signs: str) -> None:
    """Nothing that a caller can send fails the call, and a second time changes nothing."""
    for body in (text, signs, f'{{"token":"{signs}'):
        once = kept(body.encode("utf-8", "replace").decode())
        assert kept(once) == once
        Redactor((), all_keys_go=True).query(body)


def unescaped(text: str) -> str:
    """*text* as a reader could make it out, escapes undone as often as it takes."""
    for _ in range(6):
        undone = unquote(text.replace("\0", "").replace('\\"', '"'))
        for letter in set(PLANT + SECRET_KEY + ACCESS_KEY):
            undone = undone.replace(escaped(letter), letter)
            undone = undone.replace("\\" + escaped(letter), letter)
        if undone == text:
            break
        text = undone
    return text


HOSTILE = {
    "brackets": ("[", '"password":"x"'),
    "objects": ('{"password":', ""),
    "pairs of a form": ("pin=x&", ""),
    "open quotes": ('password:"', ""),
    "open brackets": ("password:{", ""),
    "starts of tokens": ("eyJ", ""),
    "users of hosts": ("://a@", ""),
    "escapes of escapes": ("\\", "secret"),
    "percent signs": ("%25", "secret=1"),
    "one percent sign, encoded again": ("25", "41&secret=%2541"),
    "NULs": ("p\0a\0s\0s\0", ""),
    "digits": ("0123456789abcdef", ""),
    "tags": ("<password>", ""),
    "parts": ('name="pin"\n\n', ""),
    "segments": ("/token/", ""),
    "one long name": ("a", "password=x"),
    "blanks": (" ", "password:x"),
    "commands": (" -u", " curl"),
    "strings": ('"', "password"),
}
"""Pieces to repeat, and what stands on both sides."""


@pytest.mark.parametrize("kind", each(list(HOSTILE), every=3))
def test_hostile_text_takes_time_as_its_length(kind: str) -> None:
    """Of a megabyte: what is quadratic takes sixteen times as long as for a quarter."""
    small = min(seconds(kind, 250_000), seconds(kind, 250_000))
    whole = seconds(kind, 1_000_000)
    assert whole < 10 * small + 0.5, (small, whole)


def seconds(kind: str, length: int) -> float:
    piece, around = HOSTILE[kind]
    text = around + piece * (length // len(piece)) + around
    began = time.process_time()
    kept(text)
    return time.process_time() - began
