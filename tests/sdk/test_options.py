"""The options of a client: checked when it is made, and clean of secrets whatever fails."""

import asyncio
import copy
import pickle
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from sdk.both import ACCESS_KEY, SECRET_KEY, Made
from sdk.test_client_secrets import told

from leadwire import (
    AsyncClient,
    Attempt,
    BulkResult,
    CallInfo,
    Client,
    Hook,
    Pace,
    RetryPolicy,
    RowOutcome,
)
from leadwire.sdk import errors, rows

ASYNC_KEY = "async_0123456789abcdef0123456789abcdef01234567"
TOKEN = "tok-5e1f9c7a2b8d4e60"  # noqa: S105  # planted
PASSWORD = "proxy-pass-83ab41c9"  # noqa: S105  # planted


class _Waiting(Hook):
    async def before_attempt(self, attempt: object) -> None: ...


WRONG: list[tuple[dict[str, Any], str]] = [
    *(({"timeout": value}, "timeout must be a number of seconds above 0")
      for value in (0, -1, "5", True, float("nan"), float("inf"), 1e12, 10**400, b"5", [5])),
    *(({"retries": value}, "retries must be a whole number") for value in (-1, "2", 1.5, True)),
    *(({"pace": value}, "pace must be the calls") for value in (0, -3, 2.5, True, [1], b"pro")),
    ({"pace": "gold"}, "Unknown plan 'gold'. Choose one of"),
    ({"headers": [("a", "b")]}, "headers must be a mapping"),
    *(({"headers": {name: "x"}}, "a name must be text")
      for name in ("X Job", "", "X-Jöb", 7, "X:Y", "X\r\nY")),
    *(({"headers": {"X-Job": value}}, "the value of X-Job must be text")
      for value in ("é", "a\r\nX-Other: b", "a\0", " a", "a ", 7, None, b"a")),
    *(({"headers": {name: "x"}}, "the client sets")
      for name in ("Host", "content-length", "Transfer-Encoding", "Connection", "Accept-Encoding")),
    *(({"headers": {name: SECRET_KEY}}, "pass keys as access_key=")
      for name in ("x-LSQ-AccessKey", "X-Lsq-SecretKey", "X-API-Key")),
    *(({"proxy": value}, "proxy must be a URL") for value in ("nonsense", 7, "ftp://p:1", "http://",
      f"nonsense://user:{PASSWORD}@p:1", f"http://user:{PASSWORD}@", b"http://p")),
    ({"proxy": "socks5://p:1"}, "pip install socksio"),
    *(({"verify": value}, "verify must be a readable file")
      for value in ("/nowhere.pem", 7, None, __file__, "")),
    *(({"host": value}, "host must be a region") for value in ("ftp://x", "host with blanks",
      "https://", "http://[::1", "x:port", f"ftp://{SECRET_KEY}", "http://x\ny")),
    ({"host": "mumbay"}, "Did you mean 'mumbai'?"),
    ({"host": "leadwire"}, "host is no region"),
    ({"proxy": "http://p:99999"}, "proxy must be a URL"),
    *(({"host": value}, "host must have no user") for value in (f"https://x?secretKey={SECRET_KEY}",
      f"https://user:{SECRET_KEY}@x", "https://x#y")),
    ({"host": "https://x/a b"}, "host has an invalid path"),
    ({"host": "http://api.leadsquared.com"}, "over https only"),
    *(({"host": value}, "No host to send the keys to") for value in ("", "  ", None)),
    ({"host": 7}, "host must be text"),
    ({"discover": 1}, "discover must be True or False"),
    ({"trust_env": "yes"}, "trust_env must be True or False"),
    *(({"keys_in": value}, "keys_in must be 'header' or 'query'") for value in ("body", None, [])),
    *(({name: value}, "another invalid character")
      for name in ("access_key", "secret_key", "async_key")
      for value in ("with blank", "line\nend", "umlaut-ü", "nul\0")),
    *(({name: 7}, f"{name} must be text") for name in ("access_key", "secret_key", "async_key")),
    ({"secret_key": " "}, "The secret key is missing"),
    ({"profile": 7}, "profile must be the name"),
    *(({"answer_bytes_max": value}, "answer_bytes_max must be") for value in (0, -1, "1", 1.5)),
    ({"hooks": [object()]}, "derives from leadwire.Hook"),
    ({"hooks": Hook()}, "hooks must be a list"),
    ({"call_log": "calls.jsonl"}, "call_log must be a CallLog"),
    ({"transport": object()}, "transport must be an httpx2."),
]  # fmt: skip
"""Options, and what the error says. Each says what to write instead."""


def test_invalid_options_are_refused_when_the_client_is_made(make: Made) -> None:
    """As Misuse with what to write instead; no frame of it shows a secret option."""
    secret = {
        "host": "http://127.0.0.1:9", "async_key": ASYNC_KEY,
        "headers": {"Authorization": f"Bearer {TOKEN}"},
        "proxy": f"http://user:{PASSWORD}@127.0.0.1:9",
    }  # fmt: skip
    for options, said in WRONG:
        with pytest.raises(errors.Misuse) as caught:
            make.client(**{**secret, **options})
        assert said in str(caught.value), options
        for text in told(caught.value):
            assert_clean(text, f"{options}")
    if make.kind == "blocking":
        with pytest.raises(errors.Misuse, match="Use AsyncClient"):
            make.client(**secret, hooks=[_Waiting()])


def test_invalid_options_of_a_call_are_refused(make: Made) -> None:
    """By ``with_options``, which checks as the constructor does."""
    client = make.client(host="http://127.0.0.1:9", headers={"X-Token": TOKEN})
    known = ("timeout", "retries", "headers", "hooks", "answer_bytes_max")
    for options, said in WRONG:
        if options.keys() <= set(known):
            with pytest.raises(errors.Misuse) as caught:
                client.with_options(**options)
            assert said in str(caught.value), options
            for text in told(caught.value):
                assert_clean(text, f"{options}")


@pytest.mark.parametrize(
    ("make_policy", "said"),
    [
        (lambda: RetryPolicy(retries=-1), "retries must be a whole number"),
        (lambda: RetryPolicy(backoff_seconds="1"), "backoff_seconds must be a number of seconds"),
        (lambda: RetryPolicy(retry_after_seconds_max=float("nan")), "retry_after_seconds_max must"),
        (lambda: Pace(calls_max=-1), "calls_max must be a whole number"),
        (lambda: Pace(window_seconds=0), "window_seconds must be a number of seconds above 0"),
    ],
)
def test_invalid_policies_are_refused(make_policy: Callable[[], object], said: str) -> None:
    """Where they are made."""
    with pytest.raises(errors.Misuse, match=said):
        make_policy()


SECRET_OPTIONS: dict[str, dict[str, Any]] = {
    "keys in headers": {},
    "keys in the query": {"keys_in": "query"},
    "async key": {"async_key": ASYNC_KEY},
    "a bearer token": {"headers": {"Authorization": f"Bearer {TOKEN}"}},
    "a cookie": {"headers": {"Cookie": f"session={TOKEN}"}},
    "a header named token": {"headers": {"X-Gateway-Token": TOKEN}},
    "a proxy's password": {"proxy": f"http://user:{PASSWORD}@127.0.0.1:9"},
}
SECRETS = (ACCESS_KEY, SECRET_KEY, ASYNC_KEY, TOKEN, PASSWORD)


def assert_clean(text: str, where: str) -> None:
    for secret in SECRETS:
        for form in (secret, quote(secret, safe=""), b64encode(secret.encode()).decode()[4:-4]):
            assert form not in text, f"{where}: {form} in {text[:3000]}"


def _echo(request: httpx2.Request) -> str:
    """All that the request held, as a server's error page shows it, and a proxy's password."""
    sent = " ".join(f"{name}: {value}" for name, value in request.headers.items())
    basic = b64encode(f"user:{PASSWORD}".encode()).decode()
    return f"{request.url} {sent} proxy-authorization: Basic {basic} {ASYNC_KEY}"


def _answer(status: int, kind: str = "") -> Callable[[httpx2.Request], httpx2.Response]:
    def respond(request: httpx2.Request) -> httpx2.Response:
        echo = _echo(request)
        body = (
            {"Status": "Error", "ExceptionType": kind, "ExceptionMessage": echo} if kind else echo
        )
        headers = {"Location": f"/x?{quote(echo)}", "X-Echo": echo, "X-Leadwire-Call-Id": echo}
        return httpx2.Response(status, json=body, headers=headers)

    return respond


def _raising(kind: type[httpx2.RequestError]) -> Callable[[httpx2.Request], httpx2.Response]:
    def respond(request: httpx2.Request) -> httpx2.Response:
        raise kind(f"failed: {_echo(request)}", request=request)

    return respond


class _Respond:
    now: Callable[[httpx2.Request], httpx2.Response]

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        return self.now(request)


FAILURES: dict[type[errors.SdkError], Callable[[httpx2.Request], httpx2.Response]] = {
    errors.ConnectFailed: _raising(httpx2.ConnectError),
    errors.ConnectionLost: _raising(httpx2.ReadError),
    errors.TimedOut: _raising(httpx2.ReadTimeout),
    errors.AnswerUnreadable: lambda request: httpx2.Response(200, text=_echo(request)),
    errors.KeysRefused: _answer(401),
    errors.PermissionMissing: _answer(403),
    errors.RateLimited: _answer(429),
    errors.RequestMalformed: _answer(400),
    errors.OperationUnknown: _answer(404),
    errors.Redirected: _answer(302),
    errors.Rejected: _answer(200, "MXSomeException"),
    errors.InputInvalid: _answer(500, "MXInvalidInputException"),
    errors.MandatoryMissing: _answer(500, "MXMandatoryFieldMissingException"),
    errors.Duplicate: _answer(500, "MXDuplicateEntryException"),
    errors.FieldUnknown: _answer(500, "MXUnknownAttributeException"),
    errors.NotFound: _answer(500, "MXInvalidEntityException"),
    errors.NotAllowed: _answer(500, "MXOperationNotAllowedException"),
    errors.ServerFault: _answer(502),
}
NEVER_FROM_A_CALL = {
    errors.Misuse, errors.KeysMissing, errors.HostMissing, errors.InvalidValue, errors.ClientClosed,
    errors.HostNotFound, rows.IdMissing, errors.NoAnswer, errors.Answered, errors.Refused,
    errors.BulkFailed, errors.BulkStopped,
}  # fmt: skip


def classes(root: type[errors.SdkError] = errors.SdkError) -> Iterator[type[errors.SdkError]]:
    yield root
    for kind in root.__subclasses__():
        yield from classes(kind)


def test_no_option_leaks_through_any_exception(make: Made) -> None:
    """Whatever an answer echoes: text, members, frames, the call's facts, and the pickled form."""
    for name, options in SECRET_OPTIONS.items():
        respond = _Respond()
        client = make.answered_by(respond, **{"retries": 0, "async_key": ASYNC_KEY, **options})
        for kind, respond.now in FAILURES.items():
            ask = client.leads.get if len(kind.__name__) % 2 else client.later.lead_status
            with pytest.raises(kind) as caught:
                ask("x")
            assert type(caught.value) is kind
            where = f"{name}, {kind.__name__}"
            for text in (*told(caught.value), f"{caught.value.call.to_dict()}"):
                assert_clean(text, where)
            assert_clean(pickle.dumps(caught.value).decode("latin-1"), where)
        for thing in (client.target, client.target._options, client.target._shared):
            assert_clean(f"{thing!r}", name)
    leadwires = {kind for kind in classes() if kind.__module__.startswith("leadwire.")}
    assert leadwires - NEVER_FROM_A_CALL - {errors.SdkError} == set(FAILURES)


def test_a_result_and_its_call_show_no_secret(make: Made) -> None:
    """A success that echoes the request in its headers."""

    def respond(request: httpx2.Request) -> httpx2.Response:
        headers = {"X-Echo": _echo(request), "X-Leadwire-Call-Id": SECRET_KEY}
        return httpx2.Response(200, json=[{"ProspectID": "x"}], headers=headers)

    for name, options in SECRET_OPTIONS.items():
        lead = make.answered_by(respond, **{"async_key": ASYNC_KEY, **options}).leads.get("x")
        for text in (f"{lead.call!r} {lead.call.to_dict()} {lead.call.headers!r}", repr(lead)):
            assert_clean(text, name)
        assert_clean(pickle.dumps(lead).decode("latin-1"), name)
        assert "x-echo" in lead.call.headers


def _made(kind: type[errors.SdkError]) -> errors.SdkError:
    if issubclass(kind, errors.NoAnswer | errors.Answered):
        call = CallInfo(operation="Lead.Create", status=500, headers={"a": "b"}, call_id="c-1")
        more: Mapping[str, Any] = (
            {"body": b"{}", "exception_type": "MX", "message": "no", "retry_after_seconds": 2.5}
            if issubclass(kind, errors.Answered)
            else {}
        )
        return kind("text", call=call, maybe_applied=True, **more)  # type: ignore[call-arg]
    refused = errors.Rejected("no", call=CallInfo(call_id="c-2"))
    outcome = RowOutcome(number=1, row={"FirstName": "A"}, status="failed", error=refused)
    result = BulkResult((outcome,))
    if kind is errors.BulkStopped:
        return errors.BulkStopped(refused, result)
    return errors.BulkFailed(result) if kind is errors.BulkFailed else kind("text")


def test_every_exception_can_be_copied() -> None:
    """By pickle at each protocol, copy and deepcopy: class, text, members and notes stay."""
    for kind in classes():
        error = _made(kind)
        error.add_note("while importing")
        copies = [pickle.loads(pickle.dumps(error, protocol)) for protocol in range(6)]  # noqa: S301
        for copied in (*copies, copy.copy(error), copy.deepcopy(error)):
            assert type(copied) is kind
            assert (str(copied), copied.args) == (str(error), error.args)
            assert repr(vars(copied)) == repr(vars(error))
            assert (copied.call_id, copied.operation) == (error.call_id, error.operation)


def _fail(path: Path) -> None:
    """In a worker process: a call that is refused."""
    transport = httpx2.MockTransport(_answer(500, "MXDuplicateEntryException"))
    with Client(
        host="http://x.example", access_key=ACCESS_KEY, secret_key=SECRET_KEY, transport=transport,
    ) as client:  # fmt: skip
        client.leads.create(first_name=path.name)


def test_an_exception_survives_a_process_pool(tmp_path: Path) -> None:
    """The caller gets the exception of the worker, with its call, and the pool goes on."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        for _ in range(2):
            with pytest.raises(errors.Duplicate) as caught:
                pool.submit(_fail, tmp_path).result()
            assert caught.value.call.operation == "Lead.Create"
            assert caught.value.exception_type == "MXDuplicateEntryException"


def test_a_client_of_the_other_kind_is_named_for_a_wrong_transport() -> None:
    """A blocking transport cannot serve the asynchronous client, nor the other way round."""
    pair = {"host": "http://x", "access_key": "a" * 8, "secret_key": "b" * 8}
    with (
        httpx2.HTTPTransport() as transport,
        pytest.raises(errors.Misuse, match="Client takes the other"),
    ):
        AsyncClient(**pair, transport=transport)  # type: ignore[arg-type]
    waiting = httpx2.AsyncHTTPTransport()
    with pytest.raises(errors.Misuse, match="AsyncClient takes the other"):
        Client(**pair, transport=waiting)  # type: ignore[arg-type]
    asyncio.run(waiting.aclose())


def test_the_password_of_the_environments_proxy_is_masked(
    make: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proxy may show it on its error page."""
    monkeypatch.setenv("https_proxy", f"http://user:{PASSWORD}@127.0.0.1:9")
    client = make.answered_by(FAILURES[errors.ServerFault], retries=0, async_key=ASYNC_KEY)
    with pytest.raises(errors.ServerFault) as caught:
        client.leads.get("x")
    for text in told(caught.value):
        assert_clean(text, "proxy")


class _Signing(Hook):
    def before_attempt(self, attempt: Attempt) -> None:
        attempt.add_header("Authorization", f"Bearer {TOKEN}")


def test_a_secret_that_a_hook_adds_is_masked(make: Made) -> None:
    """As those of the options are, in each attempt."""
    for kind in (errors.Rejected, errors.ServerFault, errors.ConnectionLost):
        client = make.answered_by(
            FAILURES[kind], hooks=[_Signing()], retries=1, async_key=ASYNC_KEY,
            **SECRET_OPTIONS["a proxy's password"],
        )  # fmt: skip
        with pytest.raises(kind) as caught:
            client.leads.get("x")
        for text in (*told(caught.value), f"{caught.value.call.to_dict()}"):
            assert_clean(text, kind.__name__)


def test_a_key_split_among_headers_is_masked(make: Made) -> None:
    """Lines of one name, and headers that follow each other; also of a success."""
    half = len(SECRET_KEY) // 2
    halves = (SECRET_KEY[:half], SECRET_KEY[half:])
    for names in (("X-Echo", "X-Echo"), ("X-Echo-A", "X-Echo-B")):
        headers = list(zip(names, halves, strict=True))
        for status in (200, 404):
            client = make.answered_by(
                lambda _, status=status, headers=headers: httpx2.Response(
                    status, json=[{"ProspectID": "x"}], headers=headers
                ),
                retries=0,
            )
            try:
                call = client.leads.get("x").call
            except errors.OperationUnknown as error:
                call = error.call
            assert halves[0] not in repr(call.to_dict())
