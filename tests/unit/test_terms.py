"""What each condition of a search finds."""

import time

import msgspec
import pytest

from leadwire.calls.language import parse_search
from leadwire.calls.record import CallRecord
from leadwire.calls.terms import (
    Compare,
    Text,
    at,
    possible_values,
    with_names,
    with_tokens,
)

_CALL = CallRecord(
    call_id="01a20983-54cf-7000-a1d1-2fe81a50a943",
    started_at_ms=1_000_000,
    duration_ms=12.5,
    api_type="Lead",
    operation="Lead.Create",
    method="POST",
    path="/v2/LeadManagement.svc/Lead.Create",
    query_string="email=probe%40example.com&name=Ravi+Kumar",
    request_content_type="application/json",
    request_body=(
        '[{"Attribute":"FirstName","Value":"J\\u00fcrgen"},'
        '{"Attribute":"Score","Value":"7"},{"Value":"Pune","Attribute":"mx_City"},'
        '{"Attribute":"Phone","Value":null},{"Attribute":"Note","Value":"say \\"hi\\" twice"},'
        '{"Attribute":"Site","Value":"https:\\/\\/example.com\\/offer"}]'
    ),
    request_headers="Accept: application/json\nX-Job: J%C3%BCrgen",
    request_body_bytes=300,
    status_code=500,
    outcome="client_fault",
    exception_type="MXDuplicateEntryException",
    exception_message="A Lead with the same Email\nalready exists.",
    response_body='{"Status" : "Error","Depth":{"Inner":{"Code":-3.5,"Flag":true,"None":""}}}',
    client_address="10.0.0.7",
    user_agent="curl/8.0",
    user_id="u-1",
    key_id="k-1",
    sequence=9,
)


def call(**fields: object) -> CallRecord:
    return msgspec.structs.replace(_CALL, **fields)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("", True),
        ("LEAD.CREATE", True),
        ("probe@example.com", True),
        ("probe%40example.com", True),
        ("Ravi+Kumar", True),
        ('"ravi kumar"', True),
        ("Jürgen", True),
        ("JU\u0308RGEN", True),
        ("J\\u00fcrgen", True),
        ('"\\u00fcrgen"', True),
        ("example.com/offer", True),
        ('"say \\"hi\\""', True),
        ('"Email already"', True),
        ('"already exists"', True),
        ('"exists curl"', False),
        ('"accept: application/json"', True),
        ('"x-job: jürgen"', True),
        ('"json x-job"', False),
        ('"Attribute": "FirstName", "Value": "Jürgen"', True),
        ('"kumar ravi"', False),
        ("ravi asha", False),
        ("ravi OR asha", True),
        ("(asha OR ravi) -(asha OR john)", True),
        ("NOT ravi", False),
        ("status:500", True),
        ("status:5xx", True),
        ("status:error", True),
        ("status:success", False),
        ("status:>=400 status:<500", False),
        ("status:400..500", True),
        ("status:501..", False),
        ("status:..500", True),
        ("status:>500", False),
        ("-status:404", True),
        ("status:*", True),
        ("duration:>10ms", True),
        ("duration:>12.5", False),
        ("duration:<=12.5", True),
        ("duration:12.5", True),
        ("duration:>1s", False),
        ("duration:0.01..0.02s", True),
        ("operation:create", True),
        ("operation:lead.create", True),
        ("operation:Lead.*", True),
        ("operation:Create*", False),
        ('operation:"create"', False),
        ('operation:"lead.create"', True),
        ("exception:Duplicate", True),
        ("exception:*", True),
        ("-exception:*", False),
        ("trace:*", False),
        ("path:*/lead.create", True),
        ("path:Lead.Create", True),
        ("query:probe@example.com", True),
        ('query:"ravi kumar"', True),
        ("address:10.0.*", True),
        ("address:10.0", False),
        ("agent:curl", True),
        ("agent:*cu*8*", True),
        ("agent:8*cu", False),
        ('agent:"cu*8"', False),
        ("request:jürgen", True),
        ("request:f*jürgen", True),
        ("response:jürgen", False),
        ("content:json", True),
        ("method:get OR method:post", True),
        ("method:P*", True),
        ("outcome:client_fault", True),
        ("type:lead", True),
        ("id:01a20983*", True),
        ("sent:>=300", True),
        ("sent:>1kB", False),
        ("truncated:no", True),
        ("truncated:yes", False),
        ("sequence:9", True),
        ("sequence:1..8", False),
        ("request.FirstName:jürgen", True),
        ("request.firstname:jürg", False),
        ("request.FirstName:*gen", True),
        ("request.mx_City:pune", True),
        ("request.mx_City:*", True),
        ("request.Phone:*", False),
        ("request.Email:*", False),
        ("request.Score:>5", True),
        ("request.Score:>7", False),
        ("request.Score>=7", True),
        ("request.Score:7..9", True),
        ("request.Score:7", True),
        ('request.Note:"say \\"hi\\" twice"', True),
        ('request.Note:"say \\"hi\\""', False),
        ("request.Site:https://example.com/offer", True),
        ("request.Attribute:FirstName", True),
        ("response.Status:Error", True),
        ("response.Status:Err", False),
        ("-response.Status:Success", True),
        ("response.Code:-3.5", True),
        ("response.Code:<0", True),
        ("response.Flag:true", True),
        ("response.None:*", False),
        ("response.Inner:*", True),
        ("response.FirstName:*", False),
    ],
)
def test_a_call_is_found_by_what_the_words_say(typed: str, *, found: bool):
    """The language's examples, and their opposites."""
    assert parse_search(typed).holds(_CALL) is found


@pytest.mark.parametrize(
    "body",
    [
        '{"Data":"{\\"Email\\":\\"x@example.com\\"}"}',
        "payload=%7B%22Email%22%3A%22x%40example.com%22%7D",
        '{"Email" :\n  "x@example.com" ,"a":1}',
        '{"SchemaName":"Email","Fields":null,"Value":"x@example.com"}',
        '{"a":[{"b":{"Email":"x@example.com"}}]}',
        '[{"Email":"x@example.com"',
    ],
)
def test_a_member_is_found_at_any_depth_in_any_spelling(body: str):
    """Also in JSON in JSON, in a form, and in a body that was cut."""
    search = parse_search("request.Email:x@example.com")
    assert search.holds(call(request_body=body))
    assert not search.holds(call(response_body=body, request_body=""))


def test_a_value_of_another_object_does_not_count():
    """Attribute and Value are a pair of one object."""
    search = parse_search("request.Email:x")
    body = '[{"Attribute":"Email","Value":"y"},{"Attribute":"Name","Value":"x"}]'
    assert not search.holds(call(request_body=body))


def test_a_search_finds_the_token_of_a_personal_value():
    """In free text, in a field and in a member."""

    def token_of(text: str) -> str:
        return "70cc" if text == "ravi@example.com" else ""

    record = call(request_body='{"Email":"‹personal:70cc›"}')  # noqa: RUF001
    for typed in (
        "ravi@example.com",
        "request:ravi@example.com",
        "request.Email:ravi@example.com",
    ):
        assert not parse_search(typed).holds(record)
        assert with_tokens(parse_search(typed), token_of).holds(record)
    assert not with_tokens(parse_search("asha"), token_of).holds(record)


def test_a_user_and_a_key_are_found_by_name_and_by_id():
    """The record holds the id alone."""

    def ids_of(name: str) -> tuple[str, ...]:
        return {"Administrator": ("U-1",), "Night import": ("K-1",)}.get(name, ())

    assert with_names(parse_search("user:Administrator"), ids_of).holds(_CALL)
    assert with_names(parse_search('key:"Night import"'), ids_of).holds(_CALL)
    assert with_names(parse_search("user:u-1"), ids_of).holds(_CALL)
    assert not with_names(parse_search("user:nobody"), ids_of).holds(_CALL)


def test_a_span_ends_now():
    """The instant that belongs to it is the first."""
    search = at(parse_search("last:1m"), 1_050_000)
    assert isinstance(search, Compare)
    assert str(search) == "last:1m"
    assert search.holds(_CALL)
    assert not at(parse_search("last:1m"), 1_060_001).holds(_CALL)


def test_needles_are_what_every_match_has():
    """A store may skip what holds none of them."""
    for typed in ("probe@example.com", "operation:Lead.*", "request:f*jürgen", "request.Score:7"):
        search = parse_search(typed)
        texts = msgspec.json.encode(_CALL).decode().lower()
        for needles in search.needles:
            assert any(
                needle.decode() in texts or Text("", (needle,)).holds(_CALL) for needle in needles
            )


def test_the_outcomes_of_a_match_are_known():
    """A store may skip the calls of all others."""
    every = frozenset(("success", "client_fault", "refused"))
    search = parse_search("(outcome:success OR outcome:refused) -outcome:refused ravi")
    assert possible_values(search, "outcome", every) == {"success"}
    assert possible_values(parse_search("ravi"), "outcome", every) == every


@pytest.mark.parametrize(
    "typed",
    [
        "path:" + "a*" * 30 + "b",
        "path:" + "*a" * 30 + "*",
        "request:" + "a*" * 30 + "b",
        "request.a:" + "a*" * 30 + "b",
        "request.a:b",
        "request.a:>5",
    ],
)
@pytest.mark.parametrize(
    "piece",
    [
        "a", '"a":', '"a":"', '"Attribute":"a",', '"Value":"b",', '"Value":"a', '"a" ', '"a":1',
        '\\"a\\":\\"',
    ],
)  # fmt: skip
def test_matching_takes_time_in_proportion_to_the_text(typed: str, piece: str):
    """200 kB of what pieces and patterns like least: backtracking would take days."""
    text = piece * (200_000 // len(piece))
    record = call(path=text, request_body=text)
    started = time.perf_counter()
    parse_search(typed).holds(record)
    assert time.perf_counter() - started < 5
