"""The durable queue of asynchronous calls.

A call is stored as received. It is interpreted when it is carried out.
"""

from typing import Any, Final, Literal, cast

import msgspec
from sqlalchemy import Row, delete, func, insert, select, update

from leadwire.crm.store import Crm, T, Work
from leadwire.crm.tables import async_calls
from leadwire.crm.unit import Actor, Unit
from leadwire.dates import MINUTE_MS
from leadwire.errors import QueueFull

WAITING: Final = "waiting"
CARRIED_OUT: Final = "carried"
"""Its change is durable, but its answer is not."""
SUCCEEDED: Final = "succeeded"
REFUSED: Final = "refused"
FAILED: Final = "failed"
"""Every attempt failed because of the infrastructure."""
WAITING_MAX: Final = 100_000
"""Maximum of waiting calls per account."""
RATE_MINUTES: Final = 10
"""Period for the rate of a queue."""
_PRUNED_AT_ONCE: Final = 1_000

AsyncState = Literal["waiting", "carried", "succeeded", "refused", "failed"]
Outcome = Literal["succeeded", "refused", "failed"]
_ENDED: Final = (SUCCEEDED, REFUSED, FAILED)
_UNENDED: Final = (WAITING, CARRIED_OUT)


class Submission(msgspec.Struct, frozen=True, kw_only=True):
    """A call as received, without its keys. *client* is the caller's address and agent."""

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
    """Why it or its last attempt failed."""


class QueueLoad(msgspec.Struct, frozen=True):
    """The queue's load for one operation of an account."""

    pending: int
    delay_ms: int
    """Waiting time of the oldest pending call."""
    per_minute: float
    """Calls that ended in the last RATE_MINUTES, a minute."""


class OnceCrm:
    """The CRM for one queued call. Its first write also marks the call as carried out.

    Both are committed together. So a call is not carried out twice when the server dies before
    the answer is kept.
    """

    def __init__(self, crm: Crm, request_id: str) -> None:
        self._crm = crm
        self._request_id = request_id
        self.read = crm.read
        self.search = crm.search
        self.schema = crm.schema
        self.keep_up = crm.keep_up
        self.close = crm.close

    async def write(self, actor: Actor, work: Work[T]) -> T:
        def noted(unit: Unit) -> T:
            result = work(unit)
            unit.connection.execute(
                update(async_calls)
                .where(async_calls.c.request_id == self._request_id)
                .values(state=CARRIED_OUT, carried_call_id=unit.actor.call_id)
            )
            return result

        return await self._crm.write(actor, noted)


def submit(unit: Unit, submission: Submission) -> str:
    """Queue a call and return its request id. Raises QueueFull."""
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
            call_id=unit.actor.call_id,
            carried_call_id="",
            state=WAITING,
            due_on=unit.now_ms,
            tries=0,
            created_on=unit.now_ms,
            **msgspec.structs.asdict(submission)
            | {"client": msgspec.json.encode(submission.client).decode()},
        )
    )
    unit.queued.add(request_id)
    return request_id


def next_call(unit: Unit) -> tuple[AsyncCall | None, int | None]:
    """The first due call, if any; otherwise the time when the next call is due."""
    unended = async_calls.c.state.in_(_UNENDED)
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


def end_call(
    unit: Unit, call: AsyncCall, *, outcome: Outcome, answer: bytes, reason: str | None
) -> None:
    """Store a call's final state, with its answer and the reason of a failure.

    The actor's call is the one in the log that carried it out.
    """
    _write(
        unit,
        call,
        state=outcome,
        ended_on=unit.now_ms,
        tries=call.tries + 1,
        answer=answer,
        reason=reason,
    )


def try_later(unit: Unit, call: AsyncCall, *, due_on: int, reason: str) -> None:
    """Postpone a call until *due_on*. *reason* says why this attempt failed."""
    _write(unit, call, due_on=due_on, tries=call.tries + 1, reason=reason)


def get_call(unit: Unit, entity: str, request_id: str) -> AsyncCall | None:
    """The account's call about *entity* with that id, or None."""
    row = unit.connection.execute(
        select(async_calls).where(
            async_calls.c.account_id == unit.actor.account_id,
            async_calls.c.entity == entity,
            async_calls.c.request_id == request_id,
        )
    ).first()
    return None if row is None else _call(row)


def queue_load(unit: Unit, operation: str) -> QueueLoad:
    """The queue's load for *operation* of the account."""
    own = (
        async_calls.c.account_id == unit.actor.account_id,
        async_calls.c.operation == operation,
    )
    pending, oldest_on = unit.connection.execute(
        select(func.count(), func.min(async_calls.c.created_on)).where(
            *own, async_calls.c.state.in_(_UNENDED)
        )
    ).one()
    since_ms = unit.now_ms - RATE_MINUTES * MINUTE_MS
    ended = unit.connection.execute(
        select(func.count()).where(*own, async_calls.c.ended_on > since_ms)
    ).scalar_one()
    delay_ms = 0 if oldest_on is None else max(unit.now_ms - oldest_on, 0)
    return QueueLoad(pending, delay_ms, ended / RATE_MINUTES)


def prune_calls(unit: Unit, *, before_ms: int) -> int:
    """Delete some calls that ended before *before_ms*. Returns their number, 0 when done."""
    old = (
        select(async_calls.c.sequence)
        .where(async_calls.c.state.in_(_ENDED), async_calls.c.ended_on < before_ms)
        .limit(_PRUNED_AT_ONCE)
    )
    return unit.connection.execute(
        delete(async_calls).where(async_calls.c.sequence.in_(old))
    ).rowcount


def _write(unit: Unit, call: AsyncCall, **values: Any) -> None:  # noqa: ANN401  # columns
    if unit.actor.call_id:
        values["carried_call_id"] = unit.actor.call_id
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
    )
