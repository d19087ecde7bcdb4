"""What the record of a call has of a body that travelled encoded."""

import gzip
import zlib
from itertools import product

import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from leadwire.proxy.decoding import Kept, Text, text_of

ENCODERS = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "zstd": zstandard.ZstdCompressor().compress,
}


def read(body: bytes, encoding: str, *, whole: int = 0, content_type: str = "") -> Text:
    kept = Kept(body, whole or len(body))
    return text_of(kept, encoding=encoding, content_type=content_type, bytes_max=10_000)


@settings(max_examples=50)
@given(
    body=st.text(st.characters(codec="utf-8", min_codepoint=32), max_size=300).map(str.encode),
    names=st.lists(st.sampled_from(sorted(ENCODERS)), max_size=3),
    kept=st.floats(0, 1),
)
def test_a_body_reads_as_it_was_before_it_was_encoded(
    body: bytes, names: list[str], kept: float
) -> None:
    """Whatever the encodings, also one around the other; a cut body gives its beginning."""
    sent = body
    for name in names:
        sent = ENCODERS[name](sent)
    whole = read(sent, ", ".join(names))
    assert (whole.body, whole.is_whole, whole.note) == (body, True, ", ".join(names))
    cut = read(sent[: int(len(sent) * kept)], ", ".join(names), whole=len(sent))
    assert body.startswith(cut.body)
    assert cut.is_whole is (int(len(sent) * kept) == len(sent))


def test_what_cannot_be_decoded_is_not_kept_and_the_note_says_why() -> None:
    """Unknown, damaged and cut encodings give what is readable, which may be nothing."""
    packed = gzip.compress(b"hello, world " * 50)
    cases = {
        "unknown": (read(b"\x8b\x02\x80abc", "compress"), b"", "compress is not known here"),
        "too many": (read(packed, ",".join(["gzip"] * 5)), b"", "5 encodings"),
        "not encoded": (read(b"plain text", "gzip"), b"", "damaged after 0"),
        "damaged": (read(packed[:40] + b"\0\1\2" + packed[43:], "gzip"), b"hello", "gzip"),
        "ended": (read(packed[:-12], "gzip"), b"hello", "ends before"),
        "no header": (read(packed, ""), b"hello", "no header names its encoding"),
        "zlib without a header": (read(zlib.compress(b"hello"), ""), b"hello", "no header names"),
        "wrong header": (read(packed, "identity"), b"hello", "no header names its encoding"),
    }
    for name, (found, start, note) in cases.items():
        assert found.body.startswith(start), name
        assert bool(found.body) == bool(start), name
        assert note in found.note, name
        assert found.is_whole is name.endswith("header"), name


def test_deflate_is_read_with_and_without_its_frame() -> None:
    """Some servers leave the frame out, against the standard."""
    bare = zlib.compressobj(wbits=-15)
    sent = bare.compress(b'{"a":1}') + bare.flush()
    assert read(sent, "deflate").body == b'{"a":1}'


def test_several_members_are_one_body() -> None:
    """As a server sends that compresses piece by piece."""
    for encode, name in product((gzip.compress, ENCODERS["zstd"]), ("x-gzip", "zstd")):
        if (encode is gzip.compress) is (name == "x-gzip"):
            assert read(encode(b"one ") + encode(b"two"), name).body == b"one two"


def test_a_bomb_costs_no_more_than_the_bound() -> None:
    """A body that decodes to gigabytes: the first bytes are kept, the rest is not even decoded."""
    zeros = bytes(5_000_000).replace(b"\0", b"a")
    for name, encode in ENCODERS.items():
        found = read(encode(zeros), name)
        assert len(found.body) <= 10_000
        assert not found.is_whole
        assert "cut after 10,000 decoded bytes" in found.note, name
    twice = read(gzip.compress(gzip.compress(zeros)), "gzip, gzip")
    assert len(twice.body) <= 10_000


def test_files_and_bytes_that_are_no_text_are_left_out() -> None:
    """Nobody searches them, and no rule of redaction reads them."""
    for body, content_type, encoding in (
        (b"%PDF-1.7", "application/pdf", ""),
        (b"\x89PNG", "image/png", ""),
        (b"a\0b\0c", "", ""),
        (gzip.compress(gzip.compress(b"text")), "", "gzip"),
    ):
        found = read(body, encoding, content_type=content_type)
        assert (found.body, found.is_file, found.is_whole) == (b"", True, False)
    assert read(b"<svg/>", "", content_type="image/svg+xml").body == b"<svg/>"


def test_text_in_utf_16_and_32_becomes_utf_8() -> None:
    """Redaction reads UTF-8: a key in other letters would stay."""
    for charset in ("utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"):
        sent = "key=schlüssel".encode(charset)
        found = read(sent, "", content_type=f'text/html; charset="{charset.upper()}"')
        assert found.body == "key=schlüssel".encode(), charset


def test_a_cut_text_ends_before_a_word_that_may_be_half_a_key() -> None:
    """Redaction finds whole keys."""
    assert read(b'{"a":"b","key":"u$r01', "", whole=90).body == b'{"a":"b","key":"'
    assert read(b"x" * 5_000, "", whole=6_000).body == b"x" * 904
