"""Calls through a recording without a relay: what a relay would tell, in its order."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from support import FullDisk, StandingClock

from leadwire.access.keys import Hasher
from leadwire.calls.headers import ALL, HeaderRule
from leadwire.calls.query import CallQuery
from leadwire.calls.record import CallRecord
from leadwire.calls.redaction.redaction import Redaction
from leadwire.clock import SystemIds
from leadwire.proxy.callers import Callers
from leadwire.proxy.closing import RecordRule
from leadwire.proxy.head import AnswerHead, RequestHead, parse_answer, parse_request
from leadwire.proxy.opened_notes import OpenedNotes
from leadwire.proxy.recording import Keepers, ProxyRecording
from leadwire.proxy.requests import Reader
from leadwire.proxy.room import HeldBytes, Room
from leadwire.proxy.watching import CallWatch, Ending, Refusal, Timings
from leadwire.recording.gaps import Gaps
from leadwire.recording.metrics import CallMetrics
from leadwire.setting import RecordPolicy
from leadwire.stores.sqlite import SqliteCallStore
from leadwire.wire.calls_per_address import CallsPerAddress
from leadwire.wire.routes import identify_with_async_host

ACCOUNT: Final = "the-account"
UPSTREAM: Final = "https://api.example.com"
ACCESS_KEY: Final = "u$r0123456789abcdef0123456789abcdef"
SECRET_KEY: Final = "fedcba9876543210" * 2 + "fedcba98"
PAIR: Final = [
    ("x-LSQ-AccessKey", ACCESS_KEY),
    ("x-LSQ-SecretKey", SECRET_KEY),
]
SENT: Final = Timings(sent=0.4, end=20.0)
"""Of a call that was sent whole."""
BODY_BYTES_MAX: Final = 20_000
HELD_BYTES_MAX: Final = 200_000


@dataclass(kw_only=True)
class Passed:
    """A call as the two sides see it."""

    method: str = "POST"
    target: str = "/v2/LeadManagement.svc/Lead.Create"
    headers: Sequence[tuple[str, str]] = field(default_factory=lambda: list(PAIR))
    body: bytes = b""
    status: int = 200
    answer_headers: Sequence[tuple[str, str]] = (("Content-Type", "application/json"),)
    answer: bytes = b'{"Status":"Success"}'
    ending: Ending = field(default_factory=lambda: Ending("answered", timings=SENT))


class Proxied:
    """A recording over a real store, for the coroutine of one test."""

    def __init__(
        self,
        folder: Path,
        *,
        policy: RecordPolicy = "degrade",
        refused_per_address: int = 60,
    ) -> None:
        folder.mkdir(exist_ok=True)
        self.clock = StandingClock()
        self.free_bytes = 1_000
        self.bounds: list[str] = []
        self.disk = FullDisk(SqliteCallStore(folder / "calls", clock=self.clock))
        self.notes = OpenedNotes(folder)
        ids = SystemIds()
        store: Any = self.disk

        def new_gaps() -> Gaps:
            return Gaps(store, clock=self.clock, ids=ids)

        self.metrics = CallMetrics(new_gaps())
        self.memory = HeldBytes(HELD_BYTES_MAX, self.bounds.append)
        hasher = Hasher(b"0123456789abcdef")
        callers = Callers(hasher.fingerprint, hasher.digest)
        self.recording = ProxyRecording(
            Keepers(store, self.metrics, new_gaps(), new_gaps(), self.notes),
            rule=RecordRule(
                HeaderRule(ALL, 8_192),
                BODY_BYTES_MAX,
                200,
                Redaction(own_keys=callers.own_keys),
            ),
            reader=Reader(identify_with_async_host("")),
            callers=callers,
            memory=self.memory,
            room=Room(
                self.metrics.gaps,
                free_bytes=lambda: self.free_bytes,
                free_bytes_min=500,
                clock=self.clock,
            ),
            policy=policy,
            refused_per_address=CallsPerAddress(
                refused_per_address,
                setting="unknown_keys_per_address_max",
                clock=self.clock,
                met=lambda setting, _what: self.bounds.append(setting),
            ),
            account_id=lambda: ACCOUNT,
            clock=self.clock,
            ids=ids,
        )

    def begin(self, call: Passed, *, peer: str = "10.0.0.7") -> CallWatch:
        """A call whose request has been sent to the upstream."""
        watch = self.recording.begin(peer)
        assert not isinstance(watch, Refusal)
        watch.request_head(request_head(call.method, call.target, call.headers), UPSTREAM)
        if call.ending.stage not in ("refused", "never_sent", "paced_out"):
            watch.sending()
        _tell(watch.request_body, call.body)
        return watch

    async def end(self, watch: CallWatch, call: Passed) -> CallRecord:
        if call.status:
            watch.answer_head(answer_head(call.status, call.answer_headers))
            _tell(watch.answer_body, call.answer)
        await closed(watch, call.ending)
        record = self.disk.reader.get(watch.call_id)
        assert record is not None
        return record

    async def pass_on(self, call: Passed, *, peer: str = "10.0.0.7") -> CallRecord:
        return await self.end(self.begin(call, peer=peer), call)

    def records(self) -> list[CallRecord]:
        """Every record, oldest first."""
        return list(self.disk.reader.stream(CallQuery(account_id=None)))[::-1]

    async def close(self) -> None:
        await self.recording.close()
        await asyncio.to_thread(self.disk.close)


async def closed(watch: CallWatch, ending: Ending) -> None:
    """Close a call, and return when it is kept and what follows its answer is done."""
    is_closed = asyncio.Event()
    watch.close(ending, is_closed.set)
    await is_closed.wait()
    await asyncio.sleep(0)


def request_head(method: str, target: str, headers: Sequence[tuple[str, str]]) -> RequestHead:
    host = ("Host", "proxy.example")
    return parse_request(_head(f"{method} {target} HTTP/1.1", [host, *headers]))


def answer_head(status: int, headers: Sequence[tuple[str, str]]) -> AnswerHead:
    return parse_answer(_head(f"HTTP/1.1 {status} ", headers))


def _head(first_line: str, headers: Sequence[tuple[str, str]]) -> bytes:
    lines = [first_line, *(f"{name}: {value}" for name, value in headers)]
    return "\r\n".join([*lines, "", ""]).encode()


def _tell(tell: Callable[[bytes], None], body: bytes) -> None:
    """In two pieces, as bytes arrive."""
    half = len(body) // 2
    for piece in (body[:half], body[half:]):
        if piece:
            tell(piece)
