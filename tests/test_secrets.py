"""No secret survives: planted everywhere a caller can put one, searched for in every sink."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, unquote, urlencode

import pytest
from amounts import examples
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import LEADS, Answer, Api, InProcess, ServerProcess, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.calls.redaction.redactor import KEY_PARAMETERS, Redactor, lift_keys
from leadwire.calls.redaction.secrets import HEADER_LISTS, MARKER
from leadwire.recording.draft import Keys
from leadwire.recording.recorder import KEY_HEADERS
from leadwire.recording.unread import unread_request

ACCESS_KEY = "u$r0123456789abcdef0123456789abcdef"
SECRET_KEY = "fedcba9876543210fedcba9876543210fedcba98"  # noqa: S105  # made up
FOREIGN = "not-for-your-log-7f3a"
_LIMIT = 1_000_000


def test_what_is_redacted_by_name_is_pinned() -> None:
    """A deletion here is the change under review: a name that leaves stays in logs for ever."""
    assert set(KEY_PARAMETERS) == {"accesskey", "secretkey"}
    assert set(KEY_HEADERS) == {
        b"x-lsq-accesskey",
        b"x-lsq-secretkey",
        b"x-lsq-access-key",
        b"x-lsq-secret-key",
        b"x-api-key",
    }
    assert {"customheaders"} <= HEADER_LISTS


def percent(text: str) -> str:
    return "".join(f"%{ord(letter):02X}" for letter in text)


def escaped(text: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in text)


def plant(api: Api) -> Iterator[Answer]:
    """Calls that are refused or only read, with the keys in every place and spelling."""
    access, secret = api.keys.access_key, api.keys.secret_key
    users = "/v2/UserManagement.svc/Users.Get"
    both = urlencode({"accessKey": access, "secretKey": secret})
    for query in (
        both,
        f"accessKey={access}&secretKey={secret}",
        f"ACCESSKEY={access}&SecretKey={secret}",
        f"%61ccessKey={quote(access)}&secret%4Bey={percent(secret)}",
        f"accessKey={access}&accessKey={access}&secretKey={secret}&secretKey={secret}",
        f"{both}&access_key={access}&secret-key={secret}",
        f"{both}&note={access}&other={percent(secret)}&{secret}=1&{percent(access)}",
        f"accessKey={access}&secretKey=wrong-{secret}",
    ):
        yield api.call("GET", f"{users}?{query}", keys="none")
    for names in (
        ("x-lsq-accesskey", "x-lsq-secretkey"),
        ("X-LSQ-ACCESS-KEY", "X-LSQ-SECRET-KEY"),
    ):
        headers = dict(zip(names, (access, secret), strict=True))
        yield api.call("GET", users, keys="none", headers=headers)
    agent = {"User-Agent": f"client {access}", "Accept": secret, "Referer": f"/?a={access}"}
    yield api.call("GET", users, headers=agent | {"Authorization": f"Bearer {secret}"})
    yield api.call("POST", LEADS + "Lead.Create", "x", headers={"Content-Type": f"a/{secret}"})
    yield api.call("GET", f"/v2/{access}/{secret}")
    yield api.call("GET", f"/v2/{percent(access)}/{percent(secret)}")
    yield api.call("GET", f"{LEADS}Leads.GetByQuickSearch?key={quote(access)}")
    for body in bodies(access, secret):
        for operation in ("Lead.Create", "Leads.Get", "Nothing"):
            headers = {"Content-Type": "application/json"}
            yield api.call("POST", LEADS + operation, body, headers=headers)
    for path in ("/console/api-logs", "/metrics", "/healthz", "/openapi.json"):
        yield api.call("GET", f"{path}?{both}")


def bodies(access: str, secret: str) -> Iterator[bytes]:
    """Bodies that no operation accepts, with the keys at any depth and in any spelling."""
    tree: Any = {"accessKey": access, "secretKey": secret, "note": f"{access} {secret}"}
    pair = [{"Attribute": "mx_No", "Value": access}, {"Attribute": "secretKey", "Value": secret}]
    inside = json.dumps(json.dumps({"a": json.dumps(tree)}))
    texts = [
        json.dumps(pair),
        json.dumps([{"Attribute": "mx_No", "Value": json.dumps(tree)}]),
        json.dumps([{"Attribute": "mx_No", "Value": urlencode(tree)}]),
        inside,
        f'[{{"Attribute":"mx_No","Value":"{escaped(access)} {escaped(secret)}"}}]',
        f'[{{"Attribute":"mx_No","{escaped(access)}":"{escaped(secret)}"}}]',
        json.dumps(tree)[:-3],
        f'[{{"{escaped("accessKey")}":"{escaped(access)}',
        f"{access} {secret}",
        urlencode(tree),
        f"note={percent(access)}&x={percent(secret)}",
        "[" * 3000 + json.dumps(tree),
    ]
    for _ in range(100):
        tree = {"deep": [tree]}
    texts.append(json.dumps(tree))
    for text in texts:
        yield text.encode()
        yield b"\xef\xbb\xbf" + text.encode()
    yield json.dumps(pair).encode("utf-16")
    yield f"{access} {secret}".encode("utf-16-le")
    yield json.dumps(pair).encode("utf-16-be")
    yield b"\xff\xfe\xfd" + json.dumps(pair).encode()


def spellings(secret: str) -> dict[str, bytes]:
    """Every form in which *secret* could still be read in a sink."""
    core = secret.removeprefix("u$r")
    return {
        "plain": core.encode(),
        "UTF-16, little end first": core.encode("utf-16-le"),
        "UTF-16, big end first": core.encode("utf-16-be"),
        "percent-encoded": percent(core).encode(),
        "JSON-escaped": escaped(core).encode(),
        "JSON-escaped twice": escaped(core).replace("\\", "\\\\").encode(),
        "NULs as escapes": "\\x00".join(core).encode(),
        "NULs in JSON": "\\u0000".join(core).encode(),
    }


def sinks(server: ServerProcess, api: Api) -> Iterator[tuple[str, bytes]]:
    """Everything that was written or can be read, by a name for it."""
    for path in sorted(server.folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(server.folder)), path.read_bytes()
    yield "standard output", server.output.read_bytes()
    yield "standard error", server.errors.read_bytes()
    yield "/metrics", api.get("/metrics").body
    form = urlencode({"email": api.keys.user_email, "password": api.keys.password})
    signed_in = api.call(
        "POST",
        "/console/sign-in",
        form,
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        keys="none",
    )
    assert signed_in.status == 303, signed_in.body
    cookie = {"Cookie": signed_in.headers["set-cookie"].partition(";")[0]}
    page = api.call("GET", "/console/api-logs.json", headers=cookie, keys="none")
    assert page.status == 200, page.body
    calls = page.json["calls"]
    assert len(calls) > 50
    yield "api-logs.json", page.body
    for path in (".csv", ""):
        yield path, api.call("GET", f"/console/api-logs{path}", headers=cookie, keys="none").body
    for call in calls[:100]:
        target = f"/console/api-logs/{call['call_id']}"
        yield target, api.call("GET", target, headers=cookie, keys="none").body
    data = ("--data", str(server.folder))
    for words in (("search", "--json", "--limit", "500"), ("search",), ("export",)):
        yield " ".join(words), leadwire("calls", *words, *data).stdout.encode()
    shown = leadwire("calls", "show", calls[0]["call_id"], *data)
    yield "calls show", shown.stdout.encode()


def test_planted_keys_are_in_no_sink(server: ServerProcess, keys: FirstAccount) -> None:
    """Files, write-ahead logs, output, pages, JSON, CSV, metrics and the command line."""
    api = server.api()
    answered = list(plant(api))
    assert {answer.status for answer in answered} <= {200, 303, 400, 401, 404, 500}
    forms = [
        (f"{whose}, {form}", pattern)
        for whose, key in (("access key", keys.access_key), ("secret key", keys.secret_key))
        for form, pattern in spellings(key).items()
    ]
    found = [
        (sink, form)
        for sink, content in sinks(server, api)
        for form, pattern in forms
        if pattern in content or pattern.lower() in content
    ]
    assert found == []


@pytest.mark.parametrize(
    "body",
    [
        {"password": FOREIGN},
        {"Token": FOREIGN, "x": [{"client-secret": FOREIGN}]},
        [{"Attribute": "API Key", "Value": FOREIGN}],
        {"Fields": [{"SchemaName": "Password", "Value": FOREIGN}]},
        {"headers": [{"Key": "Authorization", "Value": FOREIGN}]},
        {"CustomHeaders": [{"Key": "x-anything", "Value": FOREIGN}]},
        {"customheaders": [{"value": FOREIGN}, {"Key": ["a"], "Value": {"b": FOREIGN}}]},
        {"custom_headers": FOREIGN},
        {"CustomHeaders": [FOREIGN]},
        {"text": json.dumps({"CustomHeaders": [{"Key": "x", "Value": FOREIGN}]})},
        {"secret": {"nested": [FOREIGN]}},
        {"text": json.dumps({"refresh_token": FOREIGN})},
        {"text": f"a=1&pwd={FOREIGN}"},
        {"URL": f"https://example.com/hook?token={FOREIGN}&a=1"},
        {"URL": f"https://example.com/hook#access_token={FOREIGN}"},
    ],
)
def test_a_secret_of_somebody_else_is_known_by_its_name(api: InProcess, body: object) -> None:
    """In JSON at any depth, in JSON within a string and in a form within one."""
    record = api.record(api.post(LEADS + "Lead.Create", body))
    assert FOREIGN not in record.request_body
    assert record.redacted
    form = api.call("POST", LEADS + "Lead.Create", f"token={FOREIGN}&b=2")
    assert FOREIGN not in api.record(form).request_body


def test_what_is_no_secret_is_kept_as_it_was_sent(api: InProcess) -> None:
    """Not a byte of an ordinary body or query is changed."""
    body = '[ {"Attribute" : "FirstName", "Value" : "Ren\\u00e9e = 100% & more"} ]'
    answer = api.call("POST", LEADS + "Lead.Create?b=%20x&a=1&a=+", body)
    record = api.record(answer)
    assert (record.request_body, record.query_string) == (body, "b=%20x&a=1&a=+")
    assert record.redacted == 0


_TREES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def planted(draw: st.DrawFn) -> bytes:
    """JSON with a key somewhere: as a value, in a text, as a name, escaped, within JSON."""
    secret = draw(st.sampled_from([ACCESS_KEY, SECRET_KEY]))
    node: Any = draw(st.sampled_from([secret, f"a {secret} b", {secret: 1}, [secret]]))
    for _ in range(draw(st.integers(0, 5))):
        wrap = draw(st.sampled_from(["object", "array", "string"]))
        if wrap == "object":
            node = {draw(st.text(max_size=5)): node, "other": draw(_TREES)}
        elif wrap == "array":
            node = [draw(_TREES), node]
        else:
            node = json.dumps(node, ensure_ascii=draw(st.booleans()))
    text = json.dumps(node, ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):
        text = text.replace(secret, escaped(secret))
    if draw(st.booleans()):
        text = text[: draw(st.integers(text.find(secret) + len(secret), len(text)))]
    return text.encode(draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])))


@given(body=planted())
@budget(max_examples=examples(500))
def test_no_body_keeps_a_key(body: bytes) -> None:
    """Whatever surrounds it, whole or cut off, in whatever encoding."""
    kept = Redactor((ACCESS_KEY, SECRET_KEY)).body(body, _LIMIT)
    assert_unreadable(kept)


@given(
    key=st.sampled_from([ACCESS_KEY, SECRET_KEY]),
    encoded=st.lists(st.booleans(), min_size=40, max_size=40),
    name=st.sampled_from(["accessKey", "secretkey", "note", "", "a%5Bb%5D"])
    | st.text("abc%", max_size=4),
    rest=st.text("abc=&%+", max_size=10),
)
@budget(max_examples=examples(500))
def test_no_query_keeps_a_key(key: str, encoded: list[bool], name: str, rest: str) -> None:
    """However its letters are encoded, and whatever the parameter is called."""
    value = "".join(
        percent(letter) if hide else letter for letter, hide in zip(key, encoded, strict=False)
    )
    query = f"{rest}&{name}={value}"
    left, _ = lift_keys(query.encode())
    kept = Redactor((ACCESS_KEY, SECRET_KEY)).query(left.decode())
    assert_unreadable(unquote(kept))


@given(text=st.text())
@budget(max_examples=examples(300))
def test_a_cut_body_keeps_no_piece_of_a_key(text: str) -> None:
    """Redaction comes before cutting: a limit cannot leave half a key behind."""
    body = json.dumps({"note": text + SECRET_KEY}, ensure_ascii=False).encode()
    for limit in range(len(body) - len(SECRET_KEY), len(body), 7):
        kept = Redactor((ACCESS_KEY, SECRET_KEY)).body(body, limit)
        assert SECRET_KEY[:16] not in kept
        assert len(kept.encode()) <= limit


def assert_unreadable(kept: str) -> None:
    for key in (ACCESS_KEY, SECRET_KEY):
        for form, pattern in spellings(key).items():
            assert pattern.lower() not in kept.encode().lower(), form


def test_lifted_keys_are_the_first_of_each() -> None:
    """A repeated key cannot smuggle a second value past; all of them are taken out."""
    left, pair = lift_keys(b"accessKey=a%24b&x=1&ACCESSKEY=c&secretkey=d+e&%73ecretKey=f")
    assert left == b"x=1"
    assert pair == ["a$b", "d+e"]


def test_the_marker_stands_where_the_secret_stood() -> None:
    """The reader sees that something was there."""
    redactor = Redactor((ACCESS_KEY, SECRET_KEY))
    assert redactor.text(f"a {ACCESS_KEY} b") == f"a {MARKER} b"
    assert redactor.count == 1


def test_keys_are_shown_by_no_repr() -> None:
    """Neither a draft nor a key pair prints what it holds."""
    assert "secret" not in repr(Keys("secret-a", "secret-b"))


@pytest.mark.parametrize("key", [f"u$r{'0af3' * 8}", f"u%24r{'0af3' * 8}"])
def test_the_access_key_of_anybody_is_known_by_its_look(key: str) -> None:
    """A pair that is nobody's here, sent under a name that says nothing, is not kept either."""
    redactor = Redactor(())
    body = f'{{"note":"{key}"}}'.encode()
    kept = (redactor.text(f"/v2/{key}/x"), redactor.query(f"a={key}"), redactor.body(body, 1000))
    assert all(key not in text for text in kept)
    assert redactor.count == 3


@pytest.mark.parametrize("query", ["api+key=plain", "api%20key=plain", "a=1&see+the+api_key=plain"])
def test_the_name_of_a_parameter_may_hold_blanks(query: str) -> None:
    """Clients write one name with blanks, ``+`` or ``%20``: its value goes all the same."""
    assert "plain" not in Redactor(()).query(query)
    assert "plain" not in Redactor(()).text(f"https://example.com/?{query}")


@pytest.mark.parametrize("fold", [b"\r\n ", b"\r\n\t", b"\n ", b"\r\n a:", b"\r\n \r\n "])
def test_a_credential_folded_over_lines_is_left_out_whole(fold: bytes) -> None:
    """A refused request keeps no line of it; other headers keep theirs."""
    request = b"GET /v2/x HTTP/1.1\r\nX-LSQ-SecretKey: first%slast\r\nAccept: a\r\n b\r\n\r\nbody"
    unread = unread_request(request % fold)
    assert unread.text == b"GET /v2/x HTTP/1.1\r\nAccept: a\r\n b\r\n\r\nbody"
    assert unread.headers[-1] == (b"accept", b"a b")
    assert [name for name, _ in unread.headers] == [b"x-lsq-secretkey", b"accept"]
