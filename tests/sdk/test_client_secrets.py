"""No key leaves a client but in the request itself: planted keys are searched for everywhere."""

import asyncio
import copy
import html
import json
import logging
import pickle
import re
import traceback
from base64 import b64encode, encodebytes, urlsafe_b64encode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import httpx2
import msgspec
import pytest
from amounts import examples
from hypothesis import HealthCheck, given
from hypothesis import settings as budget
from hypothesis import strategies as st
from sdk.both import ACCESS_KEY, SECRET_KEY, Driven, Made
from sdk.hostile import HostileServer, raw, whole
from support import leadwire

from leadwire import AsyncClient
from leadwire.calls.sent import SentCall
from leadwire.sdk import CallLog, JsonLinesSink, LoggingSink, SqliteSink, errors
from leadwire.sdk.keys import KeyPair
from leadwire.webhooks import new_secret

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
def test_no_failure_writes_a_key_to_any_sink(
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
        with pytest.raises(errors.Rejected) as caught:
            client.leads.create(
                {"FirstName": ACCESS_KEY, "mx_City": SECRET_KEY, "LastName": ASYNC_KEY}
            )
        assert_clean(f"{caught.value!r} {vars(caught.value)}", "exception")
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
@budget(max_examples=examples(40), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_transports_exception_text_is_redacted(
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


def test_keys_from_the_environment_are_used_and_never_printed(
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
def test_an_invalid_key_is_refused_without_repeating_it(make: Made, key: str) -> None:
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
def test_an_invalid_host_is_refused_without_repeating_it(make: Made, host: str) -> None:
    """People paste URLs with keys in them."""
    with pytest.raises(errors.Misuse) as caught:
        make.client(host=host)
    assert_clean(f"{caught.value} {caught.value!r} {caught.value.args}", "exception")


def test_keys_are_refused_as_headers(make: Made) -> None:
    """A header of the caller's that carries one would pass by everything that keeps it quiet."""
    with pytest.raises(errors.Misuse, match="access_key="):
        make.client(host="x", headers={"X-LSQ-AccessKey": ACCESS_KEY})
    client: Driven = make.client(host="http://127.0.0.1:9")
    for name in ("x-lsq-secretkey", "X-Api-Key"):
        with pytest.raises(errors.Misuse):
            client.with_options(headers={name: SECRET_KEY})


def test_records_are_redacted_like_the_servers_log(make: Made, tmp_path: Path) -> None:
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


def everywhere(spell: Callable[[str], str]) -> str:
    return " ".join(spell(key) for key in (ACCESS_KEY, SECRET_KEY, ASYNC_KEY))


def percented(key: str) -> str:
    return "".join(f"%{ord(character):02X}" for character in key)


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": lambda key: key,
    "upper case": str.upper,
    "lower case": str.lower,
    "in a query": lambda key: quote(key, safe=""),
    "in a query in a query": lambda key: quote(quote(key, safe=""), safe=""),
    "percent-encoded": percented,
    "percent-encoded, lower": lambda key: percented(key).lower(),
    "percent-encoded twice": lambda key: percented(key).replace("%", "%25"),
    "JSON": lambda key: "".join(f"\\u{ord(character):04x}" for character in key),
    "JSON in JSON": lambda key: "".join(f"\\\\u{ord(character):04X}" for character in key),
    "HTML": lambda key: "".join(f"&#{ord(character)};" for character in key),
    "HTML, hexadecimal": lambda key: "".join(f"&#x{ord(character):X};" for character in key),
    "HTML, named": lambda key: key.replace("$", "&dollar;").replace("-", "&hyphen;"),
    "HTML twice": lambda key: "".join(f"&amp;#{ord(character)};" for character in key),
    "HTML of a query": lambda key: html.escape(percented(key)).replace("%", "&#37;"),
    "a query of HTML": lambda key: quote(key.replace("$", "&#36;"), safe=""),
    "base64": lambda key: b64encode(key.encode()).decode(),
    "Basic": lambda key: "Basic " + b64encode(f"{key}:{key}".encode()).decode(),
    "base64, one before": lambda key: b64encode(f"x{key}y".encode()).decode(),
    "base64, two before": lambda key: b64encode(f"xx{key}yy".encode()).decode(),
    "base64 of upper case": lambda key: b64encode(key.upper().encode()).decode(),
    "base64 for a URL": lambda key: urlsafe_b64encode(f">?{key}".encode()).decode(),
    "base64 in a query": lambda key: quote(b64encode(f">>>{key}".encode()).decode(), safe=""),
    "base64 in lines": lambda key: encodebytes(f"{'x' * 50}{key}".encode()).decode(),
    "hexadecimal": lambda key: key.encode().hex(),
    "repr": lambda key: repr(key.encode()),
    "UTF-16": "\0".join,
    "apart": lambda key: "\n".join((key[:9], key[9:])),
}


def looked_for(text: str) -> list[str]:
    """The keys that *text* holds, in whatever spelling it holds them."""
    texts = [text]
    for _ in range(6):
        undone = html.unescape(unquote(texts[-1]))
        undone = re.sub(r"\\+u([0-9a-fA-F]{4})", lambda m: chr(int(m[1], 16)), undone)
        texts.append(undone)
    texts += [re.sub(r"[\s\0]+|\\+[nx]0?", "", found) for found in texts]
    found = []
    for key in (ACCESS_KEY, SECRET_KEY, ASYNC_KEY):
        for one in {key, key.upper(), key.lower()}:
            wanted = [one.lower(), one.encode().hex()]
            found += [key for want in wanted if any(want in t.lower() for t in texts)]
            for offset in range(3):
                core = b64encode(bytes(offset) + one.encode()).decode()[4:-4]
                found += [key for t in texts if core in t.replace("-", "+").replace("_", "/")]
    return sorted(set(found))


KINDS_OF_ANSWER = [
    (500, "text", errors.ServerFault),
    (502, "html", errors.ServerFault),
    (404, "html", errors.OperationUnknown),
    (400, "text", errors.RequestMalformed),
    (401, "html", errors.KeysRefused),
    (403, "html", errors.PermissionMissing),
    (429, "text", errors.RateLimited),
    (302, "html", errors.Redirected),
    (200, "html", errors.AnswerUnreadable),
    (200, "shape", errors.AnswerUnreadable),
    (500, "MXDuplicateEntryException", errors.Duplicate),
    (500, "MXMandatoryAttributeMissingException", errors.MandatoryMissing),
    (500, "MXInvalidInputException", errors.InputInvalid),
    (500, "MXUnknownAttributeException", errors.FieldUnknown),
    (200, "MXInvalidEntityException", errors.NotFound),
    (500, "MXOperationNotAllowedException", errors.NotAllowed),
    (200, "MXOther", errors.Rejected),
]


@pytest.mark.parametrize(("status", "form", "kind"), KINDS_OF_ANSWER)
def test_no_exception_holds_a_key_echoed_by_an_answer(
    make: Made, status: int, form: str, kind: type[errors.SdkError]
) -> None:
    """Of every class, in every spelling: text, arguments, members, frames and the call log."""
    records: list[object] = []

    class Kept:
        def write(self, record: SentCall) -> None:
            records.append(msgspec.structs.asdict(record))

        def close(self) -> None: ...

    for number, (name, spell) in enumerate(SPELLINGS.items()):
        echo, keys_in = everywhere(spell), KEYS_IN[number % 2]

        def respond(_: httpx2.Request, echo: str = echo) -> httpx2.Response:
            if form.startswith("MX"):
                body = json.dumps(
                    {"Status": "Error", "ExceptionType": form, "ExceptionMessage": f"no {echo}."}
                )
            elif form == "shape":
                body = json.dumps([echo])
            else:
                body = f"<html><p>/v2/X?{echo}</p>" if form == "html" else f"wrong: {echo}"
            headers = {"Location": f"https://x.example/?{echo}", "X-Leadwire-Call-Id": echo}
            if not all(character.isprintable() for character in echo):
                headers = {}
            return httpx2.Response(status, content=body.encode(), headers=headers)

        client = make.answered_by(
            respond, async_key=ASYNC_KEY, keys_in=keys_in, retries=0, call_log=CallLog(Kept())
        )
        with pytest.raises(kind) as caught:
            client.leads.get("x")
        for text in (*told(caught.value), repr(records)):
            assert looked_for(text) == [], (name, text[:2000])
        assert type(caught.value) is kind


def test_row_reports_hold_no_key(make: Made) -> None:
    """A success by its status, whose rows say what was refused; what a lead holds stays."""
    for name, spell in SPELLINGS.items():
        message = everywhere(spell)
        row = {"RowNumber": 1, "LeadCreated": False, "LeadUpdated": False, "Status": "Error",
               "ExceptionType": "MXAnyException", "ErrorMessage": message}  # fmt: skip
        client = make.answered_by(
            lambda _, row=row: httpx2.Response(200, json=[row]), async_key=ASYNC_KEY
        )
        (outcome,) = client.leads.create_many([{"EmailAddress": "a@example.com"}])
        assert looked_for(f"{outcome!r} {outcome.error!r} {vars(outcome.error)}") == [], name
    lead = {"ProspectID": "x", "FirstName": SECRET_KEY, "Message": ""}
    client = make.answered_by(lambda _: httpx2.Response(200, json=[lead]))
    assert client.leads.get("x").first_name == SECRET_KEY


@pytest.mark.parametrize("keys_in", KEYS_IN)
@pytest.mark.parametrize(
    "fault",
    [KeyboardInterrupt, SystemExit, ValueError, TypeError, RuntimeError, UnicodeError, MemoryError],
)
def test_an_interrupted_call_shows_no_key(
    make: Made, keys_in: str, fault: type[BaseException]
) -> None:
    """Ctrl-C goes on, without the frames of the HTTP library; a fault of it is a NoAnswer."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        pair = [*request.headers.values(), str(request.url)]  # a frame that holds the keys
        raise fault(f"broken: {pair}") if issubclass(fault, Exception) else fault

    client = make.answered_by(respond, async_key=ASYNC_KEY, keys_in=keys_in, retries=3)
    expected = errors.NoAnswer if issubclass(fault, Exception) else fault

    def ask() -> None:
        if make.kind == "async":
            asyncio.run(made_and_asked(respond, keys_in))
        else:
            client.leads.get("x")

    with pytest.raises(expected) as caught:
        ask()
    for text in (*told(caught.value), *every_frame(caught.value)):
        assert_clean(text, fault.__name__)


async def made_and_asked(respond: Callable[..., httpx2.Response], keys_in: str) -> None:
    """In a loop of its own: a KeyboardInterrupt would end the tests' one."""
    client = AsyncClient(
        host="http://x.example", access_key=ACCESS_KEY, secret_key=SECRET_KEY,
        keys_in=keys_in, transport=httpx2.MockTransport(respond),
    )  # fmt: skip
    await client.leads.get("x")


def every_frame(error: BaseException) -> Iterator[str]:
    """The variables of every frame but those of the tests."""
    shown = traceback.TracebackException.from_exception(error, capture_locals=True)
    for frame in shown.stack:
        if "/tests/" not in frame.filename:
            yield repr(frame.locals)


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Job": "é"},
        {"X-Job": "a\r\nX-Other: b"},
        {"X-Job": "a\0"},
        {"X-Job": " a"},
        {"X-Job": 7},
        {"X-Job": None},
        {"X Job": "a"},
        {"": "a"},
        {"X-Jöb": "a"},
        {7: "a"},
        {"Content-Length": "3"},
        {"transfer-encoding": "chunked"},
    ],
)
def test_an_invalid_header_is_refused_when_the_client_is_made(
    make: Made, headers: dict[Any, Any]
) -> None:
    """With Misuse, whose frames hold neither keys nor the headers."""
    secret = {"X-Secret": ASYNC_KEY}
    for ask in (
        lambda: make.client(host="http://127.0.0.1:9", headers={**secret, **headers}),
        lambda: make.client(host="http://127.0.0.1:9").with_options(headers=secret | headers),
    ):
        with pytest.raises(errors.Misuse) as caught:
            ask()
        for text in told(caught.value):
            assert_clean(text, repr(headers))


def test_good_headers_are_sent(make: Made) -> None:
    """With the client's own, those of the client first."""
    seen: list[httpx2.Request] = []

    def respond(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=[])

    client = make.answered_by(respond, headers={"X-Job": "a b\tc", "X-Empty": ""})
    client.with_options(headers={"X-More": "~"}).leads.get("x")
    assert [seen[0].headers[name] for name in ("x-job", "x-empty", "x-more")] == ["a b\tc", "", "~"]


def test_the_command_line_prints_no_key_echoed_by_an_answer() -> None:
    """``leadwire call``: a page that shows the request, on standard error."""
    for name, spell in SPELLINGS.items():
        body = f"<html>{everywhere(spell)}</html>".encode()
        with HostileServer(whole("404 Not Found", body)) as server:
            result = leadwire(
                "call", "X.svc/Y",
                environment={
                    "LEADWIRE_API_HOST": server.base,
                    "LEADWIRE_ACCESS_KEY": ACCESS_KEY,
                    "LEADWIRE_SECRET_KEY": SECRET_KEY,
                    "LEADWIRE_ASYNC_KEY": ASYNC_KEY,
                },
            )  # fmt: skip
        assert result.exit_code == 1
        assert looked_for(result.output) == [], name


def test_no_frame_of_a_failed_write_shows_a_webhooks_secret_or_a_users_password(
    make: Made,
) -> None:
    """Whether the API refuses it or the SDK: tools print local variables beside a traceback."""
    secret, value = new_secret(), "a-value-of-a-header-or-a-password"
    fault = {"Status": "Error", "ExceptionType": "MXInvalidInputException"}
    client = make.answered_by(lambda _: httpx2.Response(500, json=fault))
    hook = {"url": "https://example.com", "event": 3, "headers": {"x-hook": value}}
    for write in (
        lambda: client.webhooks.create(**hook, secret=secret),
        lambda: client.webhooks.update("x", **hook, secret=secret),
        lambda: client.webhooks.create(**hook, secret=secret, unheard_of=1),
        lambda: client.webhooks.create(**hook, secret=secret[:12]),
        lambda: client.webhooks.rotate_secret("x"),
        lambda: client.users.create(first_name="Asha", password=value),
    ):
        with pytest.raises(errors.SdkError) as refused:
            write()
        local = "".join(every_frame(refused.value))
        assert not any(kept in local for kept in (value, "whsec_", secret[6:]))
