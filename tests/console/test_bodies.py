"""Bodies on a page: every value can be read, none can mislead, and size does not matter."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.console.bodies import Marks, Show, drawn, shown_body
from leadwire.console.bodies.lines import JsonReader, is_json, json_outlines, text_outlines
from leadwire.console.bodies.shown import LINES_MAX, RAW_CHARS_MAX

TEXT = st.text(max_size=30)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | TEXT | st.just("v" * 150),
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(TEXT, inner, max_size=6),
    max_leaves=30,
)  # fmt: skip
DOCUMENT = st.lists(JSON, max_size=6) | st.dictionaries(TEXT, JSON, max_size=6)
SPACING = st.sampled_from([None, 1, 4])
BIDI = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c"


def written(text: str) -> str:
    """The pieces of every line, as JSON again."""
    reader = JsonReader(text)
    parts = []
    for line in json_outlines(text):
        for piece in reader.pieces(line):
            is_string = piece.kind in ("key", "text")
            parts.append(json.dumps(piece.text) if is_string else piece.text)
    return "".join(parts)


@given(DOCUMENT, SPACING, st.booleans())
def test_laid_out_json_is_the_same_json(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    """Every member of every depth, whatever the spacing and the escapes of the source."""
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    if is_json(text):
        assert json.loads(written(text)) == value


@given(DOCUMENT, st.integers(min_value=0, max_value=400))
def test_json_that_was_cut_loses_nothing_that_is_left(value: object, end: int) -> None:
    """Its lines hold every letter of the source that is not a blank between tokens."""
    text = json.dumps(value)[:end]
    held = "".join(text[line.start : line.end] for line in json_outlines(text))
    assert held.split() == text.split() or "".join(held.split()) == "".join(text.split())


@given(st.text(max_size=200))
def test_the_lines_of_a_text_hold_all_of_it(text: str) -> None:
    """Also its last line when it is empty."""
    assert "\n".join(text[line.start : line.end] for line in text_outlines(text)) == text


@given(DOCUMENT)
def test_details_are_balanced_in_every_window(value: object) -> None:
    """A window may begin and end anywhere, and is a whole piece of HTML."""
    text = json.dumps(value, indent=2)
    shown = shown_body(text, Show(from_line=3))
    assert shown.lines.count("<details") == shown.lines.count("</details>")


@given(st.text(max_size=60))
def test_a_body_is_shown_escaped(text: str) -> None:
    """The only elements are ours."""
    shown = shown_body(json.dumps({"a": text, "b": [1.5e3, None, True]}))
    names = set(re.findall(r"</?([a-z]+)", str(shown.lines)))
    assert names <= {"div", "details", "summary", "bdi", "span", "mark", "p"}


def test_a_name_reads_as_a_name() -> None:
    """Escapes are decoded where JSON is laid out; the raw text keeps them."""
    shown = shown_body(r'{"Name": "J\u00fcrgen \ud83d\ude00", "Note": "a\"b\\c"}')
    assert "Jürgen 😀" in shown.lines
    assert "a&#34;b\\c" in shown.lines
    assert r"J\u00fcrgen" in shown.raw


@given(st.text(st.sampled_from(f"{BIDI}\0\u200b\ufeff\u00adab\n"), max_size=20))
def test_what_is_not_seen_is_drawn(text: str) -> None:
    """And nothing of it is left in the page to act on the text around it."""
    markup = drawn(text)
    assert not set(f"{BIDI}\0\u200b\ufeff\u00ad\n") & set(markup)
    assert len(re.findall("unseen-letter", markup)) == sum(letter not in "ab" for letter in text)


def test_strings_are_isolated_from_each_other() -> None:
    """A right-to-left value cannot reorder what follows it."""
    shown = shown_body('{"a": "שלום", "b": "x"}')
    assert '<bdi class="json-text">שלום</bdi>' in shown.lines


@pytest.mark.parametrize("text", ["", "plain", "{", '{"a": 1', "[" * 5000, "{'a': 1}", '{"a": 1,}'])
def test_invalid_json_is_shown_as_text(text: str) -> None:
    """Line for line, so that a mark finds the line of the mistake."""
    shown = shown_body(text, Show(marks={1: "Here"} if text else {}))
    assert not shown.is_json
    assert not text or "Here" in shown.lines
    assert shown.raw.unescape() == text


def test_json_with_half_a_surrogate_pair_is_json() -> None:
    """As other readers take it; the half is drawn, and the page is valid Unicode."""
    shown = shown_body(r'{"a": "x\ud800y"}')
    assert shown.is_json
    assert "U+D800" in shown.lines
    str(shown.lines).encode()


def test_a_body_of_megabytes_costs_what_is_shown_of_it() -> None:
    """The first lines at once, and the last ones by their number."""
    text = json.dumps([{f"field{n}": f"value {n}" for n in range(60)} for _ in range(3000)])
    first = shown_body(text)
    assert len(first.lines) < 200_000
    assert (first.first_line, first.last_line, first.next_line) == (1, LINES_MAX, LINES_MAX + 1)
    assert first.raw_cut
    assert len(first.raw.unescape()) == RAW_CHARS_MAX
    last = shown_body(text, Show(from_line=186_000))
    assert last.next_line == 0
    assert "value 59" in last.lines


def test_a_long_value_is_folded() -> None:
    """It says how long it is, and the page does not hold what is far longer."""
    shown = shown_body(json.dumps({"a": "b" * 5_000, "c": "d" * 900_000}))
    assert "show all 5,000 characters" in shown.lines
    assert "899,800 more characters" in shown.lines
    assert len(shown.lines) < 20_000


@pytest.mark.parametrize(("asked", "source"), [("jürgen", r"J\u00fcrgen"), ('a"b', r"a\"b")])
def test_a_text_is_found_as_it_reads(asked: str, source: str) -> None:
    """Also where JSON spells its letters by escapes. The window begins near the first hit."""
    rows = ",".join(f'{{"n": {n}, "name": "{"x" * 120}"}}' for n in range(500))
    text = f'[{rows}, {{"Name": "{source}"}}, {{"Name": "{source}"}}]'
    shown = shown_body(text, Show(find=asked))
    assert shown.hits == 2
    assert shown.first_line > 1000
    assert shown.lines.count('class="hit"') == 2


def test_a_mark_stands_at_its_line() -> None:
    """By path or by number; a mark outside of the window says where it is."""
    pairs = [{"Attribute": f"A{n}", "Value": str(n)} for n in range(1_000)]
    marks: Marks = {"body[2].Value": "Taken", 1: "Start", "body[900]": "Far", "body.no": "Never"}
    shown = shown_body(json.dumps(pairs), Show(from_line=1, marks=marks))
    assert re.search(r'line-marked" data-line="4">.*?</div><p class="line-note">Taken', shown.lines)
    assert "Start" in shown.lines
    assert shown.marks == ((902, "Far"),)
    near = shown_body(json.dumps(pairs), Show(marks={"body[900]": "Far"}))
    assert "Far" in near.lines


def test_a_value_links_to_the_calls_that_have_it() -> None:
    """By the attribute beside it, or by its own name; numbers and words, too."""
    asked = []

    def link(name: str, value: str) -> str:
        asked.append((name, value))
        return "/there"

    text = json.dumps([{"Attribute": "mx_City", "Value": "Łódź"}, {"Count": 3, "Done": True}])
    shown = shown_body(text, Show(link=link))
    expected = [("Attribute", "mx_City"), ("mx_City", "Łódź"), ("Count", "3"), ("Done", "true")]
    assert asked == expected
    assert shown.lines.count('href="/there"') == len(expected)
