"""The search bar's language: what it reads, what it refuses, and what it finds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.calls.record import CallRecord
from leadwire.calls.search import FIELDS, Search, SearchError, Term, parse_search

_PLAIN_FIELDS = ("operation", "request", "response", "agent", "path", "user", "address")
_TEXT = st.text(min_size=1)
TERMS = st.builds(Term, _TEXT, st.sampled_from(("", *_PLAIN_FIELDS)), st.booleans())
SEARCHES = st.lists(st.lists(TERMS, min_size=1).map(tuple), min_size=1).map(tuple).map(Search)


def call(**fields: object) -> CallRecord:
    values: dict[str, object] = {
        "call_id": "01a20983-54cf-7000-a1d1-2fe81a50a943",
        "started_at_ms": 0,
        "duration_ms": 12.5,
        "api_type": "Lead",
        "operation": "Lead.Create",
        "method": "POST",
        "path": "/v2/LeadManagement.svc/Lead.Create",
        "request_body": '[{"Attribute":"FirstName","Value":"Ravi Kumar"}]',
        "status_code": 500,
        "outcome": "client_fault",
        "exception_type": "MXDuplicateEntryException",
        "client_address": "10.0.0.7",
        "user_agent": "curl/8.0",
    }
    return CallRecord(**{**values, **fields})


@given(SEARCHES)
def test_a_search_printed_and_read_again_is_the_same_search(search: Search):
    """What a URL carries loses nothing, whatever quotes, colons and dashes it holds."""
    assert parse_search(str(search)) == search


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ravi", True),
        ("RAVI", True),
        ('"ravi kumar"', True),
        ('"kumar ravi"', False),
        ("kumar ravi", True),
        ("ravi asha", False),
        ("ravi OR asha", True),
        ("-asha", True),
        ("-ravi", False),
        ("status:500", True),
        ("status:5xx", True),
        ("status:error", True),
        ("status:success", False),
        ("status:>=400 status:<500", False),
        ("-status:404", True),
        ("duration:>10ms", True),
        ("duration:>1s", False),
        ("duration:12.5", True),
        ("operation:lead.create", True),
        ("operation:Lead.*", True),
        ("operation:Lead", False),
        ("exception:*Duplicate*", True),
        ("path:*/lead.create", True),
        ("address:10.0.*", True),
        ("agent:curl", True),
        ("request:kumar", True),
        ("response:kumar", False),
        ("method:get OR method:post", True),
        ("", True),
    ],
)
def test_a_call_is_found_by_what_the_words_say(text: str, found: bool):
    """The grammar's examples, and their opposites."""
    assert parse_search(text).holds(call()) is found


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ('ravi "kumar', 5, "The quote is not closed"),
        ('"ravi"kumar', 6, "Leave a blank"),
        ("colour:red", 0, "There is no field 'colour'"),
        ("ravi status:9", 5, "is no value of status"),
        ("duration:long", 0, "is no value of duration"),
        ("status:", 0, "needs a value"),
        ('ravi ""', 5, "The quotes are empty"),
        ("OR ravi", 0, "OR needs a condition on both sides"),
        ("ravi OR", 5, "OR needs a condition on both sides"),
    ],
)
def test_a_mistake_is_pointed_at(text: str, position: int, says: str):
    """Where it is and what would be right, instead of a search for something else."""
    with pytest.raises(SearchError, match=says) as caught:
        parse_search(text)
    assert caught.value.position == position


@pytest.mark.parametrize("text", ["17:48:02", "https://example.com/x", "a-b", "-"])
def test_what_only_looks_like_a_field_is_text(text: str):
    """Times, addresses and dashes may be pasted as they are."""
    ((term,),) = parse_search(text).alternatives
    assert term == Term(text)


def test_every_field_is_of_the_record():
    """A renamed field of the record cannot leave a search behind."""
    examples = {"status": "404", "duration": ">1s"}
    for name, field in FIELDS.items():
        attribute = field.condition(examples.get(name, "x")).attribute
        assert attribute in CallRecord.__struct_fields__
