"""The search language: what is read as what, and where a mistake is pointed at."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadwire.calls.fields import FIELDS
from leadwire.calls.language import TERMS_MAX, SearchError, parse_search, phrase
from leadwire.calls.record import CallRecord
from leadwire.calls.terms import (
    EVERY_CALL,
    And,
    Compare,
    Condition,
    Has,
    Last,
    Member,
    Not,
    OneOf,
    Or,
    Part,
    Text,
    Whole,
    both,
    either,
    leaves,
    not_,
)

_VALUES = st.one_of(
    st.text(min_size=1, max_size=12).filter(lambda text: bool(phrase(text))),
    st.sampled_from(("ravi", "OR", "and", "-x", "a:b", "*", "a*b", "(x", '"', "\\", "a, b", "/x/")),
)
_PARTS = ("operation", "exception", "path", "request", "response", "agent", "query", "content")
_TYPED = st.one_of(
    _VALUES.map(phrase),
    st.builds(lambda name, value: f"{name}:{phrase(value)}", st.sampled_from(_PARTS), _VALUES),
    st.builds(
        lambda name, value: f"request.{name}:{phrase(value)}",
        st.sampled_from(("EmailAddress", '"First Name"', "a-b")),
        _VALUES,
    ),
    st.sampled_from([field.example for field in FIELDS.values()]),
    st.sampled_from(("exception:*", "request.Score:>5", "response.Status:Err*", "status:400..499")),
)


def _read(typed: str) -> tuple[Condition | None, int]:
    """(the search, 0), or (None, the place of the mistake)."""
    try:
        return parse_search(typed), 0
    except SearchError as error:
        return None, error.position


def _readable(typed: str) -> bool:
    return _read(typed)[0] is not None


LEAVES = _TYPED.filter(_readable).map(parse_search)
CONDITIONS = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        inner.map(not_),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: both(*some)),
        st.lists(inner, min_size=2, max_size=3).map(lambda some: either(*some)),
    ),
    max_leaves=8,
)


@given(CONDITIONS)
def test_a_search_printed_and_read_again_is_the_same_search(condition: Condition):
    """What a URL carries loses nothing, whatever quotes, colons and brackets it holds."""
    assert parse_search(str(condition)) == condition


@given(
    st.one_of(
        st.text(max_size=40),
        st.text(alphabet="ab \"()*:-&|!=<>.,/@{}[]'\\ANDORT_1", max_size=30),
    )
)
def test_any_text_is_a_search_or_a_mistake_with_its_place(text: str):
    """No text raises anything else, and what was read is printed so that it reads the same."""
    found, position = _read(text)
    assert 0 <= position <= len(text)
    if found is not None:
        assert parse_search(str(found)) == found


@given(st.text(min_size=1))
def test_a_phrase_is_the_text_itself(text: str):
    """Quotes take every sign of the language literally."""
    if phrase(text) and _readable(phrase(text)):
        assert isinstance(found := parse_search(phrase(text)), Text)
        assert found.value == text


@pytest.mark.parametrize(
    ("typed", "printed"),
    [
        ("", ""),
        ("a b", "a b"),
        ("a AND b", "a b"),
        ("a OR b c", "a OR b c"),
        ("(a OR b) c", "(a OR b) c"),
        ("a b OR c d", "a b OR c d"),
        ("NOT a", "-a"),
        ("NOT NOT a", "a"),
        ("NOT -a", "a"),
        ("-(a OR b)", "-(a OR b)"),
        ("-(a b) OR NOT(c)", "-(a b) OR -c"),
        ("((a))", "a"),
        ("status:500 AND operation:Lead.Create", "status:500 operation:Lead.Create"),
        ("status>=500", "status:>=500"),
        ("duration:>500 ms x", "duration:>500ms x"),
        ("(duration:>2 s)", "duration:>2s"),
        ("api_type:Lead", "type:Lead"),
        ("name* *name", "name name"),
        ("STATUS:5XX", "status:5xx"),
        ("“two words”", '"two words"'),
        ("«zwei»", "zwei"),
        ('"two words",', '"two words"'),
        ("<ravi@example.com>, asha", "ravi@example.com asha"),
        ("'ravi'", "ravi"),
    ],
)
def test_a_search_is_read_as_people_mean_it(typed: str, printed: str):
    """Shown by how it is printed."""
    assert str(parse_search(typed)) == printed


@pytest.mark.parametrize(
    "pasted",
    [
        "https://example.com/x?y=z",
        "17:48:02",
        "a-b",
        "-",
        "--",
        "C:\\new",
        "example.com:443",
        "/v2/LeadManagement.svc/",
        "emailaddress=x@example.com",
        "id=5&key=3",
        "foo(bar)",
        "(080) 123-4567",
        "+91 (080) 123 4567",
        '{"EmailAddress": "x", "a": [1, 2]}',
        '[{"Attribute":"FirstName","Value":"Ravi"}]',
        '{\n  "EmailAddress": "x"\n}',
        '"EmailAddress":"x@example.com"',
        '"EmailAddress": "x@example.com", "Score": 5',
        "curl -X POST 'https://example.com/a?b=c' -d '{\"a\": 1}'",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0",
        "Content-Type:",
    ],
)
def test_what_is_pasted_is_one_text(pasted: str):
    """It need not be put in quotes."""
    found = parse_search(pasted)
    assert isinstance(found, Text)
    assert found.value == pasted
    assert parse_search(str(found)) == found


def test_a_pasted_user_agent_may_stand_beside_a_condition():
    """Its brackets are its own."""
    found = parse_search("Mozilla/5.0 (X11; Linux) Gecko/2010 status:500")
    assert isinstance(found, And)
    assert [type(term) for term in found.terms] == [Text, Compare]


@pytest.mark.parametrize(
    ("text", "position", "says"),
    [
        ('ravi "kumar', 5, "quote is not closed"),
        ('"ravi"kumar', 6, "Leave a blank"),
        ("colour:red", 0, 'For the text write "colour:red"'),
        ("statsu:500", 0, "Did you mean status"),
        ("api_typ:Lead", 0, "Did you mean api_type"),
        ("localhost:8080", 0, 'write "localhost:8080"'),
        ("ravi status:9", 5, "400..499"),
        ("status:0404", 0, "is not a value"),
        ("status:٤٠٤", 0, "is not a value"),
        ("duration:long", 0, "is not a value"),
        ("duration:*", 0, "every call has this value"),
        ("status:", 0, "needs a value"),
        ("status: 500", 0, "without a blank"),
        ("status >= 500", 7, "status>=VALUE without blanks"),
        ("status = 500", 7, "status:VALUE without blanks"),
        ("status=500", 0, 'Write status:500 for the condition, or "status=500" for the text'),
        ("status!=500", 0, "Write -status:500"),
        ("operation>5", 0, "has no order"),
        ("operation:x>5 path>1", 14, "has no order"),
        ('ravi ""', 5, "The quotes are empty"),
        ('"\u200b"', 0, "nothing to look for"),
        ("OR ravi", 0, "OR needs a condition on both sides"),
        ("ravi OR", 5, "OR needs a condition on both sides"),
        ("ravi AND", 5, "AND needs a condition"),
        ("ravi AND OR asha", 5, "AND needs a condition"),
        ("ravi NOT", 5, "NOT needs a condition behind it"),
        ("a && b", 2, "Write AND for &&"),
        ("a | b", 2, "Write OR for |"),
        ("a||b", 0, "stand between blanks"),
        ("!status:500", 0, "Write NOT for !"),
        ("status:500 and b", 11, "AND in capitals"),
        ("a or status:500", 2, "OR in capitals"),
        ("not (a b)", 0, "NOT in capitals"),
        ("(a OR b", 0, "bracket is not closed"),
        ("a)", 1, "no \\( for this \\)"),
        ("()", 0, "brackets are empty"),
        ("foo(bar baz)", 11, "no \\( for this \\)"),
        ("status:(500 OR 404)", 0, "Name the field before each value"),
        ("/te.t/", 0, "A \\* stands for anything"),
        ("/te.*t/", 0, "A \\* stands for anything"),
        ("a*b", 0, "needs a field"),
        ("*", 0, "stands for every call"),
        ("exception:none", 0, "write -exception:\\*"),
        ("outcome:fault", 0, "Did you mean .*_fault"),
        ("method:PUTT", 0, "Did you mean PUT"),
        ("truncated:maybe", 0, "yes or no"),
        ("last:9y", 0, "15m, 2h, 7d"),
        ("last:99999w", 0, "the longest is 3660d"),
        ("@EmailAddress:x", 0, "request.EmailAddress:x"),
        ("req.EmailAddress:x", 0, "request.EmailAddress:x"),
        ("request.a.b:x", 0, "as request.b:x"),
        ("request.EmailAddress=x", 0, "Write request.EmailAddress:x"),
        ("request.Score:5..1", 0, "begins after its end"),
        ("path:" + "*a" * 101, 0, "at most 100 stars"),
        ("status:" + "9" * 9_000, 0, "'9{80}…' is not a value"),
        ("x " * 65, 128, f"at most {TERMS_MAX} conditions"),
        ("(" * 65, 64, "brackets may be open"),
        ("a \ud800", 2, "not valid Unicode"),
    ],
)
def test_a_mistake_is_pointed_at_with_what_would_be_right(text: str, position: int, says: str):
    """Nothing that looks like an operator is silently taken as a word."""
    with pytest.raises(SearchError, match=says) as caught:
        parse_search(text)
    assert caught.value.position == position


@pytest.mark.parametrize(
    ("typed", "kind"),
    [
        ("ravi", Text),
        ("operation:Create", Part),
        ('operation:"Lead.Create"', Whole),
        ("operation:Lead.*", Whole),
        ("request:*ravi*", Part),
        ("request://x.y", Part),
        ("path://x", Part),
        ("user:ravi", Whole),
        ("status:5xx", Compare),
        ("status:error", OneOf),
        ("outcome:refused", OneOf),
        ("exception:*", Has),
        ("request.EmailAddress:x", Member),
        ('response."First Name":x', Member),
        ("last:15m", Last),
        ("-ravi", Not),
        ("a OR b", Or),
    ],
)
def test_each_condition_has_its_type(typed: str, kind: type):
    """Readers decide by the type alone."""
    assert type(parse_search(typed)) is kind


def test_a_search_of_nothing_asks_for_every_call():
    """Blanks are no text."""
    assert parse_search("  ") == EVERY_CALL
    assert phrase(" ") == ""


@pytest.mark.parametrize("name", FIELDS)
def test_every_field_is_of_the_record_and_its_example_is_a_search(name: str):
    """A renamed field of the record cannot leave a search behind."""
    assert FIELDS[name].attribute in CallRecord.__struct_fields__
    (leaf,) = leaves(parse_search(FIELDS[name].example))
    assert str(leaf).startswith(f"{name}:")
