"""A page past the end counts nothing, in every counted read of the catalogue."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from contract import golden
from engines import copy_folder
from engines import settings as server_settings
from support import InProcess, LoopThread, new_async_key

from leadwire.access.accounts import FirstAccount
from leadwire.operations import BY_NAME, CATALOGUE, Operation

_FAR = 400
_SECOND_MS = 1_000
_LIST_STAYS = "Activity.Retrieve.BySearchParameter"
"""A job in production takes the length of its list."""


def _members(shape: object) -> set[str]:
    shapes = getattr(shape, "__args__", (shape,))
    structs = [s for s in shapes if isinstance(s, type) and issubclass(s, msgspec.Struct)]
    return {field.name for struct in structs for field in msgspec.structs.fields(struct)}


def _is_counted_read(operation: Operation) -> bool:
    return "Paging" in _members(operation.body) and "RecordCount" in _members(operation.result)


_COUNTED = {operation.name for operation in CATALOGUE if _is_counted_read(operation)}


def _past_the_end(operation: Operation, body: dict[str, Any]) -> dict[str, Any]:
    paging = body.get("Paging") or {}
    by_row = operation.name == "ProspectActivity.Retrieve" or {"Offset", "RowCount"} & {*paging}
    far = {"Offset": _FAR} if by_row else {"PageIndex": _FAR}
    return {**body, "Paging": {**paging, **far}}


@pytest.fixture(scope="module")
def answers(
    loop_thread: LoopThread,
    prepared: tuple[Path, FirstAccount],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, list[dict[str, Any]]]:
    """What each counted read says past the end of the rows that a golden exchange shows."""
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in _COUNTED}
    for path in golden.FILES:
        conversation = golden.load(path)
        if not any(exchange.operation in _COUNTED for exchange in conversation.exchanges):
            continue
        folder = copy_folder(prepared[0], tmp_path_factory.mktemp(path.stem) / "data")
        api = InProcess(loop_thread, server_settings(folder, **conversation.settings), prepared[1])
        for name, answer in _replayed(api, conversation):
            found[name].append(answer)
        api.close()
    return found


def _replayed(
    api: InProcess, conversation: golden.Conversation
) -> Iterator[tuple[str, dict[str, Any]]]:
    names = golden.known(api.keys) | {"async_key": new_async_key(api.folder)}
    for exchange in conversation.exchanges:
        api.clock.advance(_SECOND_MS)
        # Without it, an exchange may ask for what an asynchronous call has not made yet.
        api.run(api.app.workers.later.settled())
        request = golden.fill(exchange.request, names)
        keys = request.get("keys", "headers")
        sent = (request["method"], request["target"])
        body = request.get("body", request.get("text", ""))
        answer = api.call(*sent, body, headers=request.get("headers"), keys=keys)
        golden.differences(
            exchange.body, answer.json if answer.body.startswith((b"[", b"{")) else None, names
        )
        has_rows = b'"RecordCount":0' not in answer.body
        if exchange.operation in _COUNTED and answer.status == 200 and has_rows:
            operation = BY_NAME[exchange.operation]
            far = api.call(*sent, _past_the_end(operation, body or {}), keys=keys)
            if far.headers["content-type"].startswith("application/json"):
                yield exchange.operation, far.json


@pytest.mark.parametrize("name", sorted(_COUNTED))
def test_a_page_past_the_end_counts_nothing(
    answers: dict[str, list[dict[str, Any]]], name: str
) -> None:
    """``{"RecordCount": 0}``, with no row; and each counted read was tried where it has rows."""
    assert answers[name]
    for answer in answers[name]:
        assert answer.pop("RecordCount") == 0
        assert all(value == [] for value in answer.values())
    if name == _LIST_STAYS:
        assert answers[name][0] == {"List": []}
    elif "List" in _members(BY_NAME[name].result):
        assert answers[name][0] == {}
