"""Which headers of a call are recorded."""

from collections.abc import Callable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support import LEADS, InProcess, ServerProcess, leadwire

from leadwire.calls.headers import HeaderRule
from leadwire.calls.redaction.tokens import PERSONAL_MARKER
from leadwire.errors import SetupError
from leadwire.settings_sources import load_settings

TARGET = LEADS + "Leads.GetById?id=x"
CREDENTIALS = {
    "Authorization": "Bearer abcdefghijklmnop",
    "Proxy-Authorization": "Basic YWJjOmRlZg==",
    "Cookie": "session=0123456789abcdef",
    "x-api-key": "async_0123456789abcdef",
}
HOP_BY_HOP = {
    "Connection": "keep-alive, X-Only-Here",
    "X-Only-Here": "1",
    "TE": "trailers",
    "Keep-Alive": "timeout=5",
}


def headers_of(text: str) -> dict[str, str]:
    return dict(line.split(": ", 1) for line in text.split("\n") if line)


def test_headers_of_request_and_answer_are_recorded(api: InProcess):
    """In their order, without credentials and without what belongs to the connection alone."""
    sent = {"Content-Type": "text/plain", "X-Note": "łódź".encode().decode("latin-1")}
    answer = api.call("GET", TARGET, headers=sent | CREDENTIALS | HOP_BY_HOP)
    record = api.record(answer)
    assert (
        record.request_headers == "host: leads.example.com\ncontent-type: text/plain\nx-note: łódź"
    )
    kept = headers_of(record.response_headers)
    assert kept["content-type"] == answer.headers["content-type"]
    assert kept["content-length"] == str(len(answer.body))
    assert not record.truncated


def test_no_secret_of_a_header_is_recorded(api: InProcess):
    """By its name, by its look, and the caller's own keys wherever they stand."""
    secrets = {
        "X-Session-Token": "plain-secret-1",
        "X-Note": f"my key is {api.keys.secret_key}",
        "Referer": "https://asha:plain-secret-2@example.com/",
        "X-Auth": "Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJlLXNlY3JldA",
    }
    record = api.record(api.call("GET", TARGET, headers=secrets))
    kept = msgspec.json.encode(record).decode()
    for secret in ("plain-secret", api.keys.secret_key, "eyJhbGciOiJIUzI1NiJ9", "c2lnbmF0dXJl"):
        assert secret not in kept
    assert record.redacted >= 4
    assert set(headers_of(record.request_headers)) >= {"x-session-token", "x-note", "referer"}


def test_personal_values_of_headers_become_tokens(make_api: Callable[..., InProcess]):
    """As everywhere in a call."""
    api = make_api(calls_redact_fields="personal")
    sent = {"X-Note": "about asha@example.com"}
    record = api.record(api.call("GET", TARGET, headers=sent))
    assert "asha@example.com" not in record.request_headers
    assert f"x-note: about {PERSONAL_MARKER}" in record.request_headers


@pytest.mark.parametrize(
    ("wanted", "kept"),
    [
        ("all", {"host", "content-type", "x-note"}),
        ("none", set()),
        ("content-type", {"content-type"}),
        (" X-Note , Connection,Authorization", {"x-note"}),
    ],
)
def test_a_setting_says_which_headers_are_recorded(
    make_api: Callable[..., InProcess], wanted: str, kept: set[str]
):
    """Credentials are recorded whatever it says of them: never."""
    api = make_api(calls_headers=wanted)
    sent = {"Content-Type": "text/plain", "X-Note": "a"} | CREDENTIALS | HOP_BY_HOP
    record = api.record(api.call("GET", TARGET, headers=sent))
    assert set(headers_of(record.request_headers)) == kept


def test_a_wrong_list_of_headers_is_no_setting():
    """The start refuses it."""
    with pytest.raises(SetupError, match="calls_headers"):
        load_settings({"calls_headers": "content type; accept"})


@given(
    st.lists(
        st.tuples(st.from_regex(rb"[a-z][a-z-]{0,9}", fullmatch=True), st.binary(max_size=30))
    ),
    st.integers(0, 200),
)
def test_headers_are_cut_between_lines(headers: list[tuple[bytes, bytes]], bytes_max: int):
    """What is kept is the first of them, whole, and not more than asked for."""
    whole, _ = HeaderRule("all", 1_000_000).lines(headers)
    kept, is_cut = HeaderRule("all", bytes_max).lines(headers)
    assert whole.startswith(kept)
    assert is_cut == (kept != whole)
    assert whole[len(kept) : len(kept) + 1] in ("", "\n") or kept == ""


def test_cut_headers_are_said_to_be_cut(make_api: Callable[..., InProcess]):
    """A limit that cuts says so."""
    api = make_api(calls_headers_bytes_max=40)
    record = api.record(api.call("GET", TARGET, headers={"X-Note": "a" * 100}))
    assert record.request_headers == "host: leads.example.com"
    assert record.truncated


def test_headers_stand_in_every_face_of_a_call(server: ServerProcess):
    """What a caller sent is found by it, and printed by the command line."""
    answer = server.api().call("GET", TARGET, headers={"X-Note": "needle-in-a-header"})
    arguments = ("--q", "needle-in-a-header", "--data", str(server.folder), "--json")
    found = leadwire("calls", "search", *arguments)
    assert answer.call_id in found.stdout
    assert "x-note: needle-in-a-header" in found.stdout
