"""HTML as a person reads it, whatever was sent as HTML."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.crm.mails.text import text_of_html

MUCH = 200_000


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>a<br>b</p>c", "a\nb\nc"),
        ("<style>p>a{}</style>x<SCRIPT>if(a<b)'</b>'</SCRIPT >y", "xy"),
        ("<head><title>no</title></head>yes", "yes"),
        ("a < b &amp; c &lt;d&gt; &#65;", "a < b & c <d> A"),
        ('<a title="x > y">link</a>', "link"),
        ("<p title=it's>so</p>", "so"),
        ("x<!-- <p>no --> y", "x y"),
        ("<![CDATA[x]]>z", "z"),
        ("said<b", "said"),
        ("&#" + "9" * 5_000 + ";", "\N{REPLACEMENT CHARACTER}"),
    ],
)
def test_html_is_read_as_browsers_do(html: str, text: str) -> None:
    """Tags, comments, styles and scripts are not seen; blocks end a line."""
    assert text_of_html(html) == text


@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", "</a ", "<!--", "<![", "<?", "<a b='", "<a b=\"'", "<script>", "&#", "\n "],
)
def test_no_markup_takes_long(piece: str) -> None:
    """The time grows with the length alone: with its square, this would not end today."""
    html = piece * MUCH
    assert len(text_of_html(html)) <= len(html)


@given(st.text(alphabet="<>/!-?&#;='\"[] \nabrx9", max_size=60))
def test_no_markup_is_refused(html: str) -> None:
    """Whatever was sent, there is a text of it, which adds nothing; what follows is still read."""
    assert len(text_of_html(html)) <= len(html)
    assert text_of_html(f"<p>before</p>{html}").startswith("before")
