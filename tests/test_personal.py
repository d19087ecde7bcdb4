"""Personal values: replaced by tokens before the first disk write, and found by them."""

import json
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, quote_plus, urlencode

import msgspec
import pytest
from amounts import each, examples
from hypothesis import given
from hypothesis import settings as budget
from hypothesis import strategies as st
from support import ACTIVITIES, LEADS, Answer, Api, ServerProcess, leadwire

from leadwire.access.accounts import FirstAccount
from leadwire.calls.headers import HeaderRule
from leadwire.calls.language import parse_search, phrase
from leadwire.calls.record import CallRecord
from leadwire.calls.redaction import json_walk, personal
from leadwire.calls.redaction.redaction import Redaction
from leadwire.calls.redaction.tokens import (
    GROUP_FIELDS,
    PERSONAL_MARKER,
    PersonalFields,
    Tokens,
    normal_form,
)
from leadwire.calls.terms import with_tokens
from leadwire.folder_identity import CALLS_FOLDER, PERSONAL_KEY_NAME
from leadwire.recording.draft import Answer as GivenAnswer
from leadwire.recording.draft import Draft, Start

TOKENS = Tokens(b"k" * 32)
FIELDS = PersonalFields("personal, mx_PAN", TOKENS)
EMAIL = "ravi.canary@mail.example"
PHONE = "+91-9000012345"
NAME = "Ravicanary"
PAN = "ABCDE-1234-canary"
VALUES = (EMAIL, PHONE, NAME, PAN)


def test_what_is_redacted_as_personal_is_pinned() -> None:
    """A deletion here is the change under review: a place that leaves stays in logs for ever."""
    assert {
        "EmailAddress", "Phone", "Mobile", "Fax", "FirstName", "LastName", "mx_Street1",
        "mx_Street2", "mx_Zip", "mx_DOB", "SkypeId", "LinkedInId", "TwitterId", "FacebookId",
        "SourceIPAddress", "PhoneMain", "PhoneMobile", "PhoneOthers", "AssociatedPhoneNumbers",
    } <= set(GROUP_FIELDS)  # fmt: skip
    assert {
        "attribute", "schemaname", "key", "name", "lookupname", "lso", "columnname", "fieldname",
    } <= json_walk.NAME_MEMBERS  # fmt: skip
    assert {
        "value", "oldvalue", "newvalue", "displayvalue", "defaultvalue", "lookupvalue", "rso",
        "columnvalue", "searchbyvalue",
    } <= json_walk.VALUE_MEMBERS  # fmt: skip
    assert {"value", "lookupvalue", "columnvalue", "searchbyvalue"} <= (personal.VALUE_PARAMETERS)
    assert {"key"} <= personal.ALWAYS_PERSONAL_PARAMETERS


def closed(
    *,
    query: str = "",
    request: bytes = b"",
    response: bytes = b"",
    message: str = "",
    fields: PersonalFields = FIELDS,
    **more: str,
) -> CallRecord:
    """The record of such a call."""
    texts = {"path": "/v2/x", "content_type": "", "user_agent": "", **more}
    draft = Draft(
        start=Start("c", 0, 0), method="POST", query_string=query, client_address="", headers=[],
        body=request, body_bytes=len(request), **texts,
    )  # fmt: skip
    answer = GivenAnswer(500, response, exception_message=message)
    return draft.close(
        answer,
        Redaction(personal=fields),
        headers=HeaderRule("all", 8_192),
        ended_ns=0,
        body_bytes_max=1_000_000,
    )


def texts_of(record: CallRecord) -> str:
    return " ".join(value for value in msgspec.structs.astuple(record) if isinstance(value, str))


def assert_gone_and_found(record: CallRecord, *values: str) -> None:
    """No value can be read, however it is written, and the exact search finds each."""
    kept = texts_of(record)
    for value in values:
        core = "9000012345" if value == PHONE else value
        spellings = (
            core,
            quote(core, safe=""),
            quote_plus(core),
            core.encode("utf-16-le").decode(),
        )
        assert not [one for one in spellings if one.lower() in kept.lower()], kept
        assert found(record, phrase(value)), kept
    assert record.redacted


def found(record: CallRecord, text: str) -> bool:
    return with_tokens(parse_search(text), TOKENS.token).holds(record)


def pair(name: str, value: object) -> dict[str, object]:
    return {"Attribute": name, "Value": value}


LEAD = [
    pair("EmailAddress", EMAIL),
    pair("Phone", PHONE),
    pair("FirstName", NAME),
    pair("mx_PAN", PAN),
]
FLAT = {"EmailAddress": EMAIL, "Phone": PHONE, "FirstName": NAME, "P_mx_PAN": PAN}
SEARCHED = {
    "GrpConOp": "And",
    "Conditions": [
        {"RowCondition": [{"LSO": name, "Operator": "eq", "RSO": value}]}
        for name, value in FLAT.items()
    ],
}
SHAPES: dict[str, Any] = {
    "pairs": LEAD,
    "bulk": [LEAD, LEAD],
    "property lists": {"Leads": [{"LeadPropertyList": LEAD}]},
    "flat": [FLAT],
    "within LeadDetails": {"LeadDetails": LEAD, "Activity": {"ActivityNote": "x"}},
    "activity fields": {"Fields": [{"SchemaName": n, "Value": v} for n, v in FLAT.items()]},
    "keys and values": {"Data": [{"Key": n, "Value": v} for n, v in FLAT.items()]},
    "look-ups": [{"LookupName": n, "LookupValue": v} for n, v in FLAT.items()],
    "changes": [{"SchemaName": n, "OldValue": v, "NewValue": f"{v}"} for n, v in FLAT.items()],
    "an advanced search": {"AdvancedSearch": json.dumps(SEARCHED)},
    "JSON in JSON in JSON": {"a": json.dumps({"b": json.dumps(FLAT)})},
    "a form in JSON": {"a": urlencode(FLAT)},
    "a field set": {"SchemaName": "mx_PAN", "Fields": [pair("x", v) for v in VALUES]},
    "anything below a field": {"mx_pan": {"a": [EMAIL, {"b": PHONE}], "c": NAME, "d": PAN}},
    "odd names": {"email_address": EMAIL, "PHONE": PHONE, "First Name": NAME, "mx-PAN": PAN},
    "a note beside": [*LEAD, pair("Notes", f"{NAME.upper()} ({PAN}), {EMAIL}: 90000 12345!")],
}


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("ascii_only", [True, False])
def test_no_shape_of_the_dialect_keeps_a_value(shape: str, ascii_only: bool) -> None:
    """In the request and in the answer alike, escaped or not, whole or cut off."""
    body = json.dumps(SHAPES[shape], ensure_ascii=ascii_only).encode()
    assert_gone_and_found(closed(request=body), *VALUES)
    assert_gone_and_found(closed(response=body), *VALUES)
    assert_gone_and_found(closed(request=b"\xef\xbb\xbf" + body), *VALUES)
    cut = closed(request=body[:-1])
    assert "canary" not in texts_of(cut)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (f"emailaddress={EMAIL}", EMAIL),
        (f"EmailAddress={quote(EMAIL)}&x=1", EMAIL),
        (f"%65mailAddress={quote(EMAIL)}", EMAIL),
        (f"phone={quote(PHONE)}", PHONE),
        (f"phone={PHONE}", PHONE),
        (f"key={NAME}", NAME),
        (f"LeadIdentifier=mx_PAN&value={PAN}", PAN),
        (f"value={NAME}&LeadIdentifier=FirstName", NAME),
        (f"columnName=Phone&columnValue={PHONE}", PHONE),
        (f"note={quote(EMAIL)}", EMAIL),
        (f"a={quote(json.dumps(pair('FirstName', NAME)))}", NAME),
    ],
)
def test_no_query_keeps_a_value(query: str, value: str) -> None:
    """By the parameter's name, or by that of the field which another parameter names."""
    assert_gone_and_found(closed(query=query), value)


def test_a_parameter_that_names_another_field_is_kept() -> None:
    """What a generic parameter holds is personal only where the field is."""
    query = "LeadIdentifier=LeadId&value=0c4f3a1e-52d1-4a0b-8c86-0d9f6f5f7a11&a=%20+"
    assert closed(query=query).query_string == query


def test_a_value_is_replaced_wherever_it_is_quoted() -> None:
    """In messages, paths and headers, and in the answer when it stood in the request."""
    record = closed(
        request=json.dumps(LEAD).encode(),
        response=json.dumps(
            {"ExceptionMessage": f"Duplicate entry '{PHONE}'", "of": NAME}
        ).encode(),
        message=f"Duplicate entry '{EMAIL}' of {NAME}, {PAN} and 919000012345",
        path=f"/v2/{NAME}/{EMAIL}",
        user_agent=f"agent of {EMAIL}",
        content_type=f"text/{PAN}",
    )
    assert_gone_and_found(record, *VALUES)
    assert record.exception_message.startswith(f"Duplicate entry '{PERSONAL_MARKER}")


def test_a_part_of_a_word_is_no_value() -> None:
    """A first name that other words hold leaves them as they are."""
    record = closed(request=json.dumps([pair("FirstName", "Asha"), pair("x", "natasha")]).encode())
    assert "natasha" in record.request_body
    assert "Asha" not in record.request_body


@pytest.mark.parametrize(
    "body",
    [
        b'[{"Attribute":"FirstName","Value":"%b"},{"Attr' % NAME.encode(),
        b'--b\r\nContent-Disposition: form-data; name="FirstName"\r\n\r\n%b\r\n--b--'
        % NAME.encode(),
        b"<lead><FirstName>%b</FirstName></lead>" % NAME.encode(),
        b"FirstName,Phone\n%b,1" % NAME.encode(),
        json.dumps(FLAT).encode("utf-16"),
        json.dumps(FLAT).encode("utf-16-be"),
        b'{"a":' * 5_000 + json.dumps(FLAT).encode(),
        b'{"FirstName":"%b","FirstName":""}' % NAME.encode(),
        b'{"\\u0046irstName":"%b' % NAME.encode(),
        b'{"FirstName":' + b"[" * 300 + b'"%b"' % NAME.encode() + b"]" * 300 + b"}",
    ],
)
def test_text_that_cannot_be_read_fails_closed(body: bytes) -> None:
    """It names a personal field, so that all of it goes."""
    records = [closed(request=body)]
    if body.startswith((b"{", b"[")):
        records.append(closed(request=json.dumps({"x": body.decode()}).encode()))
    for record in records:
        assert NAME.lower() not in texts_of(record).lower().replace("\0", "")
        assert record.redacted


def test_a_cut_body_is_found_by_what_could_be_made_out() -> None:
    """Malformed JSON is what one looks for most: addresses, numbers and texts have their tokens."""
    record = closed(request=json.dumps(LEAD)[:-3].encode())
    assert_gone_and_found(record, EMAIL, PHONE, NAME)


def test_what_is_not_personal_is_kept_as_it_was_sent() -> None:
    """Not a byte of a body without a personal value is changed."""
    body = b'{ "Columns" : {"Include_CSV":"FirstName,EmailAddress"}, "Phone" : "", "a": 1.10 }'
    record = closed(request=body, response=b'{"Status":"Success"}', query="a=%20x+&b")
    assert record.request_body.encode() == body
    assert (record.query_string, record.redacted) == ("a=%20x+&b", 0)
    assert record.response_body_bytes == 20


def test_only_the_fields_that_were_named_are_redacted() -> None:
    """Without EmailAddress among them addresses stay."""
    record = closed(request=json.dumps(LEAD).encode(), fields=PersonalFields("mx_PAN", TOKENS))
    assert EMAIL in record.request_body
    assert_gone_and_found(record, PAN)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ravi@Example.com ", "ravi@example.COM"),
        ("ravi x@example.com", "ravi+x@example.com"),
        ("+91-98765 43210", "9876543210"),
        ("0091 (98765) 43210", "'9876543210'"),
        ("Asha  Rao", "asha rao"),
        ("Re\u0301ne\u0301e", "r\u00e9n\u00e9e"),
        ("%asha%", "ASHA"),
    ],
)
def test_one_person_has_one_token(one: str, other: str) -> None:
    """Case, blanks, signs, the country's code and how letters are composed make no difference."""
    assert normal_form(one) == normal_form(other)
    assert TOKENS.token(one) == TOKENS.token(other)


def test_another_key_gives_another_token() -> None:
    """Nobody without the folder's key can try values against a log."""
    assert TOKENS.token(EMAIL) != Tokens(b"x" * 32).token(EMAIL)
    assert TOKENS.token(" % ") == ""


def test_a_list_and_a_text_around_an_address_are_found_by_each_piece() -> None:
    """A value of several, as the operator IN takes it."""
    listed = json.dumps({"LookupName": "EmailAddress", "LookupValue": f"a@b.c, {EMAIL}"})
    assert_gone_and_found(closed(request=listed.encode()), EMAIL, "a@b.c")
    named = json.dumps({"EmailAddress": f"Ravi <{EMAIL}>"})
    assert_gone_and_found(closed(request=named.encode()), EMAIL)


def test_a_search_prints_the_text_and_never_the_token() -> None:
    """An address in the browser's history says what was typed."""
    asked = f"{NAME} -request:{EMAIL} status:5xx"
    assert str(with_tokens(parse_search(asked), TOKENS.token)) == asked


_NODES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def planted(draw: st.DrawFn) -> tuple[str, bytes]:
    """A value in one of the shapes, anywhere in other JSON, in JSON within it, escaped."""
    name, value = draw(st.sampled_from(list(FLAT.items())))
    shapes = [pair(name, value), {name: value}, {"LookupName": name, "LookupValue": value},
              {"LSO": name, "RSO": value}, {"SchemaName": name, "Value": value}]  # fmt: skip
    node: Any = draw(st.sampled_from(shapes))
    for _ in range(draw(st.integers(0, 4))):
        wrap = draw(st.sampled_from(["object", "array", "string"]))
        if wrap == "object":
            node = {draw(st.text(max_size=5)): node, "other": draw(_NODES)}
        elif wrap == "array":
            node = [draw(_NODES), node, f"said {value}."]
        else:
            node = json.dumps(node, ensure_ascii=draw(st.booleans()))
    text = json.dumps(node, ensure_ascii=draw(st.booleans()))
    if draw(st.booleans()):
        text = text.replace(value, "".join(f"\\u{ord(letter):04x}" for letter in value))
    return value, text.encode()


@given(case=planted(), place=st.sampled_from(["request", "response"]))
@budget(max_examples=examples(400))
def test_a_planted_value_survives_nowhere_and_is_found(case: tuple[str, bytes], place: str) -> None:
    """Whatever surrounds it, however it is escaped, and though the message quotes it."""
    value, body = case
    record = closed(**{place: body}, message=f"Duplicate entry '{value}'")
    assert_gone_and_found(record, value)


@given(case=planted(), data=st.data())
@budget(max_examples=examples(300))
def test_a_planted_value_does_not_survive_a_cut(
    case: tuple[str, bytes], data: st.DataObject
) -> None:
    """A body that ends anywhere keeps nothing of the value."""
    value, body = case
    cut = body[: data.draw(st.integers(0, len(body) - 1))]
    assert value not in texts_of(closed(request=cut))


@given(st.text(max_size=60), st.binary(max_size=60))
@budget(max_examples=examples(300))
def test_any_text_can_be_redacted(text: str, body: bytes) -> None:
    """Nothing that a caller can send fails the call, or makes a record that cannot be kept."""
    query = quote(text)
    record = closed(query=query, request=body, response=text.encode(), message=text, path=text)
    assert record.request_body_bytes == len(body)
    assert msgspec.json.decode(msgspec.json.encode(record), type=CallRecord) == record


def personal_calls(api: Api) -> Iterator[Answer]:
    """Real calls that carry the values in and out."""
    lead = {"EmailAddress": EMAIL, "Phone": PHONE, "FirstName": NAME}
    yield api.write("Lead.Create", lead)
    yield api.write("Lead.Create", lead)
    yield api.get(f"{LEADS}Leads.GetByEmailaddress", emailaddress=EMAIL)
    yield api.get(f"{LEADS}RetrieveLeadByPhoneNumber", phone="9000012345")
    yield api.get(f"{LEADS}Leads.GetByQuickSearch", key=NAME)
    yield api.get(f"{LEADS}LeadOwner.Get", LeadIdentifier="EmailAddress", value=EMAIL)
    criterion = {"LookupName": "EmailAddress", "LookupValue": EMAIL, "SqlOperator": "="}
    yield api.post(f"{LEADS}Leads.Get", {"Parameter": criterion})
    activity = {"EmailAddress": EMAIL, "FirstName": NAME, "ActivityEvent": 201}
    yield api.post(f"{ACTIVITIES}Create", {**activity, "ActivityNote": f"Spoke to {NAME}"})
    yield api.call("POST", f"{LEADS}Lead.Create", json.dumps([pair("EmailAddress", EMAIL)])[:-2])
    yield api.call("POST", f"{LEADS}Lead.Capture", urlencode({"Phone": PHONE}))
    yield api.call("GET", f"/v2/{NAME}/{quote(EMAIL)}?FirstName={NAME}")


@pytest.fixture
def redacting(data_folder: Path, keys: FirstAccount) -> Iterator[ServerProcess]:
    """A real server that redacts personal values."""
    process = ServerProcess(data_folder, keys, "--calls-redact-fields", "personal").start()
    yield process
    process.stop()


def test_planted_personal_values_are_in_no_sink(redacting: ServerProcess) -> None:
    """Files of the log, output, pages, JSON, CSV, Parquet and the command line."""
    api = redacting.api()
    answered = list(personal_calls(api))
    assert EMAIL.encode() in answered[2].body  # the caller gets what it always got
    contents = list(sinks(redacting, api, answered[1].call_id))
    cores = (EMAIL, "9000012345", "90000 12345", NAME, quote(EMAIL))
    left = [
        (sink, core)
        for sink, content in contents
        for core in cores
        if core.lower().encode() in content.lower()
    ]
    assert left == []
    key = redacting.folder / PERSONAL_KEY_NAME
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    secret = key.read_text()
    assert not [sink for sink, content in contents if secret.encode() in content]


def sinks(server: ServerProcess, api: Api, call_id: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted((server.folder / CALLS_FOLDER).rglob("*")):
        if path.is_file():
            yield path.name, path.read_bytes()
    yield "standard output", server.output.read_bytes()
    yield "standard error", server.errors.read_bytes()
    form = urlencode({"email": api.keys.user_email, "password": api.keys.password})
    sent = {"Content-Type": "application/x-www-form-urlencoded"}
    signed_in = api.call("POST", "/console/sign-in", form, headers=sent, keys="none")
    cookie = {"Cookie": signed_in.headers["set-cookie"].partition(";")[0]}
    found = api.call("GET", f"/console/api-logs.json?q={quote(EMAIL)}", headers=cookie, keys="none")
    assert len(found.json["calls"]) > 3
    for name in ("", ".json", ".csv", ".jsonl", ".parquet", f"/{call_id}", f"/{call_id}.json"):
        answer = api.call("GET", f"/console/api-logs{name}", headers=cookie, keys="none")
        assert answer.status == 200
        yield f"console {name}", answer.body
    data = ("--data", str(server.folder))
    for words in (("search", "--json"), ("search",), ("export",), ("export", "--format", "jsonl")):
        yield " ".join(words), leadwire("calls", *words, *data).stdout.encode()
    yield "calls show", leadwire("calls", "show", call_id, *data).stdout.encode()


@pytest.mark.parametrize(
    "value", each([EMAIL, EMAIL.upper(), PHONE, "9000012345", NAME.lower()], every=2)
)
def test_calls_are_found_by_the_exact_value(redacting: ServerProcess, value: str) -> None:
    """From the command line, beside the server; a part of a value finds nothing."""
    calls = len(list(personal_calls(redacting.api())))
    data = ("--data", str(redacting.folder), "--json")
    search = json.loads(leadwire("calls", "search", "--q", value, *data).stdout)
    assert 3 <= len(search["calls"]) < calls
    in_requests = leadwire("calls", "search", "--q", f'request:"{value}"', *data).stdout
    assert 0 < len(json.loads(in_requests)["calls"]) < calls
    none = leadwire("calls", "search", "--q", f"-{value} operation:Lead.Create", *data).stdout
    assert [call["status_code"] for call in json.loads(none)["calls"]] != [200]
    assert json.loads(leadwire("calls", "search", "--q", value[:7], *data).stdout)["calls"] == []
    stats = json.loads(leadwire("calls", "stats", "--q", value, *data).stdout)
    assert stats["calls"] == len(search["calls"])
