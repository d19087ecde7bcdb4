"""What a query answers, on the embedded store and on ClickHouse: the same, word for word."""

import random  # noqa: TID251  # a corpus that is the same every time
from collections import Counter

import msgspec
import pytest
from amounts import examples
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stores.builders import NOON_MS, call, every
from stores.clickhouse.world import (
    BothStores,
    ClickHouseWorld,
    is_asked_for,
    new_settings,
)
from stores.trends_model import assert_trends_of

from leadwire.calls.fields import FIELDS
from leadwire.calls.query import CallQuery, QueryError
from leadwire.calls.record import CallRecord
from leadwire.calls.terms import TEXT_ATTRIBUTES, quoted
from leadwire.calls.text import forms, normal
from leadwire.dates import DAY_MS
from leadwire.stores.clickhouse import Connect

HOUR_MS = 3_600_000


def ids(calls: object) -> list[str]:
    return [one.call_id for one in calls]


class TestKeeping:
    def test_every_field_comes_back_as_it_was(self, store: BothStores) -> None:
        """A record read back equals the one put in, but for the sequence it was given."""
        record = call(
            vantage="proxy", user_id="u", key_id="k", query_string="a=1",
            request_body="{\0é\\'\n\t",
            request_content_type="application/json", request_body_bytes=5, outcome="client_fault",
            exception_type="MXE", exception_message="no", response_body="[]", truncated=True,
            response_body_bytes=2, redacted=3, client_address="::1", user_agent="curl",
            trace_id="t", refusal_reason="r", traceback="tb", status_code=500, duration_ms=0.125,
        )  # fmt: skip
        store.put(record)
        [found] = store.reader.search(every()).calls
        assert found.sequence == 1
        assert found == store.reader.get(record.call_id)
        assert msgspec.structs.replace(found, sequence=0) == record

    @pytest.mark.parametrize("number", [0, -1, 70_000, 2**62])
    def test_numbers_of_any_size_are_kept(self, store: BothStores, number: int) -> None:
        """What the one store takes, the other takes: no call can stop the shipping of others."""
        store.put(call(status_code=number, request_body_bytes=number, redacted=number))
        [found] = store.reader.search(every()).calls
        assert (found.status_code, found.request_body_bytes, found.redacted) == (number,) * 3


class TestTokens:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("ravi", ["1", "2"]),
            ("request:ravi", ["1", "2"]),
            ("response:ravi", []),
            ("-ravi", ["0"]),
            ("-request:ravi", ["0"]),
            ("ravi status:200 lead", ["1", "2"]),
            ("ravi asha", []),
            ("ravi OR asha", ["0", "1", "2"]),
        ],
    )
    def test_a_text_is_found_where_its_token_stands(
        self, store: BothStores, text: str, found: list[str]
    ) -> None:
        """As if the text stood there: in the whole call, in a field, and in what must not be."""
        token = "8cc6bc596c3ca88b9829"  # noqa: S105  # made up
        bodies = ("asha of lead", f"lead <{token}>", "Lead RAVI")
        store.put(*(call(request_body=f"{body} {n}") for n, body in enumerate(bodies)))
        query = every(text=text, token_of=lambda text: token if text == "ravi" else "")
        shown = store.reader.search(query).calls
        assert sorted(one.request_body[-1] for one in shown) == found
        assert store.reader.statistics(query).calls == len(found)


class TestOrder:
    def test_newest_first_also_within_a_millisecond(self, store: BothStores) -> None:
        """200 calls of one millisecond come in the order they were put in, newest first."""
        store.put(*[call() for _ in range(200)], call(NOON_MS - 1))
        found = store.reader.search(every()).calls
        assert [c.sequence for c in found] == [*range(200, 0, -1), 201]

    @pytest.mark.parametrize("account_id", ["a1", None])
    def test_the_cursor_visits_every_row_once_while_rows_arrive(
        self, store: BothStores, account_id: str | None
    ) -> None:
        """Paging sees each row of the start exactly once, over days, while newer ones come in."""
        before = [call(NOON_MS + (step % 3) * DAY_MS) for step in range(50)]
        store.put(*before)
        seen: list[str] = []
        cursor = ""
        while True:
            page = store.reader.search(every(account_id=account_id, limit=7, cursor=cursor))
            seen += ids(page.calls)
            store.put(call(NOON_MS + 3 * DAY_MS))
            if not (cursor := page.next):
                break
        assert sorted(seen) == sorted(ids(before))

    @pytest.mark.parametrize("cursor", ["x", "****", "AAAA", "é", "AgAAAaIAAAAA__8"])
    def test_a_made_up_cursor_is_refused(self, store: BothStores, cursor: str) -> None:
        """A cursor that no page gave out is an error that names the parameter."""
        with pytest.raises(QueryError) as refused:
            store.reader.search(every(cursor=cursor))
        assert refused.value.field == "cursor"

    def test_a_full_last_page_has_no_next(self, store: BothStores) -> None:
        """A page that ends with the last match says that there is no more."""
        store.put(*[call() for _ in range(4)])
        page = store.reader.search(every(limit=2))
        assert page.next
        assert store.reader.search(every(limit=2, cursor=page.next)).next == ""
        assert store.reader.search(every(limit=4)).next == ""

    def test_stream_ignores_the_limit(self, store: BothStores) -> None:
        """A stream has every match, newest first, beyond the limit and beyond one page."""
        store.put(*[call(NOON_MS + step) for step in range(1200)])
        times = [c.started_at_ms for c in store.reader.stream(every(limit=1))]
        assert times == [NOON_MS + step for step in reversed(range(1200))]

    def test_an_empty_log_answers_nothing(self, store: BothStores) -> None:
        """Nothing is found, and nothing fails, before the first call."""
        assert store.reader.search(every()).calls == ()
        assert list(store.reader.stream(every(account_id="a1"))) == []
        assert store.reader.get("x") is None


class TestGet:
    def test_get_finds_ids_of_any_time(self, store: BothStores) -> None:
        """A call is found by id when the id's time is another day's."""
        wanted = call(call_id=call(NOON_MS - 9 * DAY_MS).call_id)
        store.put(call(NOON_MS + 2 * DAY_MS), wanted, call(NOON_MS - 4 * DAY_MS))
        assert store.reader.get(wanted.call_id).call_id == wanted.call_id
        assert store.reader.get("ffffffff-ffff-7fff-bfff-ffffffffffff") is None
        assert store.reader.get(call().call_id) is None


@pytest.mark.parametrize("text", ["\ud800", '"open', "nofield:x", "status:none"])
def test_a_search_that_cannot_be_understood_is_refused(store: BothStores, text: str) -> None:
    """It is an error that names the parameter, never an empty answer."""
    store.put(call())
    with pytest.raises(QueryError) as refused:
        store.reader.search(every(text=text))
    assert refused.value.field == "q"


class Corpus:
    """The same calls in both stores."""

    def __init__(self, worlds: list[BothStores]) -> None:
        self.worlds = worlds
        source = random.Random(20_261_123)  # noqa: S311  # a corpus
        self.records = [
            msgspec.structs.replace(record, sequence=sequence)
            for sequence, record in enumerate(_random_records(source), 1)
        ]
        for world in worlds:
            world.put(*self.records)


@pytest.fixture(scope="module")
def corpus(connect: Connect) -> Corpus:
    worlds = [
        ClickHouseWorld(connect, new_settings()),
    ]
    yield Corpus(worlds)
    for world in worlds:
        world.close()


_TEXTS = (
    "", "Grüße %_", "a\0b\\n", "{'x': \"ÄÉ\"}", "RAVI@Example.com", "?#[]*", "日本", "'; --",
    '{"EmailAddress":"ravi@example.com","Phone":7}', '{"x": "\\u00c4\\u00c9"}', "a%2Bb+c%20d",
    '[{"Attribute":"EmailAddress","Value":"ra\\u0076i@example.com"}]', "J\u0075\u0308rgen ﬁne",
    "https:\\/\\/example.com\\/offer", "x\x1fy\tz", "ﷺ", "zero\u200bwidth", "%25E0%25A4",
)  # fmt: skip


def _random_records(source: random.Random) -> list[CallRecord]:
    def text() -> str:
        return source.choice(_TEXTS) + source.choice(_TEXTS)

    records = []
    for number in range(240):
        at_ms = NOON_MS + source.choice((0, 1, 60_000, DAY_MS // 2, -DAY_MS, 3 * DAY_MS))
        status_code, outcome = source.choice(
            ((200, "success"), (500, "client_fault"), (500, "server_fault"), (401, "refused"))
        )
        records.append(
            call(
                at_ms,
                # In order within a millisecond, as the ids of one node are.
                call_id=f"{at_ms:012x}-{number:05}",
                account_id=source.choice(("a1", "a2", "")),
                api_type=source.choice(("Lead", "Task")),
                status_code=status_code,
                outcome=outcome,
                query_string=source.choice(("", "email=a%40b.c", "q")),
                **{name: text() for name in _RANDOM_FIELDS},
            )
        )
    return records


_RANDOM_FIELDS = (
    "request_body", "response_body", "exception_type", "exception_message", "operation",
    "user_agent", "client_address", "user_id", "key_id", "trace_id", "refusal_reason", "traceback",
)  # fmt: skip


@st.composite
def queries(draw: st.DrawFn, records: list[CallRecord]) -> CallQuery:
    times = st.none() | st.sampled_from([r.started_at_ms for r in records]).flatmap(
        lambda at_ms: st.integers(at_ms - 2, at_ms + 2)
    )
    return every(
        account_id=draw(st.sampled_from([None, "a1", "a2", "", "none"])),
        refused_keys=draw(st.sampled_from([False, False, False, True])),
        text=draw(st.just("") | searches(records)),
        api_type=draw(st.sampled_from(["", "", "Lead", "Task", "lead"])),
        status=draw(st.sampled_from(["", "", "success", "error", "200", "500", "401", "404"])),
        from_ms=draw(times),
        until_ms=draw(times),
        limit=draw(st.sampled_from([1, 3, 10, 100, 1000])),
    )


@st.composite
def searches(draw: st.DrawFn, records: list[CallRecord]) -> str:
    """Text as a person may type it: up to four conditions, with every operator."""
    found = draw(terms(records))
    for _ in range(draw(st.integers(0, 3))):
        more = draw(terms(records))
        shape = draw(st.sampled_from(["{} {}", "{} AND {}", "{} OR {}", "-({}) {}", "({} OR {})"]))
        found = shape.format(found, more)
    return found


@st.composite
def terms(draw: st.DrawFn, records: list[CallRecord]) -> str:
    negated = draw(st.sampled_from(["", "", "-", "NOT "]))
    field = draw(st.sampled_from(["", "", "member", *sorted(FIELDS)]))
    examples = _EXAMPLES.get(field)
    if examples:
        return negated + draw(st.sampled_from(examples))
    value = draw(needles(records, FIELDS[field].attribute if field else ""))
    if not field:
        return negated + quoted(value)
    return negated + draw(st.sampled_from([f"{field}:{quoted(value)}", _starred(field, value)]))


_EXAMPLES = {
    "member": [
        'request.EmailAddress:"ravi@example.com"', "request.EmailAddress:*", "response.x:*é*",
        "request.Phone:>=5", "request.FirstName:ra*", 'response.x:"ÄÉ"', "request.Phone:1..8",
    ],
    "status": ["status:success", "status:ERROR", "status:5xx", "status>=401", "status:200..299"],
    "duration": ["duration:>1ms", "duration:1.5", "duration:>=2s", "duration<1.5ms"],
    "outcome": ["outcome:server_fault", "outcome:refused", "outcome:gap"],
    "stage": ["stage:answered", "stage:NEVER_SENT", "stage:*"],
    "method": ["method:POST", "method:get"],
    "last": ["duration:0..1s"],
    "truncated": ["truncated:yes", "truncated:no"],
    "sequence": ["sequence:100..200", "sequence:>=120"],
    "sent": ["sent:>1kB", "sent:0..10"],
    "answered": ["answered:>=0", "answered:<1MB"],
    "type": ["type:lead", "type:*", "type:T*"],
    "path": ["path:*Lead.Capture", "path:svc", "path:*/v2/*"],
}  # fmt: skip


def _starred(field: str, value: str) -> str:
    """*value* without what has a meaning of its own, with stars around and inside."""
    plain = "".join(sign for sign in value if sign.isalnum() or sign in "@.%") or "a"
    return f"{field}:*{plain[:3]}*{plain[3:]}*" if len(plain) > 3 else f"{field}:{plain}*"


@st.composite
def needles(draw: st.DrawFn, records: list[CallRecord], attribute: str) -> str:
    """Mostly a piece of some call, as it was sent or as it reads; now and then anything at all."""
    if draw(st.integers(0, 5)) == 0:
        characters = st.characters(exclude_categories=["Cs"])
        return draw(st.text(characters, min_size=1).filter(forms))
    names = [attribute] if attribute else [*TEXT_ATTRIBUTES[1:], "path", "query_string"]
    sent = [str(getattr(record, name)) for record in records[:40] for name in names]
    texts = [*sent, *(normal(text).decode() for text in sent)]
    whole = draw(st.sampled_from([text for text in texts if forms(text)] or ["a"]))
    start = draw(st.integers(0, len(whole) - 1))
    piece = whole[start : start + draw(st.integers(1, 12))]
    piece = draw(st.sampled_from([whole, piece, piece.swapcase(), piece.upper()]))
    return piece if forms(piece) else "a"


@pytest.mark.clickhouse
@settings(
    max_examples=examples(200),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_every_query_answers_what_it_says(corpus: Corpus, data: st.DataObject) -> None:
    """Whatever is asked, both stores answer exactly the calls that a plain filter would keep,
    in order, page for page."""
    query = data.draw(queries(corpus.records))
    expected = [r.call_id for r in corpus.records if is_asked_for(r, query)]
    expected.sort(reverse=True)
    for world in corpus.worlds:
        page = world.reader.search(query)
        found = ids(page.calls)
        assert len(found) == min(query.limit, len(expected))
        while page.next:
            bigger = msgspec.structs.replace(query, limit=100, cursor=page.next)
            page = world.reader.search(bigger)
            found += ids(page.calls)
        assert found == expected


@pytest.mark.clickhouse
@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_counts_are_those_of_a_plain_count(corpus: Corpus, data: st.DataObject) -> None:
    """Histogram and facets are exact in every store, whatever is asked."""
    query = data.draw(queries(corpus.records))
    wanted = [record for record in corpus.records if is_asked_for(record, query)]
    hours = Counter((r.started_at_ms // HOUR_MS * HOUR_MS, r.outcome) for r in wanted)
    for world in corpus.worlds:
        found = world.reader.statistics(query)
        assert found.calls == len(wanted)
        assert {(hour, outcome): calls for hour, outcome, calls in found.histogram} == hours
        for facet in found.facets:
            counted = Counter(str(getattr(record, facet.name)) for record in wanted)
            assert dict(facet.values) == counted, facet.name
            assert [n for _, n in facet.values] == sorted(counted.values(), reverse=True)
        assert {d.operation: d.calls for d in found.durations} == Counter(
            record.operation for record in wanted
        )


@pytest.mark.clickhouse
@settings(
    max_examples=examples(30),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data(), span_ms=st.sampled_from([1_000, 60_000, HOUR_MS, DAY_MS]))
def test_trends_are_those_of_a_plain_count(
    corpus: Corpus, data: st.DataObject, span_ms: int
) -> None:
    """Over time, by group and call for call, in every store, whatever is asked."""
    query = data.draw(queries(corpus.records))
    wanted = [record for record in corpus.records if is_asked_for(record, query)]
    hours = [(r.exception_type, r.started_at_ms // HOUR_MS * HOUR_MS) for r in wanted]
    for world in corpus.worlds:
        assert_trends_of(world.reader.trends(query, span_ms=span_ms), wanted, span_ms)
        first = dict(sorted(hours, key=lambda pair: -pair[1]))
        first.pop("", None)
        assert world.reader.first_seen(query) == first


def test_trends_without_calls_are_empty(store: BothStores) -> None:
    """In every store."""
    assert_trends_of(store.reader.trends(every(), span_ms=HOUR_MS), [], HOUR_MS)
    assert store.reader.first_seen(every()) == {}


def test_percentiles_are_at_most_one_percent_off(store: BothStores) -> None:
    """Of 1,000 durations from 1 to 1,000 ms, sealed or not."""
    store.put(*[call(NOON_MS + n, duration_ms=float(n)) for n in range(1, 1_001)])
    statistics = store.reader.statistics(every())
    [found] = statistics.durations
    assert statistics.all_durations == msgspec.structs.replace(found, operation="")
    assert found.calls == 1_000
    assert found.p50_ms == pytest.approx(500, rel=0.012)
    assert found.p95_ms == pytest.approx(950, rel=0.012)
    assert found.p99_ms == pytest.approx(990, rel=0.012)
