"""How text is compared: what all spellings of a text have in common, in linear time."""

import json
import time
import unicodedata
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.calls.text import (
    are_whole,
    core,
    core_runs,
    fold,
    forms,
    is_unusual,
    normal,
    plus_in_body,
    plus_in_target,
    stand_in,
)

ORDINARY = st.text(
    st.one_of(
        st.sampled_from("abcXYZ019 .@_-/\"'<>:,&=+{}[]\n\t"),
        st.sampled_from("äöüßÉéñŁłżĐ漢字かなप्रियाμΣςИй😀한"),
    ),
    min_size=1,
    max_size=40,
)
"""Text as people write it: without stray ``%`` and backslashes."""


@pytest.mark.parametrize(
    ("spelled", "read"),
    [
        ("probe%40example.com", "probe@example.com"),
        ("probe%2540example.com", "probe@example.com"),
        ("J\\u00fcrgen", "jürgen"),
        ("J\\\\u00FCrgen", "jürgen"),
        ("J%C3%BCrgen", "jürgen"),
        ("J%5Cu00fcrgen", "jürgen"),
        ("https:\\/\\/example.com\\/offer", "https://example.com/offer"),
        ('asked for \\\\\\"plan\\\\\\"', 'asked for "plan"'),
        ("line\\nline\r\nline\u2028line\u00a0line", "line line  line line line"),
        ("MÜLLER", "müller"),
        ("Mu\u0308ller", "müller"),
        ("STRASSE straße", "strasse strasse"),
        ("\uff21\ufb01", "afi"),
        ("ra\u200bvi\u2069\ufeff\u00ad", "ravi"),
        ("\\uD83D\\ude00", "😀"),
        ("%zz %4 \\u12 \\ud83d", "%zz %4 \\u12 \\ud83d"),
        ("%FF", "\\xff"),
        ("C:\\\\dir", "c:\\dir"),
        ("a\\", "a\\"),
        ("1+1", "1+1"),
    ],
)
def test_every_spelling_reads_as_the_text_that_was_meant(spelled: str, read: str):
    """One row for each rule, and for what stays as it is because it is not an escape."""
    assert normal(spelled).decode() == read


@pytest.mark.parametrize(
    "encode",
    [
        str,
        str.upper,
        quote,
        lambda text: quote(text, safe=""),
        json.dumps,
        lambda text: json.dumps(text, ensure_ascii=False),
        lambda text: json.dumps(text).replace("/", "\\/"),
        lambda text: json.dumps(json.dumps(text)),
        lambda text: quote(json.dumps({"a": text})),
        lambda text: json.dumps(quote(text)),
        lambda text: quote(quote(text)),
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: "".join(f"\\u{ord(c):04x}" if ord(c) < 0x10000 else c for c in text),
    ],
)
@given(text=ORDINARY)
def test_a_text_stands_in_what_any_encoder_makes_of_it(encode: Callable[[str], str], text: str):
    """A person types the text; the encoder's choice of spelling makes no difference."""
    assert normal(text) in normal(encode(text))


@given(ORDINARY)
def test_a_plus_is_a_blank_where_forms_write_one(text: str):
    """In a form and in a query string; the path keeps its own."""
    assert normal(text) in normal(f"a={quote_plus(text)}", 0)
    target = f"/a+b?q={quote_plus(text)}"
    assert normal(text) in normal(target, plus_in_target("/a+b"))
    assert normal("/a+b") in normal(target, plus_in_target("/a+b"))


def test_only_forms_have_a_plus_for_a_blank():
    """Told by the content type alone."""
    assert plus_in_body("Application/X-WWW-Form-Urlencoded; charset=utf-8") == 0
    assert plus_in_body("application/json") is None
    assert plus_in_body("") is None


@given(st.text(max_size=60))
def test_a_text_that_is_read_again_stays_the_same(text: str):
    """Any text, stray escapes included, unless a fifth level of them is left over."""
    once = normal(text).decode("utf-8", "surrogatepass")
    if "%" not in once and "\\" not in once:
        assert normal(once).decode("utf-8", "surrogatepass") == once
    assert not any(byte < 0x20 or byte == 0x7F for byte in once.encode("utf-8", "surrogatepass"))


@given(ORDINARY, ORDINARY, ORDINARY, st.sampled_from((quote, json.dumps, str)))
def test_the_runs_of_a_text_that_is_not_unusual_stand_in_it_as_sent(
    before: str, text: str, behind: str, encode: Callable[[str], str]
):
    """What lets a store look for plain letters in the bytes that were sent."""
    sent = encode(before + text + behind)
    read = normal(sent)
    if normal(text) in read and not is_unusual(sent, read):
        assert core(normal(text)) in fold(sent)
        assert all(run in fold(sent) for run in core_runs(normal(text)))


@pytest.mark.parametrize(
    ("text", "unusual"),
    [
        ("ravi@example.com", False),
        ("ravi%40example.com", False),
        ("J\\u00fcrgen \\/ x", False),
        ("\\u0041nna", True),
        ("example%2Ecom", True),
        ("ra\u200bvi", True),
        ("stra\u00dfe", True),
        ("\uff21nna", True),
    ],
)
def test_a_text_that_hides_plain_letters_is_unusual(text: str, *, unusual: bool):
    """Those are few, and must be read in any case."""
    assert is_unusual(text, normal(text)) is unusual


@pytest.mark.parametrize(
    ("needle", "found"),
    [
        ("ravi", ("ravi",)),
        ("%40", ("%40", "@")),
        ("MÜLLER", ("mÜller", "müller")),
        ("two\nlines", ("two lines",)),
        ('"a": "b , c"', ('"a": "b , c"', '"a":"b , c"')),
        ("\u200b \u2069", ()),
        ("", ()),
    ],
)
def test_a_needle_has_few_forms_without_control_characters(needle: str, found: tuple[str, ...]):
    """As typed, as it reads, and laid out as JSON."""
    assert forms(needle) == tuple(form.encode() for form in found)


def test_pieces_are_found_one_behind_the_other():
    """Pieces never overlap."""
    assert stand_in((b"ab", b"b"), b"xabab")
    assert not stand_in((b"ab", b"b"), b"xab")
    assert are_whole((b"a", b"", b"b"), b"ab")
    assert not are_whole((b"ab", b"b"), b"ab")
    assert are_whole((b"ab", b"b"), b"abb")
    assert are_whole((b"ab",), b"ab")
    assert are_whole((b"", b"x", b""), b"axb")
    assert not are_whole((b"", b"x", b"b"), b"ab")


@pytest.mark.parametrize(
    "piece",
    [
        "\u0301\u0316", "\u0f73\u0301", "\u0301\uff9e", "\u0344", "a\u0301\u0316",
        "\u0301\u200b\u0316",
        "%41", "%25", "\\u0041", "\\", "\\a", "\\ud83d", "\ufdfa", "\u200b", "─", "é",
        '"a":', "\u1100\u1161",
    ],
)  # fmt: skip
def test_reading_takes_time_in_proportion_to_the_length(piece: str):
    """200 kB of the worst that each step can meet: the square of it would take minutes."""
    text = piece * (200_000 // len(piece.encode()))
    started = time.perf_counter()
    normal(text)
    forms(text)
    assert time.perf_counter() - started < 5


def test_a_long_run_of_marks_reads_the_same_in_text_and_needle():
    """Runs are parted before they are sorted, in both."""
    marks = "\u0301\u0316" * 40
    assert normal(f"e{marks}") in normal(f"x e{marks} y")
