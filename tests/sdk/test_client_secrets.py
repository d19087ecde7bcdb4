"""No key leaves a client but in the request itself: planted keys are searched for everywhere."""

import copy
import json
import logging
import pickle
import traceback
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from sdk.both import ACCESS_KEY, SECRET_KEY, Driven, Made
from sdk.hostile import HostileServer, raw, whole

from leadwire.sdk import CallLog, JsonLinesSink, LoggingSink, SqliteSink, errors
from leadwire.sdk.keys import KeyPair

ASYNC_KEY = "5e7d9c1b-planted-async-3f8a6b2c4d0e"
KEYS_IN = ("header", "query")
FORMS = tuple(
    form
    for key in (ACCESS_KEY, SECRET_KEY, ASYNC_KEY)
    for form in (key, quote(key, safe=""), key.removeprefix("u$r"))
)

ECHO = b'{"Status":"Error","ExceptionType":"MXAnyException","ExceptionMessage":"no lead %s"}'


def assert_clean(text: str, where: str) -> None:
    assert [form for form in FORMS if form in text] == [], f"{where}: {text[:2000]}"


def told(error: BaseException) -> Iterator[str]:
    """Everything that can be read off an exception, also by a tool that shows frames' locals."""
    seen: BaseException | None = error
    while seen is not None:
        yield from (str(seen), repr(seen), repr(seen.args), repr(vars(seen)))
        yield "".join(traceback.format_exception(seen))
        shown = traceback.TracebackException.from_exception(seen, capture_locals=True)
        for frame in shown.stack:
            # The test's own frames hold the planted keys.
            if "/sdk/" in frame.filename and "/tests/" not in frame.filename:
                yield repr(frame.locals)
        seen = seen.__cause__ or seen.__context__


@pytest.mark.parametrize("keys_in", KEYS_IN)
def test_keys_are_in_no_sink_whatever_goes_wrong(
    make: Made, tmp_path: Path, caplog: pytest.LogCaptureFixture, keys_in: str
) -> None:
    """Exceptions with their frames, every logger at DEBUG, files of every sink, and reprs."""
    caplog.set_level(logging.DEBUG)
    logging.getLogger("httpcore2").setLevel(logging.DEBUG)
    log = CallLog(
        LoggingSink(), JsonLinesSink(tmp_path / "calls.jsonl"), SqliteSink(tmp_path / "c.sqlite")
    )
    echo = ECHO % f"{ACCESS_KEY} {SECRET_KEY} {quote(ACCESS_KEY, safe='')} {ASYNC_KEY}".encode()
    behaviours = [
        whole("200 OK", b'[{"ProspectID":"x"}]'),
        whole("200 OK", b"<html>"),
        whole("302 Found", b"", "Location: http://127.0.0.1:9/"),
        raw(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n["),
        raw(b"nonsense\r\n\r\n"),
        whole("401 Unauthorized", b"x-api-key"),
        whole("200 OK", b"<html>"),
        whole("500 Internal Server Error", echo),
    ]
    with HostileServer(*behaviours) as server:
        base = server.base
        client = make.client(
            host=server.base, async_key=ASYNC_KEY, keys_in=keys_in, retries=0, call_log=log
        )
        assert client.leads.get("x").id == "x"
        # The last two carry the async key, alone and beside the pair.
        asks = [*[client.leads.get] * 4, client.later.lead_status, client.later.capture_lead]
        for ask, argument in zip(asks, [*["x"] * 5, {"FirstName": "Asha"}], strict=True):
            with pytest.raises(errors.SdkError) as caught:
                ask(argument)
            for text in told(caught.value):
                assert_clean(text, "exception")
        with pytest.raises(errors.Rejected):
            # The server repeats the keys in its answer: what it says is its own, not the log's.
            client.leads.create(
                {"FirstName": ACCESS_KEY, "mx_City": SECRET_KEY, "LastName": ASYNC_KEY}
            )
        assert ASYNC_KEY.encode() in server.requests[-2]
        alone = [head for head in server.requests if b"/lead/status" in head]
        assert all(
            ACCESS_KEY.encode() in head or b"%24" in head
            for head in server.requests
            if head not in alone
        )
        assert len(alone) == 1
        assert ASYNC_KEY.encode() in alone[0]
        assert SECRET_KEY.encode() not in alone[0]
    unreachable = make.client(host=base, keys_in=keys_in, retries=0, call_log=log)
    with pytest.raises(errors.ConnectFailed) as refused:
        unreachable.leads.get("x")
    for text in told(refused.value):
        assert_clean(text, "exception")
    log.close()
    assert_clean(caplog.text, "loggers")
    for path in tmp_path.iterdir():
        assert_clean(path.read_bytes().decode("latin-1"), path.name)
    for thing in (client.target, client.leads.target, client.target._shared, client.target._wire):
        assert_clean(repr(thing), "repr")
        assert_clean(repr(vars(thing) if hasattr(thing, "__dict__") else thing), "vars")
    assert log.lost == 0


@pytest.mark.parametrize("keys_in", KEYS_IN)
def test_the_server_gets_both_keys(make: Made, keys_in: str) -> None:
    """In headers by default; in the query by option, and then in no header."""
    seen: list[httpx2.Request] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=[])

    make.answered_by(respond, keys_in=keys_in).leads.get("x")
    (request,) = seen
    pair = (request.headers.get("x-lsq-accesskey"), request.headers.get("x-lsq-secretkey"))
    query = (request.url.params.get("accessKey"), request.url.params.get("secretKey"))
    found, empty = (pair, query) if keys_in == "header" else (query, pair)
    assert found == (ACCESS_KEY, SECRET_KEY)
    assert empty == (None, None)
    assert request.url.params["id"] == "x"


class _Repeating:
    """A transport of somebody else, which puts the request into its exception."""

    def __init__(self, fault: type[httpx2.TransportError], words: str) -> None:
        self._fault = fault
        self._words = words

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        heads = " ".join(f"{name}: {value}" for name, value in request.headers.items())
        raise self._fault(f"{self._words} {request.url} {heads}", request=request)


@given(
    fault=st.sampled_from(
        [httpx2.ReadError, httpx2.ConnectError, httpx2.LocalProtocolError, httpx2.ReadTimeout]
    ),
    words=st.text(max_size=20),
    keys_in=st.sampled_from(KEYS_IN),
)
@budget(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_transport_that_tells_all_is_not_repeated(
    make: Made,
    caplog: pytest.LogCaptureFixture,
    fault: type[httpx2.TransportError],
    words: str,
    keys_in: str,
) -> None:
    """Its exception's text is redacted, and the exception itself is left behind."""
    caplog.set_level(logging.DEBUG)
    client = make.answered_by(
        _Repeating(fault, words), async_key=ASYNC_KEY, keys_in=keys_in, call_log=CallLog()
    ).with_options(retries=0)
    for ask in (client.leads.get, client.later.lead_status):
        with pytest.raises(errors.NoAnswer) as caught:
            ask("x")
        for text in told(caught.value):
            assert_clean(text, "exception")
    assert_clean(caplog.text, "loggers")


def test_keys_of_the_environment_are_taken_and_told_nowhere(
    make: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the host; what is passed comes first, and what is missing is named."""
    monkeypatch.setenv("LEADWIRE_ACCESS_KEY", ACCESS_KEY)
    monkeypatch.setenv("LEADWIRE_API_HOST", "https://api-in21.leadsquared.com")
    with pytest.raises(errors.KeysMissing, match="LEADWIRE_SECRET_KEY") as caught:
        make.client(access_key=None, secret_key=None)
    for text in told(caught.value):
        assert_clean(text, "exception")
    monkeypatch.setenv("LEADWIRE_SECRET_KEY", SECRET_KEY)
    client = make.client(access_key=None, secret_key=None)
    assert client.host() == "https://api-in21.leadsquared.com"
    assert_clean(repr(client.target), "repr")


@pytest.mark.parametrize("key", ["with blank", "line\nend", "umlaut-ü", " ", "nul\0"])
def test_a_key_that_cannot_be_one_is_refused_unsaid(make: Made, key: str) -> None:
    """A line end would be another header; the text does not repeat it."""
    with pytest.raises(errors.Misuse) as caught:
        make.client(secret_key=key)
    if key.strip():
        with pytest.raises(errors.Misuse, match="async key"):
            make.client(async_key=key)
    assert key not in str(caught.value) or not key.strip()


def test_a_key_pair_is_neither_pickled_nor_shown() -> None:
    """By no way that Python has of showing or copying an object to elsewhere."""
    pair = KeyPair(ACCESS_KEY, SECRET_KEY, ASYNC_KEY)
    assert_clean(f"{pair} {pair!r} {[pair]}", "repr")
    for way in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(errors.Misuse):
            way(pair)


@pytest.mark.parametrize(
    "host",
    [
        f"https://{quote(ACCESS_KEY, safe='')}:x@api.leadsquared.com",
        f"https://api.leadsquared.com/v2?accessKey={ACCESS_KEY}&secretKey={SECRET_KEY}",
        f"ftp://{SECRET_KEY}",
        "http://api.leadsquared.com",
        "https://",
        "host with blanks",
        "http://[::1",
    ],
)
def test_a_host_that_cannot_be_one_is_refused_unsaid(make: Made, host: str) -> None:
    """People paste URLs with keys in them."""
    with pytest.raises(errors.Misuse) as caught:
        make.client(host=host)
    assert_clean(f"{caught.value} {caught.value!r} {caught.value.args}", "exception")


def test_keys_are_taken_as_keys_alone(make: Made) -> None:
    """A header of the caller's that carries one would pass by everything that keeps it quiet."""
    with pytest.raises(errors.Misuse, match="access_key="):
        make.client(host="x", headers={"X-LSQ-AccessKey": ACCESS_KEY})
    client: Driven = make.client(host="http://127.0.0.1:9")
    for name in ("x-lsq-secretkey", "X-Api-Key"):
        with pytest.raises(errors.Misuse):
            client.with_options(headers={name: SECRET_KEY})


def test_what_is_recorded_is_redacted_like_the_servers_log(make: Made, tmp_path: Path) -> None:
    """The keys wherever they stand, and secrets of others by their names."""
    path = tmp_path / "calls.jsonl"
    log = CallLog(JsonLinesSink(path))

    def respond(_: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(500, content=ECHO % SECRET_KEY.encode())

    client = make.answered_by(respond, call_log=log)
    body: Any = {"note": f"my {SECRET_KEY}", "password": "hush-7f3a"}
    with pytest.raises(errors.Rejected):
        client.raw("POST", f"/v2/{quote(ACCESS_KEY, safe='')}", body=body, query={"token": "t-9"})
    log.close()
    kept = path.read_text()
    assert_clean(kept, "file")
    assert ("hush-7f3a" in kept, "t-9" in kept) == (False, False)
    assert json.loads(kept)["redacted"] >= 4
