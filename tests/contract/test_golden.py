"""The golden exchanges hold, and cover the catalogue."""

from collections.abc import Callable
from pathlib import Path

import pytest
from contract import golden
from support import ENVELOPE, InProcess, new_async_key

from leadwire.access.store import FirstAccount
from leadwire.operations import CATALOGUE, Operation
from leadwire.wire.endpoints import ENDPOINTS
from leadwire.wire.faults import FAULT_KINDS
from leadwire.wire.routes import find_operation

_CONVERSATIONS = {path.stem: golden.load(path) for path in golden.FILES}
_EXCHANGES = [
    pytest.param(exchange, id=f"{name}: {exchange.name}")
    for name, conversation in _CONVERSATIONS.items()
    for exchange in conversation.exchanges
]
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
        assert golden.differences(exchange.body, answer.json, names) == [], where
        for name, value in exchange.headers.items():
            assert golden.differences(value, answer.headers.get(name), names) == [], (name, where)
        assert not golden.members(answer.json) & set(exchange.absent), where
        assert api.record(answer).status_code == answer.status


@pytest.mark.parametrize("exchange", _EXCHANGES)
def test_every_exchange_says_what_it_rests_on(exchange: golden.Exchange) -> None:
    """Its evidence, its source, and the operation that its path really is."""
    assert exchange.source
    path = exchange.request["target"].partition("?")[0]
    operation = find_operation(path)
    assert (operation.name if operation else "") == exchange.operation


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
