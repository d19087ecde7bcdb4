"""Every reader finds what the model finds: rows, order, counts, facets and pages.

The model is plain Python, written from the documentation alone (``search_model``). Calls hold
hostile text in the spellings of the usual encoders; questions are pieces of it.
"""

import json
import random  # noqa: TID251  # seeded: every run makes the same calls and questions
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, quote_plus

import msgspec
import pytest
from amounts import examples
from search_model import Question, as_read, is_found, typed
from stores.builders import NOON_MS, FixedClock, call, every
from stores.clickhouse.world import ClickHouseWorld, append, new_settings

from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.sent import SentCall
from leadwire.calls.store import CallReader
from leadwire.dates import DAY_MS
from leadwire.stores.files.lines import line_of
from leadwire.stores.files.reader import FileCallReader
from leadwire.stores.sqlite import SqliteCallStore

CALLS = 240
QUESTIONS = examples(90)
PAGE = 37

WORDS = (
    "ravi", "RAVI", "Jürgen", "ju\u0308rgen", "MÜLLER", "straße", "STRASSE", "प्रिया", "漢字", "😀",
    "ravi+1@example.com", "https://example.com/offer?a=b&c=d", "+91-98765 43210", "100%", "%40",
    "a\\b", "C:\\new", "two words", 'say "hi"', "it's", "x\x1fy", "nul\0", "line\nline", "tab\tx",
    "zero\u200bwidth", "\u2068bidi\u2069", "\uff21\ufb01", "İstanbul", "ΣΊΣΥΦΟΣ", "%zz", "\\u12",
    "\\ud83d", "%2541", "50 % off", "_100_", "a*b", "e\u0301\u0316" * 3, "o\u0301" + "\u0316" * 40,
)  # fmt: skip
NAMES = ("EmailAddress", "Score", "Note", "mx_City", "First Name")
PLAIN = ("ravi", "müller", "example", "lead", "create", "mx", "b", "1", "words", "प्र", "@ex", "y")

Encode = Callable[[str], str]
ENCODERS: tuple[Encode, ...] = (
    str,
    json.dumps,
    lambda text: json.dumps(text, ensure_ascii=False),
    lambda text: json.dumps(text).replace("/", "\\/"),
    lambda text: json.dumps(json.dumps(text)),
    lambda text: quote(text, safe=""),
    quote_plus,
    lambda text: quote(json.dumps(text)),
    lambda text: json.dumps(quote(text)),
    lambda text: "".join(f"\\u{ord(sign):04X}" if ord(sign) < 0x10000 else sign for sign in text),
)


class Made:
    """Calls and questions of one seed."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311
        self.records = [self._call(number) for number in range(CALLS)]
        self.questions = [self._question(2) for _ in range(QUESTIONS)]

    def _text(self) -> str:
        text = " ".join(self._chance.choices(WORDS, k=self._chance.randrange(1, 4)))
        return self._chance.choice(ENCODERS)(text)

    def _member(self) -> str:
        name = json.dumps(self._chance.choice(NAMES))
        value = self._chance.choice(
            (
                json.dumps(self._chance.choice(WORDS)),
                json.dumps(self._chance.choice(WORDS), ensure_ascii=False),
                str(self._chance.randrange(20)),
                json.dumps(str(self._chance.randrange(20))),
                "null",
                '""',
                '{"Depth":1}',
            )
        )
        shape = self._chance.choice(
            (
                "{{{0}:{1}}}",
                '[{{{0}: {1}, "x" :2}}]',
                '[{{"Attribute":{0},"Value":{1}}}]',
                '{{"Value" : {1} ,"Attribute":{0}}}',
                '{{"SchemaName":{0},"Fields":null,"Value":{1}}}',
                '{{"a":{{"b":[{{{0}:{1}}}]}}',
            )
        )
        return self._chance.choice((str, str, json.dumps, quote))(shape.format(name, value))

    def _body(self) -> str:
        return self._chance.choice((self._text, self._member, self._member, str))()

    def _call(self, number: int) -> CallRecord:
        chance = self._chance
        status = chance.choice((200, 200, 200, 201, 400, 404, 500, 503, 0))
        failed = status >= 400
        return call(
            NOON_MS - 10_000_000 + number * 7_001,
            account_id=chance.choice(("a1", "a1", "a2", "")),
            duration_ms=chance.choice((0.5, 1.0, 12.25, 500.0, 2_000.0)),
            api_type=chance.choice(("Lead", "Activity", "User")),
            operation=chance.choice(("Lead.Create", "Lead.CreateOrUpdate", "User.Get", "")),
            method=chance.choice(("GET", "POST")),
            path=chance.choice(("/v2/Lead.svc/Create", f"/v2/{quote(self._text())}", "/a+b")),
            query_string=chance.choice(("", "a=1", f"q={quote_plus(self._text())}&b=%20")),
            request_content_type=chance.choice(
                ("application/json", "application/x-www-form-urlencoded; charset=utf-8", "")
            ),
            request_body=self._body(),
            request_body_bytes=chance.randrange(3_000),
            response_body=chance.choice((self._body, lambda: '{"Status":"Success"}'))(),
            request_headers=chance.choice(("", f"Accept: */*\nX-Note: {quote(self._text())}")),
            status_code=status,
            outcome="success" if 0 < status < 400 else ("client_fault" if failed else "aborted"),
            exception_type=chance.choice(("MXDuplicate", "MXInvalid")) if failed else "",
            exception_message=self._text() if failed else "",
            user_id=chance.choice(("u-1", "u-2", "")),
            key_id=chance.choice(("key_1", "key_2", "unknown:9f")),
            client_address=chance.choice(("10.0.0.7", "10.0.1.7", "::1")),
            user_agent=chance.choice(("curl/8.0", f"Bot/1.0 ({self._text()})"))[:200],
            trace_id=chance.choice(("", "0af7651916cd43dd8448eb211c80319c")),
            truncated=chance.random() < 0.1,
        )

    def _question(self, depth: int) -> Question:
        chance = self._chance
        kind = chance.choice(("leaf", "leaf", "all", "any", "not")) if depth else "leaf"
        if kind == "not":
            return ("not", self._question(depth - 1))
        if kind != "leaf":
            return (kind, *(self._question(depth - 1) for _ in range(chance.choice((2, 3)))))
        while True:
            question = self._leaf()
            if _can_be_asked(question):
                return question

    def _leaf(self) -> Question:
        chance = self._chance
        field = chance.choice(("request", "response", "agent", "query"))
        named = chance.choice(("operation", "exception", "path"))
        whole = chance.choice(("type", "user", "key", "address", "trace"))
        side = chance.choice(("request", "response"))
        name = chance.choice(("EmailAddress", "score", "Note", "mx_City", "missing", "status"))
        plain, other = chance.choices(PLAIN, k=2)
        return chance.choice(
            (
                lambda: ("text", self._piece()),
                lambda: ("text", chance.choice(WORDS)),
                lambda: ("text", self._piece()),
                lambda: ("part", field, self._piece(), True),
                lambda: ("part", field, plain, False),
                lambda: ("part", field, f"{plain}*{other}", False),
                lambda: ("part", named, chance.choice(("create", "MX", "v2", "dup")), False),
                lambda: ("whole", named, chance.choice(("*e*", "lead.*", "*d", "mx*")), False),
                lambda: ("whole", named, chance.choice(("Lead.Create", "/a+b")), True),
                lambda: ("whole", whole, chance.choice(("u-1", "LEAD", "key_*", "10.0.*")), False),
                lambda: ("number", "status", chance.choice((">=", "<")), 400),
                lambda: ("number", "duration", chance.choice((">", "<=")), 12.25),
                lambda: ("number", "sequence", ">", chance.randrange(CALLS)),
                lambda: ("number", "sent", "<", 1_500),
                lambda: ("status", chance.choice(("success", "error", "5xx", "404"))),
                lambda: ("has", chance.choice(("exception", "trace", "query", "user", "status"))),
                lambda: ("member", side, name, "", chance.choice(("*", "success", "ravi", "*1*"))),
                lambda: ("member", side, name, "", chance.choice(WORDS).replace("*", "")),
                lambda: ("member", side, name, chance.choice((">", "<=")), "9"),
            )
        )()

    def _piece(self) -> str:
        """Some characters of a text of some call, as it was sent or as it reads."""
        record = self._chance.choice(self.records)
        attribute = self._chance.choice(
            ("request_body", "request_body", "response_body", "query_string", "exception_message")
        )
        text = getattr(record, attribute) or record.operation or "x"
        text = self._chance.choice((str, as_read))(text)
        start = self._chance.randrange(len(text) or 1)
        return text[start : start + self._chance.choice((1, 3, 5, 9, 14))] or "x"


def _can_be_asked(question: Question) -> bool:
    """A text of blanks and invisible characters alone is refused."""
    kind, *parts = question
    return kind not in ("text", "part") or bool(as_read(parts[kind == "part"]).strip())


@dataclass(frozen=True)
class Opened:
    """One log with the calls of a seed."""

    reader: CallReader
    live: Callable[[CallQuery], list[CallRecord]] | None = None


@pytest.fixture(scope="module")
def made() -> Made:
    return Made(20_261_126)


def _live(store: SqliteCallStore, place: str) -> Callable[[CallQuery], list[CallRecord]]:
    def since(query: CallQuery) -> list[CallRecord]:
        found, at = [], place
        while True:
            new = store.reader.since(query, at)
            found += new.calls
            if not new.more:
                return found
            at = new.place

    return since


@pytest.fixture(
    scope="module",
    params=[
        "hot", "sealed", "files", pytest.param("clickhouse", marks=pytest.mark.clickhouse)
    ],
)  # fmt: skip
def opened(
    request: pytest.FixtureRequest, made: Made, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("log")
    if request.param == "clickhouse":
        world = ClickHouseWorld(request.getfixturevalue("connect"), new_settings())
        world.put(*made.records)
        yield Opened(world.reader)
        world.close()
    elif request.param == "files":
        yield Opened(_files(folder, made.records))
    else:
        clock = FixedClock(NOON_MS)
        store = SqliteCallStore(folder / "calls", clock=clock)
        place = store.reader.place()
        for start in range(0, CALLS, 60):
            append(store, made.records[start : start + 60])
        if request.param == "sealed":
            clock.at_ms = NOON_MS + 2 * DAY_MS
            assert store.close_days() == 1
        yield Opened(store.reader, _live(store, place))
        store.close()


def _files(folder: Path, records: list[CallRecord]) -> FileCallReader:
    sent = [SentCall(**msgspec.structs.asdict(record)) for record in records]
    (folder / "calls.jsonl").write_bytes(b"".join(map(line_of, sent)))
    return FileCallReader(folder / "calls.jsonl")


def _expected(made: Made, question: Question, account_id: str | None) -> list[CallRecord]:
    numbered = (
        msgspec.structs.replace(record, sequence=number)
        for number, record in enumerate(made.records, 1)
    )
    return [
        record
        for record in numbered
        if (account_id is None or record.account_id == account_id) and is_found(record, question)
    ][::-1]


def _pages(reader: CallReader, query: CallQuery) -> list[str]:
    found, cursor = [], ""
    while True:
        page = reader.search(msgspec.structs.replace(query, cursor=cursor))
        assert not page.damaged
        found += [record.call_id for record in page.calls]
        cursor = page.next
        if not cursor:
            return found


def test_every_reader_finds_what_the_model_finds(opened: Opened, made: Made) -> None:
    """The same rows in the same order on pages, in a stream and live; the same counts."""
    for number, question in enumerate(made.questions):
        account_id = (None, "a1")[number % 2]
        query = every(account_id=account_id, text=typed(question), limit=PAGE)
        expected = _expected(made, question, account_id)
        wanted, asked = [record.call_id for record in expected], str(query.condition)
        assert _pages(opened.reader, query) == wanted, asked
        assert [record.call_id for record in opened.reader.stream(query)] == wanted, asked
        if opened.live is not None:
            assert [record.call_id for record in opened.live(query)] == wanted[::-1], asked
        counted = opened.reader.statistics(query)
        assert counted.calls == len(wanted), asked
        outcomes = Counter[str]()
        for _, outcome, calls in counted.histogram:
            outcomes[outcome] += calls
        assert outcomes == Counter(record.outcome for record in expected), asked
        for facet in counted.facets:
            told = Counter(str(getattr(record, facet.name)) for record in expected)
            assert dict(facet.values) == dict(told), (asked, facet.name)


def test_the_questions_find_some_calls_and_not_others(made: Made) -> None:
    """A comparison of empty lists would say nothing."""
    found = [len(_expected(made, question, None)) for question in made.questions]
    assert sum(0 < calls < CALLS for calls in found) > QUESTIONS // 2
