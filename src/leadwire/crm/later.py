"""Calls that were accepted and are carried out later: the durable queue of them.

What is to be done is kept as it came; what it means is the wire's affair.
"""

from typing import Any, Final, Literal, cast

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update

from leadwire.crm.store import Crm, T, Work
from leadwire.crm.tables import async_calls
from leadwire.crm.unit import Actor, Unit
from leadwire.errors import QueueFull

WAITING: Final = "waiting"
CARRIED_OUT: Final = "carried"
"""What it does is durable, and its answer is not yet."""
SUCCEEDED: Final = "succeeded"
FAILED: Final = "failed"
WAITING_MAX: Final = 100_000
"""Most calls of one account that may wait."""
_PRUNED_AT_ONCE: Final = 1_000

AsyncState = Literal["waiting", "carried", "succeeded", "failed"]


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A call as it came, without its keys. *client*: the caller's address and agent."""

    key_id: str
    entity: str
    operation: str
    query: str
    content_type: str
    body: bytes
    client: tuple[str, str]


class AsyncCall(msgspec.Struct, frozen=True):
    request_id: str
    account_id: str
    user_id: str
    submission: Submission
    state: AsyncState
    due_on: int
    tries: int
    answer: bytes | None
    reason: str | None
    steps: tuple[str, ...]


class AsyncCounts(msgspec.Struct, frozen=True):
    waiting: int
    succeeded: int
    failed: int


class OnceCrm:
    """The CRM for one call of the queue: its first write is committed with the note that it was.

    So a call whose server dies before the answer is kept is not carried out a second time.
    """

    def __init__(self, crm: Crm, request_id: str) -> None:
        self._crm = crm
        self._request_id = request_id
        self.read = crm.read
        self.schema = crm.schema
        self.keep_up = crm.keep_up
        self.close = crm.close

    async def write(self, actor: Actor, work: Work[T]) -> T:
        def noted(unit: Unit) -> T:
            result = work(unit)
            unit.connection.execute(
                update(async_calls)
                .where(async_calls.c.request_id == self._request_id)
                .values(state=CARRIED_OUT)
            )
            return result

        return await self._crm.write(actor, noted)


def submit(unit: Unit, submission: Submission) -> str:
    """The id of a call that is now in the queue. Raises QueueFull."""
    waiting = unit.connection.execute(
        select(func.count())
        .select_from(async_calls)
        .where(async_calls.c.account_id == unit.actor.account_id, async_calls.c.state == WAITING)
    ).scalar_one()
    if waiting >= WAITING_MAX:
        raise QueueFull("Too many requests wait already.")
    request_id = unit.ids.guid()
    unit.connection.execute(
        insert(async_calls).values(
            request_id=request_id,
            account_id=unit.actor.account_id,
            user_id=unit.actor.user_id,
            state=WAITING,
            due_on=unit.now_ms,
            tries=0,
            created_on=unit.now_ms,
            steps="[]",
            **msgspec.structs.asdict(submission)
            | {"client": msgspec.json.encode(submission.client).decode()},
        )
    )
    unit.queued.add(request_id)
    return request_id


def next_call(unit: Unit) -> tuple[AsyncCall | None, int | None]:
    """The call whose turn it is, if any; and when the next one falls due that is not."""
    unended = async_calls.c.state.in_((WAITING, CARRIED_OUT))
    row = unit.connection.execute(
        select(async_calls)
        .where(unended, async_calls.c.due_on <= unit.now_ms)
        .order_by(async_calls.c.due_on, async_calls.c.sequence)
        .limit(1)
    ).first()
    if row is not None:
        return _call(row), None
    return None, unit.connection.execute(
        select(func.min(async_calls.c.due_on)).where(unended)
    ).scalar()


def end_call(unit: Unit, call: AsyncCall, *, answer: bytes, reason: str | None) -> None:
    """Keep the answer of a call; *reason* says why it failed."""
    _write(
        unit,
        call,
        state=SUCCEEDED if reason is None else FAILED,
        ended_on=unit.now_ms,
        tries=call.tries + 1,
        answer=answer,
        reason=reason,
        body=b"",  # what was asked is in the call log; here it is not needed any more
    )


def try_later(unit: Unit, call: AsyncCall, *, due_on: int, step: str) -> None:
    """Let a call that could not be carried out wait until *due_on*."""
    steps = msgspec.json.encode((*call.steps, step)).decode()
    _write(unit, call, due_on=due_on, tries=call.tries + 1, steps=steps)


def get_call(unit: Unit, entity: str, request_id: str) -> AsyncCall | None:
    row = unit.connection.execute(
        select(async_calls).where(
            async_calls.c.account_id == unit.actor.account_id,
            async_calls.c.entity == entity,
            async_calls.c.request_id == request_id,
        )
    ).first()
    return None if row is None else _call(row)


def count_calls(unit: Unit, entity: str) -> AsyncCounts:
    rows = unit.connection.execute(
        select(async_calls.c.state, func.count().label("calls"))
        .where(async_calls.c.account_id == unit.actor.account_id, async_calls.c.entity == entity)
        .group_by(async_calls.c.state)
    )
    counts = {row.state: row.calls for row in rows}
    waiting = counts.get(WAITING, 0) + counts.get(CARRIED_OUT, 0)
    return AsyncCounts(waiting, counts.get(SUCCEEDED, 0), counts.get(FAILED, 0))


def prune_calls(unit: Unit, *, before_ms: int) -> int:
    """Drop some calls that ended before *before_ms*, and count them; 0: no more."""
    old = (
        select(async_calls.c.sequence)
        .where(async_calls.c.state.in_((SUCCEEDED, FAILED)), async_calls.c.ended_on < before_ms)
        .limit(_PRUNED_AT_ONCE)
    )
    return unit.connection.execute(
        delete(async_calls).where(async_calls.c.sequence.in_(old))
    ).rowcount


def _write(unit: Unit, call: AsyncCall, **values: Any) -> None:  # noqa: ANN401  # columns
    unit.connection.execute(
        update(async_calls).where(async_calls.c.request_id == call.request_id).values(**values)
    )


def _call(row: Row[Any]) -> AsyncCall:
    address, agent = msgspec.json.decode(row.client, type=tuple[str, str])
    return AsyncCall(
        row.request_id,
        row.account_id,
        row.user_id,
        Submission(
            key_id=row.key_id,
            entity=row.entity,
            operation=row.operation,
            query=row.query,
            content_type=row.content_type,
            body=row.body,
            client=(address, agent),
        ),
        cast("AsyncState", row.state),
        row.due_on,
        row.tries,
        row.answer,
        row.reason,
        msgspec.json.decode(row.steps, type=tuple[str, ...]),
    )
