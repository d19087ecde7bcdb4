"""The golden exchanges hold, and cover the catalogue."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from contract import golden
from support import ENVELOPE, Answer, InProcess, new_async_key

from leadwire.access.accounts import FirstAccount
from leadwire.operations import BY_NAME, CATALOGUE, Operation
from leadwire.operations.operation import READ_IN, Evidence
from leadwire.operations.use import COUNTED
from leadwire.wire.endpoints import ENDPOINTS
from leadwire.wire.faults import FAULT_KINDS
from leadwire.wire.routes import identify_with_async_host

_CONVERSATIONS = {path.stem: golden.load(path) for path in golden.FILES}
_EXCHANGES = [
    pytest.param(exchange, id=f"{name}: {exchange.name}")
    for name, conversation in _CONVERSATIONS.items()
    for exchange in conversation.exchanges
]
_PAGES = {row.evidence.source for row in CATALOGUE if row.evidence.kind == "documented"} | {
    "api-host",
    "authentication",
    "create-a-to-do",
    "error-handling",
    "get-lead-field-properties",
    "overview",
    "post-activity-with-lead-email-address",
    "rate-limits",
    "sales-group-management",
}
"""Slugs of LeadSquared's documentation: of operations, and of what every operation does."""
_COMPATIBILITY = (Path(__file__).parents[2] / "docs/compatibility.md").read_text()
_FAULT_STATUS = 400
_SECOND_MS = 1_000


@pytest.mark.parametrize("path", golden.FILES, ids=lambda path: path.stem)
def test_server_answers_as_the_golden_exchanges_say(
    path: Path, make_api: Callable[..., InProcess], keys: FirstAccount
) -> None:
    """Each file is replayed on a fresh server: status, headers and body, members in order."""
    conversation = golden.load(path)
    api = make_api(**conversation.settings)
    names = golden.known(keys) | {"async_key": new_async_key(api.folder)}
    for exchange in conversation.exchanges:
        api.clock.advance(_SECOND_MS)
        assert api.app.workers is not None
        api.run(api.app.workers.later.settled())
        request = golden.fill(exchange.request, names)
        answer = api.call(
            request["method"],
            request["target"],
            request.get("body", request.get("text", "")),
            headers=request.get("headers"),
            keys=request.get("keys", "headers"),
        )
        where = f"{path.name}: {exchange.name}: {answer.body[:2000]!r}"
        assert answer.status == exchange.status, where
        assert golden.differences(exchange.body, _body(answer), names) == [], where
        for name, value in exchange.headers.items():
            assert golden.differences(value, answer.headers.get(name), names) == [], (name, where)
        assert not golden.members(_body(answer)) & set(exchange.absent), where
        assert api.record(answer).status_code == answer.status


def _body(answer: Answer) -> Any:  # noqa: ANN401  # any JSON
    """The answer's JSON, or its text where that is what it is."""
    is_text = answer.headers["content-type"].startswith("text/")
    return answer.body.decode() if is_text else answer.json


@pytest.mark.parametrize("path", golden.FILES, ids=lambda path: path.stem)
def test_a_reviewer_can_read_a_change(path: Path) -> None:
    """The file is laid out as scripts/golden does it."""
    assert path.read_text() == golden.laid_out(path.read_text())


@pytest.mark.parametrize("exchange", _EXCHANGES)
def test_every_exchange_is_of_the_operation_that_its_path_names(
    exchange: golden.Exchange,
) -> None:
    """An exchange cannot count for another operation."""
    has_async_key = "x-api-key" in exchange.request.get("headers", {})
    path = exchange.request["target"].partition("?")[0]
    operation = identify_with_async_host("")(path, "", has_async_key)
    assert (operation.name if operation else "") == exchange.operation


_EVIDENCE = [
    pytest.param(rests_on, id=f"{name}: {exchange.name}")
    for name, conversation in _CONVERSATIONS.items()
    for exchange, rests_on in zip(conversation.exchanges, conversation.evidence(), strict=True)
] + [
    pytest.param(rests_on, id=f"{row.name}{of}")
    for row in CATALOGUE
    for rests_on, of in (
        (row.evidence, ""),
        (row.recorded_dates.evidence if row.recorded_dates else row.evidence, " dates"),
    )
]


@pytest.mark.parametrize("evidence", _EVIDENCE)
def test_everything_says_what_it_rests_on_and_when_that_was_read(evidence: Evidence) -> None:
    """A known page, with its address; a known operation; or words."""
    assert evidence.kind in READ_IN
    assert evidence.basis.strip()
    assert re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", evidence.read_in)
    assert evidence.read_in in evidence.sentence
    if evidence.kind == "documented":
        assert evidence.basis in _PAGES
        assert evidence.url.endswith(f"/{evidence.basis}/")
    elif evidence.kind == "inferred":
        assert "Inferred from" in evidence.sentence
        assert evidence.basis in BY_NAME or (evidence.basis in _PAGES and evidence.url)


@pytest.mark.parametrize("operation", CATALOGUE, ids=lambda operation: operation.name)
def test_the_compatibility_page_says_what_a_row_rests_on(operation: Operation) -> None:
    """Its kind, so what was only inferred cannot look documented; its date; and its page."""
    [line] = [
        line for line in _COMPATIBILITY.splitlines() if line.startswith(f"| [{operation.name}](")
    ]
    evidence = operation.evidence
    assert evidence.sentence.partition(evidence.basis)[0] in line
    assert f"({evidence.read_in})" in line
    assert evidence.url in line


def test_the_sources_of_golden_exchanges_are_printed_with_their_pages() -> None:
    """A reader gets from an exchange to the page that it rests on."""
    lines = golden.sources()
    assert len(lines) == len(_EXCHANGES)
    for line in lines:
        assert ("https://apidocs.leadsquared.com/" in line) or ("Documented" not in line)


def test_only_operations_of_the_catalogue_were_counted() -> None:
    """A name that changes in the catalogue changes in the survey."""
    assert set(COUNTED) <= set(BY_NAME)


@pytest.mark.parametrize("exchange", _EXCHANGES)
def test_every_fault_has_the_three_members_in_their_order(exchange: golden.Exchange) -> None:
    """No golden fault has more, fewer or other members than the contract's envelope."""
    if exchange.status >= _FAULT_STATUS:
        assert list(exchange.body) == ENVELOPE
        assert exchange.body["Status"] == "Error"


def test_every_operation_has_an_endpoint_and_a_golden_exchange() -> None:
    """The catalogue, the endpoints and the exchanges that succeed name the same operations."""
    succeeding = {
        exchange.operation
        for conversation in _CONVERSATIONS.values()
        for exchange in conversation.exchanges
        if exchange.status < _FAULT_STATUS
    }
    names = [operation.name for operation in CATALOGUE]
    assert len(names) == len(set(names))
    assert set(names) == set(ENDPOINTS) == succeeding


@pytest.mark.parametrize("operation", CATALOGUE, ids=lambda operation: operation.name)
def test_every_declared_fault_is_one_of_the_wire(operation: Operation) -> None:
    """What a row of the catalogue declares is mapped in wire/faults, and answered with 500."""
    statuses = {kind.exception_type: kind.status_code for kind in FAULT_KINDS}
    assert [statuses.get(name) for name in operation.faults] == [500] * len(operation.faults)


def test_every_fault_is_answered_with_one_status() -> None:
    """A type of exception never means two different statuses."""
    pairs = {(kind.exception_type, kind.status_code) for kind in FAULT_KINDS}
    assert len(pairs) == len({exception_type for exception_type, _ in pairs})


@pytest.mark.parametrize("operation", CATALOGUE, ids=lambda operation: operation.name)
def test_every_declared_fault_has_a_golden_exchange(operation: Operation) -> None:
    """Each fault that a row declares is shown by an exchange of that operation, or a sibling's."""
    shown = {
        exchange.body["ExceptionType"]
        for conversation in _CONVERSATIONS.values()
        for exchange in conversation.exchanges
        if exchange.status >= _FAULT_STATUS
    }
    assert set(operation.faults) <= shown
