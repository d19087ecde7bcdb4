"""A search finds what a person reads, however it was spelled: hot, sealed, counted and followed."""

import json
import random  # noqa: TID251  # seeded: every run makes the same calls
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

import msgspec
import pytest
from amounts import each, examples
from sim.world import make_blocks_small
from stores.builders import NOON_MS, FixedClock, call, every, keep_all

from leadwire.calls.language import phrase
from leadwire.calls.query import CallQuery, QueryError, matcher
from leadwire.calls.record import CallRecord
from leadwire.stores.sqlite import SqliteCallStore

WORDS = (
    "probe@example.com", "Jürgen Müller", "https://example.com/offer/9182", 'asked for "plan 12"',
    "MÜLLER", "प्रिया शर्मा", "⚡ fast", "+91-9876543210", "C:\\new\\table", "a\tb\nc", "100% sure",
    "ﬁnal Straße", "\uff21bc",
    "ab\u200bcd", "x\x1fy", "nul\0here", "e\u0301te\u0301", "%zz", "\\u12",
    "a+b c", "", "K-sign \u212a", "50%25", "O'Brien & Söhne",
)  # fmt: skip
CALLS = 240
QUERIES = examples(100)


def _unicode_escaped(text: str) -> str:
    units = text.encode("utf-16-be")
    return "".join(f"\\u{units[n]:02x}{units[n + 1]:02X}" for n in range(0, len(units), 2))


ENCODERS: tuple[Callable[[str], str], ...] = (
    str,
    quote,
    quote_plus,
    lambda text: quote(text, safe="").lower(),
    lambda text: json.dumps(text)[1:-1],
    lambda text: json.dumps(text, ensure_ascii=False)[1:-1],
    lambda text: json.dumps(text)[1:-1].replace("/", "\\/"),
    _unicode_escaped,
    lambda text: json.dumps(json.dumps(text))[1:-1],
    lambda text: quote(json.dumps(text)),
    str.upper,
)


class Writer:
    """Makes hostile calls, and searches for what is in them."""

    def __init__(self, seed: int) -> None:
        self._chance = random.Random(seed)  # noqa: S311

    def calls(self, count: int) -> list[CallRecord]:
        return [self._call(NOON_MS + number // 3) for number in range(count)]

    def queries(self, count: int) -> Iterator[CallQuery]:
        while count:
            with suppress(QueryError):
                yield every(text=self._asked(3), limit=CALLS)
                count -= 1

    def _call(self, at_ms: int) -> CallRecord:
        pick = self._chance.choice
        status = pick((200, 200, 200, 400, 500))
        return call(
            at_ms,
            account_id=pick(("a1", "a1", "a2")),
            status_code=status,
            outcome="success" if status == 200 else "client_fault",
            path=pick(("/v2/Lead.Get", "/v2/Lead.Update", "/v2/" + self._text())),
            query_string=pick(("", f"q={self._text()}")),
            request_content_type=pick(
                ("application/json", "application/x-www-form-urlencoded; charset=utf-8")
            ),
            request_headers="\n".join(f"X-{n}: {self._text()}" for n in range(pick((0, 2)))),
            request_body=pick(("", "+", f'{{"Name":"{self._text()}"}}', self._text())),
            response_body=pick(("", f'[{{"Attribute":"A","Value":"{self._text()}"}}]')),
            exception_type=pick(("", "", "MXDuplicate", self._text())),
            exception_message=pick(("", self._text())),
            user_agent=pick(("curl/8", f"agent {self._text()}")),
            user_id=pick(("u1", "u2")),
            key_id=pick(("k1", self._text())),
            duration_ms=pick((1.5, 300.25)),
        )

    def _text(self) -> str:
        chance = self._chance
        words = chance.choices(WORDS, k=chance.randrange(1, 4))
        return " ".join(chance.choice(ENCODERS)(word) for word in words) + str(chance.randrange(50))

    def _asked(self, depth: int) -> str:
        chance = self._chance
        if depth and chance.random() < 0.4:
            parts = [self._asked(depth - 1) for _ in range(chance.randrange(2, 4))]
            return f"({chance.choice((' ', ' OR ')).join(parts)})"
        if chance.random() < 0.15:
            return f"-{self._asked(0)}"
        return self._leaf()

    def _leaf(self) -> str:
        chance = self._chance
        piece = self._piece()
        return chance.choice(
            (
                phrase(piece), phrase(piece), phrase(piece),
                f"request:{phrase(piece)}", f"path:*{piece[:5]}*", f"query:{phrase(piece)}",
                f"key:{phrase(piece)}", f"exception:{piece[:6]}*", f"agent:{phrase(piece)}",
                f"request.Name:{phrase(piece)}", f"response.A:*{piece[:4]}*", "request.Name:*",
                "status:4xx", "status:500", "status:success", "duration:>100ms", "exception:*",
                "type:lead", "user:U1", "outcome:client_fault", "sent:>5", "content:json",
            )
        )  # fmt: skip

    def _piece(self) -> str:
        """A part of a word, spelled in some way."""
        word = self._chance.choice(WORDS) or "x"
        first = self._chance.randrange(len(word))
        piece = word[first : first + self._chance.choice((1, 3, 6, 30))]
        return self._chance.choice(ENCODERS)(piece) or "x"


@pytest.mark.parametrize("seed", each(range(2), every=2))
@pytest.mark.parametrize("is_sealed", [True, False])
def test_every_way_of_asking_finds_the_same_calls(
    tmp_path: Path, seed: int, monkeypatch: pytest.MonkeyPatch, *, is_sealed: bool
) -> None:
    """Sealed blocks in groups and alone, hot chunks, counts and the live log agree with the
    condition itself, call by call, for texts and needles in any spelling."""
    if is_sealed:
        make_blocks_small(monkeypatch)
    writer = Writer(seed)
    store = SqliteCallStore(tmp_path, clock=FixedClock())
    place = store.reader.place()
    calls = writer.calls(CALLS)
    for start in range(0, CALLS, 20):
        keep_all(store, calls[start : start + 20])
    records = list(store.reader.stream(every()))
    found = 0
    for query in writer.queries(QUERIES):
        holds = matcher(query)
        wanted = [record.call_id for record in records if holds(record)]
        found += len(wanted)
        page = store.reader.search(query)
        assert [record.call_id for record in page.calls] == wanted, str(query.condition)
        assert store.reader.statistics(query).calls == len(wanted), str(query.condition)
        followed = store.reader.since(msgspec.structs.replace(query, limit=2_000), place).calls
        assert sorted(record.call_id for record in followed) == sorted(wanted), str(query.condition)
    assert found > QUERIES
    store.close()
