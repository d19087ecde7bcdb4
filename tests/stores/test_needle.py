"""A needle is found at every place where the folded text has it, and nowhere else."""

from hypothesis import example, given, settings
from hypothesis import strategies as st

from leadwire.stores.sqlite.needle import places_of

WINDOW_BYTES = 1 << 19
"""The text is compared in windows of so many bytes."""

FEW_LETTERS = st.lists(st.sampled_from(b"abAB@`.\x00"), max_size=60).map(bytes)
"""Needles recur in such texts, and overlap themselves. ``@`` and a backtick differ by one bit."""


def places_in_model(needle: bytes, text: bytes) -> list[int]:
    folded = text.lower()
    return [at for at in range(len(text) - len(needle) + 1) if folded.startswith(needle, at)]


@settings(max_examples=200)
@given(
    before=FEW_LETTERS, needle=FEW_LETTERS.filter(bool) | st.binary(min_size=1), after=FEW_LETTERS
)
@example(before=b"", needle=b"a" * 7, after=b"a" * 9)
@example(before=b"aaa", needle=b"a" * 300, after=b"A")
def test_a_needle_is_found_at_every_place_whatever_its_case(
    before: bytes, needle: bytes, after: bytes
) -> None:
    """Also if its places overlap, and if only a part of it stands at an end of the text."""
    for text in (before + needle + after, before + needle.upper() + after + needle, before):
        assert places_of(needle.lower(), text).tolist() == places_in_model(needle.lower(), text)


def test_a_needle_across_two_windows_is_found_once() -> None:
    """For each number of bytes that a word can have."""
    for size in (1, 2, 3, 4, 5, 6, 7, 8, 11, 40):
        needle = bytes(range(ord("a"), ord("a") + size)) if size <= 26 else b"ab" * (size // 2)
        for distance in range(-size - 4, 5):
            begin = WINDOW_BYTES + distance
            text = b"#" * begin + needle.upper() + b"#" * 9
            assert places_of(needle, text).tolist() == [begin], (size, distance)


def test_the_last_bytes_of_a_text_are_searched_though_they_fill_no_word() -> None:
    """The text may have any number of bytes."""
    for size in range(1, 12):
        for before in range(5):
            text = b"#" * before + b"abcdefghijkl"[:size].upper()
            assert places_of(text[before:].lower(), text).tolist() == [before], (size, before)
