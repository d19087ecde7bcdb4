"""Every refused exchange of the golden files is explained: hundreds of real faults."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from amounts import each
from contract import golden
from engines import settings as server_settings
from explain.world import Explained
from support import Answer, InProcess, new_async_key

from leadwire.access.accounts import FirstAccount
from leadwire.explain import Explanation

_SECOND_MS = 1_000
_NO_PLACE = frozenset(
    {
        "InternalServerErrorException",  # nothing in the request is wrong
        "MXAPIRateLimitExceededException",
    }
)


@pytest.mark.parametrize("path", each(golden.FILES, every=3), ids=lambda path: path.stem)
def test_each_refusal_is_located_and_its_certain_repair_mends_it(
    path: Path, make_api: Callable[..., InProcess], keys: FirstAccount
) -> None:
    """A place in the request; and a repair that is certain does not fail in the same way."""
    conversation = golden.load(path)
    api = make_api(**conversation.settings)
    explained = Explained(api, server_settings(api.folder, **conversation.settings))
    names = golden.known(keys) | {"async_key": new_async_key(api.folder)}
    wrong = []
    for exchange in conversation.exchanges:
        answer = _replayed(api, exchange, names)
        record = api.record(answer)
        found = explained.of(answer)
        if record.outcome == "success":
            continue
        assert found is not None, exchange.name
        if record.exception_type not in _NO_PLACE and not any(m.place for m in found.mistakes):
            wrong.append(f"{exchange.name}: no place for {record.exception_location}")
        wrong += [f"{exchange.name}: {w}" for w in _failing_repair(explained, found, answer)]
    explained.close()
    assert wrong == []


def _replayed(api: InProcess, exchange: golden.Exchange, names: dict[str, str]) -> Answer:
    api.clock.advance(_SECOND_MS)
    api.run(api.app.workers.later.settled())
    request = golden.fill(exchange.request, names)
    answer = api.call(
        request["method"],
        request["target"],
        request.get("body", request.get("text", "")),
        headers=request.get("headers"),
        keys=request.get("keys", "headers"),
    )
    golden.differences(exchange.body, _body(answer), names)  # binds names
    return answer


def _body(answer: Answer) -> Any:  # noqa: ANN401  # any JSON
    is_text = answer.headers["content-type"].startswith("text/")
    return answer.body.decode() if is_text else answer.json


def _failing_repair(explained: Explained, found: Explanation, answer: Answer) -> list[str]:
    repair = found.repair
    needs_time = answer.exception_type == "MXAPIRateLimitExceededException"
    if repair is None or not repair.is_certain or needs_time:
        return []
    sent = explained.send(repair)
    is_same = sent.status >= 400 and sent.body == answer.body
    return [f"the repair fails again: {sent.body!r}"] if is_same else []
