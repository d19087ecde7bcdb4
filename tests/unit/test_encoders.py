"""A text is found whatever encoder a client has: the rules of five languages, as data."""

import string
from dataclasses import dataclass

import msgspec
import pytest
from amounts import examples
from hypothesis import given, settings
from hypothesis import strategies as st

from leadwire.calls.language import parse_search, phrase
from leadwire.calls.record import CallRecord
from leadwire.calls.text import FORM_MEDIA_TYPE

_ALPHANUMERIC = frozenset(string.ascii_letters + string.digits)
_SHORT = {"\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True)
class JsonRules:
    """What an encoder of JSON escapes beyond control characters and the backslash."""

    numbered: str = ""
    """Characters that become ``\\uXXXX``."""
    beyond_ascii: bool = False
    """Whether every character beyond ASCII does, too."""
    slash: str = "/"
    quote: str = '\\"'
    upper: bool = False
    """Whether hexadecimal digits are capitals."""

    def encode(self, text: str) -> str:
        return '"' + "".join(map(self._sign, text)) + '"'

    def _sign(self, sign: str) -> str:
        if sign == "/":
            return self.slash
        if sign == '"':
            return self.quote
        if sign == "\\":
            return "\\\\"
        if sign in _SHORT:
            return _SHORT[sign]
        if sign < " " or sign in self.numbered or (self.beyond_ascii and sign > "~"):
            units = sign.encode("utf-16-be").hex(" ", 2).split()
            return "".join(f"\\u{unit.upper() if self.upper else unit}" for unit in units)
        return sign


@dataclass(frozen=True)
class UrlRules:
    """What an encoder of URLs leaves as it is, and what it makes of a blank."""

    kept: str
    blank: str = "%20"
    upper: bool = True

    def encode(self, text: str) -> str:
        return "".join(map(self._sign, text))

    def _sign(self, sign: str) -> str:
        if sign == " ":
            return self.blank
        if sign in _ALPHANUMERIC or sign in self.kept:
            return sign
        hexes = (f"%{byte:02X}" if self.upper else f"%{byte:02x}" for byte in sign.encode())
        return "".join(hexes)


JSON = {
    "Python json.dumps": JsonRules(beyond_ascii=True),
    "Python json.dumps, ensure_ascii=False": JsonRules(),
    "PHP json_encode": JsonRules(beyond_ascii=True, slash="\\/"),
    "PHP json_encode, JSON_HEX_*": JsonRules(
        numbered="<>&'", beyond_ascii=True, slash="\\/", quote="\\u0022", upper=True
    ),
    "PHP json_encode, unescaped": JsonRules(),
    "JavaScript JSON.stringify": JsonRules(),
    "Java Jackson": JsonRules(),
    "Java Jackson, ESCAPE_NON_ASCII": JsonRules(beyond_ascii=True, upper=True),
    "Java Gson": JsonRules(numbered="<>&='\u2028\u2029"),
    ".NET System.Text.Json": JsonRules(
        numbered="<>&'+`", beyond_ascii=True, quote="\\u0022", upper=True
    ),
    ".NET Newtonsoft.Json": JsonRules(numbered="\u0085\u2028\u2029"),
}
URL = {
    "Python quote": UrlRules("_.-~/"),
    "Python quote_plus": UrlRules("_.-~", blank="+"),
    "PHP urlencode": UrlRules("_.-", blank="+"),
    "PHP rawurlencode": UrlRules("_.-~"),
    "JavaScript encodeURIComponent": UrlRules("-_.!~*'()"),
    "JavaScript encodeURI": UrlRules("-_.!~*'();/?:@&=+$,#"),
    "JavaScript URLSearchParams": UrlRules("*-._", blank="+"),
    "Java URLEncoder": UrlRules(".-*_", blank="+"),
    ".NET Uri.EscapeDataString": UrlRules("-_.~"),
    ".NET WebUtility.UrlEncode": UrlRules("-_.!*()", blank="+"),
    ".NET HttpUtility.UrlEncode": UrlRules("-_.!*()", blank="+", upper=False),
}

TEXTS = st.text(
    st.one_of(
        st.sampled_from(string.ascii_letters + string.digits + " .@_-/\"'<>:;,&=!?#$()[]{}*~`"),
        st.sampled_from("äöüßÉéñŁđ漢字かなप्रियाμΣИй😀한 \n\t"),
    ),
    min_size=1,
    max_size=30,
).filter(lambda text: bool(text.strip()))
"""As people write; a stray ``%`` or backslash is what the documentation makes an exception for."""
_CALL = CallRecord(
    call_id="c", started_at_ms=0, duration_ms=1, method="POST", path="/v2/x", status_code=200,
    outcome="success", request_content_type="application/json",
)  # fmt: skip


def _is_found(text: str, **fields: str) -> bool:
    return parse_search(phrase(text)).holds(msgspec.structs.replace(_CALL, **fields))


@pytest.mark.parametrize("encoder", JSON.values(), ids=JSON)
@settings(max_examples=examples(40))
@given(text=TEXTS)
def test_a_text_is_found_in_the_json_of_any_encoder(encoder: JsonRules, text: str) -> None:
    """In the body of the request, in that of the answer, and in JSON in JSON."""
    body = f'{{"Note":{encoder.encode(text)},"x":1}}'
    assert _is_found(text, request_body=body)
    assert _is_found(text, response_body=encoder.encode(body))


@pytest.mark.parametrize("encoder", URL.values(), ids=URL)
@settings(max_examples=examples(40))
@given(text=TEXTS)
def test_a_text_is_found_in_the_url_of_any_encoder(encoder: UrlRules, text: str) -> None:
    """In the query, in a form, in the path where a blank is no plus, and in a URL in a URL."""
    if "+" in encoder.kept:
        text = text.replace("+", "-")  # it would be read as a blank, by every server
    pair = f"a=1&note={encoder.encode(text)}&b=%20"
    assert _is_found(text, query_string=pair)
    assert _is_found(text, request_body=pair, request_content_type=FORM_MEDIA_TYPE)
    if encoder.blank != "+":
        assert _is_found(text, path=f"/v2/{encoder.encode(text)}")
        assert _is_found(text, query_string=f"next={encoder.encode(pair)}")


@settings(max_examples=examples(150))
@given(
    text=TEXTS,
    json_rules=st.sampled_from(list(JSON.values())),
    url_rules=st.sampled_from(list(URL.values())),
)
def test_a_text_is_found_through_several_encoders(
    text: str, json_rules: JsonRules, url_rules: UrlRules
) -> None:
    """JSON in a URL, and a URL in JSON."""
    body = f'{{"Note":{json_rules.encode(text)}}}'
    assert _is_found(text, query_string=f"data={url_rules.encode(body)}")
    if url_rules.blank != "+":
        link = json_rules.encode(f"https://example.com/?q={url_rules.encode(text)}")
        assert _is_found(text, request_body=f'{{"Link":{link}}}')
